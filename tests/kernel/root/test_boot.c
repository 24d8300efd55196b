/* SPDX-License-Identifier: BSD-2-Clause */
/* What the first thread finds (ABI 8), and SIMD registers over a system call (1.1). */
#include "env.h"

extern char __image_start[], _end[];

static void boot_info(void)
{
	seL4_SlotRegion u = boot->untyped;

	CHECK_IS((seL4_Word)boot % PAGE, 0);
	CHECK_IS(boot->nodeID, 0);
#ifdef SEL4_SMP
	CHECK_IS(boot->numNodes, 4);
#else
	CHECK_IS(boot->numNodes, 1);
#endif
	CHECK_IS(boot->initThreadCNodeSizeBits, 12);
	CHECK_IS(boot->initThreadDomain, 0);
	CHECK_IS(boot->empty.end, 4096);
	CHECK_IS((seL4_Word)boot->ipcBuffer + PAGE, (seL4_Word)boot);
	CHECK_IS(boot->userImagePaging.start, 16);
	CHECK_IS(boot->extraBIPages.start, boot->userImagePaging.end);
	CHECK_IS(boot->userImageFrames.start, boot->extraBIPages.end);
	CHECK(u.start >= boot->userImageFrames.end && u.end > u.start);
	CHECK_IS(boot->empty.start, u.end);
	CHECK_IS((boot->userImageFrames.end - boot->userImageFrames.start) * PAGE +
		 (seL4_Word)__image_start, (seL4_Word)boot->ipcBuffer);
	CHECK((seL4_Word)_end <= (seL4_Word)boot->ipcBuffer);
}

extern seL4_Word entry_rest;		/* crt0.S */

static void first_registers(void)
{
	CHECK_IS(entry_rest, 0);
}

/* A frame that is mapped at the address, and nowhere else. */
static bool is_mapped(seL4_CPtr frame, seL4_Word at, seL4_Word attributes)
{
	return seL4_ARM_Page_Map(frame, ROOT_SPACE, at + PAGE, seL4_ReadWrite, attributes) ==
	       seL4_InvalidArgument && seL4_GetMR(0) == 0 &&
	       seL4_ARM_Page_Map(frame, ROOT_SPACE, at, seL4_ReadWrite, attributes) == seL4_NoError;
}

#define ATTR_DATA	(seL4_ARM_PageCacheable | seL4_ARM_ExecuteNever)

/* Which slots hold a cap, that the frames are in the order of their addresses, tables are mapped. */
static void initial_caps(void)
{
	static const seL4_Error copies[16] = {
		[0] = seL4_FailedLookup, [4] = seL4_IllegalOperation, [7] = seL4_FailedLookup,
		[8] = seL4_FailedLookup, [12] = seL4_FailedLookup, [13] = seL4_FailedLookup,
		[14] = seL4_FailedLookup, [15] = seL4_FailedLookup };
	seL4_CPtr to = slot_new();

	for (seL4_CPtr slot = 0; slot < 16; slot++) {
		CHECK_IS(seL4_CNode_Copy(ROOT_CNODE, to, 64, ROOT_CNODE, slot, 64, seL4_AllRights),
			 copies[slot]);
		CHECK_OK(seL4_CNode_Delete(ROOT_CNODE, to, 64));
	}
	CHECK(is_mapped(seL4_CapBootInfoFrame, (seL4_Word)boot, ATTR_DATA));
	CHECK(is_mapped(seL4_CapInitThreadIPCBuffer, (seL4_Word)boot->ipcBuffer, ATTR_DATA));
	for (seL4_CPtr i = boot->extraBIPages.start; i < boot->extraBIPages.end; i++)
		CHECK(is_mapped(i, (seL4_Word)boot + PAGE * (1 + i - boot->extraBIPages.start), ATTR_DATA));
	for (seL4_CPtr i = boot->userImageFrames.start; i < boot->userImageFrames.end; i++)
		CHECK(is_mapped(i, (seL4_Word)__image_start + PAGE * (i - boot->userImageFrames.start),
				seL4_ARM_Default_VMAttributes));
	for (seL4_CPtr i = boot->userImagePaging.start; i < boot->userImagePaging.end; i++) {
		CHECK_IS(seL4_ARM_PageTable_Map(i, ROOT_SPACE, SCRATCH, 3), seL4_InvalidCapability);
		CHECK_IS(seL4_GetMR(0), 0);
	}
	CHECK_IS(seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, ROOT_SPACE), seL4_InvalidCapability);
}

