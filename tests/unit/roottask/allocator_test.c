/* SPDX-License-Identifier: BSD-2-Clause */
/* The planning of memory against a model of the kernel's untypeds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sel4/abi.h>
#include "allocator.h"

#define MAX_MADE	8192

/* What the kernel would have done: where each object went. */
static struct made {
	uint64_t paddr, slot;
	unsigned int type, bits;
} made[MAX_MADE];
static unsigned int num_made;

static struct kernel_untyped {
	uint64_t paddr, used, cptr;
	unsigned int bits;
} kernel[MAX_MADE];
static unsigned int num_kernel;

static struct allocator allocator;
static uint64_t next_slot;

static struct kernel_untyped *kernel_find(uint64_t cptr)
{
	for (unsigned int i = 0; i < num_kernel; i++)
		if (kernel[i].cptr == cptr)
			return &kernel[i];
	fail_msg("retype of cptr 0x%lx, which is no untyped", (unsigned long)cptr);
	return NULL;
}

/* The kernel's rule: align the watermark, hand out, move on. */
static int retype(const struct allocator_untyped *from, unsigned int type, unsigned int bits,
		  uint64_t slot, unsigned int count)
{
	struct kernel_untyped *untyped = kernel_find(from->cptr);
	uint64_t mask = (1ull << bits) - 1;
	uint64_t at = (untyped->paddr + untyped->used + mask) & ~mask;

	assert_true(count >= 1 && count <= SEL4_RETYPE_FAN_OUT);
	assert_true(at + ((uint64_t)count << bits) <= untyped->paddr + (1ull << untyped->bits));
	untyped->used = at + ((uint64_t)count << bits) - untyped->paddr;
	for (unsigned int i = 0; i < count; i++) {
		assert_true(num_made < MAX_MADE);
		made[num_made++] = (struct made){at + ((uint64_t)i << bits), slot + i, type, bits};
		if (type == seL4_UntypedObject)
			kernel[num_kernel++] = (struct kernel_untyped){
				at, 0, 0x100000 | slot, bits};
	}
	return 0;
}

static uint64_t new_slot(void)
{
	return next_slot++;
}

static uint64_t cptr(uint64_t slot)
{
	return 0x100000 | slot;
}

static void add(uint64_t paddr, unsigned int bits, bool device)
{
	kernel[num_kernel] = (struct kernel_untyped){paddr, 0, num_kernel + 1, bits};
	assert_true(allocator_add(&allocator, paddr, bits, device, num_kernel + 1));
	num_kernel++;
}

static int set_up(void **state)
{
	(void)state;
	memset(&allocator, 0, sizeof(allocator));
	memset(kernel, 0, sizeof(kernel));
	num_made = num_kernel = 0;
	next_slot = 5000;
	allocator.retype = retype;
	allocator.new_slot = new_slot;
	allocator.cptr = cptr;
	return 0;
}

static void test_best_fit(void **state)
{
	(void)state;
	add(0x60000000, 24, false);
	add(0x70000000, 16, false);
	add(0x08000000, 12, true);
	assert_int_equal(allocator_take(&allocator, seL4_TCBObject, 11, 1, 1), 1);
	assert_int_equal(made[0].paddr, 0x70000000);
	assert_int_equal(allocator_take(&allocator, seL4_ARM_LargePageObject, 21, 2, 1), 1);
	assert_int_equal(made[1].paddr, 0x60000000);
	assert_int_equal(allocator_take(&allocator, seL4_ARM_HugePageObject, 30, 3, 1), -1);
}

static void test_batches(void **state)
{
	int done = 0;

	(void)state;
	add(0x60000000, 21, false);
	while (done < 512) {
		int n = allocator_take(&allocator, seL4_ARM_SmallPageObject, 12,
				       100 + (uint64_t)done, 512 - (unsigned int)done);

		assert_int_equal(n, 256);
		done += n;
	}
	assert_int_equal(made[511].paddr, 0x60000000 + 511 * 4096);
	assert_int_equal(made[511].slot, 611);
	assert_int_equal(allocator_take(&allocator, seL4_ARM_SmallPageObject, 12, 1, 1), -1);
}

