/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: stage-2 tables, 4 KiB granule (ARM ARM D8.3; ABI 2.9, 6.1 to 6.5). The CPU
 * decides their shape: four levels over 44-bit addresses, or three over 40-bit ones, with a root
 * of two tables. A table becomes one of level 1, 2 or 3 by where it lands.
 */
#include <kernel/arch.h>
#include <kernel/asid.h>
#include <kernel/invocation.h>
#include <kernel/sched.h>
#include <kernel/vspace.h>

#include <arch/machine.h>
#include "space.h"

#define LEVELS		4u		/* 0 to 3; a 40-bit space begins at 1 */
#define ENTRY_VALID	1UL
#define ENTRY_TYPE	3UL
#define ENTRY_TABLE	3UL
#define ENTRY_BLOCK	1UL
#define ENTRY_ADDRESS	0x0000fffffffff000UL
#define S2_NORMAL	(15UL << 2)
#define S2_READ		(1UL << 6)
#define S2_WRITE	(2UL << 6)
#define S2_INNER	(3UL << 8)	/* shareable: several cores see it */
#define S2_ACCESSED	(1UL << 10)
#define S2_XN		(1UL << 54)

struct walk {
	u64 *entry;
	unsigned int level;
};

static unsigned int root_level(void)
{
	return mmu_address_bits == 44 ? 0 : 1;
}

static u64 top_address(void)
{
	return bit_mask(mmu_address_bits);
}

unsigned int vspace_size_bits(void)
{
	return mmu_address_bits == 44 ? SEL4_VSPACE_BITS : SEL4_VSPACE_BITS_40;
}

/* Address bits that one entry of a level covers. */
static unsigned int level_shift(unsigned int level)
{
	return SEL4_PAGE_BITS + 9 * (LEVELS - 1 - level);
}

static bool is_table(u64 entry, unsigned int level)
{
	return level < LEVELS - 1 && (entry & ENTRY_TYPE) == ENTRY_TABLE;
}

/* Goes down until the entry is no table or the level is reached. address is at most the top. */
static struct walk walk_to(struct paddr root, u64 address, unsigned int level)
{
	u64 *table = arch_phys_to_ptr(root);
	struct walk at = { .level = root_level() };

	at.entry = &table[address >> level_shift(at.level)];
	while (at.level != level && is_table(*at.entry, at.level)) {
		table = arch_phys_to_ptr(paddr(*at.entry & ENTRY_ADDRESS));
		at.level++;
		at.entry = &table[address >> level_shift(at.level) & 511];
	}
	return at;
}

static void entry_write(u64 *entry, u64 value)
{
	*entry = value;
	cache_clean_pou(entry, sizeof(*entry));
}

static unsigned int frame_level(enum frame_size size)
{
	return LEVELS - 1 - (unsigned int)size;
}

static u64 leaf_entry(struct cap frame, unsigned int rights, u64 attributes)
{
	u64 entry = cap_paddr(frame).v | S2_ACCESSED;

	entry |= cap_frame_size(frame) == FRAME_SMALL ? ENTRY_TABLE : ENTRY_BLOCK;
	if (attributes & SEL4_ATTR_CACHEABLE)
		entry |= KERNEL_CORES > 1 ? S2_NORMAL | S2_INNER : S2_NORMAL;
	/* Devices: a speculative fetch would read their registers. */
	if ((attributes & SEL4_ATTR_EXECUTE_NEVER) || !(attributes & SEL4_ATTR_CACHEABLE))
		entry |= S2_XN;
	if (rights & FRAME_READ)
		entry |= S2_READ;
	if (rights & FRAME_WRITE)
		entry |= S2_WRITE;
	return entry;
}

