/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's ELF file: ours or seL4's. ELF-64 object file format, 1.5; ABI 7.2. */
#include "loader.h"

#define ELF_AARCH64	183
#define ELF_EXEC	2
#define ELF_LOAD	1
#define ELF_MOVABLE	0x00100000	/* our kernel's mark, in the bits for the OS (kernel.ld) */
#define SEGMENTS_MAX	16

struct elf_header {
	u8 ident[16];
	uint16_t type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_segment) == 56, "ELF-64");

static const struct elf_segment *segment(const u8 *file, unsigned int i)
{
	const struct elf_header *header = (const void *)file;

	return (const void *)(file + header->phoff + i * sizeof(struct elf_segment));
}

static const char *check_header(const struct elf_header *header, u64 size)
{
	static const char magic[8] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, 0 };

	if (size < sizeof(*header))
		return "is shorter than an ELF header";
	for (unsigned int i = 0; i < 7; i++)
		if (header->ident[i] != (u8)magic[i])
			return "is not a little-endian 64-bit ELF file";
	if (header->machine != ELF_AARCH64)
		return "is not for AArch64";
	if (header->type != ELF_EXEC)
		return "is not an executable with fixed addresses";
	if (header->phentsize != sizeof(struct elf_segment) || header->phnum > SEGMENTS_MAX)
		return "has program headers of a kind that is not known here";
	if (header->phoff % 8 || header->phoff > size ||
	    header->phnum * sizeof(struct elf_segment) > size - header->phoff)
		return "has program headers outside of the file";
	return NULL;
}

static const char *check_segment(const struct elf_segment *s, u64 size, struct kernel *kernel)
{
	if (s->filesz > s->memsz || s->offset > size || s->filesz > size - s->offset)
		return "has a segment outside of the file";
	if (s->paddr > PHYS_LIMIT || s->memsz > GIB || s->vaddr + s->memsz < s->vaddr)
		return "has a segment that is too large";
	kernel->movable = s->flags & ELF_MOVABLE;
	if (kernel->virt == kernel->virt_end) {
		kernel->virt = s->vaddr;
		kernel->phys = s->paddr;
		kernel->virt_end = s->vaddr;
	} else if (s->vaddr - kernel->virt != s->paddr - kernel->phys) {
		return "has segments with different offsets from virtual to physical";
	}
	if (s->vaddr < kernel->virt) {
		kernel->virt = s->vaddr;
		kernel->phys = s->paddr;
	}
	if (s->vaddr + s->memsz > kernel->virt_end)
		kernel->virt_end = s->vaddr + s->memsz;
	return NULL;
}

const char *elf_check(const u8 *file, u64 size, struct kernel *kernel)
{
	const struct elf_header *header = (const void *)file;
	const char *wrong = check_header(header, size);

	*kernel = (struct kernel){ .entry = 0 };
	for (unsigned int i = 0; !wrong && i < header->phnum; i++)
		if (segment(file, i)->type == ELF_LOAD && segment(file, i)->memsz)
			wrong = check_segment(segment(file, i), size, kernel);
	if (wrong)
		return wrong;
	kernel->entry = header->entry;
	if (kernel->virt == kernel->virt_end)
		return "has nothing to load";
	if ((kernel->virt ^ kernel->phys) & (BLOCK - 1))
		return "is not placed on a 2 MiB boundary";
	if (kernel->virt >> 39 == 0 || kernel->virt >> 48 ||
	    kernel->virt / GIB != (kernel->virt_end - 1) / GIB)
		return "is not linked into one GiB above 512 GiB";
	if (kernel->entry < kernel->virt || kernel->entry >= kernel->virt_end)
		return "has its entry outside of its segments";
	return NULL;
}

void elf_copy(const u8 *file, const struct kernel *kernel)
{
	const struct elf_header *header = (const void *)file;

	__builtin_memset((void *)kernel->phys, 0, kernel->virt_end - kernel->virt);
	for (unsigned int i = 0; i < header->phnum; i++) {
		const struct elf_segment *s = segment(file, i);

		if (s->type == ELF_LOAD && s->memsz)
			__builtin_memcpy((void *)(kernel->phys + (s->vaddr - kernel->virt)),
					 file + s->offset, s->filesz);
	}
}
