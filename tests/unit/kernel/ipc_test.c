/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages, replies, faults, capability transfer, bound notifications (ABI 1, 5, 9.3, 11). */
#include "world.h"

#include <string.h>

#define SERVER	S_FREE		/* TCB; its buffer frame is the next slot */
#define CLIENT	(S_FREE + 4)
#define EP	(S_FREE + 8)
#define EP_B	(S_FREE + 9)	/* EP with badge 77 */
#define NTFN	(S_FREE + 10)
#define NTFN_B	(S_FREE + 11)	/* NTFN with badge 4 */
#define SOME	(S_FREE + 16)
#define ALL	15UL

static struct tcb *server, *client;

/* Server and client of equal priority with the root; endpoint and notification with badges. */
static int setup(void **state)
{
	world_setup(state);
	server = world_thread(SERVER, 255);
	client = world_thread(CLIENT, 255);
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_NotificationObject, 0, NTFN, 1), 0);
	assert_int_equal(world_mint(EP_B, EP, ALL, 77), 0);
	assert_int_equal(world_mint(NTFN_B, NTFN, ALL, 4), 0);
	return 0;
}

static void call_and_reply(void **state)
{
	struct answer a;

	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	for (unsigned int i = 0; i < 120; i++)
		world_set_mr(i, 1000 + i);
	world_trap(SEL4_SYS_CALL, EP_B, message_info(0x123456789abcdUL, 0, 0, 120));
	assert_int_equal(client->state, THREAD_BLOCKED_REPLY);
	assert_ptr_equal(sched_current, server);	/* runs at once */
	a = world_answer(server);
	assert_int_equal(a.badge, 77);
	assert_int_equal(a.label, 0x123456789abcdUL);
	assert_int_equal(a.length, 120);
	for (unsigned int i = 0; i < 120; i++)
		assert_int_equal(a.mr[i], 1000 + i);
	world_set_mr(0, 5);
	world_trap(SEL4_SYS_REPLY, 0, message_info(9, 0, 0, 1));
	a = world_answer(client);
	assert_int_equal(a.label, 9);
	assert_int_equal(a.length, 1);
	assert_int_equal(a.badge, 0);
	assert_int_equal(a.mr[0], 5);
	assert_int_equal(client->context.x[3], 1001);	/* MR1 kept what it held */
	assert_int_equal(client->state, THREAD_RUNNING);
	/* A second reply does nothing. */
	world_run(server);
	world_trap(SEL4_SYS_REPLY, 0, message_info(1, 0, 0, 1));
	assert_int_equal(server->state, THREAD_RUNNING);
	assert_int_equal(world_answer(client).label, 9);
}

static void queued_sender_then_reply_recv(void **state)
{
	world_run(client);
	world_set_mr(0, 42);
	world_trap(SEL4_SYS_CALL, EP_B, message_info(1, 0, 0, 1));
	assert_int_equal(client->state, THREAD_BLOCKED_SEND);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	assert_int_equal(world_answer(server).mr[0], 42);
	world_run(server);
	world_trap(SEL4_SYS_REPLY_RECV, EP, message_info(2, 0, 0, 0));
	assert_int_equal(server->state, THREAD_BLOCKED_RECEIVE);
	assert_int_equal(client->state, THREAD_RUNNING);
	assert_int_equal(world_answer(client).label, 2);
}

static void nonblocking_forms(void **state)
{
	world_run(client);
	client->context.x[2] = 0x55;
	world_trap(SEL4_SYS_NB_SEND, EP_B, message_info(1, 0, 0, 1));
	assert_int_equal(client->state, THREAD_RUNNING);
	world_run(client);
	world_trap(SEL4_SYS_NB_RECV, EP, 0x99);
	assert_int_equal(client->context.x[0], 0);
	assert_int_equal(client->context.x[1], 0x99);
	assert_int_equal(client->context.x[2], 0x55);
	world_run(client);
	world_trap(SEL4_SYS_NB_SEND, 0xffffffff, 0);	/* no such cap: nothing */
	assert_int_equal(client->state, THREAD_RUNNING);
}

static void call_without_grant_stops_the_caller(void **state)
{
	assert_int_equal(world_mint(SOME, EP, SEL4_RIGHT_WRITE, 5), 0);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_CALL, SOME, 0);
	assert_int_equal(client->state, THREAD_INACTIVE);
	assert_int_equal(world_answer(server).badge, 5);
	assert_true(slot_is_empty(&server->slots[TCB_CALLER]));
}

