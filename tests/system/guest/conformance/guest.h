/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a conformance guest has: it runs at EL1 with the MMU off on one to four CPUs and tells by its
 * console what holds. A guest is one C file with guest_main; ../../test_conformance.py lists them.
 */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "arm/gicv2.h"

#define GICD_BASE	0x08000000ul
#define GICC_BASE	0x08010000ul
#define UART_BASE	0x09000000ul
#define UART_INTID	33u
#define CPUS		4u

/* On the first CPU, interrupts masked. When it returns the guest reports and powers itself off. */
void guest_main(void);

/* One line, "ok: WHAT" or "failed: WHAT"; on the first CPU only. */
void check(bool holds, const char *what);
/* The same for two values that must be equal; a failure says both. */
void check_equal(uint64_t seen, uint64_t right, const char *what);
/* Part of a larger check: a difference makes `ok` false, and is told if this is the first CPU. */
void expect_equal(bool *ok, uint64_t seen, uint64_t right, const char *what);

/* Until all that was printed has left the UART. */
void console_flush(void);

/* ---- CPUs ---- */

unsigned int cpu_number(void);			/* of the one that asks */
unsigned int cpu_count(void);			/* that the VM has */
/* Starts CPU n (1 and on) in `run`; when that returns the CPU goes off. */
void cpu_start(unsigned int n, void (*run)(void));
/* Waits until *flag is at least `value`; false: not within many seconds. */
bool wait_for(const volatile uint32_t *flag, uint32_t value);

static inline void irq_enable(void)
{
	__asm__ volatile("msr daifclr, #2\n\tisb" ::: "memory");
}

static inline void irq_disable(void)
{
	__asm__ volatile("msr daifset, #2\n\tisb" ::: "memory");
}

static inline void barrier(void)
{
	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

uint64_t smc_call(uint64_t x0, uint64_t x1, uint64_t x2, uint64_t x3);
#define PSCI_VERSION	0x84000000u
#define PSCI_CPU_OFF	0x84000002u
#define PSCI_CPU_ON	0xc4000003u
#define PSCI_SYSTEM_OFF	0x84000008u

/* ---- exceptions ---- */

struct frame {
	uint64_t x[31];
	uint64_t elr, spsr, esr, far;
	uint64_t unused;
};

/* Handlers of this CPU's exceptions; NULL: it is told and the guest ends. */
typedef void (*frame_handler)(struct frame *frame);
void on_sync(frame_handler handler);
void on_irq(frame_handler handler);

/* ---- devices ---- */

static inline uint32_t load(uint64_t address)
{
	return *(volatile uint32_t *)address;
}

static inline void store(uint64_t address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
}

/* Distributor on, this CPU's interface on: priority mask open, all priority bits preempt. */
void gic_start(void);
void gic_enable(unsigned int intid, bool on);
bool gic_is_enabled(unsigned int intid);
void gic_pend(unsigned int intid);
void gic_unpend(unsigned int intid);
bool gic_is_pending(unsigned int intid);
void gic_set_active(unsigned int intid, bool active);
bool gic_is_active(unsigned int intid);
void gic_set_priority(unsigned int intid, uint8_t priority);
void gic_set_targets(unsigned int intid, uint8_t targets);
void gic_set_edge(unsigned int intid, bool edge);
/* The whole word, with the source of an SGI; 1023: nothing. */
uint32_t gic_take(void);
void gic_end(uint32_t taken);
void gic_send(unsigned int intid, uint32_t filter, uint32_t targets);
#define SGI_TO_LIST	0u
#define SGI_TO_OTHERS	1u
#define SGI_TO_SELF	2u

#endif
