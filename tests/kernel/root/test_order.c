/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs next, and what stops and starts a thread (ABI 10.1 to 10.3). */
#include "script.h"

#define YIELDS		3u
#define FAULTS_HERE	0x6000000000ul	/* nothing is mapped near it */

static void equal_threads_take_turns(void)
{
	struct step steps[3][YIELDS + 1] = { 0 };
	struct thread threads[3];

	CHECK(script_open());
	for (unsigned int i = 0; i < 3; i++) {
		for (unsigned int j = 0; j < YIELDS; j++)
			steps[i][j] = (struct step)DO_YIELD;
		CHECK(script_start(&threads[i], steps[i], 20, 0));
	}
	settle();
	/* Each was woken while this higher one ran: to the head of the queue. */
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int j = 0; j < YIELDS; j++)
			CHECK_IS(steps[2 - i][j].when, j * 3 + i + 1);
}

/* One of priority 20 signals another, of the given priority, while a third one is ready beside that. */
static void wake(seL4_Word priority, unsigned int woken, unsigned int signalled, unsigned int beside)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	struct step wait[] = { DO_RECV(ntfn), DONE }, signal[] = { DO_SIGNAL(ntfn), DO_YIELD, DONE };
	struct step ready[] = { DO_YIELD, DONE };
	struct thread waiter, signaller, third;

	CHECK(script_open());
	CHECK(script_start(&waiter, wait, priority, 0));
	settle();
	CHECK(script_start(&signaller, signal, 20, 0));
	if (beside)
		CHECK(script_start(&third, ready, priority, 0));
	settle();
	CHECK_IS(wait[0].when, woken);
	CHECK_IS(signal[0].when, signalled);
	CHECK_IS(ready[0].when, beside);
}

static void woken_threads(void)
{
	wake(30, 1, 2, 0);	/* higher: at once */
	wake(20, 2, 1, 0);	/* equal: the one that signals goes on */
	wake(20, 3, 1, 2);	/* and the woken one is the last */
	wake(10, 3, 1, 0);	/* lower: behind the yield, too */
	wake(10, 3, 1, 4);	/* but before others of its priority */
}

/* An equal caller's server runs next, before who was ready. */
static void called_threads(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct step serve[] = { DO_RECV(endpoint), DO_YIELD, DO_REPLY(1), DONE };
	struct step call[] = { DO_CALL(endpoint, 1), DONE }, ready[] = { DO_YIELD, DONE };
	struct thread server, caller, third;

	CHECK(script_open());
	CHECK(script_start(&server, serve, 20, 0));
	settle();
	CHECK(script_start(&third, ready, 20, 0) && script_start(&caller, call, 20, 0));
	settle();
	CHECK_IS(serve[0].when, 1);
	CHECK_IS(serve[1].when, 2);	/* the third did not return from its yield yet */
	CHECK_IS(serve[2].when, 3);
	CHECK(ready[0].when > 3 && call[0].when > 3);
}

/* A step that sets a thread's priority through the caller's IPC buffer. */
static struct step set_priority(seL4_CPtr tcb, seL4_Word priority)
{
	return (struct step){ SEL4_SYS_CALL, { tcb, INFO(TCBSetPriority, 1, 1), { priority } }, 0 };
}

static void changed_priorities(void)
{
	struct step a[4] = { 0 }, b[] = { DO_YIELD, DONE };
	struct thread low, high;
	seL4_IPCBuffer *buffer;

	CHECK(script_open());
	CHECK(thread_new(&high, ROOT_SPACE, 0) && thread_new(&low, ROOT_SPACE, 0));
	buffer = thread_buffer(&high, 0);
	CHECK(buffer);
	buffer->caps_or_badges[0] = seL4_CapInitThreadTCB;
	a[0] = set_priority(low.tcb, 25);	/* still below: nothing happens */
	a[1] = set_priority(high.tcb, 22);	/* itself below it: that one runs */
	a[2] = set_priority(low.tcb, 256);
	CHECK(script_run(&high, a, 30) && script_run(&low, b, 20));
	settle();
	CHECK_IS(a[0].when, 1);
	CHECK_IS(b[0].when, 2);
	CHECK_IS(a[1].when, 3);
	CHECK_IS(LABEL(a[2].trap.info), seL4_RangeError);
	CHECK_IS(LENGTH(a[2].trap.info), 2);
	CHECK_IS(a[2].trap.mr[0], 0);
	CHECK_IS(a[2].trap.mr[1], 255);
}

