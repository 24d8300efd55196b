/* SPDX-License-Identifier: BSD-2-Clause */
#include "vcpu.h"

#include <sel4/sel4.h>
#include <string.h>

#include "arm/esr.h"
#include "vm.h"

#define SPSR_EL1H_MASKED	0x3c5u		/* EL1h, D A I F masked */
#define SCTLR_MMU		1u
#define SCTLR_RESET		0x30d00800u	/* RES1 bits; MMU and caches off */
#define MPIDR_RES1		(1u << 31)

#define CNTV_CTL_ENABLE		1u
#define CNTV_CTL_MASKED		2u

#define INSTRUCTION_SIZE	4u

_Static_assert(VCPU_REGISTERS == SEL4_TCB_REGISTERS, "ABI 10.4");

/* Where xN stands in the register array (10.4). */
static unsigned int position(unsigned int n)
{
	static const uint8_t at[31] = {
		3, 4, 5, 6, 7, 8, 9, 10, 11,			/* x0 to x8 */
		17, 18, 19, 20, 21, 22, 23,			/* x9 to x15 */
		12, 13, 14,					/* x16 to x18 */
		24, 25, 26, 27, 28, 29, 30, 31, 32, 33,		/* x19 to x28 */
		15, 16,						/* x29, x30 */
	};

	return at[n];
}

/* ---- registers ---- */

void vcpu_exited(struct vcpu *vcpu)
{
	vcpu->known = 0;
	vcpu->changed = 0;
	vcpu->finishable = false;
}

void vcpu_exited_at(struct vcpu *vcpu, uint64_t pc)
{
	vcpu->registers[VCPU_PC] = pc;
	vcpu->known = 1;
}

/* registers[0 .. count) are known afterwards; what was changed stays changed. */
static void need(struct vcpu *vcpu, unsigned int count)
{
	uint64_t kept[VCPU_REGISTERS];
	unsigned int changed = vcpu->changed;

	if (count <= vcpu->known)
		return;
	if (changed)
		memcpy(kept, vcpu->registers, changed * sizeof(kept[0]));
	seL4_TCB_ReadRegisters(vcpu->tcb, 0, 0, count, (seL4_UserContext *)vcpu->registers);
	if (changed)
		memcpy(vcpu->registers, kept, changed * sizeof(kept[0]));
	vcpu->known = count;
	vcpu->vm->stats.register_reads++;
}

uint64_t vcpu_pc(struct vcpu *vcpu)
{
	need(vcpu, 1);
	return vcpu->registers[VCPU_PC];
}

uint64_t vcpu_register(struct vcpu *vcpu, unsigned int n)
{
	if (n > 30)
		return 0;
	need(vcpu, position(n) + 1);
	return vcpu->registers[position(n)];
}

static void change(struct vcpu *vcpu, unsigned int at, uint64_t value)
{
	need(vcpu, at + 1);
	vcpu->registers[at] = value;
	if (vcpu->changed <= at)
		vcpu->changed = at + 1;
}

void vcpu_set_register(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	if (n <= 30)
		change(vcpu, position(n), value);
}

/* What fits in message registers needs no IPC buffer: the usual case, one word. */
void vcpu_resume(struct vcpu *vcpu)
{
	bool reply = vcpu->vm->caller == vcpu;	/* it runs on with the next receive */

	vcpu->state = VCPU_RUNNING;
	vcpu->vm->reply |= reply;	/* of no word: the instruction is executed again */
	if (vcpu->changed || !reply)
		seL4_TCB_WriteRegisters(vcpu->tcb, !reply, 0, vcpu->changed,
					(const seL4_UserContext *)vcpu->registers);
	vcpu->changed = 0;
}

void vcpu_finish(struct vcpu *vcpu, unsigned int n, uint64_t value)
{
	struct vm *vm = vcpu->vm;

	if (vcpu->finishable && vm->caller == vcpu) {
		vcpu->state = VCPU_RUNNING;
		vm->reply = vm->reply_done = true;
		vm->reply_value = value;
		return;
	}
	vcpu_set_register(vcpu, n, value);
	change(vcpu, VCPU_PC, vcpu_pc(vcpu) + INSTRUCTION_SIZE);
	vcpu_resume(vcpu);
}

void vcpu_complete_mmio(struct vcpu *vcpu, struct mmio_access *access, uint64_t value)
{
	if (access->write)
		vcpu_finish(vcpu, VCPU_NO_REGISTER, 0);
	else
		vcpu_finish(vcpu, access->reg, mmio_extend(access, value));
}

/* ---- the vCPU object ---- */

static uint64_t read_system(struct vcpu *vcpu, seL4_Word number)
{
	seL4_ARM_VCPU_ReadRegs_t r = seL4_ARM_VCPU_ReadRegs(vcpu->object, number);

	return r.error ? 0 : r.value;
}

static void write_system(struct vcpu *vcpu, seL4_Word number, uint64_t value)
{
	seL4_ARM_VCPU_WriteRegs(vcpu->object, number, value);
}

