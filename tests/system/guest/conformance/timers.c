/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual and the EL1 physical timer, on each CPU its own: counters, registers, line, wake-ups. */
#include "guest.h"

#include <stddef.h>

#define CTL_ENABLE	1u
#define CTL_IMASK	2u
#define CTL_ISTATUS	4u
#define FAR_AWAY	(1ull << 60)
#define TICKS		20u

#define ACCESSORS(prefix, name) \
	static uint64_t prefix##_##name(void) \
	{ \
		uint64_t value; \
		__asm__ volatile("isb\n\tmrs %0, " #prefix "_" #name "_el0" : "=r"(value) :: "memory"); \
		return value; \
	} \
	static void set_##prefix##_##name(uint64_t value) \
	{ \
		__asm__ volatile("msr " #prefix "_" #name "_el0, %0\n\tisb" :: "r"(value) : "memory"); \
	}

#define COUNTER(name) \
	static uint64_t name(void) \
	{ \
		uint64_t value; \
		__asm__ volatile("isb\n\tmrs %0, " #name "_el0" : "=r"(value) :: "memory"); \
		return value; \
	}

ACCESSORS(cntv, ctl)
ACCESSORS(cntv, cval)
ACCESSORS(cntv, tval)
ACCESSORS(cntp, ctl)
ACCESSORS(cntp, cval)
ACCESSORS(cntp, tval)
COUNTER(cntvct)
COUNTER(cntpct)
COUNTER(cntfrq)

struct timer {
	unsigned int intid;
	uint64_t (*count)(void), (*ctl)(void), (*cval)(void), (*tval)(void);
	void (*set_ctl)(uint64_t), (*set_cval)(uint64_t), (*set_tval)(uint64_t);
};

static const struct timer timers[] = {
	{ 27, cntvct, cntv_ctl, cntv_cval, cntv_tval, set_cntv_ctl, set_cntv_cval, set_cntv_tval },
	{ 30, cntpct, cntp_ctl, cntp_cval, cntp_tval, set_cntp_ctl, set_cntp_cval, set_cntp_tval },
};

static volatile uint32_t registers_ok[CPUS], line_ok[CPUS], ticks_ok[CPUS], done[CPUS];

/* The line is up, or will be: what is taken. */
static uint32_t take_soon(void)
{
	uint64_t until = cntvct() + 60 * cntfrq();
	uint32_t taken;

	do
		taken = gic_take();
	while (taken == GIC_SPURIOUS && cntvct() < until);
	return taken;
}

static bool registers(const struct timer *t)
{
	bool ok = true;
	uint64_t now;

	t->set_ctl(0);
	expect_equal(&ok, t->ctl() & CTL_ENABLE, 0, "CTL of a disabled timer");
	t->set_cval(0x123456789a);
	expect_equal(&ok, t->cval(), 0x123456789a, "CVAL");
	now = t->count();
	t->set_tval(0x7fffffff);
	expect_equal(&ok, t->cval() - now - 0x7fffffff < cntfrq() * 60, true, "CVAL as TVAL set it");
	expect_equal(&ok, t->tval() <= 0x7fffffff, true, "TVAL");
	t->set_ctl(CTL_ENABLE | CTL_IMASK);
	expect_equal(&ok, t->ctl(), CTL_ENABLE | CTL_IMASK, "CTL of a timer to come");
	t->set_tval(0xffffffff);		/* -1 */
	expect_equal(&ok, t->cval() <= t->count(), true, "CVAL by a negative TVAL");
	expect_equal(&ok, t->ctl(), CTL_ENABLE | CTL_IMASK | CTL_ISTATUS, "CTL of a masked timer");
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR, timer masked");
	t->set_ctl(0);
	return ok;
}

static bool line(const struct timer *t)
{
	bool ok = true;

	t->set_cval(0);
	t->set_ctl(CTL_ENABLE);
	for (int i = 0; i < 3; i++) {
		expect_equal(&ok, take_soon(), t->intid, "IAR while the line is up");
		gic_end(t->intid);
	}
	expect_equal(&ok, take_soon(), t->intid, "IAR");
	t->set_ctl(CTL_ENABLE | CTL_IMASK);
	gic_end(t->intid);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after the timer was masked");
	t->set_ctl(CTL_ENABLE);
	expect_equal(&ok, take_soon(), t->intid, "IAR after it was unmasked");
	t->set_cval(FAR_AWAY);
	gic_end(t->intid);
	expect_equal(&ok, gic_take(), GIC_SPURIOUS, "IAR after CVAL moved");
	t->set_ctl(0);
	return ok;
}

/* Every other one by wfi, with interrupts masked and no other timer armed. */
static bool ticks(const struct timer *t)
{
	bool ok = true;
	uint64_t at = t->count();

	for (unsigned int i = 0; i < TICKS; i++) {
		at = t->count() + cntfrq() / 1000;
		t->set_cval(at);
		t->set_ctl(CTL_ENABLE);
		while (i % 2 && !(t->ctl() & CTL_ISTATUS))
			__asm__ volatile("wfi");
		expect_equal(&ok, take_soon(), t->intid, "IAR of a tick");
		expect_equal(&ok, t->count() >= at, true, "not before its time");
		t->set_ctl(0);
		gic_end(t->intid);
	}
	return ok;
}

static void on_each(void)
{
	unsigned int cpu = cpu_number();
	bool ok[3] = { true, true, true };

	gic_start();
	for (unsigned int i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		const struct timer *t = &timers[i];

		gic_enable(t->intid, true);
		ok[0] &= registers(t);
		ok[1] &= line(t);
		ok[2] &= ticks(t);
		gic_enable(t->intid, false);
	}
	registers_ok[cpu] = ok[0];
	line_ok[cpu] = ok[1];
	ticks_ok[cpu] = ok[2];
	done[cpu] = 1;
}

static bool all(volatile uint32_t *flags)
{
	bool ok = true;

	for (unsigned int n = 0; n < cpu_count(); n++)
		ok &= wait_for(&done[n], 1) && flags[n];
	return ok;
}

/* CNTVCT is CNTPCT less an offset, the same at all times. */
static void counters(void)
{
	uint64_t before, virtual, after, offset;
	bool ok = true;

	before = cntpct();
	offset = before - cntvct();
	for (int i = 0; i < 100; i++) {
		before = cntpct();
		virtual = cntvct();
		after = cntpct();
		expect_equal(&ok, before <= virtual + offset + cntfrq() && virtual <= after, true, "order");
		expect_equal(&ok, before <= after, true, "physical counter");
	}
	check(ok && cntpct() > 0, "both counters count together");
}

void guest_main(void)
{
	counters();
	for (unsigned int n = 1; n < cpu_count(); n++)
		cpu_start(n, on_each);
	on_each();
	check(all(registers_ok), "registers of both timers, on all CPUs");
	check(all(line_ok), "the line follows enable, mask and compare value");
	check(all(ticks_ok), "ticks while running and by wfi");
}
