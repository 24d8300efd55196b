/* SPDX-License-Identifier: BSD-2-Clause */
/* Long operations stop for interrupts and go on (docs/kernel.md): what is left after each stop. */
#include "world.h"

#include <kernel/asid.h>
#include <kernel/endpoint.h>
#include <kernel/notification.h>

#define OBJECT		(S_FREE + 0)
#define BADGED		(S_FREE + 1)
#define OTHER		(S_FREE + 2)
#define FRAME		(S_FREE + 3)
#define TABLES		(S_FREE + 4)
#define WAITERS		40u
#define HANDLER		(S_FREE + 6)
#define POOL		(S_FREE + 7)
#define SPACE		(S_FREE + 8)
#define THREAD(i)	(S_FREE + 16 + 2 * (u64)(i))

static struct tcb *waiters[WAITERS];

/* The call until it is through; how often it was entered. Each time an interrupt waits. */
static unsigned int traps_of(u64 cptr, u64 label, u64 mr0, u64 mr1)
{
	unsigned int traps = 0;

	do {
		fake_irq_waiting = true;
		world_run(world_root);
		world_set_mr(0, mr0);
		world_set_mr(1, mr1);
		world_trap(SEL4_SYS_CALL, cptr, message_info(label, 0, 0, 2));
		assert_true(traps++ < 1000);
	} while (world_root->context.next_ip == 0x1000);
	fake_irq_waiting = false;
	assert_int_equal(world_answer(world_root).label, 0);
	return traps;
}

/* Threads of lower priority that make a call: the root waits for each in turn. */
static void make_waiters(seL4_ObjectType type, long call)
{
	world_retype(S_UNTYPED, type, 0, OBJECT, 1);
	world_mint(BADGED, OBJECT, 15, 5);
	world_mint(OTHER, OBJECT, 15, 6);
	for (unsigned int i = 0; i < WAITERS; i++) {
		waiters[i] = world_thread(THREAD(i), 255);
		world_run(waiters[i]);
		world_trap(call, i % 3 ? BADGED : OTHER, 0);
		assert_false(tcb_runnable(waiters[i]));
	}
}

static void the_last_cap_of_an_endpoint(void **state)
{
	make_waiters(seL4_EndpointObject, SEL4_SYS_CALL);
	world_delete(BADGED);
	world_delete(OTHER);
	assert_true(traps_of(S_CNODE, CNodeDelete, OBJECT, 64) >= WAITERS / 7);
	assert_true(slot_is_empty(world_slot(OBJECT)));
	for (unsigned int i = 0; i < WAITERS; i++)
		assert_int_equal(waiters[i]->state, THREAD_RESTART);
}

/* Stopped in between, the cap is good for nothing but its deletion. */
static void nobody_comes_to_wait(void **state)
{
	make_waiters(seL4_NotificationObject, SEL4_SYS_RECV);
	world_delete(BADGED);
	world_delete(OTHER);
	fake_irq_waiting = true;
	world_set_mr(0, OBJECT);
	world_set_mr(1, 64);
	world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeDelete, 0, 0, 2));
	fake_irq_waiting = false;
	world_run(world_root);
	assert_int_equal(cap_type(world_slot(OBJECT)->cap), CAP_NOTIFICATION);
	assert_int_equal(cap_rights(world_slot(OBJECT)->cap), 0);
	assert_true(traps_of(S_CNODE, CNodeDelete, OBJECT, 64) >= WAITERS / 8);
	assert_true(slot_is_empty(world_slot(OBJECT)));
	for (unsigned int i = 0; i < WAITERS; i++)
		assert_int_equal(waiters[i]->state, THREAD_RESTART);
}

static void in_a_container(void **state)
{
	make_waiters(seL4_EndpointObject, SEL4_SYS_RECV);
	world_delete(BADGED);
	world_delete(OTHER);
	world_retype(S_UNTYPED, seL4_CapTableObject, 2, TABLES, 1);
	world_set_caps(1, (u64)S_CNODE);
	assert_int_equal(world_call(TABLES, CNodeMove, 1, 4, 1UL, 2UL, (u64)OBJECT, 64UL).label, 0);
	assert_true(traps_of(S_CNODE, CNodeDelete, TABLES, 64) >= WAITERS / 7);
	assert_true(slot_is_empty(world_slot(TABLES)));
	for (unsigned int i = 0; i < WAITERS; i++)
		assert_int_equal(waiters[i]->state, THREAD_RESTART);
}

