/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The other cores, for a kernel that wants several: PSCI starts them (Arm DEN 0022, 5.4). A board
 * without PSCI (Raspberry Pi 4: a table in which the firmware's loop looks for an address) is not
 * supported.
 */
#include "loader.h"

#define CORES_MAX	64u
#define PSCI_CPU_ON	0xc4000003u
#define MPIDR_AFFINITY	0xff00fffffful

static u64 psci_cpu_on(u64 mpidr, u64 entry, u64 context)
{
	register u64 x0 __asm__("x0") = PSCI_CPU_ON;
	register u64 x1 __asm__("x1") = mpidr;
	register u64 x2 __asm__("x2") = entry;
	register u64 x3 __asm__("x3") = context;

	__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : :
			 "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			 "x15", "x16", "x17", "memory");
	return x0;
}

void cores_start(const struct fdt *fdt, u64 count)
{
	u64 mpidr[CORES_MAX], self, there, number = 1, failed;

	if (count <= 1)
		return;
	__asm__("mrs %0, mpidr_el1" : "=r"(self));
	there = fdt_cores(fdt, mpidr, CORES_MAX);
	if (count > there || count > CORES_MAX)
		fail("the kernel needs %x cores, this machine has %x (QEMU: -smp)", count, there);
	if (!fdt_has_psci(fdt))
		fail("the kernel needs %x cores, and no firmware (PSCI by smc) starts them", count);
	for (u64 i = 0; number < count && i < there; i++) {
		if (mpidr[i] == (self & MPIDR_AFFINITY))
			continue;
		failed = psci_cpu_on(mpidr[i], (u64)secondary_start, number);
		if (failed)
			fail("core %x does not start: PSCI error %x", mpidr[i], failed);
		number++;
	}
}
