/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks the image and the machine, puts everything in its place, starts the kernel. */
#include <platform.h>

#include "loader.h"

struct plan {
	const u8 *base;			/* of the image */
	const struct image_item *kernel_item, *user;
	struct kernel kernel;
	struct fdt fdt;
	struct ranges ram, reserved;
	u64 kernel_end, dtb, dtb_size, user_at, user_end;	/* physical */
};

static struct plan plan;
u64 loader_arguments[7];

void loader_early(void)
{
	u64 level;

	__asm__("mrs %0, CurrentEL" : "=r"(level));
	if (level >> 2 != 2)
		fail("started at EL%x, needs EL2 (QEMU: -M virt,virtualization=on)", level >> 2);
	mmu_identity(PLATFORM_UART, PLATFORM_UART + PAGE, true);
	mmu_identity((u64)loader_start, (u64)loader_end, false);
}

static void check_header(void)
{
	const struct image_header *h = &loader_header;

	plan.base = loader_start;
	if (h->magic != IMAGE_MAGIC)
		fail("no image header: this is the bare loader, make an image with the tool");
	if (h->version != IMAGE_VERSION)
		fail("image of version %x, this loader knows %x", (u64)h->version, (u64)IMAGE_VERSION);
	if (h->platform != PLATFORM_IMAGE_ID)
		fail("image for platform %x, this loader is for " PLATFORM_NAME, (u64)h->platform);
	if (h->load_address != (u64)plan.base)
		fail("image is for address %x: load it there, not at %x", h->load_address, (u64)plan.base);
	if (h->items > IMAGE_MAX_ITEMS || h->table % 8 || h->table > h->size ||
	    h->items * sizeof(struct image_item) > h->size - h->table || h->size > PHYS_LIMIT)
		fail("image header is damaged: its table lies outside of it");
	mmu_identity((u64)plan.base, (u64)plan.base + h->size, false);
}

static const struct image_item *item(unsigned int i)
{
	return (const struct image_item *)(plan.base + loader_header.table) + i;
}

static void check_item(const struct image_item *it)
{
	if (it->type != IMAGE_RESERVE &&
	    (it->offset > loader_header.size || it->size > loader_header.size - it->offset))
		fail("%s lies outside of the image", it->name);
	if (it->physical > PHYS_LIMIT || it->memory_size > PHYS_LIMIT)
		fail("%s is too large", it->name);
	switch (it->type) {
	case IMAGE_KERNEL:
		plan.kernel_item = it;
		break;
	case IMAGE_USER:
		if (it->memory_size < it->size || it->offset % PAGE)
			fail("%s: its sizes make no sense", it->name);
		plan.user = it;
		break;
	case IMAGE_BLOB:
		if (it->physical != (u64)plan.base + it->offset)
			fail("%s is not where the image says", it->name);
		break;
	case IMAGE_RESERVE:
		if (plan.reserved.count == RANGES_MAX)
			fail("more reserved ranges than fit here");
		plan.reserved.at[plan.reserved.count++] =
			(struct range){ it->physical, it->physical + it->memory_size };
		break;
	default:
		fail("%s is an item of unknown type %x", it->name, (u64)it->type);
	}
}

static void check_items(void)
{
	const struct image_header *h = &loader_header;
	u32 crc = image_crc32(0, item(0), h->items * sizeof(struct image_item));

	for (unsigned int i = 0; i < h->items; i++) {
		const struct image_item *it = item(i);

		if (it->name[sizeof(it->name) - 1])
			fail("item %x of the image has a broken name", (u64)i);
		check_item(it);
		if (it->type == IMAGE_KERNEL || it->type == IMAGE_USER)
			crc = image_crc32(crc, plan.base + it->offset, it->size);
	}
	if (crc != h->crc32)
		fail("image is damaged: checksum %x, should be %x", (u64)crc, (u64)h->crc32);
	if (!plan.kernel_item || !plan.user)
		fail("image has no %s", plan.kernel_item ? "root task" : "kernel");
}

static void check_machine(const void *dtb)
{
	const char *wrong;
	u64 start = (u64)dtb;

	if (start && start < PHYS_LIMIT)
		mmu_identity(start, start + BLOCK, false);
	wrong = fdt_open(&plan.fdt, dtb);
	if (!wrong)
		wrong = fdt_memory(&plan.fdt, &plan.ram);
	if (wrong)
		fail("device tree at %x: %s", start, wrong);
	for (unsigned int i = 0; i < plan.ram.count; i++)
		mmu_identity(plan.ram.at[i].start, plan.ram.at[i].end, false);
}