static void unused_caller_cap_goes_with_the_next_receive(void **state)
{
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_CALL, EP, 0);
	world_run(server);
	world_trap(SEL4_SYS_NB_RECV, NTFN, 0);		/* a notification leaves it */
	assert_false(slot_is_empty(&server->slots[TCB_CALLER]));
	world_run(server);
	world_trap(SEL4_SYS_NB_RECV, EP, 0);
	assert_true(slot_is_empty(&server->slots[TCB_CALLER]));
	assert_int_equal(client->state, THREAD_BLOCKED_REPLY);
	/* Resume gets it out: the Call is issued again. */
	world_run(world_root);
	assert_int_equal(world_call(CLIENT, TCBResume, 0, 0).label, 0);
	assert_int_equal(client->state, THREAD_RESTART);
}

static void saved_caller(void **state)
{
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_CALL, EP, 0);
	world_run(server);
	assert_int_equal(world_call(S_CNODE, CNodeSaveCaller, 0, 2, (u64)S_TCB, 64UL).label,
			 seL4_DeleteFirst);
	assert_int_equal(world_call(S_CNODE, CNodeSaveCaller, 0, 2, (u64)SOME, 64UL).label, 0);
	assert_int_equal(cap_type(world_slot(SOME)->cap), CAP_REPLY);
	assert_int_equal(world_copy(SOME + 1, SOME, ALL), seL4_IllegalOperation);
	/* A Call on it answers the client and itself succeeds at once. */
	world_set_mr(0, 11);
	world_trap(SEL4_SYS_CALL, SOME, message_info(3, 0, 0, 1));
	assert_int_equal(server->context.x[1], 0);
	assert_int_equal(world_answer(client).label, 3);
	assert_int_equal(world_answer(client).mr[0], 11);
	assert_true(slot_is_empty(world_slot(SOME)));
}

static void cancelled_caller_loses_its_reply_cap(void **state)
{
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_CALL, EP, 0);
	world_run(server);
	assert_int_equal(world_call(S_CNODE, CNodeSaveCaller, 0, 2, (u64)SOME, 64UL).label, 0);
	world_run(world_root);
	assert_int_equal(world_call(CLIENT, TCBSuspend, 0, 0).label, 0);
	assert_true(slot_is_empty(world_slot(SOME)));
}

static void cap_transfer_and_unwrapping(void **state)
{
	struct answer a;

	world_run(server);
	world_buffer(server)[SEL4_IPC_BUFFER_RECV_CNODE / 8] = S_CNODE;
	world_buffer(server)[SEL4_IPC_BUFFER_RECV_INDEX / 8] = SOME;
	world_buffer(server)[SEL4_IPC_BUFFER_RECV_DEPTH / 8] = 64;
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_set_caps(3, (u64)EP_B, (u64)S_TCB, (u64)EP);
	world_trap(SEL4_SYS_SEND, EP_B, message_info(1, 0, 3, 0));
	a = world_answer(server);
	assert_int_equal(a.caps, 3);
	assert_int_equal(a.unwrapped, 5);
	assert_int_equal(world_buffer(server)[SEL4_IPC_BUFFER_CAPS / 8], 77);
	assert_int_equal(cap_type(world_slot(SOME)->cap), CAP_THREAD);
	/* The slot is taken now: the next cap is silently not transferred. */
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_set_caps(1, (u64)S_TCB);
	world_trap(SEL4_SYS_SEND, EP, message_info(1, 0, 1, 0));
	assert_int_equal(world_answer(server).caps, 0);
	assert_int_equal(client->state, THREAD_RUNNING);
}

static void no_grant_no_caps(void **state)
{
	assert_int_equal(world_mint(SOME + 1, EP, SEL4_RIGHT_WRITE, 0), 0);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_set_caps(1, (u64)EP_B);
	world_trap(SEL4_SYS_SEND, SOME + 1, message_info(1, 0, 1, 2));
	assert_int_equal(world_answer(server).caps, 0);
	assert_int_equal(world_answer(server).length, 2);
}

/* The handler gets the fault of client, badge 77, and is about to reply. */
static struct answer take_fault(void)
{
	client->fault_handler = EP_B;
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	return (struct answer){ 0 };
}

