/* SPDX-License-Identifier: BSD-2-Clause */
/* CNode operations and their errors, deletion of nested containers, preemption (ABI 2.7, 10.6). */
#include "world.h"

#define EP	S_FREE
#define NODE	(S_FREE + 16)
#define ALL	15UL

/* A CNode of 2^radix slots in slot node, guarded so that a slot number is its own 64-bit cptr. */
static void make_node(u64 node, unsigned int radix)
{
	assert_int_equal(world_retype(S_UNTYPED, seL4_CapTableObject, radix, node, 1), 0);
}

/* Moves the cap at from into slot i of the CNode at node. */
static u64 move_into(u64 node, u64 i, unsigned int radix, u64 from)
{
	world_set_caps(1, (u64)S_CNODE);
	return world_call(node, CNodeMove, 1, 4, i, (u64)radix, from, 64UL).label;
}

static struct slot *slot_in(struct cap node, u64 i)
{
	return cnode_slots(node) + i;
}

static void lookup_errors(void **state)
{
	struct answer a = world_call(S_CNODE, CNodeDelete, 0, 2, 0x22UL, 51UL);

	assert_int_equal(a.label, seL4_FailedLookup);
	assert_int_equal(a.length, 5);
	assert_int_equal(a.mr[0], 0);
	assert_int_equal(a.mr[1], seL4_GuardMismatch);
	assert_int_equal(a.mr[2], 51);
	assert_int_equal(a.mr[3], 0);
	assert_int_equal(a.mr[4], 52);
	a = world_call(S_CNODE, CNodeDelete, 0, 2, 0x22UL, 65UL);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[0], 1);
	assert_int_equal(a.mr[1], 64);
	a = world_call(S_CNODE, CNodeDelete, 0, 2, 0x22UL, 60UL);
	assert_int_equal(a.label, seL4_FailedLookup);
	assert_int_equal(a.mr[1], seL4_DepthMismatch);
	assert_int_equal(a.mr[2], 60);
	assert_int_equal(a.mr[3], 64);
}

static void copy_errors(void **state)
{
	struct answer a;

	world_set_caps(1, (u64)S_CNODE);
	a = world_call(S_CNODE, CNodeCopy, 1, 5, (u64)EP, 64UL, (u64)EP + 1, 64UL, ALL);
	assert_int_equal(a.label, seL4_FailedLookup);
	assert_int_equal(a.mr[0], 1);
	assert_int_equal(a.mr[1], seL4_MissingCapability);
	assert_int_equal(a.mr[2], 64);
	assert_int_equal(world_copy(S_TCB, S_TCB, ALL), seL4_DeleteFirst);
	assert_int_equal(world_copy(EP, S_IRQ_CONTROL, ALL), seL4_IllegalOperation);
	assert_int_equal(world_call(S_CNODE, CNodeCopy, 0, 5, (u64)EP, 64UL, (u64)S_TCB, 64UL,
				    ALL).label, seL4_TruncatedMessage);
	assert_int_equal(world_call(S_CNODE, 99, 0, 0).label, seL4_IllegalOperation);
	assert_int_equal(world_call(EP, CNodeCopy, 0, 0).label, seL4_InvalidCapability);
	assert_int_equal(world_delete(EP), 0);		/* an empty slot succeeds */
	/* A CNode made root of a bad guard. */
	assert_int_equal(world_mint(EP, S_CNODE, ALL, 53), seL4_IllegalOperation);
	assert_int_equal(world_mint(EP, S_CNODE, ALL, 0xabc << 6 | 12), 0);
	assert_int_equal(cap_cnode_guard(world_slot(EP)->cap), 0xabc);
}

static void untyped_copies(void **state)
{
	assert_int_equal(world_copy(EP, S_UNTYPED, ALL), 0);
	assert_int_equal(world_copy(EP + 1, S_UNTYPED, ALL), seL4_RevokeFirst);
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP + 1, 1),
			 seL4_NotEnoughMemory);
	assert_int_equal(world_retype(EP, seL4_EndpointObject, 0, EP + 1, 1), 0);
	assert_int_equal(world_revoke(S_UNTYPED), 0);
	assert_true(slot_is_empty(world_slot(EP)) && slot_is_empty(world_slot(EP + 1)));
}

/* node0[3] = last cap to node1, node1[0] = endpoint, node1[2] = last cap to node2, ... */
static void build_nest(struct cap *inner)
{
	make_node(NODE, 2);
	make_node(NODE + 1, 2);
	make_node(NODE + 2, 3);
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 4), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_TCBObject, 0, EP + 4, 1), 0);
	*inner = world_slot(NODE + 2)->cap;
	assert_int_equal(move_into(NODE + 2, 5, 3, EP + 1), 0);
	assert_int_equal(move_into(NODE + 2, 0, 3, EP + 4), 0);
	assert_int_equal(move_into(NODE + 1, 0, 2, EP), 0);
	assert_int_equal(move_into(NODE + 1, 2, 2, NODE + 2), 0);
	assert_int_equal(move_into(NODE, 1, 2, EP + 2), 0);
	assert_int_equal(move_into(NODE, 3, 2, NODE + 1), 0);
}

