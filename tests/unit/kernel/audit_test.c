/* SPDX-License-Identifier: BSD-2-Clause */
/* Statements of the ABI page that no other test is about; each names its section. */
#include "world.h"

#define SERVER	S_FREE		/* TCB; its buffer frame is the next slot */
#define CLIENT	(S_FREE + 4)
#define EP	(S_FREE + 8)
#define NTFN	(S_FREE + 10)
#define NTFN_B	(S_FREE + 11)	/* NTFN with badge 4 */
#define REPLY	(S_FREE + 12)
#define SOME	(S_FREE + 16)
#define FAULTS	(S_FREE + 20)	/* endpoint of the server's faults */
#define NOWHERE	(1UL << 40)

static struct tcb *server, *client;

static int setup(void **state)
{
	world_setup(state);
	server = world_thread(SERVER, 255);
	client = world_thread(CLIENT, 255);
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, FAULTS, 1), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_NotificationObject, 0, NTFN, 1), 0);
	assert_int_equal(world_mint(NTFN_B, NTFN, 15, 4), 0);
	server->fault_handler = FAULTS;
	return 0;
}

/* What the server's last trap told its handler, in the root. */
static struct answer fault_of_server(void)
{
	assert_int_equal(server->state, THREAD_BLOCKED_SEND);
	world_run(world_root);
	world_trap(SEL4_SYS_RECV, FAULTS, 0);
	return world_answer(world_root);
}

static void expect_cap_fault(u64 cptr, u64 in_receive, u64 type)
{
	struct answer a = fault_of_server();

	assert_int_equal(a.label, seL4_Fault_CapFault);
	assert_int_equal(a.mr[0], 0x1000);
	assert_int_equal(a.mr[1], cptr);
	assert_int_equal(a.mr[2], in_receive);
	assert_int_equal(a.mr[3], type);
	if (type == seL4_MissingCapability)
		assert_int_equal(a.mr[4], 0);
	/* Any answer lets it issue the trap again. */
	world_set_mr(0, 0x77);
	world_trap(SEL4_SYS_REPLY, 0, message_info(99, 0, 0, 1));
	world_run(server);
	assert_int_equal(server->context.next_ip, 0x1000);
}

/* 4: the table of calls and addresses. */
static void addresses_that_do_not_do(void **state)
{
	static const long receives[] = { SEL4_SYS_RECV, SEL4_SYS_NB_RECV, SEL4_SYS_REPLY_RECV };

	world_run(server);
	for (unsigned int i = 0; i < 3; i++) {
		world_trap(receives[i], NOWHERE, 0);
		expect_cap_fault(NOWHERE, 1, seL4_GuardMismatch);
		world_trap(receives[i], SOME, 0);
		expect_cap_fault(SOME, 1, seL4_MissingCapability);
		world_trap(receives[i], S_CNODE, 0);
		expect_cap_fault(S_CNODE, 1, seL4_MissingCapability);
	}
	world_trap(SEL4_SYS_SEND, NOWHERE, 0);
	expect_cap_fault(NOWHERE, 0, seL4_GuardMismatch);
	world_trap(SEL4_SYS_CALL, NOWHERE, 0);
	expect_cap_fault(NOWHERE, 0, seL4_GuardMismatch);
	world_trap(SEL4_SYS_NB_SEND, NOWHERE, 0);
	assert_int_equal(server->context.next_ip, 0x1004);
	world_trap(SEL4_SYS_SEND, SOME, 0);
	assert_int_equal(server->context.next_ip, 0x1004);
	assert_int_equal(server->state, THREAD_RUNNING);
}

/* 9.3: a notification is waited for by its own thread alone. */
static void bound_to_another(void **state)
{
	world_set_caps(1, (u64)NTFN);
	assert_int_equal(world_call(CLIENT, TCBBindNotification, 1, 0).label, 0);
	world_run(server);
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	expect_cap_fault(NTFN, 1, seL4_MissingCapability);
	world_run(client);
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	assert_int_equal(client->state, THREAD_BLOCKED_NOTIFICATION);
	world_run(world_root);
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	assert_int_equal(client->context.x[0], 4);
}

/* 1.3: by Send an invocation is carried out, its answer dropped. */
static void invocations_by_send(void **state)
{
	world_set_caps(1, (u64)S_CNODE);
	for (unsigned int i = 0; i < 5; i++)
		world_set_mr(i, (u64[]){ SOME, 64, EP, 64, 15 }[i]);
	world_root->context.x[2] = SOME;
	world_trap(SEL4_SYS_SEND, S_CNODE, message_info(CNodeCopy, 0, 1, 5));
	assert_false(slot_is_empty(world_slot(SOME)));
	assert_int_equal(world_root->context.x[0], S_CNODE);
	assert_int_equal(world_root->context.x[2], SOME);
	/* And an error. */
	world_trap(SEL4_SYS_SEND, S_CNODE, message_info(CNodeCopy, 0, 1, 5));
	assert_int_equal(world_root->context.x[0], S_CNODE);
	assert_int_equal(world_root->context.next_ip, 0x1004);
}

static void server_has_a_caller(void)
{
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_CALL, EP, 0);
	world_run(server);
	assert_false(slot_is_empty(&server->slots[TCB_CALLER]));
}

