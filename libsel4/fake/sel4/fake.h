/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * System calls answered in-process, for host tests. Every trap is recorded;
 * what it returns comes from the test's hook, else from the queue of messages
 * (receives), else it is a success without results (calls).
 */
#ifndef SEL4_FAKE_H
#define SEL4_FAKE_H

#include <sel4/sel4.h>

#define FAKE_MAX_CALLS	4096
#define FAKE_MAX_QUEUE	64

struct fake_call {
	long number;		/* SEL4_SYS_... */
	seL4_CPtr cptr;
	seL4_Word label, length, extra_caps;
	seL4_Word mr[SEL4_MSG_MAX_LENGTH];	/* all words sent, wherever they travelled */
	seL4_CPtr caps[SEL4_MSG_MAX_EXTRA_CAPS];
};

extern struct fake_call fake_calls[FAKE_MAX_CALLS];
extern unsigned int fake_num_calls;	/* wraps to 0 when the table is full */

/*
 * Returns 1 if it answered: then trap->x0, info and mr are what the caller
 * gets (words 4.. go to the IPC buffer by seL4_SetMR). 0: the default.
 */
extern int (*fake_hook)(const struct fake_call *call, struct sel4_trap *trap);

/* Forgets calls, queue and hook, and gives the "thread" an IPC buffer. */
void fake_reset(void);

/* The next receive returns this. length <= 120 words from mr. */
void fake_queue_message(seL4_Word badge, seL4_MessageInfo_t info, const seL4_Word *mr);

/* Last recorded call with that number and label (label -1: any), or NULL. */
const struct fake_call *fake_last(long number, long label);

#endif
