/* SPDX-License-Identifier: BSD-2-Clause */
#include "elf.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "../adl/source.h"

#define FILE_LIMIT (256u << 20)

static const char *check_header(const Elf64_Ehdr *h, size_t length)
{
	if (length < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
		return "is no ELF file";
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_machine != EM_AARCH64)
		return "is not for 64-bit Arm";
	if (h->e_type != ET_EXEC)
		return "is no static executable";
	if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phoff > length ||
	    h->e_phnum > (length - h->e_phoff) / sizeof(Elf64_Phdr))
		return "has a broken program header table";
	return NULL;
}

static const char *add_segment(struct elf *elf, const Elf64_Phdr *p, const unsigned char *file,
			       size_t length)
{
	struct elf_segment *s;

	if (p->p_type == PT_INTERP || p->p_type == PT_DYNAMIC)
		return "is dynamically linked";
	if (p->p_type != PT_LOAD || p->p_memsz == 0)
		return NULL;
	if (elf->count == ELF_SEGMENTS)
		return "has too many segments";
	if (p->p_filesz > p->p_memsz || p->p_offset > length ||
	    p->p_filesz > length - p->p_offset || p->p_vaddr + p->p_memsz < p->p_vaddr ||
	    p->p_memsz > FILE_LIMIT)
		return "has a broken segment";
	s = &elf->segments[elf->count];
	if (elf->count && p->p_vaddr < s[-1].vaddr + s[-1].memory_size)
		return "has segments that overlap or are not in order";
	*s = (struct elf_segment){
		.vaddr = p->p_vaddr, .paddr = p->p_paddr, .memory_size = p->p_memsz,
		.file_size = p->p_filesz, .data = file + p->p_offset,
		.write = p->p_flags & PF_W, .execute = p->p_flags & PF_X, .flags = p->p_flags,
	};
	elf->count++;
	return NULL;
}

bool elf_load(struct arena *a, struct diagnostics *d, const char *path, struct elf *elf)
{
	size_t length = 0;
	unsigned char *file = (unsigned char *)source_read_file(a, path, FILE_LIMIT, &length);
	const char *wrong;
	Elf64_Ehdr h;
	Elf64_Phdr p;
	unsigned int i;

	memset(elf, 0, sizeof(*elf));
	elf->path = path;
	if (!file) {
		diagnostic_plain(d, "%s: %s; build it first (`make build`)", path, strerror(errno));
		return false;
	}
	memset(&h, 0, sizeof(h));
	memcpy(&h, file, length < sizeof(h) ? length : sizeof(h));
	wrong = check_header(&h, length);
	for (i = 0; !wrong && i < h.e_phnum; i++) {
		memcpy(&p, file + h.e_phoff + i * sizeof(p), sizeof(p));
		wrong = add_segment(elf, &p, file, length);
	}
	if (!wrong && !elf->count)
		wrong = "has nothing to load";
	elf->entry = h.e_entry;
	if (wrong)
		diagnostic_plain(d, "%s %s; build it again", path, wrong);
	return !wrong;
}

void elf_extent(const struct elf *elf, uint64_t *first, uint64_t *end)
{
	const struct elf_segment *last = &elf->segments[elf->count - 1];

	*first = elf->segments[0].vaddr;
	*end = last->vaddr + last->memory_size;
}
