/* SPDX-License-Identifier: BSD-2-Clause */
/* A kernel's ELF file, ours or another of the same ABI (7.2): one loadable segment. */
#include <string.h>

#include "loader.h"

#define ELF_MAGIC	0x464c457fu
#define ELF_CLASS_64	2
#define ELF_LITTLE	1
#define ELF_AARCH64	183
#define ELF_EXECUTABLE	2
#define SEGMENT_LOAD	1
#define BLOCK		0x200000ull
#define GIB		0x40000000ull

struct elf_header {
	uint32_t magic;
	uint8_t class, data, version, rest[9];
	uint16_t type, machine;
	uint32_t version2;
	uint64_t entry, segments, sections;
	uint32_t flags;
	uint16_t size, segment_size, segment_count, section_size, section_count, names;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, file_size, memory_size, align;
};

static struct elf_segment segment;

static void find_segment(const uint8_t *elf, uint64_t size, const struct elf_header *header)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < header->segment_count; i++) {
		struct elf_segment s;
		uint64_t at = header->segments + i * sizeof(s);

		if (at > size || size - at < sizeof(s))
			stop("kernel: a program header lies outside the file", at);
		memcpy(&s, elf + at, sizeof(s));
		if (s.type != SEGMENT_LOAD || s.memory_size == 0)
			continue;
		segment = s;
		found++;
	}
	if (found != 1)
		stop("kernel: not exactly one loadable segment", found);
}

struct kernel kernel_elf_plan(const uint8_t *elf, uint64_t size)
{
	struct elf_header header;
	struct kernel kernel;

	if (size < sizeof(header))
		stop("kernel: file too small", size);
	memcpy(&header, elf, sizeof(header));
	if (header.magic != ELF_MAGIC || header.class != ELF_CLASS_64 || header.data != ELF_LITTLE)
		stop("kernel: not a 64-bit little-endian ELF file", header.magic);
	if (header.machine != ELF_AARCH64 || header.type != ELF_EXECUTABLE)
		stop("kernel: not an AArch64 executable", header.machine);
	if (header.segment_size != sizeof(struct elf_segment))
		stop("kernel: program header size", header.segment_size);
	find_segment(elf, size, &header);
	if (segment.offset > size || segment.file_size > size - segment.offset ||
	    segment.file_size > segment.memory_size)
		stop("kernel: the segment lies outside the file", segment.offset);
	if (segment.paddr % BLOCK || segment.vaddr % BLOCK || segment.memory_size > GIB)
		stop("kernel: the segment is not aligned to 2 MiB", segment.paddr);
	if (header.entry < segment.vaddr || header.entry - segment.vaddr >= segment.memory_size)
		stop("kernel: the entry lies outside the segment", header.entry);
	kernel.physical = segment.paddr;
	kernel.end = page_up(segment.paddr + segment.memory_size);
	kernel.virtual_base = segment.vaddr;
	kernel.entry = header.entry;
	return kernel;
}

void kernel_elf_copy(const uint8_t *elf)
{
	uint8_t *to = (uint8_t *)segment.paddr;

	memcpy(to, elf + segment.offset, segment.file_size);
	memset(to + segment.file_size, 0, segment.memory_size - segment.file_size);
}
