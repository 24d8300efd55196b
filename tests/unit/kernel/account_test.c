/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time accounts (kernel/account.h): who runs, and for how long, when time is what the test says. */
#include "world.h"

#include <kernel/account.h>
#include <kernel/notification.h>
#include <sel4/abi.h>

#define A		(S_FREE + 0)
#define B		(S_FREE + 2)
#define C		(S_FREE + 4)
#define MONITOR		(S_FREE + 6)
#define EP		(S_FREE + 8)
#define NTFN		(S_FREE + 9)
#define SPARE		(S_FREE + 10)

#define TICK		FAKE_COUNTER_PER_TICK
#define BAND		100
#define WEIGHT		100
#define QUANTUM		(SCHED_SLICE * TICK)
#define ROUNDS		400

static struct answer set_account(u64 tcb, u64 account, u64 weight, u64 band)
{
	world_set_caps(1, tcb);
	return world_call(S_DOMAIN, PEERVISOR_DOMAIN_SET_ACCOUNT, 1, 3, account, weight, band);
}

/* A thread of the account that waits until the root task is gone. */
static struct tcb *member(u64 tcb, u8 priority, u64 account, u64 weight)
{
	struct tcb *thread = world_thread(tcb, priority);

	assert_int_equal(set_account(tcb, account, weight, BAND).label, seL4_NoError);
	return thread;
}

static void root_leaves(void)
{
	world_set_caps(1, (u64)S_TCB);
	world_trap(SEL4_SYS_CALL, S_TCB, message_info(TCBSuspend, 0, 0, 0));
}

static void tick(void)
{
	sched_tick();
	sched_run();
}

/* Time passes in steps of a tenth of a tick; what each of count threads got of it. */
static void pass(u64 ticks, struct tcb *const *threads, u64 *time, unsigned int count)
{
	for (u64 i = 0; i < 10 * ticks; i++) {
		const struct tcb *now = sched_current;

		fake_counter += TICK / 10;
		for (unsigned int j = 0; j < count; j++)
			time[j] += now == threads[j] ? TICK / 10 : 0;
		if (i % 10 == 9)
			tick();
	}
}

/* Within a quantum of its part of all. */
static void assert_share(const u64 *time, unsigned int which, unsigned int count, u64 weight, u64 weights)
{
	u64 all = 0, right;

	for (unsigned int i = 0; i < count; i++)
		all += time[i];
	right = all * weight / weights;
	assert_in_range(time[which], right - 2 * QUANTUM, right + 2 * QUANTUM);
}

static void by_weight(void **state)
{
	struct tcb *threads[] = { member(A, BAND, 1, 100), member(B, BAND, 2, 300), member(C, BAND, 3, 50) };
	u64 time[3] = { 0 };

	root_leaves();
	pass(ROUNDS, threads, time, 3);
	assert_share(time, 0, 3, 100, 450);
	assert_share(time, 1, 3, 300, 450);
	assert_share(time, 2, 3, 50, 450);
}

/* What the threads of a VM take is taken from one account, whatever their priorities. */
static void monitor_counts(void **state)
{
	struct tcb *threads[] = { member(A, BAND, 1, WEIGHT), member(MONITOR, 150, 1, WEIGHT),
				  member(B, BAND, 2, WEIGHT) };
	u64 time[3] = { 0 };

	root_leaves();
	pass(ROUNDS, threads, time, 3);
	assert_int_equal(time[0], 0);		/* its monitor computes, so the guest does not run */
	assert_share(time, 2, 3, 1, 2);
}

/* Two threads of different priorities in one account and a peer: strict within, fair between. */
static void sleeps_at_the_tick(void **state)
{
	struct tcb *evil = member(A, BAND, 1, WEIGHT), *other = member(B, BAND, 2, WEIGHT);
	u64 time[2] = { 0 };

	assert_int_equal(world_retype(S_UNTYPED, seL4_NotificationObject, 0, NTFN, 1), 0);
	root_leaves();
	/* It computes for nine tenths of each tick, then waits until the tick has been. */
	for (u64 i = 0; i < 40 * ROUNDS; i++) {
		time[sched_current == other] += TICK / 10;
		fake_counter += TICK / 10;
		if (i % 10 == 8 && sched_current == evil)
			world_trap(SEL4_SYS_RECV, NTFN, 0);
		if (i % 10 == 9)
			tick();
		if (i % 10 == 9 && evil->state == THREAD_BLOCKED_NOTIFICATION)
			world_trap(SEL4_SYS_SEND, NTFN, 0);
	}
	assert_in_range(time[1], 2 * ROUNDS * TICK - 3 * QUANTUM, 4 * ROUNDS * TICK);
}

