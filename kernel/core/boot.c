/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the loader to the first thread (ABI 7, 8): memory, the root task's objects and
 * capabilities, boot information.
 */
#include <kernel/arch.h>
#include <kernel/boot.h>
#include <kernel/cdt.h>
#include <kernel/core.h>
#include <kernel/print.h>
#include <kernel/sched.h>
#include <kernel/untyped.h>
#include <kernel/vspace.h>
#include <platform.h>
#include <sel4/bootinfo.h>

#include <arch/machine.h>
#include "../object/space.h"
#include "boot_memory.h"

#define PAGE		(1UL << SEL4_PAGE_BITS)
#define SLOTS		(1UL << SEL4_ROOT_CNODE_RADIX)
#define CNODE_BITS	(SEL4_ROOT_CNODE_RADIX + SEL4_SLOT_BITS)
#define ATTR_DATA	(SEL4_ATTR_CACHEABLE | SEL4_ATTR_EXECUTE_NEVER)
#define ID_AA64MMFR0_PARANGE_40	2
#define RAM_ALIGNMENT	21	/* what the window maps */

static struct regions ram, devices;

static struct {
	struct boot_parameters loader;
	u64 image, image_end;		/* virtual, of the user image */
	u64 buffer, info_at, extra_at, end;	/* virtual */
	u64 extra_bytes, tables;
	struct paddr cnode, extra, pool, space, info, ipc, table, thread;
	struct slot *slots;
	u64 next;			/* free slot */
	seL4_BootInfo *boot_info;
	u64 cut;			/* physical: [cut, objects_end) are the root's objects */
	u64 objects_end;
} root;

/* Tables between the root and pages for [root.image, root.end), at one level. */
static u64 tables_of_level(unsigned int shift)
{
	return ((root.end - 1) >> shift) - (root.image >> shift) + 1;
}

/* The image's own pages are not in the window. */
static bool overlaps_image(u64 start, u64 end)
{
	extern char kernel_start[], kernel_end[];
	u64 image = align_down(mmu_image_phys(), SEL4_PAGE_BITS);
	u64 image_end = align_up(image + (u64)(kernel_end - kernel_start), SEL4_PAGE_BITS);

	return start < image_end && end > image;
}

