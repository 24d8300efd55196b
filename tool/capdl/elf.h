/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads ELF files of components, root task and kernel: checked, since they may be anybody's. */
#ifndef TOOL_ELF_H
#define TOOL_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "../adl/diagnostic.h"

#define ELF_SEGMENTS 16

struct elf_segment {
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t memory_size;
	uint64_t file_size;
	const unsigned char *data;
	bool write;
	bool execute;
	uint32_t flags;			/* all of p_flags */
};

struct elf {
	const char *path;
	uint64_t entry;
	unsigned int count;
	struct elf_segment segments[ELF_SEGMENTS];	/* ascending addresses */
};

/* Static AArch64 executable. False: said what is wrong. */
bool elf_load(struct arena *a, struct diagnostics *d, const char *path, struct elf *elf);
/* First and last + 1 address of all segments. */
void elf_extent(const struct elf *elf, uint64_t *first, uint64_t *end);

#endif
