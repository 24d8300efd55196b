/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability spaces, untypeds, whole processes, and registers over every call (ABI 1.1, 3, 4, 10). */
#include "script.h"

/* Two levels with guards: 10 | 4 bits, then 7 | 3 bits; what is left of 64 bits at the leaf is ignored. */
#define OUTER_GUARD	0x155ul
#define INNER_GUARD	0x2aul

static seL4_Word address(seL4_Word outer, seL4_Word inner, seL4_Word rest)
{
	return OUTER_GUARD << 54 | outer << 50 | INNER_GUARD << 43 | inner << 40 | rest;
}

static seL4_CPtr deep_cspace(seL4_CPtr inside)
{
	seL4_CPtr outer = object_new(seL4_CapTableObject, 4), inner = object_new(seL4_CapTableObject, 3);
	seL4_CPtr root = slot_new();

	if (seL4_CNode_Copy(inner, 5, 3, ROOT_CNODE, inside, 64, seL4_AllRights) ||
	    seL4_CNode_Mint(outer, 9, 4, ROOT_CNODE, inner, 64, seL4_AllRights, INNER_GUARD << 6 | 7) ||
	    seL4_CNode_Mint(ROOT_CNODE, root, 64, ROOT_CNODE, outer, 64, seL4_AllRights,
			    OUTER_GUARD << 6 | 10))
		return 0;
	return root;
}

/* Of two addresses that miss a guard and one of an empty slot; the handler replaces each by the next. */
static void deep_addresses(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), node = deep_cspace(cap_badge(endpoint, 7));
	const seL4_Word misses[3][4] = {
		{ address(9, 5, 0) ^ 1ul << 63, 64, OUTER_GUARD, 10 },
		{ address(9, 5, 0) ^ 1ul << 43, 50, INNER_GUARD, 7 },
		{ address(9, 6, 0) } };
	struct step steps[] = { DO_SEND(address(9, 5, 0), 1), DO_SEND(address(9, 5, ~0ul >> 24), 2),
		DO_CALL(misses[0][0], 3), DO_CALL(address(8, 5, 0), 3), DONE };
	seL4_UserContext context;
	struct thread thread;
	struct message m;

	CHECK(node && script_open());
	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK_OK(seL4_TCB_SetSpace(thread.tcb, address(9, 5, 3), node, 0, ROOT_SPACE, 0));
	CHECK(script_run(&thread, steps, 20));
	for (unsigned int i = 1; i <= 2; i++) {
		m = message_wait(endpoint);
		CHECK_IS(m.label, i);
		CHECK_IS(m.badge, 7);
	}
	for (unsigned int i = 0; i < 2; i++) {
		m = message_wait(endpoint);
		CHECK_IS(m.label, seL4_Fault_CapFault);
		CHECK_IS(m.length, 7);
		CHECK_IS(seL4_GetMR(1), misses[i][0]);
		CHECK_IS(seL4_GetMR(2), 0);
		CHECK_IS(seL4_GetMR(3), seL4_GuardMismatch);
		for (unsigned int j = 1; j < 4; j++)
			CHECK_IS(seL4_GetMR(3 + j), misses[i][j]);
		CHECK_OK(seL4_TCB_ReadRegisters(thread.tcb, false, 0, 4, &context));
		context.x0 = misses[i + 1][0];
		CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, false, 0, 4, &context));
		message_reply(0);
	}
	settle();
	CHECK_IS(LABEL(steps[2].trap.info), seL4_InvalidCapability);
	CHECK_IS(LABEL(steps[3].trap.info), seL4_InvalidCapability);
}