/* The authority's limit counts, not the target's or the caller's. */
static void maximum_controlled_priority(void)
{
	struct thread thread;

	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK_IS(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, thread.tcb, 1), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 0);
	CHECK_OK(seL4_TCB_SetMCPriority(thread.tcb, seL4_CapInitThreadTCB, 100));
	CHECK_OK(seL4_TCB_SetPriority(thread.tcb, thread.tcb, 100));
	CHECK_IS(seL4_TCB_SetMCPriority(thread.tcb, thread.tcb, 101), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 100);
	CHECK_IS(seL4_TCB_SetSchedParams(thread.tcb, thread.tcb, 101, 102), seL4_RangeError);
	CHECK_IS(seL4_TCB_SetPriority(thread.tcb, ROOT_CNODE, 1), seL4_InvalidCapability);
	CHECK_IS(seL4_GetMR(0), 1);
}

/* Resumed, a blocked thread makes its call again; one that stopped itself stops again. */
static void suspended_threads(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct step send[] = { DO_SEND(endpoint, 4), DO_YIELD, DONE };
	struct step stop[2] = { 0 };
	seL4_UserContext context;
	struct thread sender, self;

	CHECK(script_open());
	CHECK(script_start(&sender, send, 20, 0));
	settle();
	CHECK_OK(seL4_TCB_Resume(sender.tcb));		/* no thread may be twice in the queue */
	CHECK_OK(seL4_TCB_Suspend(sender.tcb));
	CHECK_OK(seL4_TCB_Suspend(sender.tcb));
	settle();
	CHECK_IS(send[0].when, 0);
	CHECK_OK(seL4_TCB_Resume(sender.tcb));
	settle();
	CHECK_IS(message_wait(endpoint).label, 4);
	settle();
	CHECK(send[1].when > send[0].when && send[0].when > 0);
	CHECK(thread_new(&self, ROOT_SPACE, 0));
	stop[0] = (struct step){ SEL4_SYS_CALL, { self.tcb, INFO(TCBSuspend, 0, 0), { 0 } }, 0 };
	CHECK(script_run(&self, stop, 20));
	for (unsigned int i = 0; i < 3; i++) {
		settle();
		CHECK_IS(stop[0].when, 0);
		CHECK_OK(seL4_TCB_Resume(self.tcb));
	}
	settle();
	CHECK_OK(seL4_TCB_ReadRegisters(self.tcb, false, 0, SEL4_TCB_REGISTERS, &context));
	CHECK_IS(context.x7, (seL4_Word)SEL4_SYS_CALL);
	context.pc += 4;
	CHECK_OK(seL4_TCB_WriteRegisters(self.tcb, true, 0, 1, &context));
	settle();
	CHECK(stop[0].when > 0);
}

/* As the tests of page faults do: registers written with "resume" in place of an answer. */
extern char bad_brk[];
static void restarted_by_writing(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_UserContext context = { .pc = FAULTS_HERE };
	struct thread thread;
	struct message m;

	CHECK(script_open());
	CHECK(thread_new(&thread, ROOT_SPACE, endpoint));
	CHECK_OK(seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 20));
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context));
	for (unsigned int i = 0; i < 3; i++) {
		m = message_wait(endpoint);
		CHECK_IS(m.label, seL4_Fault_VMFault);
		CHECK_IS(seL4_GetMR(seL4_VMFault_IP), FAULTS_HERE + 0x1000 * i);
		CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), FAULTS_HERE + 0x1000 * i);
		CHECK_IS(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
		CHECK_OK(seL4_TCB_ReadRegisters(thread.tcb, i == 1, 0, SEL4_TCB_REGISTERS, &context));
		CHECK_IS(context.pc, FAULTS_HERE + 0x1000 * i);
		context.pc += 0x1000;
		CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context));
	}
	m = message_wait(endpoint);
	context.pc = (seL4_Word)bad_brk;
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, 1, &context));
	message_reply(0);			/* nobody is there any more */
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
}

const struct test tests_order[] = {
	{ "equal_threads_take_turns", equal_threads_take_turns },
	{ "woken_threads", woken_threads },
	{ "called_threads", called_threads },
	{ "changed_priorities", changed_priorities },
	{ "maximum_controlled_priority", maximum_controlled_priority },
	{ "suspended_threads", suspended_threads },
	{ "restarted_by_writing", restarted_by_writing },
	{ 0 },
};
