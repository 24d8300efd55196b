/* SPDX-License-Identifier: BSD-2-Clause */
#include "console.h"
#include "roottask.h"

#define ROOT_RADIX	2u
#define ROOT_GUARD	(64u - ROOT_RADIX - SPEC_MAX_SLOT_BITS)
#define DEPTH		64u

seL4_CPtr cspace_cptr(uint64_t slot)
{
	return roottask.open ? CSPACE_STORE | slot : slot;
}

/* What a fatal message needs; before the store is open, all slots are of these. */
uint32_t cspace_early_slot(void)
{
	static uint32_t taken;

	return (uint32_t)roottask.boot->empty.end - ++taken;
}

uint32_t cspace_new_slot(void)
{
	if (!roottask.open)
		return cspace_early_slot();
	if (roottask.next_slot >> roottask.store_radix)
		fatal("internal: capability slots miscounted, %u used", roottask.next_slot);
	return roottask.next_slot++;
}

seL4_CPtr object_cptr(uint32_t object, uint32_t page)
{
	return cspace_cptr(roottask.first_slot[object] + page);
}

const char *object_name(uint32_t object)
{
	return roottask.spec.objects[object].name;
}

static void mint(seL4_CPtr to_cnode, seL4_Word slot, seL4_CPtr from, seL4_Word guard_size)
{
	int error = (int)seL4_CNode_Mint(to_cnode, slot, ROOT_RADIX, seL4_CapInitThreadCNode, from,
					 DEPTH, seL4_AllRights,
					 seL4_CNode_CapData_new(0, guard_size).words[0]);

	if (error)
		fatal("capability space: CNode_Mint: %s", error_name(error));
}

/* Two CNodes in the kernel's own, then a root above both. */
void cspace_open(void)
{
	struct allocator *allocator = &roottask.allocator;
	seL4_SlotPos slot = roottask.boot->empty.start;
	unsigned int kernel_bits = (unsigned int)roottask.boot->initThreadCNodeSizeBits;
	uint64_t slots = spec_count_slots(&roottask.spec);
	int error;

	if (roottask.boot->empty.end - slot < 4)
		fatal("the kernel's CNode has no free slot");
	roottask.store_radix = kernel_bits;
	while (slots >> roottask.store_radix)
		roottask.store_radix++;
	roottask.store = slot;
	roottask.root = slot + 1;
	if (allocator_take(allocator, seL4_CapTableObject,
			   roottask.store_radix + SEL4_SLOT_BITS, roottask.store, 1) < 0 ||
	    allocator_take(allocator, seL4_CapTableObject, ROOT_RADIX + SEL4_SLOT_BITS,
			   roottask.root, 1) < 0)
		fatal("no memory for 2^%u capability slots", roottask.store_radix);
	mint(roottask.root, 0, seL4_CapInitThreadCNode, SPEC_MAX_SLOT_BITS - kernel_bits);
	mint(roottask.root, 1, roottask.store, SPEC_MAX_SLOT_BITS - roottask.store_radix);
	error = (int)seL4_TCB_SetSpace(seL4_CapInitThreadTCB, 0, roottask.root,
				       seL4_CNode_CapData_new(0, ROOT_GUARD).words[0],
				       seL4_CapInitThreadVSpace, 0);
	if (error)
		fatal("capability space: TCB_SetSpace: %s", error_name(error));
	roottask.next_slot = 1;	/* slot 0 stays empty: 0 means none */
	roottask.open = true;
}

static void delete(seL4_SlotPos slot)
{
	int error = (int)seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, DEPTH);

	if (error)
		fatal("giving up slot %lu: %s", (unsigned long)slot, error_name(error));
}

static void delete_region(seL4_SlotRegion region)
{
	for (seL4_SlotPos slot = region.start; slot < region.end; slot++)
		delete(slot);
}

static void put_away(seL4_SlotPos slot)
{
	int error = (int)seL4_CNode_Move(roottask.store, cspace_new_slot(), roottask.store_radix,
					 seL4_CapInitThreadCNode, slot, DEPTH);

	if (error)
		fatal("putting slot %lu away: %s", (unsigned long)slot, error_name(error));
}

/*
 * Gives up everything but the own thread, its pages and their tables. The store
 * keeps itself alive by a cap in itself; no thread's capability space leads
 * there any more, so nobody can use or revoke what was handed out.
 */
void cspace_close(void)
{
	seL4_SlotPos boot_caps[] = {
		seL4_CapIRQControl, seL4_CapASIDControl, SEL4_SLOT_IO_PORT_CONTROL, SEL4_SLOT_IO_SPACE, seL4_CapBootInfoFrame,
		seL4_CapDomain, 12, 13, 14, SEL4_SLOT_SMC,
	};
	int error;

	put_away(seL4_CapInitThreadASIDPool);	/* deleting it would delete all address spaces */
	put_away(roottask.store);
	error = (int)seL4_TCB_SetSpace(seL4_CapInitThreadTCB, 0, seL4_CapInitThreadCNode, 0,
				       seL4_CapInitThreadVSpace, 0);
	if (error)
		fatal("capability space: TCB_SetSpace: %s", error_name(error));
	delete(roottask.root);
	delete_region(roottask.boot->untyped);
	delete_region(roottask.boot->extraBIPages);
	for (unsigned int i = 0; i < sizeof(boot_caps) / sizeof(boot_caps[0]); i++)
		delete(boot_caps[i]);
	roottask.open = false;
}

/* The very last: after this only the thread cap is left to stop with. */
void cspace_drop_own(seL4_CPtr console_frame)
{
	if (console_frame)
		delete(console_frame);
	delete(seL4_CapInitThreadVSpace);
	delete(seL4_CapInitThreadCNode);
}
