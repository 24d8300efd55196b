/* SPDX-License-Identifier: BSD-2-Clause */
/* Virtual CPUs: entries and exits, interrupts, timer, registers (ABI 2.10, 6.6 to 6.10). */
#include "guest.h"

#define GUEST_CODE	0x40000000ul
#define GUEST_GICV	0x08010000ul
#define GICV_PADDR	0x08040000ul
#define SPSR_EL1H	0x3c5

#define EC(esr)		((esr) >> 26)

extern char guest_start[], guest_mmio[], guest_irq[], guest_timer[], guest_timer_poll[],
	guest_signal[], guest_put_char[], guest_arm32[], guest_spin[], guest_fp[], guest_short[],
	guest_ticks[], guest_counter[];

bool guest_new(struct guest *g)
{
	seL4_CPtr code;

	g->space = space_new();
	g->endpoint = object_new(seL4_EndpointObject, 0);
	g->tcb = object_new(seL4_TCBObject, 0);
	g->vcpu = object_new(seL4_ARM_VCPUObject, 0);
	code = space_page(ROOT_SPACE, SCRATCH);
	if (test_failed)
		return false;
	__builtin_memcpy((void *)SCRATCH, guest_start, PAGE);
	if (seL4_ARM_Page_Unify_Instruction(code, 0, PAGE) || seL4_ARM_Page_Unmap(code) ||
	    space_map(g->space, code, GUEST_CODE, seL4_ReadWrite, 3))
		return false;
	return !seL4_TCB_Configure(g->tcb, cap_badge(g->endpoint, 5), ROOT_CNODE, 0, g->space, 0, 0, 0) &&
	       !seL4_TCB_SetPriority(g->tcb, seL4_CapInitThreadTCB, 10) &&
	       !seL4_ARM_VCPU_SetTCB(g->vcpu, g->tcb) &&
	       !seL4_ARM_VCPU_WriteRegs(g->vcpu, seL4_VCPUReg_VMPIDR_EL2, 1ul << 31 | 3) &&
	       !seL4_ARM_VCPU_WriteRegs(g->vcpu, seL4_VCPUReg_CPACR, 3ul << 20);
}

static bool guest_gic(const struct guest *g)
{
	return !space_map(g->space, device_frame(GICV_PADDR), GUEST_GICV, seL4_ReadWrite, 0);
}

bool guest_run(const struct guest *g, const char *entry, seL4_Word x0)
{
	seL4_UserContext context = {
		.pc = GUEST_CODE + (seL4_Word)(entry - guest_start), .spsr = SPSR_EL1H, .x0 = x0,
	};

	return !seL4_TCB_WriteRegisters(g->tcb, true, 0, SEL4_TCB_REGISTERS, &context);
}

static seL4_UserContext guest_registers(const struct guest *g)
{
	seL4_UserContext context = { 0 };

	seL4_TCB_ReadRegisters(g->tcb, false, 0, SEL4_TCB_REGISTERS, &context);
	return context;
}

/* Behind the instruction that faulted, with x1. */
static struct message guest_skip(const struct guest *g, seL4_Word x1)
{
	seL4_UserContext context = guest_registers(g);

	context.pc += 4;
	context.x1 = x1;
	seL4_TCB_WriteRegisters(g->tcb, false, 0, SEL4_TCB_REGISTERS, &context);
	message_reply(0);
	return message_wait(g->endpoint);
}

