/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest without an operating system that times its own exits. Keys: `m` measures, `t` runs
 * TICKS timer ticks under load, `i` as many idle, `o` powers off. Figures are lines
 * "bench: NAME TICKS ROUNDS FREQUENCY" in ticks of the virtual counter.
 */
#include <stdint.h>

#include <arm/gicv2.h>

#define DISTRIBUTOR	0x08000000ul	/* tool/capdl/vm.c lays the guest out like QEMU's virt */
#define INTERFACE	0x08010000ul
#define UART		0x09000000ul
#define UART_DATA	0x00u
#define UART_FLAGS	0x18u
#define UART_RX_EMPTY	0x10u
#define UART_TX_FULL	0x20u

#define TIMER_INTID	27u
#define SPURIOUS	1020u
#define ROUNDS		1000u
#define TICKS		200u
#define TICK_HZ		1000u
#define TICK_LOOPS	(1000000000ul / TICK_HZ / 2)	/* of spin(), at an instruction a nanosecond */
#define IDLE_POLL	4000000u	/* loops between two looks for a key */

#define PSCI_VERSION	0x84000000ul
#define PSCI_OFF	0x84000008ul
#define SYS_NB_SEND	(-4l)
#define EMPTY_SLOT	15ul

void bare_main(void);
void bare_interrupt(void);

static volatile unsigned int ticks;
static unsigned int wanted;
static uint64_t period;

static uint32_t load(uint64_t address)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static void store(uint64_t address, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(address) : "memory");
}

static uint64_t counter(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
	return value;
}

static uint64_t frequency(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
	return value;
}

static void put(const char *text)
{
	for (; *text; text++) {
		while (load(UART + UART_FLAGS) & UART_TX_FULL)
			;
		store(UART + UART_DATA, (uint8_t)*text);
	}
}

static void put_number(uint64_t n)
{
	char text[24];
	unsigned int at = sizeof(text) - 1;

	text[at] = '\0';
	do {
		text[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	put(" ");
	put(text + at);
}

static void report(const char *name, uint64_t passed, uint64_t rounds)
{
	put("bench: ");
	put(name);
	put_number(passed);
	put_number(rounds);
	put_number(frequency());
	put("\n");
}

static long smc(uint64_t function)
{
	register uint64_t x0 __asm__("x0") = function;

	__asm__ volatile("smc #0" : "+r"(x0) : : "x1", "x2", "x3", "memory");
	return (long)x0;
}

/* A system call of the kernel that does nothing: an exit without the monitor. */
static void hypercall(void)
{
	register uint64_t x0 __asm__("x0") = EMPTY_SLOT;
	register uint64_t x1 __asm__("x1") = 0;
	register long x7 __asm__("x7") = SYS_NB_SEND;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x7) : : "x2", "x3", "x4", "x5", "memory");
}

#define MEASURE(name, statement) do {					\
	uint64_t start_;						\
									\
	for (unsigned int i_ = 0; i_ < 20; i_++)			\
		statement;						\
	start_ = counter();						\
	for (unsigned int i_ = 0; i_ < ROUNDS; i_++)			\
		statement;						\
	report(name, counter() - start_, ROUNDS);			\
} while (0)

static void measure(void)
{
	MEASURE("guest-loop", __asm__ volatile("" ::: "memory"));
	MEASURE("guest-hypercall", hypercall());
	MEASURE("guest-distributor-read", load(DISTRIBUTOR + GICD_TYPER));
	MEASURE("guest-enable-read", load(DISTRIBUTOR + GICD_ISENABLER));
	MEASURE("guest-enable-write", store(DISTRIBUTOR + GICD_ISENABLER, 1));
	MEASURE("guest-psci", smc(PSCI_VERSION));
	put("bench: end m\n");
}

static void timer(uint64_t control)
{
	__asm__ volatile("msr cntv_ctl_el0, %0\n\tisb" : : "r"(control) : "memory");
}

static void next_tick(void)
{
	__asm__ volatile("msr cntv_tval_el0, %0" : : "r"(period));
	timer(1);
}

void bare_interrupt(void)
{
	uint32_t acknowledged = load(INTERFACE + GICC_IAR), intid = acknowledged & 0x3ff;

	if (intid == TIMER_INTID) {
		if (++ticks < wanted)
			next_tick();
		else
			timer(0);
	}
	if (intid < SPURIOUS)
		store(INTERFACE + GICC_EOIR, acknowledged);
}

static void start_ticks(void)
{
	ticks = 0;
	wanted = TICKS;
	period = frequency() / TICK_HZ;
	next_tick();
	__asm__ volatile("msr daifclr, #2");
}

static void spin(uint64_t n)
{
	__asm__ volatile("1:\tsubs %0, %0, #1\n\tb.ne 1b" : "+r"(n) : : "cc");
}

/* What a tick costs a guest that computes: the same work without ticks, then with them. */
static void busy_ticks(void)
{
	uint64_t work = (TICKS + 4) * TICK_LOOPS;
	uint64_t start = counter(), without;

	spin(work);
	without = counter() - start;
	start = counter();
	start_ticks();
	spin(work);
	report("guest-tick", counter() - start - without, ticks);
	__asm__ volatile("msr daifset, #2");
	put("bench: end t\n");
}

static void idle_ticks(void)
{
	start_ticks();
	while (ticks < TICKS)
		__asm__ volatile("wfi");
	__asm__ volatile("msr daifset, #2");
	put("bench: end i\n");
}

static void key(uint32_t byte)
{
	switch (byte & 0xff) {
	case 'm':
		measure();
		break;
	case 't':
		busy_ticks();
		break;
	case 'i':
		idle_ticks();
		break;
	case 'o':
		smc(PSCI_OFF);
		break;
	}
}

void bare_main(void)
{
	store(UART + 0x30, 0x301);	/* PL011 control: on, both ways */
	store(DISTRIBUTOR + GICD_CTLR, 1);
	store(DISTRIBUTOR + GICD_ISENABLER, 1u << TIMER_INTID);
	store(INTERFACE + GICC_PMR, 0xff);
	store(INTERFACE + GICC_CTLR, 1);
	put("bench: ready\n");
	for (;;) {
		while (load(UART + UART_FLAGS) & UART_RX_EMPTY)
			spin(IDLE_POLL);
		key(load(UART + UART_DATA));
	}
}
