/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting and what ends it: notifications, deletions, cancelling (ABI 5.5, 9.3, 10.2, 11.1). */
#include "script.h"

#define OLD	0x01d5ul	/* in registers that shall stay */

/* What a receive finds that a notification completed: its badge, and the registers as they were. */
static bool only_badge(const struct step *step, seL4_Word badge)
{
	return step->when && step->trap.x0 == badge && step->trap.info == OLD &&
	       step->trap.mr[0] == OLD && step->trap.mr[1] == OLD && step->trap.mr[2] == OLD &&
	       step->trap.mr[3] == OLD;
}

#define OLD_RECEIVE(call, from)	{ (call), { (from), OLD, { OLD, OLD, OLD, OLD } }, 0 }

/* ReplyRecv's x1 is the reply's: with nobody to answer it stays like the rest. */
static void bound_in_every_receive(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), ntfn = object_new(seL4_NotificationObject, 0);
	seL4_CPtr other = object_new(seL4_EndpointObject, 0), signal = cap_badge(ntfn, 4);
	struct step steps[] = {
		OLD_RECEIVE(SEL4_SYS_RECV, endpoint), OLD_RECEIVE(SEL4_SYS_REPLY_RECV, endpoint),
		OLD_RECEIVE(SEL4_SYS_RECV, ntfn), OLD_RECEIVE(SEL4_SYS_RECV, other),
		DO_SEND(other, 3), OLD_RECEIVE(SEL4_SYS_NB_RECV, endpoint),
		OLD_RECEIVE(SEL4_SYS_NB_RECV, endpoint), OLD_RECEIVE(SEL4_SYS_NB_RECV, ntfn), DONE };
	struct thread thread;

	CHECK(script_open());
	CHECK(script_start(&thread, steps, 20, 0));
	CHECK_OK(seL4_TCB_BindNotification(thread.tcb, ntfn));
	for (unsigned int i = 0; i < 4; i++) {
		settle();
		CHECK_IS(steps[i].when, 0);
		seL4_Signal(signal);
		settle();
		CHECK(only_badge(&steps[i], 4));
	}
	/* Blocked in a send it is not woken; the word waits for its next receive. */
	CHECK_IS(steps[4].when, 0);
	seL4_Signal(signal);
	seL4_Signal(cap_badge(ntfn, 8));
	settle();
	CHECK_IS(steps[4].when, 0);
	CHECK_IS(message_wait(other).label, 3);
	settle();
	CHECK(only_badge(&steps[5], 12));
	CHECK(only_badge(&steps[6], 0));
	CHECK(only_badge(&steps[7], 0));
}

/* The word comes first, then who waits to send. */
static void bound_before_senders(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), ntfn = object_new(seL4_NotificationObject, 0);
	struct step steps[] = { DO_RECV(endpoint), DO_RECV(endpoint), DONE };
	struct step send[] = { DO_SEND(endpoint, 6), DONE };
	struct thread receiver, sender;

	CHECK(script_open());
	CHECK(script_start(&sender, send, 30, 0));
	settle();
	seL4_Signal(cap_badge(ntfn, 2));
	CHECK(script_start(&receiver, steps, 20, 0));
	CHECK_OK(seL4_TCB_BindNotification(receiver.tcb, ntfn));	/* although it is active */
	settle();
	CHECK_IS(steps[0].trap.x0, 2);
	CHECK_IS(LABEL(steps[1].trap.info), 6);
}

static bool is_receive_fault(struct message m, seL4_CPtr cptr)
{
	return m.label == seL4_Fault_CapFault && m.length == 5 && seL4_GetMR(1) == cptr &&
	       seL4_GetMR(2) == 1 && seL4_GetMR(3) == seL4_MissingCapability && seL4_GetMR(4) == 0;
}