/* Nobody else is ready: a spent account goes on, and does not pay for it later more than a round. */
static void alone(void **state)
{
	struct tcb *threads[] = { member(A, BAND, 1, WEIGHT), member(B, BAND, 2, WEIGHT) };
	u64 time[2] = { 0 };

	world_call(B, TCBSuspend, 0, 0);
	root_leaves();
	pass(ROUNDS, threads, time, 2);
	assert_int_equal(time[0], ROUNDS * TICK);
	sched_wake(threads[1]);
	sched_set_state(threads[1], THREAD_RUNNING);
	time[0] = 0;
	pass(ROUNDS, threads, time, 2);
	assert_share(time, 0, 2, 1, 2);
}

/* A higher band goes first, as a higher priority does, even if all of it is spent. */
static void bands_are_strict(void **state)
{
	struct tcb *threads[] = { world_thread(A, BAND), world_thread(B, BAND + 1) };
	u64 time[2] = { 0 };

	assert_int_equal(set_account(A, 1, WEIGHT, BAND).label, 0);
	assert_int_equal(set_account(B, 2, WEIGHT, BAND + 1).label, 0);
	root_leaves();
	pass(ROUNDS, threads, time, 2);
	assert_int_equal(time[0], 0);
	assert_int_equal(time[1], ROUNDS * TICK);
}

/* Threads without an account keep to priorities alone. */
static void without_account(void **state)
{
	struct tcb *threads[] = { world_thread(A, BAND), world_thread(B, BAND), member(C, BAND - 1, 1, WEIGHT) };
	u64 time[3] = { 0 };

	root_leaves();
	pass(ROUNDS, threads, time, 3);
	assert_share(time, 0, 3, 1, 2);
	assert_share(time, 1, 3, 1, 2);
	assert_int_equal(time[2], 0);
}

/* A server at a high priority: who calls it pays for it, and it is never kept from running. */
static void caller_pays(void **state)
{
	struct tcb *client = member(A, BAND, 1, WEIGHT), *other = member(B, BAND, 2, WEIGHT);
	struct tcb *server = world_thread(MONITOR, 200);
	u64 time[3] = { 0 };

	assert_int_equal(set_account(MONITOR, ACCOUNT_CALLER, WEIGHT, BAND).label, 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_EndpointObject, 0, EP, 1), 0);
	root_leaves();
	assert_ptr_equal(sched_current, server);
	world_trap(SEL4_SYS_RECV, EP, 0);
	for (u64 i = 0; i < 10 * ROUNDS; i++) {
		time[sched_current == client ? 0 : sched_current == server ? 1 : 2] += TICK / 10;
		fake_counter += TICK / 10;
		if (sched_current == client)
			world_trap(SEL4_SYS_CALL, EP, 0);
		else if (sched_current == server)
			world_trap(SEL4_SYS_REPLY_RECV, EP, 0);
		if (i % 10 == 9)
			tick();
	}
	assert_true(time[1] > 0 && sched_current != world_root);
	assert_share(time, 2, 3, 1, 2);
	(void)other;
}

/* The same for one that is signalled: also while it still works for somebody else. */
static void signaller_pays(void **state)
{
	struct tcb *client = member(A, BAND, 1, WEIGHT);
	struct tcb *server = world_thread(MONITOR, 200);

	assert_int_equal(set_account(MONITOR, ACCOUNT_CALLER, WEIGHT, BAND).label, 0);
	member(B, BAND, 2, WEIGHT);
	assert_int_equal(world_retype(S_UNTYPED, seL4_NotificationObject, 0, NTFN, 1), 0);
	root_leaves();
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	assert_int_not_equal(sched_current->account, ACCOUNT_CALLER);
	world_run(client);
	world_trap(SEL4_SYS_SEND, NTFN, 0);
	assert_ptr_equal(sched_current, server);
	assert_int_equal(server->charged, 1);
	assert_int_equal(core_self()->charged, 1);
	/* Nobody waits: the signal stays, and with it who sent it. */
	notification_signal(notification_of(world_slot(NTFN)->cap), 1, 2);
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	assert_ptr_equal(sched_current, server);
	assert_int_equal(core_self()->charged, 2);
	/* An interrupt: whoever was last pays on. */
	world_trap(SEL4_SYS_RECV, NTFN, 0);
	notification_signal(notification_of(world_slot(NTFN)->cap), 1, ACCOUNT_CALLER);
	sched_run();
	assert_ptr_equal(sched_current, server);
	assert_int_equal(core_self()->charged, 2);
}

