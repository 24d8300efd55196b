/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: states, registers, priorities, scheduling, configuration (ABI 2.6, 10.1 to 10.4). */
#include "world.h"

#define A	S_FREE
#define B	(S_FREE + 4)
#define EP	(S_FREE + 8)
#define SOME	(S_FREE + 16)
#define ALL	15UL

static void register_array(void **state)
{
	struct tcb *tcb = world_thread(A, 1);
	struct answer a;

	assert_int_equal(world_call(A, TCBReadRegisters, 0, 2, 0UL, 0UL).label, seL4_RangeError);
	assert_int_equal(world_call(A, TCBReadRegisters, 0, 2, 0UL, 37UL).label, seL4_RangeError);
	assert_int_equal(world_call(S_TCB, TCBReadRegisters, 0, 2, 0UL, 1UL).label,
			 seL4_IllegalOperation);
	for (unsigned int i = 0; i < 36; i++)
		world_set_mr(2 + i, 0x100 + i);
	world_set_mr(0, 0);
	world_set_mr(1, 36);
	world_trap(SEL4_SYS_CALL, A, message_info(TCBWriteRegisters, 0, 0, 38));
	assert_int_equal(world_answer(world_root).label, 0);
	assert_int_equal(tcb->context.fault_ip, 0x100);
	assert_int_equal(tcb->context.next_ip, 0x100);
	assert_int_equal(tcb->context.sp, 0x101);
	assert_int_equal(tcb->context.spsr, 0x40);		/* sanitised */
	assert_int_equal(tcb->context.x[0], 0x103);
	assert_int_equal(tcb->context.x[16], 0x10c);
	assert_int_equal(tcb->context.x[29], 0x10f);
	assert_int_equal(tcb->context.x[30], 0x110);
	assert_int_equal(tcb->context.x[9], 0x111);
	assert_int_equal(tcb->context.x[19], 0x118);
	assert_int_equal(tcb->context.x[28], 0x121);
	assert_int_equal(tcb->context.tpidr, 0x122);
	assert_int_equal(tcb->context.tpidrro, 0x123);
	a = world_call(A, TCBReadRegisters, 0, 2, 0UL, 36UL);
	assert_int_equal(a.length, 36);
	for (unsigned int i = 0; i < 36; i++)
		assert_int_equal(a.mr[i], i == 2 ? 0x40 : 0x100 + i);
	assert_int_equal(world_call(A, TCBWriteRegisters, 0, 3, 0UL, 2UL, 0UL).label,
			 seL4_TruncatedMessage);
}

static void registers_copied(void **state)
{
	struct tcb *a = world_thread(A, 1), *b = world_thread(B, 1);

	for (unsigned int i = 0; i < 31; i++)
		a->context.x[i] = i + 1;
	a->context.fault_ip = 0x7000;
	a->context.next_ip = 0x7004;
	a->context.sp = 0x8000;
	world_set_caps(1, (u64)S_CNODE);
	assert_int_equal(world_call(B, TCBCopyRegisters, 1, 1, 0UL).label,
			 seL4_InvalidCapability);
	assert_int_equal(world_call(B, TCBSuspend, 0, 0).label, 0);
	world_set_caps(1, (u64)A);
	assert_int_equal(world_call(B, TCBCopyRegisters, 1, 1, 1UL | 2UL | 4UL).label, 0);
	assert_int_equal(a->state, THREAD_INACTIVE);
	assert_int_equal(b->state, THREAD_RESTART);
	assert_int_equal(b->context.sp, 0x8000);
	assert_int_equal(b->context.next_ip, b->context.fault_ip);
	assert_int_equal(b->context.x[8], 9);
	assert_int_equal(b->context.x[30], 31);
	assert_int_equal(b->context.x[9], 0);
	world_set_caps(1, (u64)A);
	assert_int_equal(world_call(B, TCBCopyRegisters, 1, 1, 8UL).label, 0);
	assert_int_equal(b->context.x[9], 10);
	assert_int_equal(b->context.x[28], 29);
}

static void read_and_write_stop_and_start(void **state)
{
	struct tcb *a = world_thread(A, 1);
	struct answer answer = world_call(A, TCBReadRegisters, 0, 2, 1UL, 1UL);

	assert_int_equal(answer.length, 1);
	assert_int_equal(a->state, THREAD_INACTIVE);
	assert_int_equal(world_call(A, TCBWriteRegisters, 0, 3, 1UL, 1UL, 0x5000UL).label, 0);
	assert_int_equal(a->state, THREAD_RESTART);
	assert_int_equal(a->context.fault_ip, 0x5000);
	assert_int_equal(world_call(S_TCB, TCBWriteRegisters, 0, 2, 0UL, 0UL).label,
			 seL4_IllegalOperation);
}

