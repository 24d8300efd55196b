/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The deadlines of a VM. The timer server keeps one deadline per client, so the monitor keeps a list
 * of all that it waits for and gives the server the earliest.
 *
 * Setting a deadline makes no system call: deadlines_settle() asks the server, once per event and only
 * if an earlier deadline than the server's has come. When the last one is cancelled the server keeps
 * its deadline, and its signal then finds nothing due.
 */
#ifndef VMM_DEADLINE_H
#define VMM_DEADLINE_H

#include <stdint.h>

#define DEADLINE_NEVER	(~0ull)

/* Zero-initialised but for `reached` and `of`, it is a deadline that is not set. */
struct deadline {
	void (*reached)(void *of);
	void *of;
	uint64_t at;			/* in ticks of CNTPCT_EL0 */
	struct deadline *next;
	struct deadline **link;		/* what points to it; NULL: not set */
};

struct deadlines {
	uint64_t timer;			/* slot of the timer server's endpoint */
	uint64_t server;		/* the deadline that the server has */
	struct deadline *first;		/* by time */
	struct deadline *due;		/* reached, their functions not called yet */
};

void deadlines_init(struct deadlines *all, uint64_t timer);

/* Moves it if it is set already. DEADLINE_NEVER: cancels it. May be called by the functions, too. */
void deadline_set(struct deadlines *all, struct deadline *deadline, uint64_t at);

/* The timer server's signal: calls the function of each deadline that was reached, once. */
void deadlines_reached(struct deadlines *all);
/* Before the monitor waits. */
void deadlines_settle(struct deadlines *all);

#endif