static void exits(void)
{
	struct guest g;
	struct message m;
	seL4_UserContext context;

	CHECK(guest_new(&g));
	CHECK(guest_run(&g, guest_mmio, GUEST_NOBODY));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(m.badge, 5);
	CHECK_IS(seL4_GetMR(seL4_VMFault_IP), GUEST_CODE);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), GUEST_NOBODY);
	CHECK_IS(seL4_GetMR(seL4_VMFault_FSR) >> 6 & 1, 0);			/* load */
	CHECK_IS(seL4_GetMR(seL4_VMFault_FSR) >> 16 & 0x1ff, 0x100 | 2 << 6 | 1);	/* ISV, word, x1 */
	m = guest_skip(&g, 0x1234);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), GUEST_NOBODY + 6);
	CHECK_IS(seL4_GetMR(seL4_VMFault_FSR) >> 6 & 1, 1);
	CHECK_IS(guest_registers(&g).x1, 0x1234);
	m = guest_skip(&g, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(EC(seL4_GetMR(0)), 1);						/* wfi */
	m = guest_skip(&g, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0), 0x5e000003);					/* smc #3 */
	m = guest_skip(&g, 0);
	CHECK_IS(m.label, seL4_Fault_UnknownSyscall);
	CHECK_IS(seL4_GetMR(12), 100);
	CHECK_IS(seL4_GetMR(10), seL4_GetMR(8) + 4);
	m = guest_skip(&g, 0);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(EC(seL4_GetMR(0)), 0x18);					/* CNTPCT */
	m = guest_skip(&g, 0);
	CHECK_IS(EC(seL4_GetMR(0)), 1);
	context = guest_registers(&g);
	CHECK_IS(context.x3, 1ul << 31 | 3);
	CHECK_IS(context.x4, 1 << 2);						/* EL1 */
	m = guest_skip(&g, 0);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), GUEST_NOBODY);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* The counter may be a guest's to read. The timer is not, though its thread's CSpace holds PPI 30. */
static void counter_of_a_guest(void)
{
	struct guest g;
	seL4_Word before;

	CHECK(clock_open());
	CHECK(guest_new(&g));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, PEERVISOR_VCPU_COUNTER).value, 0);
	CHECK_IS(seL4_ARM_VCPU_WriteRegs(g.vcpu, PEERVISOR_VCPU_COUNTER, 2), seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 2);
	CHECK(guest_run(&g, guest_counter, 0));
	CHECK_IS(message_wait(g.endpoint).label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0), 0x6232f841);			/* mrs x2, cntpct_el0 */
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, PEERVISOR_VCPU_COUNTER, 1));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, PEERVISOR_VCPU_COUNTER).value, 1);
	before = clock_now();
	message_reply(0);
	CHECK_IS(message_wait(g.endpoint).label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_GetMR(0), 0x6232f865);			/* mrs x3, cntp_ctl_el0 */
	CHECK(guest_registers(&g).x2 > before && guest_registers(&g).x2 < clock_now());
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

static void registers(void)
{
	struct guest g;

	CHECK(guest_new(&g));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, seL4_VCPUReg_SCTLR).value, 0x34d58820);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, 24).error, seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_IS(seL4_ARM_VCPU_WriteRegs(g.vcpu, 24, 0), seL4_InvalidArgument);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, seL4_VCPUReg_TPIDR_EL1, 0x55));
	CHECK(guest_run(&g, guest_mmio + 8, 0));		/* wfi */
	CHECK_IS(message_wait(g.endpoint).label, seL4_Fault_VCPUFault);
	/* Loaded now, its thread does not run. */
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, seL4_VCPUReg_TPIDR_EL1).value, 0x55);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, seL4_VCPUReg_TPIDR_EL1, 0x66));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, seL4_VCPUReg_CNTVOFF, 0x7777));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, seL4_VCPUReg_TPIDR_EL1).value, 0x66);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, seL4_VCPUReg_CNTVOFF).value, 0x7777);
	CHECK_IS(seL4_ARM_VCPU_AckVPPI(g.vcpu, 30), seL4_InvalidArgument);
	CHECK_IS(seL4_ARM_VCPU_AckVPPI(g.vcpu, 1 << 20), seL4_RangeError);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* A vCPU keeps what it has when another one runs in between. */
