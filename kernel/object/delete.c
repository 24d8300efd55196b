/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Deleting and revoking, in steps between which the kernel can be preempted (ABI 10.6).
 *
 * The last cap to a CNode or TCB becomes a zombie, whose container is emptied from its last slot
 * to its first. If a container is found inside, the new zombie takes the old one's place in the
 * slot under deletion; the old one waits in slot 0 of the new container and the cap that was there
 * takes the place of the one found. So nesting needs no stack: slot 0 of each container is it, and
 * every step leaves a state from which anybody can go on.
 */
#include <kernel/cnode.h>
#include <kernel/object.h>
#include <kernel/sched.h>

static struct slot *zombie_slots(struct cap zombie)
{
	return cap_object(zombie);
}

static void zombie_shrink(struct slot *slot)
{
	slot->cap.w[1]--;
}

/*
 * A step in ending the cap's use: true if the slot is empty now; false if it holds a zombie, or
 * still the cap, whose object takes more steps.
 */
static bool finalise(struct slot *slot)
{
	bool zombie = cap_type(slot->cap) == CAP_ZOMBIE;
	bool final = !zombie && cdt_is_final(slot);
	struct cap rest;

	if (final && object_wind_down(&slot->cap))
		return false;
	rest = zombie ? slot->cap : object_finalise(slot->cap, final);
	if (cap_is_null(rest) || cap_zombie_left(rest) == 0) {
		cdt_remove(slot);
		return true;
	}
	slot->cap = rest;
	return false;
}

static void swap(struct slot *a, struct slot *b)
{
	cdt_swap(a, a->cap, b, b->cap);
}

/* end, the last slot of the container that slot's zombie empties, holds a zombie itself. */
static void nest(struct slot *slot, struct slot *end)
{
	struct slot *first = zombie_slots(end->cap);

	if (end == zombie_slots(slot->cap)) {
		/* Nothing else is left in the outer container: it is done. */
		cdt_remove(slot);
		cdt_move(slot, end->cap, end);
		return;
	}
	swap(slot, end);
	if (first != slot)
		swap(end, first);
}

/* One step in emptying the container of the zombie in slot. */
static void zombie_step(struct slot *slot)
{
	struct slot *first = zombie_slots(slot->cap);
	struct slot *end = first + cap_zombie_left(slot->cap) - 1;

	if (end == slot && end == first) {
		cdt_remove(slot);	/* it held nothing but its own zombie */
	} else if (end == slot) {
		/* Inside its own container: the zombie moves to slot 0, another cap comes here. */
		swap(slot, first);
	} else if (slot_is_empty(end) || finalise(end)) {
		zombie_shrink(slot);
	} else if (cap_type(end->cap) == CAP_ZOMBIE) {
		nest(slot, end);
	}
}

bool cnode_delete(struct slot *slot)
{
	while (!slot_is_empty(slot)) {
		if (cap_type(slot->cap) != CAP_ZOMBIE || cap_zombie_left(slot->cap) == 0) {
			if (finalise(slot))
				return true;
		} else {
			zombie_step(slot);
		}
		if (!slot_is_empty(slot) && preempt_point())
			return false;
	}
	return true;
}

bool cnode_revoke(struct slot *slot)
{
	struct slot *next;

	while (!slot_is_empty(slot) && (next = cdt_next(slot)) && cdt_is_parent(slot, next)) {
		if (!cnode_delete(next) || preempt_point())
			return false;
	}
	return true;
}

void cnode_delete_now(struct slot *slot)
{
	if (slot_is_empty(slot))
		return;
	object_finalise(slot->cap, cdt_is_final(slot));
	cdt_remove(slot);
}

bool cnode_delete_is_long(const struct slot *slot)
{
	switch (cap_type(slot->cap)) {
	case CAP_CNODE:
	case CAP_THREAD:
	case CAP_ZOMBIE:
		return cdt_is_final(slot);
	default:
		return false;
	}
}
