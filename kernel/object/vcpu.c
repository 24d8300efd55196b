/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vCPUs (ABI 6.6 to 6.10). The registers of one vCPU stay in the hardware after its thread was
 * left ("loaded"), so that going to its VMM and back moves only what would disturb a native
 * thread ("enabled"). Of a loaded vCPU these are in the hardware: registers 2 to 19 but TCR, list
 * registers, VMCR and APR; only while it is enabled 0, 1, TCR, 20 to 23 and GICH_HCR, too.
 */
#include "vcpu.h"

#include <arm/gicv2.h>
#include <kernel/arch.h>
#include <kernel/fault.h>
#include <kernel/invocation.h>
#include <kernel/irq.h>
#include <kernel/print.h>
#include <kernel/sched.h>

#include <arch/clamp.h>
#include <arch/machine.h>

#define SCTLR_RESET		0x34d58820UL	/* as seen of a new vCPU, ABI 6.6 */
#define FIRST_LOADED		seL4_VCPUReg_TTBR0
#define LAST_LOADED		seL4_VCPUReg_SPSR_EL1
#define CPACR_FP		(3UL << 20)
#define INJECT_PRIORITY_MAX	31
#define INJECT_INTID_MAX	1023

/* What this core holds. */
#define loaded		(core_self()->vcpu)
#define enabled		(core_self()->vcpu_enabled)
#define timer_unmasked	(core_self()->vtimer_unmasked)
#define timer_is_active	(core_self()->vtimer_active)	/* only a guest may have ended it */

static unsigned int list_registers(void)
{
	static unsigned int number;

	if (!number)
		number = GICH_VTR_LISTREGS(*gich_register(GICH_VTR));
	return number > VCPU_LIST_REGISTERS ? VCPU_LIST_REGISTERS : number;
}

/* Of a loaded vCPU these are in the hardware: FIRST_LOADED to LAST_LOADED. */
#define LOADED_REGISTERS(DO) \
	DO(TTBR0, ttbr0_el1) DO(TTBR1, ttbr1_el1) DO(MAIR, mair_el1) \
	DO(AMAIR, amair_el1) DO(CIDR, contextidr_el1) DO(ACTLR, actlr_el1) \
	DO(AFSR0, afsr0_el1) DO(AFSR1, afsr1_el1) DO(ESR, esr_el1) DO(FAR, far_el1) \
	DO(PAR, par_el1) DO(VBAR, vbar_el1) DO(TPIDR_EL1, tpidr_el1) \
	DO(VMPIDR_EL2, vmpidr_el2) DO(SP_EL1, sp_el1) DO(ELR_EL1, elr_el1) \
	DO(SPSR_EL1, spsr_el1)
#define HARDWARE_REGISTERS(DO) \
	LOADED_REGISTERS(DO) DO(SCTLR, sctlr_el1) DO(TCR, tcr_el1) DO(CPACR, cpacr_el1) \
	DO(CNTV_CTL, cntv_ctl_el0) DO(CNTV_CVAL, cntv_cval_el0) DO(CNTVOFF, cntvoff_el2) \
	DO(CNTKCTL_EL1, cntkctl_el1)

#define CASE_READ(name, reg)	case seL4_VCPUReg_##name: return sysreg_read(reg);
#define CASE_WRITE(name, reg)	case seL4_VCPUReg_##name: sysreg_write(reg, value); break;
#define SAVE(name, reg)		vcpu->registers[seL4_VCPUReg_##name] = sysreg_read(reg);
#define LOAD(name, reg)		sysreg_write(reg, vcpu->registers[seL4_VCPUReg_##name]);

static u64 hardware_read(unsigned int reg)
{
	switch (reg) {
	HARDWARE_REGISTERS(CASE_READ)
	default: return 0;
	}
}

static void hardware_write(unsigned int reg, u64 value)
{
	switch (reg) {
	HARDWARE_REGISTERS(CASE_WRITE)
	default: break;
	}
}

/* While no vCPU is enabled its timer is off and its interrupt cannot come, masked or not. */
static void timer_mask(bool masked)
{
	if (timer_unmasked == !masked)
		return;
	timer_unmasked = !masked;
	if (masked)
		arch_irq_mask(GIC_PPI_VIRTUAL_TIMER);
	else
		arch_irq_unmask(GIC_PPI_VIRTUAL_TIMER);
}

