/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs that take turns on a core. */
#include "world.h"

#include <string.h>

#include <arch/machine.h>

#include "../../../kernel/object/vcpu.h"

#define OTHER	3	/* VMIDs */
#define SPACE	7

static _Alignas(4096) struct {
	struct vcpu vcpu;
} first, second, other;

static int setup(void **state)
{
	world_setup(state);
	memset(core_self()->guests, 0, sizeof(core_self()->guests));
	return 0;
}

static int teardown(void **state)
{
	vcpu_switch(NULL);
	vcpu_flush();
	return 0;
}

/* What one left in the TLB is flushed for the other; between spaces, and by its own return, nothing is. */
static void turns(void **state)
{
	mmu_set_user_space(0x1000, SPACE);
	vcpu_switch(&first.vcpu);
	vcpu_switch(NULL);
	vcpu_switch(&first.vcpu);
	assert_int_equal(fake_counts.flush_guest, 0);
	vcpu_switch(&second.vcpu);
	assert_int_equal(fake_counts.flush_guest, 1);
	mmu_set_user_space(0x2000, OTHER);
	vcpu_switch(&other.vcpu);
	assert_int_equal(fake_counts.flush_guest, 1);
	mmu_set_user_space(0x1000, SPACE);
	vcpu_switch(&second.vcpu);
	assert_int_equal(fake_counts.flush_guest, 1);
	mmu_set_user_space(0x2000, OTHER);
	vcpu_switch(&other.vcpu);
	mmu_set_user_space(0x1000, SPACE);
	vcpu_switch(&first.vcpu);
	assert_int_equal(fake_counts.flush_guest, 2);
	vcpu_flush();
	vcpu_switch(&first.vcpu);
	assert_int_equal(fake_counts.flush_guest, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(turns, setup, teardown),
	};

	return cmocka_run_group_tests_name("vcpu", tests, NULL, NULL);
}