static void unknown_syscall(void **state)
{
	struct answer a;

	take_fault();
	client->context.sp = 0x9000;
	world_trap(0xc1, 21, 22);
	a = world_answer(server);
	assert_int_equal(a.label, seL4_Fault_UnknownSyscall);
	assert_int_equal(a.length, 13);
	assert_int_equal(a.badge, 77);
	assert_int_equal(a.mr[0], 21);
	assert_int_equal(a.mr[7], 0xc1);
	assert_int_equal(a.mr[8], 0x1000);
	assert_int_equal(a.mr[9], 0x9000);
	assert_int_equal(a.mr[10], 0x1004);
	assert_int_equal(a.mr[12], 0xc1);
	/* Reply with 9 words: x0..x7 and the address to go on at. */
	world_run(server);
	for (unsigned int i = 0; i < 8; i++)
		world_set_mr(i, 500 + i);
	world_set_mr(8, 0x1004);
	world_trap(SEL4_SYS_REPLY, 0, message_info(0, 0, 0, 9));
	assert_int_equal(client->state, THREAD_RESTART);
	assert_int_equal(client->context.x[7], 507);
	world_run(client);
	assert_int_equal(client->context.next_ip, 0x1004);
	/* Another label leaves it stopped. */
	take_fault();
	world_trap(0xc1, 0, 0);
	world_run(server);
	world_trap(SEL4_SYS_REPLY, 0, message_info(1, 0, 0, 0));
	assert_int_equal(client->state, THREAD_INACTIVE);
}

static void cap_faults(void **state)
{
	struct answer a;

	take_fault();
	world_trap(SEL4_SYS_CALL, 1UL << 40, 0);
	a = world_answer(server);
	assert_int_equal(a.label, seL4_Fault_CapFault);
	assert_int_equal(a.length, 7);
	assert_int_equal(a.mr[0], 0x1000);
	assert_int_equal(a.mr[1], 1UL << 40);
	assert_int_equal(a.mr[2], 0);
	assert_int_equal(a.mr[3], seL4_GuardMismatch);
	world_run(server);
	world_trap(SEL4_SYS_REPLY, 0, message_info(55, 0, 0, 0));
	assert_int_equal(client->state, THREAD_RESTART);	/* whatever the label */
	take_fault();
	world_trap(SEL4_SYS_NB_RECV, SOME, 0);
	a = world_answer(server);
	assert_int_equal(a.length, 5);
	assert_int_equal(a.mr[2], 1);
	assert_int_equal(a.mr[3], seL4_MissingCapability);
	assert_int_equal(a.mr[4], 0);
}

static void faults_without_handler_stop(void **state)
{
	world_run(client);
	kernel_vm_fault(0x7edcba987650, 0x92000040, false);
	assert_int_equal(client->state, THREAD_INACTIVE);
	assert_int_equal(client->fault.type, 0);
}

static void vm_fault_message(void **state)
{
	struct answer a;

	take_fault();
	client->context.fault_ip = 0x4444;
	kernel_vm_fault(0x7edcba987650, 0x92000040, true);
	a = world_answer(server);
	assert_int_equal(a.label, seL4_Fault_VMFault);
	assert_int_equal(a.length, 4);
	assert_int_equal(a.mr[0], 0x4444);
	assert_int_equal(a.mr[1], 0x7edcba987650);
	assert_int_equal(a.mr[2], 1);
	assert_int_equal(a.mr[3], 0x92000040);
}

static void endpoint_deletion_restarts_waiters(void **state)
{
	world_run(client);
	world_trap(SEL4_SYS_CALL, EP, 0);
	world_run(world_root);
	assert_int_equal(world_revoke(EP), 0);
	assert_int_equal(client->state, THREAD_BLOCKED_SEND);
	assert_int_equal(world_delete(EP), 0);
	assert_int_equal(client->state, THREAD_RESTART);
}

static void cancel_badged_sends(void **state)
{
	world_run(client);
	world_trap(SEL4_SYS_SEND, EP_B, 0);
	world_run(server);
	world_trap(SEL4_SYS_SEND, EP, 0);
	world_run(world_root);
	assert_int_equal(world_call(S_CNODE, CNodeCancelBadgedSends, 0, 2, (u64)NTFN, 64UL).label,
			 seL4_IllegalOperation);
	assert_int_equal(world_call(S_CNODE, CNodeCancelBadgedSends, 0, 2, (u64)EP_B, 64UL).label,
			 0);
	assert_int_equal(client->state, THREAD_RESTART);
	assert_int_equal(server->state, THREAD_BLOCKED_SEND);
}

static void notification_word(void **state)
{
	assert_int_equal(world_mint(SOME, NTFN, ALL, 1), 0);
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	world_trap(SEL4_SYS_SEND, SOME, 0);
	world_run(client);
	client->context.x[2] = 0x66;
	world_trap(SEL4_SYS_RECV, NTFN, 0x1234);
	assert_int_equal(client->context.x[0], 5);
	assert_int_equal(client->context.x[1], 0x1234);
	assert_int_equal(client->context.x[2], 0x66);
	world_run(client);
	world_trap(SEL4_SYS_NB_RECV, NTFN, 0);
	assert_int_equal(client->context.x[0], 0);
	world_run(client);
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	assert_int_equal(client->state, THREAD_BLOCKED_NOTIFICATION);
	world_run(world_root);
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	assert_int_equal(client->context.x[0], 4);
	assert_int_equal(client->state, THREAD_RUNNING);
}

