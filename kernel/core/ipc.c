/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages between threads (ABI 1.4, 11). */
#include <kernel/cdt.h>
#include <kernel/endpoint.h>
#include <kernel/ipc.h>
#include <kernel/object.h>

#define BUFFER_WORD(offset)	((offset) / sizeof(u64))

bool ipc_set_mr(struct tcb *tcb, u64 *buffer, unsigned int i, u64 value)
{
	if (i < SEL4_MSG_REGISTERS)
		tcb->context.x[IPC_REG_MR0 + i] = value;
	else if (buffer)
		buffer[BUFFER_WORD(SEL4_IPC_BUFFER_MSG) + i] = value;
	else
		return false;
	return true;
}

bool ipc_lookup_extra(struct tcb *tcb, u64 info, struct slot *extra[], unsigned int *count,
		      u64 *bad_cptr, struct lookup_failure *failure)
{
	unsigned int n = message_caps(info);
	const u64 *buffer;

	*count = 0;
	if (!n)
		return true;
	buffer = tcb_buffer(tcb, false);
	if (!buffer)
		return true;
	for (unsigned int i = 0; i < n; i++) {
		u64 cptr = buffer[BUFFER_WORD(SEL4_IPC_BUFFER_CAPS) + i];

		extra[i] = lookup_slot(tcb, cptr, failure);
		if (!extra[i]) {
			*bad_cptr = cptr;
			*count = 0;
			return false;
		}
		*count = i + 1;
	}
	return true;
}

/* Where the receiver wants a capability: an empty slot, or NULL whatever the reason. */
static struct slot *receive_slot(struct tcb *receiver, const u64 *buffer)
{
	u64 depth = buffer[BUFFER_WORD(SEL4_IPC_BUFFER_RECV_DEPTH)];
	struct lookup_failure ignored;
	struct slot *root, *slot;
	unsigned int left;

	root = lookup_slot(receiver, buffer[BUFFER_WORD(SEL4_IPC_BUFFER_RECV_CNODE)], &ignored);
	if (!root || depth < 1 || depth > 64)
		return NULL;
	slot = lookup_resolve(root->cap, buffer[BUFFER_WORD(SEL4_IPC_BUFFER_RECV_INDEX)],
			      (unsigned int)depth, &left, &ignored);
	return slot && left == 0 && slot_is_empty(slot) ? slot : NULL;
}

struct cap_transfer {
	struct slot *from[SEL4_MSG_MAX_EXTRA_CAPS];
	unsigned int count;
	unsigned int done, unwrapped;
};

static bool transfer_cap(struct slot *from, struct slot **to)
{
	struct cap derived;

	if (!*to || object_derive(from, from->cap, &derived) != seL4_NoError ||
	    cap_is_null(derived))
		return false;
	cdt_insert(*to, derived, from);
	*to = NULL;
	return true;
}

static void transfer_caps(struct cap_transfer *caps, struct endpoint *ep, struct tcb *receiver,
			  u64 *buffer)
{
	struct slot *to;

	if (!caps->count || !buffer)
		return;
	to = receive_slot(receiver, buffer);
	for (unsigned int i = 0; i < caps->count; i++) {
		struct cap cap = caps->from[i]->cap;

		if (ep && cap_type(cap) == CAP_ENDPOINT && endpoint_of(cap) == ep) {
			buffer[BUFFER_WORD(SEL4_IPC_BUFFER_CAPS) + i] = cap_badge(cap);
			caps->unwrapped |= 1u << i;
		} else if (!transfer_cap(caps->from[i], &to)) {
			break;
		}
		caps->done = i + 1;
	}
}

/* The words beyond the registers; how many words arrive in all. */
static unsigned int transfer_buffer(struct tcb *sender, unsigned int length, u64 *to)
{
	const u64 *from = tcb_buffer(sender, false);

	if (!from || !to)
		return SEL4_MSG_REGISTERS;
	from += BUFFER_WORD(SEL4_IPC_BUFFER_MSG);
	to += BUFFER_WORD(SEL4_IPC_BUFFER_MSG);
	for (unsigned int i = SEL4_MSG_REGISTERS; i < length; i++)
		to[i] = from[i];
	return length;
}

static unsigned int transfer_words(struct tcb *sender, struct tcb *receiver, unsigned int length,
				   u64 *to)
{
	ipc_copy_registers(sender, receiver, length);
	return length > SEL4_MSG_REGISTERS ? transfer_buffer(sender, length, to) : length;
}

unsigned int ipc_transfer_long(struct tcb *sender, struct tcb *receiver, unsigned int length)
{
	return transfer_buffer(sender, length, tcb_buffer(receiver, true));
}

static u64 transfer_message(struct tcb *sender, struct endpoint *ep, bool grant,
			    struct tcb *receiver)
{
	u64 info = sender->context.x[IPC_REG_INFO];
	unsigned int length = message_length(info);
	struct cap_transfer caps = { .count = 0 };
	u64 *buffer = NULL;

	if (length > SEL4_MSG_REGISTERS || (message_caps(info) && grant))
		buffer = tcb_buffer(receiver, true);
	length = transfer_words(sender, receiver, length, buffer);
	if (message_caps(info) && grant) {
		struct lookup_failure ignored;
		u64 bad;

		ipc_lookup_extra(sender, info, caps.from, &caps.count, &bad, &ignored);
		transfer_caps(&caps, ep, receiver, buffer);
	}
	return message_info(message_label(info), caps.unwrapped, caps.done, length);
}

void ipc_transfer(struct tcb *sender, struct endpoint *ep, u64 badge, bool grant,
		  struct tcb *receiver)
{
	u64 info;

	if (sender->fault.type == seL4_Fault_NullFault)
		info = transfer_message(sender, ep, grant, receiver);
	else
		info = message_info((u64)sender->fault.type, 0, 0,
				    fault_message(sender, receiver));
	receiver->context.x[IPC_REG_INFO] = info;
	receiver->context.x[IPC_REG_BADGE] = badge;
}
