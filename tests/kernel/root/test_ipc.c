/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages and notifications between threads and spaces (ABI 9.3, 11). */
#include "env.h"

#define BUFFER_AT	0x21000000ul

static void call_twice(seL4_Word endpoint)
{
	struct sel4_trap trap = { .mr = { 10, 20, 30, 40 } };

	if (raw_call(endpoint, &trap, 5, 4) != 6 || trap.x0 || trap.mr[3] != 44)
		raw_call(endpoint, &trap, 99, 0);
	raw_call(endpoint, &trap, 7, 1);
}

static void call_and_reply(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct thread thread;
	struct message m;

	CHECK(thread_new(&thread, space_twin(), 0));
	CHECK(thread_start(&thread, call_twice, cap_badge(endpoint, 0xbad9e), 10));
	m = message_wait(endpoint);
	CHECK_IS(m.label, 5);
	CHECK_IS(m.length, 4);
	CHECK_IS(m.badge, 0xbad9e);
	CHECK_IS(seL4_GetMR(0), 10);
	CHECK_IS(seL4_GetMR(3), 40);
	seL4_SetMR(3, 44);
	seL4_Reply(seL4_MessageInfo_new(6, 0, 0, 4));
	m = message_wait(endpoint);
	CHECK_IS(m.label, 7);
	CHECK_IS(m.length, 1);
}

static void long_call(seL4_Word endpoint)
{
	struct sel4_trap trap = { .mr = { 0, 1, 2, 3 } };
	volatile seL4_Word *buffer = (seL4_Word *)BUFFER_AT;
	seL4_Word wrong = 0;

	for (seL4_Word i = 4; i < 120; i++)
		buffer[1 + i] = i;
	raw_call(endpoint, &trap, 0, 120);
	for (seL4_Word i = 4; i < 100; i++)
		wrong += buffer[1 + i] != 2 * i;
	trap.mr[0] = wrong;
	raw_call(endpoint, &trap, 0, 1);
}

static void long_messages(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), space = space_twin();
	seL4_CPtr buffer = space_page(space, BUFFER_AT);
	struct thread thread;

	CHECK(thread_new(&thread, space, 0));
	CHECK_OK(seL4_TCB_SetIPCBuffer(thread.tcb, BUFFER_AT, buffer));
	CHECK(thread_start(&thread, long_call, endpoint, 10));
	CHECK_IS(message_wait(endpoint).length, 120);
	for (seL4_Word i = 0; i < 120; i++) {
		CHECK_IS(seL4_GetMR(i), i);
		seL4_SetMR(i, 2 * i);
	}
	message_reply(100);
	CHECK_IS(message_wait(endpoint).length, 1);
	CHECK_IS(seL4_GetMR(0), 0);
}

/* Without a buffer at the other end four words arrive. */
static void long_message_cut(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr space = space_twin();
	struct thread thread;

	CHECK(space_page(space, BUFFER_AT));
	CHECK(thread_new(&thread, space, 0));
	CHECK(thread_start(&thread, long_call, endpoint, 10));
	CHECK_IS(message_wait(endpoint).length, 4);
}

static void capability_transfer(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr other = object_new(seL4_NotificationObject, 0), badged = cap_badge(other, 4);
	seL4_CPtr place = slot_new(), mine = cap_badge(endpoint, 3);
	seL4_CPtr space = space_twin(), frame = space_page(space, BUFFER_AT), here = cap_copy(frame);
	seL4_IPCBuffer *buffer = (seL4_IPCBuffer *)SCRATCH;
	seL4_MessageInfo_t info;
	struct thread thread;
	seL4_Word badge;
	seL4_UserContext context = { .pc = 0 };

	/* The thread sends with this info word and these caps: a trap in its registers. */
	CHECK_OK(space_map(ROOT_SPACE, here, SCRATCH, seL4_ReadWrite, 3));
	buffer->caps_or_badges[0] = mine;
	buffer->caps_or_badges[1] = badged;
	CHECK(thread_new(&thread, space, 0));
	CHECK_OK(seL4_TCB_SetIPCBuffer(thread.tcb, BUFFER_AT, frame));
	CHECK_OK(seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 10));
	extern char lone_trap[];
	context.pc = (seL4_Word)lone_trap;
	context.x0 = mine;
	context.x1 = seL4_MessageInfo_new(1, 0, 2, 0).words[0];
	context.x7 = (seL4_Word)SEL4_SYS_SEND;
	seL4_SetCapReceivePath(ROOT_CNODE, place, 64);
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context));
	info = seL4_Recv(endpoint, &badge);
	seL4_SetCapReceivePath(0, 0, 0);
	CHECK_IS(seL4_MessageInfo_get_extraCaps(info), 2);
	CHECK_IS(seL4_MessageInfo_get_capsUnwrapped(info), 1);
	CHECK_IS(seL4_GetBadge(0), 3);
	CHECK_IS(badge, 3);
	seL4_Signal(place);
	seL4_Poll(other, &badge);
	CHECK_IS(badge, 4);
}

static void notification_word(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	seL4_Word badge = 5;

	seL4_Poll(ntfn, &badge);
	CHECK_IS(badge, 0);
	seL4_Signal(cap_badge(ntfn, 2));
	seL4_Signal(cap_badge(ntfn, 8));
	seL4_Wait(ntfn, &badge);
	CHECK_IS(badge, 10);
	seL4_Poll(ntfn, &badge);
	CHECK_IS(badge, 0);
}

static void signal_then_call(seL4_Word both)
{
	struct sel4_trap trap = { .x0 = both >> 32 };

	sel4_trap(SEL4_SYS_SEND, &trap);
	raw_call(both & 0xffffffff, &trap, 3, 0);
}

/* A bound notification ends the wait on an endpoint. */
static void bound_notification(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	struct thread thread;
	struct message m;

	CHECK_OK(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, ntfn));
	CHECK(thread_new(&thread, space_twin(), 0));
	CHECK(thread_start(&thread, signal_then_call, cap_badge(ntfn, 64) << 32 | endpoint, 10));
	m = message_wait(endpoint);
	CHECK_IS(m.badge, 64);
	CHECK_IS(message_wait(endpoint).label, 3);
	CHECK_IS(seL4_TCB_BindNotification(seL4_CapInitThreadTCB, ntfn), seL4_IllegalOperation);
	CHECK_OK(seL4_TCB_UnbindNotification(seL4_CapInitThreadTCB));
}

/* The reply cap dies with its caller, wherever it was saved. */
static void saved_reply(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), saved = slot_new();
	struct thread thread;

	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK(thread_start(&thread, call_twice, endpoint, 10));
	CHECK_IS(message_wait(endpoint).label, 5);
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, saved, 64));
	seL4_SetMR(3, 44);
	seL4_Send(saved, seL4_MessageInfo_new(6, 0, 0, 4));
	CHECK_IS(message_wait(endpoint).label, 7);
	CHECK_IS(seL4_CNode_SaveCaller(ROOT_CNODE, saved, 64), 0);
	CHECK_OK(seL4_TCB_Suspend(thread.tcb));
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, saved, 64));	/* empty again */
}

const struct test tests_ipc[] = {
	{ "call_and_reply", call_and_reply },
	{ "long_messages", long_messages },
	{ "long_message_cut", long_message_cut },
	{ "capability_transfer", capability_transfer },
	{ "notification_word", notification_word },
	{ "bound_notification", bound_notification },
	{ "saved_reply", saved_reply },
	{ 0 },
};