static void binding(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0), fault = object_new(seL4_EndpointObject, 0);
	seL4_CPtr second = object_new(seL4_NotificationObject, 0), mine = object_new(seL4_NotificationObject, 0);
	struct step steps[] = { DO_RECV(second), DO_RECV(ntfn), DONE };
	struct thread a, b;

	CHECK(script_open());
	CHECK(thread_new(&a, ROOT_SPACE, 0));
	CHECK_IS(seL4_TCB_UnbindNotification(a.tcb), seL4_IllegalOperation);
	CHECK_OK(seL4_TCB_BindNotification(a.tcb, ntfn));
	CHECK(script_start(&b, steps, 20, fault));
	settle();
	CHECK_IS(seL4_TCB_BindNotification(b.tcb, ntfn), seL4_IllegalOperation);
	CHECK_IS(seL4_TCB_BindNotification(a.tcb, mine), seL4_IllegalOperation);
	CHECK_OK(seL4_TCB_UnbindNotification(a.tcb));
	CHECK_IS(seL4_TCB_BindNotification(a.tcb, second), seL4_IllegalOperation);	/* b waits there */
	CHECK_OK(seL4_TCB_BindNotification(a.tcb, ntfn));
	/* Another thread may not wait at it; after the bound one's end it may. */
	seL4_Signal(second);
	CHECK(is_receive_fault(message_wait(fault), ntfn));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, a.tcb, 64));
	message_reply(0);
	settle();
	CHECK_IS(steps[1].when, 0);
	seL4_Signal(cap_badge(ntfn, 3));
	settle();
	CHECK_IS(steps[1].trap.x0, 3);
	/* The notification goes: its thread is free for another one. */
	CHECK_OK(seL4_TCB_BindNotification(b.tcb, second));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, second, 64));
	CHECK_OK(seL4_TCB_BindNotification(b.tcb, ntfn));
}

/* First come, first served, whatever the priorities. */
static void first_come(void)
{
	static const unsigned char priorities[3] = { 20, 40, 30 };
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0), endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr back = object_new(seL4_EndpointObject, 0);
	struct step steps[3][4];
	struct thread threads[3];

	CHECK(script_open());
	for (unsigned int i = 0; i < 3; i++) {
		steps[i][0] = (struct step)DO_RECV(ntfn);
		steps[i][1] = (struct step)DO_SEND(endpoint, 50 + i);
		steps[i][2] = (struct step)DO_RECV(back);
		steps[i][3] = (struct step)DONE;
		CHECK(script_start(&threads[i], steps[i], priorities[i], 0));
		settle();
	}
	for (unsigned int i = 0; i < 3; i++) {
		seL4_Signal(cap_badge(ntfn, 1 + i));
		settle();
		CHECK_IS(steps[i][0].trap.x0, 1 + i);
		CHECK_IS(steps[i][0].when, 1 + i);
	}
	for (unsigned int i = 0; i < 3; i++) {
		CHECK_IS(message_wait(endpoint).label, 50 + i);
		settle();
	}
	for (unsigned int i = 0; i < 3; i++) {
		seL4_Send(back, seL4_MessageInfo_new(60 + i, 0, 0, 0));
		settle();
		CHECK_IS(LABEL(steps[i][2].trap.info), 60 + i);
	}
}

/* The last cap goes while threads wait: each makes its call again, and finds nothing there. */
static void deleted_under_waiters(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), ntfn = object_new(seL4_NotificationObject, 0);
	seL4_CPtr fault = object_new(seL4_EndpointObject, 0);
	struct step send[] = { DO_SEND(endpoint, 1), DONE }, call[] = { DO_CALL(endpoint, 1), DONE };
	struct step wait[] = { DO_RECV(ntfn), DONE };
	struct thread threads[3];

	CHECK(script_open());
	CHECK(script_start(&threads[0], send, 20, cap_badge(fault, 1)));
	CHECK(script_start(&threads[1], call, 20, cap_badge(fault, 2)));
	CHECK(script_start(&threads[2], wait, 20, cap_badge(fault, 3)));
	settle();
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, endpoint, 64));
	settle();
	/* A Send to nothing ends; a Call has an error. */
	CHECK_IS(send[0].trap.info, INFO(1, 0, 1));
	CHECK(send[0].when > 0);
	CHECK_IS(LABEL(call[0].trap.info), seL4_InvalidCapability);
	CHECK_IS(call[0].trap.mr[0], 0);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, ntfn, 64));
	CHECK(is_receive_fault(message_wait(fault), ntfn));
}

