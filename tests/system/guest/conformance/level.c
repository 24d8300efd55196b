/* SPDX-License-Identifier: BSD-2-Clause */
/* A level interrupt, of the UART's transmitter: it comes again while its line is up, and not after. */
#include "guest.h"

#include "arm/pl011.h"

/* Up as long as the transmitter has room, so what was printed must be gone. */
static void line(bool up)
{
	console_flush();
	store(UART_BASE + PL011_IMSC, up ? PL011_INT_TX : 0);
	barrier();
}

static uint32_t take_and_end(void)
{
	uint32_t taken = gic_take();

	gic_end(taken);
	return taken;
}

static void repeats(void)
{
	bool ok = true;

	line(true);
	for (int i = 0; i < 20; i++)
		expect_equal(&ok, take_and_end(), UART_INTID, "IAR");
	line(false);
	check(ok, "comes again while the line is up");
	check_equal(take_and_end(), GIC_SPURIOUS, "not after the line fell");
}

static void falls(void)
{
	uint32_t taken;

	line(true);
	line(false);
	check_equal(take_and_end(), GIC_SPURIOUS, "a line that fell before it was taken");
	line(true);
	taken = gic_take();
	line(false);
	gic_end(taken);
	check(taken == UART_INTID && take_and_end() == GIC_SPURIOUS, "a line that fell while active");
}

static void while_active(void)
{
	bool seen, after;

	line(true);
	gic_take();
	seen = gic_is_active(UART_INTID) && gic_is_pending(UART_INTID);
	line(false);
	after = gic_is_active(UART_INTID) && !gic_is_pending(UART_INTID);
	line(true);
	gic_end(UART_INTID);
	check(seen, "active and pending while the line is up");
	check(after, "active only when the line is down");
	check_equal(take_and_end(), UART_INTID, "a line that rose again while active");
	line(false);
}

static void latched(void)
{
	gic_pend(UART_INTID);
	check_equal(take_and_end(), UART_INTID, "set pending by the distributor, once");
	check_equal(take_and_end(), GIC_SPURIOUS, "and no more without the line");
	line(true);
	gic_unpend(UART_INTID);
	check_equal(take_and_end(), UART_INTID, "ICPENDR does not lower a line");
	line(false);
}

static void disabled(void)
{
	gic_enable(UART_INTID, false);
	line(true);
	check(gic_is_pending(UART_INTID), "pending while disabled");
	check_equal(take_and_end(), GIC_SPURIOUS, "not taken while disabled");
	gic_enable(UART_INTID, true);
	check_equal(take_and_end(), UART_INTID, "taken when enabled");
	gic_enable(UART_INTID, false);
	line(false);
	gic_enable(UART_INTID, true);
	check_equal(take_and_end(), GIC_SPURIOUS, "a line that fell while disabled");
}

static volatile uint32_t storms;

static void storm(struct frame *frame)
{
	uint32_t taken = gic_take();

	(void)frame;
	if (taken == GIC_SPURIOUS)
		return;
	if (++storms == 50)
		line(false);
	gic_end(taken);
}

static void by_exceptions(void)
{
	bool ok;

	on_irq(storm);
	irq_enable();
	line(true);
	ok = wait_for(&storms, 50);
	irq_disable();
	check(ok && storms == 50, "fifty by exceptions, until the handler lowers the line");
}

void guest_main(void)
{
	gic_start();
	check(true, "a character was sent");		/* so that the transmitter has something to say */
	gic_set_targets(UART_INTID, 1);
	gic_enable(UART_INTID, true);
	repeats();
	falls();
	while_active();
	latched();
	disabled();
	by_exceptions();
}
