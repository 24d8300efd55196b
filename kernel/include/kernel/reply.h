/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply capabilities (non-MCS): a caller's reply slot is the parent of the cap that answers it. */
#ifndef KERNEL_REPLY_H
#define KERNEL_REPLY_H

#include <kernel/cdt.h>
#include <kernel/tcb.h>

/* The cap that answers sender goes to receiver's caller slot: the only child of sender's master. */
static inline void reply_link(struct tcb *sender, struct tcb *receiver, bool grant)
{
	struct slot *master = &sender->slots[TCB_REPLY], *slot = &receiver->slots[TCB_CALLER];

	slot->cap = cap_reply(arch_ptr_to_phys(sender), grant, false);
	slot->prev = (u64)master;
	slot->next = 0;
	master->next |= (u64)slot;
}

static inline void reply_unlink(struct slot *slot)
{
	cdt_prev(slot)->next &= CDT_MARKS;
	*slot = (struct slot){ 0 };
}

/* sender blocks for a reply; receiver gets the cap in its caller slot. */
void reply_setup(struct tcb *sender, struct tcb *receiver, bool grant);
/* The reply cap to tcb, wherever it is, goes. */
void reply_revoke(struct tcb *tcb);
/* Empties the caller slot. */
void reply_drop_caller(struct tcb *tcb);
/* Answers receiver with sender's message, or its fault; the reply cap in slot is used up. */
void reply_transfer(struct tcb *sender, struct tcb *receiver, struct slot *slot, bool grant);

#endif
