/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What entries cost. Under -icount shift=0 a nanosecond is an instruction, so that the numbers are
 * exact; test_cost.py holds them to their budgets. Otherwise they say little.
 */
#include "env.h"

#define ROUNDS		512ul
#define GUEST_CODE	0x40000000ul

extern char guest_start[], guest_loop_wfi[], guest_loop_signal[];

static void report(const char *what, seL4_Word start)
{
	seL4_Word frequency, ticks = clock_now() - start;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	say("COST %s 0x%lx\n", what, ticks * (1000000000ul / ROUNDS) / frequency);
}

static void signal_nobody(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	seL4_Word start;

	CHECK(clock_open());
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		seL4_Signal(ntfn);
	report("signal", start);
}

static void serve(seL4_Word endpoint)
{
	struct sel4_trap trap = { .x0 = endpoint };

	sel4_trap(SEL4_SYS_RECV, &trap);
	for (;;) {
		trap.x0 = endpoint;
		trap.info = 0;
		sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	}
}

/* Call and ReplyRecv between two spaces: a round trip. */
static void round_trip(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct sel4_trap trap = { 0 };
	struct thread thread;
	seL4_Word start;

	CHECK(thread_new(&thread, space_twin(), 0));
	CHECK(thread_start(&thread, serve, endpoint, 255));
	CHECK(clock_open());
	raw_call(endpoint, &trap, 0, 1);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		raw_call(endpoint, &trap, 0, 1);
	report("call_reply", start);
}

static bool guest_start_at(seL4_CPtr endpoint, const char *entry, seL4_Word x0)
{
	seL4_CPtr space = space_new(), code = space_page(ROOT_SPACE, SCRATCH);
	seL4_CPtr tcb = object_new(seL4_TCBObject, 0), vcpu = object_new(seL4_ARM_VCPUObject, 0);
	seL4_UserContext context = {
		.pc = GUEST_CODE + (seL4_Word)(entry - guest_start), .spsr = 0x3c5, .x0 = x0,
	};

	__builtin_memcpy((void *)SCRATCH, guest_start, PAGE);
	return !seL4_ARM_Page_Unify_Instruction(code, 0, PAGE) && !seL4_ARM_Page_Unmap(code) &&
	       !space_map(space, code, GUEST_CODE, seL4_ReadWrite, 3) &&
	       !seL4_TCB_Configure(tcb, endpoint, ROOT_CNODE, 0, space, 0, 0, 0) &&
	       !seL4_TCB_SetPriority(tcb, seL4_CapInitThreadTCB, 10) &&
	       !seL4_ARM_VCPU_SetTCB(vcpu, tcb) &&
	       !seL4_TCB_WriteRegisters(tcb, true, 0, SEL4_TCB_REGISTERS, &context);
}

/* An exit of a guest to its VMM and back: fault message, Reply, entry. */
static void guest_exit(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct sel4_trap trap = { .x0 = endpoint };
	seL4_Word start;

	CHECK(guest_start_at(endpoint, guest_loop_wfi, 0));
	CHECK(clock_open());
	sel4_trap(SEL4_SYS_RECV, &trap);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		trap.x0 = endpoint;
		trap.info = 0;
		sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	}
	report("guest_exit", start);
}

/* A guest rings by hvc; whom it wakes is of higher priority and waits again at once. */
static void guest_signal(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	struct sel4_trap trap = { 0 };
	seL4_Word start;

	CHECK(guest_start_at(0, guest_loop_signal, ntfn));
	CHECK(clock_open());
	raw_wait(ntfn);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		trap.x0 = ntfn;
		sel4_trap(SEL4_SYS_RECV, &trap);
	}
	report("guest_signal", start);
}

/* What a VMM does at an exit with a register transfer. */
static void invocations(void)
{
	seL4_CPtr tcb = object_new(seL4_TCBObject, 0), vcpu = object_new(seL4_ARM_VCPUObject, 0);
	seL4_UserContext context = { 0 };
	seL4_Word start;

	CHECK(clock_open());
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		seL4_TCB_ReadRegisters(tcb, false, 0, 4, &context);
	report("read_4", start);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		seL4_TCB_ReadRegisters(tcb, false, 0, SEL4_TCB_REGISTERS, &context);
	report("read_36", start);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		seL4_TCB_WriteRegisters(tcb, false, 0, 1, &context);
	report("write_1", start);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		seL4_TCB_WriteRegisters(tcb, false, 0, 5, &context);
	report("write_5", start);
	start = clock_now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_LR, 0);
	report("vcpu_write", start);
}

const struct test tests_cost[] = {
	{ "cost_invocations", invocations },
	{ "cost_signal", signal_nobody },
	{ "cost_call_reply", round_trip },
	{ "cost_guest_exit", guest_exit },
	{ "cost_guest_signal", guest_signal },
	{ 0 },
};