/* Sixteen bytes are the smallest untyped; an endpoint fits exactly. Splitting gives all of it. */
static void split_to_the_last_bit(void)
{
	seL4_CPtr at = object_new(seL4_UntypedObject, 14);

	for (unsigned int bits = 13; bits >= 4; bits--) {
		seL4_CPtr half = slot_new(), other = slot_new();

		CHECK_IS(other, half + 1);
		CHECK_OK(seL4_Untyped_Retype(at, seL4_UntypedObject, bits, ROOT_CNODE, 0, 0, half, 2));
		CHECK_IS(seL4_Untyped_Retype(at, seL4_UntypedObject, 4, ROOT_CNODE, 0, 0, slot_new(), 1),
			 seL4_NotEnoughMemory);
		CHECK_IS(seL4_GetMR(0), 0);
		at = other;
	}
	CHECK_IS(seL4_Untyped_Retype(at, seL4_UntypedObject, 3, ROOT_CNODE, 0, 0, slot_new(), 1),
		 seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_OK(seL4_Untyped_Retype(at, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, slot_new(), 1));
	CHECK_IS(seL4_Untyped_Retype(at, seL4_EndpointObject, 0, ROOT_CNODE, 0, 0, slot_new(), 1),
		 seL4_NotEnoughMemory);
}

/* 256 at once into a CNode that is found by an address; one more is too many. */
static void retype_fan_out(void)
{
	seL4_CPtr outer = object_new(seL4_CapTableObject, 1), inner = object_new(seL4_CapTableObject, 9);
	seL4_CPtr untyped = object_new(seL4_UntypedObject, 14), at = slot_new();

	CHECK_OK(seL4_CNode_Move(outer, 1, 1, ROOT_CNODE, inner, 64));
	CHECK_OK(seL4_CNode_Mint(ROOT_CNODE, at, 64, ROOT_CNODE, outer, 64, seL4_AllRights, 63));
	CHECK_IS(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, outer, 1, 1, 0, 257), seL4_RangeError);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_IS(seL4_GetMR(1), 256);
	CHECK_IS(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, outer, 1, 1, 300, 256),
		 seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 212);
	CHECK_IS(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, outer, 1, 1, 512, 1), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 511);
	CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, outer, 1, 1, 0, 256));
	/* The root's own address of it, of 64 bits. */
	CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, at, 1, 64, 256, 256));
	CHECK_IS(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, at, 1, 64, 511, 1), seL4_DeleteFirst);
	CHECK_IS(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, outer, 0, 1, 0, 1), seL4_FailedLookup);
	CHECK_IS(seL4_GetMR(0), 0);
	CHECK_IS(seL4_GetMR(1), seL4_MissingCapability);
	CHECK_IS(seL4_GetMR(2), 1);
	CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, untyped, 64));
	CHECK_OK(seL4_Untyped_Retype(untyped, seL4_EndpointObject, 0, outer, 1, 1, 0, 1));
}

/* All pools that there are, one given back, and that one made again. */
static void pools_run_out(void)
{
	seL4_CPtr untypeds = slot_new(), pools, spare;
	unsigned int i;

	for (i = 1; i < 128; i++)
		slot_new();
	pools = slot_new();
	for (i = 1; i < 128; i++)
		slot_new();
	spare = object_new(seL4_UntypedObject, 12);
	CHECK_OK(seL4_Untyped_Retype(sandbox, seL4_UntypedObject, 12, ROOT_CNODE, 0, 0, untypeds, 128));
	for (i = 0; i < 127; i++)
		CHECK_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untypeds + i, ROOT_CNODE,
						       pools + i, 64));
	CHECK_IS(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, untypeds + 127, ROOT_CNODE,
					       pools + 127, 64), seL4_DeleteFirst);
	CHECK_OK(seL4_ARM_ASIDPool_Assign(pools + 126, object_new(seL4_ARM_VSpaceObject, 0)));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, pools + 60, 64));
	CHECK_OK(seL4_ARM_ASIDControl_MakePool(seL4_CapASIDControl, spare, ROOT_CNODE, pools + 60, 64));
	CHECK_OK(seL4_ARM_ASIDPool_Assign(pools + 60, object_new(seL4_ARM_VSpaceObject, 0)));
}

/* A process of its own CSpace and VSpace from one untyped, used and taken back again and again. */
static void call_twice(seL4_Word to)
{
	struct sel4_trap trap = { .mr = { 3 } };

	raw_call(to, &trap, 3, 1);
	raw_call(to, &trap, 4, 1);
}

