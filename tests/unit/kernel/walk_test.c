/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A random walk: threads make all kinds of calls on all kinds of objects, mostly sensible ones,
 * get faults and interrupts, and long operations are interrupted. What must hold is checked on the
 * way; at the end, revoking the memory leaves nothing.
 *
 * KERNEL_STRESS_SEED=N runs one walk, KERNEL_WALKS=N so many (default 12).
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

#include "invariants.h"
#include "pick.h"

#define THREADS		4u
#define THREAD(i)	(S_FREE + 2 * (u64)(i))
#define MEMORY		(S_FREE + 2 * THREADS)		/* an untyped of 4 MiB */
#define FIRST		(MEMORY + 1)
#define SLOTS		64u
#define STEPS		4000u
#define CHECK_EVERY	8u

static u64 succeeded[64], failed[64];

static u64 any_slot(void)
{
	return FIRST + pick(SLOTS);
}

/* A slot that holds such a cap, if one is found soon. */
static u64 slot_with(enum cap_type type)
{
	u64 slot = any_slot();

	for (unsigned int i = 0; i < 40 && cap_type(world_slot(slot)->cap) != type; i++)
		slot = any_slot();
	return slot;
}

/*
 * How a call is made up. Words: s any slot, e empty slot, d depth 64, t type, b bits, n count, r
 * rights, g badge or guard, B slot of an endpoint or notification, G badge, a address, m
 * attributes, i interrupt, p priority, c register count, o offset in a page, v vCPU register, w
 * list register word, A account, Q weight, 0 zero, x anything. Caps: R the root CNode, W one of the
 * walking threads, S any slot, or as in kinds[].
 */
struct recipe {
	u64 label;
	enum cap_type on;
	const char *words, *caps;
	unsigned int weight;
};

static const struct recipe recipes[] = {
	{ UntypedRetype, CAP_UNTYPED, "tb00en", "R", 14 },
	{ TCBReadRegisters, CAP_THREAD, "xc", "", 1 },
	{ TCBWriteRegisters, CAP_THREAD, "xcaaxxxxxxxxx", "", 1 },
	{ TCBCopyRegisters, CAP_THREAD, "x", "T", 1 },
	{ TCBConfigure, CAP_THREAD, "s00a", "RVF", 2 },
	{ TCBSetPriority, CAP_THREAD, "p", "M", 1 },
	{ TCBSetMCPriority, CAP_THREAD, "p", "M", 1 },
	{ TCBSetSchedParams, CAP_THREAD, "pp", "M", 1 },
	{ TCBSetIPCBuffer, CAP_THREAD, "a", "F", 1 },
	{ TCBSetSpace, CAP_THREAD, "sg0", "CV", 1 },
	{ TCBSetSpace, CAP_THREAD, "s00", "RV", 4 },
	{ TCBSuspend, CAP_THREAD, "", "", 1 },
	{ TCBResume, CAP_THREAD, "", "", 2 },
	{ TCBBindNotification, CAP_THREAD, "", "N", 1 },
	{ TCBUnbindNotification, CAP_THREAD, "", "", 1 },
	{ TCBSetTLSBase, CAP_THREAD, "x", "", 1 },
	{ TCBSetFlags, CAP_THREAD, "xx", "", 1 },
	{ CNodeRevoke, CAP_CNODE, "sd", "", 1 },
	{ CNodeDelete, CAP_CNODE, "sd", "", 6 },
	{ CNodeCancelBadgedSends, CAP_CNODE, "sd", "", 1 },
	{ CNodeCopy, CAP_CNODE, "edsdr", "R", 6 },
	{ CNodeMint, CAP_CNODE, "edsdrg", "R", 4 },
	{ CNodeMint, CAP_CNODE, "edBdrG", "R", 8 },
	{ CNodeMove, CAP_CNODE, "edsd", "R", 4 },
	{ CNodeMutate, CAP_CNODE, "edsdg", "R", 2 },
	{ CNodeRotate, CAP_CNODE, "sd0sd0sd", "RR", 2 },
	{ CNodeSaveCaller, CAP_CNODE, "ed", "", 1 },
	{ IRQIssueIRQHandler, CAP_IRQ_CONTROL, "ied", "R", 2 },
	{ IRQAckIRQ, CAP_IRQ_HANDLER, "", "", 1 },
	{ IRQSetIRQHandler, CAP_IRQ_HANDLER, "", "N", 1 },
	{ IRQClearIRQHandler, CAP_IRQ_HANDLER, "", "", 1 },
	{ DomainSetSet, CAP_DOMAIN, "0", "T", 1 },
	{ PEERVISOR_DOMAIN_SET_ACCOUNT, CAP_DOMAIN, "AQp", "W", 3 },
	{ ARMVSpaceClean_Data, CAP_VSPACE, "aa", "", 1 },
	{ ARMPageTableMap, CAP_PAGE_TABLE, "am", "V", 8 },
	{ ARMPageTableUnmap, CAP_PAGE_TABLE, "", "", 1 },
	{ ARMPageMap, CAP_FRAME, "arm", "V", 12 },
	{ ARMPageUnmap, CAP_FRAME, "", "", 2 },
	{ ARMPageInvalidate_Data, CAP_FRAME, "oo", "", 1 },
	{ ARMPageUnify_Instruction, CAP_FRAME, "oo", "", 1 },
	{ ARMPageGetAddress, CAP_FRAME, "", "", 1 },
	{ ARMASIDControlMakePool, CAP_ASID_CONTROL, "ed", "UR", 2 },
	{ ARMASIDPoolAssign, CAP_ASID_POOL, "", "V", 4 },
	{ ARMVCPUSetTCB, CAP_VCPU, "", "T", 2 },
	{ ARMVCPUInjectIRQ, CAP_VCPU, "w", "", 1 },
	{ ARMVCPUReadReg, CAP_VCPU, "v", "", 1 },
	{ ARMVCPUWriteReg, CAP_VCPU, "vx", "", 1 },
	{ ARMVCPUAckVPPI, CAP_VCPU, "i", "", 1 },
	{ ARMIRQIssueIRQHandlerTrigger, CAP_IRQ_CONTROL, "ixed", "R", 1 },
	{ ARMIRQIssueSGISignal, CAP_IRQ_CONTROL, "xxed", "R", 1 },
};

