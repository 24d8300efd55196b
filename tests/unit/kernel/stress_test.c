/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on nested CNodes, threads, endpoints and untypeds, often preempted; after each
 * the derivation tree must be sound, at the end revoking the untyped must leave nothing.
 */
#include "world.h"
#include "pick.h"

#include <stdio.h>
#include <stdlib.h>

#define FIRST	S_FREE
#define SLOTS	48u
#define ALL	15UL

static u64 any_slot(void)
{
	return FIRST + pick(SLOTS);
}

/* A slot to invoke: not an endpoint, where the only runnable thread would block. */
static u64 object_slot(void)
{
	u64 slot = any_slot();

	return cap_type(world_slot(slot)->cap) == CAP_ENDPOINT ? S_UNTYPED : slot;
}

/* The list through one slot, in both directions. */
static void check_links(const struct slot *slot)
{
	const struct slot *next = cdt_next(slot), *prev = cdt_prev(slot);

	if (slot_is_empty(slot)) {
		assert_null(next);
		assert_null(prev);
		return;
	}
	if (next) {
		assert_ptr_equal(cdt_prev(next), slot);
		assert_false(slot_is_empty(next));
	}
	if (prev)
		assert_ptr_equal(cdt_next(prev), slot);
}

static void check_tree(void)
{
	const struct slot *slot = world_slot(S_UNTYPED);

	for (unsigned int i = 0; i < 4096; i++)
		check_links(world_slot(i));
	for (unsigned int n = 0; (slot = cdt_next(slot)); n++) {
		check_links(slot);
		assert_true(n < 100000);
	}
}

/* A CNode to work in: the root's, or one of those made. With the depth of its slots. */
static u64 any_node(u64 *index, u64 *depth)
{
	for (unsigned int tries = 0; tries < 4; tries++) {
		u64 node = any_slot();
		struct cap cap = world_slot(node)->cap;

		if (cap_type(cap) == CAP_CNODE && cap_cnode_radix(cap) < 12) {
			*index = pick(1UL << cap_cnode_radix(cap));
			*depth = cap_cnode_radix(cap);
			return node;
		}
	}
	*index = any_slot();
	*depth = 64;
	return S_CNODE;
}

static void do_retype(void)
{
	static const seL4_ObjectType types[] = {
		seL4_CapTableObject, seL4_CapTableObject, seL4_EndpointObject, seL4_TCBObject,
		seL4_NotificationObject, seL4_UntypedObject, seL4_ARM_SmallPageObject,
	};
	seL4_ObjectType type = types[pick(7)];
	unsigned int bits = type == seL4_UntypedObject ? 14 : 1 + (unsigned int)pick(4);
	u64 from = pick(3) ? S_UNTYPED : object_slot();

	world_retype(from, type, bits, any_slot(), 1 + (unsigned int)pick(2));
}

static void do_transfer(void)
{
	static const u64 labels[] = { CNodeCopy, CNodeMint, CNodeMove, CNodeMove, CNodeMutate };
	u64 label = labels[pick(5)], dst, dst_depth, src, src_depth;
	u64 node = any_node(&dst, &dst_depth), from = any_node(&src, &src_depth);

	world_set_caps(1, from);
	world_call(node, label, 1, 6, dst, dst_depth, src, src_depth,
		   label == CNodeMutate ? 0 : ALL, pick(2) ? pick(3) : 0);
}

static void do_rotate(void)
{
	u64 dst, dst_depth, pivot, pivot_depth, src, src_depth;
	u64 node = any_node(&dst, &dst_depth), pivot_node = any_node(&pivot, &pivot_depth);
	u64 src_node = any_node(&src, &src_depth);

	if (pick(2)) {
		src = dst;
		src_depth = dst_depth;
		src_node = node;
	}
	world_set_caps(2, pivot_node, src_node);
	world_call(node, CNodeRotate, 2, 8, dst, dst_depth, 0UL, pivot, pivot_depth, 0UL, src,
		   src_depth);
}

/* Perhaps given up when preempted: the zombie stays for others to meet. */
static void do_delete(u64 label)
{
	u64 index, depth, node = any_node(&index, &depth);

	for (unsigned int tries = 0; tries < 1 + pick(3); tries++) {
		fake_irq_waiting = pick(2);
		world_call(node, label, 0, 2, index, depth);
	}
	fake_irq_waiting = false;
}

static void do_configure(void)
{
	u64 tcb = object_slot();

	world_set_caps(3, any_slot(), (u64)S_VSPACE, any_slot());
	world_call(tcb, TCBConfigure, 3, 4, 0UL, 0UL, 0UL, pick(2) ? 0x20000UL : 0UL);
	world_set_caps(1, any_slot());
	world_call(tcb, TCBBindNotification, 1, 0);
}

static void step(void)
{
	switch (pick(16)) {
	case 0: case 1: case 2: case 3: case 4:
		do_retype();
		break;
	case 5: case 6: case 7: case 8: case 9:
		do_transfer();
		break;
	case 10:
		do_rotate();
		break;
	case 11: case 12:
		do_delete(CNodeDelete);
		break;
	case 13:
		do_delete(pick(4) ? CNodeDelete : CNodeRevoke);
		break;
	default:
		do_configure();
	}
}

static void leave_nothing(void)
{
	for (unsigned int i = 0; cdt_has_children(world_slot(S_UNTYPED)); i++) {
		fake_irq_waiting = pick(2);
		world_revoke(S_UNTYPED);
		assert_true(i < 100000);
	}
	for (u64 i = FIRST; i < 4096; i++)
		assert_true(slot_is_empty(world_slot(i)));
	assert_ptr_equal(cdt_next(world_slot(S_CNODE)), &world_root->slots[TCB_CSPACE]);
	assert_null(cdt_next(&world_root->slots[TCB_CSPACE]));
}

static void random_operations(void **state)
{
	const char *given = getenv("KERNEL_STRESS_SEED");
	unsigned long rounds = 60;

	for (unsigned long round = 1; round <= rounds; round++) {
		seed = given ? strtoul(given, NULL, 0) : round * 0x9e3779b97f4a7c15UL;
		print_message("seed %#lx\n", seed);
		world_setup(state);
		for (unsigned int i = 0; i < 400; i++) {
			step();
			check_tree();
			assert_ptr_equal(sched_current, world_root);
		}
		leave_nothing();
		if (given)
			return;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_operations) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
