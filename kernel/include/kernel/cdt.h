/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capability derivation tree, kept as one ordered list per root: a slot's descendants follow
 * it. "Revocable" marks a slot whose cap can have children, "first badged" one that starts a group
 * of equally badged caps.
 */
#ifndef KERNEL_CDT_H
#define KERNEL_CDT_H

#include <kernel/cap.h>

#define CDT_FIRST_BADGED	1UL
#define CDT_REVOCABLE		2UL
#define CDT_MARKS		3UL

static inline struct slot *cdt_prev(const struct slot *slot)
{
	return (struct slot *)slot->prev;
}

static inline struct slot *cdt_next(const struct slot *slot)
{
	return (struct slot *)(slot->next & ~CDT_MARKS);
}

static inline bool cdt_revocable(const struct slot *slot)
{
	return slot->next & CDT_REVOCABLE;
}

static inline bool cdt_first_badged(const struct slot *slot)
{
	return slot->next & CDT_FIRST_BADGED;
}

static inline bool slot_is_empty(const struct slot *slot)
{
	return cap_is_null(slot->cap);
}

/* Puts an original cap (boot) into an empty slot: a root of the tree, revocable. */
void cdt_insert_root(struct slot *slot, struct cap cap);
/* Puts a cap derived from that in src (copy, mint, IPC transfer) into the empty slot dst. */
void cdt_insert(struct slot *dst, struct cap cap, struct slot *src);
/* Puts a new original below parent (retype, boot): revocable. */
void cdt_insert_child(struct slot *dst, struct cap cap, struct slot *parent);
/* Moves src's cap, now with value cap, to the empty slot dst, keeping its place in the tree. */
void cdt_move(struct slot *dst, struct cap cap, struct slot *src);
/* Exchanges the contents and places of two slots, either of which may be empty. */
void cdt_swap(struct slot *a, struct cap cap_for_b, struct slot *b, struct cap cap_for_a);
/* Takes the slot out of the tree and empties it. Finalises nothing. */
void cdt_remove(struct slot *slot);
/* Is b in the tree below a? Both hold caps; only meaningful when b follows a in the list. */
bool cdt_is_parent(const struct slot *a, const struct slot *b);
bool cdt_has_children(const struct slot *slot);
/* No other slot holds a cap to the same object. */
bool cdt_is_final(const struct slot *slot);

#endif