static void guest_spsr_is_kept_with_a_vcpu(void **state)
{
	struct tcb *tcb = world_thread(A, 1);

	tcb->vcpu = (struct vcpu *)tcb;		/* only its presence counts here */
	world_call(A, TCBWriteRegisters, 0, 5, 0UL, 3UL, 0UL, 0UL, 0x3c5UL);
	assert_int_equal(tcb->context.spsr, 0x3c5);
	world_call(A, TCBWriteRegisters, 0, 5, 0UL, 3UL, 0UL, 0UL, 0x3c9UL);
	assert_int_equal(tcb->context.spsr, 0x40);
	tcb->vcpu = NULL;
}

static void configure_errors(void **state)
{
	assert_int_equal(world_retype(S_UNTYPED, seL4_TCBObject, 0, A, 1), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_SmallPageObject, 0, A + 1, 1), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_CapTableObject, 2, A + 2, 1), 0);
	world_set_caps(3, (u64)S_CNODE, (u64)S_VSPACE, A + 1);
	assert_int_equal(world_call(A, TCBConfigure, 2, 4, 0UL, 0UL, 0UL, 0UL).label,
			 seL4_TruncatedMessage);
	assert_int_equal(world_call(A, TCBConfigure, 3, 4, 0UL, 0UL, 0UL, 0x20010UL).label,
			 seL4_AlignmentError);
	world_set_caps(3, (u64)S_CNODE, (u64)S_VSPACE, (u64)S_TCB);
	assert_int_equal(world_call(A, TCBConfigure, 3, 4, 0UL, 0UL, 0UL, 0x20000UL).label,
			 seL4_IllegalOperation);
	world_set_caps(3, (u64)S_TCB, (u64)S_VSPACE, A + 1);
	assert_int_equal(world_call(A, TCBConfigure, 3, 4, 0UL, 0UL, 0UL, 0x20000UL).label,
			 seL4_IllegalOperation);
	world_set_caps(3, (u64)S_CNODE, (u64)S_CNODE, A + 1);
	assert_int_equal(world_call(A, TCBConfigure, 3, 4, 0UL, 0UL, 0UL, 0x20000UL).label,
			 seL4_IllegalOperation);
	/* The last cap to a CNode is not thrown away by SetSpace. */
	world_set_caps(2, A + 2, (u64)S_VSPACE);
	assert_int_equal(world_call(A, TCBSetSpace, 2, 3, 0UL, 62UL, 0UL).label, 0);
	assert_int_equal(cap_cnode_guard_bits(tcb_of(world_slot(A)->cap)->slots[0].cap), 62);
	assert_int_equal(world_delete(A + 2), 0);
	world_set_caps(2, (u64)S_CNODE, (u64)S_VSPACE);
	assert_int_equal(world_call(A, TCBSetSpace, 2, 3, 0UL, 0UL, 0UL).label,
			 seL4_IllegalOperation);
}

static void priority_needs_authority(void **state)
{
	struct answer a;

	world_thread(A, 10);
	world_set_caps(1, (u64)A);	/* MCP 0 */
	a = world_call(A, TCBSetPriority, 1, 1, 1UL);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[1], 0);
	world_set_caps(1, (u64)S_CNODE);
	a = world_call(A, TCBSetPriority, 1, 1, 1UL);
	assert_int_equal(a.label, seL4_InvalidCapability);
	assert_int_equal(a.mr[0], 1);
	world_set_caps(1, (u64)S_TCB);
	assert_int_equal(world_call(A, TCBSetSchedParams, 1, 2, 20UL, 256UL).label,
			 seL4_RangeError);
	assert_int_equal(world_call(A, TCBSetSchedParams, 1, 2, 20UL, 30UL).label, 0);
	assert_int_equal(tcb_of(world_slot(A)->cap)->mcp, 20);
}

static void round_robin_at_the_end_of_the_slice(void **state)
{
	struct tcb *a = world_thread(A, 255);

	irq_set_timer(26);
	for (unsigned int i = 0; i < SCHED_SLICE; i++) {
		assert_ptr_equal(sched_current, world_root);
		fake_irq_next = 26;
		kernel_irq();
	}
	assert_ptr_equal(sched_current, a);
	assert_int_equal(world_root->slice, SCHED_SLICE);
	world_trap(SEL4_SYS_YIELD, 0, 0);
	assert_ptr_equal(sched_current, world_root);
	assert_ptr_equal(fake_loaded, world_root);
}

static void suspend_and_resume(void **state)
{
	struct tcb *a = world_thread(A, 255);

	world_run(a);
	world_trap(SEL4_SYS_YIELD, 0, 0);
	assert_ptr_equal(sched_current, world_root);
	/* It was running after its trap: it goes on there. */
	assert_int_equal(world_call(A, TCBSuspend, 0, 0).label, 0);
	assert_int_equal(a->state, THREAD_INACTIVE);
	assert_int_equal(a->context.fault_ip, 0x1004);
	assert_int_equal(world_call(A, TCBResume, 0, 0).label, 0);
	world_run(a);
	assert_int_equal(a->context.next_ip, 0x1004);
	/* Suspended by itself it stays at the trap. */
	world_trap(SEL4_SYS_CALL, A, message_info(TCBSuspend, 0, 0, 0));
	assert_ptr_equal(sched_current, world_root);
	assert_int_equal(a->context.fault_ip, 0x1000);
	assert_int_equal(a->state, THREAD_INACTIVE);
}