/* 9.3: a wait for a notification leaves the caller, one at an endpoint drops it in any case. */
static void caller_over_a_receive(void **state)
{
	world_set_caps(1, (u64)NTFN);
	assert_int_equal(world_call(SERVER, TCBBindNotification, 1, 0).label, 0);
	server_has_a_caller();
	world_trap(SEL4_SYS_NB_RECV, NTFN, 0);
	assert_false(slot_is_empty(&server->slots[TCB_CALLER]));
	world_trap(SEL4_SYS_SEND, NTFN_B, 0);
	world_trap(SEL4_SYS_RECV, EP, 0);
	assert_int_equal(server->context.x[0], 4);	/* the bound notification completes it */
	assert_true(slot_is_empty(&server->slots[TCB_CALLER]));
	assert_int_equal(client->state, THREAD_BLOCKED_REPLY);
}

/* 11.1: a saved reply is good once; Call on it returns at once. */
static void call_on_a_saved_reply(void **state)
{
	server_has_a_caller();
	world_call(S_CNODE, CNodeSaveCaller, 0, 2, (u64)REPLY, 64UL);
	assert_int_equal(world_call(REPLY, 7, 0, 1, 0x55UL).label, 0);
	assert_int_equal(client->state, THREAD_RUNNING);
	assert_int_equal(client->context.x[2], 0x55);
	assert_int_equal(message_label(client->context.x[1]), 7);
	assert_true(slot_is_empty(world_slot(REPLY)));
}

/* 5.5: a thread whose fault waits for its handler faults again when that goes; then it is over. */
static void handler_is_deleted(void **state)
{
	world_run(server);
	server->context.next_ip = server->context.fault_ip = 0x3000;
	kernel_vm_fault(0x123, 0x92000046, false);
	assert_int_equal(server->state, THREAD_BLOCKED_SEND);
	world_run(world_root);
	assert_int_equal(world_delete(FAULTS), 0);
	assert_int_equal(server->state, THREAD_RESTART);
	world_run(server);
	assert_int_equal(server->context.next_ip, 0x3000);
	kernel_vm_fault(0x123, 0x92000046, false);
	assert_int_equal(server->state, THREAD_INACTIVE);
}

/* 5.5: suspended while its fault is with the handler, resumed: it restarts at the fault. */
static void faulter_is_suspended(void **state)
{
	world_run(server);
	server->context.next_ip = server->context.fault_ip = 0x3000;
	kernel_vm_fault(0x123, 0x92000046, false);
	fault_of_server();
	assert_int_equal(server->state, THREAD_BLOCKED_REPLY);
	assert_int_equal(world_call(SERVER, TCBSuspend, 0, 0).label, 0);
	assert_true(slot_is_empty(&world_root->slots[TCB_CALLER]));
	assert_int_equal(world_call(SERVER, TCBResume, 0, 0).label, 0);
	world_run(server);
	assert_int_equal(server->context.next_ip, 0x3000);
}

/* 5.3: a label other than 0 leaves the thread of an unknown call stopped; MR8 is where it goes on. */
static void answers_to_an_unknown_call(void **state)
{
	world_run(server);
	world_trap(0xc1, 1, 2);
	assert_int_equal(fault_of_server().mr[12], 0xc1);
	for (unsigned int i = 0; i < 12; i++)
		world_set_mr(i, 0x5000 + i);
	world_trap(SEL4_SYS_REPLY, 0, message_info(0, 0, 0, 12));
	world_run(server);
	assert_int_equal(server->context.next_ip, 0x5008);
	assert_int_equal(server->context.x[7], 0x5007);
	assert_int_equal(server->context.sp, 0x5009);
	world_trap(0xc1, 1, 2);
	fault_of_server();
	world_trap(SEL4_SYS_REPLY, 0, message_info(1, 0, 0, 0));
	assert_int_equal(server->state, THREAD_INACTIVE);
}

/* 1.5: what the kernel needs of an IPC buffer. */
static void buffers_that_do_not_do(void **state)
{
	assert_int_equal(world_copy(SOME, SERVER + 1, SEL4_RIGHT_READ), 0);
	world_set_caps(1, (u64)SOME);
	assert_int_equal(world_call(SERVER, TCBSetIPCBuffer, 1, 1, 0x20400UL).label, 0);
	assert_non_null(tcb_buffer(server, false));
	assert_null(tcb_buffer(server, true));
	/* The address counts for its place in the frame alone. */
	assert_int_equal((u64)tcb_buffer(server, false) & 0xfff, 0x400);
	world_run(server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	world_run(client);
	world_trap(SEL4_SYS_SEND, EP, message_info(3, 0, 0, 9));
	assert_int_equal(message_length(server->context.x[1]), 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(addresses_that_do_not_do, setup),
		cmocka_unit_test_setup(bound_to_another, setup),
		cmocka_unit_test_setup(invocations_by_send, setup),
		cmocka_unit_test_setup(caller_over_a_receive, setup),
		cmocka_unit_test_setup(call_on_a_saved_reply, setup),
		cmocka_unit_test_setup(handler_is_deleted, setup),
		cmocka_unit_test_setup(faulter_is_suspended, setup),
		cmocka_unit_test_setup(answers_to_an_unknown_call, setup),
		cmocka_unit_test_setup(buffers_that_do_not_do, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