/*
 * PPI 27 that the kernel itself put into a list register stays active at the controller until the
 * guest ends it there, so that it does not come again before. Each vCPU has its own such state.
 */
static void timer_set_active(bool active)
{
	if (timer_is_active == active)
		return;
	timer_is_active = active;
	gicv2_set_active(GIC_PPI_VIRTUAL_TIMER, active);
}

static void timer_fetch_active(struct vcpu *vcpu)
{
	if (!vcpu->timer_active)
		return;
	timer_is_active = gicv2_is_active(GIC_PPI_VIRTUAL_TIMER);
	vcpu->timer_active = timer_is_active;
}

/* The thread stops running; a native one is next. */
static void disable(struct vcpu *vcpu)
{
	if (vcpu->serror)
		vcpu->serror = sysreg_read(hcr_el2) & HCR_VSE;
	dsb();
	vcpu->hcr = *gich_register(GICH_HCR);
	*gich_register(GICH_HCR) = 0;
	vcpu->registers[seL4_VCPUReg_SCTLR] = sysreg_read(sctlr_el1);
	vcpu->registers[seL4_VCPUReg_TCR] = sysreg_read(tcr_el1);
	vcpu->registers[seL4_VCPUReg_CPACR] = sysreg_read(cpacr_el1);
	stage1_close();
	sysreg_write(sctlr_el1, SCTLR_NATIVE);
	sysreg_write(hcr_el2, HCR_NATIVE);
	sysreg_write(cpacr_el1, CPACR_FP);
	vcpu->registers[seL4_VCPUReg_CNTV_CTL] = sysreg_read(cntv_ctl_el0);
	sysreg_write(cntv_ctl_el0, 0);
	vcpu->registers[seL4_VCPUReg_CNTV_CVAL] = sysreg_read(cntv_cval_el0);
	vcpu->registers[seL4_VCPUReg_CNTVOFF] = sysreg_read(cntvoff_el2);
	vcpu->registers[seL4_VCPUReg_CNTKCTL_EL1] = sysreg_read(cntkctl_el1);
	timer_native_access();
	timer_fetch_active(vcpu);
	enabled = false;
}

static void enable(struct vcpu *vcpu)
{
	const u64 *reg = vcpu->registers;

	sysreg_write(hcr_el2, HCR_VCPU | vcpu->serror);
	stage1_open(reg[seL4_VCPUReg_SCTLR], reg[seL4_VCPUReg_TCR]);
	sysreg_write(cpacr_el1, reg[seL4_VCPUReg_CPACR]);
	*gich_register(GICH_HCR) = vcpu->hcr;
	timer_guest_access(vcpu->counter);
	sysreg_write(cntv_cval_el0, reg[seL4_VCPUReg_CNTV_CVAL]);
	sysreg_write(cntkctl_el1, reg[seL4_VCPUReg_CNTKCTL_EL1]);
	sysreg_write(cntvoff_el2, reg[seL4_VCPUReg_CNTVOFF]);
	timer_mask(vcpu->timer_masked);
	timer_set_active(vcpu->timer_active);
	sysreg_write(cntv_ctl_el0, reg[seL4_VCPUReg_CNTV_CTL]);
	isb();
	enabled = true;
}

static void save(struct vcpu *vcpu)
{
	unsigned int lists = list_registers();

	if (enabled)
		disable(vcpu);
	vcpu->vmcr = *gich_register(GICH_VMCR);
	vcpu->apr = *gich_register(GICH_APR);
	for (unsigned int i = 0; i < lists; i++)
		vcpu->list[i] = *gich_register(GICH_LR + 4 * i);
	LOADED_REGISTERS(SAVE)
	vcpu->debug = sysreg_read(mdscr_el1);
}