void frame_finalise(struct cap cap)
{
	struct paddr root = { 0 };
	struct walk at;
	u64 address = cap_mapped_at(cap).v;
	unsigned int level = frame_level(cap_frame_size(cap));

	if (!asid_find(cap_asid(cap), &root))
		return;
	at = walk_to(root, address, level);
	if (at.level != level || !(*at.entry & ENTRY_VALID) || is_table(*at.entry, level) ||
	    (*at.entry & ENTRY_ADDRESS) != cap_paddr(cap).v)
		return;
	entry_write(at.entry, 0);
	space_flush_page(cap_asid(cap), address);
}

static void page_table_unmap(struct cap cap)
{
	struct paddr root = { 0 };
	struct walk at;

	if (!cap_is_mapped(cap) || !asid_find(cap_asid(cap), &root))
		return;
	/* The level it is at is not kept: it is where the walk meets it. */
	for (unsigned int level = root_level(); level < LEVELS - 1; level++) {
		at = walk_to(root, cap_mapped_at(cap).v, level);
		if (at.level != level || !is_table(*at.entry, level))
			return;
		if ((*at.entry & ENTRY_ADDRESS) == cap_paddr(cap).v) {
			entry_write(at.entry, 0);
			space_flush(cap_asid(cap));
			return;
		}
	}
}

void page_table_finalise(struct cap cap, bool final)
{
	if (final)
		page_table_unmap(cap);
}

void vspace_finalise(struct cap cap, bool final)
{
	if (final && cap_is_mapped(cap))
		asid_delete(cap_asid(cap), cap_paddr(cap));
}

/* The space of a VSpace cap that was given as extra cap 0. */
static enum invoke target_space(struct invocation *inv, struct cap space, struct paddr *root)
{
	if (!cap_is_valid_vspace(space))
		return error_capability(inv, 1);
	if (!asid_find(cap_asid(space), root))
		return error_lookup(inv, false, lookup_invalid_root());
	if (root->v != cap_paddr(space).v)
		return error_capability(inv, 1);
	return INVOKE_OK;
}

static enum invoke page_table_map(struct invocation *inv)
{
	struct paddr root = { 0 };
	struct cap space;
	struct walk at;
	u64 address;

	if (inv->length < 2 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	address = invocation_mr(inv, 0);
	if (cap_is_mapped(inv->cap))
		return error_capability(inv, 0);
	space = invocation_extra(inv, 0);
	if (!cap_is_valid_vspace(space))
		return error_capability(inv, 1);
	if (address > top_address())
		return error_argument(inv, 0);
	if (target_space(inv, space, &root) != INVOKE_OK)
		return INVOKE_ERROR;
	at = walk_to(root, address, LEVELS - 1);
	if (at.level == LEVELS - 1 || (*at.entry & ENTRY_VALID))
		return error_plain(inv, seL4_DeleteFirst);

	address = align_down(address, level_shift(at.level));
	inv->slot->cap = cap_with_mapped(cap_with_mapping(inv->cap, cap_asid(space), vaddr(address)),
					 true);
	entry_write(at.entry, cap_paddr(inv->cap).v | ENTRY_TABLE);
	return INVOKE_OK;
}

enum invoke page_table_decode(struct invocation *inv)
{
	switch (inv->label) {
	case ARMPageTableMap:
		return page_table_map(inv);
	case ARMPageTableUnmap:
		if (!cdt_is_final(inv->slot))
			return error_plain(inv, seL4_RevokeFirst);
		if (cap_is_mapped(inv->cap)) {
			page_table_unmap(inv->cap);
			arch_zero(cap_paddr(inv->cap), 1UL << SEL4_PAGE_TABLE_BITS);
		}
		inv->slot->cap = cap_with_mapped(cap_with_mapping(inv->cap, 0, vaddr(0)), false);
		return INVOKE_OK;
	default:
		return error_plain(inv, seL4_IllegalOperation);
	}
}

static enum invoke frame_map(struct invocation *inv)
{
	unsigned int level = frame_level(cap_frame_size(inv->cap)), rights;
	u64 address, wanted, attributes, size = 1UL << cap_frame_bits(inv->cap);
	struct paddr root = { 0 };
	struct cap space;
	struct walk at;
	u64 old;

