/* SPDX-License-Identifier: BSD-2-Clause */
/* Making the machine ready for a thread: address space, SIMD state, vCPU. */
#include <kernel/arch.h>
#include <kernel/sched.h>

#include "machine.h"
#include "../../object/vcpu.h"
#include "../../object/space.h"

static bool fpu_disabled(const struct tcb *tcb)
{
	return tcb->flags & TCB_FLAG_FPU_DISABLED;
}

/*
 * Lazy: the registers keep their owner's state until another thread touches
 * them, which traps. So a VMM that uses general registers only costs its guest
 * no copies. No thread can tell this from the eager switch of ABI 6.11.
 */
static void fpu_switch(struct tcb *tcb)
{
	bool trap = fpu_disabled(tcb) || core_self()->fpu_owner != tcb;

	sysreg_write(cptr_el2, CPTR_EL2_RES1 | (trap ? CPTR_EL2_TFP : 0));
}

/* The current thread touched the registers: false if it may not. */
bool fpu_take(struct tcb *tcb)
{
	struct core *core = core_self();

	if (fpu_disabled(tcb))
		return false;
	sysreg_write(cptr_el2, CPTR_EL2_RES1);
	isb();
	if (core->fpu_owner)
		fpu_save(&core->fpu_owner->fpu);
	fpu_load(&tcb->fpu);
	core->fpu_owner = tcb;
	return true;
}

void arch_fpu_release(struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	if (core->fpu_owner == tcb)
		core->fpu_owner = NULL;
}

/* On the core that holds it: to memory. */
static void fpu_flush(u64 argument)
{
	struct core *core = core_self();
	u64 cptr = sysreg_read(cptr_el2);

	(void)argument;
	sysreg_write(cptr_el2, CPTR_EL2_RES1);
	isb();
	fpu_save(&core->fpu_owner->fpu);
	core->fpu_owner = NULL;
	sysreg_write(cptr_el2, cptr | CPTR_EL2_TFP);
}

void arch_migrate(struct tcb *tcb)
{
	struct core *core = core_of(tcb);

	if (core->fpu_owner == tcb)
		core_do(core, fpu_flush, 0);
	vcpu_migrate(tcb);
}

void arch_fpu_flags_changed(struct tcb *tcb)
{
	(void)tcb;
	sched_stale();
}

void arch_context_sync(struct tcb *tcb)
{
	(void)tcb;		/* every entry saves everything but SIMD */
}

void arch_tls_changed(struct tcb *tcb)
{
	(void)tcb;		/* every exit loads it from the context */
}

static __attribute__((noinline)) struct tcb *switch_rest(struct tcb *tcb)
{
	timer_leave();
	vcpu_switch(tcb->vcpu);
	timer_enter(tcb);
	isb();
	return tcb;
}

/* Rarely: no space, or one that has no VMID yet. */
static __attribute__((noinline)) struct tcb *switch_any(struct tcb *tcb)
{
	space_activate(tcb->slots[TCB_VSPACE].cap);
	fpu_switch(tcb);
	return switch_rest(tcb);
}

struct tcb *arch_switch_to(struct tcb *tcb)
{
	u64 root, vmid;

	if (vcpu_running())
		vcpu_leave();		/* first: the space is the guest's until then */
	if (!space_has_vmid(tcb->slots[TCB_VSPACE].cap, &root, &vmid))
		return switch_any(tcb);
	mmu_set_user_space(root, vmid);
	fpu_switch(tcb);
	if (tcb->vcpu || timer_moves(tcb))
		return switch_rest(tcb);
	isb();
	return tcb;
}
