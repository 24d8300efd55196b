/* SPDX-License-Identifier: BSD-2-Clause */
/* A reset of the VM: every device is as at the first start. What was left on is seen by the next run. */
#include "guest.h"

#include "arm/pl011.h"

#define PSCI_SYSTEM_RESET	0x84000009u
#define RUNS			3u
#define INTIDS			376u

/* RAM that no file is loaded into: it outlives a reset. */
#define RUN		(*(volatile uint32_t *)0x41000000ul)
#define MAGIC		(*(volatile uint32_t *)0x41000004ul)
#define FAILURES	(*(volatile uint32_t *)0x41000008ul)

static bool is_quiet(void)
{
	for (unsigned int word = 0; word * 32 < INTIDS; word++) {
		uint32_t mask = word ? ~0u : 0xffff0000u;	/* SGIs are always enabled */

		if (load(GICD_BASE + GICD_ISENABLER + word * 4) & mask)
			return false;
		if (load(GICD_BASE + GICD_ISPENDR + word * 4) || load(GICD_BASE + GICD_ISACTIVER + word * 4))
			return false;
	}
	return !load(GICD_BASE + GICD_CTLR);
}

static bool uart_is_reset(void)
{
	return !load(UART_BASE + PL011_IMSC) && !load(UART_BASE + PL011_MIS) &&
	       !load(UART_BASE + PL011_IBRD) && !load(UART_BASE + PL011_LCR_H);
}

/* Nothing comes when all is let through: what a line that is up would not allow. */
static bool nothing_comes(void)
{
	gic_start();
	gic_enable(UART_INTID, true);
	return gic_take() == GIC_SPURIOUS;
}

/* As much as one run can leave: a line that is up, interrupts pending and active, a UART set up. */
static void leave(void)
{
	store(UART_BASE + PL011_IBRD, 13);
	store(UART_BASE + PL011_LCR_H, 0x70);
	store(UART_BASE + PL011_IMSC, PL011_INT_TX | PL011_INT_RX);
	store(UART_BASE + PL011_DR, '\n');
	gic_pend(40);
	gic_pend(300);
	gic_enable(300, true);
	gic_take();
	gic_pend(27);
}

void guest_main(void)
{
	if (MAGIC != 0x12e5e700) {
		MAGIC = 0x12e5e700;
		RUN = FAILURES = 0;
	}
	if (!is_quiet() || !uart_is_reset() || !nothing_comes())
		FAILURES++;
	if (++RUN < RUNS) {
		leave();
		barrier();
		smc_call(PSCI_SYSTEM_RESET, 0, 0, 0);
	}
	store(UART_BASE + PL011_LCR_H, 0);
	check_equal(FAILURES, 0, "devices after a reset are as at the start");
	check_equal(RUN, RUNS, "runs");
}
