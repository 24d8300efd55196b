/* SPDX-License-Identifier: BSD-2-Clause */
/* Several CPU interfaces: banked registers, SGIs of all kinds, targets, CPUs that go and come. */
#include "fake_vcpu.h"

#include <stdlib.h>
#include <string.h>

#include "arm/gicv2.h"
#include "vgic_mmio.h"

#ifdef SEL4_SMP
#define CORES	4
#else
#define CORES	1
#endif

static struct vcpu vcpus[VGIC_CPUS];
static struct vgic gic;
static bool timer_offered;

static void start(unsigned int cpus, bool access)
{
	struct vcpu *list[VGIC_CPUS];
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
	vgic_set_ctlr(&gic, 1);
}

static void settle(void)
{
	for (unsigned int i = 0; i < gic.cpus; i++)
		vgic_settle(&gic, i);
	for (unsigned int i = 0; i < gic.cpus; i++)
		vcpu_let_go(&vcpus[i]);
}

static void dist_write(unsigned int cpu, uint64_t offset, unsigned int size, uint32_t value)
{
	struct mmio_access a = { .vcpu = &vcpus[cpu], .offset = offset, .value = value,
				 .value_known = true, .write = true, .size = (uint8_t)size };

	assert_int_equal(vgic_mmio(&gic, &a), MMIO_DONE);
	settle();
}

static uint32_t dist_read(unsigned int cpu, uint64_t offset, unsigned int size)
{
	struct mmio_access a = { .vcpu = &vcpus[cpu], .offset = offset, .size = (uint8_t)size };

	assert_int_equal(vgic_mmio(&gic, &a), MMIO_DONE);
	settle();
	return (uint32_t)a.value;
}

static void pulse(unsigned int intid)
{
	vgic_pulse(&gic, 0, intid);
	settle();
}

static void set_up_edge(unsigned int intid, uint32_t targets)
{
	uint32_t v = dist_read(0, GICD_ICFGR + intid / 16 * 4, 4);

	dist_write(0, GICD_ICFGR + intid / 16 * 4, 4, v | 2u << intid % 16 * 2);
	dist_write(0, GICD_ITARGETSR + intid, 1, targets);
	dist_write(0, GICD_ISENABLER + intid / 32 * 4, 4, 1u << intid % 32);
}

/* vCPU objects are made anew when they come on. */
static void turn_on(unsigned int cpu)
{
	memset(fake[cpu].lr, 0, sizeof(fake[cpu].lr));
	fake[cpu].maintenance = 0;
	fake[cpu].active = 0;
	fake[cpu].control = GICH_HCR_EN;
	fake[cpu].uncounted = false;
	fake[cpu].timer = 0;
	vgic_cpu_online(&gic, cpu, true);
	settle();
}

static void turn_off(unsigned int cpu)
{
	vgic_cpu_online(&gic, cpu, false);
	settle();
}

/* Whom the SGI that the CPU has just taken is of. */
static unsigned int source_of(unsigned int cpu, int intid)
{
	for (int i = 0; i < FAKE_LRS; i++)
		if ((fake[cpu].lr[i] & GICH_LR_ACTIVE) &&
		    (fake[cpu].lr[i] & GICH_LR_VIRTUALID) == (uint32_t)intid)
			return fake[cpu].lr[i] >> GICH_LR_CPUID_SHIFT & 7;
	fail_msg("%d is not active", intid);
	return 0;
}

static void test_banked_registers(void **state)
{
	start(4, true);
	assert_int_equal(dist_read(0, GICD_TYPER, 4) >> 5 & 7, 3);
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int word = 0; word < 8; word++)
			assert_int_equal(dist_read(i, GICD_ITARGETSR + word * 4, 4), 0x01010101u << i);
		dist_write(i, GICD_ISENABLER, 4, 1u << (16 + i));
		dist_write(i, GICD_IPRIORITYR + 27, 1, i << 3);
	}
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(dist_read(i, GICD_ISENABLER, 4), 0xffffu | 1u << (16 + i));
		assert_int_equal(dist_read(i, GICD_IPRIORITYR + 27, 1), i << 3);
	}
	/* private targets cannot be written; of a shared one only CPUs that there are */
	dist_write(1, GICD_ITARGETSR + 27, 1, 0xff);
	assert_int_equal(dist_read(1, GICD_ITARGETSR + 27, 1), 2);
	dist_write(1, GICD_ITARGETSR + 40, 1, 0xff);
	assert_int_equal(dist_read(2, GICD_ITARGETSR + 40, 1), 0xf);
	/* a private interrupt set pending is its CPU's own */
	dist_write(2, GICD_ISENABLER, 4, 1u << 20);
	dist_write(2, GICD_ISPENDR, 4, 1u << 20);
	assert_int_equal(dist_read(1, GICD_ISPENDR, 4), 0);
	assert_int_equal(fake_take(1), -1);
	assert_int_equal(fake_take(2), 20);
}

