/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls between cores, what one core does to threads of another, and the calls of this variant alone. */
#include "script.h"

static bool script_on(struct thread *thread, seL4_Word core, struct step *steps, seL4_CPtr fault)
{
	return thread_new(thread, ROOT_SPACE, fault) && !seL4_TCB_SetAffinity(thread->tcb, core) &&
	       script_run(thread, steps, 20);
}

static volatile unsigned int *when(struct step *step)
{
	return &step->when;
}

static void messages_between_cores(void)
{
	static const long kinds[3][2] = { { SEL4_SYS_SEND, SEL4_SYS_RECV },
		{ SEL4_SYS_CALL, SEL4_SYS_RECV }, { SEL4_SYS_CALL, SEL4_SYS_REPLY_RECV } };

	for (seL4_Word i = 0; i < 3 && !test_failed; i++)
		message_exchange(kinds[i][0], kinds[i][1], false, 1 + i);
}

/* A notification ends a wait on another core; so does the end of what is waited at. */
static void waits_on_other_cores(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0), fault = object_new(seL4_EndpointObject, 0);

	for (seL4_Word core = 1; core < CORES; core++) {
		seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
		struct step steps[] = { DO_RECV(endpoint), DO_CALL(endpoint, 1), DO_RECV(endpoint), DONE };
		struct thread thread;
		struct message m;

		CHECK(script_open());
		CHECK(script_on(&thread, core, steps, cap_badge(fault, core)));
		CHECK_OK(seL4_TCB_BindNotification(thread.tcb, ntfn));
		seL4_Signal(cap_badge(ntfn, 4));
		UNTIL(*when(&steps[0]));
		CHECK_IS(steps[0].trap.x0, 4);
		CHECK_IS(message_wait(endpoint).label, 1);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, endpoint, 64));
		message_reply(0);
		m = message_wait(fault);
		CHECK_IS(m.label, seL4_Fault_CapFault);
		CHECK_IS(m.badge, core);
		CHECK_IS(LABEL(steps[1].trap.info), 0);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
	}
}

/* Callers on all cores, those with one badge cancelled: the rest is answered, in its order. */
static void cancelled_on_other_cores(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), moved = slot_new();
	seL4_CPtr caps[2] = { cap_badge(endpoint, 1), cap_badge(endpoint, 2) };
	struct step steps[CORES][2];
	struct thread threads[CORES];

	CHECK(script_open());
	for (seL4_Word i = 1; i < CORES; i++) {
		steps[i][0] = (struct step)DO_CALL(caps[i % 2], 10 + i);
		steps[i][1] = (struct step)DONE;
		CHECK(script_on(&threads[i], i, steps[i], 0));
	}
	CHECK_OK(seL4_CNode_Move(ROOT_CNODE, moved, 64, ROOT_CNODE, caps[1], 64));
	/* 1 and 3 have badge 2; a call before or after the move ends the same way. */
	UNTIL(({ seL4_CNode_CancelBadgedSends(ROOT_CNODE, moved, 64); *when(&steps[1][0]) && *when(&steps[3][0]); }));
	CHECK_IS(LABEL(steps[1][0].trap.info), seL4_InvalidCapability);
	CHECK_IS(LABEL(steps[3][0].trap.info), seL4_InvalidCapability);
	CHECK_IS(message_wait(endpoint).label, 12);
	seL4_Reply(seL4_MessageInfo_new(5, 0, 0, 0));
	UNTIL(*when(&steps[2][0]));
	CHECK_IS(LABEL(steps[2][0].trap.info), 5);
}

static volatile seL4_Word turns[CORES];

static void call_for_ever(seL4_Word i)
{
	for (;;) {
		struct sel4_trap trap = { .mr = { i } };

		for (volatile unsigned int pause = 0; pause < 20000; pause++)
			;		/* each call keeps the other cores waiting */
		raw_call(seL4_CapInitThreadCNode, &trap, CNodeDelete, 2);	/* refused: depth */
		turns[i]++;
	}
}

/* Whole processes, running on the other cores, are taken back with their memory. */
static void processes_on_other_cores(void)
{
	seL4_CPtr all = sandbox, again = slot_new();
	struct thread threads[CORES];

	CHECK_OK(seL4_Untyped_Retype(all, seL4_UntypedObject, 20, ROOT_CNODE, 0, 0, again, 1));
	for (unsigned int round = 0; round < 2; round++) {
		sandbox = again;
		for (seL4_Word i = 1; i < CORES; i++) {
			seL4_CPtr node = object_new(seL4_CapTableObject, 2);

			turns[i] = 0;
			CHECK(thread_new(&threads[i], space_twin(), 0));
			CHECK_OK(seL4_CNode_Copy(node, 2, 2, ROOT_CNODE, node, 64, seL4_AllRights));
			CHECK_OK(seL4_TCB_SetSpace(threads[i].tcb, 0, node, 62, threads[i].space, 0));
			CHECK_OK(seL4_TCB_SetAffinity(threads[i].tcb, i));
			CHECK(thread_start(&threads[i], call_for_ever, i, 20));
		}
		sandbox = all;
		for (seL4_Word i = 1; i < CORES; i++)
			UNTIL(turns[i] > 2);
		CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, again, 64));
		for (seL4_Word i = 1; i < CORES; i++) {
			seL4_Word then = turns[i];

			for (unsigned int j = 0; j < 100; j++)
				CHECK_IS(turns[i], then);
		}
	}
}

