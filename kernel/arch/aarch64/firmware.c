/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's workarounds for speculation (SMC Calling Convention 1.1, 7; Arm DEN 0070). Asked for
 * only where the device tree names a PSCI that is called by smc: elsewhere EL3 may not exist.
 */
#include <arm/psci.h>
#include <arm/smccc.h>
#include <kernel/arch.h>

#include "machine.h"

#define PSCI_1_0	0x10000
#define NEEDED		0	/* ARCH_FEATURES: this core needs the call */
#define WORKAROUND_2_ON	1u

extern char vectors_firmware[];

__attribute__((used)) u32 firmware_workaround;	/* what the vectors call */
static bool callable;

/* Every answer is a signed 32-bit word. */
static int32_t call(u32 function, u32 argument)
{
	u64 words[ARCH_SMC_WORDS] = { function, argument };

	arch_smc(words);
	return (int32_t)words[0];
}

void firmware_init(bool psci_by_smc)
{
	callable = psci_by_smc && call(PSCI_VERSION, 0) >= PSCI_1_0 &&
		   call(PSCI_FEATURES, SMCCC_VERSION) >= 0 &&
		   call(SMCCC_VERSION, 0) >= SMCCC_VERSION_1_1;
}

/* Of this core; workaround 3 includes what 1 does. */
static u32 needed(void)
{
	if (call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_3) == NEEDED)
		return SMCCC_ARCH_WORKAROUND_3;
	if (call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_1) == NEEDED)
		return SMCCC_ARCH_WORKAROUND_1;
	return 0;
}

/*
 * Branch predictors are cleared at each entry from EL0 and EL1. Loads do not pass stores from now on,
 * at any level. A core that needs neither keeps the vectors that do not call.
 */
void firmware_start_core(void)
{
	u32 workaround = callable ? needed() : 0;

	if (callable && call(SMCCC_ARCH_FEATURES, SMCCC_ARCH_WORKAROUND_2) == NEEDED)
		call(SMCCC_ARCH_WORKAROUND_2, WORKAROUND_2_ON);
	if (!workaround)
		return;
	__atomic_store_n(&firmware_workaround, workaround, __ATOMIC_RELAXED);
	sysreg_write(vbar_el2, vectors_firmware);
	isb();
}
