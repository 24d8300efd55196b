/* SPDX-License-Identifier: BSD-2-Clause */
#include "derivation.h"

#include <string.h>

#include "world.h"

#define NODES	32768u		/* a power of two */

/* What the interface says of a slot, as opposed to what the kernel's list and marks say. */
struct node {
	const struct slot *slot;	/* NULL: free */
	const struct slot *parent;	/* NULL: none */
	bool original;			/* what is derived from it is its child */
	unsigned int descendants;	/* derivation_check() */
};

static struct node nodes[NODES];

void __real_cdt_insert_root(struct slot *slot, struct cap cap);
void __real_cdt_insert_child(struct slot *dst, struct cap cap, struct slot *parent);
void __real_cdt_insert(struct slot *dst, struct cap cap, struct slot *src);
void __real_cdt_move(struct slot *dst, struct cap cap, struct slot *src);
void __real_cdt_swap(struct slot *a, struct cap cap_for_b, struct slot *b, struct cap cap_for_a);
void __real_cdt_remove(struct slot *slot);
void __wrap_cdt_insert_root(struct slot *slot, struct cap cap);
void __wrap_cdt_insert_child(struct slot *dst, struct cap cap, struct slot *parent);
void __wrap_cdt_insert(struct slot *dst, struct cap cap, struct slot *src);
void __wrap_cdt_move(struct slot *dst, struct cap cap, struct slot *src);
void __wrap_cdt_swap(struct slot *a, struct cap cap_for_b, struct slot *b, struct cap cap_for_a);
void __wrap_cdt_remove(struct slot *slot);

static unsigned int home_of(const struct slot *slot)
{
	return (unsigned int)((uintptr_t)slot * 0x9e3779b97f4a7c15UL >> 40) % NODES;
}

/* The slot's node, or the free one where it would be. */
static struct node *node_of(const struct slot *slot)
{
	unsigned int i = home_of(slot);

	for (unsigned int n = 0; nodes[i].slot && nodes[i].slot != slot; n++) {
		assert_true(n < NODES);
		i = (i + 1) % NODES;
	}
	return &nodes[i];
}

static void forget(const struct slot *slot)
{
	struct node *node = node_of(slot);
	unsigned int i = (unsigned int)(node - nodes);

	if (!node->slot)
		return;
	node->slot = NULL;
	for (i = (i + 1) % NODES; nodes[i].slot; i = (i + 1) % NODES) {
		struct node moved = nodes[i];

		nodes[i].slot = NULL;
		*node_of(moved.slot) = moved;
	}
}

static void add(const struct slot *slot, const struct slot *parent, bool original)
{
	struct node *node = node_of(slot);

	assert_null(node->slot);
	*node = (struct node){ slot, parent, original, 0 };
}

static void children_go_to(const struct slot *parent, const struct slot *other)
{
	for (unsigned int i = 0; i < NODES; i++)
		if (nodes[i].slot && nodes[i].parent == parent)
			nodes[i].parent = other;
}

/* Mint from an unbadged cap, a handler from the control cap, a copied untyped. */
static bool is_original(struct cap cap, struct cap src)
{
	switch (cap_type(cap)) {
	case CAP_ENDPOINT: case CAP_NOTIFICATION: case CAP_SMC:
		return cap_badge(cap) != cap_badge(src);
	case CAP_IRQ_HANDLER: case CAP_SGI:
		return cap_type(src) != cap_type(cap);
	default:
		return cap_type(cap) == CAP_UNTYPED;
	}
}

void __wrap_cdt_insert_root(struct slot *slot, struct cap cap)
{
	__real_cdt_insert_root(slot, cap);
	add(slot, NULL, true);
}

void __wrap_cdt_insert_child(struct slot *dst, struct cap cap, struct slot *parent)
{
	__real_cdt_insert_child(dst, cap, parent);
	add(dst, parent, true);
}

void __wrap_cdt_insert(struct slot *dst, struct cap cap, struct slot *src)
{
	const struct node *from = node_of(src);

	if (cap_type(cap) == CAP_FRAME)
		assert_int_equal(cap_asid(cap), 0);	/* a copy is mapped nowhere */
	add(dst, from->original ? src : from->parent, is_original(cap, src->cap));
	__real_cdt_insert(dst, cap, src);
}

void __wrap_cdt_move(struct slot *dst, struct cap cap, struct slot *src)
{
	struct node node = *node_of(src);

	__real_cdt_move(dst, cap, src);
	if (!node.slot)
		return;			/* a reply */
	forget(src);
	add(dst, node.parent, node.original);
	children_go_to(src, dst);
}

void __wrap_cdt_swap(struct slot *a, struct cap cap_for_b, struct slot *b, struct cap cap_for_a)
{
	struct node at_a = *node_of(a), at_b = *node_of(b);
	static const struct slot between;

	__real_cdt_swap(a, cap_for_b, b, cap_for_a);
	forget(a);
	forget(b);
	if (at_a.slot)
		add(b, at_a.parent, at_a.original);
	if (at_b.slot)
		add(a, at_b.parent, at_b.original);
	children_go_to(a, &between);
	children_go_to(b, a);
	children_go_to(&between, b);
}

void __wrap_cdt_remove(struct slot *slot)
{
	struct node node = *node_of(slot);

	__real_cdt_remove(slot);
	if (!node.slot)
		return;
	forget(slot);
	children_go_to(slot, node.parent);
}

void derivation_reset(void)
{
	memset(nodes, 0, sizeof(nodes));
}

static bool is_below(const struct slot *slot, const struct slot *ancestor)
{
	const struct node *node = node_of(slot);

	while (node->slot && node->parent && node->parent != ancestor)
		node = node_of(node->parent);
	return node->slot && node->parent == ancestor;
}

/* What Revoke would delete is what was derived, and all of it. */
static void check_slot(const struct slot *slot)
{
	const struct slot *next = cdt_next(slot);
	unsigned int n = 0;

	/* Two signals made apart are one to the list, if they are of the same interrupt and core. */
	if (cap_type(slot->cap) == CAP_REPLY || cap_type(slot->cap) == CAP_SGI)
		return;
	for (; next && cdt_is_parent(slot, next); next = cdt_next(next), n++)
		assert_true(is_below(next, slot));
	assert_int_equal(n, node_of(slot)->descendants);
}

void derivation_check(void)
{
	for (unsigned int i = 0; i < NODES; i++)
		nodes[i].descendants = 0;
	for (unsigned int i = 0; i < NODES; i++) {
		const struct slot *up = nodes[i].slot ? nodes[i].parent : NULL;

		for (; up; up = node_of(up)->parent)
			node_of(up)->descendants++;
	}
	for (unsigned int i = 0; i < NODES; i++)
		if (nodes[i].slot)
			check_slot(nodes[i].slot);
}