static void test_sgi_filters(void **state)
{
	start(4, true);
	dist_write(1, GICD_SGIR, 4, 0xdu << 16 | 1);		/* a list, without itself */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fake_take(i), i == 1 ? -1 : 1);
	dist_write(2, GICD_SGIR, 4, 0xfu << 16 | 2);		/* a list, with itself */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fake_take(i), 2);
	dist_write(3, GICD_SGIR, 4, 1u << 24 | 3);		/* all but itself */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fake_take(i), i == 3 ? -1 : 3);
	dist_write(3, GICD_SGIR, 4, 2u << 24 | 0xfu << 16 | 4);	/* itself only, whatever the list */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fake_take(i), i == 3 ? 4 : -1);
	assert_int_equal(source_of(3, 4), 3);
	dist_write(0, GICD_SGIR, 4, 3u << 24 | 0xfu << 16 | 5);	/* reserved */
	dist_write(0, GICD_SGIR, 4, 0xf0u << 16 | 5);		/* CPUs that are not there */
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fake_take(i), -1);
}

static void test_sgi_pending_registers(void **state)
{
	start(2, true);
	dist_write(1, GICD_ICENABLER, 4, 1u << 6);
	dist_write(0, GICD_SGIR, 4, 2u << 16 | 6);
	dist_write(1, GICD_SGIR, 4, 2u << 16 | 6);
	/* of CPU 1: both sources; of CPU 0, at the same address: none */
	assert_int_equal(dist_read(1, GICD_SPENDSGIR + 4, 4), 3u << 16);
	assert_int_equal(dist_read(0, GICD_SPENDSGIR + 4, 4), 0);
	dist_write(1, GICD_CPENDSGIR + 4, 4, 1u << 16);
	assert_int_equal(dist_read(1, GICD_SPENDSGIR + 4, 4), 2u << 16);
	dist_write(1, GICD_ISENABLER, 4, 1u << 6);
	assert_int_equal(fake_take(1), 6);
	assert_int_equal(source_of(1, 6), 1);
	assert_int_equal(fake_take(0), -1);
}

/* One after the other, each with its source, however they come in while one is taken. */
static void test_sgi_sources(void **state)
{
	bool came[4] = { false };

	start(4, true);
	dist_write(1, GICD_SGIR, 4, 1u << 16 | 8);
	assert_int_equal(fake_take(0), 8);
	dist_write(2, GICD_SGIR, 4, 1u << 16 | 8);
	dist_write(3, GICD_SGIR, 4, 1u << 16 | 8);
	dist_write(1, GICD_SGIR, 4, 1u << 16 | 8);	/* and the first once more */
	assert_int_equal(source_of(0, 8), 1);
	fake_end(0, 8);
	fake_maintain(&gic, 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fake_take(0), 8);
		assert_false(came[source_of(0, 8)]);
		came[source_of(0, 8)] = true;
		fake_end(0, 8);
		fake_maintain(&gic, 0);
	}
	assert_true(came[1] && came[2] && came[3]);
	assert_int_equal(fake_take(0), -1);
	/* ended unnoticed, then another source: at once, since the CPU may be waiting for it */
	dist_write(1, GICD_SGIR, 4, 1u << 16 | 9);
	assert_int_equal(fake_take(0), 9);
	fake_end(0, 9);
	dist_write(2, GICD_SGIR, 4, 1u << 16 | 9);
	assert_true(vgic_news(&gic, 0));
	assert_int_equal(fake_take(0), 9);
	assert_int_equal(source_of(0, 9), 2);
}