static void two_vcpus(void)
{
	struct guest a, b;

	CHECK(guest_new(&a) && guest_new(&b));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(a.vcpu, seL4_VCPUReg_TPIDR_EL1, 0xa));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(b.vcpu, seL4_VCPUReg_TPIDR_EL1, 0xb));
	CHECK_OK(seL4_ARM_VCPU_InjectIRQ(a.vcpu, 50, 1, 0, 3));
	CHECK(guest_run(&a, guest_fp, 0xaaaa));
	CHECK_IS(message_wait(a.endpoint).label, seL4_Fault_VCPUFault);
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, slot_new(), 64));
	CHECK(guest_run(&b, guest_fp, 0xbbbb));
	CHECK_IS(message_wait(b.endpoint).label, seL4_Fault_VCPUFault);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(a.vcpu, seL4_VCPUReg_TPIDR_EL1).value, 0xa);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(b.vcpu, seL4_VCPUReg_TPIDR_EL1).value, 0xb);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(a.vcpu, PEERVISOR_VCPU_LR + 3).value & 0x3ff, 50);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(b.vcpu, PEERVISOR_VCPU_LR + 3).value, 0);
	(void)guest_skip(&b, 0);
	CHECK_IS(guest_registers(&b).x1, 0xbbbb);
	CHECK_OK(seL4_TCB_Suspend(b.tcb));
	CHECK_OK(seL4_TCB_Suspend(a.tcb));
}

/* The next fault of a guest whose last one is answered with a word: "done". */
static struct message short_done(const struct guest *g, seL4_Word value)
{
	seL4_SetMR(0, value);
	message_reply(1);
	return message_wait(g->endpoint);
}

#define SHORT_PC(n)	(GUEST_CODE + (seL4_Word)(guest_short - guest_start) + 12 + 4 * (n))

/* One fault and one reply do an access: registers, address and interrupt state come along. */
static void short_faults(void)
{
	struct guest g;
	struct message m;
	seL4_UserContext context;
	seL4_CPtr reply = slot_new();

	CHECK(guest_new(&g));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, PEERVISOR_VCPU_SHORT_FAULTS).value, 0);
	CHECK_IS(seL4_ARM_VCPU_WriteRegs(g.vcpu, PEERVISOR_VCPU_SHORT_FAULTS, 2), seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 2);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, PEERVISOR_VCPU_SHORT_FAULTS, 1));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, PEERVISOR_VCPU_SHORT_FAULTS).value, 1);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, seL4_VCPUReg_CNTV_CVAL, 0x7777777));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, seL4_VCPUReg_CNTV_CTL, 2));
	CHECK_OK(seL4_ARM_VCPU_InjectIRQ(g.vcpu, 40, 0, 0, 1));
	CHECK(guest_run(&g, guest_short, GUEST_NOBODY));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(m.length, 4);
	CHECK_IS(m.badge, 5);
	CHECK_IS(seL4_GetMR(0), SHORT_PC(0));
	CHECK_IS(seL4_GetMR(1), GUEST_NOBODY);
	CHECK_IS(seL4_GetMR(2), 0);
	CHECK_IS(seL4_GetMR(3) >> 26, 0x24);
	message_reply(0);						/* again */
	m = message_wait(g.endpoint);
	CHECK_IS(seL4_GetMR(0), SHORT_PC(0));
	m = short_done(&g, 0x123456789abcdef0);
	CHECK_IS(guest_registers(&g).x5, 0x123456789abcdef0);
	CHECK_IS(m.length, 4);
	CHECK_IS(seL4_GetMR(0), SHORT_PC(1));
	CHECK_IS(seL4_GetMR(1), GUEST_NOBODY + 8);
	CHECK_IS(seL4_GetMR(2), 0x66);
	/* Through a saved reply capability. */
	CHECK_OK(seL4_CNode_SaveCaller(ROOT_CNODE, reply, 64));
	seL4_SetMR(0, 0x55);
	seL4_Send(reply, seL4_MessageInfo_new(0, 0, 0, 1));
	m = message_wait(g.endpoint);
	CHECK_IS(guest_registers(&g).x6, 0x66);
	CHECK_IS(seL4_GetMR(1), GUEST_NOBODY + 12);
	m = short_done(&g, 1);
	CHECK_IS(seL4_GetMR(0), SHORT_PC(3));
	m = short_done(&g, 0x77);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(m.length, 4);
	CHECK_IS(seL4_GetMR(0), 0x5e000000);				/* smc #0 */
	CHECK_IS(seL4_GetMR(1), GUEST_NOBODY);
	CHECK_IS(seL4_GetMR(2), 11);
	CHECK_IS(seL4_GetMR(3), 12);
	m = short_done(&g, GUEST_NOBODY + 16);
	CHECK_IS(EC(seL4_GetMR(0)), 0x18);
	CHECK_IS(seL4_GetMR(0) & 1, 1);
	CHECK_IS(seL4_GetMR(1), 0);
	m = short_done(&g, 0x7070);
	CHECK_IS(EC(seL4_GetMR(0)), 0x18);
	CHECK_IS(seL4_GetMR(0) & 1, 0);
	CHECK_IS(seL4_GetMR(1), 0x66);
	m = short_done(&g, 0x99);
	context = guest_registers(&g);
	CHECK_IS(context.x0, GUEST_NOBODY + 16);
	CHECK_IS(context.x6, 0x66);
	CHECK_IS(context.x7, 0x7070);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(2), 0);
	CHECK_IS(seL4_GetMR(3) >> 24 & 1, 0);				/* no syndrome */
	m = short_done(&g, 0x88);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(EC(seL4_GetMR(0)), 1);
	CHECK_IS(seL4_GetMR(1), 2);
	CHECK_IS(seL4_GetMR(2), 0x7777777);
	CHECK_IS(seL4_GetMR(3) & 15, 13);
	m = short_done(&g, 0x88);
	context = guest_registers(&g);
	CHECK_IS(context.x8, 0);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(3) >> 26, 0x20);
	CHECK_IS(seL4_GetMR(0), GUEST_NOBODY + 16);
	CHECK_IS(seL4_GetMR(1), GUEST_NOBODY + 16);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, PEERVISOR_VCPU_SHORT_FAULTS, 0));
	message_reply(0);
	m = message_wait(g.endpoint);
	CHECK_IS(seL4_GetMR(seL4_VMFault_PrefetchFault), 1);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

