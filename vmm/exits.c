/* SPDX-License-Identifier: BSD-2-Clause */
#include "exits.h"

#include <sel4/abi.h>
#include <stddef.h>

#include "arm/esr.h"
#include "arm/psci.h"
#include "psci.h"
#include "vm.h"

enum result {
	HANDLED,
	UNHANDLED,	/* an exception for the guest */
};

typedef enum result (*exit_handler)(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
				    const struct exit_message *message);

static void count(struct vm *vm, enum vm_exit kind)
{
	vm->stats.exits[kind]++;
}

static void drop(struct vm *vm, struct vcpu *vcpu, const struct exit_message *message)
{
	vm->stats.forged++;
	vm_report(vm, &vm->reports[REPORT_FORGED],
		  "vcpu %u: dropped a message that is no fault of it: label %llu, length %llu",
		  vcpu->index, (unsigned long long)message->label,
		  (unsigned long long)message->length);
}

/* ---- by exception class ---- */

static enum result on_wfx(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
			  const struct exit_message *message)
{
	struct vcpu_idle idle;

	count(vm, EXIT_WFI);
	if (esr & ESR_WFX_TI) {
		vcpu_finish(vcpu, VCPU_NO_REGISTER, 0);
		return HANDLED;
	}
	/* Lies hurt the guest that tells them: it sleeps too long or not at all. */
	if (vcpu->brief)
		idle = (struct vcpu_idle){ message->mr[1], message->mr[2], message->mr[3] };
	else
		idle = vcpu_read_idle(vcpu, vm->gic.access);
	vm_wait_for_interrupt(vm, vcpu, &idle);
	return HANDLED;
}

static void start_cpu(struct vm *vm, struct psci_result *r)
{
	if ((r->entry & 3) || !guest_memory_at(&vm->memory, gpa(r->entry), 4))
		r->value = PSCI_RET_INVALID_ADDRESS;
	else if (!vcpu_start(&vm->vcpu[r->cpu], r->entry, r->context))
		vm_stop(vm, "vcpu %u cannot be started", r->cpu);
	else
		vgic_cpu_online(&vm->gic, r->cpu, true);	/* what it sets is the new object's */
}

/* Nobody is left who could ask for anything once the last one is off. */
static void stop_cpu(struct vm *vm, struct vcpu *vcpu)
{
	if (vm_online(vm) == 1u << vcpu->index) {
		vm_log(vm, "vcpu %u, the last one, goes off", vcpu->index);
		vm->off_wanted = true;
		return;
	}
	vgic_cpu_online(&vm->gic, vcpu->index, false);
	vcpu_stop(vcpu);
}

/* Only CPU_ON has three arguments, and the message has no room for the third. */
static struct psci_result firmware_call(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
					const struct exit_message *message)
{
	uint64_t function, arg[3] = { 0 };

	if (esr & ESR_SMC_IMMEDIATE)	/* DEN0028, 2.9: the calls that are defined have 0 */
		return (struct psci_result){ .action = PSCI_ANSWER, .value = PSCI_RET_NOT_SUPPORTED };
	if (vcpu->brief && !psci_has_context(message->mr[1])) {
		function = message->mr[1];
		arg[0] = message->mr[2];
		arg[1] = message->mr[3];
	} else {
		arg[2] = vcpu_register(vcpu, 3);	/* first: it brings the others */
		arg[1] = vcpu_register(vcpu, 2);
		arg[0] = vcpu_register(vcpu, 1);
		function = vcpu_register(vcpu, 0);
	}
	return psci_call(function, arg, vm->vcpus, vm_online(vm));
}

static enum result on_smc(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
			  const struct exit_message *message)
{
	struct vcpu_idle idle;
	struct psci_result r;

	count(vm, EXIT_SMC);
	r = firmware_call(vm, vcpu, esr, message);
	switch (r.action) {
	case PSCI_STANDBY:
		vcpu->standby = true;
		idle = vcpu_read_idle(vcpu, vm->gic.access);
		vm_wait_for_interrupt(vm, vcpu, &idle);
		return HANDLED;
	case PSCI_CPU_STOP:
		stop_cpu(vm, vcpu);
		return HANDLED;
	case PSCI_POWER_OFF:
		vm->off_wanted = true;
		return HANDLED;
	case PSCI_RESET:
		vm->reset_wanted = true;
		return HANDLED;
	case PSCI_CPU_START:
		start_cpu(vm, &r);
		break;
	case PSCI_ANSWER:
		break;
	}
	if (vm->state == VM_RUNNING)
		vcpu_finish(vcpu, 0, (uint64_t)r.value);
	return HANDLED;
}

/*
 * System registers that a guest may touch and nobody needs: debug (op0 2), implementation defined
 * (CRn 11 and 15), performance monitors (CRn 9, and 14 from CRm 8 on). Read as zero.
 */
static bool is_ignorable(uint32_t esr)
{
	unsigned int op0 = esr >> 20 & 3, crn = esr >> 10 & 15, crm = esr >> 1 & 15;

	return op0 == 2 || (op0 == 3 && (crn == 11 || crn == 15 || crn == 9 || (crn == 14 && crm >= 8)));
}

