/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Short faults: what a VMM needs to emulate an access, in four words, and a reply that finishes
 * the instruction. An extension that a vCPU's owner turns on (docs/kernel.md).
 */
#include <arm/esr.h>
#include <kernel/fault.h>
#include <kernel/tcb.h>
#include <kernel/vcpu.h>

#define REGISTER_ZERO	31u

static u32 syndrome(const struct fault *fault)
{
	return (u32)(fault->type == seL4_Fault_VMFault ? fault->word[1] : fault->word[0]);
}

static u64 register_read(const struct tcb *tcb, unsigned int i)
{
	return i == REGISTER_ZERO ? 0 : tcb->context.x[i];
}

static void register_write(struct tcb *tcb, unsigned int i, u64 value)
{
	if (i != REGISTER_ZERO)
		tcb->context.x[i] = value;
}

static bool is_access(u32 esr, bool write)
{
	return ESR_EC(esr) == ESR_EC_DABT_LOWER && (esr & ESR_DABT_ISV) &&
	       !(esr & ESR_DABT_WNR) == !write;
}

static bool is_sysreg(u32 esr, bool read)
{
	return ESR_EC(esr) == ESR_EC_SYSREG && !(esr & ESR_SYSREG_READ) == !read;
}

static void idle_words(const struct tcb *tcb, u64 *words)
{
	struct vcpu_idle idle = { 0, 0, 0 };

	if (tcb->vcpu)
		idle = vcpu_idle(tcb->vcpu);
	words[0] = idle.timer_control;
	words[1] = idle.timer_deadline;
	words[2] = idle.free_lists;
}

static void vcpu_fault_words(const struct tcb *tcb, u32 esr, u64 *words)
{
	words[0] = words[1] = words[2] = 0;
	if (ESR_EC(esr) == ESR_EC_WFX) {
		idle_words(tcb, words);
	} else if (ESR_EC(esr) == ESR_EC_SMC64) {
		for (unsigned int i = 0; i < 3; i++)
			words[i] = tcb->context.x[i];
	} else if (is_sysreg(esr, false)) {
		words[0] = register_read(tcb, ESR_SYSREG_RT(esr));
	}
}

void fault_short_message(const struct tcb *tcb, u64 words[FAULT_SHORT_WORDS])
{
	const struct fault *fault = &tcb->fault;
	u32 esr = syndrome(fault);

	if (fault->type == seL4_Fault_VCPUFault) {
		words[0] = esr;
		vcpu_fault_words(tcb, esr, words + 1);
		return;
	}
	words[0] = tcb->context.fault_ip;
	words[1] = fault->word[0];
	words[2] = is_access(esr, true) ? register_read(tcb, ESR_DABT_SRT(esr)) : 0;
	words[3] = esr;
}

/* The VMM did what the instruction asks for: value is what it reads, if it reads. */
void fault_short_done(struct tcb *tcb, u64 value)
{
	u32 esr = syndrome(&tcb->fault);

	if (is_access(esr, false))
		register_write(tcb, ESR_DABT_SRT(esr), value);
	else if (is_sysreg(esr, true))
		register_write(tcb, ESR_SYSREG_RT(esr), value);
	else if (ESR_EC(esr) == ESR_EC_SMC64)
		tcb->context.x[0] = value;
	tcb->context.fault_ip += esr & ESR_IL ? 4 : 2;
}