static void resume_of_a_blocked_thread_repeats_its_call(void **state)
{
	struct tcb *a = world_thread(A, 255);

	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1), 0);
	world_run(a);
	world_trap(SEL4_SYS_CALL, EP, 0);
	assert_int_equal(a->state, THREAD_BLOCKED_SEND);
	assert_int_equal(world_call(A, TCBResume, 0, 0).label, 0);
	assert_int_equal(a->state, THREAD_RESTART);
	world_run(a);
	assert_int_equal(a->context.next_ip, 0x1000);
}

static void woken_by_priority(void **state)
{
	struct tcb *low = world_thread(A, 100), *high = world_thread(B, 200);

	/* The root gives way, then comes back above both. */
	world_set_caps(1, (u64)S_TCB);
	world_trap(SEL4_SYS_CALL, S_TCB, message_info(TCBSuspend, 0, 0, 0));
	assert_ptr_equal(sched_current, high);
	world_trap(SEL4_SYS_CALL, B, message_info(TCBSuspend, 0, 0, 0));
	assert_ptr_equal(sched_current, low);
	world_trap(SEL4_SYS_SEND, B, message_info(TCBResume, 0, 0, 0));
	assert_ptr_equal(sched_current, high);
	assert_true(low->queued);
	world_trap(SEL4_SYS_SEND, S_TCB, message_info(TCBResume, 0, 0, 0));
	assert_ptr_equal(sched_current, world_root);
	assert_int_equal(world_root->context.next_ip, 0x1000);
}

static void flags_and_tls(void **state)
{
	struct tcb *a = world_thread(A, 1);
	struct answer answer = world_call(A, TCBSetFlags, 0, 2, 0UL, ~0UL);

	assert_int_equal(answer.mr[0], 1);
	assert_int_equal(a->flags, 1);
	assert_int_equal(world_call(A, TCBSetFlags, 0, 2, 1UL, 0UL).mr[0], 0);
	assert_int_equal(world_call(A, TCBSetTLSBase, 0, 1, 0x77UL).label, 0);
	assert_int_equal(a->context.tpidr, 0x77);
	assert_int_equal(world_call(A, 99, 0, 0).label, seL4_IllegalOperation);
}

static void domain_errors(void **state)
{
	struct answer a;

	world_thread(A, 1);
	world_set_caps(1, (u64)A);
	assert_int_equal(world_call(S_DOMAIN, DomainSetSet, 1, 1, 0UL).label, 0);
	a = world_call(S_DOMAIN, DomainSetSet, 1, 1, 1UL);
	assert_int_equal(a.label, seL4_InvalidArgument);
	assert_int_equal(a.mr[0], 0);
	world_set_caps(1, (u64)S_CNODE);
	a = world_call(S_DOMAIN, DomainSetSet, 1, 1, 0UL);
	assert_int_equal(a.mr[0], 1);
	a = world_call(S_DOMAIN, DomainScheduleConfigure, 0, 3, 1UL, 0UL, 5UL);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[1], 0);
	a = world_call(S_DOMAIN, DomainScheduleConfigure, 0, 3, 0UL, 0UL, 0UL);
	assert_int_equal(a.label, seL4_InvalidArgument);
	assert_int_equal(a.mr[0], 2);
	assert_int_equal(world_call(S_DOMAIN, DomainScheduleSetStart, 0, 1, 0UL).label, 0);
	assert_int_equal(world_call(S_DOMAIN, DomainScheduleSetStart, 0, 1, 1UL).label,
			 seL4_InvalidArgument);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(register_array, world_setup),
		cmocka_unit_test_setup(registers_copied, world_setup),
		cmocka_unit_test_setup(read_and_write_stop_and_start, world_setup),
		cmocka_unit_test_setup(guest_spsr_is_kept_with_a_vcpu, world_setup),
		cmocka_unit_test_setup(configure_errors, world_setup),
		cmocka_unit_test_setup(priority_needs_authority, world_setup),
		cmocka_unit_test_setup(round_robin_at_the_end_of_the_slice, world_setup),
		cmocka_unit_test_setup(suspend_and_resume, world_setup),
		cmocka_unit_test_setup(resume_of_a_blocked_thread_repeats_its_call, world_setup),
		cmocka_unit_test_setup(woken_by_priority, world_setup),
		cmocka_unit_test_setup(flags_and_tls, world_setup),
		cmocka_unit_test_setup(domain_errors, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
