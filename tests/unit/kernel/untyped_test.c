/* SPDX-License-Identifier: BSD-2-Clause */
/* Retype: its errors in order, the watermark, reset (ABI 2.5, 10.7). */
#include "world.h"

#include <string.h>

#define SLOT	S_FREE

static struct answer retype(u64 untyped, u64 type, u64 bits, u64 index, u64 depth, u64 offset,
			    u64 count)
{
	world_set_caps(1, (u64)S_CNODE);
	return world_call(untyped, UntypedRetype, 1, 6, type, bits, index, depth, offset, count);
}

static void expect(struct answer a, u64 label, unsigned int length, u64 mr0, u64 mr1)
{
	assert_int_equal(a.label, label);
	assert_int_equal(a.length, length);
	if (length > 0)
		assert_int_equal(a.mr[0], mr0);
	if (length > 1)
		assert_int_equal(a.mr[1], mr1);
}

/* Each call has the error of its row and those of all later rows. */
static void errors_in_order(void **state)
{
	struct answer a;

	expect(world_call(S_UNTYPED, TCBSuspend, 0, 1, 0UL), seL4_IllegalOperation, 0, 0, 0);
	expect(world_call(S_UNTYPED, UntypedRetype, 0, 6, 99UL, 0UL, 0UL, 0UL, 0UL, 0UL),
	       seL4_TruncatedMessage, 0, 0, 0);
	expect(retype(S_DEVICE, 11, 99, 1, 65, 5000, 0), seL4_InvalidArgument, 1, 0, 0);
	expect(retype(S_DEVICE, seL4_TCBObject, 64, 1, 65, 5000, 0), seL4_RangeError, 2, 0, 47);
	expect(retype(S_DEVICE, seL4_CapTableObject, 43, 1, 65, 5000, 0), seL4_RangeError, 2, 0,
	       47);
	expect(retype(S_DEVICE, seL4_CapTableObject, 0, 1, 65, 5000, 0), seL4_InvalidArgument, 1,
	       1, 0);
	expect(retype(S_DEVICE, seL4_UntypedObject, 3, 1, 65, 5000, 0), seL4_InvalidArgument, 1, 1,
	       0);
	expect(retype(S_DEVICE, seL4_TCBObject, 0, S_TCB, 65, 5000, 0), seL4_RangeError, 2, 1, 64);
	a = retype(S_DEVICE, seL4_TCBObject, 0, S_TCB, 64, 5000, 0);
	assert_int_equal(a.label, seL4_FailedLookup);
	assert_int_equal(a.mr[0], 0);
	assert_int_equal(a.mr[1], seL4_MissingCapability);
	assert_int_equal(a.mr[2], 64);
	expect(retype(S_DEVICE, seL4_TCBObject, 0, S_CNODE, 64, 4096, 0), seL4_RangeError, 2, 0,
	       4095);
	expect(retype(S_DEVICE, seL4_TCBObject, 0, 0, 0, S_TCB, 257), seL4_RangeError, 2, 1, 256);
	expect(retype(S_DEVICE, seL4_TCBObject, 0, 0, 0, 4090, 7), seL4_RangeError, 2, 1, 6);
	expect(retype(S_DEVICE, seL4_TCBObject, 0, 0, 0, S_TCB, 1), seL4_DeleteFirst, 0, 0, 0);
	expect(retype(S_DEVICE, seL4_UntypedObject, 21, 0, 0, SLOT, 1), seL4_NotEnoughMemory, 1,
	       1UL << 20, 0);
	expect(retype(S_DEVICE, seL4_TCBObject, 0, 0, 0, SLOT, 1), seL4_InvalidArgument, 1, 1, 0);
	expect(retype(S_DEVICE, seL4_ARM_SmallPageObject, 0, 0, 0, SLOT, 1), 0, 0, 0, 0);
	assert_true(cap_frame_device(world_slot(SLOT)->cap));
}

static void watermark_aligns_up(void **state)
{
	u64 base = cap_paddr(world_slot(S_UNTYPED)->cap).v;

	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, SLOT, 3), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_TCBObject, 0, SLOT + 3, 2), 0);
	assert_int_equal(cap_paddr(world_slot(SLOT)->cap).v, base);
	assert_int_equal(cap_paddr(world_slot(SLOT + 2)->cap).v, base + 32);
	assert_int_equal(cap_paddr(world_slot(SLOT + 3)->cap).v, base + 2048);
	assert_int_equal(cap_paddr(world_slot(SLOT + 4)->cap).v, base + 4096);
	assert_int_equal(cap_untyped_mark(world_slot(S_UNTYPED)->cap), 6144);
}

static void memory_is_zero_again_after_reset(void **state)
{
	u64 *words;

	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_SmallPageObject, 0, SLOT, 1), 0);
	words = cap_object(world_slot(SLOT)->cap);
	words[17] = 1;
	assert_int_equal(world_delete(SLOT), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_SmallPageObject, 0, SLOT, 1), 0);
	assert_ptr_equal(words, cap_object(world_slot(SLOT)->cap));
	assert_int_equal(words[17], 0);
}

/* The reset stops at a pending interrupt, with the watermark lower and everything above zero. */
static void preempted_reset(void **state)
{
	u8 *memory = cap_object(world_slot(S_UNTYPED)->cap);
	unsigned int traps = 0;
	u64 last = 1UL << 24, mark;

	memset(memory, 0xaa, 1UL << 24);
	for (;;) {
		fake_irq_waiting = true;
		retype(S_UNTYPED, seL4_EndpointObject, 0, 0, 0, SLOT, 1);
		if (!slot_is_empty(world_slot(SLOT)))
			break;
		mark = cap_untyped_mark(world_slot(S_UNTYPED)->cap);
		assert_true(mark < last && mark % 256 == 0);
		assert_int_equal(memory[mark], 0);
		assert_int_equal(memory[mark - 1], 0xaa);
		assert_int_equal(world_root->context.next_ip, 0x1000);
		last = mark;
		traps++;
	}
	assert_in_range(traps, (1 << 24) / 256 / PREEMPT_PERIOD,
			(1 << 24) / 256 / PREEMPT_PERIOD + 1);
	assert_int_equal(world_root->context.next_ip, 0x1004);
	assert_int_equal(memory[0], 0);
}

static void children_of_a_device_untyped(void **state)
{
	assert_int_equal(world_retype(S_DEVICE, seL4_UntypedObject, 14, SLOT, 1), 0);
	assert_true(cap_untyped_device(world_slot(SLOT)->cap));
	assert_int_equal(world_retype(SLOT, seL4_ARM_SmallPageObject, 0, SLOT + 1, 2), 0);
	/* A device frame is no IPC buffer. */
	world_set_caps(1, (u64)SLOT + 1);
	assert_int_equal(world_call(S_TCB, TCBSetIPCBuffer, 1, 1, 0x4000UL).label,
			 seL4_IllegalOperation);
	assert_int_equal(world_revoke(S_DEVICE), 0);
	assert_true(slot_is_empty(world_slot(SLOT + 2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(errors_in_order, world_setup),
		cmocka_unit_test_setup(watermark_aligns_up, world_setup),
		cmocka_unit_test_setup(memory_is_zero_again_after_reset, world_setup),
		cmocka_unit_test_setup(preempted_reset, world_setup),
		cmocka_unit_test_setup(children_of_a_device_untyped, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
