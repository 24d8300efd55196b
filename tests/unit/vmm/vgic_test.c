/* SPDX-License-Identifier: BSD-2-Clause */
/* The GICv2 state machine against a guest that takes and ends interrupts. */
#include "fake_vcpu.h"

#include <stdlib.h>
#include <string.h>

#include "arm/gicv2.h"
#include "vgic_mmio.h"

static struct vcpu vcpus[VGIC_CPUS];
static struct vcpu *list[VGIC_CPUS];
static struct vgic gic;

static bool timer_offered;	/* every test once without and once with the kernel's timer */

static void start(unsigned int cpus, bool access)
{
	struct vcpu_lists lists;

	fake_vcpu_reset();
	for (unsigned int i = 0; i < VGIC_CPUS; i++) {
		vcpus[i] = (struct vcpu){ .index = i, .state = VCPU_RUNNING };
		list[i] = &vcpus[i];
		fake[i].no_access = !access;
		fake[i].timer_offered = access && timer_offered;
	}
	vgic_init(&gic, list, cpus, 384);
	lists = vcpu_probe_lists(&vcpus[0]);
	vgic_set_list_registers(&gic, &lists);
	for (unsigned int i = 0; i < cpus; i++)
		vgic_cpu_online(&gic, i, true);
}

static void dist_write(unsigned int cpu, uint64_t offset, unsigned int size, uint32_t value)
{
	struct mmio_access a = { .vcpu = &vcpus[cpu], .offset = offset, .value = value,
				 .value_known = true, .write = true, .size = (uint8_t)size };

	assert_int_equal(vgic_mmio(&gic, &a), MMIO_DONE);
	for (unsigned int i = 0; i < gic.cpus; i++)
		vgic_settle(&gic, i);
}

static uint32_t dist_read(unsigned int cpu, uint64_t offset, unsigned int size)
{
	struct mmio_access a = { .vcpu = &vcpus[cpu], .offset = offset, .size = (uint8_t)size };

	assert_int_equal(vgic_mmio(&gic, &a), MMIO_DONE);
	for (unsigned int i = 0; i < gic.cpus; i++)
		vgic_settle(&gic, i);
	return (uint32_t)a.value;
}

static void enable(unsigned int intid)
{
	dist_write(0, GICD_ISENABLER + intid / 32 * 4, 4, 1u << intid % 32);
}

static void disable(unsigned int intid)
{
	dist_write(0, GICD_ICENABLER + intid / 32 * 4, 4, 1u << intid % 32);
}

static void make_edge(unsigned int intid)
{
	uint32_t v = dist_read(0, GICD_ICFGR + intid / 16 * 4, 4);

	dist_write(0, GICD_ICFGR + intid / 16 * 4, 4, v | 2u << intid % 16 * 2);
}

static void pulse(unsigned int intid)
{
	vgic_pulse(&gic, 0, intid);
	vgic_settle(&gic, 0);
}

static void level(unsigned int intid, bool up)
{
	vgic_set_level(&gic, 0, intid, up);
	vgic_settle(&gic, 0);
}

static void test_identification(void **state)
{
	start(1, true);
	assert_int_equal(dist_read(0, GICD_TYPER, 4), 384 / 32 - 1);
	assert_int_equal(dist_read(0, GICD_ICPIDR2, 4) >> 4 & 15, 2);
	assert_int_equal(dist_read(0, GICD_ITARGETSR, 4), 0x01010101);
	start(2, true);
	assert_int_equal(dist_read(1, GICD_ITARGETSR, 4), 0x02020202);
}

static void test_edge(void **state)
{
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	make_edge(40);
	enable(40);
	pulse(40);
	assert_int_equal(fake_take(0), 40);
	/* a second edge while active is pending again; a third coalesces */
	pulse(40);
	pulse(40);
	fake_end(0, 40);
	assert_int_equal(fake[0].maintenance, 0);	/* an edge asks for no maintenance */
	assert_int_equal(fake_take(0), 40);
	fake_end(0, 40);
	assert_int_equal(fake_take(0), -1);
	pulse(40);
	assert_int_equal(fake_take(0), 40);
}

static void test_disabled_is_not_lost(void **state)
{
	start(1, true);
	make_edge(40);
	pulse(40);
	assert_int_equal(fake_take(0), -1);
	assert_int_equal(dist_read(0, GICD_ISPENDR + 4, 4), 1u << 8);
	enable(40);
	assert_int_equal(fake_take(0), -1);	/* the distributor is off */
	dist_write(0, GICD_CTLR, 4, 1);
	disable(40);				/* withdrawn from its list register */
	assert_int_equal(fake_take(0), -1);
	assert_int_equal(dist_read(0, GICD_ICPENDR + 4, 4), 1u << 8);
	enable(40);
	assert_int_equal(fake_take(0), 40);
}