static void check_inner_empty(struct cap inner)
{
	for (u64 i = 0; i < 8; i++)
		assert_true(slot_is_empty(slot_in(inner, i)));
	assert_ptr_equal(cdt_next(world_slot(S_UNTYPED)), world_slot(EP + 3));
	assert_ptr_equal(cdt_next(world_slot(EP + 3)), NULL);
}

static void nested_containers_are_emptied(void **state)
{
	struct cap inner;

	build_nest(&inner);
	assert_int_equal(world_delete(NODE), 0);
	assert_true(slot_is_empty(world_slot(NODE)));
	check_inner_empty(inner);
}

/* The same, with an interrupt pending all the time: each call does a little, user code sees one. */
static void preempted_delete(void **state)
{
	struct cap big, inner;
	unsigned int traps = 0;

	build_nest(&inner);
	make_node(NODE + 5, 9);
	big = world_slot(NODE + 5)->cap;
	for (u64 i = 0; i < 400; i++)
		assert_int_equal(world_copy(EP + 10, EP + 3, ALL) ||
				 move_into(NODE + 5, i, 9, EP + 10), 0);
	assert_int_equal(move_into(NODE + 5, 511, 9, NODE), 0);
	do {
		fake_irq_waiting = true;
		world_set_mr(0, NODE + 5);
		world_set_mr(1, 64);
		world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeDelete, 0, 0, 2));
		traps++;
		if (!slot_is_empty(world_slot(NODE + 5))) {
			assert_int_equal(world_root->context.next_ip, 0x1000);
			assert_int_equal(cap_type(world_slot(NODE + 5)->cap), CAP_ZOMBIE);
			fake_irq_waiting = false;
			assert_int_equal(world_call(NODE + 5, CNodeDelete, 0, 0).label,
					 seL4_InvalidCapability);
			assert_int_equal(world_copy(EP + 11, NODE + 5, ALL),
					 seL4_IllegalOperation);
		}
	} while (!slot_is_empty(world_slot(NODE + 5)));
	assert_true(traps > 4);
	assert_int_equal(world_root->context.next_ip, 0x1004);
	assert_true(slot_is_empty(slot_in(big, 0)) && slot_is_empty(slot_in(big, 511)));
	check_inner_empty(inner);
}

/* CNodes that hold the last caps to each other go when their untyped is revoked. */
static void cycles_go_with_the_untyped(void **state)
{
	assert_int_equal(world_retype(S_UNTYPED, seL4_UntypedObject, 16, EP, 1), 0);
	for (u64 at = 0; at < 4; at++) {
		assert_int_equal(world_retype(EP, seL4_CapTableObject, 2, NODE, 2), 0);
		/* Copies give access while the originals go into each other. */
		assert_int_equal(world_copy(NODE + 2, NODE, ALL), 0);
		assert_int_equal(world_copy(NODE + 3, NODE + 1, ALL), 0);
		assert_int_equal(move_into(NODE + 2, at, 2, NODE + 1), 0);
		assert_int_equal(move_into(NODE + 3, 3 - at, 2, NODE), 0);
		assert_int_equal(world_delete(NODE + 2), 0);
		assert_int_equal(world_delete(NODE + 3), 0);
		/* And one that holds itself. */
		assert_int_equal(world_retype(EP, seL4_CapTableObject, 2, NODE, 1), 0);
		assert_int_equal(move_into(NODE, at, 2, NODE), 0);
		assert_int_equal(world_revoke(EP), 0);
		assert_ptr_equal(cdt_next(world_slot(EP)), NULL);
		assert_false(cdt_has_children(world_slot(EP)));
	}
}

static void preempted_revoke(void **state)
{
	unsigned int traps = 0;

	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1), 0);
	for (u64 i = 1; i <= 500; i++)
		assert_int_equal(world_mint(EP + i, EP, ALL, i), 0);
	while (cdt_has_children(world_slot(EP))) {
		fake_irq_waiting = true;
		world_set_mr(0, EP);
		world_set_mr(1, 64);
		world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeRevoke, 0, 0, 2));
		traps++;
	}
	assert_true(traps >= 5);
}

static void self_deletion_of_a_thread(void **state)
{
	struct tcb *tcb = world_thread(EP, 255);

	world_run(tcb);
	/* It deletes the last cap to itself: the call never returns. */
	world_set_mr(0, EP);
	world_set_mr(1, 64);
	world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeDelete, 0, 0, 2));
	assert_ptr_equal(sched_current, world_root);
	assert_true(slot_is_empty(world_slot(EP)));
	assert_true(slot_is_empty(&tcb->slots[TCB_CSPACE]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lookup_errors, world_setup),
		cmocka_unit_test_setup(copy_errors, world_setup),
		cmocka_unit_test_setup(untyped_copies, world_setup),
		cmocka_unit_test_setup(nested_containers_are_emptied, world_setup),
		cmocka_unit_test_setup(preempted_delete, world_setup),
		cmocka_unit_test_setup(cycles_go_with_the_untyped, world_setup),
		cmocka_unit_test_setup(preempted_revoke, world_setup),
		cmocka_unit_test_setup(self_deletion_of_a_thread, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
