/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts between CPUs: sources, to all others, to lists, there and back. */
#include "guest.h"

#define SGI_GO		1u
#define SGI_REPLY	2u
#define SGI_STOP	3u
#define ROUNDS		50u

static volatile uint32_t ready[CPUS], got[CPUS], replies[CPUS], stopped[CPUS];
static volatile uint32_t source_seen[CPUS];

static unsigned int source(uint32_t taken)
{
	return taken >> 10 & 7;
}

/* On the first CPU. */
static void on_reply(struct frame *frame)
{
	uint32_t taken = gic_take();

	(void)frame;
	if (taken == GIC_SPURIOUS)
		return;
	if ((taken & 0x3ff) == SGI_REPLY)
		replies[source(taken) % CPUS]++;
	gic_end(taken);
}

/* On the others. */
static void on_request(struct frame *frame)
{
	unsigned int cpu = cpu_number();
	uint32_t taken = gic_take();

	(void)frame;
	if (taken == GIC_SPURIOUS)
		return;
	source_seen[cpu] = source(taken);
	gic_end(taken);
	if ((taken & 0x3ff) == SGI_STOP) {
		stopped[cpu] = 1;
		return;
	}
	got[cpu]++;
	gic_send(SGI_REPLY, SGI_TO_LIST, 1);
}

static void other(void)
{
	unsigned int cpu = cpu_number();

	gic_start();
	on_irq(on_request);
	ready[cpu] = 1;
	while (!stopped[cpu]) {
		__asm__ volatile("wfi");	/* ends for a masked interrupt, too */
		irq_enable();
		irq_disable();
	}
}

static bool everyone(volatile uint32_t *count, uint32_t value)
{
	bool ok = true;

	for (unsigned int n = 1; n < cpu_count(); n++)
		ok &= wait_for(&count[n], value);
	return ok;
}

static bool start_others(void)
{
	for (unsigned int n = 1; n < cpu_count(); n++)
		cpu_start(n, other);
	return everyone(ready, 1);
}

static void to_all_others(void)
{
	bool ok = true;

	for (uint32_t i = 1; i <= ROUNDS && ok; i++) {
		gic_send(SGI_GO, SGI_TO_OTHERS, 0);
		ok = everyone(replies, i) && everyone(got, i);
	}
	check(ok, "to all others and back");
}

static void to_each(void)
{
	bool ok = true;

	for (uint32_t i = 1; i <= ROUNDS && ok; i++)
		for (unsigned int n = 1; n < cpu_count() && ok; n++) {
			gic_send(SGI_GO, SGI_TO_LIST, 1u << n);
			ok = wait_for(&replies[n], ROUNDS + i);
		}
	check(ok && everyone(got, 2 * ROUNDS), "to each and back");
	ok = true;
	for (unsigned int n = 1; n < cpu_count(); n++) {
		expect_equal(&ok, got[n], 2 * ROUNDS, "interrupts of a CPU");
		expect_equal(&ok, source_seen[n], 0, "source");
	}
	check(ok, "none more than were sent, and from the first CPU");
}

/* Replies of all at once are of one number: each source has its turn, by its own name. */
static void sources(void)
{
	uint32_t seen = 0, all = ((1u << cpu_count()) - 1) & ~1u;
	bool ok;

	irq_disable();
	gic_send(SGI_GO, SGI_TO_OTHERS, 0);
	/* The sources of SGI 0 to 3, a byte each: none but the replies are on their way. */
	ok = wait_for((volatile uint32_t *)(GICD_BASE + GICD_SPENDSGIR), all << SGI_REPLY * 8);
	for (unsigned int n = 1; n < cpu_count(); n++) {
		uint32_t taken = gic_take();

		expect_equal(&ok, taken & 0x3ff, SGI_REPLY, "IAR");
		seen |= 1u << source(taken);
		gic_end(taken);
	}
	expect_equal(&ok, seen, all, "sources");
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after all");
	check(ok, "one from each source");
	irq_enable();
}

void guest_main(void)
{
	gic_start();
	on_irq(on_reply);
	irq_enable();
	check(start_others(), "all CPUs come up");
	to_all_others();
	to_each();
	sources();
	gic_send(SGI_STOP, SGI_TO_OTHERS, 0);
	check(everyone(stopped, 1), "all have stopped");
	irq_disable();
}
