/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CLAMP_H
#define ARCH_CLAMP_H

#include <kernel/types.h>

/*
 * A user's index that was found to be below the limit, also for a core that runs ahead of that
 * check: then it is 0. The hint is CSDB, without which the choice itself could be predicted.
 */
static inline u64 index_clamp(u64 index, u64 limit)
{
	u64 clamped;

	__asm__("cmp %1, %2\n\tcsel %0, %1, xzr, lo\n\thint #20"
		: "=r"(clamped) : "r"(index), "r"(limit) : "cc");
	return clamped;
}

#endif