static void inject_errors(void)
{
	seL4_CPtr vcpu = object_new(seL4_ARM_VCPUObject, 0);

	CHECK_IS(seL4_ARM_VCPU_InjectIRQ(vcpu, 1024, 0, 0, 0), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 1023);
	CHECK_IS(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 32, 0, 0), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 31);
	CHECK_IS(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 0, 2, 0), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 1);
	CHECK_IS(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 0, 0, 4), seL4_RangeError);
	CHECK_IS(seL4_GetMR(1), 3);
	CHECK_OK(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 2, 1, 1));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_LR + 1).value,
		 40 | 1 << 19 | 2 << 23 | 1 << 28 | 1 << 30);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_ELRSR).value & 15, 13);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_LR + 1, 2ul << 28 | 40));
	CHECK_IS(seL4_ARM_VCPU_InjectIRQ(vcpu, 40, 0, 0, 1), seL4_DeleteFirst);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_LR + 4).error, seL4_InvalidArgument);
	CHECK_IS(seL4_GetMR(0), 1);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_HCR).value, 1);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_LR + 2, 0xffffffff));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_LR + 2).value >> 31, 0);
}

/* Injected while it waits: taken, ended, and the end told. */
static void interrupts(void)
{
	struct guest g;
	struct message m;

	CHECK(guest_new(&g) && guest_gic(&g));
	CHECK(guest_run(&g, guest_irq, GUEST_GICV));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_OK(seL4_ARM_VCPU_InjectIRQ(g.vcpu, 40, 0, 0, 2));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, PEERVISOR_VCPU_ELRSR).value & 15, 11);
	message_reply(0);
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VGICMaintenance);
	CHECK_IS(m.length, 1);
	CHECK_IS(seL4_GetMR(0), 2);
	CHECK_IS(guest_registers(&g).x20, 40);
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(g.vcpu, PEERVISOR_VCPU_ELRSR).value & 15, 15);
	message_reply(0);
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);		/* wfi again */
	CHECK_IS(guest_registers(&g).x21, 1);
	/* Without the wish to know its end there is no exit for it. */
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g.vcpu, PEERVISOR_VCPU_LR, 1ul << 28 | 41));
	message_reply(0);
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(guest_registers(&g).x20, 41);
	CHECK_IS(guest_registers(&g).x21, 2);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* The guest's timer: an event, the interrupt through the VMM, the acknowledgement. */