static void find_memory(void)
{
	static const struct region built_in[] = PLATFORM_RAM;
	const struct boot_parameters *loader = &root.loader;
	static struct regions reserved;
	const char *wrong;

	if (loader->dtb) {
		if (loader->dtb_size > KERNEL_WINDOW_SIZE ||
		    loader->dtb > KERNEL_WINDOW_SIZE - loader->dtb_size)
			print_stop("boot: the device tree at %lx, %lx bytes, is beyond the kernel's window",
				   loader->dtb, loader->dtb_size);
		if (overlaps_image(loader->dtb, loader->dtb + loader->dtb_size))
			print_stop("boot: the device tree at %lx, %lx bytes, overlaps the kernel",
				   loader->dtb, loader->dtb_size);
		wrong = boot_fdt_memory(arch_phys_to_ptr(paddr(loader->dtb)), loader->dtb_size,
					&ram, &reserved);
		if (wrong)
			print_stop("boot: device tree: %s", wrong);
	} else {
		for (unsigned int i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
			regions_add(&ram, built_in[i].start, built_in[i].end);
	}
	for (unsigned int i = 0; i < reserved.count; i++)
		regions_remove(&ram, reserved.at[i].start, reserved.at[i].end);
	regions_align(&ram, RAM_ALIGNMENT);

	regions_add(&devices, 0, 1UL << mmu_address_bits);
	for (unsigned int i = 0; i < ram.count; i++) {
		regions_remove(&devices, ram.at[i].start, ram.at[i].end);
		if (!mmu_window_add(ram.at[i].start, ram.at[i].end))
			print_stop("boot: memory at %lx is beyond the kernel's window",
				    ram.at[i].start);
	}
	regions_remove(&devices, PLATFORM_GICD, PLATFORM_GICD + PAGE);
	regions_remove(&devices, PLATFORM_GICC, PLATFORM_GICC + PAGE);
	regions_remove(&devices, PLATFORM_GICH, PLATFORM_GICH + PAGE);
}

static void take_out(u64 start, u64 end)
{
	start = align_down(start, SEL4_PAGE_BITS);
	end = align_up(end, SEL4_PAGE_BITS);
	regions_remove(&ram, start, end);
	regions_remove(&devices, start, end);
}

/*
 * The kernel, the device tree and the user image are nobody's memory (ABI 7.3). The first two may
 * be in a range that the tree reserves: they are where they are.
 */
static void take_out_images(void)
{
	const struct boot_parameters *loader = &root.loader;
	extern char kernel_start[], kernel_end[];
	u64 image = mmu_image_phys(), start = loader->image_start, end = loader->image_end;

	take_out(image, image + (u64)(kernel_end - kernel_start));
	if (loader->dtb)
		take_out(loader->dtb, loader->dtb + loader->dtb_size);
	if ((start | end) & (PAGE - 1))
		print_stop("boot: the user image is not page-aligned");
	if (start >= end || !regions_contain(&ram, start, end))
		print_stop("boot: the user image at %lx to %lx is not in memory", start, end);
	take_out(start, end);
}

static void plan_space(void)
{
	const struct boot_parameters *loader = &root.loader;
	u64 bytes = loader->image_end - loader->image_start;

	root.image = loader->image_start - loader->pv_offset;
	root.image_end = root.image + bytes;
	root.buffer = root.image_end;
	root.info_at = root.buffer + PAGE;
	root.extra_at = root.info_at + PAGE;
	root.extra_bytes = loader->dtb ? align_up(loader->dtb_size + sizeof(seL4_BootInfoHeader),
						  SEL4_PAGE_BITS) : 0;
	root.end = root.extra_at + root.extra_bytes;
	if (root.image & (PAGE - 1) || root.end > bit_mask(mmu_address_bits) || root.end < root.image)
		print_stop("boot: the user image does not fit its address space at %lx", root.image);
	if (loader->entry < root.image || loader->entry >= root.image_end)
		print_stop("boot: the user image's entry %lx is outside of it", loader->entry);
	root.tables = tables_of_level(30) + tables_of_level(21);
	if (mmu_address_bits == 44)
		root.tables += tables_of_level(39);
}

static struct paddr carve(u64 bytes)
{
	struct paddr at = paddr(root.cut);

	arch_zero(at, bytes);
	root.cut += bytes;
	return at;
}

/* The root task's objects, from the top of the last region that holds them, largest first. */
static void carve_objects(void)
{
	u64 bytes = (1UL << CNODE_BITS) + (1UL << vspace_size_bits()) + root.extra_bytes +
		    (3 + root.tables) * PAGE + (1UL << SEL4_TCB_BITS);
	unsigned int i = ram.count;
	u64 start = 0;

	while (i--) {
		struct region at = ram.at[i];

		if (at.end - at.start < bytes)
			continue;
		start = align_down(at.end - bytes, CNODE_BITS);
		if (start >= at.start)
			break;
		start = 0;
	}
	if (!start)
		print_stop("boot: no %lu bytes of memory for the root task's objects", bytes);
	regions_remove(&ram, start, start + bytes);
	root.cut = start;
	root.objects_end = start + bytes;
	root.cnode = carve(1UL << CNODE_BITS);
	root.space = carve(1UL << vspace_size_bits());
	root.extra = carve(root.extra_bytes);
	root.pool = carve(PAGE);
	root.info = carve(PAGE);
	root.ipc = carve(PAGE);
	root.table = carve(root.tables * PAGE);
	root.thread = carve(1UL << SEL4_TCB_BITS);
	root.slots = arch_phys_to_ptr(root.cnode);
	root.boot_info = arch_phys_to_ptr(root.info);
}

static void put(u64 slot, struct cap cap)
{
	if (slot >= SLOTS)
		print_stop("boot: more than %lu capabilities for the root task", SLOTS);
	cdt_insert_root(&root.slots[slot], cap);
}

static void put_fixed_caps(void)
{
	struct cap space = cap_with_mapping(cap_with_mapped(cap_make(CAP_VSPACE, root.space), true), 1,
					    vaddr(0));

	put(SEL4_SLOT_INIT_TCB, cap_make(CAP_THREAD, root.thread));
	put(SEL4_SLOT_INIT_CNODE, cap_cnode(root.cnode, SEL4_ROOT_CNODE_RADIX,
					    SEL4_ROOT_CNODE_GUARD_BITS, 0));
	put(SEL4_SLOT_INIT_VSPACE, space);
	put(SEL4_SLOT_IRQ_CONTROL, cap_plain(CAP_IRQ_CONTROL, 0));
	put(SEL4_SLOT_ASID_CONTROL, cap_plain(CAP_ASID_CONTROL, 0));
	put(SEL4_SLOT_INIT_ASID_POOL, cap_make(CAP_ASID_POOL, root.pool));
	put(SEL4_SLOT_DOMAIN, cap_plain(CAP_DOMAIN, 0));
#ifdef KERNEL_SMC
	put(SEL4_SLOT_SMC, cap_plain(CAP_SMC, 0));
#endif
	root.next = SEL4_SLOT_FIRST_DYNAMIC;
}

/* Page tables of the root's space: top level first, ascending addresses. */
static void map_tables(void)
{
	static const unsigned int shifts[] = { 39, 30, 21 };
	struct paddr table = root.table;

	root.boot_info->userImagePaging.start = root.next;
	for (unsigned int level = mmu_address_bits == 44 ? 0 : 1; level < 3; level++) {
		u64 step = 1UL << shifts[level];

		for (u64 at = align_down(root.image, shifts[level]); at < root.end; at += step) {
			put(root.next++, vspace_boot_table(root.space, table, at));
			table = paddr_add(table, PAGE);
		}
	}
	root.boot_info->userImagePaging.end = root.next;
}

static void map_frames(void)
{
	seL4_BootInfo *info = root.boot_info;

	put(SEL4_SLOT_BOOT_INFO, vspace_boot_frame(root.space, root.info, root.info_at, ATTR_DATA));
	put(SEL4_SLOT_INIT_IPC_BUFFER, vspace_boot_frame(root.space, root.ipc, root.buffer, ATTR_DATA));
	info->extraBIPages.start = root.next;
	for (u64 at = 0; at < root.extra_bytes; at += PAGE)
		put(root.next++, vspace_boot_frame(root.space, paddr_add(root.extra, at),
						   root.extra_at + at, ATTR_DATA));
	info->extraBIPages.end = root.next;
	info->userImageFrames.start = root.next;
	for (u64 at = 0; at < root.image_end - root.image; at += PAGE)
		put(root.next++, vspace_boot_frame(root.space,
						   paddr(root.loader.image_start + at),
						   root.image + at, SEL4_ATTR_CACHEABLE));
	info->userImageFrames.end = root.next;
}

static bool put_untyped(u64 start, unsigned int bits, bool device)
{
	seL4_BootInfo *info = root.boot_info;
	u64 index = root.next - info->untyped.start;
	struct slot *slot = &root.slots[root.next];

	if (index == SEL4_BOOTINFO_MAX_UNTYPEDS || root.next == SLOTS)
		return false;
	put(root.next++, cap_untyped(paddr(start), bits, device, 0));
	if (!device)
		untyped_fill(slot);	/* the first retype zeroes it (ABI 10.7) */
	info->untypedList[index] = (seL4_UntypedDesc){ .paddr = start, .sizeBits = (u8)bits,
						       .isDevice = device };
	return true;
}

/* Greedily: the largest power of two that the alignment and the rest allow. */
static void put_untypeds(const struct regions *list, bool device)
{
	unsigned int lost = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		u64 at = list->at[i].start, end = list->at[i].end;

		while (at < end) {
			unsigned int bits = SEL4_MAX_UNTYPED_BITS;

			while (at & bit_mask(bits) || 1UL << bits > end - at)
				bits--;
			if (bits >= SEL4_MIN_UNTYPED_BITS && !put_untyped(at, bits, device))
				lost++;
			at += 1UL << bits;
		}
	}
	if (lost)
		print("boot: %u untypeds too many for the boot information\n", lost);
}

