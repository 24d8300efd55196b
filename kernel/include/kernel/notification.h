/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: 32 bytes, a word of signals, a FIFO of waiters, perhaps a bound thread. */
#ifndef KERNEL_NOTIFICATION_H
#define KERNEL_NOTIFICATION_H

#include <kernel/tcb.h>

enum notification_state { NOTIFICATION_IDLE, NOTIFICATION_WAITING, NOTIFICATION_ACTIVE };

struct notification {
	u64 word;		/* ACTIVE: the signals received */
	u64 head, tail;		/* WAITING: TCBs; ACTIVE: head is the account of the last signal's
				   sender; the state is in the low bits of tail */
	struct tcb *bound;
};

_Static_assert(sizeof(struct notification) == 1 << SEL4_NOTIFICATION_BITS, "ABI 3.1");

static inline struct notification *notification_of(struct cap cap)
{
	return cap_object(cap);
}

#define NOTIFICATION_STATE_MASK	3UL

static inline enum notification_state notification_state(const struct notification *ntfn)
{
	return (enum notification_state)(ntfn->tail & NOTIFICATION_STATE_MASK);
}

/* payer: the account of whoever signals, ACCOUNT_CALLER for an interrupt (account.h). */
void notification_signal(struct notification *ntfn, u64 badge, u8 payer);
void notification_receive(struct notification *ntfn, struct tcb *tcb, bool blocking);
/* Gives an active notification's word to its bound thread. */
void notification_complete(struct notification *ntfn, struct tcb *tcb);
void notification_cancel(struct tcb *tcb);
/* The first waiter restarts; false: there is none. */
bool notification_cancel_first(struct notification *ntfn);
void notification_bind(struct notification *ntfn, struct tcb *tcb);
void notification_unbind(struct tcb *tcb);
/* The notification goes; nobody waits. */
void notification_finalise(struct notification *ntfn);

#endif
