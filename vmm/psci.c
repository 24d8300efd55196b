/* SPDX-License-Identifier: BSD-2-Clause */
#include "psci.h"

#include "arm/psci.h"
#include "arm/smccc.h"

static struct psci_result answer(int64_t value)
{
	return (struct psci_result){ .action = PSCI_ANSWER, .value = value };
}

static struct psci_result act(enum psci_action action)
{
	return (struct psci_result){ .action = action };
}

/* The affinity that a vCPU has is its number, in Aff0. */
static bool exists(uint64_t affinity, unsigned int cpus)
{
	return affinity < cpus;
}

static struct psci_result cpu_on(const uint64_t arg[3], unsigned int cpus, uint32_t online)
{
	struct psci_result r = act(PSCI_CPU_START);

	if (!exists(arg[0], cpus))
		return answer(PSCI_RET_INVALID_PARAMETERS);
	if (online >> arg[0] & 1)
		return answer(PSCI_RET_ALREADY_ON);
	r.cpu = (unsigned int)arg[0];
	r.entry = arg[1];
	r.context = arg[2];
	return r;
}

static struct psci_result affinity_info(const uint64_t arg[3], unsigned int cpus, uint32_t online)
{
	if (arg[1] || !exists(arg[0], cpus))
		return answer(PSCI_RET_INVALID_PARAMETERS);
	return answer(online >> arg[0] & 1 ? PSCI_AFFINITY_ON : PSCI_AFFINITY_OFF);
}

static struct psci_result features(uint64_t function)
{
	switch ((uint32_t)function) {
	case SMCCC_VERSION:
	case PSCI_VERSION:
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
	case PSCI_CPU_OFF:
	case PSCI_CPU_ON_32:
	case PSCI_CPU_ON_64:
	case PSCI_AFFINITY_INFO_32:
	case PSCI_AFFINITY_INFO_64:
	case PSCI_MIGRATE_INFO_TYPE:
	case PSCI_SYSTEM_OFF:
	case PSCI_SYSTEM_RESET:
	case PSCI_FEATURES:
		return answer(0);
	default:
		return answer(PSCI_RET_NOT_SUPPORTED);
	}
}

bool psci_has_context(uint64_t function)
{
	return (uint32_t)function == PSCI_CPU_ON_32 || (uint32_t)function == PSCI_CPU_ON_64;
}

struct psci_result psci_call(uint64_t function, const uint64_t arg[3], unsigned int cpus,
			     uint32_t online)
{
	uint64_t low[3] = { (uint32_t)arg[0], (uint32_t)arg[1], (uint32_t)arg[2] };

	switch ((uint32_t)function) {
	case PSCI_VERSION:
		return answer(PSCI_VERSION_1_1);
	case PSCI_CPU_SUSPEND_32:
	case PSCI_CPU_SUSPEND_64:
		return act(PSCI_STANDBY);	/* every state is one that keeps the context */
	case PSCI_CPU_OFF:
		return act(PSCI_CPU_STOP);
	case PSCI_CPU_ON_32:
		return cpu_on(low, cpus, online);
	case PSCI_CPU_ON_64:
		return cpu_on(arg, cpus, online);
	case PSCI_AFFINITY_INFO_32:
		return affinity_info(low, cpus, online);
	case PSCI_AFFINITY_INFO_64:
		return affinity_info(arg, cpus, online);
	case PSCI_MIGRATE_INFO_TYPE:
		return answer(PSCI_MIGRATE_NOT_REQUIRED);
	case PSCI_SYSTEM_OFF:
		return act(PSCI_POWER_OFF);
	case PSCI_SYSTEM_RESET:
		return act(PSCI_RESET);
	case PSCI_FEATURES:
		return features(arg[0]);
	case SMCCC_VERSION:
		return answer(SMCCC_VERSION_1_1);
	default:
		return answer(PSCI_RET_NOT_SUPPORTED);
	}
}
