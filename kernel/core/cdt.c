/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation tree as a list: every slot is followed by its descendants. Whether the slot that
 * follows is a descendant is decided by comparing the caps, so no depth is stored.
 */
#include <kernel/cdt.h>
#include <kernel/object.h>
#include <kernel/untyped.h>

static void link_next(struct slot *slot, const struct slot *next)
{
	slot->next = (slot->next & CDT_MARKS) | (u64)next;
}

static void link_prev(struct slot *slot, const struct slot *prev)
{
	slot->prev = (u64)prev;
}

/* The neighbours of slot's links shall point at it. */
static void attach(struct slot *slot)
{
	if (cdt_prev(slot))
		link_next(cdt_prev(slot), slot);
	if (cdt_next(slot))
		link_prev(cdt_next(slot), slot);
}

static void insert_after(struct slot *dst, struct cap cap, struct slot *place, u64 marks)
{
	dst->cap = cap;
	dst->prev = (u64)place;
	dst->next = (place ? (u64)cdt_next(place) : 0) | marks;
	attach(dst);
}

void cdt_insert_root(struct slot *slot, struct cap cap)
{
	insert_after(slot, cap, NULL, CDT_REVOCABLE | CDT_FIRST_BADGED);
}

void cdt_insert_child(struct slot *dst, struct cap cap, struct slot *parent)
{
	insert_after(dst, cap, parent, CDT_REVOCABLE | CDT_FIRST_BADGED);
}

/* Can a cap derived from the one in src have children of its own? */
static bool derived_is_revocable(struct cap cap, struct cap src)
{
	switch (cap_type(cap)) {
	case CAP_ENDPOINT:
	case CAP_NOTIFICATION:
	case CAP_SMC:
		return cap_badge(cap) != cap_badge(src);
	case CAP_IRQ_HANDLER:
	case CAP_SGI:
		return cap_type(src) == CAP_IRQ_CONTROL;
	case CAP_UNTYPED:
		return true;
	default:
		return false;
	}
}

void cdt_insert(struct slot *dst, struct cap cap, struct slot *src)
{
	u64 marks = derived_is_revocable(cap, src->cap) ? CDT_REVOCABLE | CDT_FIRST_BADGED : 0;

	/* Two caps to one childless untyped: only the copy may still be retyped. */
	if (cap_type(cap) == CAP_UNTYPED && cap_type(src->cap) == CAP_UNTYPED &&
	    cap_paddr(cap).v == cap_paddr(src->cap).v &&
	    cap_untyped_bits(cap) == cap_untyped_bits(src->cap))
		untyped_fill(src);
	insert_after(dst, cap, src, marks);
}

void cdt_move(struct slot *dst, struct cap cap, struct slot *src)
{
	dst->cap = cap;
	dst->prev = src->prev;
	dst->next = src->next;
	attach(dst);
	*src = (struct slot){ 0 };
}

void cdt_swap(struct slot *a, struct cap cap_for_b, struct slot *b, struct cap cap_for_a)
{
	struct slot old_a = *a, old_b = *b;

	/* Where the two are neighbours, a link to the other one becomes a link to itself's place. */
	a->cap = cap_for_a;
	b->cap = cap_for_b;
	a->prev = cdt_prev(&old_b) == a ? (u64)b : old_b.prev;
	b->prev = cdt_prev(&old_a) == b ? (u64)a : old_a.prev;
	a->next = (old_b.next & CDT_MARKS) | (u64)(cdt_next(&old_b) == a ? b : cdt_next(&old_b));
	b->next = (old_a.next & CDT_MARKS) | (u64)(cdt_next(&old_a) == b ? a : cdt_next(&old_a));
	attach(a);
	attach(b);
}

void cdt_remove(struct slot *slot)
{
	struct slot *prev = cdt_prev(slot), *next = cdt_next(slot);

	if (prev)
		link_next(prev, next);
	if (next) {
		link_prev(next, prev);
		/* The group of equally badged caps that slot began goes on without it. */
		next->next |= slot->next & CDT_FIRST_BADGED;
	}
	*slot = (struct slot){ 0 };
}

bool cdt_is_parent(const struct slot *a, const struct slot *b)
{
	if (!cdt_revocable(a) || !object_same_region(a->cap, b->cap))
		return false;
	switch (cap_type(a->cap)) {
	case CAP_ENDPOINT:
	case CAP_NOTIFICATION:
	case CAP_SMC:
		if (cap_badge(a->cap) == 0)
			return true;
		return cap_badge(a->cap) == cap_badge(b->cap) && !cdt_first_badged(b);
	default:
		return true;
	}
}

bool cdt_has_children(const struct slot *slot)
{
	const struct slot *next = cdt_next(slot);

	return next && cdt_is_parent(slot, next);
}

bool cdt_is_final(const struct slot *slot)
{
	const struct slot *prev = cdt_prev(slot), *next = cdt_next(slot);

	if (prev && object_same(prev->cap, slot->cap))
		return false;
	return !next || !object_same(slot->cap, next->cap);
}
