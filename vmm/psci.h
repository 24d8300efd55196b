/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest asks of its firmware by `smc`: DEN0022 (PSCI), DEN0028 (SMCCC). Decodes only. */
#ifndef VMM_PSCI_H
#define VMM_PSCI_H

#include <stdbool.h>
#include <stdint.h>

enum psci_action {
	PSCI_ANSWER,		/* value in x0, the next instruction */
	PSCI_STANDBY,		/* as wfi; x0 = 0 afterwards */
	PSCI_CPU_STOP,		/* the calling vCPU goes off */
	PSCI_CPU_START,		/* cpu at entry with context; then as ANSWER */
	PSCI_POWER_OFF,
	PSCI_RESET,
};

struct psci_result {
	enum psci_action action;
	int64_t value;
	unsigned int cpu;
	uint64_t entry, context;
};

/* Has the call a third argument? */
bool psci_has_context(uint64_t function);
/* online: bit n = vCPU n is on, of `cpus`. */
struct psci_result psci_call(uint64_t function, const uint64_t arg[3], unsigned int cpus,
			     uint32_t online);

#endif