bool vcpu_make(struct vcpu *vcpu)
{
	struct vm *vm = vcpu->vm;
	seL4_Error error;

	seL4_CNode_Delete(vm->config.cnode, vcpu->object, vm->cnode_depth);
	error = seL4_Untyped_Retype(vcpu->untyped, seL4_ARM_VCPUObject, 0, vm->config.cnode, 0, 0,
				    vcpu->object, 1);
	if (!error)
		error = seL4_ARM_VCPU_SetTCB(vcpu->object, vcpu->tcb);
	if (error) {
		vm_log(vm, "vcpu %u: its object cannot be made: kernel error %d", vcpu->index,
		       (int)error);
		return false;
	}
	vcpu->brief = !seL4_ARM_VCPU_WriteRegs(vcpu->object, PEERVISOR_VCPU_SHORT_FAULTS, 1);
	seL4_ARM_VCPU_WriteRegs(vcpu->object, PEERVISOR_VCPU_COUNTER, 1);	/* else ptimer.c */
	return true;
}

bool vcpu_start(struct vcpu *vcpu, uint64_t pc, uint64_t x0)
{
	unsigned int i;

	seL4_TCB_Suspend(vcpu->tcb);
	if (!vcpu_make(vcpu))
		return false;
	for (i = 0; i < seL4_VCPUReg_Num; i++)
		write_system(vcpu, i, 0);
	write_system(vcpu, seL4_VCPUReg_SCTLR, SCTLR_RESET);
	write_system(vcpu, seL4_VCPUReg_VMPIDR_EL2, MPIDR_RES1 | vcpu->index);
	write_system(vcpu, seL4_VCPUReg_CNTVOFF, vcpu->vm->counter_offset);
	memset(vcpu->registers, 0, sizeof(vcpu->registers));
	vcpu->registers[VCPU_PC] = pc;
	vcpu->registers[VCPU_SPSR] = SPSR_EL1H_MASKED;
	vcpu->registers[position(0)] = x0;
	vcpu->known = vcpu->changed = VCPU_REGISTERS;
	vcpu->standby = false;
	vcpu_resume(vcpu);
	return true;
}

void vcpu_stop(struct vcpu *vcpu)
{
	seL4_TCB_Suspend(vcpu->tcb);
	vcpu->state = VCPU_OFF;
	ptimer_reset(vcpu);
	if (vcpu->vm->caller == vcpu)
		vcpu->vm->caller = NULL;
}

#ifdef SEL4_SMP
/* To the core of its monitor, which is of higher priority. Suspending could lose a fault on its way. */
void vcpu_hold(struct vcpu *vcpu)
{
	uint64_t here = vcpu->vm->vcpu[0].core;

	if (vcpu->held || vcpu->core == here || vcpu->state != VCPU_RUNNING ||
	    vcpu->vm->caller == vcpu)
		return;
	seL4_TCB_SetAffinity(vcpu->tcb, here);
	vcpu->held = true;
}

void vcpu_let_go(struct vcpu *vcpu)
{
	if (!vcpu->held)
		return;
	vcpu->held = false;
	seL4_TCB_SetAffinity(vcpu->tcb, vcpu->core);
}
#endif

/* D1.10.2: the vector depends on where the exception came from. */
static uint64_t vector_offset(uint64_t spsr)
{
	if (spsr & 0x10)
		return 0x600;		/* lower exception level, AArch32 */
	if ((spsr & 0xf) == 0)
		return 0x400;		/* EL0 */
	return spsr & 1 ? 0x200 : 0x000;
}

static void take_exception(struct vcpu *vcpu, uint64_t esr)
{
	uint64_t pc, spsr;

	need(vcpu, VCPU_SPSR + 1);
	pc = vcpu->registers[VCPU_PC];
	spsr = vcpu->registers[VCPU_SPSR];
	write_system(vcpu, seL4_VCPUReg_ELR_EL1, pc);
	write_system(vcpu, seL4_VCPUReg_SPSR_EL1, spsr);
	write_system(vcpu, seL4_VCPUReg_ESR, esr);
	change(vcpu, VCPU_PC, read_system(vcpu, seL4_VCPUReg_VBAR) + vector_offset(spsr));
	change(vcpu, VCPU_SPSR, SPSR_EL1H_MASKED);
	vcpu_resume(vcpu);
}

/* The virtual address of the access: that of a fetch is the pc, with the MMU off it is the IPA. */
static bool fault_address(struct vcpu *vcpu, bool fetch, uint64_t ipa, uint64_t *far)
{
	*far = fetch ? vcpu_pc(vcpu) : ipa;
	return fetch || !(read_system(vcpu, seL4_VCPUReg_SCTLR) & SCTLR_MMU);
}

