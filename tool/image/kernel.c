/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel.h"

#include <stdio.h>

#define GIB_SHIFT	30
#define WINDOW_SHIFT	39		/* the loader's own addresses are below */
#define ADDRESS_BITS	48
#define BLOCK		(2ull << 20)
#define MOVABLE		0x00100000	/* our kernel's marks in p_flags (kernel.ld) */
#define SEVERAL_CORES	0x00200000

static bool in_memory(const struct elf_segment *s, const struct platform_range *native)
{
	return s->paddr >= native->base && s->memory_size <= native->size &&
	       s->paddr - native->base <= native->size - s->memory_size;
}

/* The same places as the loader asks for, in the same order. */
static const char *wrong_with(const struct elf *elf)
{
	const struct elf_segment *first = &elf->segments[0];
	uint64_t start, end;
	unsigned int i;

	elf_extent(elf, &start, &end);
	for (i = 1; i < elf->count; i++)
		if (elf->segments[i].vaddr - first->vaddr != elf->segments[i].paddr - first->paddr)
			return "has segments with different offsets from virtual to physical";
	if ((first->vaddr ^ first->paddr) & (BLOCK - 1))
		return "is not placed on a 2 MiB boundary";
	if (start >> WINDOW_SHIFT == 0 || start >> ADDRESS_BITS ||
	    start >> GIB_SHIFT != (end - 1) >> GIB_SHIFT)
		return "is not linked into one GiB above 512 GiB, as kernels of this interface are";
	if (elf->entry < start || elf->entry >= end)
		return "has its entry outside of its segments";
	return NULL;
}

/* Of another's kernel nothing tells it; there the root task compares. */
static const char *wrong_cores(const struct model *m, const struct elf *elf)
{
	uint32_t marks = elf->segments[0].flags;

	if (!(marks & MOVABLE) || (marks & SEVERAL_CORES) / SEVERAL_CORES == m->several_cores)
		return NULL;
	return m->several_cores ? "runs one core, and this assembly uses others; give kernel-smp.elf" :
		"runs several cores, and this assembly uses one; give kernel.elf, or set an affinity";
}

bool kernel_check(const struct model *m, const struct elf *elf)
{
	const struct platform *platform = m->platform;
	const struct platform_range *native = &platform->native_memory;
	struct diagnostics *d = m->diagnostics;
	const char *wrong;
	unsigned int i;

	for (i = 0; i < elf->count; i++)
		/* One that finds out where it is goes to where the loader finds memory. */
		if (!(elf->segments[i].flags & MOVABLE) && !in_memory(&elf->segments[i], native)) {
			diagnostic_plain(d,
					 "kernel %s is linked to 0x%llx, but this machine runs kernels from "
					 "0x%llx on; build it for platform %s",
					 elf->path, (unsigned long long)elf->segments[i].paddr,
					 (unsigned long long)native->base, platform->name);
			return false;
		}
	wrong = wrong_with(elf);
	if (wrong)
		diagnostic_plain(d, "kernel %s %s; give a kernel.elf", elf->path, wrong);
	else if ((wrong = wrong_cores(m, elf)) != NULL)
		diagnostic_plain(d, "kernel %s %s", elf->path, wrong);
	return !wrong;
}

void kernel_say(const struct elf *elf)
{
	fprintf(stderr, "kernel: %s, %s, linked to 0x%llx, loaded to 0x%llx\n", elf->path,
		elf->segments[0].flags & MOVABLE ? "Peervisor's" : "not Peervisor's",
		(unsigned long long)elf->segments[0].vaddr,
		(unsigned long long)elf->segments[0].paddr);
}
