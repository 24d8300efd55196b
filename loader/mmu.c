/* SPDX-License-Identifier: BSD-2-Clause */
/* EL2 tables: identity by gibibytes in the first 512 GiB, the kernel by 2 MiB blocks. ABI 7.1. */
#include "loader.h"

#define ENTRIES		512
#define TABLE		3ul
#define LEAF		1ul
#define NORMAL		(4ul << 2 | 1ul << 6 | 3ul << 8 | 1ul << 10)	/* write-back, inner shareable */
#define DEVICE		(1ul << 6 | 1ul << 10 | 1ul << 54)		/* nGnRnE, execute never */
#define TABLE_MEMORY	__attribute__((aligned(4096)))

u64 mmu_level0[ENTRIES] TABLE_MEMORY;
static u64 identity[ENTRIES] TABLE_MEMORY;	/* level 1 */
static u64 kernel_level1[ENTRIES] TABLE_MEMORY;
static u64 kernel_level2[ENTRIES] TABLE_MEMORY;

static void publish(void)
{
	__asm__ volatile("dsb sy\n\tisb" : : : "memory");
}

/* The first to map a gibibyte decides what it is. */
void mmu_identity(u64 start, u64 end, bool device)
{
	mmu_level0[0] = (u64)identity | TABLE;
	for (u64 at = start & ~(GIB - 1); at < end && at / GIB < ENTRIES; at += GIB)
		if (!identity[at / GIB])
			identity[at / GIB] = at | LEAF | (device ? DEVICE : NORMAL);
	publish();
}

void mmu_map_kernel(u64 virt, u64 phys, u64 size)
{
	mmu_level0[virt >> 39] = (u64)kernel_level1 | TABLE;
	kernel_level1[virt >> 30 & (ENTRIES - 1)] = (u64)kernel_level2 | TABLE;
	for (u64 at = 0; at < size; at += BLOCK)
		kernel_level2[(virt + at) >> 21 & (ENTRIES - 1)] = (phys + at) | LEAF | NORMAL;
	publish();
}
