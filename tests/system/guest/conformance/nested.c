/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts within interrupts, ten deep: more than any machine here has list registers, so that active
 * ones have to leave theirs. Each CPU nests interrupts of its own, all CPUs at once.
 */
#include "guest.h"

#define DEPTH		10u
#define FIRST		40u		/* CPU n: FIRST + DEPTH * n and on */
#define OUTERMOST	0xc0u		/* priority; each further one is 0x10 more urgent */
#define IDLE		0xffu

enum pended { BY_LATCH, BY_EDGE };

static volatile uint32_t finished[CPUS], good[CPUS];
static volatile uint32_t depth[CPUS], taken[CPUS][DEPTH];

static unsigned int intid_of(unsigned int level)
{
	return FIRST + DEPTH * cpu_number() + level;
}

static uint8_t priority_of(unsigned int level)
{
	return (uint8_t)(OUTERMOST - 0x10 * level);
}

static void prepare(enum pended how)
{
	for (unsigned int i = 0; i < DEPTH; i++) {
		gic_set_edge(intid_of(i), how == BY_EDGE);
		gic_set_priority(intid_of(i), priority_of(i));
		gic_set_targets(intid_of(i), (uint8_t)(1u << cpu_number()));
		gic_enable(intid_of(i), true);
	}
}

/* Which of them are active, seen from the distributor: the first `count`. */
static void expect_active(bool *ok, unsigned int count)
{
	for (unsigned int i = 0; i < DEPTH; i++)
		expect_equal(ok, gic_is_active(intid_of(i)), i < count, "active");
}

static bool take_all(enum pended how)
{
	bool ok = true;

	prepare(how);
	for (unsigned int i = 0; i < DEPTH; i++) {
		gic_pend(intid_of(i));
		expect_equal(&ok, gic_take(), intid_of(i), "IAR");
		expect_equal(&ok, load(GICC_BASE + GICC_RPR), priority_of(i), "running priority");
	}
	expect_active(&ok, DEPTH);
	return ok;
}

static bool end_all(void)
{
	bool ok = true;

	for (unsigned int i = DEPTH; i--; ) {
		gic_end(intid_of(i));
		expect_equal(&ok, load(GICC_BASE + GICC_RPR), i ? priority_of(i - 1) : IDLE,
			     "running priority");
		expect_active(&ok, i);
	}
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after all ended");
	return ok;
}

static bool polled(enum pended how)
{
	bool ok = take_all(how);

	return end_all() && ok;
}

/* All end without a look at the distributor between, which would bring them back. */
static bool ended_in_a_row(void)
{
	bool ok = take_all(BY_EDGE);

	for (unsigned int i = DEPTH; i--; )
		gic_end(intid_of(i));
	expect_active(&ok, 0);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after all ended");
	return ok;
}

/* Each is pending once more while it is active: all come again, in order of urgency. */
static bool pending_again(void)
{
	bool ok = take_all(BY_EDGE);

	for (unsigned int i = 0; i < DEPTH; i++)
		gic_pend(intid_of(i));
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR while the most urgent is active");
	for (unsigned int i = DEPTH; i--; ) {
		gic_end(intid_of(i));
		expect_equal(&ok, gic_take(), intid_of(i), "IAR again");
		gic_end(intid_of(i));
	}
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after all ended");
	return ok;
}

/* One in the middle is withdrawn by the distributor; its end is then nothing but a priority drop. */
static bool withdrawn(unsigned int which)
{
	bool ok = take_all(BY_EDGE);

	gic_set_active(intid_of(which), false);
	for (unsigned int i = DEPTH; i--; ) {
		gic_end(intid_of(i));
		for (unsigned int k = 0; k < i; k++)
			expect_equal(&ok, gic_is_active(intid_of(k)), k != which, "active");
	}
	expect_active(&ok, 0);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after all ended");
	return ok;
}

/* Each handler raises the next one before it ends. */
static void nest(struct frame *frame)
{
	unsigned int cpu = cpu_number(), level;
	uint32_t iar = gic_take();

	(void)frame;
	if (iar == GIC_SPURIOUS)
		return;
	level = depth[cpu];
	taken[cpu][level % DEPTH] = iar;
	depth[cpu] = level + 1;
	if (level + 1 < DEPTH) {
		irq_enable();
		gic_pend(intid_of(level + 1));
		wait_for(&depth[cpu], DEPTH);
		irq_disable();
	}
	gic_end(iar);
}

static bool by_exceptions(void)
{
	unsigned int cpu = cpu_number();
	bool ok = true;

	depth[cpu] = 0;
	prepare(BY_LATCH);
	on_irq(nest);
	irq_enable();
	gic_pend(intid_of(0));
	ok = wait_for(&depth[cpu], DEPTH);
	irq_disable();
	for (unsigned int i = 0; i < DEPTH; i++)
		expect_equal(&ok, taken[cpu][i], intid_of(i), "taken");
	expect_active(&ok, 0);
	return ok;
}

static void on_each_cpu(void)
{
	unsigned int cpu = cpu_number();

	gic_start();
	good[cpu] = polled(BY_LATCH) && polled(BY_EDGE) && ended_in_a_row() && by_exceptions();
	finished[cpu] = 1;
}

static void all_at_once(void)
{
	bool ok = true;

	for (unsigned int n = 1; n < cpu_count(); n++)
		cpu_start(n, on_each_cpu);
	on_each_cpu();
	for (unsigned int n = 0; n < cpu_count(); n++) {
		ok &= wait_for(&finished[n], 1);
		expect_equal(&ok, good[n], 1, "nested on this CPU");
	}
	check(ok, "ten deep on all CPUs at once");
}

void guest_main(void)
{
	gic_start();
	check(polled(BY_LATCH), "ten deep, pended by a latch");
	check(polled(BY_EDGE), "ten deep, edges");
	check(ended_in_a_row(), "ten ends in a row");
	check(pending_again(), "ten deep, all pending again");
	check(withdrawn(0) && withdrawn(4) && withdrawn(DEPTH - 1), "made inactive by the distributor");
	check(by_exceptions(), "ten deep by exceptions");
	all_at_once();
}
