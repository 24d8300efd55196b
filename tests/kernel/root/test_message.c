/* SPDX-License-Identifier: BSD-2-Clause */
/* Every kind of message with every length, and what the rights of a cap allow (ABI 1.3, 11). */
#include "script.h"

#define WORDS	120u
#define STALE	0x5ca1ab1eul

static seL4_Word pattern(seL4_Word n, seL4_Word i)
{
	return 1ul << 40 | n << 16 | i;
}

static void fill(struct sel4_trap *trap, seL4_Word *msg, seL4_Word n, seL4_Word length)
{
	for (seL4_Word i = 0; i < length; i++)
		*(i < 4 ? &trap->mr[i] : &msg[i]) = pattern(n, i);
}

static void make_stale(struct sel4_trap *trap, seL4_Word *msg)
{
	for (seL4_Word i = 0; i < WORDS; i++)
		*(i < 4 ? &trap->mr[i] : &msg[i]) = STALE;
}

/* The message's words, and behind them what was there before. */
static bool holds(const struct sel4_trap *trap, const seL4_Word *msg, seL4_Word n, seL4_Word length,
		  bool rest)
{
	for (seL4_Word i = 0; i < (rest ? WORDS : length); i++)
		if ((i < 4 ? trap->mr[i] : msg[i]) != (i < length ? pattern(n, i) : STALE))
			return false;
	return true;
}

static struct {
	long call;
	seL4_CPtr to;
	seL4_Word *msg;
	volatile seL4_Word wrong;
	volatile bool finished;
} sender;

#define ANSWER	1000u	/* the pattern of the reply to message n, of 120 - n words */

static void send_all(seL4_Word unused)
{
	(void)unused;
	for (seL4_Word n = 0; n <= WORDS; n++) {
		struct sel4_trap trap = { .x0 = sender.to, .info = INFO(n + 7, 0, n) };

		make_stale(&trap, sender.msg);
		fill(&trap, sender.msg, n, n);
		if (sender.call == SEL4_SYS_CALL) {
			sel4_trap(sender.call, &trap);
			sender.wrong += trap.x0 || trap.info != INFO(n + ANSWER, 0, WORDS - n) ||
					!holds(&trap, sender.msg, ANSWER + n, WORDS - n, false);
		} else {
			struct sel4_trap before = trap;

			sel4_trap(sender.call, &trap);
			sender.wrong += __builtin_memcmp(&trap, &before, sizeof(trap)) != 0;
		}
	}
	sender.finished = true;
	script_rest();
}

static void answer(struct sel4_trap *trap, seL4_Word *msg, seL4_Word n)
{
	trap->info = INFO(n + ANSWER, 0, WORDS - n);
	fill(trap, msg, ANSWER + n, WORDS - n);
}

void message_exchange(long send, long receive, bool first, seL4_Word core)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_Word *msg = boot->ipcBuffer->msg;
	struct sel4_trap trap = { 0 };
	struct thread thread;
	seL4_IPCBuffer *buffer;

	CHECK(script_open());
	sender.call = send;
	sender.to = cap_badge(endpoint, 0xbad9e);
	sender.wrong = 0;
	sender.finished = false;
	CHECK(thread_new(&thread, ROOT_SPACE, 0));
#ifdef SEL4_SMP
	CHECK_OK(seL4_TCB_SetAffinity(thread.tcb, core));
#endif
	buffer = thread_buffer(&thread, 0);
	CHECK(buffer);
	sender.msg = buffer->msg;
	CHECK(thread_start(&thread, send_all, 0, 10));
	for (seL4_Word n = 0; n <= WORDS; n++) {
		bool both = receive == SEL4_SYS_REPLY_RECV && n;

		if (first)
			settle();
		if (both)
			answer(&trap, msg, n - 1);
		else
			make_stale(&trap, msg);
		trap.x0 = endpoint;
		sel4_trap(receive == SEL4_SYS_REPLY_RECV && !n ? SEL4_SYS_RECV : receive, &trap);
		CHECK_IS(trap.x0, 0xbad9e);
		CHECK_IS(trap.info, INFO(n + 7, 0, n));
		CHECK(holds(&trap, msg, n, n, !both));
		if (send == SEL4_SYS_CALL && (receive != SEL4_SYS_REPLY_RECV || n == WORDS)) {
			struct sel4_trap before;

			answer(&trap, msg, n);
			before = trap;
			sel4_trap(SEL4_SYS_REPLY, &trap);
			CHECK(!__builtin_memcmp(&trap, &before, sizeof(trap)));
		}
	}
	settle();
	while (core && !sender.finished)
		;
	CHECK_IS(sender.wrong, 0);
}

