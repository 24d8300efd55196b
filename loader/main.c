/* SPDX-License-Identifier: BSD-2-Clause */
/* First code on the machine: checks the image, places its parts, starts the kernel. */
#include <string.h>

#include "loader.h"

static const struct image_item *item_table;
static unsigned int items;
static uint64_t base;

void loader_main(const void *fdt, uint64_t at);
void loader_wrong_level(void);

void loader_wrong_level(void)
{
	stop("not started at EL2: the machine needs virtualization (QEMU: -M virt,virtualization=on)", 0);
}

static void check_header(void)
{
	const struct image_header *h = &image_header;

	if (h->magic != IMAGE_MAGIC)
		stop("this file is a loader without an image: build one with 'peervisor build'", h->magic);
	if (h->version != IMAGE_VERSION)
		stop("image version not known", h->version);
	if (h->platform != IMAGE_PLATFORM_QEMU_VIRT)
		stop("image is for another platform", h->platform);
	if (h->load_address != base)
		stop("image was loaded elsewhere than it was built for; this place is", base);
	if (h->items == 0 || h->items > IMAGE_MAX_ITEMS || h->table % 8 || h->table > h->size ||
	    h->size - h->table < h->items * sizeof(struct image_item))
		stop("image table lies outside the file", h->table);
	item_table = (const struct image_item *)(base + h->table);
	items = h->items;
}

static void check_items(void)
{
	const struct image_header *h = &image_header;
	uint32_t crc = image_crc32(0, item_table, items * sizeof(*item_table));

	for (unsigned int i = 0; i < items; i++) {
		const struct image_item *item = &item_table[i];

		if (item->type == IMAGE_RESERVE)
			continue;
		if (item->offset > h->size || item->size > h->size - item->offset)
			stop("an item lies outside the file; its number is", i);
		if (item->type == IMAGE_KERNEL || item->type == IMAGE_USER)
			crc = image_crc32(crc, (void *)(base + item->offset), item->size);
	}
	if (crc != h->crc32)
		stop("image is damaged: checksum", crc);
}

static const struct image_item *find(uint32_t type, const char *missing)
{
	for (unsigned int i = 0; i < items; i++)
		if (item_table[i].type == type)
			return &item_table[i];
	stop(missing, type);
}

/* What will be written must hit neither the file nor memory that is promised to others. */
static void check_room(uint64_t start, uint64_t end, uint64_t fdt, uint64_t fdt_size)
{
	if (overlap(start, end, base, base + image_header.size))
		stop("kernel and user image would overwrite the image file at", start);
	if (overlap(start, end, fdt, fdt + fdt_size))
		stop("kernel and user image would overwrite the device tree at", fdt);
	for (unsigned int i = 0; i < items; i++) {
		const struct image_item *item = &item_table[i];

		if (item->type == IMAGE_RESERVE &&
		    overlap(start, end, item->physical, item->physical + item->memory_size))
			stop("kernel and user image overlap a reserved range at", item->physical);
	}
}

static void clean(uint64_t start, uint64_t end)
{
	for (uint64_t at = start & ~63ull; at < end; at += 64)
		__asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
	__asm__ volatile("dsb sy" : : : "memory");
}

void loader_main(const void *fdt, uint64_t at)
{
	const struct image_item *kernel_item, *user;
	uint64_t fdt_size, tree, room, image;
	struct kernel kernel;
	struct entry entry;

	base = at;
	check_header();
	check_items();
	kernel_item = find(IMAGE_KERNEL, "image has no kernel");
	user = find(IMAGE_USER, "image has no user image");
	if (user->memory_size < user->size || user->virtual_base % PAGE)
		stop("user image sizes", user->memory_size);
	kernel = kernel_elf_plan((const uint8_t *)(base + kernel_item->offset), kernel_item->size);
	fdt_size = tree_size(fdt);
	tree = kernel.end;
	room = page_up(fdt_size + PAGE + items * 256ull);
	check_room(kernel.physical, tree + room + page_up(user->memory_size), (uint64_t)fdt, fdt_size);

	kernel_elf_copy((const uint8_t *)(base + kernel_item->offset));
	entry.dtb = tree;
	entry.dtb_size = tree_make((void *)tree, room, fdt, item_table, items);
	image = page_up(tree + entry.dtb_size);
	memcpy((void *)image, (const void *)(base + user->offset), user->size);
	memset((void *)(image + user->size), 0, page_up(user->memory_size) - user->size);
	entry.image_start = image;
	entry.image_end = image + page_up(user->memory_size);
	entry.pv_offset = image - user->virtual_base;
	entry.image_entry = user->entry;
	entry.kernel_entry = kernel.entry;
	entry.level0 = tables_make(&kernel, base);
	clean(kernel.physical, entry.image_end);
	clean(base, base + PAGE * 32);
	enter_kernel(&entry);
}