static void load(struct vcpu *vcpu)
{
	unsigned int lists = list_registers();

	*gich_register(GICH_HCR) = 0;
	*gich_register(GICH_VMCR) = vcpu->vmcr;
	*gich_register(GICH_APR) = vcpu->apr;
	for (unsigned int i = 0; i < lists; i++)
		*gich_register(GICH_LR + 4 * i) = vcpu->list[i];
	LOADED_REGISTERS(LOAD)
	sysreg_write(mdscr_el1, vcpu->debug);
}

/*
 * A guest invalidates what its own tables gave a TLB, often for one of its CPUs only, which may have
 * another meaning of an address than the others. So of two vCPUs of one space that take turns on a
 * core neither may find what the other one left.
 */
static void leave_nothing_to(const struct vcpu *next)
{
	u32 *last = &core_self()->guests[mmu_user_vmid()];
	u32 name = (u32)((u64)next >> SEL4_VCPU_BITS);

	if (*last != name && *last)
		tlb_flush_guest();
	*last = name;
}

bool vcpu_running(void)
{
	return enabled;
}

void vcpu_leave(void)
{
	disable(loaded);
}

void vcpu_switch(struct vcpu *next)
{
	if (!next)
		return;
	if (next != loaded) {
		if (loaded)
			save(loaded);
		leave_nothing_to(next);
		load(next);
		loaded = next;
	}
	if (!enabled)
		enable(next);
}

void vcpu_serror(struct vcpu *vcpu)
{
	vcpu->serror = HCR_VSE;
	if (vcpu == loaded && enabled)
		sysreg_write(hcr_el2, sysreg_read(hcr_el2) | HCR_VSE);
}

void vcpu_flush(void)
{
	if (loaded)
		save(loaded);
	loaded = NULL;
}

/*
 * The debug registers that a guest has set up are in force while native threads run, too, and would
 * take each of these to the kernel, rarely enough to do nothing about it before.
 */
void vcpu_hide_debug(void)
{
	vcpu_flush();
	sysreg_write(mdscr_el1, 0);
	isb();
}

static void flush_here(u64 argument)
{
	(void)argument;
	vcpu_flush();
}

/*
 * What another core holds of the vCPU goes to memory, where all code here then finds it; that core
 * loads it again when the thread goes on. Only the thread's own core ever loads it.
 */
static void fetch(const struct vcpu *vcpu)
{
	struct core *core;

	if (!vcpu->tcb)
		return;
	core = core_of(vcpu->tcb);
	if (core == core_self() || core->vcpu != vcpu)
		return;
	sched_hold(vcpu->tcb);
	core_call(core, flush_here, 0);
}

void vcpu_migrate(struct tcb *tcb)
{
	if (!tcb->vcpu)
		return;
	fetch(tcb->vcpu);
	if (loaded == tcb->vcpu)
		vcpu_flush();
}

void vcpu_create(struct paddr at)
{
	struct vcpu *vcpu = arch_phys_to_ptr(at);

	vcpu->registers[seL4_VCPUReg_SCTLR] = SCTLR_RESET;
	vcpu->hcr = GICH_HCR_EN;
}

/* What the hardware still holds of a loaded vCPU is lost, as the ABI says. */
static void dissociate(struct vcpu *vcpu)
{
	struct tcb *tcb = vcpu->tcb;

	fetch(vcpu);
	if (loaded == vcpu) {
		if (enabled)
			disable(vcpu);
		loaded = NULL;
	}
	if (!tcb)
		return;
	tcb->vcpu = NULL;
	vcpu->tcb = NULL;
	tcb->context.spsr = tcb_sanitise_spsr(tcb, 0);
	core_void_trap(tcb);
	sched_stale();
}

void vcpu_finalise(struct cap cap, bool final)
{
	if (final)
		dissociate(cap_object(cap));
}

void vcpu_thread_finalise(struct tcb *tcb)
{
	if (tcb->vcpu)
		dissociate(tcb->vcpu);
}

/* The guest has ended an interrupt that asked for it, or another cause that the VMM set up. */
void vcpu_maintenance(void)
{
	u64 index = ~0UL;
	u32 ended;

	if (!enabled) {
		print("maintenance interrupt without a vCPU\n");
		return;
	}
	ended = *gich_register(GICH_EISR0);
	if (ended) {
		index = (u64)__builtin_ctz(ended);
		if (index < list_registers()) {
			volatile u32 *list = gich_register(GICH_LR + 4 * (unsigned int)index);

			loaded->list[index] = *list & ~GICH_LR_EOI;
			*list = loaded->list[index];
		} else {
			index = ~0UL;
		}
	}
	fault_vgic_maintenance(index);
}

