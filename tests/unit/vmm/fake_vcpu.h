/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU without a kernel: registers in memory, list registers with a guest that takes and ends. */
#ifndef FAKE_VCPU_H
#define FAKE_VCPU_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm.h"

#define FAKE_LRS 4

extern struct fake_guest {
	uint64_t x[32];
	uint32_t lr[FAKE_LRS];
	uint32_t maintenance;	/* bit n: list register n ended with its EOI bit */
	uint32_t vmcr;
	uint32_t active;	/* GICH_APR, for interrupts of different priorities */
	uint32_t control;	/* GICH_HCR as vcpu_set_control said */
	bool uncounted;		/* an end matched no list register: EOICount is not 0 */
	bool no_access;
	bool timer_offered;	/* the kernel's timer and vcpu_pend_lr */
	uint32_t timer;		/* as vcpu_set_timer said */
	bool timer_active;	/* the kernel put it into the last list register */
	unsigned int lr_reads, lr_writes;
	unsigned int completed, aborted, acked;
	bool held;		/* it does not run */
	uint64_t completed_value;
	char log[4096];
} fake[VGIC_CPUS];

/* What a guest that runs on another core does while the monitor looks; NULL: nothing. */
extern void (*fake_meanwhile)(unsigned int cpu);

/* The physical counter as the timer server of fake_vm.c tells it. */
extern uint64_t fake_now;
extern unsigned int fake_now_calls;

void fake_vcpu_reset(void);

/* The guest takes the most urgent pending interrupt: its INTID, or -1. */
int fake_take(unsigned int cpu);
/* The same if it is more urgent than what is active; the guest is stopped if it has to be maintained. */
int fake_nest(unsigned int cpu);
/* Is there a maintenance event? The guest does not run before it is handled. */
bool fake_asserted(unsigned int cpu);
/* It ends it. The maintenance event is pending afterwards if the list register asks for it. */
void fake_end(unsigned int cpu, int intid);
/* The virtual timer expires. False: the kernel makes an event of it, or it is not over yet. */
bool fake_timer(unsigned int cpu);
/* Delivers pending maintenance events to the vGIC, then lets it settle. */
void fake_maintain(struct vgic *gic, unsigned int cpu);

#endif
