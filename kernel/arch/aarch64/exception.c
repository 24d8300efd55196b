/* SPDX-License-Identifier: BSD-2-Clause */
/* What an exception from a lower level becomes (ABI 5.4). System calls do not come here. */
#include <arm/esr.h>
#include <kernel/arch.h>
#include <kernel/print.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>

#include "../../object/vcpu.h"
#include "machine.h"

#define ESR_UNDEFINED	0x02000000u	/* EC 0, IL */
#define ISR_A		0x100UL
#define FAR_PAGE_MASK	0xfffUL
#define PAR_PAGE	0x0000fffffffff000UL
#define PAR_F		1UL		/* no translation */
#define HPFAR_FIPA	0xffffffffff0UL

/*
 * HPFAR_EL2 holds the page of an IPA for translation, access flag and address size faults of
 * stage 2 and for all faults of a stage 1 table walk (ARM ARM D17.2.64). Cortex-A57 erratum 834220:
 * the first kind may be reported although stage 1 does not translate the address.
 */
static bool hpfar_valid(u32 esr)
{
	if (esr & ESR_DABT_S1PTW)
		return true;
	return ESR_DFSC(esr) < ESR_DFSC_PERMISSION && !(errata & ERRATUM_STAGE2_FAULT);
}

/*
 * The IPA of a guest's fault; where HPFAR_EL2 does not tell, stage 1 is asked again. False: it gives
 * none. Another vCPU has changed the tables, or the fault was none of stage 2; the guest tries again.
 */
static bool guest_fault_address(u32 esr, bool fetch, u64 *address)
{
	u64 far = sysreg_read(far_el2), par, result;

	if (hpfar_valid(esr)) {
		*address = (sysreg_read(hpfar_el2) & HPFAR_FIPA) << 8 | (far & FAR_PAGE_MASK);
		return true;
	}
	if (fetch)
		far = sched_current->context.next_ip;
	par = sysreg_read(par_el1);
	__asm__ volatile("at s1e1r, %0" : : "r"(far));
	isb();
	result = sysreg_read(par_el1);
	sysreg_write(par_el1, par);
	*address = (result & PAR_PAGE) | (far & FAR_PAGE_MASK);
	return !(result & PAR_F);
}

static bool is_debug(u32 ec)
{
	return ec == ESR_EC_BREAKPOINT_LOWER || ec == ESR_EC_STEP_LOWER || ec == ESR_EC_WATCHPOINT_LOWER;
}

/* Apart, so that other exceptions save no register for it. */
static __attribute__((noinline)) struct tcb *hide_debug(void)
{
	vcpu_hide_debug();
	return kernel_resume();
}

struct tcb *exception_sync(u64 esr)
{
	u32 syndrome = (u32)esr;
	u32 ec = ESR_EC(syndrome);

	if (!core_enter())
		return sched_run();
	if (ec == ESR_EC_DABT_LOWER || ec == ESR_EC_IABT_LOWER) {
		bool fetch = ec == ESR_EC_IABT_LOWER;
		u64 address;

		if (!sched_current->vcpu)
			address = sysreg_read(far_el2);
		else if (!guest_fault_address(syndrome, fetch, &address))
			return kernel_resume();
		return kernel_vm_fault(address, syndrome, fetch);
	}
	if (ec == ESR_EC_FP && fpu_take(sched_current))
		return kernel_resume();
	if (ec == ESR_EC_SYSREG && timer_take(sched_current, syndrome))
		return kernel_resume();
	if (syndrome == ESR_UNDEFINED)
		return kernel_user_exception(syndrome, 0);
	if (!sched_current->vcpu && is_debug(ec))
		return hide_debug();
	return kernel_vcpu_fault(syndrome);
}

struct tcb *exception_irq(void)
{
	core_enter();
	return kernel_irq();
}

/*
 * An SError that the current thread caused: its guest gets it as a virtual one, a native thread as
 * a fault. What it trapped for at the same time, if anything, it does once more.
 */
struct tcb *exception_serror(u64 esr)
{
	bool valid = core_enter();

	if (sched_current->vcpu) {
		vcpu_serror(sched_current->vcpu);
		return kernel_resume();
	}
	if (!valid)
		return sched_run();
	return kernel_user_exception((u32)ESR_EC_SERROR << ESR_EC_SHIFT | ESR_IL | ESR_ISS((u32)esr), 0);
}

/* From here on an SError in the kernel is the kernel's; one from before has stopped nothing. */
void exception_start_core(void)
{
	if (sysreg_read(isr_el1) & ISR_A)
		print("boot: an SError was pending: ESR %lx\n", serror_take());
	__asm__ volatile("msr daifclr, #4" : : : "memory");
}

_Noreturn void exception_fatal(u64 vector)
{
	static const char *const kinds[] = { "exception", "IRQ", "FIQ", "SError" };

	gicv2_stop_others();
	print_panic("%s in the kernel, vector %lu: ESR %lx ELR %lx FAR %lx", kinds[vector & 3], vector,
		    sysreg_read(esr_el2), sysreg_read(elr_el2), sysreg_read(far_el2));
}

/* The other cores go the same way when they next enter the kernel, which the interrupt makes them. */
_Noreturn void arch_halt(void)
{
	gicv2_stop_others();
	__asm__ volatile("msr daifset, #15" : : : "memory");
	for (;;)
		__asm__ volatile("wfi");
}