static void check_restarted(void)
{
	for (unsigned int i = 0; i < WAITERS; i++)
		assert_int_equal(waiters[i]->state, THREAD_RESTART);
}

/* The last cap of a notification that threads wait at is the one that an interrupt signals. */
static void make_handler(void)
{
	make_waiters(seL4_NotificationObject, SEL4_SYS_RECV);
	world_set_caps(1, (u64)S_CNODE);
	assert_int_equal(world_call(S_IRQ_CONTROL, IRQIssueIRQHandler, 1, 3, 40UL, (u64)HANDLER,
				    64UL).label, 0);
	world_set_caps(1, (u64)OBJECT);
	assert_int_equal(world_call(HANDLER, IRQSetIRQHandler, 1, 0).label, 0);
	world_delete(BADGED);
	world_delete(OTHER);
	world_delete(OBJECT);
	assert_int_equal(waiters[0]->state, THREAD_BLOCKED_NOTIFICATION);
}

static void an_interrupt_gets_no_notification(void **state)
{
	make_handler();
	assert_true(traps_of(HANDLER, IRQClearIRQHandler, 0, 0) >= WAITERS / 7);
	check_restarted();
}

static void an_interrupt_gets_another_notification(void **state)
{
	make_handler();
	world_retype(S_UNTYPED, seL4_NotificationObject, 0, OBJECT, 1);
	for (unsigned int traps = 0;; traps++) {
		fake_irq_waiting = true;
		world_run(world_root);
		world_set_caps(1, (u64)OBJECT);
		world_trap(SEL4_SYS_CALL, HANDLER, message_info(IRQSetIRQHandler, 0, 1, 0));
		if (world_root->context.next_ip != 0x1000) {
			assert_true(traps >= WAITERS / 8);
			break;
		}
	}
	fake_irq_waiting = false;
	check_restarted();
	world_run(world_root);
	fake_irq_next = 40;
	kernel_irq();
	assert_int_equal(notification_state(notification_of(world_slot(OBJECT)->cap)),
			 NOTIFICATION_ACTIVE);
}

/* Stopped in between, the interrupt signals nobody. */
static void a_handler_goes(void **state)
{
	make_handler();
	fake_irq_waiting = true;
	world_set_mr(0, HANDLER);
	world_set_mr(1, 64);
	world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeDelete, 0, 0, 2));
	fake_irq_waiting = false;
	world_run(world_root);
	assert_int_equal(cap_type(world_slot(HANDLER)->cap), CAP_IRQ_HANDLER);
	fake_irq_next = 40;
	kernel_irq();
	assert_int_equal(irq_state(40), IRQ_SIGNAL);
	assert_int_equal(waiters[WAITERS - 1]->state, THREAD_BLOCKED_NOTIFICATION);
	assert_true(traps_of(S_CNODE, CNodeDelete, HANDLER, 64) >= WAITERS / 8);
	assert_true(slot_is_empty(world_slot(HANDLER)));
	assert_int_equal(irq_state(40), IRQ_INACTIVE);
	check_restarted();
}

#define SPACES	60u

static void a_pool_of_spaces(void **state)
{
	world_retype(S_UNTYPED, seL4_UntypedObject, 12, OBJECT, 1);
	world_set_caps(2, (u64)OBJECT, (u64)S_CNODE);
	assert_int_equal(world_call(S_ASID_CONTROL, ARMASIDControlMakePool, 2, 2, (u64)POOL,
				    64UL).label, 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_VSpaceObject, 0, SPACE, SPACES), 0);
	for (u64 i = 0; i < SPACES; i++) {
		world_set_caps(1, SPACE + i);
		assert_int_equal(world_call(POOL, ARMASIDPoolAssign, 1, 0).label, 0);
	}
	/* Stopped in between, the pool can still be used; what it got then goes, too. */
	fake_irq_waiting = true;
	world_set_mr(0, POOL);
	world_set_mr(1, 64);
	world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeDelete, 0, 0, 2));
	fake_irq_waiting = false;
	assert_int_equal(cap_type(world_slot(POOL)->cap), CAP_ASID_POOL);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_VSpaceObject, 0, SPACE + SPACES, 1), 0);
	world_set_caps(1, SPACE + SPACES);
	assert_int_equal(world_call(POOL, ARMASIDPoolAssign, 1, 0).label, 0);
	assert_true(traps_of(S_CNODE, CNodeDelete, POOL, 64) >= 2);
	for (u64 i = 0; i <= SPACES; i++) {
		struct paddr found;

		assert_false(asid_find(cap_asid(world_slot(SPACE + i)->cap), &found));
	}
}