/* Without an event, if the VMM wants it so and the guest has ended the last one. */
static bool timer_inject(struct vcpu *vcpu)
{
	unsigned int last = list_registers() - 1;
	volatile u32 *list = gich_register(GICH_LR + 4 * last);

	if (!vcpu->timer_list || (*list & GICH_LR_STATE))
		return false;
	vcpu->list[last] = vcpu->timer_list;
	*list = vcpu->timer_list;
	vcpu->timer_active = true;
	timer_is_active = true;
	gicv2_set_active(GIC_PPI_VIRTUAL_TIMER, true);
	return true;
}

void vcpu_timer(void)
{
	if (enabled && timer_inject(loaded))
		return;
	timer_mask(true);
	if (!enabled)
		return;
	loaded->timer_masked = true;
	fault_vppi(GIC_PPI_VIRTUAL_TIMER);
}

void arch_reserved_irq(unsigned int irq)
{
	if (irq == GIC_PPI_VIRTUAL_TIMER)
		vcpu_timer();
	else if (irq == GIC_PPI_MAINTENANCE)
		vcpu_maintenance();
	else if (irq == CORE_SGI_STOP)
		arch_halt();
}

static enum invoke set_tcb(struct invocation *inv, struct vcpu *vcpu)
{
	struct cap cap;
	struct tcb *tcb;

	if (inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	cap = invocation_extra(inv, 0);
	if (cap_type(cap) != CAP_THREAD)
		return error_plain(inv, seL4_IllegalOperation);

	tcb = tcb_of(cap);
	sched_hold(tcb);
	if (tcb->vcpu)
		dissociate(tcb->vcpu);
	if (vcpu->tcb)
		dissociate(vcpu);
	tcb->vcpu = vcpu;
	vcpu->tcb = tcb;
	core_void_trap(tcb);
	sched_stale();
	return INVOKE_OK;
}

/* Of a number that was found to be in range. */
static unsigned int list_index(u64 number)
{
	return (unsigned int)index_clamp(number, VCPU_LIST_REGISTERS);
}

static u32 list_read(const struct vcpu *vcpu, unsigned int i)
{
	return vcpu == loaded ? *gich_register(GICH_LR + 4 * i) : vcpu->list[i];
}

static void list_write(struct vcpu *vcpu, unsigned int i, u32 value)
{
	vcpu->list[i] = value;
	if (vcpu == loaded)
		*gich_register(GICH_LR + 4 * i) = value;
}

static enum invoke inject(struct invocation *inv, struct vcpu *vcpu)
{
	u64 word;
	unsigned int intid, priority, group, index;

