/* SPDX-License-Identifier: BSD-2-Clause */
/* What the unit tests see and set of the fake machine. */
#ifndef ARCH_FAKE_H
#define ARCH_FAKE_H

#include <kernel/tcb.h>
#include <kernel/vcpu.h>

extern bool fake_irq_waiting;		/* arch_irq_pending() answers this */
extern unsigned int fake_irq_next;	/* arch_irq_take() answers this once */
extern bool fake_irq_enabled[1020];
extern unsigned int fake_sgi_raised;	/* SGI | target << 8 of the last one */
extern struct tcb *fake_loaded;		/* of the last arch_switch_to() */
extern char fake_console[4096];
extern bool fake_short_faults;		/* of every vCPU */
extern struct vcpu_idle fake_idle;	/* of every vCPU */

#endif
