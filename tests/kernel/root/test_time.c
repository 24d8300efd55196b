/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts, time and who runs (ABI 9, 10). */
#include "env.h"

static volatile seL4_Word counters[4];

static void count(seL4_Word i)
{
	for (;;)
		counters[i]++;
}

static void clear(void)
{
	for (unsigned int i = 0; i < 4; i++)
		counters[i] = 0;
}

static void timer_interrupt(void)
{
	seL4_Word before, frequency, badge = 0;

	CHECK(clock_open());
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	before = clock_now();
	clock_start(50);
	seL4_Wait(clock_notification, &badge);
	CHECK_IS(badge, 1ul << 62);
	CHECK(clock_now() - before >= frequency / 20);
	CHECK(clock_now() - before < frequency);
	/* Not acknowledged: it does not come again. Acknowledged with the line up: it does. */
	for (unsigned int i = 0; i < 100; i++)
		seL4_Yield();
	seL4_Poll(clock_notification, &badge);
	CHECK_IS(badge, 0);
	CHECK_OK(seL4_IRQHandler_Ack(clock_handler));
	seL4_Wait(clock_notification, &badge);
	CHECK_IS(badge, 1ul << 62);
	CHECK_IS(seL4_IRQControl_Get(seL4_CapIRQControl, 30, ROOT_CNODE, slot_new(), 64),
		 seL4_RevokeFirst);
	CHECK_IS(seL4_IRQControl_Get(seL4_CapIRQControl, 26, ROOT_CNODE, slot_new(), 64),
		 seL4_RevokeFirst);
	CHECK_IS(seL4_IRQControl_Get(seL4_CapIRQControl, 5000, ROOT_CNODE, slot_new(), 64),
		 seL4_RangeError);
}

/* With the handler the right to use the timer goes (a thread that tries stops). */
extern char bad_cntpct[];
static void timer_access_ends(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_UserContext context = { .pc = (seL4_Word)bad_cntpct };
	struct thread thread;

	CHECK(clock_open());
	CHECK(thread_new(&thread, ROOT_SPACE, endpoint));
	CHECK_OK(seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 10));
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context));
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	CHECK_OK(seL4_TCB_ReadRegisters(thread.tcb, false, 0, 1, &context));
	CHECK_IS(context.pc, (seL4_Word)bad_cntpct + 4);
	clock_close();
	CHECK_OK(seL4_TCB_Suspend(thread.tcb));
	context.pc = (seL4_Word)bad_cntpct;
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, 1, &context));
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	CHECK_OK(seL4_TCB_ReadRegisters(thread.tcb, false, 0, 1, &context));
	CHECK_IS(context.pc, (seL4_Word)bad_cntpct);
}

#ifndef SEL4_SMP
static void software_interrupt(void)
{
	seL4_CPtr handler = slot_new(), raise = slot_new();
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	seL4_Word badge = 0;

	CHECK_IS(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 16, 0, ROOT_CNODE, raise, 64),
		 seL4_RangeError);
	CHECK_OK(seL4_IRQControl_IssueSGISignal(seL4_CapIRQControl, 5, 0, ROOT_CNODE, raise, 64));
	CHECK_OK(seL4_IRQControl_Get(seL4_CapIRQControl, 5, ROOT_CNODE, handler, 64));
	CHECK_OK(seL4_IRQHandler_SetNotification(handler, cap_badge(ntfn, 6)));
	seL4_Signal(raise);
	seL4_Wait(ntfn, &badge);
	CHECK_IS(badge, 6);
	CHECK_OK(seL4_IRQHandler_Ack(handler));
	seL4_Signal(raise);
	seL4_Wait(ntfn, &badge);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, handler, 64));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, raise, 64));
}
#endif