	if (inv->length < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	word = invocation_mr(inv, 0);
	intid = word & 0xffff;
	priority = word >> 16 & 0xff;
	group = word >> 24 & 0xff;
	index = word >> 32 & 0xff;
	if (intid > INJECT_INTID_MAX)
		return error_range(inv, 0, INJECT_INTID_MAX);
	if (priority > INJECT_PRIORITY_MAX)
		return error_range(inv, 0, INJECT_PRIORITY_MAX);
	if (group > 1)
		return error_range(inv, 0, 1);
	if (index >= list_registers())
		return error_range(inv, 0, list_registers() - 1);
	index = list_index(index);
	if ((vcpu->list[index] & GICH_LR_STATE) == GICH_LR_ACTIVE)
		return error_plain(inv, seL4_DeleteFirst);

	list_write(vcpu, index, intid | GICH_LR_EOI | priority << GICH_LR_PRIORITY_SHIFT |
				GICH_LR_PENDING | (group ? GICH_LR_GROUP1 : 0));
	return INVOKE_OK;
}

/*
 * An edge: what is still in the list register is pending in addition, else the value goes there.
 * Likewise the wish to be told of its end. In the kernel's own (the timer's) that bit is another's.
 */
static void list_pend(struct vcpu *vcpu, unsigned int i, u32 value)
{
	u32 now = list_read(vcpu, i);
	u32 more = value & (now & GICH_LR_HW ? GICH_LR_STATE : GICH_LR_STATE | GICH_LR_EOI);

	list_write(vcpu, i, now & GICH_LR_STATE ? now | more : value & ~GICH_LR_HW);
}

/* Off while it is in the list register: the VMM takes it out, and it may come again. */
static void timer_set_list(struct vcpu *vcpu, u32 value)
{
	if (!value) {
		vcpu->timer_list = 0;
		vcpu->timer_active = false;
		if (vcpu == loaded && enabled)
			timer_set_active(false);
		return;
	}
	vcpu->timer_list = (value & (GICH_LR_PRIORITY | GICH_LR_GROUP1)) | GICH_LR_HW |
			   GICH_LR_PENDING | GIC_PPI_VIRTUAL_TIMER << GICH_LR_PHYSID_SHIFT |
			   GIC_PPI_VIRTUAL_TIMER;
}

/* Where the register's value is now. */
static bool in_hardware(const struct vcpu *vcpu, u64 reg)
{
	if (vcpu != loaded)
		return false;
	return enabled || (reg >= FIRST_LOADED && reg <= LAST_LOADED && reg != seL4_VCPUReg_TCR);
}

static u32 empty_list_registers(const struct vcpu *vcpu)
{
	u32 empty = 0;

	for (unsigned int i = 0; i < list_registers(); i++)
		if (!(list_read(vcpu, i) & (GICH_LR_STATE | GICH_LR_EOI)))
			empty |= 1u << i;
	return empty;
}

bool vcpu_short_faults(const struct vcpu *vcpu)
{
	return vcpu->short_faults;
}

static u64 system_register(const struct vcpu *vcpu, unsigned int reg)
{
	return in_hardware(vcpu, reg) ? hardware_read(reg) : vcpu->registers[reg];
}

static u32 free_list_registers(const struct vcpu *vcpu)
{
	return vcpu == loaded ? *gich_register(GICH_ELRSR0) : empty_list_registers(vcpu);
}

struct vcpu_idle vcpu_idle(const struct vcpu *vcpu)
{
	fetch(vcpu);
	return (struct vcpu_idle){
		.timer_control = system_register(vcpu, seL4_VCPUReg_CNTV_CTL),
		.timer_deadline = system_register(vcpu, seL4_VCPUReg_CNTV_CVAL),
		.free_lists = free_list_registers(vcpu),
	};
}

/* Registers of our extension (decisions page); false: no such number. */
static bool extension_read(const struct vcpu *vcpu, u64 reg, u64 *value)
{
	bool hardware = vcpu == loaded;

	if (reg >= PEERVISOR_VCPU_LR && reg < PEERVISOR_VCPU_LR + list_registers()) {
		*value = list_read(vcpu, list_index(reg - PEERVISOR_VCPU_LR));
		return true;
	}
	switch (reg) {
	case PEERVISOR_VCPU_ELRSR:
		*value = free_list_registers(vcpu);
		return true;
	case PEERVISOR_VCPU_VMCR:
		*value = hardware ? *gich_register(GICH_VMCR) : vcpu->vmcr;
		return true;
	case PEERVISOR_VCPU_APR:
		*value = hardware ? *gich_register(GICH_APR) : vcpu->apr;
		return true;
	case PEERVISOR_VCPU_TIMER:
		*value = vcpu->timer_list;
		return true;
	case PEERVISOR_VCPU_HCR:
		*value = hardware && enabled ? *gich_register(GICH_HCR) : vcpu->hcr;
		return true;
	case PEERVISOR_VCPU_SHORT_FAULTS:
		*value = vcpu->short_faults;
		return true;
	case PEERVISOR_VCPU_COUNTER:
		*value = vcpu->counter;
		return true;
	default:
		return false;
	}
}

static bool extension_write(struct vcpu *vcpu, u64 reg, u64 word)
{
	u32 value = (u32)word;
	bool hardware = vcpu == loaded;

	if (reg >= PEERVISOR_VCPU_LR && reg < PEERVISOR_VCPU_LR + list_registers()) {
		/* The hardware bit would end physical interrupts that the guest does not own. */
		list_write(vcpu, list_index(reg - PEERVISOR_VCPU_LR), value & ~GICH_LR_HW);
		return true;
	}
	if (reg >= PEERVISOR_VCPU_PEND && reg < PEERVISOR_VCPU_PEND + list_registers()) {
		list_pend(vcpu, list_index(reg - PEERVISOR_VCPU_PEND), value);
		return true;
	}
	switch (reg) {
	case PEERVISOR_VCPU_TIMER:
		timer_set_list(vcpu, value);
		return true;
	case PEERVISOR_VCPU_VMCR:
		vcpu->vmcr = value;
		if (hardware)
			*gich_register(GICH_VMCR) = value;
		return true;
	case PEERVISOR_VCPU_APR:
		vcpu->apr = value;
		if (hardware)
			*gich_register(GICH_APR) = value;
		return true;
	case PEERVISOR_VCPU_HCR:
		vcpu->hcr = value;
		if (hardware && enabled)
			*gich_register(GICH_HCR) = value;
		return true;
	case PEERVISOR_VCPU_SHORT_FAULTS:
		vcpu->short_faults = word;
		return true;
	case PEERVISOR_VCPU_COUNTER:
		vcpu->counter = word;
		if (hardware && enabled)
			timer_guest_access(word);
		return true;
	default:
		return false;
	}
}

static enum invoke read_register(struct invocation *inv, const struct vcpu *vcpu)
{
	u64 reg, value;