/* Their errors, and the number behind the last call. */
static void calls_of_several_cores(void)
{
	seL4_CPtr tcb = object_new(seL4_TCBObject, 0), free = slot_new();
	struct sel4_trap trap = { .mr = { 40, 0, free, 64 } };

	CHECK_IS(raw_call(tcb, &trap, TCBSetAffinity, 0), seL4_TruncatedMessage);
	CHECK_IS(seL4_TCB_SetAffinity(tcb, CORES), seL4_IllegalOperation);
	CHECK_IS(raw_call(seL4_CapIRQControl, &trap, ARMIRQIssueIRQHandlerTriggerCore, 4),
		 seL4_TruncatedMessage);
	CHECK_IS(raw_call(seL4_CapIRQControl, &trap, ARMIRQIssueIRQHandlerTriggerCore, 5),
		 seL4_TruncatedMessage);			/* no root */
	CHECK_IS(raw_call(seL4_CapIRQControl, &trap, ARMIRQIssueIRQHandlerTriggerCore + 1, 5),
		 seL4_IllegalOperation);
	CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 40, 0, ROOT_CNODE, free, 64, CORES),
		 seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 4);
	CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 160, 0, ROOT_CNODE, free, 64, 0),
		 seL4_RangeError);
	CHECK_IS(seL4_GetMR(0), 0);
	CHECK_IS(seL4_GetMR(1), 159);
	CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 40, 0, ROOT_CNODE, free, 65, 3),
		 seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 64);
	CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 40, 0, ROOT_CNODE, tcb, 64, 3),
		 seL4_DeleteFirst);
	for (seL4_Word core = 0; core < CORES; core++)		/* the kernel's, on each core */
		for (seL4_Word irq = 0; irq < 32; irq++)
			if (irq < 2 || (irq >= 25 && irq <= 27))
				CHECK_IS(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, irq, 0,
						ROOT_CNODE, free, 64, core), seL4_RevokeFirst);
	CHECK_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 40, 1, ROOT_CNODE, free, 64, 3));
	/* A shared interrupt is one, on whichever core. */
	CHECK_IS(seL4_IRQControl_GetTrigger(seL4_CapIRQControl, 40, 1, ROOT_CNODE, slot_new(), 64),
		 seL4_RevokeFirst);
}

static seL4_Word affinity(seL4_CPtr tcb)
{
	struct sel4_trap trap = { .x0 = tcb };

	sel4_trap(SEL4_SYS_DEBUG_GET_THREAD_AFFINITY, &trap);
	return trap.x0;
}

static void send_ipi(seL4_Word core, seL4_Word sgi)
{
	sel4_trap(SEL4_SYS_DEBUG_SEND_IPI, &(struct sel4_trap){ .x0 = core, .info = sgi });
}

/* An SGI reaches its handler on the core it is sent to. Those of the kernel do it no harm. */
static void debug_calls_of_several_cores(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0), tcb = object_new(seL4_TCBObject, 0);
	seL4_Word badge;

	for (seL4_Word core = 0; core < CORES; core++) {
		seL4_CPtr handler = slot_new();

		CHECK_OK(seL4_TCB_SetAffinity(tcb, core));
		CHECK_IS(affinity(tcb), core);
		CHECK_OK(seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, 5, 1, ROOT_CNODE, handler, 64,
							core));
		CHECK_OK(seL4_IRQHandler_SetNotification(handler, cap_badge(ntfn, 16 + core)));
		for (unsigned int i = 0; i < 3; i++) {
			send_ipi(core, 5);
			seL4_Wait(ntfn, &badge);
			CHECK_IS(badge, 16 + core);
			CHECK_OK(seL4_IRQHandler_Ack(handler));
		}
		for (unsigned int i = 0; i < 100; i++)
			send_ipi(core, i & 1);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, handler, 64));
	}
	messages_between_cores();
}

const struct test tests_calls_smp[] = {
	{ "messages_between_cores", messages_between_cores },
	{ "waits_on_other_cores", waits_on_other_cores },
	{ "cancelled_on_other_cores", cancelled_on_other_cores },
	{ "processes_on_other_cores", processes_on_other_cores },
	{ "calls_of_several_cores", calls_of_several_cores },
	{ "debug_calls_of_several_cores", debug_calls_of_several_cores },
	{ 0 },
};