static void test_level(void **state)
{
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	enable(33);
	level(33, true);
	assert_int_equal(fake_take(0), 33);
	fake_end(0, 33);
	fake_maintain(&gic, 0);
	assert_int_equal(fake_take(0), 33);	/* still up */
	level(33, false);
	fake_end(0, 33);
	fake_maintain(&gic, 0);
	assert_int_equal(fake_take(0), -1);
	/* falls before it is taken */
	level(33, true);
	level(33, false);
	assert_int_equal(fake_take(0), -1);
	/* set pending by software without a line */
	dist_write(0, GICD_ISPENDR + 4, 4, 2);
	assert_int_equal(fake_take(0), 33);
	fake_end(0, 33);
	fake_maintain(&gic, 0);
	assert_int_equal(fake_take(0), -1);
}

static unsigned int ends;

static void count_end(void *source, unsigned int intid)
{
	ends++;
	if (source)
		vgic_set_level(&gic, 0, intid, true);
}

static void test_held_line(void **state)
{
	static int again;

	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	ends = 0;
	vgic_hold(&gic, 0, 50, count_end, &again);
	vgic_hold(&gic, 0, 28, count_end, NULL);
	enable(28);
	level(28, true);
	assert_int_equal(fake_take(0), 28);
	fake_end(0, 28);
	fake_maintain(&gic, 0);
	assert_int_equal(ends, 1);
	assert_int_equal(fake_take(0), -1);
	/* its source raises it again at once */
	enable(50);
	level(50, true);
	assert_int_equal(fake_take(0), 50);
	fake_end(0, 50);
	fake_maintain(&gic, 0);
	assert_int_equal(ends, 2);
	assert_int_equal(fake_take(0), 50);
	fake_end(0, 50);
	fake_maintain(&gic, 0);
	/* raised long ago while disabled: asked anew when it is enabled */
	disable(28);
	level(28, true);
	enable(28);
	assert_int_equal(ends, 4);		/* the third was 50's */
	assert_int_equal(fake_take(0), 50);
}

static void test_priorities_and_overflow(void **state)
{
	unsigned int i;

	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	for (i = 64; i < 96; i++) {
		make_edge(i);
		dist_write(0, GICD_IPRIORITYR + i, 1, (95 - i) << 3);
		enable(i);
	}
	for (i = 64; i < 96; i++)
		pulse(i);
	assert_true(gic.overflowed > 0);
	for (i = 95; i >= 64; i--) {
		assert_int_equal(fake_take(0), (int)i);		/* most urgent first, whatever came first */
		fake_end(0, (int)i);
		fake_maintain(&gic, 0);
	}
	assert_int_equal(fake_take(0), -1);
}

static void test_sgis_by_source(void **state)
{
	start(3, true);
	dist_write(0, GICD_CTLR, 4, 1);
	for (unsigned int i = 0; i < 3; i++)
		dist_write(i, GICD_ISENABLER, 4, 0xffff);
	dist_write(1, GICD_SGIR, 4, 1u << 16 | 5);	/* 1 to 0 */
	dist_write(2, GICD_SGIR, 4, 1u << 16 | 5);	/* 2 to 0 */
	assert_int_equal(fake_take(0), 5);
	fake_end(0, 5);
	fake_maintain(&gic, 0);
	assert_int_equal(fake_take(0), 5);
	fake_end(0, 5);
	fake_maintain(&gic, 0);
	assert_int_equal(fake_take(0), -1);
	dist_write(0, GICD_SGIR, 4, 2u << 24 | 7);	/* to itself */
	assert_int_equal(fake_take(0), 7);
	dist_write(0, GICD_SGIR, 4, 1u << 24 | 9);	/* to all others */
	assert_int_equal(fake_take(1), 9);
	assert_int_equal(fake_take(2), 9);
	assert_int_equal(fake_take(0), -1);
	dist_write(0, GICD_SPENDSGIR + 4, 1, 2);
	assert_int_equal(dist_read(0, GICD_CPENDSGIR + 4, 1), 2);
	assert_int_equal(fake_take(0), 4);
}

