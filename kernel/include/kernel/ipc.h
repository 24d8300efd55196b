/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between threads (ABI 1.4, 11). */
#ifndef KERNEL_IPC_H
#define KERNEL_IPC_H

#include <kernel/tcb.h>

static inline u64 message_info(u64 label, unsigned int unwrapped, unsigned int caps,
			       unsigned int length)
{
	return label << SEL4_MSG_LABEL_SHIFT | (u64)unwrapped << SEL4_MSG_UNWRAPPED_SHIFT |
	       (u64)caps << SEL4_MSG_EXTRA_CAPS_SHIFT | length;
}

static inline u64 message_label(u64 info)
{
	return info >> SEL4_MSG_LABEL_SHIFT;
}

static inline unsigned int message_caps(u64 info)
{
	return (unsigned int)(info >> SEL4_MSG_EXTRA_CAPS_SHIFT) & 3;
}

static inline unsigned int message_length(u64 info)
{
	unsigned int length = (unsigned int)(info & bit_mask(SEL4_MSG_LENGTH_BITS));

	return length > SEL4_MSG_MAX_LENGTH ? SEL4_MSG_MAX_LENGTH : length;
}

#define MESSAGE_INFO_LENGTH	bit_mask(SEL4_MSG_LENGTH_BITS)
/* Caps and unwrapped. */
#define MESSAGE_INFO_CAPS	(bit_mask(SEL4_MSG_LABEL_SHIFT) & ~MESSAGE_INFO_LENGTH)

/* Registers of a message: badge or cptr, info, MR0..MR3. */
#define IPC_REG_BADGE	0
#define IPC_REG_INFO	1
#define IPC_REG_MR0	2

/* Message register i of tcb to value; beyond the four only with buffer. False if it had no place. */
bool ipc_set_mr(struct tcb *tcb, u64 *buffer, unsigned int i, u64 value);
/* Sender's message, or its pending fault, to receiver, with badge. ep: for unwrapping, or NULL. */
struct endpoint;
void ipc_transfer(struct tcb *sender, struct endpoint *ep, u64 badge, bool grant,
		  struct tcb *receiver);
/* The words in registers, at most four. */
static inline void ipc_copy_registers(const struct tcb *sender, struct tcb *receiver,
				      unsigned int length)
{
	const u64 *from = &sender->context.x[IPC_REG_MR0];
	u64 *to = &receiver->context.x[IPC_REG_MR0];

	if (length == 0)
		return;
	to[0] = from[0];
	if (length == 1)
		return;
	to[1] = from[1];
	if (length == 2)
		return;
	to[2] = from[2];
	if (length > 3)
		to[3] = from[3];
}

/* The words beyond them. How many words arrive in all. */
unsigned int ipc_transfer_long(struct tcb *sender, struct tcb *receiver, unsigned int length);

/* What ipc_transfer() does for a message without caps: of at most four words, and any. */
static inline void ipc_transfer_short(const struct tcb *sender, u64 info, u64 badge,
				      struct tcb *receiver)
{
	ipc_copy_registers(sender, receiver, (unsigned int)(info & MESSAGE_INFO_LENGTH));
	receiver->context.x[IPC_REG_INFO] = info & ~MESSAGE_INFO_CAPS;
	receiver->context.x[IPC_REG_BADGE] = badge;
}

static inline void ipc_transfer_plain(struct tcb *sender, u64 info, u64 badge,
				      struct tcb *receiver)
{
	unsigned int length = message_length(info);

	ipc_copy_registers(sender, receiver, length);
	if (length > SEL4_MSG_REGISTERS)
		length = ipc_transfer_long(sender, receiver, length);
	receiver->context.x[IPC_REG_INFO] = message_info(message_label(info), 0, 0, length);
	receiver->context.x[IPC_REG_BADGE] = badge;
}

/* The slots named by the extra caps of tcb's message. False: a lookup failed at *bad_cptr. */
bool ipc_lookup_extra(struct tcb *tcb, u64 info, struct slot *extra[], unsigned int *count,
		      u64 *bad_cptr, struct lookup_failure *failure);

#endif