static void round_robin(void)
{
	struct thread threads[3];

	clear();
	CHECK(clock_open());
	for (unsigned int i = 0; i < 3; i++) {
		CHECK(thread_new(&threads[i], ROOT_SPACE, 0));
		CHECK(thread_start(&threads[i], count, i, 50));
	}
	clock_sleep(200);
	for (unsigned int i = 0; i < 3; i++)
		CHECK(counters[i] > 0);
	CHECK(counters[0] < 4 * counters[1] && counters[1] < 4 * counters[0]);
	CHECK(counters[2] < 4 * counters[1] && counters[1] < 4 * counters[2]);
}

static void priorities(void)
{
	struct thread low, high;
	seL4_Word seen;

	clear();
	CHECK(clock_open());
	CHECK(thread_new(&low, ROOT_SPACE, 0) && thread_new(&high, ROOT_SPACE, 0));
	CHECK(thread_start(&high, count, 1, 60));
	clock_sleep(5);
	CHECK(thread_start(&low, count, 0, 50));
	clock_sleep(40);
	CHECK_IS(counters[0], 0);
	CHECK(counters[1] > 0);
	CHECK_OK(seL4_TCB_Suspend(high.tcb));
	seen = counters[1];
	clock_sleep(40);
	CHECK(counters[0] > 0);
	CHECK_IS(counters[1], seen);
	CHECK_OK(seL4_TCB_SetPriority(low.tcb, seL4_CapInitThreadTCB, 70));
	CHECK_OK(seL4_TCB_Resume(high.tcb));
	clock_sleep(20);
	CHECK_IS(counters[1], seen);
}

/* A long reset of an untyped lets interrupts and threads above it through. */
static seL4_CPtr big, place, done;
static volatile seL4_Word preempted_result;

static void reset_untyped(seL4_Word buffer)
{
	volatile seL4_IPCBuffer *ipc = (seL4_IPCBuffer *)buffer;
	struct sel4_trap trap = { .mr = { seL4_ARM_SmallPageObject, 0, 0, 0 } };

	ipc->caps_or_badges[0] = ROOT_CNODE;
	ipc->msg[4] = place;
	ipc->msg[5] = 1;
	trap.x0 = big;
	trap.info = seL4_MessageInfo_new(UntypedRetype, 0, 1, 6).words[0];
	sel4_trap(SEL4_SYS_CALL, &trap);
	preempted_result = trap.info >> SEL4_MSG_LABEL_SHIFT;
	trap.x0 = done;
	trap.info = 0;
	sel4_trap(SEL4_SYS_SEND, &trap);
	for (;;)
		;
}

static void preempted_reset(void)
{
	seL4_CPtr buffer;
	struct thread thread;
	seL4_Word wakes = 0, badge;

	big = object_new(seL4_UntypedObject, 23);	/* first, for its alignment */
	buffer = space_page(ROOT_SPACE, SCRATCH);
	place = slot_new();
	done = object_new(seL4_NotificationObject, 0);
	preempted_result = ~0ul;
	/* Fill it, then take it back: the next retype zeroes all of it. */
	CHECK_OK(seL4_Untyped_Retype(big, seL4_UntypedObject, 22, ROOT_CNODE, 0, 0, place, 1));
	CHECK_OK(seL4_Untyped_Retype(big, seL4_UntypedObject, 22, ROOT_CNODE, 0, 0, slot_new(), 1));
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, big, 64));
	CHECK(clock_open());
	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK_OK(seL4_TCB_SetIPCBuffer(thread.tcb, SCRATCH, buffer));
	CHECK(thread_start(&thread, reset_untyped, SCRATCH, 10));
	do {
		clock_sleep(1);
		wakes++;
		seL4_Poll(done, &badge);
	} while (preempted_result == ~0ul && wakes < 5000);
	CHECK_IS(preempted_result, 0);
	CHECK(wakes > 1);
}

const struct test tests_time[] = {
	{ "timer_interrupt", timer_interrupt },
	{ "timer_access_ends", timer_access_ends },
#ifndef SEL4_SMP
	{ "software_interrupt", software_interrupt },
#endif
	{ "round_robin", round_robin },
	{ "priorities", priorities },
	{ "preempted_reset", preempted_reset },
	{ 0 },
};