static void virtual_timer(void)
{
	struct guest g;
	struct message m;

	CHECK(guest_new(&g) && guest_gic(&g));
	CHECK(guest_run(&g, guest_timer, GUEST_GICV));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VPPIEvent);
	CHECK_IS(m.length, 1);
	CHECK_IS(seL4_GetMR(0), 27);
	CHECK_OK(seL4_ARM_VCPU_InjectIRQ(g.vcpu, 27, 0, 0, 0));
	message_reply(0);
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VGICMaintenance);
	CHECK_IS(guest_registers(&g).x20, 27);
	CHECK_OK(seL4_ARM_VCPU_AckVPPI(g.vcpu, 27));
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* Without its VMM: the kernel injects, the end deactivates. Two guests do not disturb each other. */
static void virtual_timer_direct(void)
{
	seL4_CPtr interface = device_frame(GICV_PADDR);
	struct guest g[2];
	struct message m;

	CHECK(clock_open());
	for (int i = 0; i < 2; i++) {
		CHECK(guest_new(&g[i]));
		CHECK_OK(space_map(g[i].space, cap_copy(interface), GUEST_GICV, seL4_ReadWrite, 0));
		CHECK_OK(seL4_ARM_VCPU_WriteRegs(g[i].vcpu, PEERVISOR_VCPU_TIMER, 0xffffffff));
		CHECK_IS(seL4_ARM_VCPU_ReadRegs(g[i].vcpu, PEERVISOR_VCPU_TIMER).value,
			 27 | 27 << 10 | 31 << 23 | 1 << 28 | 3ul << 30);
		CHECK_OK(seL4_ARM_VCPU_WriteRegs(g[i].vcpu, PEERVISOR_VCPU_TIMER, 2 << 23));
		CHECK(guest_run(&g[i], guest_ticks, GUEST_GICV));
	}
	for (int i = 0; i < 2; i++) {
		seL4_Word first;

		clock_sleep(50);
		first = guest_registers(&g[i]).x21;
		CHECK(first > 1);
		CHECK_IS(guest_registers(&g[i]).x20, 27);
		clock_sleep(50);
		CHECK(guest_registers(&g[i]).x21 > first);
	}
	CHECK_OK(seL4_TCB_Suspend(g[1].tcb));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g[0].vcpu, PEERVISOR_VCPU_TIMER, 0));
	m = message_wait(g[0].endpoint);		/* an event again */
	CHECK_IS(m.label, seL4_Fault_VPPIEvent);
	CHECK_OK(seL4_TCB_Suspend(g[0].tcb));
}

/* An edge for a list register that may or may not be done with the last one. */
static void pend_again(void)
{
	seL4_CPtr vcpu = object_new(seL4_ARM_VCPUObject, 0);

	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_PEND + 1, 9ul << 28 | 2 << 23 | 40));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_LR + 1).value, 1ul << 28 | 2 << 23 | 40);
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_LR + 1, 2ul << 28 | 3 << 23 | 40));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_PEND + 1, 1ul << 28 | 2 << 23 | 40));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_LR + 1).value, 3ul << 28 | 3 << 23 | 40);
	/* what is there, and not pending again: it is to report its end */
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_LR + 1, 2ul << 28 | 3 << 23 | 40));
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_PEND + 1, 1 << 19 | 1 << 23 | 41));
	CHECK_IS(seL4_ARM_VCPU_ReadRegs(vcpu, PEERVISOR_VCPU_LR + 1).value,
		 2ul << 28 | 3 << 23 | 1 << 19 | 40);
	CHECK_IS(seL4_ARM_VCPU_WriteRegs(vcpu, PEERVISOR_VCPU_PEND + 4, 0), seL4_InvalidArgument);
}

