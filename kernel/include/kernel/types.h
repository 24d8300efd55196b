/* SPDX-License-Identifier: BSD-2-Clause */
/* Basic types. Addresses of different spaces have different types, so that they cannot be mixed. */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef KERNEL_CORES
#define KERNEL_CORES	1	/* as many must start (ABI 7.5) */
#endif

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int64_t s64;

/* A physical address, at most 44 bits. */
struct paddr {
	u64 v;
};

/* A user virtual address (what a native thread uses; a guest's IPA). */
struct vaddr {
	u64 v;
};

static inline struct paddr paddr(u64 v)
{
	return (struct paddr){ v };
}

static inline struct vaddr vaddr(u64 v)
{
	return (struct vaddr){ v };
}

static inline struct paddr paddr_add(struct paddr p, u64 bytes)
{
	return paddr(p.v + bytes);
}

static inline u64 bit_mask(unsigned int bits)
{
	return bits >= 64 ? ~0UL : (1UL << bits) - 1;
}

static inline u64 align_up(u64 v, unsigned int bits)
{
	return (v + bit_mask(bits)) & ~bit_mask(bits);
}

static inline u64 align_down(u64 v, unsigned int bits)
{
	return v & ~bit_mask(bits);
}

#endif