static void test_targets(void **state)
{
	start(2, true);
	dist_write(0, GICD_CTLR, 4, 1);
	make_edge(70);
	enable(70);
	dist_write(0, GICD_ITARGETSR + 70, 1, 2);
	pulse(70);
	vgic_settle(&gic, 1);
	assert_int_equal(fake_take(0), -1);
	assert_int_equal(fake_take(1), 70);
	fake_end(1, 70);
	dist_write(0, GICD_ITARGETSR + 70, 1, 0);
	pulse(70);
	vgic_settle(&gic, 1);
	assert_int_equal(fake_take(1), -1);
	dist_write(0, GICD_ITARGETSR + 70, 1, 3);
	assert_int_equal(fake_take(0), 70);
}

static void test_active_registers(void **state)
{
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	make_edge(40);
	enable(40);
	pulse(40);
	assert_int_equal(fake_take(0), 40);
	assert_int_equal(dist_read(0, GICD_ISACTIVER + 4, 4), 1u << 8);
	assert_int_equal(dist_read(0, GICD_ISPENDR + 4, 4), 0);
	dist_write(0, GICD_ICACTIVER + 4, 4, 1u << 8);
	assert_int_equal(dist_read(0, GICD_ISACTIVER + 4, 4), 0);
	dist_write(0, GICD_ISACTIVER + 4, 4, 1u << 8);
	fake_end(0, 40);
	assert_int_equal(dist_read(0, GICD_ISACTIVER + 4, 4), 0);
}

static void test_wait_for_interrupt(void **state)
{
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	make_edge(40);
	enable(40);
	assert_false(vgic_pending(&gic, 0, 0));
	assert_false(vgic_news(&gic, 0));
	pulse(40);
	assert_true(vgic_news(&gic, 0));
	assert_false(vgic_news(&gic, 0));
	assert_true(vgic_pending(&gic, 0, 0));
	fake[0].vmcr = 0x00000001;		/* priority mask lets nothing through */
	assert_false(vgic_pending(&gic, 0, 0));
	fake[0].vmcr = 0xf8000001;
	assert_int_equal(fake_take(0), 40);
	assert_false(vgic_pending(&gic, 0, 0));
	/* said to be empty: not looked at; a lie changes nothing but that */
	fake[0].lr_reads = 0;
	assert_false(vgic_pending(&gic, 0, ~0ull));
	assert_int_equal(fake[0].lr_reads, 0);
	pulse(40);
	assert_true(vgic_news(&gic, 0));
	fake_end(0, 40);
	assert_int_equal(fake_take(0), 40);
}

/* An interrupt that comes again and again costs one call each time, whether it was ended or not. */
static void test_pend_again(void **state)
{
	if (!timer_offered)
		return;
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	make_edge(40);
	enable(40);
	fake[0].lr_reads = fake[0].lr_writes = 0;
	for (unsigned int i = 1; i <= 10; i++) {
		pulse(40);
		assert_int_equal(fake_take(0), 40);
		if (i == 5) {			/* while it is active */
			pulse(40);
			fake_end(0, 40);
			assert_int_equal(fake_take(0), 40);
		}
		fake_end(0, 40);
	}
	assert_int_equal(fake[0].lr_reads, 0);
	assert_int_equal(fake[0].lr_writes, 11);
}

/* What keeps interrupt 40 from being delivered, and lets it. */
static void stop_by_enable(bool stop)
{
	dist_write(0, stop ? GICD_ICENABLER + 4 : GICD_ISENABLER + 4, 4, 1u << 8);
}

static void stop_by_group(bool stop)
{
	dist_write(0, GICD_IGROUPR + 4, 4, stop ? 1u << 8 : 0);
}

static void stop_by_distributor(bool stop)
{
	dist_write(0, GICD_CTLR, 4, !stop);
}

static void stop_by_targets(bool stop)
{
	dist_write(0, GICD_ITARGETSR + 40, 1, !stop);
}

static void check_stopped(bool access, void (*stop)(bool stop))
{
	start(1, access);
	dist_write(0, GICD_CTLR, 4, 1);
	make_edge(40);
	enable(40);
	/* pending in its list register */
	pulse(40);
	stop(true);
	assert_int_equal(fake_nest(0), -1);
	assert_int_equal(dist_read(0, GICD_ISPENDR + 4, 4), 1u << 8);
	stop(false);
	assert_int_equal(fake_nest(0), 40);
	/* active there; it comes again before and after its end */
	stop(true);
	if (access)
		pulse(40);
	fake_end(0, 40);
	fake_maintain(&gic, 0);
	pulse(40);
	assert_int_equal(fake_nest(0), -1);
	stop(false);
	assert_int_equal(fake_nest(0), 40);
	fake_end(0, 40);
	fake_maintain(&gic, 0);
	assert_int_equal(fake_nest(0), -1);
}