	if (inv->length < 3 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	address = invocation_mr(inv, 0);
	wanted = invocation_mr(inv, 1);
	attributes = invocation_mr(inv, 2);
	space = invocation_extra(inv, 0);
	if (target_space(inv, space, &root) != INVOKE_OK)
		return INVOKE_ERROR;
	if (address & (size - 1))
		return error_plain(inv, seL4_AlignmentError);
	if (cap_asid(inv->cap) != ASID_NONE) {
		if (cap_asid(inv->cap) != cap_asid(space))
			return error_capability(inv, 1);
		if (cap_mapped_at(inv->cap).v != address)
			return error_argument(inv, 0);
	} else if (address > top_address() - (size - 1)) {
		return error_argument(inv, 0);
	}
	at = walk_to(root, address, level);
	if (at.level != level)
		return error_lookup(inv, false, lookup_missing(level_shift(at.level)));
	if (is_table(*at.entry, level))
		return error_lookup(inv, false, lookup_missing(level_shift(level + 1)));

	rights = frame_rights_mask(cap_frame_rights(inv->cap), wanted);
	inv->slot->cap = cap_with_mapping(inv->cap, cap_asid(space), vaddr(address));
	old = *at.entry;
	if (old & ENTRY_VALID) {	/* break before make */
		entry_write(at.entry, 0);
		space_flush_page(cap_asid(space), address);
	}
	entry_write(at.entry, leaf_entry(inv->cap, rights, attributes));
	return INVOKE_OK;
}

/*
 * Invalidation discards what others have written and not cleaned yet. Whoever may write the memory
 * could overwrite it as well; anybody else gets the operation that loses nothing, which is also what
 * the hardware does of a guest's DC IVAC (HCR_EL2.VM).
 */
static u64 operation(u64 label, bool writable)
{
	if (writable)
		return label;
	switch (label) {
	case ARMPageInvalidate_Data:
		return ARMPageCleanInvalidate_Data;
	case ARMVSpaceInvalidate_Data:
		return ARMVSpaceCleanInvalidate_Data;
	default:
		return label;
	}
}

static void clean_part(u64 label, u64 phys, u64 bytes)
{
	void *at = arch_phys_to_ptr(paddr(phys));

	switch (label) {
	case ARMPageClean_Data:
	case ARMVSpaceClean_Data:
		cache_clean_poc(at, bytes);
		break;
	case ARMPageInvalidate_Data:
	case ARMVSpaceInvalidate_Data:
		cache_invalidate_poc(at, bytes);
		break;
	case ARMPageCleanInvalidate_Data:
	case ARMVSpaceCleanInvalidate_Data:
		cache_clean_invalidate_poc(at, bytes);
		break;
	default:
		cache_unify(at, bytes);
	}
}

#define CLEAN_STEP	1024UL

/*
 * Part of a page through the kernel's window; memory that is not RAM has no lines. How far a
 * preempted call came is in its thread's progress.
 */
static enum invoke clean_range(struct invocation *inv, u64 label, u64 phys, u64 bytes)
{
	u64 done = inv->caller->progress < bytes ? inv->caller->progress : 0;

	if (!mmu_in_window(phys, phys + bytes))
		return INVOKE_OK;
	while (done < bytes) {
		u64 step = CLEAN_STEP - (phys + done) % CLEAN_STEP;

		if (step > bytes - done)
			step = bytes - done;
		clean_part(label, phys + done, step);
		done += step;
		if (done < bytes && preempt_point()) {
			inv->caller->progress = done;
			return INVOKE_PREEMPTED;
		}
	}
	return INVOKE_OK;
}

static enum invoke frame_clean(struct invocation *inv)
{
	struct paddr root = { 0 };
	u64 start, end;

