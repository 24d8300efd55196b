/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest.h"

#include "arm/pl011.h"

#define KINDS		16u
#define KIND_SYNC	4u	/* current EL with SP_ELx */
#define KIND_SYNC_EL0	8u	/* from EL0, AArch64 */
#define KIND_IRQ	5u
#define PATIENCE	60u	/* seconds that another CPU may take, on a busy machine */

void guest_enter(unsigned int cpu);
void guest_exception(uint64_t kind, struct frame *frame);
extern const char secondary_start[];

static unsigned int passed, failed;
static void (*start_of[CPUS])(void);
static frame_handler sync_of[CPUS], irq_of[CPUS];

/* ---- console ---- */

static void put_char(char c)
{
	while (load(UART_BASE + PL011_FR) & PL011_FR_TXFF)
		;
	store(UART_BASE + PL011_DR, (uint8_t)c);
}

void console_flush(void)
{
	while (!(load(UART_BASE + PL011_FR) & PL011_FR_TXFE))
		;
}

static void put(const char *text)
{
	while (*text)
		put_char(*text++);
}

static void put_hex(uint64_t value)
{
	unsigned int digits = 1;

	while (digits < 16 && value >> digits * 4)
		digits++;
	put("0x");
	while (digits--)
		put_char("0123456789abcdef"[value >> digits * 4 & 15]);
}

static void put_number(unsigned int value)
{
	if (value >= 10)
		put_number(value / 10);
	put_char((char)('0' + value % 10));
}

static void put_difference(uint64_t seen, uint64_t right)
{
	put(": ");
	put_hex(seen);
	put(", not ");
	put_hex(right);
}

void check(bool holds, const char *what)
{
	if (holds)
		passed++;
	else
		failed++;
	put(holds ? "ok: " : "failed: ");
	put(what);
	put_char('\n');
}

void check_equal(uint64_t seen, uint64_t right, const char *what)
{
	if (seen == right) {
		check(true, what);
		return;
	}
	failed++;
	put("failed: ");
	put(what);
	put_difference(seen, right);
	put_char('\n');
}

void expect_equal(bool *ok, uint64_t seen, uint64_t right, const char *what)
{
	if (seen == right)
		return;
	*ok = false;
	if (cpu_number())
		return;
	put("  ");
	put(what);
	put_difference(seen, right);
	put_char('\n');
}

static void end(void)
{
	put("end: ");
	put_number(passed);
	put(" ok, ");
	put_number(failed);
	put(" failed\n");
	smc_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		;
}

/* ---- CPUs ---- */

unsigned int cpu_number(void)
{
	uint64_t mpidr;

	__asm__ volatile("mrs %0, mpidr_el1" : "=r" (mpidr));
	return mpidr & 0xff;
}

unsigned int cpu_count(void)
{
	return (load(GICD_BASE + GICD_TYPER) >> 5 & 7) + 1;
}

void cpu_start(unsigned int n, void (*run)(void))
{
	start_of[n] = run;
	barrier();
	if (smc_call(PSCI_CPU_ON, n, (uint64_t)secondary_start, n))
		check(false, "CPU_ON");
}

void guest_enter(unsigned int cpu)
{
	if (!cpu) {
		guest_main();
		end();
	}
	start_of[cpu]();
	smc_call(PSCI_CPU_OFF, 0, 0, 0);
}

static uint64_t counter(void)
{
	uint64_t now;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r" (now) :: "memory");
	return now;
}

static uint64_t frequency(void)
{
	uint64_t hertz;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r" (hertz));
	return hertz;
}

bool wait_for(const volatile uint32_t *flag, uint32_t value)
{
	uint64_t until = counter() + PATIENCE * frequency();

	while (*flag < value)
		if (counter() > until)
			return false;
	barrier();
	return true;
}

/* ---- exceptions ---- */

void on_sync(frame_handler handler)
{
	sync_of[cpu_number()] = handler;
}

void on_irq(frame_handler handler)
{
	irq_of[cpu_number()] = handler;
}

static void unexpected(uint64_t kind, const struct frame *frame)
{
	put("failed: unexpected exception, vector ");
	put_number((unsigned int)kind);
	put(", esr ");
	put_hex(frame->esr);
	put(", pc ");
	put_hex(frame->elr);
	put(", far ");
	put_hex(frame->far);
	put_char('\n');
	failed++;
	end();
}

void guest_exception(uint64_t kind, struct frame *frame)
{
	unsigned int cpu = cpu_number();

	if ((kind == KIND_SYNC || kind == KIND_SYNC_EL0) && sync_of[cpu])
		sync_of[cpu](frame);
	else if (kind == KIND_IRQ && irq_of[cpu])
		irq_of[cpu](frame);
	else
		unexpected(kind, frame);
}

/* ---- interrupt controller ---- */

void gic_start(void)
{
	store(GICD_BASE + GICD_CTLR, 1);
	store(GICC_BASE + GICC_PMR, 0xff);
	store(GICC_BASE + GICC_BPR, 0);
	store(GICC_BASE + GICC_CTLR, 1);
	barrier();
}

static uint64_t bit_register(uint64_t offset, unsigned int intid)
{
	return GICD_BASE + offset + intid / 32 * 4;
}

static void set_bit(uint64_t offset, unsigned int intid)
{
	store(bit_register(offset, intid), 1u << intid % 32);
	barrier();
}

static bool get_bit(uint64_t offset, unsigned int intid)
{
	return load(bit_register(offset, intid)) >> intid % 32 & 1;
}

void gic_enable(unsigned int intid, bool on)
{
	set_bit(on ? GICD_ISENABLER : GICD_ICENABLER, intid);
}

bool gic_is_enabled(unsigned int intid)
{
	return get_bit(GICD_ISENABLER, intid);
}

void gic_pend(unsigned int intid)
{
	set_bit(GICD_ISPENDR, intid);
}

void gic_unpend(unsigned int intid)
{
	set_bit(GICD_ICPENDR, intid);
}

bool gic_is_pending(unsigned int intid)
{
	return get_bit(GICD_ISPENDR, intid);
}

void gic_set_active(unsigned int intid, bool active)
{
	set_bit(active ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
}

bool gic_is_active(unsigned int intid)
{
	return get_bit(GICD_ISACTIVER, intid);
}

static void set_byte(uint64_t offset, unsigned int intid, uint8_t value)
{
	*(volatile uint8_t *)(GICD_BASE + offset + intid) = value;
	barrier();
}

void gic_set_priority(unsigned int intid, uint8_t priority)
{
	set_byte(GICD_IPRIORITYR, intid, priority);
}

void gic_set_targets(unsigned int intid, uint8_t targets)
{
	set_byte(GICD_ITARGETSR, intid, targets);
}

void gic_set_edge(unsigned int intid, bool edge)
{
	uint64_t reg = GICD_BASE + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = 2u << intid % 16 * 2;

	store(reg, edge ? load(reg) | bit : load(reg) & ~bit);
	barrier();
}

uint32_t gic_take(void)
{
	uint32_t taken;

	barrier();
	taken = load(GICC_BASE + GICC_IAR);
	barrier();
	return taken;
}

void gic_end(uint32_t taken)
{
	barrier();
	store(GICC_BASE + GICC_EOIR, taken);
	barrier();
}

void gic_send(unsigned int intid, uint32_t filter, uint32_t targets)
{
	barrier();
	store(GICD_BASE + GICD_SGIR, filter << 24 | targets << 16 | intid);
	barrier();
}