static void send_to_recv(void)
{
	message_exchange(SEL4_SYS_SEND, SEL4_SYS_RECV, false, 0);
}

static void send_queued_to_recv(void)
{
	message_exchange(SEL4_SYS_SEND, SEL4_SYS_RECV, true, 0);
}

static void send_queued_to_nb_recv(void)
{
	message_exchange(SEL4_SYS_SEND, SEL4_SYS_NB_RECV, true, 0);
}

static void nb_send_to_recv(void)
{
	message_exchange(SEL4_SYS_NB_SEND, SEL4_SYS_RECV, false, 0);
}

static void call_to_recv(void)
{
	message_exchange(SEL4_SYS_CALL, SEL4_SYS_RECV, false, 0);
}

static void call_queued_to_nb_recv(void)
{
	message_exchange(SEL4_SYS_CALL, SEL4_SYS_NB_RECV, true, 0);
}

static void call_to_reply_recv(void)
{
	message_exchange(SEL4_SYS_CALL, SEL4_SYS_REPLY_RECV, false, 0);
}

/* More than 120 words are 120; without a buffer at either end, four. */
static void lengths_are_limited(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct step send[] = { DO_SEND(endpoint, 1), DONE };
	struct thread with, without;

	CHECK(script_open());
	send[0].trap.info = INFO(1, 0, 127);
	CHECK(thread_new(&with, ROOT_SPACE, 0) && thread_buffer(&with, 0) && script_run(&with, send, 20));
	CHECK_IS(message_wait(endpoint).length, 120);
	settle();
	send[0] = (struct step)DO_SEND(endpoint, 1);
	send[0].trap.info = INFO(1, 0, 127);
	CHECK(script_start(&without, send, 20, 0));
	CHECK_IS(message_wait(endpoint).length, 4);
}

/* A chain of calls, each server of a priority of its own; the answers come back through all. */
#define DEPTH	6
static const unsigned char upward[DEPTH] = { 10, 20, 30, 40, 50, 60 };
static const unsigned char downward[DEPTH] = { 60, 50, 40, 30, 20, 10 };
static const unsigned char level[DEPTH] = { 30, 30, 30, 30, 30, 30 };

static void nest(const unsigned char *priorities)
{
	struct step steps[DEPTH][4] = { 0 };
	struct thread threads[DEPTH];
	struct sel4_trap trap = { 0 };
	seL4_CPtr at[DEPTH];

	CHECK(script_open());
	for (unsigned int i = 0; i < DEPTH; i++)
		at[i] = object_new(seL4_EndpointObject, 0);
	for (unsigned int i = 0; i < DEPTH; i++) {
		steps[i][0] = (struct step)DO_RECV(at[i]);
		if (i + 1 < DEPTH)
			steps[i][1] = (struct step)DO_CALL(at[i + 1], 100 + i);
		else
			steps[i][1] = (struct step)DO_YIELD;
		steps[i][2] = (struct step)DO_REPLY(200 + i);
		CHECK(script_start(&threads[i], steps[i], priorities[i], 0));
	}
	CHECK_IS(raw_call(at[0], &trap, 99, 0), 200);
	CHECK_IS(trap.mr[0], 200);
	for (unsigned int i = 0; i + 1 < DEPTH; i++) {
		CHECK_IS(LABEL(steps[i + 1][0].trap.info), 100 + i);
		CHECK_IS(LABEL(steps[i][1].trap.info), 201 + i);
		CHECK_IS(steps[i][1].trap.x0, 0);
	}
}

static void nested_calls(void)
{
	const unsigned char *const orders[] = { upward, downward, level };

	for (unsigned int i = 0; i < 3 && !test_failed; i++)
		nest(orders[i]);
}

static seL4_CPtr cap_with(seL4_CPtr from, seL4_CapRights_t rights)
{
	seL4_CPtr slot = slot_new();

	if (seL4_CNode_Copy(ROOT_CNODE, slot, 64, ROOT_CNODE, from, 64, rights))
		test_fail(__FILE__, __LINE__, "seL4_CNode_Copy()", 1, 0);
	return slot;
}

