/* SPDX-License-Identifier: BSD-2-Clause */
/* What decode functions share: message registers, error records, destination slots. */
#include <kernel/invocation.h>
#include <kernel/ipc.h>

u64 invocation_mr(const struct invocation *inv, unsigned int i)
{
	if (i < SEL4_MSG_REGISTERS)
		return inv->caller->context.x[IPC_REG_MR0 + i];
	if (!inv->buffer || i >= SEL4_MSG_MAX_LENGTH)
		return 0;
	return inv->buffer[SEL4_IPC_BUFFER_MSG / sizeof(u64) + i];
}

enum invoke error_plain(struct invocation *inv, seL4_Error code)
{
	inv->error.code = code;
	return INVOKE_ERROR;
}

enum invoke error_argument(struct invocation *inv, u64 argument)
{
	inv->error.code = seL4_InvalidArgument;
	inv->error.argument = argument;
	return INVOKE_ERROR;
}

enum invoke error_capability(struct invocation *inv, u64 number)
{
	inv->error.code = seL4_InvalidCapability;
	inv->error.argument = number;
	return INVOKE_ERROR;
}

enum invoke error_range(struct invocation *inv, u64 low, u64 high)
{
	inv->error.code = seL4_RangeError;
	inv->error.low = low;
	inv->error.high = high;
	return INVOKE_ERROR;
}

enum invoke error_lookup(struct invocation *inv, bool source, struct lookup_failure why)
{
	inv->error.code = seL4_FailedLookup;
	inv->error.source = source;
	inv->error.lookup = why;
	return INVOKE_ERROR;
}

enum invoke error_memory(struct invocation *inv, u64 free)
{
	inv->error.code = seL4_NotEnoughMemory;
	inv->error.free = free;
	return INVOKE_ERROR;
}

struct slot *invocation_slot(struct invocation *inv, struct cap root, u64 index, u64 depth,
			     bool source)
{
	struct lookup_failure failure;
	struct slot *slot;
	unsigned int left;

	if (cap_type(root) != CAP_CNODE) {
		error_lookup(inv, source, lookup_invalid_root());
		return NULL;
	}
	if (depth < 1 || depth > 64) {
		error_range(inv, 1, 64);
		return NULL;
	}
	slot = lookup_resolve(root, index, (unsigned int)depth, &left, &failure);
	if (!slot) {
		error_lookup(inv, source, failure);
		return NULL;
	}
	if (left) {
		error_lookup(inv, source, (struct lookup_failure){
			seL4_DepthMismatch, { 0, left } });
		return NULL;
	}
	return slot;
}

struct slot *invocation_empty_slot(struct invocation *inv, struct cap root, u64 index, u64 depth)
{
	struct slot *slot = invocation_slot(inv, root, index, depth, false);

	if (slot && !slot_is_empty(slot)) {
		error_plain(inv, seL4_DeleteFirst);
		return NULL;
	}
	return slot;
}
