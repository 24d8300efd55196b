/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What core/, object/ and api/ need of an architecture. arch/aarch64 implements it for real,
 * arch/fake for the unit tests on the host. The arch also provides <arch/memory.h> with
 *
 *	static inline void *arch_phys_to_ptr(struct paddr p);		RAM, kernel window
 *	static inline struct paddr arch_ptr_to_phys(const void *ptr);
 *
 * (it includes <kernel/types.h>), and memcpy, memmove, memset, memcmp where there is no libc.
 */
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include <arch/memory.h>
#include <kernel/tcb.h>

/* Native user threads run with this SPSR (ABI 1.7). */
#ifdef KERNEL_DEBUG
#define ARCH_USER_SPSR	0x40UL
#else
#define ARCH_USER_SPSR	0x140UL
#endif

/*
 * Makes the machine ready for the thread: its address space (slots[TCB_VSPACE]; the empty table if
 * that is not a live VSpace), SIMD state (eager), vCPU. Called only when the thread differs from
 * the one switched to last, or after sched_stale(); general registers are the entry code's. Also
 * for sched_idle: no vCPU then. Returns tcb, so that the scheduler can end with it.
 */
struct tcb *arch_switch_to(struct tcb *tcb);
/* tcb dies or its SIMD flag changed: forget or redo what the CPU holds for it. */
void arch_fpu_release(struct tcb *tcb);		/* deleted: do not save into it any more */
void arch_fpu_flags_changed(struct tcb *tcb);	/* TCB_SetFlags; tcb may be current */
/* Registers of tcb are about to be read or written by another thread: bring them to memory. */
void arch_context_sync(struct tcb *tcb);
/* TPIDR_EL0, TPIDRRO_EL0 of tcb were changed in its context. */
void arch_tls_changed(struct tcb *tcb);

/* Waits until an interrupt is pending (wfi; interrupts stay masked). */
void arch_wait_for_interrupt(void);
/* Is an enabled interrupt pending now? Cheap: called from preemption points. */
bool arch_irq_pending(void);

/* The interrupt controller. */
#define ARCH_IRQ_NONE	0xffffffffu
unsigned int arch_irq_max(void);		/* highest legal number, below IRQ_LIMIT */
unsigned int arch_irq_take(void);		/* acknowledge; ARCH_IRQ_NONE if spurious */
void arch_irq_end(unsigned int irq);		/* end of interrupt for the one taken */
void arch_irq_mask(unsigned int irq);
void arch_irq_unmask(unsigned int irq);
void arch_irq_set_edge(unsigned int irq, bool edge);
/*
 * The cap in slot, to the handler of that core's interrupt, was just made or used; NULL: the handler
 * is gone. The registers of the EL1 physical timer go with the one of PPI 30.
 */
struct core;
struct slot;
void arch_irq_handler_used(struct core *core, unsigned int irq, struct slot *slot);
/* Caps are about to leave their slots, or threads their CSpaces. */
void arch_timer_review(void);
void arch_sgi_raise(unsigned int sgi, unsigned int target);
/* Several cores: where a shared interrupt goes; interrupts from one core to another. */
#define CORE_SGI_CALL		0
#define CORE_SGI_RESCHEDULE	1
#define CORE_SGI_STOP		2	/* one core has stopped the machine */
void arch_irq_route(unsigned int irq, struct core *core);
void arch_core_interrupt(struct core *core, unsigned int sgi);
void arch_core_interrupt_seen(unsigned int sgi);	/* pending here no more */
/* What its core's hardware holds of tcb (SIMD state, vCPU) goes to memory; it is not running. */
void arch_migrate(struct tcb *tcb);
/* An interrupt the arch reserved (25, 27): it raises fault_vgic_maintenance() or fault_vppi(). */
void arch_reserved_irq(unsigned int irq);
/* The physical counter, and how many of its ticks are one of the kernel's. */
u64 arch_counter(void);
u64 arch_counter_per_tick(void);
/* Programs the next tick (2 ms). */
void arch_timer_tick(void);
/* Several cores: this core's ticks off, or on with a whole one to come. */
void arch_timer_enable(bool on);

/* Zeroes RAM (multiple of 16 bytes), and nothing of it stays in caches for a DMA or a walk to miss. */
void arch_zero(struct paddr at, u64 bytes);

/* An SMC with these words as x0 to x7, which become what it returns. */
#define ARCH_SMC_WORDS	8u
void arch_smc(u64 words[ARCH_SMC_WORDS]);

void arch_putc(char c);
_Noreturn void arch_halt(void);

#endif