/* Devices first, ascending, aligned, no overlap; the memory that is ours sums up to something. */
static void untyped_list(void)
{
	seL4_Word last = 0, memory = 0;
	bool ram = false;

	for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
		const seL4_UntypedDesc *d = &boot->untypedList[i];

		CHECK(d->sizeBits >= 4 && d->sizeBits <= 47);
		CHECK_IS(d->paddr & ((1ul << d->sizeBits) - 1), 0);
		CHECK(!(ram && d->isDevice));
		if (!d->isDevice && !ram)
			last = 0;
		ram = !d->isDevice;
		CHECK(d->paddr >= last);
		last = d->paddr + (1ul << d->sizeBits);
		if (ram)
			memory += 1ul << d->sizeBits;
		/* The kernel's own device pages are nobody's. */
		CHECK(!(d->paddr <= 0x8000000 && last > 0x8000000));
		CHECK(!(d->paddr <= 0x8010000 && last > 0x8010000));
		CHECK(!(d->paddr <= 0x8030000 && last > 0x8030000));
	}
	CHECK(memory > (32ul << 20));
}

static void device_tree(void)
{
	const seL4_BootInfoHeader *header = (const void *)((seL4_Word)boot + PAGE);
	const uint8_t *fdt = (const uint8_t *)(header + 1);

	CHECK(boot->extraLen > sizeof(*header));
	CHECK_IS(header->id, SEL4_BOOTINFO_FDT);
	CHECK_IS(header->len, boot->extraLen);
	CHECK(fdt[0] == 0xd0 && fdt[1] == 0x0d && fdt[2] == 0xfe && fdt[3] == 0xed);
	CHECK_IS((boot->extraBIPages.end - boot->extraBIPages.start) * PAGE,
		 (boot->extraLen + PAGE - 1) & ~(PAGE - 1));
}

/* The loader's reservation became a device untyped: our image asks for one at 0x5000_0000. */
static void reservation(void)
{
	seL4_Word found = 0;

	for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
		const seL4_UntypedDesc *d = &boot->untypedList[i];

		if (d->paddr >= 0x50000000 && d->paddr < 0x50400000) {
			CHECK(d->isDevice);
			found += 1ul << d->sizeBits;
		}
	}
	CHECK_IS(found, 0x400000);
}

static volatile seL4_Word simd_wrong;

static void simd_thread(seL4_Word pattern)
{
	for (unsigned int i = 0; i < 100; i++) {
		seL4_Word low, high;

		__asm__ volatile("dup v5.2d, %0\n\tdup v31.2d, %0" : : "r"(pattern + i) : "v5", "v31");
		sel4_trap(SEL4_SYS_YIELD, &(struct sel4_trap){ 0 });
		__asm__ volatile("mov %0, v5.d[1]\n\tmov %1, v31.d[0]" : "=r"(low), "=r"(high));
		if (low != pattern + i || high != pattern + i)
			simd_wrong++;
	}
	raw_call(seL4_CapNull + pattern / 1000, &(struct sel4_trap){ 0 }, 7, 0);
}

/* Two threads at one priority: every yield goes to the other. */
static void simd(void)
{
	seL4_CPtr endpoint = object_new(seL4_EndpointObject, 0);
	struct thread a, b;

	simd_wrong = 0;
	CHECK(thread_new(&a, ROOT_SPACE, 0) && thread_new(&b, ROOT_SPACE, 0));
	CHECK(thread_start(&a, simd_thread, endpoint * 1000, 10));
	CHECK(thread_start(&b, simd_thread, endpoint * 1000 + 500, 10));
	CHECK_IS(message_wait(endpoint).label, 7);
	CHECK_IS(message_wait(endpoint).label, 7);
	CHECK_IS(simd_wrong, 0);
}

const struct test tests_boot[] = {
	{ "boot_info", boot_info },
	{ "first_registers", first_registers },
	{ "initial_caps", initial_caps },
	{ "untyped_list", untyped_list },
	{ "device_tree", device_tree },
	{ "reservation", reservation },
	{ "simd", simd },
	{ 0 },
};
