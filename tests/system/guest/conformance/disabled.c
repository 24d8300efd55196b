/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An interrupt that the distributor does not forward is not delivered, whatever it was before: pending,
 * active, or both; and it is not lost either.
 */
#include "guest.h"

#define SPI	40u
#define SGI	3u

/* The ways to keep one from being delivered. */
static void by_enable(unsigned int intid, bool forwarded)
{
	gic_enable(intid, forwarded);
}

static void by_distributor(unsigned int intid, bool forwarded)
{
	(void)intid;
	store(GICD_BASE + GICD_CTLR, forwarded);
	barrier();
}

/* Group 1 is off. */
static void by_group(unsigned int intid, bool forwarded)
{
	uint64_t group = GICD_BASE + GICD_IGROUPR + intid / 32 * 4;
	uint32_t bit = 1u << intid % 32;

	store(group, forwarded ? load(group) & ~bit : load(group) | bit);
	barrier();
}

static void by_target(unsigned int intid, bool forwarded)
{
	gic_set_targets(intid, forwarded);
}

static const struct way {
	const char *name;
	void (*forward)(unsigned int intid, bool forwarded);
	bool spi_only;
} ways[] = {
	{ "disabled", by_enable, false },
	{ "distributor off", by_distributor, false },
	{ "group off", by_group, false },
	{ "no target", by_target, true },	/* of one CPU a target cannot be chosen */
};

static void raise(unsigned int intid)
{
	if (intid == SGI)
		gic_send(SGI, SGI_TO_SELF, 0);
	else
		gic_pend(intid);
}

/* Pending, then stopped: not taken until it is forwarded again. */
static bool while_pending(const struct way *way, unsigned int intid)
{
	bool ok = true;

	raise(intid);
	way->forward(intid, false);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR while stopped");
	expect_equal(&ok, gic_is_pending(intid), true, "pending while stopped");
	way->forward(intid, true);
	expect_equal(&ok, gic_take(), intid, "IAR when forwarded again");
	gic_end(intid);
	return ok;
}

/* Active, then stopped; it is raised while active, or after its end. */
static bool while_active(const struct way *way, unsigned int intid, bool after_end)
{
	bool ok = true;

	raise(intid);
	expect_equal(&ok, gic_take(), intid, "IAR");
	way->forward(intid, false);
	if (!after_end)
		raise(intid);
	expect_equal(&ok, gic_is_active(intid), true, "active while stopped");
	gic_end(intid);
	expect_equal(&ok, gic_is_active(intid), false, "active after its end");
	if (after_end)
		raise(intid);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR while stopped");
	way->forward(intid, true);
	expect_equal(&ok, gic_take(), intid, "IAR when forwarded again");
	gic_end(intid);
	return ok;
}

/* Active and pending before it is stopped. */
static bool while_both(const struct way *way, unsigned int intid)
{
	bool ok = true;

	raise(intid);
	expect_equal(&ok, gic_take(), intid, "IAR");
	raise(intid);
	way->forward(intid, false);
	gic_end(intid);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR while stopped");
	raise(intid);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR when raised once more");
	way->forward(intid, true);
	expect_equal(&ok, gic_take(), intid, "IAR when forwarded again");
	gic_end(intid);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR at the end");
	return ok;
}

static void all_ways(unsigned int intid, bool edge)
{
	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		const struct way *way = &ways[i];
		bool ok = true;

		if (way->spi_only && (intid < GIC_PRIVATE || cpu_count() == 1))
			continue;
		if (intid >= GIC_PRIVATE)
			gic_set_edge(intid, edge);
		ok &= while_pending(way, intid);
		ok &= while_active(way, intid, false);
		ok &= while_active(way, intid, true);
		ok &= while_both(way, intid);
		check(ok, way->name);
	}
}

void guest_main(void)
{
	gic_start();
	gic_set_targets(SPI, 1);
	gic_enable(SPI, true);
	all_ways(SPI, true);
	all_ways(SPI, false);
	all_ways(SGI, true);
}
