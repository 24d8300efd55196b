/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What system calls, faults and interrupts cost, one way where there are two ends: the sender's
 * look at the counter before, the receiver's after. Under -icount shift=0 a nanosecond is an
 * instruction.
 */
#include "kernel.h"

#define ROUNDS		2048u
#define GUEST_CODE	0x40000000ul
#define LOW		100
#define HIGH		200
#define BUFFER_AT	0x30000000ul	/* any address: the kernel only needs the frame */
#define UNMAPPED	0x6f000000ul

extern char bad_undefined[], guest_start[], guest_loop_wfi[], guest_loop_load[];
_Noreturn void test_main(seL4_BootInfo *info);

volatile seL4_Word stamp[2], passed[2];
static seL4_Word clock_cost;	/* ticks of ROUNDS looks at the counter */

void report(const char *name, seL4_Word ticks, seL4_Word rounds)
{
	seL4_Word frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	say("bench: %s %lx %lx %lx\n", name, ticks, rounds, frequency);
}

void dither(unsigned int i)
{
	for (unsigned int n = i * 5 % 16; n; n--)
		__asm__ volatile("");
}

static void report_one_way(const char *name, seL4_Word ticks)
{
	report(name, ticks > clock_cost ? ticks - clock_cost : 0, ROUNDS);
}

/* What a pair of stamps costs by itself: nothing between them. */
static void calibrate(void)
{
	seL4_Word total = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		dither(i);
		stamp[0] = now();
		total += now() - stamp[0];
	}
	clock_cost = total;
}

struct served {
	seL4_Word endpoint, info;
};
static volatile struct served served;

/* Answers with as many words as it is asked with. */
static void server(seL4_Word endpoint)
{
	struct words got = trap(SEL4_SYS_RECV, endpoint, 0);

	for (unsigned int i = 0;; i++) {
		passed[0] += now() - stamp[0];
		dither(i / 16);
		stamp[1] = now();
		got = trap(SEL4_SYS_REPLY_RECV, endpoint, got.info);
	}
}

static void give_buffer(const struct thread *thread)
{
	seL4_TCB_SetIPCBuffer(thread->tcb, BUFFER_AT, object_new(seL4_ARM_SmallPageObject, 0));
}

static void call(const char *call_name, const char *reply_name, unsigned int words)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct thread thread;

	CHECK(thread_new(&thread, space_twin(), 0));
	give_buffer(&thread);
	CHECK(thread_start(&thread, server, endpoint, HIGH));
	CHECK_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, LOW));
	for (unsigned int i = 0; i < ROUNDS + 16; i++) {
		if (i == 16)
			passed[0] = passed[1] = 0;
		dither(i);
		stamp[0] = now();
		trap(SEL4_SYS_CALL, endpoint, words);
		passed[1] += now() - stamp[1];
	}
	report_one_way(call_name, passed[0]);
	report_one_way(reply_name, passed[1]);
	CHECK_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255));
}

static void waiter(seL4_Word ntfn)
{
	for (;;) {
		trap(SEL4_SYS_RECV, ntfn, 0);
		passed[0] += now() - stamp[0];
	}
}

static void signals(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	seL4_Word start;
	struct thread thread;

	start = now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		trap(SEL4_SYS_SEND, ntfn, 0);
	report("signal-nobody", now() - start, ROUNDS);
	trap(SEL4_SYS_RECV, ntfn, 0);
	CHECK(thread_new(&thread, space_twin(), 0));
	CHECK(thread_start(&thread, waiter, ntfn, HIGH));
	CHECK_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, LOW));
	passed[0] = 0;
	start = now();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		dither(i);
		stamp[0] = now();
		trap(SEL4_SYS_SEND, ntfn, 0);
	}
	report_one_way("signal-higher", passed[0]);
	CHECK_OK(seL4_TCB_SetPriority(seL4_CapInitThreadTCB, seL4_CapInitThreadTCB, 255));
}

static void yielder(seL4_Word unused)
{
	(void)unused;
	for (;;) {
		passed[0] += now() - stamp[0];
		trap(SEL4_SYS_YIELD, 0, 0);
	}
}

static void yields(void)
{
	struct thread thread;
	seL4_Word start = now();

	for (unsigned int i = 0; i < ROUNDS; i++)
		trap(SEL4_SYS_YIELD, 0, 0);
	report("yield-alone", now() - start, ROUNDS);
	CHECK(thread_new(&thread, space_twin(), 0));
	CHECK(thread_start(&thread, yielder, 0, 255));
	trap(SEL4_SYS_YIELD, 0, 0);
	passed[0] = 0;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		dither(i);
		stamp[0] = now();
		trap(SEL4_SYS_YIELD, 0, 0);
	}
	report_one_way("yield-other", passed[0]);
	CHECK_OK(seL4_TCB_Suspend(thread.tcb));
}

static void load_unmapped(seL4_Word address)
{
	__asm__ volatile("ldr x1, [%0]" : : "r"(address) : "x1");
}

/* The answer lets the thread try again: it faults again. */
static void rounds_of_faults(const char *name, seL4_CPtr endpoint, seL4_Word info)
{
	seL4_Word start;

	trap(SEL4_SYS_RECV, endpoint, 0);
	start = now();
	for (unsigned int i = 0; i < ROUNDS; i++)
		trap(SEL4_SYS_REPLY_RECV, endpoint, info);
	report(name, now() - start, ROUNDS);
}