static void test_stopped_is_not_delivered(void **state)
{
	static void (*const ways[])(bool stop) = {
		stop_by_enable, stop_by_group, stop_by_distributor, stop_by_targets,
	};

	for (unsigned int i = 0; i < 2 * sizeof(ways) / sizeof(ways[0]); i++)
		check_stopped(i & 1, ways[i / 2]);
}

static void test_sgi_while_distributor_is_off(void **state)
{
	for (int access = 0; access < 2; access++) {
		start(1, access);
		dist_write(0, GICD_CTLR, 4, 1);
		dist_write(0, GICD_SGIR, 4, 2u << 24 | 3);
		assert_int_equal(fake_nest(0), 3);
		dist_write(0, GICD_SGIR, 4, 2u << 24 | 3);
		dist_write(0, GICD_CTLR, 4, 0);
		fake_end(0, 3);
		fake_maintain(&gic, 0);
		assert_int_equal(fake_nest(0), -1);
		dist_write(0, GICD_SGIR, 4, 2u << 24 | 3);
		assert_int_equal(fake_nest(0), -1);
		dist_write(0, GICD_CTLR, 4, 1);
		assert_int_equal(fake_nest(0), 3);
	}
}

static void nest_levels(unsigned int levels)
{
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	for (unsigned int i = 0; i < levels; i++) {
		make_edge(40 + i);
		dist_write(0, GICD_IPRIORITYR + 40 + i, 1, (30 - i) << 3);
		enable(40 + i);
		pulse(40 + i);
		assert_int_equal(fake_nest(0), 40 + i);
		fake_maintain(&gic, 0);
	}
	assert_int_equal(dist_read(0, GICD_ISACTIVER + 4, 4), ((1u << levels) - 1) << 8);
}

/* Deeper than there are list registers; which one ended is known of each. */
static void test_nesting(void **state)
{
	for (unsigned int levels = 1; levels <= 20; levels++) {
		nest_levels(levels);
		for (unsigned int i = levels; i--; ) {
			fake_end(0, (int)(40 + i));
			fake_maintain(&gic, 0);
			assert_int_equal(dist_read(0, GICD_ISACTIVER + 4, 4), ((1u << i) - 1) << 8);
		}
		assert_int_equal(fake[0].control, GICH_HCR_EN);
		assert_int_equal(fake[0].active, 0);
	}
}

/* One that is not in a list register is made inactive: its end, which is still to come, is of no other. */
static void test_spilled_is_made_inactive(void **state)
{
	nest_levels(10);
	dist_write(0, GICD_ICACTIVER + 4, 4, 1u << 10);
	for (unsigned int i = 10; i--; ) {
		fake_end(0, (int)(40 + i));
		fake_maintain(&gic, 0);
		assert_int_equal(dist_read(0, GICD_ISACTIVER + 4, 4), (((1u << i) - 1) & ~4u) << 8);
	}
}

/* More than there are list registers, none nested: an exit for as many as these are, not for each. */
static void test_overflow_is_cheap(void **state)
{
	unsigned int events = 0;

	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	for (unsigned int i = 64; i < 88; i++) {
		make_edge(i);
		dist_write(0, GICD_IPRIORITYR + i, 1, (i - 64) << 3);
		enable(i);
		pulse(i);
	}
	for (unsigned int i = 64; i < 88; i++) {
		assert_int_equal(fake_nest(0), i);
		events += fake_asserted(0);
		fake_maintain(&gic, 0);
		fake_end(0, (int)i);
		events += fake_asserted(0);
		fake_maintain(&gic, 0);
	}
	assert_int_equal(fake_nest(0), -1);
	assert_true(events <= 24 / gic.lrs + 2);
}

static bool timer_masked;

static void timer_ended(void *source, unsigned int intid)
{
	timer_masked = false;
}

/* The line of the timer is up: the kernel injects, or sends its event, or neither. */
static void timer_line(void)
{
	if (fake[0].timer_active || timer_masked)
		return;
	if (fake_timer(0))
		return;
	timer_masked = true;
	vgic_timer(&gic, 0);
	vgic_settle(&gic, 0);
}