#define RECIPES	(sizeof(recipes) / sizeof(recipes[0]))

static const struct {
	char letter;
	enum cap_type type;
} kinds[] = {
	{ 'T', CAP_THREAD }, { 'V', CAP_VSPACE }, { 'F', CAP_FRAME }, { 'N', CAP_NOTIFICATION },
	{ 'U', CAP_UNTYPED }, { 'C', CAP_CNODE },
};

static u64 anything(void)
{
	static const u64 values[] = { 0, 1, 2, 63, 64, 65, 4095, 4096, 1UL << 32, ~0UL, 1UL << 63,
				      SEL4_USER_TOP, SEL4_USER_TOP + 1 };

	return pick(3) ? pick(64) : values[pick(13)];
}

static u64 an_address(void)
{
	static const u64 bases[] = { 0, 0, 0, 0x200000, 0x200000, 0x40000000, SEL4_USER_TOP - 0x1fffff };

	return bases[pick(7)] + (pick(3) ? 0 : pick(4) << 12);
}

static u64 a_type(void)
{
	static const u8 types[] = {
		seL4_UntypedObject, seL4_TCBObject, seL4_EndpointObject, seL4_NotificationObject,
		seL4_CapTableObject, seL4_ARM_VSpaceObject, seL4_ARM_SmallPageObject,
		seL4_ARM_SmallPageObject, seL4_ARM_SmallPageObject, seL4_ARM_LargePageObject,
		seL4_ARM_PageTableObject, seL4_ARM_PageTableObject, seL4_ARM_PageTableObject,
		seL4_ARM_VCPUObject, seL4_UntypedObject, seL4_ARM_HugePageObject,
	};

	return types[pick(16)];
}

