/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: 16 bytes, a FIFO of senders or of receivers. */
#ifndef KERNEL_ENDPOINT_H
#define KERNEL_ENDPOINT_H

#include <kernel/tcb.h>

enum endpoint_state { ENDPOINT_IDLE, ENDPOINT_SENDERS, ENDPOINT_RECEIVERS };

/* Both words hold a TCB address; the state is in the low bits of tail. */
struct endpoint {
	u64 head;
	u64 tail;
};

_Static_assert(sizeof(struct endpoint) == 1 << SEL4_ENDPOINT_BITS, "ABI 3.1");

static inline struct endpoint *endpoint_of(struct cap cap)
{
	return cap_object(cap);
}

#define ENDPOINT_STATE_MASK	3UL

static inline enum endpoint_state endpoint_state(const struct endpoint *ep)
{
	return (enum endpoint_state)(ep->tail & ENDPOINT_STATE_MASK);
}

/* Takes the first waiter out. */
static inline void endpoint_take(struct endpoint *ep, const struct tcb *first)
{
	ep->head = (u64)first->wait_next;
	if (first->wait_next)
		first->wait_next->wait_prev = NULL;
	else
		ep->tail = 0;
}

struct endpoint_send {
	u64 badge;
	bool blocking, call, grant, grant_reply;
};

/* The thread's message (or fault) goes to a receiver, or the thread queues or drops it. */
void endpoint_send(struct endpoint *ep, struct tcb *tcb, struct endpoint_send how);
void endpoint_receive(struct endpoint *ep, struct tcb *tcb, bool grant, bool blocking);
/* The receive would block: the thread queues, in state THREAD_BLOCKED_RECEIVE. */
void endpoint_wait(struct endpoint *ep, struct tcb *tcb, bool grant);
/* Takes a blocked thread out of its endpoint. */
void endpoint_cancel(struct tcb *tcb);
/* The first waiter restarts; false: there is none. */
bool endpoint_cancel_first(struct endpoint *ep);
/* The senders with the badge restart. False: preempted, call again. */
bool endpoint_cancel_badged(struct endpoint *ep, u64 badge);

#endif
