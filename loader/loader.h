/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's parts, one block per file. Physical addresses are pointers here (identity map). */
#ifndef LOADER_LOADER_H
#define LOADER_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

/* Hidden, also what is only declared: else it is addressed through a table nobody relocates. */
#pragma GCC visibility push(hidden)

#define PAGE		4096ul
#define BLOCK		(2ul << 20)
#define GIB		(1ul << 30)
#define PHYS_LIMIT	(1ul << 44)
#define RANGES_MAX	64u

struct range {
	u64 start, end;
};

struct ranges {
	unsigned int count;
	struct range at[RANGES_MAX];
};

static inline u64 align_up(u64 v, u64 unit)
{
	return (v + unit - 1) & ~(unit - 1);
}

static inline bool range_overlap(u64 a, u64 a_end, u64 b, u64 b_end)
{
	return a < b_end && b < a_end;
}

/* console.c: %s and %x (64 bit) only. fail() prints the line and switches the machine off. */
void console_print(const char *format, ...);
_Noreturn void fail(const char *format, ...);

/* mmu.c: identity map of gibibytes, then the kernel's address. */
extern u64 mmu_level0[];
void mmu_identity(u64 start, u64 end, bool device);
/* Maps [virt, virt + size) to phys; both on 2 MiB boundaries, inside one GiB. */
void mmu_map_kernel(u64 virt, u64 phys, u64 size);

/* fdt.c */
struct fdt {
	const void *base;
	u32 total;
};
/* NULL, or what is wrong with it. */
const char *fdt_open(struct fdt *fdt, const void *base);
const char *fdt_memory(const struct fdt *fdt, struct ranges *ram);
/* The MPIDR_EL1 values of the CPUs into mpidr[], at most that many; how many there are. */
u64 fdt_cores(const struct fdt *fdt, u64 *mpidr, u64 most);
/* Is firmware there that starts cores when called by smc? */
bool fdt_has_psci(const struct fdt *fdt);
/* A copy with each range in /reserved-memory, no-map. Its size, or 0 if it needs more room. */
u64 fdt_copy(const struct fdt *fdt, void *to, u64 room, const struct ranges *reserved);

/* elf.c: the kernel's file */
struct kernel {
	u64 virt, virt_end;		/* of all its segments */
	u64 phys;			/* of virt */
	u64 entry;
	bool movable;			/* finds out where it is: may be put on any 2 MiB boundary */
};
const char *elf_check(const u8 *file, u64 size, struct kernel *kernel);
/* To where kernel->phys says. */
void elf_copy(const u8 *file, const struct kernel *kernel);

/* start.S */
extern const struct image_header loader_header;
extern const u8 loader_start[], loader_end[];
_Noreturn void kernel_enter(const u64 arguments[7], u64 core);
void secondary_start(void);

/* cores.c: all cores but this one enter the kernel, as loader_arguments says. */
void cores_start(const struct fdt *fdt, u64 count);

/* main.c, called by start.S */
extern u64 loader_arguments[7];
void loader_early(void);
_Noreturn void loader_main(const void *dtb);

#pragma GCC visibility pop

#endif
