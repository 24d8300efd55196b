/* SPDX-License-Identifier: BSD-2-Clause */
/* Pseudo-random choices of the walks and fuzzers: xorshift64, so that a printed seed repeats a run. */
#ifndef TESTS_KERNEL_PICK_H
#define TESTS_KERNEL_PICK_H

#include <kernel/types.h>

static u64 seed;	/* never 0 */

/* From 0 to limit - 1 */
static u64 pick(u64 limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

#endif