static bool timer_register(struct vcpu *vcpu, uint32_t esr, const struct exit_message *message)
{
	unsigned int n = ESR_SYSREG_RT(esr);
	bool read = esr & ESR_SYSREG_READ;
	uint64_t value = 0;

	if (!read)
		value = vcpu->brief ? message->mr[1] : vcpu_register(vcpu, n);
	if (!ptimer_access(vcpu, esr, &value))
		return false;
	vcpu_finish(vcpu, read ? n : VCPU_NO_REGISTER, value);
	return true;
}

static enum result on_sysreg(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
			     const struct exit_message *message)
{
	count(vm, EXIT_SYSREG);
	if (timer_register(vcpu, esr, message))
		return HANDLED;
	vm_report(vm, &vm->reports[REPORT_SYSREG],
		  "vcpu %u: system register access, esr 0x%08x, pc 0x%llx%s", vcpu->index, esr,
		  (unsigned long long)vcpu_pc(vcpu), is_ignorable(esr) ? ": ignored" : "");
	if (!is_ignorable(esr))
		return UNHANDLED;
	vcpu_finish(vcpu, esr & ESR_SYSREG_READ ? ESR_SYSREG_RT(esr) : VCPU_NO_REGISTER, 0);
	return HANDLED;
}

/* ---- faults of stage 2 ---- */

static void abort_access(struct vm *vm, struct vcpu *vcpu, uint32_t esr, const char *what,
			 uint64_t address)
{
	unsigned long long pc = vcpu_pc(vcpu);

	vm_report(vm, &vm->reports[REPORT_ABORT],
		  "vcpu %u: %s at 0x%llx, pc 0x%llx: external abort", vcpu->index, what,
		  (unsigned long long)address, pc);
	if (vcpu_has_vectors(vcpu))
		vcpu_inject_abort(vcpu, esr, address);
	else
		vm_stop(vm, "vcpu %u: %s at 0x%llx, pc 0x%llx, before the guest had exception "
			"vectors", vcpu->index, what, (unsigned long long)address, pc);
}

static void decode(struct mmio_access *access, struct vcpu *vcpu, uint32_t esr,
		   const struct exit_message *message)
{
	*access = (struct mmio_access){
		.vcpu = vcpu,
		.address = gpa(message->mr[1]),
		.value = message->mr[2],
		.value_known = vcpu->brief,
		.size = (uint8_t)(1u << ESR_DABT_SAS(esr)),
		.reg = ESR_DABT_SRT(esr),
		.write = esr & ESR_DABT_WNR,
		.sign_extend = esr & ESR_DABT_SSE,
		.wide = esr & ESR_DABT_SF,
	};
}

/* Nothing to emulate: what the syndrome says of the access is not enough, or not the access itself. */
static const char *why_not_emulated(uint32_t esr)
{
	if (esr & ESR_DABT_S1PTW)
		return "translation table walk";
	if (ESR_DFSC(esr) >= ESR_DFSC_EXTERNAL)
		return "access that the bus refused";
	return esr & ESR_DABT_ISV ? NULL : "access that does not say what it is";
}

static void emulate(struct vm *vm, struct vcpu *vcpu, uint32_t esr, uint64_t address,
		    struct mmio_access *access)
{
	switch (mmio_dispatch(&vm->mmio, access)) {
	case MMIO_DONE:
		vcpu_complete_mmio(vcpu, access, access->value);
		break;
	case MMIO_LATER:
		vcpu->access = *access;
		vcpu->state = VCPU_WAIT_DEVICE;
		break;
	case MMIO_READ_ONLY:
		abort_access(vm, vcpu, esr, "write to memory that is read-only for this VM", address);
		break;
	case MMIO_UNHANDLED:
		abort_access(vm, vcpu, esr, access->write ? "write to nothing" : "read of nothing",
			     address);
		break;
	}
}

static enum result on_data_abort(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
				 const struct exit_message *message)
{
	const char *why = why_not_emulated(esr);
	uint64_t address = message->mr[1];
	struct mmio_access access;

	if (why) {
		count(vm, EXIT_OTHER);
		/* There is no cache behind a device: maintenance by its address has no effect. */
		if ((esr & ESR_DABT_CM) && !(esr & ESR_DABT_S1PTW))
			vcpu_finish(vcpu, VCPU_NO_REGISTER, 0);
		else
			abort_access(vm, vcpu, esr, why, address);
		return HANDLED;
	}
	decode(&access, vcpu, esr, message);
	count(vm, access.write ? EXIT_MMIO_WRITE : EXIT_MMIO_READ);
	emulate(vm, vcpu, esr, address, &access);
	return HANDLED;
}

static enum result on_fetch_abort(struct vm *vm, struct vcpu *vcpu, uint32_t esr,
				  const struct exit_message *message)
{
	count(vm, EXIT_OTHER);
	abort_access(vm, vcpu, esr, "instruction fetch", message->mr[1]);
	return HANDLED;
}

