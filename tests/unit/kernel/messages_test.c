/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random messages between threads, while the root suspends, resumes, binds and deletes. After each
 * step every thread is where its state says, once, and at the end nothing is left.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#include <kernel/endpoint.h>
#include <kernel/notification.h>

#define THREADS		6u
#define THREAD(i)	(S_FREE + 2 * (u64)(i))		/* and its buffer's frame */
#define FIRST		(S_FREE + 2 * THREADS)
#define SLOTS		24u
#define RECEIVE		(FIRST + SLOTS)			/* destinations of caps */

static u64 seed;

static u64 pick(u64 limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

static u64 any_slot(void)
{
	return FIRST + pick(SLOTS);
}

static struct tcb *thread_of(unsigned int i)
{
	struct cap cap = world_slot(THREAD(i))->cap;

	return cap_type(cap) == CAP_THREAD ? tcb_of(cap) : NULL;
}

static bool is_in(const struct tcb *list, const struct tcb *tcb)
{
	unsigned int found = 0, n = 0;

	for (; list; list = list->wait_next) {
		assert_true(n++ < 100);
		found += list == tcb;
	}
	assert_true(found <= 1);
	return found;
}

static void check_thread(struct tcb *tcb)
{
	const struct endpoint *ep;
	const struct notification *ntfn;

	switch (tcb->state) {
	case THREAD_BLOCKED_SEND:
	case THREAD_BLOCKED_RECEIVE:
		ep = arch_phys_to_ptr(tcb->blocked_on);
		assert_true(is_in((struct tcb *)ep->head, tcb));
		assert_int_equal(ep->tail & 3, tcb->state == THREAD_BLOCKED_SEND ?
				 ENDPOINT_SENDERS : ENDPOINT_RECEIVERS);
		break;
	case THREAD_BLOCKED_NOTIFICATION:
		ntfn = arch_phys_to_ptr(tcb->blocked_on);
		assert_true(is_in((struct tcb *)ntfn->head, tcb));
		break;
	case THREAD_RUNNING:
	case THREAD_RESTART:
		assert_true(tcb == sched_current || tcb->queued);
		break;
	default:
		assert_false(tcb->queued);
	}
	if (tcb == sched_current)
		assert_false(tcb->queued);
	if (tcb->bound_notification)
		assert_ptr_equal(tcb->bound_notification->bound, tcb);
	if (!slot_is_empty(&tcb->slots[TCB_CALLER])) {
		const struct slot *slot = &tcb->slots[TCB_CALLER];

		assert_int_equal(cap_type(slot->cap), CAP_REPLY);
		assert_int_equal(tcb_of(slot->cap)->state, THREAD_BLOCKED_REPLY);
	}
}

static void check(void)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		if (thread_of(i))
			check_thread(thread_of(i));
	}
	check_thread(world_root);
}

static void random_message(struct tcb *tcb)
{
	static const long calls[] = {
		SEL4_SYS_CALL, SEL4_SYS_CALL, SEL4_SYS_SEND, SEL4_SYS_NB_SEND, SEL4_SYS_RECV,
		SEL4_SYS_RECV, SEL4_SYS_NB_RECV, SEL4_SYS_REPLY_RECV, SEL4_SYS_REPLY_RECV,
		SEL4_SYS_REPLY, SEL4_SYS_YIELD, 1234,
	};
	u64 *buffer = world_buffer(tcb);
	unsigned int caps = pick(3) ? 0 : (unsigned int)pick(4);

	if (buffer) {
		for (unsigned int i = 0; i < SEL4_MSG_MAX_EXTRA_CAPS; i++)
			buffer[SEL4_IPC_BUFFER_CAPS / 8 + i] = pick(20) ? any_slot() : 1UL << 40;
		buffer[SEL4_IPC_BUFFER_RECV_CNODE / 8] = S_CNODE;
		buffer[SEL4_IPC_BUFFER_RECV_INDEX / 8] = pick(2) ? RECEIVE + pick(4) : any_slot();
		buffer[SEL4_IPC_BUFFER_RECV_DEPTH / 8] = 64;
	}
	world_trap(calls[pick(12)], pick(40) ? any_slot() : 1UL << 40,
		   message_info(pick(2), 0, caps, (unsigned int)pick(128)));
}

static void new_object(void)
{
	world_retype(S_UNTYPED, pick(2) ? seL4_EndpointObject : seL4_NotificationObject, 0,
		     any_slot(), 1);
}

static void root_step(void)
{
	u64 tcb = THREAD(pick(THREADS));

	switch (pick(14)) {
	case 0:
		new_object();
		break;
	case 1: case 2: case 3:
		world_mint(any_slot(), any_slot(), pick(3) ? 15 : pick(16), pick(3));
		break;
	case 4:
		if (!pick(3))
			world_delete(any_slot());
		break;
	case 5:
		if (!pick(4))
			world_revoke(any_slot());
		break;
	case 6:
		world_call(tcb, TCBSuspend, 0, 0);
		break;
	case 7: case 8:
		world_call(tcb, TCBResume, 0, 0);
		break;
	case 9:
		world_set_caps(1, any_slot());
		world_call(tcb, TCBBindNotification, 1, 0);
		break;
	case 10:
		world_call(S_CNODE, CNodeCancelBadgedSends, 0, 2, any_slot(), 64UL);
		break;
	case 11:
		world_delete(RECEIVE + pick(4));
		break;
	case 12:
		world_set_caps(2, (u64)S_CNODE, (u64)S_VSPACE);
		world_call(tcb, TCBSetSpace, 2, 3, any_slot(), 0UL, 0UL);
		break;
	default:
		world_trap(SEL4_SYS_YIELD, 0, 0);
	}
}

/* A thread may save its caller, too. */
static void thread_step(struct tcb *tcb)
{
	if (!pick(12))
		world_call(S_CNODE, CNodeSaveCaller, 0, 2, any_slot(), 64UL);
	else
		random_message(tcb);
}

static void leave_nothing(void)
{
	world_run(world_root);
	while (cdt_has_children(world_slot(S_UNTYPED)))
		world_revoke(S_UNTYPED);
	for (u64 i = S_FREE; i < 4096; i++)
		assert_true(slot_is_empty(world_slot(i)));
}

static void random_messages(void **state)
{
	const char *given = getenv("KERNEL_STRESS_SEED");

	for (unsigned long round = 1; round <= 100; round++) {
		seed = given ? strtoul(given, NULL, 0) : round * 0x9e3779b97f4a7c15UL;
		print_message("seed %#lx\n", seed);
		world_setup(state);
		for (unsigned int i = 0; i < THREADS; i++)
			world_thread(THREAD(i), i < 4 ? 255 : 200)->fault_handler = any_slot();
		for (unsigned int i = 0; i < 6; i++)
			new_object();
		for (unsigned int i = 0; i < 2000; i++) {
			if (sched_current == world_root)
				root_step();
			else
				thread_step(sched_current);
			check();
		}
		leave_nothing();
		if (given)
			return;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_messages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