static u64 word_for(char letter)
{
	switch (letter) {
	case 's': return any_slot();
	case 'e': return slot_with(CAP_NULL);
	case 'B': return slot_with(pick(2) ? CAP_ENDPOINT : CAP_NOTIFICATION);
	case 'G': return 1 + pick(2);
	case 'd': return pick(40) ? 64 : anything();
	case 't': return a_type();
	case 'b': return pick(4) ? 12 : 1 + pick(14);
	case 'n': return 1 + pick(3);
	case 'r': return pick(3) ? 3 : pick(16);
	case 'g': return pick(2) ? 0 : pick(3) ? 1 + pick(3) : pick(64) | pick(4) << 6;
	case 'a': return an_address();
	case 'm': return pick(8);
	case 'i': return pick(4) ? 27 + pick(12) : anything();
	case 'p': return pick(8) ? 255 - pick(2) : pick(300);
	case 'c': return pick(40);
	case 'o': return pick(4) << 10;
	case 'v': return pick(4) ? pick(26) : PEERVISOR_VCPU_LR + pick(0x60);
	case 'w': return pick(1100) | pick(34) << 16 | pick(3) << 24 | pick(5) << 32;
	case 'A': return pick(8) ? pick(3) : PEERVISOR_ACCOUNT_CALLER;
	case 'Q': return 10 + pick(200);
	case '0': return 0;
	default: return anything();
	}
}

static u64 cap_for(char letter)
{
	if (letter == 'R')
		return pick(20) ? S_CNODE : slot_with(CAP_CNODE);
	if (letter == 'M')
		return pick(2) ? S_TCB : slot_with(CAP_THREAD);
	if (letter == 'W')
		return pick(3) ? THREAD(pick(THREADS)) : slot_with(CAP_THREAD);
	if (letter == 'V' && !pick(3))
		return S_VSPACE;
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].letter == letter && pick(20))
			return slot_with(kinds[i].type);
	return any_slot();
}

static u64 object_for(const struct recipe *recipe)
{
	switch (recipe->on) {
	case CAP_CNODE:
		return pick(6) ? S_CNODE : slot_with(CAP_CNODE);
	case CAP_IRQ_CONTROL:
		return S_IRQ_CONTROL;
	case CAP_ASID_CONTROL:
		return S_ASID_CONTROL;
	case CAP_ASID_POOL:
		return pick(2) ? S_ASID_POOL : slot_with(CAP_ASID_POOL);
	case CAP_DOMAIN:
		return S_DOMAIN;
	case CAP_UNTYPED:
		return pick(3) ? MEMORY : slot_with(CAP_UNTYPED);
	case CAP_THREAD:
		return pick(3) ? slot_with(CAP_THREAD) : THREAD(pick(THREADS));
	default:
		return slot_with(recipe->on);
	}
}

static const struct recipe *any_recipe(void)
{
	unsigned int sum = 0, at = 0;

	for (unsigned int i = 0; i < RECIPES; i++)
		sum += recipes[i].weight;
	for (u64 n = pick(sum); n >= recipes[at].weight; at++)
		n -= recipes[at].weight;
	return &recipes[at];
}

/* An invocation that does not block: the object is none that sends. */
static void invoke(void)
{
	const struct recipe *recipe = any_recipe();
	struct tcb *tcb = sched_current;
	u64 *buffer = tcb_buffer(tcb, true);
	u64 object = pick(30) ? object_for(recipe) : any_slot();
	enum cap_type type = cap_type(world_slot(object)->cap);
	unsigned int length = 0, caps = 0;
	u64 label = pick(40) ? recipe->label : pick(60);

	if (tcb == world_root && (type == CAP_ENDPOINT || type == CAP_REPLY))
		return;
	for (const char *w = recipe->words; *w; w++, length++) {
		u64 word = pick(60) ? word_for(*w) : anything();

		/* The walker's own capabilities are spared. */
		if (word < S_FREE && (*w == 's' || *w == 'e' || *w == 'B'))
			word = any_slot();
		ipc_set_mr(tcb, buffer, length, word);
	}
	for (const char *c = recipe->caps; *c && buffer; c++, caps++)
		buffer[SEL4_IPC_BUFFER_CAPS / 8 + caps] = cap_for(*c);
	if (!pick(60))
		length = (unsigned int)pick(length + 1);
	fake_irq_waiting = !pick(3);
	world_trap(SEL4_SYS_CALL, object, message_info(label, 0, caps, length));
	fake_irq_waiting = false;
	if (tcb == world_root)
		++(message_label(tcb->context.x[1]) ? failed : succeeded)[label & 63];
}