/* NULL if [start, end) is memory that nobody else has. */
static const char *place_wrong(u64 start, u64 end)
{
	u64 fdt = (u64)plan.fdt.base;
	bool found = false;

	for (unsigned int i = 0; i < plan.ram.count; i++)
		found |= plan.ram.at[i].start <= start && end <= plan.ram.at[i].end;
	if (!found)
		return "lies where this machine has no memory (QEMU: -m)";
	if (range_overlap(start, end, (u64)plan.base, (u64)plan.base + loader_header.size))
		return "would overwrite the image";
	for (unsigned int i = 0; i < plan.reserved.count; i++)
		if (range_overlap(start, end, plan.reserved.at[i].start, plan.reserved.at[i].end))
			return "lies in a reserved range";
	if (range_overlap(start, end, fdt, fdt + plan.fdt.total))
		return "would overwrite the device tree";
	return NULL;
}

static void check_place(const char *what, u64 start, u64 end)
{
	const char *wrong = place_wrong(start, end);

	if (wrong)
		fail("%s at %x to %x %s", what, start, end, wrong);
}

/* The highest place for size bytes on a 2 MiB boundary, or 0. */
static u64 find_place(u64 size)
{
	for (unsigned int i = plan.ram.count; i-- > 0;) {
		const struct range *ram = &plan.ram.at[i];
		u64 at = ram->end & ~(BLOCK - 1);

		for (; at > ram->start; at -= BLOCK)
			if (!place_wrong(at, at + size))
				return at;
	}
	return 0;
}

/* Room for the device tree's copy with our reservations. */
static u64 dtb_room(void)
{
	return align_up(plan.fdt.total + 128 * (plan.reserved.count + 2), PAGE);
}

/* A kernel that may move does so when it, the device tree and the root task do not fit there. */
static void move_kernel(u64 size)
{
	u64 all = align_up(size, PAGE) + dtb_room() + align_up(plan.user->memory_size, PAGE);
	u64 at;

	if (!plan.kernel.movable || !place_wrong(plan.kernel.phys, plan.kernel.phys + all))
		return;
	at = find_place(all);
	if (at)
		plan.kernel.phys = at;
}

static void place_kernel(void)
{
	const u8 *file = plan.base + plan.kernel_item->offset;
	const char *wrong = (u64)file % 8 ? "is not aligned in the image" :
			    elf_check(file, plan.kernel_item->size, &plan.kernel);
	u64 size = plan.kernel.virt_end - plan.kernel.virt;

	if (wrong)
		fail("%s %s", plan.kernel_item->name, wrong);
	move_kernel(size);
	plan.kernel_end = align_up(plan.kernel.phys + size, PAGE);
	check_place(plan.kernel_item->name, plan.kernel.phys, plan.kernel_end);
	elf_copy(file, &plan.kernel);
	mmu_map_kernel(plan.kernel.virt & ~(BLOCK - 1), plan.kernel.phys & ~(BLOCK - 1),
		       plan.kernel.virt_end - (plan.kernel.virt & ~(BLOCK - 1)));
}

static void place_dtb(void)
{
	u64 room = dtb_room();

	plan.dtb = plan.kernel_end;
	check_place("the device tree", plan.dtb, plan.dtb + room);
	plan.dtb_size = fdt_copy(&plan.fdt, (void *)plan.dtb, room, &plan.reserved);
	if (!plan.dtb_size)
		fail("the device tree with its reservations needs more than %x bytes", room);
}

static void place_user(void)
{
	const struct image_item *user = plan.user;

	plan.user_at = align_up(plan.dtb + plan.dtb_size, PAGE);
	plan.user_end = align_up(plan.user_at + user->memory_size, PAGE);
	if (user->virtual_base % PAGE || user->entry < user->virtual_base ||
	    user->entry - user->virtual_base >= user->memory_size)
		fail("%s: its entry is not inside", user->name);
	check_place(user->name, plan.user_at, plan.user_end);
	__builtin_memcpy((void *)plan.user_at, plan.base + user->offset, user->size);
	__builtin_memset((void *)(plan.user_at + user->size), 0,
			 plan.user_end - plan.user_at - user->size);
}

/* The kernel may look at memory with its caches off: everything goes out to it. */
static void clean(u64 start, u64 end)
{
	u64 ctr, line;

	__asm__("mrs %0, ctr_el0" : "=r"(ctr));
	line = 4ul << (ctr >> 16 & 15);
	for (u64 at = start & ~(line - 1); at < end; at += line)
		__asm__ volatile("dc civac, %0" : : "r"(at) : "memory");
	__asm__ volatile("dsb sy" : : : "memory");
}

_Noreturn void loader_main(const void *dtb)
{
	u64 *arguments = loader_arguments;

	check_header();
	check_items();
	check_machine(dtb);
	place_kernel();
	place_dtb();
	place_user();
	clean(plan.kernel.phys, plan.user_end);
	arguments[0] = plan.user_at;
	arguments[1] = plan.user_end;
	arguments[2] = plan.user_at - plan.user->virtual_base;
	arguments[3] = plan.user->entry;
	arguments[4] = plan.dtb;
	arguments[5] = plan.dtb_size;
	arguments[6] = plan.kernel.entry;
	__asm__ volatile("dsb sy" : : : "memory");	/* the other cores read them */
	cores_start(&plan.fdt, plan.kernel_item->cores);
	kernel_enter(arguments, 0);
}
