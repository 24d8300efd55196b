/* SPDX-License-Identifier: BSD-2-Clause */
/* vCPUs: object/vcpu.c owns struct vcpu. */
#ifndef KERNEL_VCPU_H
#define KERNEL_VCPU_H

#include <kernel/tcb.h>

void vcpu_create(struct paddr at);
void vcpu_finalise(struct cap cap, bool final);
/* The thread goes: its vCPU, if any, is dissociated (tcb->vcpu becomes NULL, SPSR sanitised). */
void vcpu_thread_finalise(struct tcb *tcb);
/* This core's loaded vCPU is saved and unloaded. */
void vcpu_flush(void);
/* The thread, which is not running, leaves its core: so does what that holds of its vCPU. */
void vcpu_migrate(struct tcb *tcb);

/* Does the vCPU ask for short faults (core/fault_short.c)? */
bool vcpu_short_faults(const struct vcpu *vcpu);
/* What a VMM wants to know of an idle vCPU: CNTV_CTL, CNTV_CVAL, free list registers. */
struct vcpu_idle {
	u64 timer_control, timer_deadline, free_lists;
};
struct vcpu_idle vcpu_idle(const struct vcpu *vcpu);

#endif