/* Without the right to send nothing is sent; without the one to receive the thread faults. */
static void rights_to_send_and_receive(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), read = cap_with(endpoint, seL4_NoWrite);
	seL4_CPtr write = cap_with(endpoint, seL4_NoRead), fault = object_new(seL4_EndpointObject, 0);
	struct step bad[] = { DO_SEND(read, 1), DO_CALL(read, 2), DO_SEND(write, 3), DO_RECV(write), DONE };
	struct thread thread;
	struct message m;

	CHECK(script_open());
	CHECK(script_start(&thread, bad, 20, cap_badge(fault, 6)));
	m = message_wait(endpoint);
	CHECK_IS(m.label, 3);
	CHECK_IS(LABEL(bad[1].trap.info), seL4_InvalidCapability);
	CHECK_IS(LENGTH(bad[1].trap.info), 1);
	CHECK_IS(bad[1].trap.mr[0], 0);
	CHECK_IS(bad[0].trap.info, INFO(1, 0, 1));
	m = message_wait(fault);
	CHECK_IS(m.label, seL4_Fault_CapFault);
	CHECK_IS(m.badge, 6);
	CHECK_IS(m.length, 5);
	CHECK_IS(seL4_GetMR(1), write);
	CHECK_IS(seL4_GetMR(2), 1);
	CHECK_IS(seL4_GetMR(3), seL4_MissingCapability);
	CHECK_IS(seL4_GetMR(4), 0);
	/* A handler's answer lets it try again, with another cap in that slot. */
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, write, 64));
	CHECK_OK(seL4_CNode_Copy(ROOT_CNODE, write, 64, ROOT_CNODE, endpoint, 64, seL4_AllRights));
	seL4_Reply(seL4_MessageInfo_new(77, 0, 0, 0));		/* the label does not matter */
	settle();
	seL4_Send(endpoint, seL4_MessageInfo_new(5, 0, 0, 0));
	settle();
	CHECK_IS(LABEL(bad[3].trap.info), 5);
}

/* A Call with neither grant nor grantReply is delivered, and the caller stops for good. */
static void rights_to_call(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	seL4_CPtr none = cap_with(endpoint, seL4_ReadWrite);
	seL4_CPtr reply = cap_with(endpoint, seL4_CapRights_new(1, 0, 0, 1));
	struct step stops[] = { DO_CALL(none, 1), DONE }, goes[] = { DO_CALL(reply, 2), DONE };
	struct thread a, b;

	CHECK(script_open());
	for (unsigned int first = 0; first < 2; first++) {
		struct message m;

		stops[0] = (struct step)DO_CALL(none, 1);
		goes[0] = (struct step)DO_CALL(reply, 2);
		CHECK(script_start(&a, stops, 20, 0));
		if (first)
			settle();
		m = message_wait(endpoint);
		CHECK_IS(m.label, 1);
		seL4_Reply(seL4_MessageInfo_new(9, 0, 0, 0));	/* nobody is there */
		CHECK(script_start(&b, goes, 20, 0));
		if (first)
			settle();
		m = message_wait(endpoint);
		CHECK_IS(m.label, 2);
		seL4_Reply(seL4_MessageInfo_new(9, 0, 0, 0));
		settle();
		CHECK_IS(stops[0].when, 0);
		CHECK_IS(LABEL(goes[0].trap.info), 9);
	}
}

/*
 * Which caps arrive: one that sends with grant, one without. Then the answer's: the reply cap has
 * what the receiver's cap had.
 */
static void rights_to_grant(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), ntfn = object_new(seL4_NotificationObject, 0);
	seL4_CPtr plain = cap_with(endpoint, seL4_CapRights_new(1, 0, 0, 1));
	seL4_CPtr receive = cap_with(endpoint, seL4_CanRead);
	seL4_CPtr mine = slot_new(), theirs = slot_new();
	struct thread thread;
	seL4_IPCBuffer *buffer;

	CHECK(script_open());
	for (unsigned int i = 0; i < 4; i++) {
		bool grant = i & 1, back = i & 2;
		struct step call[] = { DO_CALL(grant ? endpoint : plain, 1), DONE };
		struct sel4_trap trap = { .x0 = back ? endpoint : receive };

		call[0].trap.info = INFO(1, 1, 0);
		CHECK(thread_new(&thread, ROOT_SPACE, 0));
		buffer = thread_buffer(&thread, i);
		CHECK(buffer);
		buffer->caps_or_badges[0] = ntfn;
		buffer->receiveCNode = ROOT_CNODE;
		buffer->receiveIndex = theirs;
		buffer->receiveDepth = 64;
		seL4_SetCapReceivePath(ROOT_CNODE, mine, 64);
		CHECK(script_run(&thread, call, 20));
		sel4_trap(SEL4_SYS_RECV, &trap);
		CHECK_IS(CAPS(trap.info), grant);
		CHECK_IS(seL4_CNode_Delete(ROOT_CNODE, mine, 64), 0);
		seL4_SetCap(0, ntfn);
		seL4_Reply(seL4_MessageInfo_new(2, 0, 1, 0));
		settle();
		CHECK_IS(LABEL(call[0].trap.info), 2);
		CHECK_IS(CAPS(call[0].trap.info), back);
		CHECK_IS(seL4_CNode_Move(ROOT_CNODE, mine, 64, ROOT_CNODE, theirs, 64),
			 back ? seL4_NoError : seL4_FailedLookup);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, mine, 64));
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
	}
	seL4_SetCapReceivePath(0, 0, 0);
}

