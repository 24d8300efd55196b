/* SPDX-License-Identifier: BSD-2-Clause */
/* Cache operations by rights: only who may write memory can discard what others wrote into it. */
#include "world.h"

#define FRAME		S_FREE		/* read and write */
#define FRAME_READ_ONLY	(S_FREE + 1)	/* derived, without the right to write */
#define FRAME_DOWN	(S_FREE + 2)	/* may write, but is mapped for reading only */
#define TABLES		(S_FREE + 8)
#define AT_WRITABLE	0x400000UL
#define AT_READ_ONLY	0x401000UL
#define AT_DOWN		0x402000UL

static void map(u64 frame, u64 address, u64 rights)
{
	world_set_caps(1, (u64)S_VSPACE);
	assert_int_equal(world_call(frame, ARMPageMap, 1, 3, address, rights, 1UL).label, 0);
}

static int setup(void **state)
{
	world_setup(state);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_SmallPageObject, 0, FRAME, 1), 0);
	assert_int_equal(world_copy(FRAME_READ_ONLY, FRAME, SEL4_RIGHT_READ), 0);
	assert_int_equal(world_copy(FRAME_DOWN, FRAME, 15), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_PageTableObject, 0, TABLES, 3), 0);
	for (u64 i = 0; i < 3; i++) {
		world_set_caps(1, (u64)S_VSPACE);
		assert_int_equal(world_call(TABLES + i, ARMPageTableMap, 1, 2, AT_WRITABLE, 0UL).label, 0);
	}
	map(FRAME, AT_WRITABLE, 3);
	map(FRAME_READ_ONLY, AT_READ_ONLY, 3);
	map(FRAME_DOWN, AT_DOWN, SEL4_RIGHT_READ);
	fake_counts = (struct fake_counts){ 0 };
	return 0;
}

/* The steps of one whole page, a KiB each, are of the one kind alone. */
static void expect(struct fake_counts wanted)
{
	assert_int_equal(fake_counts.clean_poc != 0, wanted.clean_poc);
	assert_int_equal(fake_counts.invalidate != 0, wanted.invalidate);
	assert_int_equal(fake_counts.clean_invalidate != 0, wanted.clean_invalidate);
	assert_int_equal(fake_counts.unify != 0, wanted.unify);
	fake_counts = (struct fake_counts){ 0 };
}

static void on_frame(u64 frame, u64 label)
{
	assert_int_equal(world_call(frame, label, 0, 2, 0UL, 4096UL).label, 0);
}

static void on_space(u64 address, u64 label)
{
	assert_int_equal(world_call(S_VSPACE, label, 0, 2, address, address + 4096).label, 0);
}

/* The right of the capability counts, not how this one happens to be mapped. */
static void frames(void **state)
{
	(void)state;
	on_frame(FRAME, ARMPageInvalidate_Data);
	expect((struct fake_counts){ .invalidate = 1 });
	on_frame(FRAME_DOWN, ARMPageInvalidate_Data);
	expect((struct fake_counts){ .invalidate = 1 });
	on_frame(FRAME_READ_ONLY, ARMPageInvalidate_Data);
	expect((struct fake_counts){ .clean_invalidate = 1 });
}

/* A space's capability names no frame: what is mapped there counts. */
static void spaces(void **state)
{
	(void)state;
	on_space(AT_WRITABLE, ARMVSpaceInvalidate_Data);
	expect((struct fake_counts){ .invalidate = 1 });
	on_space(AT_READ_ONLY, ARMVSpaceInvalidate_Data);
	expect((struct fake_counts){ .clean_invalidate = 1 });
	on_space(AT_DOWN, ARMVSpaceInvalidate_Data);
	expect((struct fake_counts){ .clean_invalidate = 1 });
}

/* What loses nothing is open to a reader. */
static void others(void **state)
{
	(void)state;
	on_frame(FRAME_READ_ONLY, ARMPageClean_Data);
	on_space(AT_READ_ONLY, ARMVSpaceClean_Data);
	expect((struct fake_counts){ .clean_poc = 1 });
	on_frame(FRAME_READ_ONLY, ARMPageCleanInvalidate_Data);
	on_space(AT_READ_ONLY, ARMVSpaceCleanInvalidate_Data);
	expect((struct fake_counts){ .clean_invalidate = 1 });
	on_frame(FRAME_READ_ONLY, ARMPageUnify_Instruction);
	on_space(AT_READ_ONLY, ARMVSpaceUnify_Instruction);
	expect((struct fake_counts){ .unify = 1 });
}

/* Rights go with the derivation: a copy of the reader's has no more. */
static void derived(void **state)
{
	(void)state;
	assert_int_equal(world_copy(S_FREE + 3, FRAME_READ_ONLY, 15), 0);
	map(S_FREE + 3, 0x403000, 3);
	fake_counts = (struct fake_counts){ 0 };
	on_frame(S_FREE + 3, ARMPageInvalidate_Data);
	on_space(0x403000, ARMVSpaceInvalidate_Data);
	expect((struct fake_counts){ .clean_invalidate = 1 });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(frames, setup),
		cmocka_unit_test_setup(spaces, setup),
		cmocka_unit_test_setup(others, setup),
		cmocka_unit_test_setup(derived, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