static void test_targets_change_while_active(void **state)
{
	start(2, true);
	set_up_edge(70, 2);
	pulse(70);
	assert_int_equal(fake_take(1), 70);
	/* it is to be ended where it was taken, and the next one goes to the new target */
	dist_write(0, GICD_ITARGETSR + 70, 1, 1);
	assert_int_equal(dist_read(0, GICD_ISACTIVER + 8, 4), 1u << 6);
	pulse(70);
	assert_int_equal(fake_take(0), -1);
	assert_int_equal(fake_take(1), -1);
	fake_end(1, 70);
	fake_maintain(&gic, 1);
	settle();
	assert_int_equal(fake_take(1), -1);
	assert_int_equal(fake_take(0), 70);
	fake_end(0, 70);
	fake_maintain(&gic, 0);
	/* pending and not taken: it goes there at once */
	pulse(70);
	dist_write(0, GICD_ITARGETSR + 70, 1, 2);
	assert_int_equal(fake_take(0), -1);
	assert_int_equal(fake_take(1), 70);
	fake_end(1, 70);
	/* a level interrupt likewise */
	dist_write(0, GICD_ISENABLER + 4, 4, 2);
	vgic_set_level(&gic, 0, 33, true);
	settle();
	assert_int_equal(fake_take(0), 33);
	dist_write(0, GICD_ITARGETSR + 33, 1, 2);
	assert_int_equal(fake_take(1), -1);
	fake_end(0, 33);
	fake_maintain(&gic, 0);
	settle();
	assert_int_equal(fake_take(0), -1);
	assert_int_equal(fake_take(1), 33);
}

static void test_a_cpu_goes(void **state)
{
	start(2, true);
	set_up_edge(70, 3);
	set_up_edge(71, 2);
	dist_write(0, GICD_ITARGETSR + 70, 1, 2);
	pulse(70);
	pulse(71);
	dist_write(0, GICD_ITARGETSR + 70, 1, 3);
	dist_write(0, GICD_SGIR, 4, 2u << 16 | 1);
	turn_off(1);
	for (int i = 0; i < FAKE_LRS; i++)
		assert_int_equal(fake[1].lr[i] & GICH_LR_STATE, 0);
	/* what may go to another does, what may not waits */
	assert_int_equal(fake_take(0), 70);
	assert_int_equal(fake_take(0), -1);
	pulse(71);
	dist_write(0, GICD_SGIR, 4, 2u << 16 | 2);
	assert_int_equal(fake_take(0), -1);
	turn_on(1);
	assert_int_equal(fake_take(1), 1);
	assert_int_equal(fake_take(1), 2);
	assert_int_equal(fake_take(1), 71);
	fake_end(0, 70);
	/* what runs elsewhere is left alone */
	pulse(70);
	assert_int_equal(fake_take(0), 70);
	fake[0].lr_writes = 0;
	turn_off(1);
	turn_on(1);
	assert_int_equal(fake[0].lr_writes, 0);
	fake_end(0, 70);
}

static void test_a_cpu_goes_without_extension(void **state)
{
	start(2, false);
	set_up_edge(70, 2);
	pulse(70);
	turn_off(1);
	dist_write(0, GICD_ITARGETSR + 70, 1, 3);
	assert_int_equal(fake_take(0), 70);
	turn_on(1);
	dist_write(0, GICD_ITARGETSR + 70, 1, 2);
	fake_end(0, 70);
	fake_maintain(&gic, 0);
	pulse(70);
	assert_int_equal(fake_take(1), 70);
}

#define DEPTH	8

static struct walk {
	int active[4][DEPTH];
	int depth[4];
	bool on[4];
	enum { NONE, OWED, MAYBE } sent[4][16][4];	/* SGIs: of each CPU, by number and source */
	const void *sending;		/* that one, while another of it was pending */
	bool owed[384];
} w;

static void take(unsigned int cpu)
{
	int intid;

	if (w.depth[cpu] == DEPTH)
		return;
	intid = fake_nest(cpu);
	if (intid < 0)
		return;
	if (intid < 16) {
		unsigned int from = source_of(cpu, intid);

		assert_true(w.sent[cpu][intid][from]);		/* none that nobody sent */
		w.sent[cpu][intid][from] = &w.sent[cpu][intid][from] == w.sending ? MAYBE : NONE;
	} else {
		w.owed[intid] = false;
	}
	w.active[cpu][w.depth[cpu]++] = intid;
}