static void fill_boot_info(void)
{
	seL4_BootInfo *info = root.boot_info;

	info->nodeID = 0;
	info->numNodes = KERNEL_CORES;
	info->ipcBuffer = (seL4_IPCBuffer *)root.buffer;
	info->initThreadCNodeSizeBits = SEL4_ROOT_CNODE_RADIX;
	info->untyped.start = root.next;
	put_untypeds(&devices, true);
	put_untypeds(&ram, false);
	info->untyped.end = root.next;
	info->empty = (seL4_SlotRegion){ root.next, SLOTS };
	if (root.loader.dtb) {
		seL4_BootInfoHeader *header = arch_phys_to_ptr(root.extra);

		header->id = SEL4_BOOTINFO_FDT;
		header->len = root.loader.dtb_size + sizeof(*header);
		__builtin_memcpy(header + 1, arch_phys_to_ptr(paddr(root.loader.dtb)),
				 root.loader.dtb_size);
		info->extraLen = header->len;
	}
}

static void give(struct tcb *tcb, enum tcb_slot to, u64 from, bool mapped)
{
	struct cap cap = root.slots[from].cap;

	cdt_insert(&tcb->slots[to], mapped ? cap : cap_with_mapping(cap, 0, vaddr(0)),
		   &root.slots[from]);
}

