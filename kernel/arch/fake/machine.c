/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine of variables, for the unit tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arch/fake.h>
#include <kernel/arch.h>
#include <kernel/sched.h>

#include "../../object/space.h"
#include "../../object/vcpu.h"

_Alignas(4096) u8 fake_ram[FAKE_RAM_SIZE];
bool fake_irq_waiting;
unsigned int fake_irq_next = ARCH_IRQ_NONE;
bool fake_irq_enabled[1020];
unsigned int fake_sgi_raised;
struct tcb *fake_loaded;
char fake_console[4096];
static size_t console_length;

struct tcb *arch_switch_to(struct tcb *tcb)
{
	if (vcpu_running())
		vcpu_leave();
	if (tcb != &sched_idle)
		space_activate(tcb->slots[TCB_VSPACE].cap);
	vcpu_switch(tcb->vcpu);
	fake_loaded = tcb;
	return tcb;
}

void arch_fpu_release(struct tcb *tcb)
{
	if (fake_loaded == tcb)
		fake_loaded = NULL;
}

void arch_fpu_flags_changed(struct tcb *tcb)
{
}

void arch_context_sync(struct tcb *tcb)
{
}

void arch_tls_changed(struct tcb *tcb)
{
}

/* With nothing to run and no interrupt to come the test is wrong: it would wait for ever. */
void arch_wait_for_interrupt(void)
{
	if (fake_irq_next == ARCH_IRQ_NONE) {
		fprintf(stderr, "fake machine: idle for ever\n");
		abort();
	}
}

bool arch_irq_pending(void)
{
	return fake_irq_waiting;
}

unsigned int arch_irq_max(void)
{
	return 159;
}

unsigned int arch_irq_take(void)
{
	unsigned int irq = fake_irq_next;

	fake_irq_next = ARCH_IRQ_NONE;
	fake_irq_waiting = false;
	return irq;
}

void arch_irq_end(unsigned int irq)
{
}

void arch_irq_mask(unsigned int irq)
{
	fake_irq_enabled[irq] = false;
}

void arch_irq_unmask(unsigned int irq)
{
	fake_irq_enabled[irq] = true;
}

void arch_irq_set_edge(unsigned int irq, bool edge)
{
}

void arch_timer_review(void)
{
}

void arch_irq_handler_used(struct core *core, unsigned int irq, struct slot *slot)
{
}

void arch_sgi_raise(unsigned int sgi, unsigned int target)
{
	fake_sgi_raised = sgi | target << 8;
}

u64 fake_counter;

u64 arch_counter(void)
{
	return fake_counter;
}

u64 arch_counter_per_tick(void)
{
	return FAKE_COUNTER_PER_TICK;
}

void arch_timer_tick(void)
{
}

void arch_zero(struct paddr at, u64 bytes)
{
	memset(arch_phys_to_ptr(at), 0, bytes);
}

/* A firmware that adds one to everything. */
void arch_smc(u64 words[ARCH_SMC_WORDS])
{
	for (unsigned int i = 0; i < ARCH_SMC_WORDS; i++)
		words[i]++;
}

void arch_putc(char c)
{
	if (console_length + 1 < sizeof(fake_console))
		fake_console[console_length++] = c;
}

void arch_halt(void)
{
	fprintf(stderr, "fake machine: halted\n%s\n", fake_console);
	abort();
}