static void check_cancelled(void)
{
	for (unsigned int i = 0; i < WAITERS; i++)
		assert_int_equal(waiters[i]->state, i % 3 ? THREAD_RESTART : THREAD_BLOCKED_SEND);
}

static void cancelled_senders(void **state)
{
	make_waiters(seL4_EndpointObject, SEL4_SYS_CALL);
	assert_true(traps_of(S_CNODE, CNodeCancelBadgedSends, BADGED, 64) >= WAITERS / 7);
	check_cancelled();
	/* A second time nothing is left to do, and nothing is remembered. */
	traps_of(S_CNODE, CNodeCancelBadgedSends, BADGED, 64);
	check_cancelled();
}

/* While it is stopped, the thread that it would look at next goes away. */
static void cancelled_while_the_queue_changes(void **state)
{
	struct endpoint *ep;
	struct tcb *next;

	make_waiters(seL4_EndpointObject, SEL4_SYS_CALL);
	ep = endpoint_of(world_slot(OBJECT)->cap);
	fake_irq_waiting = true;
	world_set_mr(0, BADGED);
	world_set_mr(1, 64);
	world_trap(SEL4_SYS_CALL, S_CNODE, message_info(CNodeCancelBadgedSends, 0, 0, 2));
	fake_irq_waiting = false;
	world_run(world_root);
	for (unsigned int i = 0; i < WAITERS; i++) {
		next = (struct tcb *)ep->head;
		while (next && next != waiters[i])
			next = next->wait_next;
		if (next && i % 2)
			tcb_suspend(next);
	}
	traps_of(S_CNODE, CNodeCancelBadgedSends, BADGED, 64);
	for (struct tcb *tcb = (struct tcb *)ep->head; tcb; tcb = tcb->wait_next)
		assert_int_equal(tcb->send.badge, 6);
	for (unsigned int i = 0; i < WAITERS; i++)
		if (i % 3 == 0 && i % 2 == 0)
			assert_int_equal(waiters[i]->state, THREAD_BLOCKED_SEND);
}

/* Part by part, each once. */
static void a_large_page_is_cleaned(void **state)
{
	unsigned int traps;

	world_retype(S_UNTYPED, seL4_ARM_LargePageObject, 0, FRAME, 1);
	world_retype(S_UNTYPED, seL4_ARM_PageTableObject, 0, TABLES, 2);
	for (u64 i = 0; i < 2; i++) {
		world_set_caps(1, (u64)S_VSPACE);
		world_call(TABLES + i, ARMPageTableMap, 1, 2, 0x40000000UL, 0UL);
	}
	world_set_caps(1, (u64)S_VSPACE);
	assert_int_equal(world_call(FRAME, ARMPageMap, 1, 3, 0x40000000UL, 3UL, 0UL).label, 0);
	fake_counts.clean_poc = 0;
	traps = traps_of(FRAME, ARMPageClean_Data, 512, 1 << 20);
	assert_int_equal(fake_counts.clean_poc, 1024);
	assert_true(traps >= 1024 / 7 && traps <= 1024 / 7 + 2);
	assert_int_equal(world_root->progress, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_last_cap_of_an_endpoint, world_setup),
		cmocka_unit_test_setup(nobody_comes_to_wait, world_setup),
		cmocka_unit_test_setup(in_a_container, world_setup),
		cmocka_unit_test_setup(an_interrupt_gets_no_notification, world_setup),
		cmocka_unit_test_setup(an_interrupt_gets_another_notification, world_setup),
		cmocka_unit_test_setup(a_handler_goes, world_setup),
		cmocka_unit_test_setup(a_pool_of_spaces, world_setup),
		cmocka_unit_test_setup(cancelled_senders, world_setup),
		cmocka_unit_test_setup(cancelled_while_the_queue_changes, world_setup),
		cmocka_unit_test_setup(a_large_page_is_cleaned, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
