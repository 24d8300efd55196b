/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts as objects, the idle loop, debug calls (ABI 2.8, 9, 12). */
#include "world.h"

#include <string.h>

#include "../../../kernel/object/vcpu.h"

#define HANDLER	S_FREE
#define NTFN	(S_FREE + 1)
#define NTFN_B	(S_FREE + 2)
#define SGI	(S_FREE + 3)
#define ALL	15UL

static u64 get(u64 irq, u64 slot)
{
	world_set_caps(1, (u64)S_CNODE);
	return world_call(S_IRQ_CONTROL, IRQIssueIRQHandler, 1, 3, irq, slot, 64UL).label;
}

static int setup(void **state)
{
	world_setup(state);
	irq_set_timer(26);
	irq_set_reserved(27);
	assert_int_equal(world_retype(S_UNTYPED, seL4_NotificationObject, 0, NTFN, 1), 0);
	assert_int_equal(world_mint(NTFN_B, NTFN, ALL, 64), 0);
	return 0;
}

static void handler_life(void **state)
{
	struct answer a;

	world_set_caps(1, (u64)S_CNODE);
	a = world_call(S_IRQ_CONTROL, IRQIssueIRQHandler, 1, 3, 160UL, (u64)HANDLER, 64UL);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[1], 159);
	assert_int_equal(get(26, HANDLER), seL4_RevokeFirst);
	assert_int_equal(get(27, HANDLER), seL4_RevokeFirst);
	assert_int_equal(get(33, S_TCB), seL4_DeleteFirst);
	assert_int_equal(get(33, HANDLER), 0);
	assert_true(fake_irq_enabled[33]);
	assert_int_equal(get(33, SGI), seL4_RevokeFirst);
	world_set_caps(1, (u64)S_TCB);
	a = world_call(HANDLER, IRQSetIRQHandler, 1, 0);
	assert_int_equal(a.label, seL4_InvalidCapability);
	assert_int_equal(a.mr[0], 0);
	world_set_caps(1, (u64)NTFN_B);
	assert_int_equal(world_call(HANDLER, IRQSetIRQHandler, 1, 0).label, 0);

	fake_irq_next = 33;
	kernel_irq();
	assert_false(fake_irq_enabled[33]);
	world_trap(SEL4_SYS_NB_RECV, NTFN, 0);
	assert_int_equal(world_root->context.x[0], 64);
	assert_int_equal(world_call(HANDLER, IRQAckIRQ, 0, 0).label, 0);
	assert_true(fake_irq_enabled[33]);

	assert_int_equal(world_revoke(S_IRQ_CONTROL), 0);
	assert_true(slot_is_empty(world_slot(HANDLER)));
	assert_false(fake_irq_enabled[33]);
	assert_int_equal(get(33, HANDLER), 0);
}

static void idle_until_an_interrupt(void **state)
{
	assert_int_equal(get(40, HANDLER), 0);
	world_set_caps(1, (u64)NTFN_B);
	assert_int_equal(world_call(HANDLER, IRQSetIRQHandler, 1, 0).label, 0);
	fake_irq_next = 40;
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	assert_ptr_equal(sched_current, world_root);
	assert_int_equal(world_root->context.x[0], 64);
	assert_int_equal(world_root->context.next_ip, 0x1004);
}

static void software_interrupt(void **state)
{
	struct answer a;

	world_set_caps(1, (u64)S_CNODE);
	a = world_call(S_IRQ_CONTROL, ARMIRQIssueSGISignal, 1, 4, 16UL, 0UL, (u64)SGI, 64UL);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[1], 15);
	a = world_call(S_IRQ_CONTROL, ARMIRQIssueSGISignal, 1, 4, 5UL, 8UL, (u64)SGI, 64UL);
	assert_int_equal(a.label, seL4_InvalidArgument);
	assert_int_equal(a.mr[0], 1);
	a = world_call(S_IRQ_CONTROL, ARMIRQIssueSGISignal, 1, 4, 5UL, 2UL, (u64)SGI, 64UL);
	assert_int_equal(a.label, 0);
	world_trap(SEL4_SYS_SEND, SGI, 0);
	assert_int_equal(fake_sgi_raised, 5 | 2 << 8);
}

static void debug_calls(void **state)
{
	const struct tcb *gone;

	world_trap(SEL4_SYS_DEBUG_CAP_IDENTIFY, S_IRQ_CONTROL, 0);
	assert_int_equal(world_root->context.x[0], CAP_IRQ_CONTROL);
	strcpy((char *)world_buffer(world_root) + 8, "rootserver");
	world_trap(SEL4_SYS_DEBUG_NAME_THREAD, S_TCB, 0);
	assert_string_equal(world_root->name, "rootserver");
	gone = world_thread(S_FREE + 8, 3);
	assert_int_equal(world_delete(S_FREE + 8), 0);
	assert_ptr_not_equal(world_root->all_prev, gone);
	world_trap(SEL4_SYS_DEBUG_DUMP_SCHEDULER, 0, 0);
	assert_non_null(strstr(fake_console, "rootserver, running"));
}

/* A guest must not reach the debug calls through hvc. */
static void debug_calls_refused_with_a_vcpu(void **state)
{
	struct tcb *tcb = world_thread(S_FREE + 8, 255);

	static struct vcpu vcpu;

	vcpu.tcb = tcb;
	tcb->vcpu = &vcpu;
	world_run(tcb);
	world_trap(SEL4_SYS_DEBUG_PUT_CHAR, 'x', 0);
	assert_int_equal(tcb->state, THREAD_INACTIVE);	/* UnknownSyscall, and no handler */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(handler_life, setup),
		cmocka_unit_test_setup(idle_until_an_interrupt, setup),
		cmocka_unit_test_setup(software_interrupt, setup),
		cmocka_unit_test_setup(debug_calls, setup),
		cmocka_unit_test_setup(debug_calls_refused_with_a_vcpu, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
