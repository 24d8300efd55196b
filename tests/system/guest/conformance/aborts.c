/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What nothing can answer is an abort in the guest that asked, of the class for its exception level:
 * fetches and accesses, from EL1 and EL0, with the MMU off and on.
 */
#include "guest.h"

#include "arm/esr.h"

#define NOTHING		0x0c000000ul		/* no device of a VM, no RAM */
#define UNMAPPED	0x80000000ul		/* translated by a table that is at NOTHING */
#define EL1H		0x3c5u
#define EL0T		0x3c0u

static struct {
	uint64_t esr, far;
} seen;
static volatile unsigned int exceptions;

static void note(const struct frame *frame)
{
	seen.esr = frame->esr;
	seen.far = frame->far;
	exceptions++;
}

/* A fetch returns to who called, anything else to the instruction that follows. */
static void handler(struct frame *frame)
{
	note(frame);
	frame->elr = ESR_EC(frame->esr) == ESR_EC_IABT ? frame->x[30] : frame->elr + 4;
}

static void expect_abort(uint32_t class, uint64_t far, bool write, const char *what)
{
	bool ok = true;

	expect_equal(&ok, exceptions, 1, "exceptions");
	expect_equal(&ok, ESR_EC(seen.esr), class, "class");
	expect_equal(&ok, ESR_DFSC(seen.esr), ESR_DFSC_EXTERNAL, "status");
	if (seen.esr & ESR_DABT_FNV)
		expect_equal(&ok, far, ~0ul, "FnV");
	else
		expect_equal(&ok, seen.far, far, "FAR");
	if (class == ESR_EC_DABT || class == ESR_EC_DABT_LOWER)
		expect_equal(&ok, !!(seen.esr & ESR_DABT_WNR), write, "WnR");
	check(ok, what);
	exceptions = 0;
}

static void fetch(uint64_t address)
{
	void (*there)(void) = (void (*)(void))address;

	there();
}

static void fetches(void)
{
	fetch(NOTHING);
	expect_abort(ESR_EC_IABT, NOTHING, false, "fetch of nothing");
	fetch(UART_BASE);
	expect_abort(ESR_EC_IABT, UART_BASE, false, "fetch from an emulated device");
	fetch(GICC_BASE);
	expect_abort(ESR_EC_IABT, GICC_BASE, false, "fetch from execute-never memory");
	fetch(0x42000000);
	expect_abort(ESR_EC_IABT, 0x42000000, false, "fetch beyond RAM");
}

static void accesses(void)
{
	uint64_t low, high;

	load(NOTHING + 0x124);
	expect_abort(ESR_EC_DABT, NOTHING + 0x124, false, "read of nothing");
	store(NOTHING + 0x128, 1);
	expect_abort(ESR_EC_DABT, NOTHING + 0x128, true, "write to nothing");
	__asm__ volatile("ldp %0, %1, [%2]" : "=&r"(low), "=&r"(high) : "r"(UART_BASE) : "memory");
	expect_abort(ESR_EC_DABT, UART_BASE, false, "load pair from a device");
	__asm__ volatile("str q0, [%0]" : : "r"(NOTHING) : "memory");
	expect_abort(ESR_EC_DABT, NOTHING, true, "SIMD store to nothing");
	__asm__ volatile("ldr %0, [%1]" : "=r"(low) : "r"(GICD_BASE) : "memory");
	expect_abort(ESR_EC_DABT, GICD_BASE, false, "wide read of the distributor");
	check(load(GICD_BASE + GICD_TYPER) && !exceptions, "a device goes on");
}

static void maintenance(void)
{
	static const uint64_t at[] = { NOTHING, UART_BASE, GICD_BASE };

	for (unsigned int i = 0; i < 3; i++)
		__asm__ volatile("dc civac, %0\n\tdc cvac, %0\n\tdc ivac, %0" : : "r"(at[i]) : "memory");
	check_equal(exceptions, 0, "cache maintenance by the address of a device");
	exceptions = 0;
}

/* ---- from EL0 ---- */

static uint64_t back;

static void handler_el0(struct frame *frame)
{
	note(frame);
	frame->elr = back;
	frame->spsr = EL1H;
}