static void calls_of_a_guest(void)
{
	seL4_CPtr ntfn = object_new(seL4_NotificationObject, 0);
	seL4_Word badge = 0;
	struct guest g;
	struct message m;

	CHECK(guest_new(&g));
	CHECK(guest_run(&g, guest_signal, cap_badge(ntfn, 32)));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	seL4_Poll(ntfn, &badge);
	CHECK_IS(badge, 32);
	CHECK(guest_run(&g, guest_put_char, 0));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_UnknownSyscall);
	CHECK_IS(seL4_GetMR(12), (seL4_Word)-9);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* 32-bit programs of a guest fault like others. */
static void arm32(void)
{
	struct guest g;
	struct message m;

	CHECK(guest_new(&g));
	CHECK(guest_run(&g, guest_arm32, GUEST_NOBODY));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), GUEST_NOBODY);
	CHECK_IS(guest_registers(&g).spsr & 0x1f, 0x10);
	m = guest_skip(&g, 0);
	CHECK_IS(m.label, seL4_Fault_VMFault);
	CHECK_IS(seL4_GetMR(seL4_VMFault_Addr), GUEST_NOBODY + 4);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* Modes that no eret may see are replaced; the machine goes on. */
static void illegal_modes(void)
{
	static const seL4_Word modes[] = { 0x9, 0xd, 0x8, 0x14, 0x15, 0x1a, 0x1f, 0x3 };
	struct guest g;

	CHECK(guest_new(&g));
	for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		seL4_UserContext context = { .pc = GUEST_CODE, .spsr = modes[i], .x0 = GUEST_NOBODY };

		CHECK_OK(seL4_TCB_WriteRegisters(g.tcb, true, 0, SEL4_TCB_REGISTERS, &context));
		CHECK_IS(message_wait(g.endpoint).label, seL4_Fault_VMFault);
		CHECK_IS(guest_registers(&g).spsr & 0x1f, 0);
	}
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* The vCPU goes while its thread would run: the thread is a native one at EL0. */
static void vcpu_deleted(void)
{
	struct guest g;
	struct message m;

	CHECK(guest_new(&g));
	CHECK(clock_open());
	CHECK(guest_run(&g, guest_spin, 0));
	clock_sleep(5);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, g.vcpu, 64));
	clock_sleep(5);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
	CHECK_IS(guest_registers(&g).spsr & 0xf, 0);
	CHECK(guest_run(&g, guest_mmio + 12, 0));		/* smc: undefined at EL0 */
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_UserException);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* A guest that never exits is interrupted for others, and goes on where it was. */
static void guest_is_preempted(void)
{
	struct guest g;
	seL4_Word first;

	CHECK(guest_new(&g));
	CHECK(clock_open());
	CHECK(guest_run(&g, guest_spin, 0));
	clock_sleep(20);
	first = guest_registers(&g).x21;
	CHECK(first > 0);
	clock_sleep(20);
	CHECK(guest_registers(&g).x21 > first);
	CHECK_OK(seL4_TCB_Suspend(g.tcb));
}

/* Caches, TLBs, identification, its timer and tables: a guest's own (ABI 6.9). */
extern char guest_direct[];
static void guest_without_exits(void)
{
	struct guest g;
	struct message m;

	CHECK(guest_new(&g));
	CHECK(guest_run(&g, guest_direct, 0));
	m = message_wait(g.endpoint);
	CHECK_IS(m.label, seL4_Fault_VCPUFault);
	CHECK_IS(guest_registers(&g).x20, 5);
	CHECK_IS(EC(seL4_GetMR(0)), 1);
}

/* Its debug registers do nothing to native threads, and are as it left them when it runs again. */
extern char guest_debugs[];
static volatile seL4_Word watched;