static void processes_come_and_go(void)
{
	seL4_CPtr all = sandbox, endpoint = object_new(seL4_EndpointObject, 0), again = slot_new();
	struct thread thread;

	CHECK_OK(seL4_Untyped_Retype(all, seL4_UntypedObject, 19, ROOT_CNODE, 0, 0, again, 1));
	for (unsigned int i = 0; i < 12; i++) {
		seL4_CPtr node;

		sandbox = again;
		node = object_new(seL4_CapTableObject, 6);
		CHECK(thread_new(&thread, space_twin(), 0));
		CHECK_OK(seL4_CNode_Mint(node, 33, 6, ROOT_CNODE, endpoint, 64, seL4_AllRights, i));
		CHECK_OK(seL4_CNode_Copy(node, 34, 6, ROOT_CNODE, thread.tcb, 64, seL4_AllRights));
		CHECK_OK(seL4_CNode_Copy(node, 35, 6, ROOT_CNODE, node, 64, seL4_AllRights));
		CHECK_OK(seL4_TCB_SetSpace(thread.tcb, 33, node, 58, thread.space, 0));
		CHECK(thread_start(&thread, call_twice, 33, 20));
		CHECK_IS(message_wait(endpoint).label, 3);
		if (i & 1) {
			message_reply(0);
			CHECK_IS(message_wait(endpoint).badge, i);
		}
		/* While it waits for its answer, or as it is about to run. */
		if (i & 2)
			message_reply(0);
		sandbox = all;
		CHECK_OK(seL4_CNode_Revoke(ROOT_CNODE, again, 64));
		CHECK_IS(seL4_TCB_Suspend(thread.tcb), seL4_InvalidCapability);
	}
	CHECK_IS(boot->ipcBuffer->msg[0], 0);
}

/* What user.S put into the registers is there after the call; x0 and x1 of the result. */
int registers_survive(long call, seL4_Word x0, seL4_Word info, seL4_Word result[2]);

struct survivor {
	long call;
	seL4_Word x0, info;
	seL4_Word x0_after, info_after;
};

static struct survivor survivor;
static volatile seL4_Word survived;	/* 1 + what registers_survive() said */

static void survive(seL4_Word unused)
{
	seL4_Word result[2];

	(void)unused;
	survived = 1u + (seL4_Word)registers_survive(survivor.call, survivor.x0, survivor.info, result);
	survivor.x0_after = result[0];
	survivor.info_after = result[1];
	script_rest();
}

/* 0: every register is right; 1: one is not; 2: the thread did not return, a fault in *label. */
static unsigned int try_call(struct survivor call, seL4_Word *label)
{
	seL4_CPtr fault = object_new(seL4_EndpointObject, 0);
	struct sel4_trap trap = { .x0 = fault };
	struct thread thread;

	survivor = call;
	survived = 0;
	if (!thread_new(&thread, ROOT_SPACE, cap_badge(fault, 1)) || !thread_start(&thread, survive, 0, 20))
		return 1;
	settle();
	sel4_trap(SEL4_SYS_NB_RECV, &trap);
	*label = trap.x0 ? LABEL(trap.info) : 0;
	seL4_CNode_Delete(ROOT_CNODE, thread.tcb, 64);
	if (!survived)
		return 2;
	return survived != 1 || survivor.x0_after != call.x0_after || survivor.info_after != call.info_after;
}

static void registers_of_every_call(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0), active = cap_badge(ntfn, 0x77);
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), tcb = object_new(seL4_TCBObject, 0);
	const struct survivor calls[] = {
		{ SEL4_SYS_YIELD, 11, 12, 11, 12 },
		{ SEL4_SYS_SEND, active, 0, active, 0 },
		{ SEL4_SYS_RECV, ntfn, 12, 0x77, 12 },
		{ SEL4_SYS_NB_SEND, active, 0, active, 0 },
		{ SEL4_SYS_NB_RECV, ntfn, 12, 0x77, 12 },
		{ SEL4_SYS_NB_RECV, ntfn, 12, 0, 12 },
		{ SEL4_SYS_NB_RECV, endpoint, 12, 0, 12 },
		{ SEL4_SYS_NB_SEND, endpoint, INFO(5, 0, 4), endpoint, INFO(5, 0, 4) },
		{ SEL4_SYS_NB_SEND, 1ul << 40, 2, 1ul << 40, 2 },
		{ SEL4_SYS_REPLY, 11, INFO(5, 0, 4), 11, INFO(5, 0, 4) },
		{ SEL4_SYS_SEND, tcb, INFO(TCBResume, 0, 0), tcb, INFO(TCBResume, 0, 0) },
		{ SEL4_SYS_NB_SEND, tcb, INFO(TCBSuspend, 0, 0), tcb, INFO(TCBSuspend, 0, 0) },
		{ SEL4_SYS_SEND, tcb, INFO(9999, 0, 0), tcb, INFO(9999, 0, 0) },
		{ SEL4_SYS_CALL, tcb, INFO(TCBSuspend, 0, 0), 0, 0 },
		{ SEL4_SYS_CALL, tcb, INFO(9999, 0, 2), 0, INFO(seL4_IllegalOperation, 0, 0) },
		{ SEL4_SYS_CALL, active, 0, 0, 0 },
		{ SEL4_SYS_REPLY_RECV, ntfn, 12, 0x77, 12 },
	};
	seL4_Word label;

	CHECK(script_open());
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (try_call(calls[i], &label)) {
			test_fail(__FILE__, __LINE__, "call", i, 0);
			return;
		}
}