static void bound_notification(void **state)
{
	world_set_caps(1, (u64)NTFN);
	assert_int_equal(world_call(SERVER, TCBBindNotification, 1, 0).label, 0);
	assert_int_equal(world_call(SERVER, TCBBindNotification, 1, 0).label,
			 seL4_IllegalOperation);
	assert_int_equal(world_call(CLIENT, TCBBindNotification, 1, 0).label,
			 seL4_IllegalOperation);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0x77);
	world_run(world_root);
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	assert_int_equal(server->state, THREAD_RUNNING);
	assert_int_equal(server->context.x[0], 4);
	assert_int_equal(server->context.x[1], 0x77);
	/* Active before the receive: first, although a sender waits. */
	world_run(client);
	world_trap(SEL4_SYS_SEND, EP_B, 0);
	world_run(world_root);
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	assert_int_equal(server->context.x[0], 4);
	assert_int_equal(client->state, THREAD_BLOCKED_SEND);
	/* Another thread may not wait on it; after the last cap went the thread is free. */
	world_run(world_root);
	assert_int_equal(world_delete(NTFN_B), 0);
	assert_int_equal(world_delete(NTFN), 0);
	assert_ptr_equal(server->bound_notification, NULL);
}

/* A reply and a received Send wake two threads at once: the higher one runs, the other waits. */
static void two_woken_in_one_call(void **state)
{
	struct tcb *other = world_thread(SOME, 255);

	world_set_caps(1, (u64)S_TCB);
	assert_int_equal(world_call(SERVER, TCBSetPriority, 1, 1, 100UL).label, 0);
	world_set_caps(1, (u64)S_TCB);
	assert_int_equal(world_call(CLIENT, TCBSetPriority, 1, 1, 110UL).label, 0);
	world_set_caps(1, (u64)S_TCB);
	assert_int_equal(world_call(SOME, TCBSetPriority, 1, 1, 120UL).label, 0);
	world_trap(SEL4_SYS_RECV, NTFN, 0);		/* the root waits */
	assert_ptr_equal(sched_current, other);
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	assert_ptr_equal(sched_current, client);
	world_trap(SEL4_SYS_CALL, EP_B, 0);
	assert_ptr_equal(sched_current, server);
	world_trap(SEL4_SYS_RECV, EP, 0);		/* the client waits for its answer */
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	assert_ptr_equal(sched_current, world_root);
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	assert_ptr_equal(sched_current, other);
	world_trap(SEL4_SYS_SEND, EP, 0);		/* no receiver: queued */
	assert_ptr_equal(sched_current, server);
	world_trap(SEL4_SYS_REPLY_RECV, EP, 0);
	assert_ptr_equal(sched_current, other);
	assert_true(client->queued);
	assert_true(server->queued);
}

static void without_buffer_four_words(void **state)
{
	world_set_caps(1, (u64)SOME);
	assert_int_equal(world_call(SERVER, TCBSetIPCBuffer, 1, 1, 0UL).label, 0);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_SEND, EP, message_info(1, 0, 0, 100));
	assert_int_equal(message_length(server->context.x[1]), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(call_and_reply, setup),
		cmocka_unit_test_setup(queued_sender_then_reply_recv, setup),
		cmocka_unit_test_setup(nonblocking_forms, setup),
		cmocka_unit_test_setup(call_without_grant_stops_the_caller, setup),
		cmocka_unit_test_setup(unused_caller_cap_goes_with_the_next_receive, setup),
		cmocka_unit_test_setup(saved_caller, setup),
		cmocka_unit_test_setup(cancelled_caller_loses_its_reply_cap, setup),
		cmocka_unit_test_setup(cap_transfer_and_unwrapping, setup),
		cmocka_unit_test_setup(no_grant_no_caps, setup),
		cmocka_unit_test_setup(unknown_syscall, setup),
		cmocka_unit_test_setup(cap_faults, setup),
		cmocka_unit_test_setup(faults_without_handler_stop, setup),
		cmocka_unit_test_setup(vm_fault_message, setup),
		cmocka_unit_test_setup(endpoint_deletion_restarts_waiters, setup),
		cmocka_unit_test_setup(cancel_badged_sends, setup),
		cmocka_unit_test_setup(notification_word, setup),
		cmocka_unit_test_setup(bound_notification, setup),
		cmocka_unit_test_setup(two_woken_in_one_call, setup),
		cmocka_unit_test_setup(without_buffer_four_words, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
