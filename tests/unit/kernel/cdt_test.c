/* SPDX-License-Identifier: BSD-2-Clause */
/* Derivation: badge rules, copies of copies, revoke and delete (ABI 10.5). */
#include "world.h"

#define EP	S_FREE
#define ALL	15UL

static void make_endpoint(void)
{
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1), 0);
}

static bool empty(u64 cptr)
{
	return slot_is_empty(world_slot(cptr));
}

static void revoke_spares_copies_of_copies(void **state)
{
	make_endpoint();
	assert_int_equal(world_copy(EP + 1, EP, ALL), 0);
	assert_int_equal(world_copy(EP + 2, EP + 1, ALL), 0);
	assert_int_equal(world_revoke(EP + 1), 0);
	assert_false(empty(EP + 2));
	assert_int_equal(world_revoke(EP), 0);
	assert_true(empty(EP + 1) && empty(EP + 2));
	assert_false(empty(EP));
}

static void revoke_of_a_badge_takes_that_badge_only(void **state)
{
	make_endpoint();
	assert_int_equal(world_mint(EP + 1, EP, ALL, 7), 0);
	assert_int_equal(world_mint(EP + 2, EP, ALL, 8), 0);
	assert_int_equal(world_copy(EP + 3, EP + 1, ALL), 0);
	assert_int_equal(world_mint(EP + 4, EP, ALL, 7), 0);	/* a second group of badge 7 */
	assert_int_equal(world_revoke(EP + 1), 0);
	assert_true(empty(EP + 3));
	assert_false(empty(EP + 2) || empty(EP + 4) || empty(EP + 1));
}

static void badge_is_set_once(void **state)
{
	make_endpoint();
	assert_int_equal(world_mint(EP + 1, EP, ALL, 7), 0);
	assert_int_equal(world_mint(EP + 2, EP + 1, ALL, 9), seL4_IllegalOperation);
	assert_int_equal(world_mint(EP + 2, EP, ALL, 0), 0);
	assert_int_equal(cap_badge(world_slot(EP + 2)->cap), 0);
}

static void first_badged_moves_to_the_next_of_its_group(void **state)
{
	make_endpoint();
	assert_int_equal(world_mint(EP + 1, EP, ALL, 7), 0);
	assert_int_equal(world_copy(EP + 2, EP + 1, ALL), 0);
	assert_int_equal(world_mint(EP + 3, EP, ALL, 7), 0);
	/* List: EP, EP + 3 (first), EP + 1 (first), EP + 2. */
	assert_int_equal(world_delete(EP + 1), 0);
	assert_int_equal(world_revoke(EP + 3), 0);
	assert_false(empty(EP + 2));
}

static void rights_shrink_only(void **state)
{
	make_endpoint();
	assert_int_equal(world_copy(EP + 1, EP, SEL4_RIGHT_READ), 0);
	assert_int_equal(world_copy(EP + 2, EP + 1, ALL), 0);
	assert_int_equal(cap_rights(world_slot(EP + 2)->cap), SEL4_RIGHT_READ);
}

static void revoking_untyped_destroys_everything(void **state)
{
	assert_int_equal(world_retype(S_UNTYPED, seL4_UntypedObject, 16, EP, 1), 0);
	assert_int_equal(world_retype(EP, seL4_EndpointObject, 0, EP + 1, 4), 0);
	assert_int_equal(world_mint(EP + 5, EP + 2, ALL, 3), 0);
	assert_int_equal(world_revoke(S_UNTYPED), 0);
	for (u64 i = 0; i < 6; i++)
		assert_true(empty(EP + i));
	assert_int_equal(world_retype(S_UNTYPED, seL4_UntypedObject, 23, EP, 2), 0);
}

static void moved_cap_keeps_its_children(void **state)
{
	make_endpoint();
	assert_int_equal(world_mint(EP + 1, EP, ALL, 7), 0);
	world_set_caps(1, (u64)S_CNODE);
	assert_int_equal(world_call(S_CNODE, CNodeMove, 1, 4, EP + 9, 64UL, EP, 64UL).label, 0);
	assert_true(empty(EP));
	assert_int_equal(world_revoke(EP + 9), 0);
	assert_true(empty(EP + 1));
}

static void swap_of_neighbours(void **state)
{
	make_endpoint();
	assert_int_equal(world_copy(EP + 1, EP, ALL), 0);
	world_set_caps(2, (u64)S_CNODE, (u64)S_CNODE);
	/* src = dst = EP, pivot = EP + 1: unbadged caps with data are refused... */
	assert_int_equal(world_call(S_CNODE, CNodeRotate, 2, 8, EP, 64UL, 0UL, EP + 1, 64UL, 0UL,
				    EP, 64UL).label, seL4_IllegalOperation);
	/* ...but thread caps swap. */
	assert_int_equal(world_copy(EP + 2, S_TCB, ALL), 0);
	world_set_caps(2, (u64)S_CNODE, (u64)S_CNODE);
	assert_int_equal(world_call(S_CNODE, CNodeRotate, 2, 8, (u64)S_TCB, 64UL, 0UL, EP + 2,
				    64UL, 0UL, (u64)S_TCB, 64UL).label, 0);
	assert_ptr_equal(cdt_next(world_slot(EP + 2)), world_slot(S_TCB));
	assert_ptr_equal(cdt_prev(world_slot(S_TCB)), world_slot(EP + 2));
	assert_true(cdt_revocable(world_slot(EP + 2)));
	assert_false(cdt_revocable(world_slot(S_TCB)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(revoke_spares_copies_of_copies, world_setup),
		cmocka_unit_test_setup(revoke_of_a_badge_takes_that_badge_only, world_setup),
		cmocka_unit_test_setup(badge_is_set_once, world_setup),
		cmocka_unit_test_setup(first_badged_moves_to_the_next_of_its_group, world_setup),
		cmocka_unit_test_setup(rights_shrink_only, world_setup),
		cmocka_unit_test_setup(revoking_untyped_destroys_everything, world_setup),
		cmocka_unit_test_setup(moved_cap_keeps_its_children, world_setup),
		cmocka_unit_test_setup(swap_of_neighbours, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
