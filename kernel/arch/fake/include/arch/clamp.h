/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_CLAMP_H
#define ARCH_CLAMP_H

#include <assert.h>
#include <kernel/types.h>

/* The check has been made: it changes nothing of what is done. */
static inline u64 index_clamp(u64 index, u64 limit)
{
	assert(index < limit);
	return index;
}

#endif