static void start_with_timer(void)
{
	start(1, true);
	timer_masked = false;
	vgic_hold(&gic, 0, VGIC_TIMER_INTID, timer_ended, NULL);
	dist_write(0, GICD_CTLR, 4, 1);
}

static void test_timer(void **state)
{
	start_with_timer();
	timer_line();				/* disabled: not lost */
	assert_int_equal(fake_take(0), -1);
	enable(27);
	for (unsigned int i = 0; i < 3; i++) {
		timer_line();
		assert_int_equal(dist_read(0, GICD_ISPENDR, 4), 1u << 27);
		assert_true(vgic_timer_is_up(&gic, 0, vcpu_empty_lrs(&vcpus[0])));
		assert_int_equal(fake_take(0), 27);
		assert_int_equal(dist_read(0, GICD_ISACTIVER, 4), 1u << 27);
		fake_end(0, 27);
		assert_int_equal(!!fake[0].maintenance, !timer_offered);
		fake_maintain(&gic, 0);
		assert_false(vgic_timer_is_up(&gic, 0, vcpu_empty_lrs(&vcpus[0])));
	}
	/* disabled while it is active: ended as ever, comes when it is enabled */
	timer_line();
	assert_int_equal(fake_take(0), 27);
	disable(27);
	fake_end(0, 27);
	fake_maintain(&gic, 0);
	timer_line();
	assert_int_equal(fake_take(0), -1);
	enable(27);
	timer_line();
	assert_int_equal(fake_take(0), 27);
	fake_end(0, 27);
	fake_maintain(&gic, 0);
	/* by software, without the line */
	dist_write(0, GICD_ISPENDR, 4, 1u << 27);
	assert_int_equal(fake_take(0), 27);
	fake_end(0, 27);
	fake_maintain(&gic, 0);
	assert_int_equal(!!gic.cpu[0].timer, timer_offered);
	/* an event of before the kernel had it is not a second one */
	if (timer_offered) {
		timer_masked = true;
		vgic_timer(&gic, 0);
		assert_false(timer_masked);
		assert_int_equal(fake_take(0), -1);
	}
}

/* The guest does what it likes with the timer's registers; the timer goes on after that. */
static void test_timer_random(void **state)
{
	for (unsigned int seed = 1; seed <= 60; seed++) {
		bool active = false;

		srand(seed);
		start_with_timer();
		for (int step = 0; step < 1000; step++) {
			switch (rand() % 9) {
			case 0:	enable(27); break;
			case 1:	disable(27); break;
			case 2:	dist_write(0, GICD_IPRIORITYR + 27, 1, (unsigned int)rand() & 0xf8); break;
			case 3:	dist_write(0, GICD_ISPENDR, 4, 1u << 27); break;
			case 4:	dist_write(0, GICD_ICPENDR, 4, 1u << 27); break;
			case 5:	timer_line(); break;
			case 6:	active |= fake_take(0) == 27; break;
			case 7:	fake_maintain(&gic, 0); break;
			case 8:
				if (active)
					fake_end(0, 27);
				active = false;
				break;
			}
		}
		enable(27);
		for (int step = 0; step < 8; step++) {
			timer_line();
			if (active || fake_take(0) == 27)
				fake_end(0, 27);
			active = false;
			fake_maintain(&gic, 0);
		}
		timer_line();
		assert_int_equal(fake_take(0), 27);
	}
}

static void test_bad_accesses(void **state)
{
	struct mmio_access a = { .vcpu = &vcpus[0], .offset = GICD_ISENABLER + 1, .size = 4 };

	start(1, true);
	assert_int_equal(vgic_mmio(&gic, &a), MMIO_UNHANDLED);
	a.offset = GICD_CTLR;
	a.size = 8;
	assert_int_equal(vgic_mmio(&gic, &a), MMIO_UNHANDLED);
	a.offset = GICD_ISENABLER;
	a.size = 1;
	assert_int_equal(vgic_mmio(&gic, &a), MMIO_UNHANDLED);
	/* beyond the interrupts that exist: reads 0, writes nowhere */
	dist_write(0, GICD_ISENABLER + 0x7c, 4, ~0u);
	assert_int_equal(dist_read(0, GICD_ISENABLER + 0x7c, 4), 0);
}

/* Forged events: nothing breaks. */
static void test_forged_maintenance(void **state)
{
	start(1, true);
	assert_false(vgic_maintenance(&gic, 0, 77));
	start(1, false);
	assert_false(vgic_maintenance(&gic, 0, 0));
	assert_false(vgic_maintenance(&gic, 0, 1ull << 40));
	assert_false(vgic_maintenance(&gic, 0, ~0ull));
}

