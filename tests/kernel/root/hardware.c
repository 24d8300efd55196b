/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task for test_hardware.py, which lets the processor take SErrors at places that it finds
 * by the marks. What the guests and the thread then see is said.
 */
#include "env.h"

#define GUEST_CODE	0x40000000ul
#define SPSR_EL1H	0x3c5

extern char serror_guest[], serror_masked[], serror_open[];
_Noreturn void test_main(seL4_BootInfo *info);
void hardware_mark(void);
void hardware_end(void);
void hardware_native(seL4_Word argument);

struct guest {
	seL4_CPtr tcb, vcpu, space;
};

static seL4_CPtr endpoint;

__attribute__((noinline)) void hardware_mark(void)
{
	__asm__ volatile("" : : : "memory");
}

__attribute__((noinline)) void hardware_end(void)
{
	__asm__ volatile("" : : : "memory");
}

static void guest_new(struct guest *g, seL4_Word badge)
{
	seL4_CPtr code;

	g->space = space_new();
	g->tcb = object_new(seL4_TCBObject, 0);
	g->vcpu = object_new(seL4_ARM_VCPUObject, 0);
	code = space_page(ROOT_SPACE, SCRATCH);
	__builtin_memcpy((void *)SCRATCH, serror_guest, PAGE);
	CHECK_OK(seL4_ARM_Page_Unify_Instruction(code, 0, PAGE));
	CHECK_OK(seL4_ARM_Page_Unmap(code));
	CHECK_OK(space_map(g->space, code, GUEST_CODE, seL4_ReadWrite, 3));
	CHECK_OK(seL4_TCB_Configure(g->tcb, cap_badge(endpoint, badge), ROOT_CNODE, 0, g->space, 0, 0, 0));
	CHECK_OK(seL4_TCB_SetPriority(g->tcb, seL4_CapInitThreadTCB, 10));
	CHECK_OK(seL4_ARM_VCPU_SetTCB(g->vcpu, g->tcb));
}

static void guest_start(const struct guest *g, const char *entry)
{
	seL4_UserContext context = {
		.pc = GUEST_CODE + (seL4_Word)(entry - serror_guest), .spsr = SPSR_EL1H,
	};

	CHECK_OK(seL4_TCB_WriteRegisters(g->tcb, true, 0, SEL4_TCB_REGISTERS, &context));
}

/* Behind its system call. */
static void guest_continue(const struct guest *g)
{
	seL4_UserContext context = { 0 };

	seL4_TCB_ReadRegisters(g->tcb, false, 0, SEL4_TCB_REGISTERS, &context);
	context.pc += 4;
	CHECK_OK(seL4_TCB_WriteRegisters(g->tcb, true, 0, SEL4_TCB_REGISTERS, &context));
}

static void guest_heard(void)
{
	struct message m = message_wait(endpoint);

	say("guest %lx got to %lx, ESR %lx\n", m.badge, seL4_GetMR(0), seL4_GetMR(1));
}

/* An SError of the first guest is pending while the second one, and this task, run. */
static void guests(void)
{
	struct guest first, second;

	guest_new(&first, 1);
	guest_new(&second, 2);
	hardware_mark();
	guest_start(&first, serror_masked);
	guest_heard();
	guest_start(&second, serror_open);
	guest_heard();
	guest_continue(&first);
	guest_heard();
}

void hardware_native(seL4_Word to)
{
	struct sel4_trap trap = { 0 };

	raw_call(to, &trap, 7, 0);
	for (;;)
		seL4_Yield();
}

static void native(void)
{
	struct thread thread;
	struct message m;

	CHECK(thread_new(&thread, ROOT_SPACE, cap_badge(endpoint, 3)));
	hardware_mark();
	CHECK(thread_start(&thread, hardware_native, endpoint, 10));
	m = message_wait(endpoint);
	if (m.badge) {
		say("thread %lx fault %lx at %lx number %lx\n", m.badge, m.label, seL4_GetMR(0), seL4_GetMR(3));
		message_reply(0);
		m = message_wait(endpoint);
	}
	say("thread goes on: %lx\n", m.label);
}

_Noreturn void test_main(seL4_BootInfo *info)
{
	boot = info;
	seL4_SetIPCBuffer(info->ipcBuffer);
	console_init();
	sandbox_open();
	endpoint = object_new(seL4_EndpointObject, 0);
	guests();
	native();
	say("HARDWARE %s\n", test_failed ? "FAILED" : "DONE");
	hardware_end();
	for (;;)
		seL4_Yield();
}