static void faults(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct thread thread;

	CHECK(thread_new(&thread, space_twin(), endpoint));
	CHECK(thread_start(&thread, load_unmapped, UNMAPPED, LOW));
	rounds_of_faults("fault-vm", endpoint, 0);
	CHECK_OK(seL4_TCB_Suspend(thread.tcb));
	endpoint = object_new(seL4_EndpointObject, 0);
	CHECK(thread_new(&thread, space_twin(), endpoint));
	CHECK(thread_start(&thread, (void (*)(seL4_Word))bad_undefined, 0, LOW));
	rounds_of_faults("fault-undefined", endpoint, 0);
	CHECK_OK(seL4_TCB_Suspend(thread.tcb));
}

static seL4_CPtr guest(seL4_CPtr endpoint, const char *entry, seL4_CPtr *tcb)
{
	seL4_CPtr space = space_new(), code = space_page(ROOT_SPACE, SCRATCH);
	seL4_CPtr vcpu = object_new(seL4_ARM_VCPUObject, 0);
	seL4_UserContext context = {
		.pc = GUEST_CODE + (seL4_Word)(entry - guest_start), .spsr = 0x3c5, .x0 = UNMAPPED,
	};

	*tcb = object_new(seL4_TCBObject, 0);
	__builtin_memcpy((void *)SCRATCH, guest_start, PAGE);
	if (seL4_ARM_Page_Unify_Instruction(code, 0, PAGE) || seL4_ARM_Page_Unmap(code) ||
	    space_map(space, code, GUEST_CODE, seL4_ReadWrite, 3) ||
	    seL4_TCB_Configure(*tcb, endpoint, ROOT_CNODE, 0, space, 0, 0, 0) ||
	    seL4_TCB_SetPriority(*tcb, seL4_CapInitThreadTCB, LOW) ||
	    seL4_ARM_VCPU_SetTCB(vcpu, *tcb) ||
	    seL4_TCB_WriteRegisters(*tcb, true, 0, SEL4_TCB_REGISTERS, &context))
		return 0;
	return vcpu;
}

static void exits(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0), tcb, vcpu;

	CHECK(guest(endpoint, guest_loop_wfi, &tcb));
	rounds_of_faults("exit-wfi", endpoint, 0);
	CHECK_OK(seL4_TCB_Suspend(tcb));
	endpoint = object_new(seL4_EndpointObject, 0);
	vcpu = guest(endpoint, guest_loop_load, &tcb);
	CHECK(vcpu);
	if (!seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_SHORT_FAULTS, 1))
		rounds_of_faults("exit-load-short", endpoint, 1);
	CHECK_OK(seL4_TCB_Suspend(tcb));
}

static void spin(seL4_Word unused)
{
	(void)unused;
	for (;;)
		;
}

/* From the timer's deadline to the thread that waits for its interrupt. */
static void interrupt(void)
{
	struct thread thread;
	seL4_Word total = 0, deadline;

	CHECK(thread_new(&thread, space_twin(), 0));
	CHECK(thread_start(&thread, spin, 0, LOW));
	for (unsigned int i = 0; i < 256; i++) {
		deadline = now() + 1000 + i % 7;
		__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb" : :
				 "r"(deadline), "r"(1ul));
		trap(SEL4_SYS_RECV, clock_notification, 0);
		total += now() - deadline;
		__asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb");
		seL4_IRQHandler_Ack(clock_handler);
	}
	report("interrupt", total, 256);
	CHECK_OK(seL4_TCB_Suspend(thread.tcb));
}

#define MEASURE(name, statement) do {					\
	seL4_Word start_ = now();					\
									\
	for (unsigned int i_ = 0; i_ < ROUNDS; i_++)			\
		statement;						\
	report(name, now() - start_, ROUNDS);				\
} while (0)

/* What a VMM does to its guest, by the usual stubs. */
static void invocations(void)
{
	seL4_CPtr tcb = object_new(seL4_TCBObject, 0), vcpu = object_new(seL4_ARM_VCPUObject, 0);
	seL4_UserContext context = { 0 };

	MEASURE("vcpu-write", seL4_ARM_VCPU_WriteRegs(vcpu, seL4_VCPUReg_VBAR, 0));
	MEASURE("vcpu-read", seL4_ARM_VCPU_ReadRegs(vcpu, seL4_VCPUReg_VBAR));
	MEASURE("registers-read-4", seL4_TCB_ReadRegisters(tcb, false, 0, 4, &context));
	MEASURE("registers-write-1", seL4_TCB_WriteRegisters(tcb, false, 0, 1, &context));
	MEASURE("nbsend-empty", trap(SEL4_SYS_NB_SEND, 4000, 0));
}

void bench_calls(void)
{
	calibrate();
	call("call-0", "reply-0", 0);
	call("call-10", "reply-10", 10);
	signals();
	yields();
	faults();
	exits();
	interrupt();
	invocations();
}

static void run_part(void (*part)(void))
{
	sandbox_open();
	if (clock_open())
		part();
	clock_close();
	sandbox_close();
}

_Noreturn void test_main(seL4_BootInfo *info)
{
	boot = info;
	seL4_SetIPCBuffer(info->ipcBuffer);
	console_init();
	run_part(bench_calls);
	run_part(bench_objects);
	run_part(bench_latency);
	say("bench: end %s\n", test_failed ? "FAILED" : "well");
	for (;;)
		seL4_Yield();
}
