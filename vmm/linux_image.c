/* SPDX-License-Identifier: BSD-2-Clause */
#include "linux_image.h"

#include <stddef.h>
#include <string.h>

#define SECTION		(2ull << 20)

/* The header; little-endian, whatever the kernel is. */
struct header {
	uint32_t code[2];
	uint64_t text_offset;
	uint64_t image_size;
	uint64_t flags;
	uint64_t reserved[3];
	uint32_t magic;
	uint32_t pe_offset;
};

_Static_assert(sizeof(struct header) == 64, "arm64 Image header");
_Static_assert(offsetof(struct header, magic) == 56, "arm64 Image header");

#define MAGIC		0x644d5241u	/* "ARM\x64" */
#define FLAG_BIG_ENDIAN	1u
#define OLD_OFFSET	0x80000u	/* of kernels that leave image_size 0 (before 3.17) */

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) & ~(to - 1);
}

/* The formats that people try, each with what to do about it. */
static const char *known_format(const uint8_t *file, uint64_t size)
{
	if (size >= 2 && file[0] == 0x1f && file[1] == 0x8b)
		return "kernel is compressed by gzip: unpack it first";
	if (size >= 8 && !memcmp(file, "MZ\0\0zimg", 8))
		return "kernel is a compressed EFI image (zboot): unpack it first";
	if (size >= 4 && !memcmp(file, "\177ELF", 4))
		return "kernel is an ELF file: use arch/arm64/boot/Image";
	if (size >= 4 && !memcmp(file, "\xfd" "7zX", 4))
		return "kernel is compressed by xz: unpack it first";
	if (size >= 4 && !memcmp(file, "\x28\xb5\x2f\xfd", 4))
		return "kernel is compressed by zstd: unpack it first";
	return "kernel is not an arm64 Image (no magic ARM\\x64 at offset 56)";
}

const char *linux_image_check(const void *file, uint64_t size, struct linux_image *image)
{
	struct header h;

	if (size < sizeof(h))
		return "kernel file is shorter than an arm64 Image header";
	memcpy(&h, file, sizeof(h));
	if (h.magic != MAGIC)
		return known_format(file, size);
	if (h.flags & FLAG_BIG_ENDIAN)
		return "kernel is big-endian: not supported";
	image->text_offset = h.image_size ? h.text_offset : OLD_OFFSET;
	image->memory = h.image_size ? h.image_size : size + (1u << 20);
	if (image->memory < size)
		image->memory = size;
	if (image->text_offset >= SECTION)
		return "kernel's text_offset is not below 2 MiB: not an arm64 Image";
	if (image->memory > 1ull << 32)
		return "kernel's image_size is beyond 4 GiB: not an arm64 Image";
	return NULL;
}

/* Kernel at the first 2 MiB boundary, then the device tree, then the initrd. */
const char *linux_image_place(const struct linux_image *image, uint64_t initrd_size, gpa_t ram,
			      uint64_t ram_size, struct linux_placement *where)
{
	uint64_t end = ram.value + ram_size;
	uint64_t base = round_up(ram.value, SECTION);
	uint64_t dtb, initrd;

	where->kernel = gpa(base + image->text_offset);
	dtb = round_up(where->kernel.value + image->memory, SECTION);
	initrd = dtb + LINUX_IMAGE_DTB_MAX;
	where->dtb = gpa(dtb);
	where->initrd = gpa(initrd_size ? initrd : 0);
	where->initrd_size = initrd_size;
	if (initrd > end || initrd_size > end - initrd)
		return "kernel, device tree and initrd do not fit the first range of RAM";
	return NULL;
}