/* x0 at EL0, from `code`, until the next exception. */
static void at_el0(uint64_t code, uint64_t x0)
{
	register uint64_t r0 __asm__("x0") = x0;

	__asm__ volatile("adr	x1, 1f\n\t"
			 "str	x1, %1\n\t"
			 "msr	elr_el1, %2\n\t"
			 "msr	spsr_el1, %3\n\t"
			 "isb\n\t"
			 "eret\n"
			 "1:"
			 : "+r"(r0), "=m"(back)
			 : "r"(code), "r"((uint64_t)EL0T)
			 : "x1", "memory");
}

extern const char load_x0[], store_x0[];
__asm__("load_x0:	ldr	w1, [x0]\n\t"
	"b	.\n"
	"store_x0:	str	w0, [x0]\n\t"
	"b	.\n");

static void from_el0(void)
{
	on_sync(handler_el0);
	at_el0(NOTHING, 0);
	expect_abort(ESR_EC_IABT_LOWER, NOTHING, false, "fetch of nothing at EL0");
	at_el0(GICC_BASE, 0);
	expect_abort(ESR_EC_IABT_LOWER, GICC_BASE, false, "fetch from execute-never memory at EL0");
	at_el0((uint64_t)load_x0, NOTHING);
	expect_abort(ESR_EC_DABT_LOWER, NOTHING, false, "read of nothing at EL0");
	at_el0((uint64_t)store_x0, NOTHING + 8);
	expect_abort(ESR_EC_DABT_LOWER, NOTHING + 8, true, "write to nothing at EL0");
	on_sync(handler);
}

/* ---- with the MMU on ---- */

#define BLOCK		1ul
#define TABLE		3ul
#define ACCESSED	(1ul << 10)
#define INNER		(3ul << 8)
#define NORMAL		(1ul << 2)		/* MAIR attribute 1 */

static void mmu_on(void)
{
	static uint64_t table[512] __attribute__((aligned(4096)));

	table[0] = BLOCK | ACCESSED;			/* devices, as they are */
	table[1] = 1ul << 30 | BLOCK | ACCESSED | INNER | NORMAL;
	table[2] = NOTHING | TABLE;
	table[3] = BLOCK | ACCESSED;			/* the devices again */
	__asm__ volatile("msr	mair_el1, %0\n\t"
			 "msr	tcr_el1, %1\n\t"
			 "msr	ttbr0_el1, %2\n\t"
			 "dsb	sy\n\t"
			 "tlbi	vmalle1\n\t"
			 "dsb	sy\n\t"
			 "isb\n\t"
			 "mrs	x1, sctlr_el1\n\t"
			 "orr	x1, x1, #1\n\t"
			 "msr	sctlr_el1, x1\n\t"
			 "isb"
			 : : "r"(0x4400ul), "r"(25ul | 2ul << 32), "r"(table) : "x1", "memory");
}

static void mmu_off(void)
{
	__asm__ volatile("mrs	x1, sctlr_el1\n\t"
			 "bic	x1, x1, #1\n\t"
			 "msr	sctlr_el1, x1\n\t"
			 "isb"
			 : : : "x1", "memory");
}

/* Where the virtual address of an access cannot be known FnV says so: never a FAR that is another's. */
static void with_mmu(void)
{
	const uint64_t alias = 3ul << 30;

	mmu_on();
	load(alias + NOTHING);
	expect_abort(ESR_EC_DABT, ~0ul, false, "read of nothing, MMU on");
	fetch(alias + NOTHING);
	expect_abort(ESR_EC_IABT, alias + NOTHING, false, "fetch of nothing, MMU on");
	load(UNMAPPED);
	expect_abort(ESR_EC_DABT, ~0ul, false, "read by a table that is nowhere");
	fetch(UNMAPPED);
	expect_abort(ESR_EC_IABT, UNMAPPED, false, "fetch by a table that is nowhere");
	mmu_off();
}

void guest_main(void)
{
	on_sync(handler);
	fetches();
	accesses();
	maintenance();
	from_el0();
	with_mmu();
}
