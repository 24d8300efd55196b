/* SPDX-License-Identifier: BSD-2-Clause */
/* Invocations of CNodes (ABI 2.7): moving, copying and deleting capabilities. */
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/endpoint.h>
#include <kernel/invocation.h>
#include <kernel/object.h>

static bool may_cancel_badged(struct cap cap)
{
	return cap_type(cap) == CAP_ENDPOINT && cap_rights(cap) == 15;
}

static enum invoke cancel_badged(struct invocation *inv, struct slot *slot)
{
	if (!may_cancel_badged(slot->cap))
		return error_plain(inv, seL4_IllegalOperation);
	if (cap_badge(slot->cap) &&
	    !endpoint_cancel_badged(endpoint_of(slot->cap), cap_badge(slot->cap)))
		return INVOKE_PREEMPTED;
	return INVOKE_OK;
}

static enum invoke save_caller(struct invocation *inv, struct slot *slot)
{
	struct slot *caller = &inv->caller->slots[TCB_CALLER];

	if (!slot_is_empty(slot))
		return error_plain(inv, seL4_DeleteFirst);
	if (!slot_is_empty(caller))
		cdt_move(slot, caller->cap, caller);
	return INVOKE_OK;
}

/* The source slot, which must hold a cap. */
static struct slot *source_slot(struct invocation *inv, unsigned int root, u64 index, u64 depth,
				bool flag)
{
	return invocation_slot(inv, inv->extra[root]->cap, index, depth, flag);
}

static enum invoke missing_cap(struct invocation *inv, bool source, u64 depth)
{
	return error_lookup(inv, source, lookup_missing(depth));
}

/* Copy and Mint: the cap as derived, null if that is not allowed. */
static enum invoke derive_cap(struct invocation *inv, struct slot *src, struct cap *out)
{
	struct cap cap = object_mask_rights(src->cap, invocation_mr(inv, 4));
	seL4_Error error;

	if (inv->label == CNodeMint)
		cap = object_update_data(cap, invocation_mr(inv, 5), false);
	if (cap_is_null(cap))
		return error_plain(inv, seL4_IllegalOperation);
	error = object_derive(src, cap, out);
	if (error != seL4_NoError)
		return error_plain(inv, error);
	return INVOKE_OK;
}

static enum invoke moved_cap(struct invocation *inv, struct slot *src, struct cap *out)
{
	*out = cap_type(src->cap) == CAP_ZOMBIE ? cap_null() : src->cap;
	if (inv->label == CNodeMutate)
		*out = object_update_data(*out, invocation_mr(inv, 4), true);
	return INVOKE_OK;
}

static unsigned int transfer_length(u64 label)
{
	switch (label) {
	case CNodeCopy:
	case CNodeMutate:
		return 5;
	case CNodeMint:
		return 6;
	default:
		return 4;
	}
}

/* Copy, Mint, Move, Mutate. */
static enum invoke transfer(struct invocation *inv, struct slot *dst)
{
	bool copies = inv->label == CNodeCopy || inv->label == CNodeMint;
	u64 index = invocation_mr(inv, 2), depth = invocation_mr(inv, 3);
	struct slot *src;
	struct cap cap;

	if (inv->length < transfer_length(inv->label) || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (!slot_is_empty(dst))
		return error_plain(inv, seL4_DeleteFirst);
	src = source_slot(inv, 0, index, depth, true);
	if (!src)
		return INVOKE_ERROR;
	if (slot_is_empty(src))
		return missing_cap(inv, true, depth);
	if ((copies ? derive_cap(inv, src, &cap) : moved_cap(inv, src, &cap)) != INVOKE_OK)
		return INVOKE_ERROR;
	if (cap_is_null(cap))
		return error_plain(inv, seL4_IllegalOperation);

	if (copies)
		cdt_insert(dst, cap, src);
	else
		cdt_move(dst, cap, src);
	return INVOKE_OK;
}

/* The cap that Rotate leaves in another slot; null if not allowed. */
static struct cap rotated_cap(struct cap cap, u64 data)
{
	return cap_type(cap) == CAP_ZOMBIE ? cap_null() : object_update_data(cap, data, true);
}

static enum invoke rotate_checked(struct invocation *inv, struct slot *dst, struct slot *pivot,
				  struct slot *src)
{
	struct cap for_dst, for_pivot;

	if (pivot == src || pivot == dst)
		return error_plain(inv, seL4_IllegalOperation);
	if (src != dst && !slot_is_empty(dst))
		return error_plain(inv, seL4_DeleteFirst);
	if (slot_is_empty(src))
		return missing_cap(inv, true, invocation_mr(inv, 7));
	if (slot_is_empty(pivot))
		return missing_cap(inv, false, invocation_mr(inv, 4));
	for_dst = rotated_cap(pivot->cap, invocation_mr(inv, 2));
	for_pivot = rotated_cap(src->cap, invocation_mr(inv, 5));
	if (cap_is_null(for_dst) || cap_is_null(for_pivot))
		return error_plain(inv, seL4_IllegalOperation);

	if (src == dst) {
		cdt_swap(src, for_pivot, pivot, for_dst);
	} else {
		cdt_move(dst, for_dst, pivot);
		cdt_move(pivot, for_pivot, src);
	}
	return INVOKE_OK;
}

static enum invoke rotate(struct invocation *inv, struct slot *dst)
{
	struct slot *pivot, *src;

	if (inv->length < 8 || inv->extras < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	src = source_slot(inv, 1, invocation_mr(inv, 6), invocation_mr(inv, 7), true);
	if (!src)
		return INVOKE_ERROR;
	pivot = source_slot(inv, 0, invocation_mr(inv, 3), invocation_mr(inv, 4), true);
	if (!pivot)
		return INVOKE_ERROR;
	return rotate_checked(inv, dst, pivot, src);
}

enum invoke cnode_decode(struct invocation *inv)
{
	struct slot *slot;

	if (inv->label < CNodeRevoke || inv->label > CNodeSaveCaller)
		return error_plain(inv, seL4_IllegalOperation);
	if (inv->length < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	slot = invocation_slot(inv, inv->cap, invocation_mr(inv, 0), invocation_mr(inv, 1), false);
	if (!slot)
		return INVOKE_ERROR;
	arch_timer_review();
	switch (inv->label) {
	case CNodeRevoke:
		return cnode_revoke(slot) ? INVOKE_OK : INVOKE_PREEMPTED;
	case CNodeDelete:
		return cnode_delete(slot) ? INVOKE_OK : INVOKE_PREEMPTED;
	case CNodeCancelBadgedSends:
		return cancel_badged(inv, slot);
	case CNodeSaveCaller:
		return save_caller(inv, slot);
	case CNodeRotate:
		return rotate(inv, slot);
	default:
		return transfer(inv, slot);
	}
}
