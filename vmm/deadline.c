/* SPDX-License-Identifier: BSD-2-Clause */
#include "deadline.h"

#include <peervisor/timer.h>
#include <stddef.h>

void deadlines_init(struct deadlines *all, uint64_t timer)
{
	*all = (struct deadlines){ .timer = timer, .server = DEADLINE_NEVER };
}

static void insert(struct deadline **link, struct deadline *deadline)
{
	deadline->next = *link;
	deadline->link = link;
	if (deadline->next)
		deadline->next->link = &deadline->next;
	*link = deadline;
}

static void remove_from_list(struct deadline *deadline)
{
	if (!deadline->link)
		return;
	*deadline->link = deadline->next;
	if (deadline->next)
		deadline->next->link = deadline->link;
	deadline->link = NULL;
}

void deadline_set(struct deadlines *all, struct deadline *deadline, uint64_t at)
{
	struct deadline **link = &all->first;

	remove_from_list(deadline);
	deadline->at = at;
	if (at == DEADLINE_NEVER)
		return;
	while (*link && (*link)->at <= at)
		link = &(*link)->next;
	insert(link, deadline);
}

/*
 * What is due is taken off the list before any function is called: one that sets a deadline at a time
 * that has passed waits for the server's next signal, so that the monitor sees other events meanwhile.
 */
void deadlines_reached(struct deadlines *all)
{
	struct deadline **end = &all->due, *deadline;

	while ((deadline = all->first) && deadline->at <= all->server) {
		remove_from_list(deadline);
		insert(end, deadline);
		end = &deadline->next;
	}
	all->server = DEADLINE_NEVER;
	while ((deadline = all->due)) {
		remove_from_list(deadline);
		deadline->reached(deadline->of);
	}
}

void deadlines_settle(struct deadlines *all)
{
	if (!all->first || all->first->at >= all->server)
		return;
	all->server = all->first->at;
	timer_set(all->timer, all->server);
}
