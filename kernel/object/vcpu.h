/* SPDX-License-Identifier: BSD-2-Clause */
/* The vCPU object, shared with the switch. */
#ifndef OBJECT_VCPU_H
#define OBJECT_VCPU_H

#include <kernel/vcpu.h>

#define VCPU_LIST_REGISTERS	16

/* The registers of ours that seL4 has not. Without them a VMM's other ways are tested. */
#ifdef KERNEL_PLAIN
#define VCPU_EXTENDED		false
#else
#define VCPU_EXTENDED		true
#endif

struct vcpu {
	struct tcb *tcb;
	u64 registers[SEL4_VCPU_REGISTERS];	/* by the ABI's numbers, 6.7 */
	u32 list[VCPU_LIST_REGISTERS];
	u32 vmcr, apr, hcr;			/* GICH_VMCR, GICH_APR, GICH_HCR */
	u64 debug;				/* MDSCR_EL1 */
	u64 serror;				/* HCR_EL2.VSE if a virtual SError is pending; see enabled */
	u32 timer_list;				/* what PPI 27 puts into the last list register, 0: an event */
	bool timer_active;			/* it did, and the guest has not ended it */
	bool timer_masked;			/* PPI 27 waits for AckVPPI */
	bool short_faults;			/* our extension, docs/kernel.md */
	bool counter;				/* the same: CNTPCT_EL0 does not trap */
};

_Static_assert(sizeof(struct vcpu) <= 1 << SEL4_VCPU_BITS, "ABI 3.1");

/* Is the CPU set up for a vCPU's thread? */
bool vcpu_running(void);
/* Its thread stops running, and its space is still in use: the CPU is ready for a native one. */
void vcpu_leave(void);
/* Makes the CPU, in that state, ready for a vCPU's thread. */
void vcpu_switch(struct vcpu *next);
/* A native thread met the debug registers of the loaded vCPU: they come back with that. */
void vcpu_hide_debug(void);
/* The guest that runs, or would but for its exit, gets a virtual SError. */
void vcpu_serror(struct vcpu *vcpu);
/* Physical interrupts 25 and 27. */
void vcpu_maintenance(void);
void vcpu_timer(void);

#endif