static void end_one(unsigned int cpu)
{
	if (w.depth[cpu] && !fake_asserted(cpu))
		fake_end(cpu, w.active[cpu][--w.depth[cpu]]);
}

static void finish(unsigned int cpu)
{
	end_one(cpu);
	fake_maintain(&gic, cpu);
	settle();
}

static void send(unsigned int from)
{
	unsigned int to = (unsigned int)rand() % 4, intid = (unsigned int)rand() % 3;

	if (w.sent[to][intid][from])
		w.sending = &w.sent[to][intid][from];
	w.sent[to][intid][from] = OWED;
	dist_write(from, GICD_SGIR, 4, 1u << (16 + to) | intid);
	w.sending = NULL;
}

static int caller;		/* the CPU whose exit is handled does not run */

/* Between any look at a list register and what is done then. */
static void run_meanwhile(unsigned int cpu)
{
	if ((int)cpu == caller || !w.on[cpu] || rand() % 4)
		return;
	if (rand() % 2)
		take(cpu);
	else
		end_one(cpu);
}

static void step(void)
{
	unsigned int cpu = (unsigned int)rand() % 4, spi = 64 + (unsigned int)rand() % 6;

	caller = (int)cpu;
	switch (rand() % 8) {
	case 0:
		caller = -1;
		w.owed[spi] = true;
		pulse(spi);
		break;
	case 1:	dist_write(cpu, GICD_ITARGETSR + spi, 1, (uint32_t)rand() % 15 + 1); break;
	case 2:
		dist_write(cpu, GICD_ICENABLER + 8, 4, 1u << (spi - 64));
		dist_write(cpu, GICD_ISENABLER + 8, 4, 1u << (spi - 64));
		break;
	case 3:	send(cpu); break;
	case 4:	take(cpu); break;
	case 5:	finish(cpu); break;
	case 6:	fake_maintain(&gic, cpu); settle(); break;
	case 7:
		if (rand() % 8 || !cpu || w.depth[cpu])
			break;
		if (w.on[cpu])
			turn_off(cpu);
		else
			turn_on(cpu);
		w.on[cpu] = !w.on[cpu];
		break;
	}
}

/* Everything that was sent comes, with its source; nothing comes that was not; nothing is stuck. */
static void random_walk(unsigned int seed)
{
	w = (struct walk){ .on = { true, true, true, true } };

	srand(seed);
	start(4, true);
	caller = -1;
	if (CORES > 1 && timer_offered)
		fake_meanwhile = run_meanwhile;
	for (unsigned int i = 64; i < 70; i++) {
		set_up_edge(i, 1u << rand() % 4);
		dist_write(0, GICD_IPRIORITYR + i, 1, (i - 60) << 3);
	}
	for (unsigned int i = 0; i < 12; i++)
		dist_write(i / 3, GICD_IPRIORITYR + i % 3, 1, (unsigned int)rand() % 16 << 3);
	for (int i = 0; i < 3000; i++)
		step();
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		if (!w.on[cpu])
			turn_on(cpu);
	for (int i = 0; i < 400; i++) {
		for (unsigned int cpu = 0; cpu < 4; cpu++) {
			fake_maintain(&gic, cpu);
			while (w.depth[cpu])
				finish(cpu);
			take(cpu);
		}
	}
	for (unsigned int cpu = 0; cpu < 4; cpu++)
		for (unsigned int i = 0; i < 3 * 4; i++)
			assert_int_not_equal(w.sent[cpu][i / 4][i % 4], OWED);
	for (unsigned int i = 64; i < 70; i++)
		assert_false(w.owed[i]);
}

static void test_random(void **state)
{
	for (unsigned int seed = 1; seed <= 60; seed++)
		random_walk(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_banked_registers),
		cmocka_unit_test(test_sgi_filters),
		cmocka_unit_test(test_sgi_pending_registers),
		cmocka_unit_test(test_sgi_sources),
		cmocka_unit_test(test_targets_change_while_active),
		cmocka_unit_test(test_a_cpu_goes),
		cmocka_unit_test(test_a_cpu_goes_without_extension),
		cmocka_unit_test(test_random),
	};

	int failed = cmocka_run_group_tests_name("vgic, several CPUs", tests, NULL, NULL);

	timer_offered = true;
	return failed + cmocka_run_group_tests_name("the same with the kernel's timer", tests, NULL,
						    NULL);
}