	if (inv->length < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	reg = invocation_mr(inv, 0);
	if (reg < SEL4_VCPU_REGISTERS)
		value = system_register(vcpu, (unsigned int)index_clamp(reg, SEL4_VCPU_REGISTERS));
	else if (!VCPU_EXTENDED || !extension_read(vcpu, reg, &value))
		return error_argument(inv, 1);
	invocation_result(inv, value);
	return INVOKE_OK;
}

static enum invoke write_register(struct invocation *inv, struct vcpu *vcpu)
{
	u64 reg, value;

	if (inv->length < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	reg = invocation_mr(inv, 0);
	value = invocation_mr(inv, 1);
	if (reg < SEL4_VCPU_REGISTERS) {
		reg = index_clamp(reg, SEL4_VCPU_REGISTERS);
		if (in_hardware(vcpu, reg))
			hardware_write((unsigned int)reg, value);
		else
			vcpu->registers[reg] = value;
		return INVOKE_OK;
	}
	if (VCPU_EXTENDED && value > 1 &&
	    (reg == PEERVISOR_VCPU_SHORT_FAULTS || reg == PEERVISOR_VCPU_COUNTER))
		return error_argument(inv, 2);
	if (!VCPU_EXTENDED || !extension_write(vcpu, reg, value))
		return error_argument(inv, 1);
	return INVOKE_OK;
}

static enum invoke ack_vppi(struct invocation *inv, struct vcpu *vcpu)
{
	u64 irq;

	if (inv->length < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	irq = invocation_mr(inv, 0);
	if (irq > arch_irq_max())
		return error_range(inv, 0, arch_irq_max());
	if (irq != GIC_PPI_VIRTUAL_TIMER)
		return error_argument(inv, 0);
	vcpu->timer_masked = false;
	if (vcpu == loaded && enabled)
		timer_mask(false);
	return INVOKE_OK;
}

enum invoke vcpu_decode(struct invocation *inv)
{
	struct vcpu *vcpu = cap_object(inv->cap);

	if (vcpu->tcb && !sched_may_hold(vcpu->tcb))
		return INVOKE_PREEMPTED;
	fetch(vcpu);
	switch (inv->label) {
	case ARMVCPUSetTCB:
		return set_tcb(inv, vcpu);
	case ARMVCPUInjectIRQ:
		return inject(inv, vcpu);
	case ARMVCPUReadReg:
		return read_register(inv, vcpu);
	case ARMVCPUWriteReg:
		return write_register(inv, vcpu);
	case ARMVCPUAckVPPI:
		return ack_vppi(inv, vcpu);
	default:
		return error_plain(inv, seL4_IllegalOperation);
	}
}