/* What threads other than the root may do: also wait, and fault. */
static void communicate(void)
{
	static const long calls[] = {
		SEL4_SYS_CALL, SEL4_SYS_SEND, SEL4_SYS_NB_SEND, SEL4_SYS_RECV, SEL4_SYS_RECV,
		SEL4_SYS_NB_RECV, SEL4_SYS_REPLY_RECV, SEL4_SYS_REPLY, SEL4_SYS_YIELD, 1234,
	};
	struct tcb *tcb = sched_current;
	u64 *buffer = tcb_buffer(tcb, true);
	u64 to = pick(2) ? slot_with(CAP_ENDPOINT) :
		 pick(2) ? slot_with(CAP_NOTIFICATION) : slot_with(CAP_REPLY);

	if (buffer) {
		for (unsigned int i = 0; i < SEL4_MSG_MAX_EXTRA_CAPS; i++)
			buffer[SEL4_IPC_BUFFER_CAPS / 8 + i] = pick(20) ? any_slot() : 1UL << 40;
		buffer[SEL4_IPC_BUFFER_RECV_CNODE / 8] = S_CNODE;
		buffer[SEL4_IPC_BUFFER_RECV_INDEX / 8] = any_slot();
		buffer[SEL4_IPC_BUFFER_RECV_DEPTH / 8] = 64;
	}
	world_trap(calls[pick(10)], pick(40) ? to : 1UL << 40,
		   message_info(pick(3), 0, (unsigned int)(pick(2) ? 0 : pick(4)),
				(unsigned int)pick(128)));
}

static void get_a_fault(void)
{
	struct tcb *tcb = sched_current;

	tcb->context.fault_ip = tcb->context.next_ip = 0x2000;
	switch (pick(3)) {
	case 0:
		kernel_vm_fault(an_address(), 0x92000046, false);
		break;
	case 1:
		kernel_user_exception(0x2000000, 0);
		break;
	default:
		kernel_vcpu_fault(0x07e00000);
	}
}

static void step(void)
{
	static const u8 interrupts[] = { 25, 26, 27, 33, 34, 35, 36, 37 };

	fake_counter += pick(FAKE_COUNTER_PER_TICK);
	if (!pick(12)) {
		fake_irq_next = interrupts[pick(8)];
		kernel_irq();
	} else if (sched_current == world_root) {
		if (pick(4))
			invoke();
		else
			world_trap(SEL4_SYS_YIELD, 0, 0);
	} else if (pick(3)) {
		communicate();
	} else if (pick(3)) {
		invoke();
	} else {
		get_a_fault();
	}
}

/* Revoke may be interrupted; whoever runs meanwhile yields. */
static void leave_nothing(void)
{
	world_run(world_root);
	for (unsigned int i = 0; i < THREADS; i++)
		world_call(THREAD(i), TCBSuspend, 0, 0);
	while (cdt_has_children(world_slot(S_UNTYPED))) {
		fake_irq_waiting = pick(2);
		world_revoke(S_UNTYPED);
		invariants_check();
	}
	fake_irq_waiting = false;
	world_revoke(S_IRQ_CONTROL);
	for (u64 i = S_FREE; i < 4096; i++) {
		if (!slot_is_empty(world_slot(i)))
			world_delete(i);		/* copies of what the world itself has */
	}
	invariants_check();
	assert_ptr_equal(cdt_next(world_slot(S_CNODE)), &world_root->slots[TCB_CSPACE]);
	assert_null(cdt_next(&world_root->slots[TCB_CSPACE]));
}

