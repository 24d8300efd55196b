/* SPDX-License-Identifier: BSD-2-Clause */
/* Reply capabilities (non-MCS): a caller's reply slot is the parent of the cap that answers it. */
#ifndef KERNEL_REPLY_H
#define KERNEL_REPLY_H

#include <kernel/tcb.h>

/* sender blocks for a reply; receiver gets the cap in its caller slot. */
void reply_setup(struct tcb *sender, struct tcb *receiver, bool grant);
/* The reply cap to tcb, wherever it is, goes. */
void reply_revoke(struct tcb *tcb);
/* Empties the caller slot. */
void reply_drop_caller(struct tcb *tcb);
/* Answers receiver with sender's message, or its fault; the reply cap in slot is used up. */
void reply_transfer(struct tcb *sender, struct tcb *receiver, struct slot *slot, bool grant);

#endif
