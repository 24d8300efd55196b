/* SPDX-License-Identifier: BSD-2-Clause */
/* The loader's parts. It runs at EL2 with the MMU off; whatever is wrong ends in stop(). */
#ifndef LOADER_H
#define LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image.h"

/* console.c */
void console_text(const char *text);
void console_hex(uint64_t value);
_Noreturn void stop(const char *what, uint64_t value);

/* kernel_elf.c: the kernel's one segment. stop() says what is wrong with the file. */
struct kernel {
	uint64_t physical, end;		/* where it goes, end page-aligned */
	uint64_t virtual_base;		/* of physical */
	uint64_t entry;
};
struct kernel kernel_elf_plan(const uint8_t *elf, uint64_t size);
void kernel_elf_copy(const uint8_t *elf);

/* tree.c: the device tree for the kernel, at most room bytes at dst; returns its size. */
uint64_t tree_make(void *dst, uint64_t room, const void *fdt, const struct image_item *items,
		   unsigned int count);
uint64_t tree_size(const void *fdt);

/* tables.c: identity for the loader, the kernel at its link address; returns the level 0 table. */
uint64_t tables_make(const struct kernel *kernel, uint64_t loader);

/* start.S */
struct entry {
	uint64_t image_start, image_end, pv_offset, image_entry, dtb, dtb_size;
	uint64_t kernel_entry, level0;
};
_Static_assert(offsetof(struct entry, kernel_entry) == 48, "start.S");
_Noreturn void enter_kernel(const struct entry *entry);
extern struct image_header image_header;

#define PAGE	4096ull

static inline uint64_t page_up(uint64_t v)
{
	return (v + PAGE - 1) & ~(PAGE - 1);
}

static inline bool overlap(uint64_t a, uint64_t a_end, uint64_t b, uint64_t b_end)
{
	return a < b_end && b < a_end;
}

#endif