static void guest_that_debugs(void)
{
	struct guest g;

	CHECK(guest_new(&g));
	CHECK(guest_run(&g, guest_debugs, (seL4_Word)clock_close));
	CHECK_OK(seL4_TCB_WriteRegisters(g.tcb, false, 0, 5, &(seL4_UserContext){
		.pc = GUEST_CODE + (seL4_Word)(guest_debugs - guest_start), .spsr = SPSR_EL1H,
		.x0 = (seL4_Word)clock_close, .x1 = (seL4_Word)&watched }));
	CHECK_IS(message_wait(g.endpoint).label, seL4_Fault_VCPUFault);
	for (unsigned int i = 0; i < 2; i++) {
		watched++;
		clock_close();
		guest_skip(&g, 0);
		CHECK_IS(EC(seL4_GetMR(0)), 1);
		CHECK_IS(guest_registers(&g).x2, 0xa001);
	}
	guest_skip(&g, 0);
	CHECK_IS(EC(seL4_GetMR(0)), 1);
	CHECK_IS(watched, 2);
}

#ifdef TEST_CORES
#define GUESTS		3
#define SECRET(i)	(0x70u + (unsigned int)(i))

/* Guests that run for ever on cores 1 to 3, each with something of its own in a register. */
static bool busy_guests(struct guest g[GUESTS])
{
	seL4_CPtr gicv = device_frame(GICV_PADDR);

	for (unsigned int i = 0; i < GUESTS; i++) {
		seL4_UserContext context = {
			.pc = GUEST_CODE + (seL4_Word)(guest_busy - guest_start),
			.spsr = SPSR_EL1H, .x0 = GUEST_GICV, .x1 = SECRET(i),
		};

		if (!guest_new(&g[i]) ||
		    space_map(g[i].space, cap_copy(gicv), GUEST_GICV, seL4_ReadWrite, 0) ||
		    seL4_TCB_SetAffinity(g[i].tcb, 1 + i) ||
		    seL4_ARM_VCPU_WriteRegs(g[i].vcpu, seL4_VCPUReg_FAR, SECRET(i)) ||
		    seL4_TCB_WriteRegisters(g[i].tcb, true, 0, SEL4_TCB_REGISTERS, &context))
			return false;
	}
	return true;
}

/* Registers that are in another core's hardware are read as they are. */
static bool guest_goes_on(const struct guest *g)
{
	seL4_Word before = seL4_ARM_VCPU_ReadRegs(g->vcpu, seL4_VCPUReg_TPIDR_EL1).value;

	for (unsigned int i = 0; i < 1000000; i++) {
		for (volatile unsigned int pause = 0; pause < 1000; pause++)
			;			/* each look stops the guest for a moment */
		if (seL4_ARM_VCPU_ReadRegs(g->vcpu, seL4_VCPUReg_TPIDR_EL1).value > before + 2)
			return true;
	}
	return false;
}

static void vcpus_on_other_cores(void)
{
	struct guest g[GUESTS];

	CHECK(busy_guests(g));
	for (unsigned int round = 0; round < 5; round++) {
		for (unsigned int i = 0; i < GUESTS; i++) {
			CHECK(guest_goes_on(&g[i]));
			CHECK_IS(seL4_ARM_VCPU_ReadRegs(g[i].vcpu, seL4_VCPUReg_FAR).value,
				 SECRET(i));
		}
	}
	CHECK_OK(seL4_ARM_VCPU_WriteRegs(g[1].vcpu, seL4_VCPUReg_TPIDR_EL1, 1ul << 40));
	CHECK(seL4_ARM_VCPU_ReadRegs(g[1].vcpu, seL4_VCPUReg_TPIDR_EL1).value >= 1ul << 40);
	CHECK(guest_goes_on(&g[1]));
	for (unsigned int i = 0; i < GUESTS; i++) {
		CHECK_OK(seL4_TCB_Suspend(g[i].tcb));
		CHECK_IS(guest_registers(&g[i]).x22, 0);
	}
}

