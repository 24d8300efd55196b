/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: retype and reset (ABI 2.5, 10.7). */
#include <arch/clamp.h>
#include <kernel/arch.h>
#include <kernel/cnode.h>
#include <kernel/invocation.h>
#include <kernel/object.h>
#include <kernel/sched.h>
#include <kernel/untyped.h>

struct retype {
	seL4_ObjectType type;
	unsigned int size_bits;		/* as the user gave it */
	unsigned int bits;		/* of one object */
	struct slot *slots;		/* the first destination */
	u64 count;
};

static bool is_memory(seL4_ObjectType type)
{
	return type == seL4_UntypedObject || type == seL4_ARM_SmallPageObject ||
	       type == seL4_ARM_LargePageObject || type == seL4_ARM_HugePageObject;
}

/* Checks 3 to 5: the type and its size. */
static enum invoke decode_type(struct invocation *inv, struct retype *retype)
{
	u64 type = invocation_mr(inv, 0), size_bits = invocation_mr(inv, 1);

	if (type >= seL4_ObjectTypeCount)
		return error_argument(inv, 0);
	if (size_bits >= 64)
		return error_range(inv, 0, SEL4_MAX_UNTYPED_BITS);
	retype->type = (seL4_ObjectType)index_clamp(type, seL4_ObjectTypeCount);
	retype->size_bits = (unsigned int)size_bits;
	retype->bits = object_bits(retype->type, retype->size_bits);
	if (retype->bits > SEL4_MAX_UNTYPED_BITS)
		return error_range(inv, 0, SEL4_MAX_UNTYPED_BITS);
	if (type == seL4_CapTableObject && size_bits == 0)
		return error_argument(inv, 1);
	if (type == seL4_UntypedObject && size_bits < SEL4_MIN_UNTYPED_BITS)
		return error_argument(inv, 1);
	return INVOKE_OK;
}

/* Checks 6 to 11: the destination slots. */
static enum invoke decode_slots(struct invocation *inv, struct retype *retype)
{
	u64 depth = invocation_mr(inv, 3), offset = invocation_mr(inv, 4);
	struct cap node = inv->extra[0]->cap;
	u64 slots;

	retype->count = invocation_mr(inv, 5);
	if (depth) {
		struct slot *slot = invocation_slot(inv, node, invocation_mr(inv, 2), depth, false);

		if (!slot)
			return INVOKE_ERROR;
		node = slot->cap;
	}
	if (cap_type(node) != CAP_CNODE)
		return error_lookup(inv, false, lookup_missing(depth));
	slots = 1UL << cap_cnode_radix(node);
	if (offset > slots - 1)
		return error_range(inv, 0, slots - 1);
	if (retype->count < 1 || retype->count > SEL4_RETYPE_FAN_OUT)
		return error_range(inv, 1, SEL4_RETYPE_FAN_OUT);
	if (retype->count > slots - offset)
		return error_range(inv, 1, slots - offset);
	retype->slots = cnode_slots(node) + index_clamp(offset, slots);
	for (u64 i = 0; i < retype->count; i++) {
		if (!slot_is_empty(&retype->slots[i]))
			return error_plain(inv, seL4_DeleteFirst);
	}
	return INVOKE_OK;
}

/* Makes the whole region free and zero, from the watermark downward. False: preempted. */
static bool reset(struct slot *slot)
{
	struct cap cap = slot->cap;
	unsigned int bits = cap_untyped_bits(cap);
	u64 chunk = bits < UNTYPED_RESET_CHUNK_BITS ? 1UL << bits : 1UL << UNTYPED_RESET_CHUNK_BITS;
	u64 mark = cap_untyped_mark(cap);

	if (cap_untyped_device(cap)) {
		slot->cap.w[1] = 0;
		return true;
	}
	while (mark) {
		mark = (mark - 1) & ~(chunk - 1);
		arch_zero(paddr_add(cap_paddr(cap), mark), chunk);
		slot->cap.w[1] = mark;
		if (mark && preempt_point())
			return false;
	}
	return true;
}

static void create(struct slot *slot, const struct retype *retype)
{
	struct cap cap = slot->cap;
	u64 mark = align_up(cap_untyped_mark(cap), retype->bits);

	slot->cap.w[1] = mark + (retype->count << retype->bits);
	for (u64 i = 0; i < retype->count; i++) {
		struct paddr at = paddr_add(cap_paddr(cap), mark + (i << retype->bits));

		cdt_insert_child(&retype->slots[i],
				 object_create(retype->type, at, retype->size_bits,
					       cap_untyped_device(cap)), slot);
	}
}

enum invoke untyped_decode(struct invocation *inv)
{
	struct retype retype = { 0 };
	bool used;
	u64 room;

	if (inv->label != UntypedRetype)
		return error_plain(inv, seL4_IllegalOperation);
	if (inv->length < 6 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (decode_type(inv, &retype) != INVOKE_OK || decode_slots(inv, &retype) != INVOKE_OK)
		return INVOKE_ERROR;
	used = cdt_has_children(inv->slot);
	room = (1UL << cap_untyped_bits(inv->cap)) - (used ? cap_untyped_mark(inv->cap) : 0);
	if (room >> retype.bits < retype.count)
		return error_memory(inv, room);
	if (cap_untyped_device(inv->cap) && !is_memory(retype.type))
		return error_argument(inv, 1);

	if (!used && !reset(inv->slot))
		return INVOKE_PREEMPTED;
	create(inv->slot, &retype);
	return INVOKE_OK;
}