static const exit_handler by_class[64] = {
	[ESR_EC_WFX]		= on_wfx,
	[ESR_EC_SMC64]		= on_smc,
	[ESR_EC_SYSREG]		= on_sysreg,
	[ESR_EC_IABT_LOWER]	= on_fetch_abort,
	[ESR_EC_DABT_LOWER]	= on_data_abort,
};

static bool is_abort(uint32_t esr)
{
	unsigned int class = ESR_EC(esr);

	return class == ESR_EC_IABT_LOWER || class == ESR_EC_DABT_LOWER;
}

static void by_syndrome(struct vm *vm, struct vcpu *vcpu, uint64_t syndrome,
			const struct exit_message *message)
{
	uint32_t esr = (uint32_t)syndrome;
	exit_handler handler = by_class[ESR_EC(esr)];

	if (handler && handler(vm, vcpu, esr, message) == HANDLED)
		return;
	if (!handler)
		count(vm, EXIT_OTHER);
	vm_report(vm, &vm->reports[REPORT_UNDEFINED],
		  "vcpu %u: exception class 0x%02x, esr 0x%08x, pc 0x%llx: undefined instruction "
		  "for the guest", vcpu->index, ESR_EC(esr), esr,
		  (unsigned long long)vcpu_pc(vcpu));
	if (vcpu_has_vectors(vcpu))
		vcpu_inject_undefined(vcpu);
	else
		vm_stop(vm, "vcpu %u: exception class 0x%02x, pc 0x%llx, before the guest had "
			"exception vectors", vcpu->index, ESR_EC(esr),
			(unsigned long long)vcpu_pc(vcpu));
}

/* ---- by label ---- */

static void on_timer(struct vm *vm, struct vcpu *vcpu, const struct exit_message *message)
{
	if (message->length != 1 || message->mr[0] != VGIC_TIMER_INTID) {
		drop(vm, vcpu, message);
		return;
	}
	count(vm, EXIT_TIMER);
	vgic_timer(&vm->gic, vcpu->index);
	vcpu_resume(vcpu);
}

static void on_maintenance(struct vm *vm, struct vcpu *vcpu, const struct exit_message *message)
{
	count(vm, EXIT_MAINTENANCE);
	if (message->length != 1 ||
	    !vgic_maintenance(&vm->gic, vcpu->index, message->mr[0]))
		drop(vm, vcpu, message);
	vcpu_resume(vcpu);
}

/* A guest's hvc that is no system call of the kernel: there is no such firmware call. */
static void on_hvc(struct vm *vm, struct vcpu *vcpu, const char *what)
{
	count(vm, EXIT_HVC);
	vm_report(vm, &vm->reports[REPORT_HVC],
		  "vcpu %u: %s by hvc, pc 0x%llx: answered not supported", vcpu->index, what,
		  (unsigned long long)vcpu_pc(vcpu));
	vcpu_finish(vcpu, 0, ~0ull);
}

static void by_label(struct vm *vm, struct vcpu *vcpu, const struct exit_message *message)
{
	switch (message->label) {
	case seL4_Fault_VMFault:
		if (message->length != 4 || !is_abort((uint32_t)message->mr[3]))
			break;
		vcpu_exited_at(vcpu, message->mr[0]);
		vcpu->finishable = vcpu->brief;
		by_syndrome(vm, vcpu, message->mr[3], message);
		return;
	case seL4_Fault_VCPUFault:
		if (message->length != (vcpu->brief ? 4 : 1) ||
		    is_abort((uint32_t)message->mr[0]))
			break;
		vcpu->finishable = vcpu->brief;
		by_syndrome(vm, vcpu, message->mr[0], message);
		return;
	case seL4_Fault_VPPIEvent:
		on_timer(vm, vcpu, message);
		return;
	case seL4_Fault_VGICMaintenance:
		on_maintenance(vm, vcpu, message);
		return;
	case seL4_Fault_UnknownSyscall:
		on_hvc(vm, vcpu, "unknown call");
		return;
	case seL4_Fault_CapFault:
		on_hvc(vm, vcpu, "call on a capability that it has not");
		return;
	case seL4_Fault_UserException:
		by_syndrome(vm, vcpu, 0, message);
		return;
	}
	drop(vm, vcpu, message);
}

static struct vcpu *sender(struct vm *vm, uint64_t badge)
{
	unsigned int i;

	for (i = 0; i < vm->vcpus; i++)
		if (vm->vcpu[i].fault_badge == badge)
			return &vm->vcpu[i];
	return NULL;
}

void exits_handle(struct vm *vm, uint64_t badge, const struct exit_message *message)
{
	struct vcpu *vcpu = sender(vm, badge);

	if (!vcpu || vm->state != VM_RUNNING)
		return;
	if (vcpu->state != VCPU_RUNNING) {
		drop(vm, vcpu, message);
		return;
	}
	vm->caller = vcpu;
	vcpu_exited(vcpu);
	by_label(vm, vcpu, message);
}