static void vcpus_move(void)
{
	struct guest g[GUESTS];

	CHECK(busy_guests(g));
	for (unsigned int i = 0; i < 20; i++) {
		CHECK_OK(seL4_TCB_SetAffinity(g[i % GUESTS].tcb, 1 + (i / 2 + i) % 3));
		if (i % 4 == 0)
			CHECK_OK(seL4_TCB_SetAffinity(g[i % GUESTS].tcb, 0));
		if (i % 4 == 0)
			CHECK_OK(seL4_TCB_SetAffinity(g[i % GUESTS].tcb, 1 + i % 3));
		CHECK(guest_goes_on(&g[i % GUESTS]));
	}
	for (unsigned int i = 0; i < GUESTS; i++) {
		CHECK_OK(seL4_TCB_Suspend(g[i].tcb));
		CHECK_IS(guest_registers(&g[i]).x22, 0);
		CHECK_IS(seL4_ARM_VCPU_ReadRegs(g[i].vcpu, seL4_VCPUReg_FAR).value, SECRET(i));
	}
}

static void inject_into_a_running_guest(void)
{
	struct guest g[GUESTS];
	struct message m;

	CHECK(busy_guests(g));
	for (unsigned int i = 0; i < 12; i++) {
		unsigned int to = i % GUESTS;

		CHECK_OK(seL4_ARM_VCPU_InjectIRQ(g[to].vcpu, (uint16_t)(40 + i), 0, 0, 0));
		m = message_wait(g[to].endpoint);
		CHECK_IS(m.label, seL4_Fault_VGICMaintenance);
		CHECK_IS(seL4_GetMR(0), 0);
		CHECK_IS(guest_registers(&g[to]).x20, 40 + i);
		CHECK_IS(guest_registers(&g[to]).x21, i / GUESTS + 1);
		message_reply(0);
	}
}

/* Taken from a running thread and given to another one, on another core. */
static void vcpu_changes_hands(void)
{
	struct guest g[GUESTS];
	seL4_UserContext context;

	CHECK(busy_guests(g));
	for (unsigned int i = 0; i < 4; i++) {
		CHECK(guest_goes_on(&g[0]));
		CHECK_OK(seL4_TCB_Suspend(g[0].tcb));
		context = guest_registers(&g[0]);
		CHECK_OK(seL4_TCB_Suspend(g[1].tcb));
		CHECK_OK(seL4_ARM_VCPU_SetTCB(g[0].vcpu, g[1].tcb));
		CHECK_OK(seL4_TCB_WriteRegisters(g[1].tcb, true, 0, SEL4_TCB_REGISTERS, &context));
		CHECK(guest_goes_on(&g[0]));
		CHECK_OK(seL4_TCB_Suspend(g[1].tcb));
		CHECK_OK(seL4_ARM_VCPU_SetTCB(g[0].vcpu, g[0].tcb));
		CHECK_OK(seL4_TCB_WriteRegisters(g[0].tcb, true, 0, SEL4_TCB_REGISTERS, &context));
	}
	/* Deleted while its guest runs: the thread is a native one then, and faults or spins. */
	CHECK(guest_goes_on(&g[2]));
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, g[2].vcpu, 64));
	CHECK_IS(message_wait(g[2].endpoint).badge, 5);
	CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, g[2].tcb, 64));
}

const struct test tests_vcpu_smp[] = {
	{ "vcpus_on_other_cores", vcpus_on_other_cores },
	{ "vcpus_move", vcpus_move },
	{ "inject_into_a_running_guest", inject_into_a_running_guest },
	{ "vcpu_changes_hands", vcpu_changes_hands },
	{ 0 },
};
#endif

const struct test tests_vcpu[] = {
	{ "vcpu_exits", exits },
	{ "counter_of_a_guest", counter_of_a_guest },
	{ "vcpu_registers", registers },
	{ "two_vcpus", two_vcpus },
	{ "short_faults", short_faults },
	{ "inject_errors", inject_errors },
	{ "virtual_interrupts", interrupts },
	{ "virtual_timer", virtual_timer },
	{ "virtual_timer_direct", virtual_timer_direct },
	{ "pend_again", pend_again },
	{ "calls_of_a_guest", calls_of_a_guest },
	{ "guest_with_32_bit_program", arm32 },
	{ "illegal_modes", illegal_modes },
	{ "vcpu_deleted", vcpu_deleted },
	{ "guest_is_preempted", guest_is_preempted },
	{ "guest_without_exits", guest_without_exits },
	{ "guest_that_debugs", guest_that_debugs },
	{ 0 },
};
