/* SPDX-License-Identifier: BSD-2-Clause */
/* Software generated interrupts of a CPU to itself. */
#include "guest.h"

static void plain(void)
{
	gic_send(3, SGI_TO_SELF, 0);
	check(gic_is_pending(3), "an SGI to itself is pending");
	check_equal(gic_take(), 3, "an SGI to itself is taken");
	check(gic_is_active(3) && !gic_is_pending(3), "it is active then");
	gic_end(3);
	check(!gic_is_active(3), "it is inactive after its end");
	gic_send(4, SGI_TO_LIST, 1);
	check_equal(gic_take(), 4, "an SGI to a list with itself");
	gic_end(4);
	gic_send(4, SGI_TO_LIST, 0);
	check_equal(gic_take(), GIC_SPURIOUS, "an SGI to an empty list");
}

static void all_numbers(void)
{
	bool ok = true;

	for (unsigned int i = 0; i < GIC_SGIS; i++) {
		gic_set_priority(i, (uint8_t)(0xf0 - 8 * i));
		gic_send(i, SGI_TO_SELF, 0);
	}
	for (unsigned int i = GIC_SGIS; i--; ) {
		uint32_t taken = gic_take();

		expect_equal(&ok, taken, i, "IAR");
		gic_end(taken);
	}
	check(ok, "all sixteen by priority");
	for (unsigned int i = 0; i < GIC_SGIS; i++)
		gic_set_priority(i, 0xa0);
}

static void again(void)
{
	gic_send(5, SGI_TO_SELF, 0);
	gic_take();
	gic_send(5, SGI_TO_SELF, 0);
	gic_send(5, SGI_TO_SELF, 0);
	check(gic_is_active(5) && gic_is_pending(5), "active and pending");
	check_equal(gic_take(), GIC_SPURIOUS, "not taken while it is active");
	gic_end(5);
	check_equal(gic_take(), 5, "taken again after its end");
	gic_end(5);
	check_equal(gic_take(), GIC_SPURIOUS, "two that were sent while it was active are one");
}

static void by_distributor(void)
{
	uint64_t set = GICD_BASE + GICD_SPENDSGIR + 4, clear = GICD_BASE + GICD_CPENDSGIR + 4;

	store(set, 1u << 16);		/* SGI 6 from CPU 0 */
	check_equal(load(set), 1u << 16, "SPENDSGIR reads what it set");
	check_equal(gic_take(), 6, "SPENDSGIR makes an SGI pending");
	gic_end(6);
	store(set, 1u << 16);
	store(clear, 1u << 16);
	check_equal(load(set), 0, "CPENDSGIR clears it");
	check_equal(gic_take(), GIC_SPURIOUS, "it is not taken then");
}

static volatile uint32_t exceptions;

static void count(struct frame *frame)
{
	uint32_t taken = gic_take();

	(void)frame;
	if (taken == GIC_SPURIOUS)
		return;
	exceptions++;
	gic_end(taken);
}

static void by_exceptions(void)
{
	bool ok = true;

	on_irq(count);
	irq_enable();
	for (uint32_t i = 1; i <= 100; i++) {
		gic_send(i % GIC_SGIS, SGI_TO_SELF, 0);
		ok &= wait_for(&exceptions, i);
	}
	irq_disable();
	check(ok && exceptions == 100, "a hundred by exceptions");
}

void guest_main(void)
{
	gic_start();
	plain();
	all_numbers();
	again();
	by_distributor();
	by_exceptions();
}