static void made_by_a_member(void **state)
{
	struct tcb *a = member(A, 255, 5, WEIGHT);

	world_run(a);
	assert_int_equal(world_retype(S_UNTYPED, seL4_TCBObject, 0, SPARE, 1), 0);
	assert_int_equal(tcb_of(world_slot(SPARE)->cap)->account, 5);
	assert_int_equal(tcb_of(world_slot(SPARE)->cap)->charged, 5);
}

static void errors(void **state)
{
	struct answer a;

	world_thread(A, 1);
	world_set_caps(1, (u64)A);
	assert_int_equal(world_call(S_DOMAIN, PEERVISOR_DOMAIN_SET_ACCOUNT, 1, 2, 1UL, 100UL).label,
			 seL4_TruncatedMessage);
	assert_int_equal(world_call(S_DOMAIN, PEERVISOR_DOMAIN_SET_ACCOUNT, 0, 3, 1UL, 100UL, 1UL).label,
			 seL4_TruncatedMessage);
	a = set_account(A, ACCOUNTS, 100, 1);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[1], ACCOUNTS - 1);
	assert_int_equal(set_account(A, 254, 100, 1).label, seL4_RangeError);
	assert_int_equal(set_account(A, 256 + 1, 100, 1).label, seL4_RangeError);
	a = set_account(A, 1, ACCOUNT_WEIGHT_MIN - 1, 1);
	assert_int_equal(a.label, seL4_RangeError);
	assert_int_equal(a.mr[0], ACCOUNT_WEIGHT_MIN);
	assert_int_equal(set_account(A, 1, ACCOUNT_WEIGHT_MAX + 1, 1).label, seL4_RangeError);
	assert_int_equal(set_account(A, 1, 100, 256).label, seL4_RangeError);
	assert_int_equal(set_account(S_CNODE, 1, 100, 1).label, seL4_InvalidArgument);
	assert_int_equal(tcb_of(world_slot(A)->cap)->account, ACCOUNT_NONE);
	assert_int_equal(set_account(A, 1, 100, 255).label, seL4_NoError);
	assert_int_equal(set_account(A, ACCOUNT_NONE, 100, 255).label, seL4_NoError);
	assert_int_equal(tcb_of(world_slot(A)->cap)->account, ACCOUNT_NONE);
	/* Only the domain capability will do. */
	world_set_caps(1, (u64)A);
	assert_int_equal(world_call(S_TCB, PEERVISOR_DOMAIN_SET_ACCOUNT, 1, 3, 1UL, 100UL, 1UL).label,
			 seL4_IllegalOperation);
}

/* A parked thread can be suspended, deleted, given another priority or account: the rest goes on. */
static void parked_is_changed(void **state)
{
	struct tcb *a = member(A, BAND, 1, WEIGHT), *a2 = member(C, BAND, 1, WEIGHT);
	struct tcb *b = member(B, BAND, 2, WEIGHT);

	root_leaves();
	for (unsigned int i = 0; i < 3 * SCHED_SLICE && !(a->parked && a2->parked); i++) {
		fake_counter += TICK + 1;
		tick();
	}
	assert_true(a->parked || a2->parked);
	sched_wake(world_root);
	sched_set_state(world_root, THREAD_RUNNING);
	sched_run();
	assert_ptr_equal(sched_current, world_root);
	assert_int_equal(world_call(A, TCBSuspend, 0, 0).label, 0);
	assert_false(a->parked || a->queued);
	world_set_caps(1, (u64)S_TCB);
	assert_int_equal(world_call(C, TCBSetPriority, 1, 1, 7UL).label, 0);
	assert_int_equal(set_account(C, 3, WEIGHT, BAND).label, 0);
	assert_int_equal(world_call(A, TCBResume, 0, 0).label, 0);
	assert_int_equal(world_delete(C), 0);
	root_leaves();
	for (unsigned int i = 0; i < 4 * SCHED_SLICE; i++) {
		assert_true(sched_current == a || sched_current == b);
		fake_counter += TICK;
		tick();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(by_weight, world_setup),
		cmocka_unit_test_setup(monitor_counts, world_setup),
		cmocka_unit_test_setup(sleeps_at_the_tick, world_setup),
		cmocka_unit_test_setup(alone, world_setup),
		cmocka_unit_test_setup(bands_are_strict, world_setup),
		cmocka_unit_test_setup(without_account, world_setup),
		cmocka_unit_test_setup(caller_pays, world_setup),
		cmocka_unit_test_setup(signaller_pays, world_setup),
		cmocka_unit_test_setup(made_by_a_member, world_setup),
		cmocka_unit_test_setup(errors, world_setup),
		cmocka_unit_test_setup(parked_is_changed, world_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