static void test_fixed_address(void **state)
{
	(void)state;
	add(0x8000000, 27, true);
	assert_int_equal(allocator_take_at(&allocator, 0x9000000, seL4_ARM_SmallPageObject, 12, 1,
					   1), 1);
	assert_int_equal(made[num_made - 1].paddr, 0x9000000);
	assert_int_equal(made[num_made - 1].slot, 1);
	assert_int_equal(allocator_take_at(&allocator, 0xa000000, seL4_ARM_LargePageObject, 21, 2,
					   9), 9);
	assert_int_equal(made[num_made - 9].paddr, 0xa000000);
	/* behind the watermark, and nowhere */
	assert_int_equal(allocator_take_at(&allocator, 0x8000000, seL4_ARM_SmallPageObject, 12, 3,
					   1), -1);
	assert_int_equal(allocator_take_at(&allocator, 0x4000, seL4_ARM_SmallPageObject, 12, 3, 1),
			 -1);
	assert_false(allocator_has(&allocator, 0x9000000, true));
	assert_true(allocator_has(&allocator, 0xf000000, true));
}

static void test_skipped_ram_is_used(void **state)
{
	(void)state;
	add(0x40000000, 24, false);
	assert_int_equal(allocator_take_at(&allocator, 0x40800000, seL4_ARM_LargePageObject, 21, 1,
					   4), 4);
	assert_int_equal(allocator_take(&allocator, seL4_ARM_LargePageObject, 21, 10, 4), 4);
	assert_int_equal(made[num_made - 4].paddr, 0x40000000);
	assert_int_equal(allocator_take(&allocator, seL4_ARM_LargePageObject, 21, 20, 1), -1);
}

static void test_fixed_is_set_aside(void **state)
{
	const struct allocator_range fixed[] = {{0x40001000, 0x40003000}};

	(void)state;
	add(0x40000000, 16, false);
	allocator.fixed = fixed;
	allocator.num_fixed = 1;
	assert_int_equal(allocator_take(&allocator, seL4_CapTableObject, 12, 1, 2), 1);
	assert_int_equal(allocator_take(&allocator, seL4_CapTableObject, 12, 2, 1), -1);
	assert_int_equal(allocator_take_at(&allocator, 0x40001000, seL4_ARM_SmallPageObject, 12, 3,
					   2), 2);
	allocator.num_fixed = 0;
	assert_int_equal(allocator_take(&allocator, seL4_CapTableObject, 12, 2, 1), 1);
	assert_int_equal(made[num_made - 1].paddr, 0x40003000);
}

/* A run over the border of two untypeds is made in two batches. */
static void test_across_untypeds(void **state)
{
	(void)state;
	add(0x40000000, 22, true);
	add(0x40400000, 22, true);
	assert_int_equal(allocator_take_at(&allocator, 0x40200000, seL4_ARM_LargePageObject, 21, 1,
					   3), 1);
	assert_int_equal(allocator_take_at(&allocator, 0x40400000, seL4_ARM_LargePageObject, 21, 2,
					   2), 2);
}

/* Nothing that was made overlaps, whatever the order of sizes. */
static void test_random(void **state)
{
	(void)state;
	srand(7);
	for (int round = 0; round < 200; round++) {
		set_up(NULL);
		add(0x60000000, 22, false);
		add(0x61000000, 20, false);
		add(0x62000000, 14, false);
		for (int i = 0; i < 300; i++)
			allocator_take(&allocator, seL4_TCBObject, 4 + (unsigned int)rand() % 14,
				       (uint64_t)i, 1 + (unsigned int)rand() % 3);
		for (unsigned int i = 0; i < num_made; i++)
			for (unsigned int j = 0; j < i; j++)
				assert_true(made[i].paddr + (1ull << made[i].bits) <=
					    made[j].paddr ||
					    made[j].paddr + (1ull << made[j].bits) <=
					    made[i].paddr);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_best_fit, set_up),
		cmocka_unit_test_setup(test_batches, set_up),
		cmocka_unit_test_setup(test_fixed_address, set_up),
		cmocka_unit_test_setup(test_skipped_ram_is_used, set_up),
		cmocka_unit_test_setup(test_fixed_is_set_aside, set_up),
		cmocka_unit_test_setup(test_across_untypeds, set_up),
		cmocka_unit_test_setup(test_random, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