/* Six wait to send with two badges in turn, and one receives: those of one badge try again. */
static void cancelled_by_badge(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), moved = slot_new();
	seL4_CPtr caps[2] = { cap_badge(endpoint, 1), cap_badge(endpoint, 2) };
	seL4_CPtr weak = slot_new();
	struct step steps[6][2];
	struct thread threads[6];
	struct message m;

	CHECK(script_open());
	CHECK_OK(seL4_CNode_Copy(ROOT_CNODE, weak, 64, ROOT_CNODE, caps[0], 64, seL4_NoRead));
	CHECK_IS(seL4_CNode_CancelBadgedSends(ROOT_CNODE, weak, 64), seL4_IllegalOperation);
	for (unsigned int i = 0; i < 6; i++) {
		steps[i][0] = (struct step)DO_CALL(caps[i % 2], 70 + i);
		steps[i][1] = (struct step)DONE;
		CHECK(script_start(&threads[i], steps[i], 30 - i, 0));
		settle();
	}
	CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT_CNODE, endpoint, 64));	/* badge 0: nothing */
	/* The cap is there: they come again, behind the others. */
	CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT_CNODE, caps[0], 64));
	settle();
	m = message_wait(endpoint);
	CHECK_IS(m.badge, 2);
	CHECK_IS(m.label, 71);
	seL4_Reply(seL4_MessageInfo_new(9, 0, 0, 0));
	settle();
	CHECK_IS(LABEL(steps[1][0].trap.info), 9);
	/* It is not: they find an empty slot. The rest waits as before. */
	CHECK_OK(seL4_CNode_Move(ROOT_CNODE, moved, 64, ROOT_CNODE, caps[0], 64));
	CHECK_OK(seL4_CNode_CancelBadgedSends(ROOT_CNODE, moved, 64));
	settle();
	for (unsigned int i = 0; i < 6; i += 2)
		CHECK_IS(LABEL(steps[i][0].trap.info), seL4_InvalidCapability);
	CHECK_IS(message_wait(endpoint).label, 73);
	CHECK_IS(message_wait(endpoint).label, 75);
	CHECK_IS(steps[3][0].when, 0);		/* its caller cap went unused */
}

/* A reply cap that goes unused leaves its caller waiting; woken, it makes the call again. */
static void unused_reply_caps(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), saved = slot_new();
	struct step call[] = { DO_CALL(endpoint, 5), DO_CALL(endpoint, 6), DONE };
	struct sel4_trap trap = { 0 };
	struct thread thread;

	CHECK(script_open());
	CHECK(script_start(&thread, call, 20, 0));
	CHECK_IS(message_wait(endpoint).label, 5);
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, saved, 64));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, saved, 64));
	settle();
	CHECK_IS(call[0].when, 0);
	CHECK_OK(seL4_TCB_Resume(thread.tcb));
	CHECK_IS(message_wait(endpoint).label, 5);
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, saved, 64));
	CHECK_OK(seL4_TCB_Resume(thread.tcb));			/* takes the saved cap away */
	CHECK_IS(raw_call(saved, &trap, 1, 0), seL4_InvalidCapability);
	CHECK_IS(message_wait(endpoint).label, 5);
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, saved, 64));
	/* A Call on it returns at once; it is good for one. */
	trap = (struct sel4_trap){ .mr = { 44 } };
	CHECK_IS(raw_call(saved, &trap, 77, 1), 0);
	CHECK_IS(LENGTH(trap.info), 0);
	CHECK_IS(raw_call(saved, &trap, 77, 1), seL4_InvalidCapability);
	CHECK_IS(message_wait(endpoint).label, 6);
	CHECK_IS(LABEL(call[0].trap.info), 77);
	CHECK_IS(call[0].trap.mr[0], 44);
	/* A receive on a notification leaves it. */
	seL4_Poll(object_new(seL4_NotificationObject, 0), NULL);
	seL4_Reply(seL4_MessageInfo_new(8, 0, 0, 0));
	settle();
	CHECK_IS(LABEL(call[1].trap.info), 8);
}

/* A receive on an endpoint takes it, be there no message, or the bound notification's word. */
static void caller_caps_end(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), ntfn = object_new(seL4_NotificationObject, 0);
	seL4_CPtr other = object_new(seL4_EndpointObject, 0);
	struct step call[] = { DO_CALL(endpoint, 5), DONE };
	struct thread thread;
	seL4_Word badge;

	CHECK(script_open());
	CHECK(script_start(&thread, call, 20, 0));
	CHECK_OK(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, ntfn));
	for (unsigned int i = 0; i < 2; i++) {
		CHECK_IS(message_wait(endpoint).label, 5);
		if (i)
			seL4_Signal(cap_badge(ntfn, 6));
		seL4_NBRecv(other, &badge);
		CHECK_IS(badge, i ? 6 : 0);
		seL4_Reply(seL4_MessageInfo_new(8, 0, 0, 0));
		settle();
		CHECK_IS(call[0].when, 0);
		CHECK_OK(seL4_TCB_Resume(thread.tcb));		/* it calls again */
	}
	CHECK_OK(seL4_TCB_UnbindNotification(seL4_CapInitThreadTCB));
	CHECK_IS(message_wait(endpoint).label, 5);
}

const struct test tests_wait[] = {
	{ "bound_in_every_receive", bound_in_every_receive },
	{ "bound_before_senders", bound_before_senders },
	{ "binding", binding },
	{ "first_come", first_come },
	{ "deleted_under_waiters", deleted_under_waiters },
	{ "cancelled_by_badge", cancelled_by_badge },
	{ "unused_reply_caps", unused_reply_caps },
	{ "caller_caps_end", caller_caps_end },
	{ 0 },
};
