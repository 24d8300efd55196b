/* SPDX-License-Identifier: BSD-2-Clause */
/* Which exception becomes which message (ABI 5). */
#include "env.h"

extern char lone_trap[], after_lone_trap[], bad_undefined[], bad_hvc[], bad_smc[], bad_midr[],
	bad_brk[], bad_simd[], bad_cntpct[], bad_daif[];

static seL4_CPtr endpoint;
static struct thread thread;

/* Runs the code in a thread; the message that it causes. */
static struct message run_code(const char *code, seL4_Word x0, seL4_Word x7)
{
	seL4_UserContext context = { .pc = (seL4_Word)code, .sp = 0x5a5a0, .x0 = x0, .x7 = x7, .x5 = 5 };
	struct message none = { 0 };

	endpoint = object_new(seL4_EndpointObject, 0);
	if (!thread_new(&thread, ROOT_SPACE, cap_badge(endpoint, 9)) ||
	    seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, 10) ||
	    seL4_TCB_WriteRegisters(thread.tcb, true, 0, SEL4_TCB_REGISTERS, &context))
		return none;
	return message_wait(endpoint);
}

static void user_exceptions(void)
{
	const char *const code[] = { bad_undefined, bad_hvc, bad_smc, bad_midr };

	for (unsigned int i = 0; i < 4; i++) {
		struct message m = run_code(code[i], 0, 0);

		CHECK_IS(m.label, seL4_Fault_UserException);
		CHECK_IS(m.length, 5);
		CHECK_IS(seL4_GetMR(0), (seL4_Word)code[i]);
		CHECK_IS(seL4_GetMR(1), 0x5a5a0);
		CHECK_IS(seL4_GetMR(3), 0x02000000);
		CHECK_IS(seL4_GetMR(4), 0);
	}
}

static void vcpu_faults_of_native_threads(void)
{
	struct message m = run_code(bad_brk, 0, 0);

	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(m.length, 1);
	CHECK_IS(seL4_GetMR(0), 0xf2000001);
	m = run_code(bad_cntpct, 0, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0) >> 26, 0x18);
	m = run_code(bad_daif, 0, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	m = run_code(bad_undefined + 2, 0, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0), 0x8a000000);
}

static void simd_off(void)
{
	seL4_UserContext context = { .pc = (seL4_Word)bad_simd };
	struct message m;

	m = run_code(bad_brk, 0, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_TCB_SetFlags(thread.tcb, 0, 1).flags, 1);
	CHECK_OK(seL4_TCB_WriteRegisters(thread.tcb, false, 0, 1, &context));
	message_reply(0);
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0), 0x1fe00000);
	CHECK_IS(seL4_TCB_SetFlags(thread.tcb, 1, 0).flags, 0);
	message_reply(0);
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0) >> 26, 0x18);		/* the instruction after it */
}

static void unknown_syscall(void)
{
	struct message m = run_code(lone_trap, 42, 0xc1);

	CHECK_IS(m.label, seL4_Fault_UnknownSyscall);
	CHECK_IS(m.length, 13);
	CHECK_IS(m.badge, 9);
	CHECK_IS(seL4_GetMR(0), 42);
	CHECK_IS(seL4_GetMR(5), 5);
	CHECK_IS(seL4_GetMR(8), (seL4_Word)lone_trap);
	CHECK_IS(seL4_GetMR(9), 0x5a5a0);
	CHECK_IS(seL4_GetMR(10), (seL4_Word)after_lone_trap);
	CHECK_IS(seL4_GetMR(12), 0xc1);
	/* The handler skips it and sets x0. */
	seL4_SetMR(0, 1);
	seL4_SetMR(8, (seL4_Word)bad_brk);
	message_reply(12);
	CHECK_IS(message_wait(endpoint).label, seL4_Fault_VCPUFault);
	{
		seL4_UserContext context;

		CHECK_OK(seL4_TCB_ReadRegisters(thread.tcb, false, 0, SEL4_TCB_REGISTERS, &context));
		CHECK_IS(context.pc, (seL4_Word)bad_brk);
		CHECK_IS(context.x0, 1);
	}
}

static void cap_fault(void)
{
	struct message m = run_code(lone_trap, 1ul << 12, (seL4_Word)SEL4_SYS_CALL);

	CHECK_IS(m.label, seL4_Fault_CapFault);
	CHECK_IS(seL4_GetMR(0), (seL4_Word)lone_trap);
	CHECK_IS(seL4_GetMR(1), 1ul << 12);
	CHECK_IS(seL4_GetMR(2), 0);
	CHECK_IS(seL4_GetMR(3), seL4_GuardMismatch);
	CHECK_IS(seL4_GetMR(4), 64);
	CHECK_IS(seL4_GetMR(6), 52);
	m = run_code(lone_trap, slot_new(), (seL4_Word)SEL4_SYS_NB_RECV);
	CHECK_IS(m.label, seL4_Fault_CapFault);
	CHECK_IS(seL4_GetMR(2), 1);
	CHECK_IS(seL4_GetMR(3), seL4_MissingCapability);
	CHECK_IS(seL4_GetMR(4), 0);
}

static void read_word(seL4_Word address)
{
	(void)*(volatile seL4_Word *)address;
}

static void address_beyond_the_space(void)
{
	struct message m;

	endpoint = object_new(seL4_EndpointObject, 0);
	CHECK(thread_new(&thread, ROOT_SPACE, endpoint));
	CHECK(thread_start(&thread, read_word, 0x7edcba987650, 10));
	m = message_wait(endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(1), 0x7edcba987650);
}

/* A fault with nobody to tell stops the thread, and nothing else. */
static void double_fault(void)
{
	seL4_CPtr other = object_new(seL4_EndpointObject, 0);

	CHECK(thread_new(&thread, ROOT_SPACE, 0));
	CHECK(thread_start(&thread, read_word, 0x7edcba987650, 20));
	CHECK(thread_new(&thread, ROOT_SPACE, other));
	CHECK(thread_start(&thread, read_word, 0x70000000000, 10));
	CHECK_IS(message_wait(other).label, seL4_Fault_VMFault);
}

const struct test tests_fault[] = {
	{ "user_exceptions", user_exceptions },
	{ "vcpu_faults_of_native_threads", vcpu_faults_of_native_threads },
	{ "simd_off", simd_off },
	{ "unknown_syscall", unknown_syscall },
	{ "cap_fault", cap_fault },
	{ "address_beyond_the_space", address_beyond_the_space },
	{ "double_fault", double_fault },
	{ 0 },
};