/* A call without any sense: object, label, length, words and caps are what comes. */
static void senseless_call(void)
{
	u64 *buffer = world_buffer(world_root);
	u64 object = any_slot();
	enum cap_type type = cap_type(world_slot(object)->cap);
	unsigned int length = (unsigned int)pick(12), caps = (unsigned int)pick(4);

	if (type == CAP_ENDPOINT || type == CAP_REPLY)
		return;
	for (unsigned int i = 0; i < length; i++)
		world_set_mr(i, pick(2) ? anything() : any_slot());
	for (unsigned int i = 0; i < caps; i++)
		buffer[SEL4_IPC_BUFFER_CAPS / 8 + i] = pick(8) ? any_slot() : S_CNODE;
	/* Slots below FIRST are the walker's: no deleting there. */
	if (caps && buffer[SEL4_IPC_BUFFER_CAPS / 8] == S_CNODE)
		world_set_mr(2, any_slot());
	world_trap(SEL4_SYS_CALL, object, message_info(pick(60), 0, caps, length));
}

static void start(void **state)
{
	invariants_reset();
	world_setup(state);
	irq_set_timer(26);
	irq_set_reserved(25);
	irq_set_reserved(27);
	for (unsigned int i = 0; i < THREADS; i++)
		world_thread(THREAD(i), 255)->fault_handler = any_slot();
	assert_int_equal(world_retype(S_UNTYPED, seL4_UntypedObject, 22, MEMORY, 1), 0);
}

static void random_walk(void **state)
{
	const char *given = getenv("KERNEL_STRESS_SEED"), *walks = getenv("KERNEL_WALKS");
	unsigned long rounds = given ? 1 : walks ? strtoul(walks, NULL, 0) : 12;

	for (unsigned long round = 1; round <= rounds; round++) {
		seed = given ? strtoul(given, NULL, 0) : round * 0x9e3779b97f4a7c15UL;
		print_message("seed %#lx\n", seed);
		start(state);
		for (unsigned int i = 0; i < STEPS; i++) {
			step();
			if (i % CHECK_EVERY == 0)
				invariants_check();
		}
		leave_nothing();
	}
	/* The walk goes to every call, and most of them can succeed. */
	for (unsigned int i = 0; i < RECIPES && !given; i++)
		if (!succeeded[recipes[i].label & 63])
			fail_msg("label %lu never succeeded", recipes[i].label);
}

/* All kinds of objects, then calls without sense; the objects are replaced as they go. */
static void senseless_calls(void **state)
{
	for (unsigned long round = 1; round <= 10; round++) {
		seed = round * 0xd1b54a32d192ed03UL;
		print_message("seed %#lx\n", seed);
		start(state);
		for (unsigned int i = 0; i < 20000; i++) {
			if (i % 4 == 0 && sched_current == world_root)
				invoke();
			world_run(world_root);
			senseless_call();
			world_run(world_root);
			if (i % 64 == 0)
				invariants_check();
		}
		leave_nothing();
	}
}

static void set_space(u64 space)
{
	world_run(world_root);
	world_set_caps(2, (u64)S_CNODE, space);
	assert_int_equal(world_call(THREAD(0), TCBSetSpace, 2, 3, 0UL, 0UL, 0UL).label, 0);
	world_run(tcb_of(world_slot(THREAD(0))->cap));
	invariants_check();
	world_run(world_root);
}

/* A thread was in it, so the TLB has some of it. */
static void a_space_goes(void **state)
{
	start(state);
	world_retype(S_UNTYPED, seL4_ARM_VSpaceObject, 0, FIRST, 1);
	world_retype(S_UNTYPED, seL4_ARM_PageTableObject, 0, FIRST + 1, 3);
	world_retype(S_UNTYPED, seL4_ARM_SmallPageObject, 0, FIRST + 4, 1);
	world_set_caps(1, (u64)FIRST);
	assert_int_equal(world_call(S_ASID_POOL, ARMASIDPoolAssign, 1, 0).label, 0);
	for (u64 i = 1; i <= 3; i++) {
		world_set_caps(1, (u64)FIRST);
		assert_int_equal(world_call(FIRST + i, ARMPageTableMap, 1, 2, 0UL, 0UL).label, 0);
	}
	world_set_caps(1, (u64)FIRST);
	assert_int_equal(world_call(FIRST + 4, ARMPageMap, 1, 3, 0UL, 3UL, 0UL).label, 0);
	set_space(FIRST);
	set_space(S_VSPACE);
	assert_int_equal(world_delete(FIRST), 0);
	invariants_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_walk),
		cmocka_unit_test(senseless_calls),
		cmocka_unit_test(a_space_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