/* What arrives of three caps: those of the endpoint as badges, one other, and then no more. */
static void transfer(const seL4_CPtr caps[3], seL4_CPtr to, seL4_CPtr from, seL4_CPtr place,
		     seL4_Word arrived, seL4_Word unwrapped)
{
	struct step send[] = { DO_SEND(to, 1), DONE };
	struct sel4_trap trap = { .x0 = from };
	struct thread thread;
	seL4_IPCBuffer *buffer;
	static unsigned int page;

	send[0].trap.info = INFO(1, 3, 0);
	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	buffer = thread_buffer(&thread, 8 + page++ % 64);
	CHECK(buffer);
	for (unsigned int i = 0; i < 3; i++)
		buffer->caps_or_badges[i] = caps[i];
	seL4_SetCapReceivePath(ROOT_CNODE, place, 64);
	CHECK(script_run(&thread, send, 20));
	sel4_trap(SEL4_SYS_RECV, &trap);
	seL4_SetCapReceivePath(0, 0, 0);
	CHECK_IS(CAPS(trap.info), arrived);
	CHECK_IS(UNWRAPPED(trap.info), unwrapped);
	for (unsigned int i = 0; i < 3; i++)
		if (unwrapped >> i & 1)
			CHECK_IS(seL4_GetBadge(i), 0x10 + i);
	seL4_CNode_Delete(ROOT_CNODE, place, 64);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64));
}

static void unwrapping(void)
{
	seL4_CPtr e = object_new(seL4_EndpointObject, 0), n = object_new(seL4_NotificationObject, 0);
	seL4_CPtr b[3] = { cap_badge(e, 0x10), cap_badge(e, 0x11), cap_badge(e, 0x12) };
	seL4_CPtr place = slot_new(), taken = cap_copy(n), none = slot_new();

	CHECK(script_open());
	transfer((seL4_CPtr[]){ b[0], b[1], b[2] }, e, e, place, 3, 7);
	transfer((seL4_CPtr[]){ b[0], n, b[2] }, e, e, place, 3, 5);
	transfer((seL4_CPtr[]){ n, b[1], b[2] }, e, e, place, 3, 6);
	transfer((seL4_CPtr[]){ n, b[1], n }, e, e, place, 2, 2);
	transfer((seL4_CPtr[]){ n, n, b[2] }, e, e, place, 1, 0);
	transfer((seL4_CPtr[]){ none, b[1], b[2] }, e, e, place, 0, 0);
	transfer((seL4_CPtr[]){ b[0], n, b[2] }, e, e, taken, 1, 1);
	/* An empty receive path: no place. */
	transfer((seL4_CPtr[]){ b[0], b[1], n }, e, e, 1ul << 20, 2, 3);
}

const struct test tests_message[] = {
	{ "send_to_recv", send_to_recv },
	{ "send_queued_to_recv", send_queued_to_recv },
	{ "send_queued_to_nb_recv", send_queued_to_nb_recv },
	{ "nb_send_to_recv", nb_send_to_recv },
	{ "call_to_recv", call_to_recv },
	{ "call_queued_to_nb_recv", call_queued_to_nb_recv },
	{ "call_to_reply_recv", call_to_reply_recv },
	{ "lengths_are_limited", lengths_are_limited },
	{ "nested_calls", nested_calls },
	{ "rights_to_send_and_receive", rights_to_send_and_receive },
	{ "rights_to_call", rights_to_call },
	{ "rights_to_grant", rights_to_grant },
	{ "unwrapping", unwrapping },
	{ 0 },
};
