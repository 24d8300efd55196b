/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's own translation at EL2, and which stage-2 root is in use. ARM ARM D8.3. */
#include <kernel/arch.h>
#include <kernel/core.h>
#include <kernel/print.h>
#include <platform.h>

#include "machine.h"

#define ENTRIES		512
#define VALID		1UL
#define TABLE		3UL
#define PAGE		3UL
#define BLOCK		1UL
#define ATTR_DEVICE	(0UL << 2)	/* MAIR index 0 */
#define ATTR_NORMAL	(4UL << 2)	/* MAIR index 4 */
#define RES1_AP		(1UL << 6)
#define READ_ONLY	(1UL << 7)
#define SH_INNER	(3UL << 8)
#define ACCESSED	(1UL << 10)
#define XN		(1UL << 54)
#define MEMORY		(ATTR_NORMAL | RES1_AP | SH_INNER | ACCESSED)
#define TEXT		(MEMORY | READ_ONLY)
#define RODATA		(MEMORY | READ_ONLY | XN)
#define DATA		(MEMORY | XN)
#define DEVICE		(ATTR_DEVICE | RES1_AP | ACCESSED | XN)

#define GIB_SHIFT	30
#define MIB2_SHIFT	21
#define PAGE_SHIFT	12
#define SPARE_TABLES	12	/* two for the image's pages, and gibibytes of which only a part is RAM */
#define SCTLR_EL2_VALUE	0x30cd183dUL	/* RES1, WXN, I, SA, C, M */
#define VTCR_44		0x80043594UL	/* ABI 6.1: 44-bit IPA, level 0, 8-bit VMID */
#define VTCR_40		0x80023558UL	/* 40-bit IPA, level 1, two tables at the root */
#define PARANGE_44	4
#define MDCR_EL2_HPMN	31UL

#define TABLE_MEMORY	__attribute__((aligned(4096)))

static u64 level0[ENTRIES] TABLE_MEMORY;
static u64 level1[ENTRIES] TABLE_MEMORY;	/* 0x80_0000_0000 .. 0xff_ffff_ffff */
static u64 image_level2[ENTRIES] TABLE_MEMORY;
static u64 device_level3[ENTRIES] TABLE_MEMORY;
static u64 spare[SPARE_TABLES][ENTRIES] TABLE_MEMORY;
u64 mmu_empty_space[2 * ENTRIES] __attribute__((aligned(8192)));
unsigned int mmu_address_bits;
static unsigned int spare_used;
static u64 image_base;

extern char kernel_start[], kernel_text_end[], kernel_rodata_end[], kernel_end[], kernel_stacks[];

u64 mmu_image_phys(void)
{
	return image_base;
}

struct paddr mmu_image_ptr_to_phys(const void *ptr)
{
	return paddr((u64)ptr - KERNEL_BASE + image_base);
}

static u64 table_entry(const void *table)
{
	return mmu_image_ptr_to_phys(table).v | TABLE;
}

static u64 *spare_table(void)
{
	if (spare_used == SPARE_TABLES)
		print_stop("boot: memory is in too many pieces");
	return spare[spare_used++];
}

static u64 *entry_table(u64 entry)
{
	return (u64 *)((entry & ~0xfffUL) - image_base + KERNEL_BASE);
}

/* The level 2 table of one gibibyte of the window; NULL if a block maps it already. */
static u64 *window_table(u64 gib)
{
	if (level1[gib] == 0)
		level1[gib] = table_entry(spare_table());
	return (level1[gib] & 3) == TABLE ? entry_table(level1[gib]) : NULL;
}

static bool holds_image(u64 start, u64 size)
{
	return image_base >= start && image_base - start < size;
}

/* All of the block but the image, which is mapped where it is linked for. */
static u64 *table_around_image(u64 start)
{
	u64 *level3 = spare_table();
	u64 pages = (u64)(kernel_end - kernel_start) >> PAGE_SHIFT;

	for (u64 i = pages; i < ENTRIES; i++)
		level3[i] = (start + (i << PAGE_SHIFT)) | DATA | PAGE;
	return level3;
}

static void window_map_block(u64 *entry, u64 at)
{
	if (!holds_image(at, 1UL << MIB2_SHIFT))
		*entry = at | DATA | BLOCK;
	else if (*entry == 0)
		*entry = table_entry(table_around_image(at));
}

static void window_map(u64 start, u64 end)
{
	u64 at = start;

	while (at < end) {
		u64 gib = at >> GIB_SHIFT;
		u64 *level2;

		if (!(at & bit_mask(GIB_SHIFT)) && end - at >= 1UL << GIB_SHIFT &&
		    level1[gib] == 0 && !holds_image(at, 1UL << GIB_SHIFT)) {
			level1[gib] = at | DATA | BLOCK;
			at += 1UL << GIB_SHIFT;
			continue;
		}
		level2 = window_table(gib);
		if (level2)
			window_map_block(&level2[at >> MIB2_SHIFT & 511], at);
		at += 1UL << MIB2_SHIFT;
	}
	dsb();
	isb();
}

