/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls of firmware and hypervisor, registers that are not there: answered or undefined, nothing else. */
#include "guest.h"

#include "arm/esr.h"

#define NOT_SUPPORTED	(-1)
#define INVALID		(-2)
#define ALREADY_ON	(-4)
#define BAD_ADDRESS	(-9)

static volatile uint32_t syndrome;
static volatile unsigned int exceptions;

static void handler(struct frame *frame)
{
	syndrome = (uint32_t)frame->esr;
	exceptions++;
	frame->elr += 4;
}

static int psci(uint64_t function, uint64_t a, uint64_t b)
{
	return (int)smc_call(function, a, b, 0);
}

static void unknown_functions(void)
{
	static const uint32_t function[] = {
		0, 0x84000013, 0x8400ffff, 0xc4000013, 0x80000001, 0x82000000, 0x86000000, 0xbf00ff01,
		0x7fffffff, 0xffffffff,
	};
	bool ok = true;

	for (unsigned int i = 0; i < sizeof(function) / sizeof(function[0]); i++)
		expect_equal(&ok, (uint64_t)(int64_t)psci(function[i], ~0ul, ~0ul), ~0ul, "x0");
	check(ok && !exceptions, "a function that does not exist is not supported");
}

static void arguments(void)
{
	check_equal((uint32_t)psci(PSCI_VERSION, 0, 0), 0x10001, "PSCI 1.1");
	check(psci(PSCI_CPU_ON, 0, 0x40000000) == ALREADY_ON, "CPU_ON of a CPU that is on");
	check(psci(PSCI_CPU_ON, 99, 0x40000000) == INVALID, "CPU_ON of a CPU that is not there");
	check(psci(PSCI_CPU_ON, 1ul << 32, 0x40000000) == INVALID, "CPU_ON, Aff3");
	if (cpu_count() > 1) {
		check(psci(PSCI_CPU_ON, 1, 0x0c000000) == BAD_ADDRESS, "CPU_ON to where no RAM is");
		check(psci(PSCI_CPU_ON, 1, 0x40000002) == BAD_ADDRESS, "CPU_ON, not aligned");
	}
	check(!exceptions, "no exception");
}

/* The calls that are defined have a zero in the instruction. */
static void immediate(void)
{
	register uint64_t x0 __asm__("x0") = PSCI_SYSTEM_OFF;

	__asm__ volatile("smc #1" : "+r"(x0) : : "x1", "x2", "x3", "memory");
	check_equal(x0, ~0ul, "smc with another immediate is not supported");
}

static uint64_t hvc(uint64_t x7)
{
	register uint64_t r0 __asm__("x0") = 0;
	register uint64_t r1 __asm__("x1") = 0;
	register uint64_t r7 __asm__("x7") = x7;

	__asm__ volatile("hvc #0" : "+r"(r0), "+r"(r1), "+r"(r7)
			 : : "x2", "x3", "x4", "x5", "x6", "memory");
	return r0;
}

static void hypervisor_calls(void)
{
	bool ok = true;

	for (uint64_t n = 100; n < 130; n++) {
		expect_equal(&ok, hvc(n), ~0ul, "x0");
		expect_equal(&ok, hvc(-n), ~0ul, "x0");
	}
	check(ok && !exceptions, "hvc of no system call is not supported");
}

static void registers(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, s3_5_c15_c15_7" : "=r"(value));
	__asm__ volatile("msr s3_0_c12_c9_0, %0" : : "r"(value));
	check(exceptions && ESR_EC(syndrome) == ESR_EC_UNKNOWN, "a register that does not exist is undefined");
	exceptions = 0;
	__asm__ volatile("mrs %0, hcr_el2" : "=r"(value));
	check(exceptions == 1 && ESR_EC(syndrome) == ESR_EC_UNKNOWN, "a register of EL2 is undefined");
	exceptions = 0;
}

void guest_main(void)
{
	on_sync(handler);
	unknown_functions();
	arguments();
	immediate();
	hypervisor_calls();
	registers();
}