	if (inv->length < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	start = invocation_mr(inv, 0);
	end = invocation_mr(inv, 1);
	if (cap_asid(inv->cap) == ASID_NONE)
		return error_plain(inv, seL4_IllegalOperation);
	if (!asid_find(cap_asid(inv->cap), &root))
		return error_lookup(inv, false, lookup_invalid_root());
	if (end <= start)
		return error_argument(inv, 1);
	if (start >= 1UL << cap_frame_bits(inv->cap) || end > 1UL << cap_frame_bits(inv->cap))
		return error_argument(inv, 0);
	if (cap_paddr(inv->cap).v + end > KERNEL_WINDOW_SIZE)
		return error_plain(inv, seL4_IllegalOperation);
	if (end - start == 1)
		return INVOKE_OK;
	return clean_range(inv, operation(inv->label, cap_frame_rights(inv->cap) & FRAME_WRITE),
			   cap_paddr(inv->cap).v + start, end - start - 1);
}

enum invoke frame_decode(struct invocation *inv)
{
	switch (inv->label) {
	case ARMPageMap:
		return frame_map(inv);
	case ARMPageUnmap:
		frame_finalise(inv->cap);
		inv->slot->cap = cap_with_mapping(inv->cap, ASID_NONE, vaddr(0));
		return INVOKE_OK;
	case ARMPageClean_Data:
	case ARMPageInvalidate_Data:
	case ARMPageCleanInvalidate_Data:
	case ARMPageUnify_Instruction:
		return frame_clean(inv);
	case ARMPageGetAddress:
		invocation_result(inv, cap_paddr(inv->cap).v);
		return INVOKE_OK;
	default:
		return error_plain(inv, seL4_IllegalOperation);
	}
}

enum invoke vspace_decode(struct invocation *inv)
{
	u64 start, end, size;
	struct paddr root = { 0 };
	struct walk at;

	if (inv->label < ARMVSpaceClean_Data || inv->label > ARMVSpaceUnify_Instruction)
		return error_plain(inv, seL4_IllegalOperation);
	if (inv->length < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	start = invocation_mr(inv, 0);
	end = invocation_mr(inv, 1);
	if (end <= start)
		return error_argument(inv, 1);
	if (end > top_address())
		return error_plain(inv, seL4_IllegalOperation);
	if (!cap_is_valid_vspace(inv->cap))
		return error_capability(inv, 0);
	if (!asid_find(cap_asid(inv->cap), &root))
		return error_lookup(inv, false, lookup_invalid_root());
	if (root.v != cap_paddr(inv->cap).v)
		return error_capability(inv, 0);
	at = walk_to(root, start, LEVELS - 1);
	if (!(*at.entry & ENTRY_VALID))
		return INVOKE_OK;
	size = 1UL << level_shift(at.level);
	if (align_down(start, level_shift(at.level)) !=
	    align_down(end - 1, level_shift(at.level)))
		return error_range(inv, start, align_down(start, level_shift(at.level)) + size - 1);
	if (end - start == 1)
		return INVOKE_OK;
	return clean_range(inv, operation(inv->label, *at.entry & S2_WRITE),
			   (*at.entry & ENTRY_ADDRESS) + (start & (size - 1)), end - start - 1);
}

#define BOOT_ASID	1

struct cap vspace_boot_table(struct paddr root, struct paddr table, u64 address)
{
	struct walk at = walk_to(root, address, LEVELS - 1);
	struct cap cap = cap_with_mapped(cap_make(CAP_PAGE_TABLE, table), true);

	entry_write(at.entry, table.v | ENTRY_TABLE);
	return cap_with_mapping(cap, BOOT_ASID, vaddr(align_down(address, level_shift(at.level))));
}

struct cap vspace_boot_frame(struct paddr root, struct paddr frame, u64 address, u64 attributes)
{
	struct walk at = walk_to(root, address, LEVELS - 1);
	struct cap cap = cap_frame(frame, FRAME_SMALL, FRAME_READ | FRAME_WRITE, false);

	entry_write(at.entry, leaf_entry(cap, FRAME_READ | FRAME_WRITE, attributes));
	return cap_with_mapping(cap, BOOT_ASID, vaddr(address));
}
