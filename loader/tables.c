/* SPDX-License-Identifier: BSD-2-Clause */
/* Translation tables with which the kernel is entered (ABI 7.1). ARM ARM D8.3. */
#include "loader.h"

#define ENTRIES		512
#define TABLE		3ull
#define BLOCK		1ull
#define DEVICE		(0ull << 2 | 1ull << 6 | 1ull << 10 | 1ull << 54)
#define NORMAL		(4ull << 2 | 1ull << 6 | 3ull << 8 | 1ull << 10)
#define GIB_SHIFT	30
#define BLOCK_SHIFT	21
#define INDEX(address, shift)	((address) >> (shift) & (ENTRIES - 1))

static uint64_t level0[ENTRIES] __attribute__((aligned(4096)));
static uint64_t identity1[ENTRIES] __attribute__((aligned(4096)));
static uint64_t kernel1[ENTRIES] __attribute__((aligned(4096)));
static uint64_t kernel2[ENTRIES] __attribute__((aligned(4096)));

uint64_t tables_make(const struct kernel *kernel, uint64_t loader)
{
	uint64_t gib = loader >> GIB_SHIFT;
	uint64_t size = kernel->end - kernel->physical;

	if (INDEX(kernel->virtual_base, 39) == 0)
		stop("kernel: its address collides with the loader's", kernel->virtual_base);
	level0[0] = (uint64_t)identity1 | TABLE;
	identity1[gib] = gib << GIB_SHIFT | NORMAL | BLOCK;
	level0[INDEX(kernel->virtual_base, 39)] = (uint64_t)kernel1 | TABLE;
	kernel1[INDEX(kernel->virtual_base, GIB_SHIFT)] = (uint64_t)kernel2 | TABLE;
	for (uint64_t at = 0; at < size; at += 1ull << BLOCK_SHIFT)
		kernel2[INDEX(kernel->virtual_base + at, BLOCK_SHIFT)] =
			(kernel->physical + at) | NORMAL | BLOCK;
	return (uint64_t)level0;
}
