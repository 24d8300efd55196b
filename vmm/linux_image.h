/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The arm64 boot protocol (Documentation/arch/arm64/booting.rst in Linux): what a kernel file's
 * header says, and where kernel, device tree and initrd go. Any guest that follows it runs.
 */
#ifndef VMM_LINUX_IMAGE_H
#define VMM_LINUX_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "guest_memory.h"

#define LINUX_IMAGE_DTB_MAX	(2ull << 20)

struct linux_image {
	uint64_t text_offset;	/* from a 2 MiB boundary */
	uint64_t memory;	/* that the kernel takes from there, its bss included */
};

struct linux_placement {
	gpa_t kernel;
	gpa_t dtb;
	gpa_t initrd;		/* 0, size 0: none */
	uint64_t initrd_size;
	uint8_t seed[32];	/* for the guest's random numbers, if seeded */
	bool seeded;
	uint32_t late;		/* connections whose backend has not said start: a bit for each */
};

/* NULL, or what is wrong with the file, for one log line. */
const char *linux_image_check(const void *file, uint64_t size, struct linux_image *image);

/* NULL, or why it does not fit [ram, ram + ram_size). */
const char *linux_image_place(const struct linux_image *image, uint64_t initrd_size, gpa_t ram,
			      uint64_t ram_size, struct linux_placement *where);

#endif