/*
 * Whatever happens in whatever order: each edge is delivered at least once after it came, nothing is
 * in two list registers (fake_vcpu checks that), and at the end nothing is left behind.
 */
static void random_walk(unsigned int seed, bool access)
{
	bool owed[384] = { false };
	int active[32], n = 0;

	srand(seed);
	start(1, access);
	dist_write(0, GICD_CTLR, 4, 1);
	for (unsigned int i = 64; i < 80; i++) {
		make_edge(i);
		dist_write(0, GICD_IPRIORITYR + i, 1, (unsigned int)rand() % 31 << 3);
		enable(i);
	}
	for (int step = 0; step < 4000; step++) {
		unsigned int i = 64 + (unsigned int)rand() % 16;

		switch (rand() % 6) {
		case 0:
		case 1:
			pulse(i);
			owed[i] = true;
			break;
		case 2:
			if (n < 32) {
				int taken = fake_nest(0);

				if (taken >= 0) {
					owed[taken] = false;
					active[n++] = taken;
				}
			}
			break;
		case 3:
			if (n && !fake_asserted(0))
				fake_end(0, active[--n]);
			break;
		case 4:
			if (access) {
				disable(i);
				enable(i);
			}
			break;
		case 5:
			fake_maintain(&gic, 0);
			break;
		}
	}
	for (int step = 0; step < 200; step++) {
		int taken;

		fake_maintain(&gic, 0);
		for (; n; fake_maintain(&gic, 0))
			fake_end(0, active[--n]);
		taken = fake_nest(0);
		if (taken < 0)
			continue;
		owed[taken] = false;
		active[n++] = taken;
	}
	for (unsigned int i = 64; i < 80; i++)
		assert_false(owed[i]);
	assert_null(gic.cpu[0].ready);
}

static void test_random(void **state)
{
	for (unsigned int seed = 1; seed <= 40; seed++)
		random_walk(seed, true);
}

static void test_random_without_extension(void **state)
{
	for (unsigned int seed = 1; seed <= 40; seed++)
		random_walk(seed, false);
}

static void test_without_extension(void **state)
{
	start(1, false);
	dist_write(0, GICD_CTLR, 4, 1);
	assert_false(gic.timer);
	vgic_hold(&gic, 0, 27, count_end, NULL);
	ends = 0;
	enable(27);
	level(27, true);
	assert_int_equal(fake_take(0), 27);
	level(27, true);
	fake_end(0, 27);
	fake_maintain(&gic, 0);
	assert_int_equal(ends, 1);
	assert_int_equal(fake_take(0), -1);
}

static void test_reset(void **state)
{
	start(1, true);
	dist_write(0, GICD_CTLR, 4, 1);
	vgic_hold(&gic, 0, 50, count_end, NULL);
	ends = 0;
	enable(50);
	level(50, true);
	assert_int_equal(fake_take(0), 50);
	vgic_reset(&gic);
	memset(fake[0].lr, 0, sizeof(fake[0].lr));
	assert_int_equal(ends, 1);		/* its source is not left waiting */
	assert_int_equal(dist_read(0, GICD_ISENABLER + 4, 4), 0);
	assert_int_equal(dist_read(0, GICD_CTLR, 4), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identification),
		cmocka_unit_test(test_edge),
		cmocka_unit_test(test_disabled_is_not_lost),
		cmocka_unit_test(test_level),
		cmocka_unit_test(test_held_line),
		cmocka_unit_test(test_priorities_and_overflow),
		cmocka_unit_test(test_sgis_by_source),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_active_registers),
		cmocka_unit_test(test_wait_for_interrupt),
		cmocka_unit_test(test_pend_again),
		cmocka_unit_test(test_stopped_is_not_delivered),
		cmocka_unit_test(test_sgi_while_distributor_is_off),
		cmocka_unit_test(test_nesting),
		cmocka_unit_test(test_spilled_is_made_inactive),
		cmocka_unit_test(test_overflow_is_cheap),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_timer_random),
		cmocka_unit_test(test_bad_accesses),
		cmocka_unit_test(test_forged_maintenance),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_without_extension),
		cmocka_unit_test(test_without_extension),
		cmocka_unit_test(test_reset),
	};

	int failed = cmocka_run_group_tests_name("vgic", tests, NULL, NULL);

	timer_offered = true;
	return failed + cmocka_run_group_tests_name("vgic with the kernel's timer", tests, NULL, NULL);
}
