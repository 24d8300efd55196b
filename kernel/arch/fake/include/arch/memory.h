/* SPDX-License-Identifier: BSD-2-Clause */
/* Host tests: "physical memory" is an array that starts at FAKE_RAM_BASE. */
#ifndef ARCH_MEMORY_H
#define ARCH_MEMORY_H

#include <kernel/types.h>

#define FAKE_RAM_BASE	0x40000000UL
#define FAKE_RAM_SIZE	(64UL << 20)

extern u8 fake_ram[FAKE_RAM_SIZE];

static inline void *arch_phys_to_ptr(struct paddr p)
{
	return fake_ram + (p.v - FAKE_RAM_BASE);
}

static inline struct paddr arch_ptr_to_phys(const void *ptr)
{
	return paddr(FAKE_RAM_BASE + (u64)((const u8 *)ptr - fake_ram));
}

#endif
