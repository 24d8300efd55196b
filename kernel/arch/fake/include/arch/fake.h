/* SPDX-License-Identifier: BSD-2-Clause */
/* What the unit tests see and set of the fake machine. */
#ifndef ARCH_FAKE_H
#define ARCH_FAKE_H

#include <kernel/tcb.h>

extern bool fake_irq_waiting;		/* arch_irq_pending() answers this */
extern unsigned int fake_irq_next;	/* arch_irq_take() answers this once */
extern bool fake_irq_enabled[1020];
extern unsigned int fake_sgi_raised;	/* SGI | target << 8 of the last one */
extern struct tcb *fake_loaded;		/* of the last arch_switch_to() */
extern char fake_console[4096];
extern u64 fake_counter;		/* arch_counter() answers this */
#define FAKE_COUNTER_PER_TICK	1000

#define FAKE_LIST_REGISTERS	4
#define FAKE_EMPTY_SPACE	0x1000UL	/* where the space of threads without one is */

/* How often each operation was asked for. */
struct fake_counts {
	unsigned int clean_pou, clean_poc, invalidate, clean_invalidate, unify;
	unsigned int flush_vmid, flush_ipa, flush_guest;
};

extern struct fake_counts fake_counts;

/* Called for each TLB invalidation: of one address, or all of a VMID. */
extern void (*fake_tlb_flushed)(u64 vmid, u64 address, bool all);

/* All registers 0, no operation counted, 44-bit addresses. */
void fake_cpu_reset(void);

#endif