static struct tcb *first_thread(void)
{
	struct tcb *tcb = arch_phys_to_ptr(root.thread);

	tcb_create(tcb, 0);
	give(tcb, TCB_CSPACE, SEL4_SLOT_INIT_CNODE, true);
	give(tcb, TCB_VSPACE, SEL4_SLOT_INIT_VSPACE, true);
	give(tcb, TCB_BUFFER, SEL4_SLOT_INIT_IPC_BUFFER, false);
	tcb->buffer = vaddr(root.buffer);
	tcb->priority = SEL4_MAX_PRIORITY;
	tcb->mcp = SEL4_MAX_PRIORITY;
	tcb->context.x[0] = root.info_at;
	tcb->context.next_ip = root.loader.entry;
	tcb->context.fault_ip = root.loader.entry;
	tcb->context.spsr = ARCH_USER_SPSR;
	__builtin_memcpy(tcb->name, "rootserver", sizeof("rootserver"));
	return tcb;
}

/* What the tables of user spaces (VTCR_EL2) and the tick rely on. */
static void check_cpu(void)
{
	u64 range = sysreg_read(id_aa64mmfr0_el1) & 15;

	if (range < ID_AA64MMFR0_PARANGE_40)
		print_stop("boot: this CPU has less than 40 bits of physical address");
	if (!sysreg_read(cntfrq_el0))
		print_stop("boot: CNTFRQ_EL0 is 0, the firmware must set it");
}

static void start_core(void)
{
	check_cpu();
	errata_start_core();
	firmware_start_core();
	exception_start_core();
	gicv2_start_core();
	timer_start_core();
	mmu_user_space_init();
}

#if KERNEL_CORES > 1
static atomic_bool started;		/* what core 0 sets up for all is there */
static atomic_uint arrived;

/*
 * Every core enters as core 0 does, on the loader's tables, and waits for it. Acquire, release: it
 * sees the tables, queues and the rest that core 0 wrote; core 0 goes on when all have set up
 * theirs. An event that comes between the look and the WFE is kept, and the WFE returns at once.
 */
struct context *boot_start_core(void)
{
	while (!atomic_load_explicit(&started, memory_order_acquire))
		arch_core_sleep();
	mmu_start_core();
	start_core();
	atomic_fetch_add_explicit(&arrived, 1, memory_order_release);
	core_enter();
	return &sched_run()->context;
}

static void start_others(void)
{
	u64 late = sysreg_read(cntpct_el0) + sysreg_read(cntfrq_el0);
	bool told = false;

	atomic_store_explicit(&started, true, memory_order_release);
	arch_core_wake_all();
	/* No WFE here: nothing would wake this core to say that one is missing. */
	while (atomic_load_explicit(&arrived, memory_order_acquire) != KERNEL_CORES - 1) {
		arch_core_relax();
		if (!told && sysreg_read(cntpct_el0) > late) {
			print("boot: waiting for %u cores (QEMU: -smp %u)\n", KERNEL_CORES, KERNEL_CORES);
			told = true;
		}
	}
}
#else
static void start_others(void)
{
}
#endif

struct context *boot_start(const u64 parameters[6], u64 image_phys)
{
	root.loader = (struct boot_parameters){
		.image_start = parameters[0], .image_end = parameters[1],
		.pv_offset = parameters[2], .entry = parameters[3],
		.dtb = parameters[4], .dtb_size = parameters[5],
	};
	core_enter();
	mmu_start(image_phys, root.loader.dtb, root.loader.dtb_size);
	uart_init();
	print("Peervisor kernel, " PLATFORM_NAME ", at %lx\n", image_phys);
	if (image_phys & bit_mask(RAM_ALIGNMENT))
		print_stop("boot: the kernel is not on a 2 MiB boundary");
	find_memory();
	take_out_images();
	plan_space();
	carve_objects();
	gicv2_init();
	firmware_init(root.loader.dtb && boot_fdt_psci(arch_phys_to_ptr(paddr(root.loader.dtb)),
						       root.loader.dtb_size));
	start_core();
	put_fixed_caps();
	map_tables();
	map_frames();
	asid_boot(root.pool, root.space);
	fill_boot_info();
	sched_init(first_thread());
	start_others();
	return &sched_run()->context;
}