/* A release kernel has none of them, a debug kernel all; the numbers around them are nobody's. */
static void debug_calls(void)
{
	seL4_CPtr tcb = object_new(seL4_TCBObject, 0);
	const struct survivor calls[] = {
		{ SEL4_SYS_DEBUG_PUT_CHAR, '.', 12, '.', 12 },
		{ SEL4_SYS_DEBUG_CAP_IDENTIFY, tcb, 12, 12, 12 },
		{ SEL4_SYS_DEBUG_CAP_IDENTIFY, 1ul << 40, 12, 0, 12 },
		{ SEL4_SYS_DEBUG_DUMP_SCHEDULER, 11, 12, 11, 12 },
		{ SEL4_SYS_DEBUG_SNAPSHOT, 11, 12, 11, 12 },
#ifdef SEL4_SMP
		{ SEL4_SYS_DEBUG_GET_THREAD_AFFINITY, tcb, 12, 0, 12 },
#endif
	};
	static const long never[] = { -17, -18, -22, -27, -29, -30, -31, 0, 1, 0xc1, 1l << 62 };
	unsigned int there = 0;
	const unsigned int all = sizeof(calls) / sizeof(calls[0]);
	seL4_Word label;

	CHECK(script_open());
	for (unsigned int i = 0; i < all; i++) {
		unsigned int how = try_call(calls[i], &label);

		CHECK(how == 0 || (how == 2 && label == seL4_Fault_UnknownSyscall));
		there += how == 0;
	}
	CHECK(there == 0 || there == all);
	for (unsigned int i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		CHECK_IS(try_call((struct survivor){ .call = never[i] }, &label), 2);
		CHECK_IS(label, seL4_Fault_UnknownSyscall);
	}
	say("\ndebug calls: %s\n", there ? "yes" : "no");
	if (there) {
		seL4_DebugNameThread(tcb, "a-name-of-mine");	/* test_kernel.py looks for it */
		seL4_DebugDumpScheduler();
	}
}

/* TPIDR_EL0, which a thread may write, too. This image's own pointer is put back at once. */
static void tls_base(void)
{
	struct sel4_trap trap = { .x0 = seL4_CapInitThreadTCB, .info = INFO(TCBSetTLSBase, 0, 1),
				  .mr = { 0x1234567890 } };
	seL4_Word old, now;

	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(old) : : "memory");
	sel4_trap(SEL4_SYS_CALL, &trap);
	__asm__ volatile("mrs %0, tpidr_el0\n\tmsr tpidr_el0, %1" : "=&r"(now) : "r"(old) : "memory");
	CHECK_IS(trap.info, 0);
	CHECK_IS(now, 0x1234567890);
	seL4_Yield();
	__asm__ volatile("mrs %0, tpidr_el0" : "=r"(now) : : "memory");
	CHECK_IS(now, old);
}

const struct test tests_cap[] = {
	{ "deep_addresses", deep_addresses },
	{ "split_to_the_last_bit", split_to_the_last_bit },
	{ "retype_fan_out", retype_fan_out },
	{ "pools_run_out", pools_run_out },
	{ "processes_come_and_go", processes_come_and_go },
	{ "registers_of_every_call", registers_of_every_call },
	{ "debug_calls", debug_calls },
	{ "tls_base", tls_base },
	{ 0 },
};
