/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random messages and faults between threads, while the root suspends, resumes, binds and deletes.
 * After each step every thread is where its state says, once, and at the end nothing is left. Each
 * walk is done with the fast paths and without: every step must leave the same.
 */
#include "world.h"
#include "pick.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arm/esr.h>
#include <kernel/endpoint.h>
#include <kernel/fastpath.h>
#include <kernel/notification.h>

#define THREADS		6u
#define STEPS		2000u
#define THREAD(i)	(S_FREE + 2 * (u64)(i))		/* and its buffer's frame */
#define FIRST		(S_FREE + 2 * THREADS)
#define SLOTS		24u
#define RECEIVE		(FIRST + SLOTS)			/* destinations of caps */
#define VCPU		(RECEIVE + 4)			/* + i: of thread i, if it has one */

static u64 any_slot(void)
{
	return FIRST + pick(SLOTS);
}

/* Where threads mostly meet. */
#define BUSY	4u

static u64 busy_slot(void)
{
	return pick(4) ? FIRST + pick(BUSY) : any_slot();
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
		SEL4_SYS_CALL, SEL4_SYS_CALL, SEL4_SYS_CALL, SEL4_SYS_SEND, SEL4_SYS_NB_SEND,
		SEL4_SYS_RECV, SEL4_SYS_RECV, SEL4_SYS_NB_RECV, SEL4_SYS_REPLY_RECV,
		SEL4_SYS_REPLY_RECV, SEL4_SYS_REPLY_RECV, SEL4_SYS_REPLY_RECV, SEL4_SYS_REPLY_RECV,
		SEL4_SYS_REPLY, SEL4_SYS_YIELD, 1234,
	};
	u64 *buffer = world_buffer(tcb);
	unsigned int caps = pick(4) ? 0 : (unsigned int)pick(4);

	if (buffer) {
		for (unsigned int i = 0; i < SEL4_MSG_MAX_EXTRA_CAPS; i++)
			buffer[SEL4_IPC_BUFFER_CAPS / 8 + i] = pick(20) ? any_slot() : 1UL << 40;
		buffer[SEL4_IPC_BUFFER_RECV_CNODE / 8] = S_CNODE;
		buffer[SEL4_IPC_BUFFER_RECV_INDEX / 8] = pick(2) ? RECEIVE + pick(4) : any_slot();
		buffer[SEL4_IPC_BUFFER_RECV_DEPTH / 8] = 64;
	}
	world_trap(calls[pick(16)], pick(40) ? busy_slot() : 1UL << 40,
		   message_info(pick(2), 0, caps, (unsigned int)pick(128)));
}

static void new_object(void)
{
	world_retype(S_UNTYPED, pick(2) ? seL4_EndpointObject : seL4_NotificationObject, 0,
		     any_slot(), 1);
}

static void resume_stopped(void)
{
	for (unsigned int i = 0; i < THREADS && sched_current == world_root; i++)
		if (thread_of(i) && thread_of(i)->state == THREAD_INACTIVE)
			world_call(THREAD(i), TCBResume, 0, 0);
}

static void root_step(void)
{
	u64 tcb = THREAD(pick(THREADS));

	switch (pick(30)) {
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
	case 7:
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
	case 13:
		world_call(VCPU + 4 + pick(2), ARMVCPUWriteReg, 0, 2,
			   (u64)PEERVISOR_VCPU_SHORT_FAULTS, pick(2));
		break;
	case 12:
		world_set_caps(2, (u64)S_CNODE, (u64)S_VSPACE);
		world_call(tcb, TCBSetSpace, 2, 3, any_slot(), 0UL, 0UL);
		break;
	default:
		resume_stopped();
		world_trap(SEL4_SYS_YIELD, 0, 0);
	}
}

static void random_fault(struct tcb *tcb)
{
	static const u32 classes[] = {
		ESR_EC_DABT_LOWER, ESR_EC_IABT_LOWER, ESR_EC_WFX, ESR_EC_SMC64, ESR_EC_SYSREG,
	};
	unsigned int class = (unsigned int)pick(5);
	u32 esr = classes[class] << ESR_EC_SHIFT | (u32)pick(1 << ESR_EC_SHIFT);

	tcb->context.fault_ip = tcb->context.next_ip = 0x2000 + 4 * pick(100);
	if (!pick(6))
		kernel_user_exception(0x02000000, 0);
	else if (class < 2)
		kernel_vm_fault(pick(1UL << 40), esr, class);
	else
		kernel_vcpu_fault(esr);
}