void vcpu_inject_abort(struct vcpu *vcpu, uint32_t esr, uint64_t ipa)
{
	bool fetch = ESR_EC(esr) == ESR_EC_IABT_LOWER;
	uint64_t class, far, syndrome = (esr & ESR_IL) | ESR_DFSC_EXTERNAL;

	need(vcpu, VCPU_SPSR + 1);
	class = fetch ? ESR_EC_IABT_LOWER : ESR_EC_DABT_LOWER;
	if (vcpu->registers[VCPU_SPSR] & 0xf)
		class++;		/* from EL1 itself */
	if (fault_address(vcpu, fetch, ipa, &far))
		write_system(vcpu, seL4_VCPUReg_FAR, far);
	else
		syndrome |= ESR_DABT_FNV;
	if (!fetch && !(esr & ESR_DABT_S1PTW))
		syndrome |= esr & (ESR_DABT_WNR | ESR_DABT_CM);
	take_exception(vcpu, class << ESR_EC_SHIFT | syndrome);
}

void vcpu_inject_undefined(struct vcpu *vcpu)
{
	take_exception(vcpu, ESR_IL);
}

/* Zero may be where they are: with the MMU on, or where RAM begins there. */
bool vcpu_has_vectors(struct vcpu *vcpu)
{
	return read_system(vcpu, seL4_VCPUReg_VBAR) != 0 ||
	       (read_system(vcpu, seL4_VCPUReg_SCTLR) & SCTLR_MMU) ||
	       guest_memory_at(&vcpu->vm->memory, gpa(0), 4);
}

struct vcpu_idle vcpu_read_idle(struct vcpu *vcpu, bool lists)
{
	return (struct vcpu_idle){
		.control = read_system(vcpu, seL4_VCPUReg_CNTV_CTL),
		.compare = read_system(vcpu, seL4_VCPUReg_CNTV_CVAL),
		.empty = lists ? vcpu_empty_lrs(vcpu) : 0,
	};
}

uint64_t vcpu_timer_deadline(const struct vcpu *vcpu, const struct vcpu_idle *idle)
{
	uint64_t deadline;

	if (!(idle->control & CNTV_CTL_ENABLE) || (idle->control & CNTV_CTL_MASKED) ||
	    __builtin_add_overflow(idle->compare, vcpu->vm->counter_offset, &deadline))
		return DEADLINE_NEVER;
	return deadline;
}

void vcpu_timer_ack(struct vcpu *vcpu)
{
	seL4_ARM_VCPU_AckVPPI(vcpu->object, VGIC_TIMER_INTID);
}

void vcpu_fault_registers(struct vcpu *vcpu, uint64_t *esr, uint64_t *far)
{
	*esr = read_system(vcpu, seL4_VCPUReg_ESR);
	*far = read_system(vcpu, seL4_VCPUReg_FAR);
}

/* ---- list registers ---- */

struct vcpu_lists vcpu_probe_lists(struct vcpu *vcpu)
{
	/* The answer to an index that cannot be says the largest one (2.10, 6.6). */
	seL4_Error error = seL4_ARM_VCPU_InjectIRQ(vcpu->object, 0, 0, 0, 0xff);

	return (struct vcpu_lists){
		.count = error == seL4_RangeError ? (unsigned int)seL4_GetMR(1) + 1 : 4,
		.access = !seL4_ARM_VCPU_ReadRegs(vcpu->object, PEERVISOR_VCPU_ELRSR).error,
		.timer = !seL4_ARM_VCPU_ReadRegs(vcpu->object, PEERVISOR_VCPU_TIMER).error,
	};
}

uint32_t vcpu_read_lr(struct vcpu *vcpu, unsigned int index)
{
	return (uint32_t)read_system(vcpu, PEERVISOR_VCPU_LR + index);
}

void vcpu_write_lr(struct vcpu *vcpu, unsigned int index, uint32_t value)
{
	write_system(vcpu, PEERVISOR_VCPU_LR + index, value);
}

void vcpu_pend_lr(struct vcpu *vcpu, unsigned int index, uint32_t value)
{
	write_system(vcpu, PEERVISOR_VCPU_PEND + index, value);
}

void vcpu_set_timer(struct vcpu *vcpu, uint32_t value)
{
	write_system(vcpu, PEERVISOR_VCPU_TIMER, value);
}

uint64_t vcpu_empty_lrs(struct vcpu *vcpu)
{
	return read_system(vcpu, PEERVISOR_VCPU_ELRSR);
}

uint32_t vcpu_active_priorities(struct vcpu *vcpu)
{
	return (uint32_t)read_system(vcpu, PEERVISOR_VCPU_APR);
}

void vcpu_set_control(struct vcpu *vcpu, uint32_t value)
{
	write_system(vcpu, PEERVISOR_VCPU_HCR, value);
}

uint32_t vcpu_vmcr(struct vcpu *vcpu)
{
	return (uint32_t)read_system(vcpu, PEERVISOR_VCPU_VMCR);
}

bool vcpu_inject_irq(struct vcpu *vcpu, unsigned int intid, unsigned int priority,
		     unsigned int group, unsigned int index)
{
	return !seL4_ARM_VCPU_InjectIRQ(vcpu->object, (seL4_Uint16)intid, (seL4_Uint8)priority,
					(seL4_Uint8)group, (seL4_Uint8)index);
}