/* Only whole blocks of RAM, so that nothing is cached that is not memory. */
bool mmu_window_add(u64 start, u64 end)
{
	if (end > KERNEL_WINDOW_SIZE || start > end)
		return false;
	start = align_up(start, MIB2_SHIFT);
	end = align_down(end, MIB2_SHIFT);
	if (start < end)
		window_map(start, end);
	return true;
}

bool mmu_in_window(u64 start, u64 end)
{
	if (end > KERNEL_WINDOW_SIZE || start >= end)
		return false;
	for (u64 at = align_down(start, MIB2_SHIFT); at < end; at += 1UL << MIB2_SHIFT) {
		u64 entry = level1[at >> GIB_SHIFT];

		if ((entry & 3) == TABLE)
			entry = entry_table(entry)[at >> MIB2_SHIFT & 511];
		if (!(entry & VALID))
			return false;
	}
	return true;
}

static void map_device(unsigned int page, u64 phys)
{
	device_level3[page] = align_down(phys, PAGE_SHIFT) | DEVICE | PAGE;
}

/* An overflow runs into the page below, which nothing is mapped at. */
static void map_stack(unsigned int core)
{
	u64 at = KERNEL_STACK_TOP - KERNEL_STACK_SIZE + core * KERNEL_STACK_STEP;
	const char *stack = kernel_stacks + core * KERNEL_STACK_SIZE;

	device_level3[at >> PAGE_SHIFT & 511] = mmu_image_ptr_to_phys(stack).v | DATA | PAGE;
}

static void map_image(void)
{
	u64 *level3 = spare_table();

	for (const char *at = kernel_start; at < kernel_end; at += 1UL << PAGE_SHIFT) {
		u64 attributes = at < kernel_text_end ? TEXT : at < kernel_rodata_end ? RODATA : DATA;

		level3[(u64)at >> PAGE_SHIFT & 511] = mmu_image_ptr_to_phys(at).v | attributes | PAGE;
	}
	image_level2[0] = table_entry(level3);
}

void mmu_start(u64 image_phys, u64 dtb, u64 dtb_size)
{
	image_base = image_phys;
	mmu_address_bits = (sysreg_read(id_aa64mmfr0_el1) & 15) < PARANGE_44 ? 40 : 44;
	level0[1] = table_entry(level1);
	level1[511] = table_entry(image_level2);
	map_image();
	image_level2[511] = table_entry(device_level3);
	map_device(0, PLATFORM_GICD);
	map_device(1, PLATFORM_GICC);
	map_device(2, PLATFORM_GICH);
	map_device(3, PLATFORM_UART);
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		map_stack(i);
	if (dtb && dtb_size < KERNEL_WINDOW_SIZE && dtb < KERNEL_WINDOW_SIZE - dtb_size)
		window_map(align_down(dtb, MIB2_SHIFT), align_up(dtb + dtb_size, MIB2_SHIFT));
	dsb();
	mmu_start_core();
}

/* From the loader's tables to the kernel's. WXN counts once nothing made without it is cached. */
void mmu_start_core(void)
{
	sysreg_write(ttbr0_el2, mmu_image_ptr_to_phys(level0).v);
	isb();
	sysreg_write(sctlr_el2, SCTLR_EL2_VALUE);
	isb();
	tlb_flush_all();
}

/* What a loader may have left that lower levels would see; the number of event counters stays. */
static void quiet_registers(void)
{
	sysreg_write(mdcr_el2, sysreg_read(mdcr_el2) & MDCR_EL2_HPMN);
	sysreg_write(mdscr_el1, 0);
	sysreg_write(pmuserenr_el0, 0);
	sysreg_write(hstr_el2, 0);
}

void mmu_user_space_init(void)
{
	quiet_registers();
	sysreg_write(vtcr_el2, mmu_address_bits == 44 ? VTCR_44 : VTCR_40);
	sysreg_write(hcr_el2, HCR_NATIVE);
	sysreg_write(tcr_el1, TCR_CLOSED);
	isb();
	sysreg_write(sctlr_el1, SCTLR_NATIVE);
	sysreg_write(cptr_el2, CPTR_EL2_RES1);
	sysreg_write(cpacr_el1, 3UL << 20);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	mmu_set_user_space(mmu_image_ptr_to_phys(mmu_empty_space).v, 0);
	isb();
	tlb_flush_all();
}

/* In effect after the next isb(). */
void mmu_set_user_space(u64 root, u64 vmid)
{
#if KERNEL_CORES > 1
	core_self()->space = root;
	core_self()->vmid = vmid;
#endif
	sysreg_write(vttbr_el2, root | vmid << 48);
}

u64 mmu_user_vmid(void)
{
	return sysreg_read(vttbr_el2) >> 48;
}

u64 mmu_user_space(void)
{
	return sysreg_read(vttbr_el2) & 0xfffffffffffe;
}