/* A thread may save its caller, too. */
static void thread_step(struct tcb *tcb)
{
	if (!pick(4))
		random_fault(tcb);
	else if (!pick(12))
		world_call(S_CNODE, CNodeSaveCaller, 0, 2, any_slot(), 64UL);
	else
		random_message(tcb);
}

static void leave_nothing(void)
{
	tcb_set_priority(world_root, 255);
	world_run(world_root);
	while (cdt_has_children(world_slot(S_UNTYPED)))
		world_revoke(S_UNTYPED);
	for (u64 i = S_FREE; i < 4096; i++)
		assert_true(slot_is_empty(world_slot(i)));
}

/* All that a step can leave behind. */

static u64 hash;

static void mix(const void *data, size_t bytes)
{
	for (const u8 *at = data, *end = at + bytes; at < end; at++)
		hash = (hash ^ *at) * 0x100000001b3UL;
}

static void mix_thread(struct tcb *tcb)
{
	u64 *buffer = world_buffer(tcb);

	mix(tcb, offsetof(struct tcb, fault));		/* the lookup in it has padding */
	mix(&tcb->fault.type, sizeof(tcb->fault.type));
	mix(tcb->fault.word, sizeof(tcb->fault.word));
	if (buffer)
		mix(buffer, 1024);
}

static u64 hash_of_all(void)
{
	hash = (u64)sched_current;
	for (unsigned int i = 0; i < THREADS; i++)
		if (thread_of(i))
			mix_thread(thread_of(i));
	mix_thread(world_root);
	for (u64 i = S_FREE; i < RECEIVE + 4; i++) {
		struct cap cap = world_slot(i)->cap;

		mix(world_slot(i), sizeof(struct slot));
		if (cap_type(cap) == CAP_ENDPOINT || cap_type(cap) == CAP_NOTIFICATION)
			mix(cap_object(cap), cap_type(cap) == CAP_ENDPOINT ? 16 : 32);
	}
	return hash;
}

static void make_threads(void)
{
	for (unsigned int i = 0; i < THREADS; i++) {
		struct tcb *tcb = world_thread(THREAD(i), i < 4 ? 255 : 200);

		tcb->fault_handler = busy_slot();
		if (i < 4)
			continue;
		world_retype(S_UNTYPED, seL4_ARM_VCPUObject, 0, VCPU + i, 1);
		world_set_caps(1, THREAD(i));
		world_call(VCPU + i, ARMVCPUSetTCB, 1, 0);
	}
}

static void walk(void **state, u64 first, u64 hashes[STEPS])
{
	seed = first;
	world_setup(state);
	memset(arch_phys_to_ptr(cap_paddr(world_slot(S_UNTYPED)->cap)), 0, 1 << 20);
	make_threads();
	for (unsigned int i = 0; i < BUSY; i++)
		world_retype(S_UNTYPED, seL4_EndpointObject, 0, FIRST + i, 1);
	for (unsigned int i = 0; i < 6; i++)
		new_object();
	/* The root acts when all others wait. */
	tcb_set_priority(world_root, 150);
	for (unsigned int i = 0; i < STEPS; i++) {
		if (sched_current == world_root)
			root_step();
		else
			thread_step(sched_current);
		check();
		hashes[i] = hash_of_all();
	}
	leave_nothing();
}

static void random_messages(void **state)
{
	const char *given = getenv("KERNEL_STRESS_SEED");
	static u64 fast[STEPS], slow[STEPS];

	for (unsigned long round = 1; round <= 100; round++) {
		u64 first = given ? strtoul(given, NULL, 0) : round * 0x9e3779b97f4a7c15UL;

		print_message("seed %#lx\n", first);
		fastpath_enabled = true;
		walk(state, first, fast);
		fastpath_enabled = false;
		walk(state, first, slow);
		for (unsigned int i = 0; i < STEPS; i++)
			assert_int_equal(fast[i], slow[i]);
		if (given)
			return;
	}
	print_message("%lu times by a fast path\n", fastpath_taken);
	assert_true(fastpath_taken > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(random_messages) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
