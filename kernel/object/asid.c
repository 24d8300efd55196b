/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ASIDs name address spaces in caps, so that a cap can outlive the space it was mapped in: 128
 * pools of 512. A VMID is what the hardware tags TLB entries with; one is lent to an ASID when it
 * first runs and taken back in turn when all are lent.
 *
 * A pool's entry: 0, or the VSpace's physical address | VMID << 1 | 1 if it has a VMID.
 */
#include <kernel/arch.h>
#include <kernel/asid.h>
#include <kernel/invocation.h>
#include <kernel/sched.h>
#include <kernel/untyped.h>

#include <arch/machine.h>
#include "space.h"

#define POOL_ENTRIES	(1u << ASID_POOL_BITS)
#ifndef VMIDS
#define VMIDS		255u	/* lent to ASIDs */
#endif
#define VMID_EMPTY	255u	/* of threads without a space: never lent, so nothing is cached */
#define ENTRY_VMID	1UL
#define ENTRY_SPACE(entry)	((entry) & ~0xfffUL)
#define ENTRY_VMID_OF(entry)	((entry) >> 1 & 0xff)

_Static_assert(POOL_ENTRIES * 8 == 1 << SEL4_ASID_POOL_BITS, "ABI 3.1");

static u64 pools[ASID_POOLS];		/* physical address, 0: none */
static u16 vmid_owner[VMIDS];		/* ASID, 0: free */
static u8 vmid_next;

static u64 *entry_of(u16 asid)
{
	u64 pool = pools[asid >> ASID_POOL_BITS];

	if (asid == ASID_NONE || pool == 0)
		return NULL;
	return (u64 *)arch_phys_to_ptr(paddr(pool)) + (asid & (POOL_ENTRIES - 1));
}

bool asid_find(u16 asid, struct paddr *vspace)
{
	u64 *entry = entry_of(asid);

	if (!entry || *entry == 0)
		return false;
	*vspace = paddr(ENTRY_SPACE(*entry));
	return true;
}

/* Another core uses it now: its entries would mix with those of the space that got it. */
static bool vmid_is_used(u64 vmid)
{
#if KERNEL_CORES > 1
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		if (&cores[i] != core_self() && cores[i].vmid == vmid)
			return true;
#endif
	return false;
}

static __attribute__((noinline, cold)) u64 vmid_lend(u16 asid, u64 *entry)
{
	u64 *victim;
	u8 vmid;

	while (vmid_is_used(vmid_next))
		vmid_next = (u8)((vmid_next + 1) % VMIDS);
	vmid = vmid_next;
	victim = entry_of(vmid_owner[vmid]);
	vmid_next = (u8)((vmid_next + 1) % VMIDS);
	if (victim) {
		*victim &= ~0xfffUL;
		tlb_flush_vmid(vmid);
	}
	vmid_owner[vmid] = asid;
	*entry = ENTRY_SPACE(*entry) | (u64)vmid << 1 | ENTRY_VMID;
	return vmid;
}

bool space_has_vmid(struct cap cap, u64 *root, u64 *vmid)
{
	const u64 *entry = cap_is_valid_vspace(cap) ? entry_of(cap_asid(cap)) : NULL;

	*root = cap_paddr(cap).v;
	if (!entry || ENTRY_SPACE(*entry) != *root || !(*entry & ENTRY_VMID))
		return false;
	*vmid = ENTRY_VMID_OF(*entry);
	return true;
}

void space_activate(struct cap cap)
{
	u64 *entry = cap_is_valid_vspace(cap) ? entry_of(cap_asid(cap)) : NULL;
	u64 root = cap_paddr(cap).v, vmid;

	if (!entry || ENTRY_SPACE(*entry) != root) {
		root = mmu_image_ptr_to_phys(mmu_empty_space).v;
		vmid = VMID_EMPTY;
	} else {
		vmid = *entry & ENTRY_VMID ? ENTRY_VMID_OF(*entry) : vmid_lend(cap_asid(cap), entry);
	}
	mmu_set_user_space(root, vmid);
}

void space_flush(u16 asid)
{
	u64 *entry = entry_of(asid);

	if (entry && (*entry & ENTRY_VMID))
		tlb_flush_vmid(ENTRY_VMID_OF(*entry));
}

void space_flush_page(u16 asid, u64 ipa)
{
	u64 *entry = entry_of(asid);

	if (entry && (*entry & ENTRY_VMID))
		tlb_flush_ipa(ENTRY_VMID_OF(*entry), ipa);
}

/* A core must not walk tables that may become something else. */
static void leave_space(u64 space)
{
	if (mmu_user_space() != space)
		return;
	mmu_set_user_space(mmu_image_ptr_to_phys(mmu_empty_space).v, VMID_EMPTY);
	isb();
	sched_stale();
}

static void leave_everywhere(u64 space)
{
	leave_space(space);
#if KERNEL_CORES > 1
	for (unsigned int i = 0; i < KERNEL_CORES; i++)
		if (&cores[i] != core_self() && cores[i].space == space)
			core_call(&cores[i], leave_space, space);
#endif
}

/* The VMID goes back: nothing of this space may stay in the TLB. */
static void entry_clear(u64 *entry)
{
	if (*entry)
		leave_everywhere(ENTRY_SPACE(*entry));
	if (*entry & ENTRY_VMID) {
		tlb_flush_vmid(ENTRY_VMID_OF(*entry));
		vmid_owner[ENTRY_VMID_OF(*entry)] = 0;
	}
	*entry = 0;
}

void asid_delete(u16 asid, struct paddr vspace)
{
	u64 *entry = entry_of(asid);

	if (!entry || ENTRY_SPACE(*entry) != vspace.v)
		return;
	entry_clear(entry);
	sched_stale();
}

#define WIND_DOWN_STEP	4u

/* How far each core has come is a hint: whatever is left is cleared when the pool is finalised. */
bool asid_pool_wind_down(struct cap cap)
{
	static struct {
		u64 pool;
		unsigned int cleared;
	} hints[KERNEL_CORES], *at;
	u64 *entry = cap_object(cap);

	if (pools[cap_asid(cap) >> ASID_POOL_BITS] != cap_paddr(cap).v)
		return false;
	at = &hints[core_number(core_self())];
	if (at->pool != cap_paddr(cap).v) {
		at->pool = cap_paddr(cap).v;
		at->cleared = 0;
	}
	if (at->cleared == POOL_ENTRIES) {
		at->pool = 0;
		return false;
	}
	for (unsigned int i = 0; i < WIND_DOWN_STEP; i++)
		entry_clear(&entry[at->cleared++]);
	sched_stale();
	return true;
}

void asid_pool_finalise(struct cap cap, bool final)
{
	u64 number = cap_asid(cap) >> ASID_POOL_BITS;
	u64 *entry = cap_object(cap);

	if (!final || pools[number] != cap_paddr(cap).v)
		return;
	for (unsigned int i = 0; i < POOL_ENTRIES; i++)
		entry_clear(&entry[i]);
	pools[number] = 0;
	sched_stale();
}

void asid_boot(struct paddr pool, struct paddr vspace)
{
	for (unsigned int i = 0; i < ASID_POOLS; i++)
		pools[i] = 0;
	for (unsigned int i = 0; i < VMIDS; i++)
		vmid_owner[i] = ASID_NONE;
	pools[0] = pool.v;
	((u64 *)arch_phys_to_ptr(pool))[1] = vspace.v;
}

enum invoke asid_control_decode(struct invocation *inv)
{
	unsigned int number = 0;
	struct slot *untyped, *dst;
	u64 index, depth;
	struct cap cap;

	if (inv->label != ARMASIDControlMakePool)
		return error_plain(inv, seL4_IllegalOperation);
	if (inv->length < 2 || inv->extras < 2)
		return error_plain(inv, seL4_TruncatedMessage);
	index = invocation_mr(inv, 0);
	depth = invocation_mr(inv, 1);
	untyped = inv->extra[0];
	while (number < ASID_POOLS && pools[number])
		number++;
	if (number == ASID_POOLS)
		return error_plain(inv, seL4_DeleteFirst);
	cap = untyped->cap;
	if (cap_type(cap) != CAP_UNTYPED || cap_untyped_bits(cap) != SEL4_ASID_POOL_BITS ||
	    cap_untyped_device(cap))
		return error_capability(inv, 1);
	if (cdt_has_children(untyped))
		return error_plain(inv, seL4_RevokeFirst);
	dst = invocation_empty_slot(inv, invocation_extra(inv, 1), index, depth);
	if (!dst)
		return INVOKE_ERROR;

	arch_zero(cap_paddr(cap), 1UL << SEL4_ASID_POOL_BITS);
	untyped_fill(untyped);
	pools[number] = cap_paddr(cap).v;
	cap = cap_with_mapping(cap_make(CAP_ASID_POOL, cap_paddr(cap)),
			       (u16)(number << ASID_POOL_BITS), vaddr(0));
	cdt_insert_child(dst, cap, untyped);
	return INVOKE_OK;
}

enum invoke asid_pool_decode(struct invocation *inv)
{
	u16 base = cap_asid(inv->cap);
	struct slot *slot;
	u64 *entry;
	unsigned int i;

	if (inv->label != ARMASIDPoolAssign)
		return error_plain(inv, seL4_IllegalOperation);
	if (inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	slot = inv->extra[0];
	if (cap_type(slot->cap) != CAP_VSPACE || cap_is_mapped(slot->cap))
		return error_capability(inv, 1);
	if (pools[base >> ASID_POOL_BITS] == 0)
		return error_lookup(inv, false, lookup_invalid_root());
	if (pools[base >> ASID_POOL_BITS] != cap_paddr(inv->cap).v)
		return error_capability(inv, 0);
	entry = cap_object(inv->cap);
	for (i = base == 0 ? 1 : 0; i < POOL_ENTRIES && entry[i]; i++)
		;
	if (i == POOL_ENTRIES)
		return error_plain(inv, seL4_DeleteFirst);

	entry[i] = cap_paddr(slot->cap).v;
	slot->cap = cap_with_mapping(cap_with_mapped(slot->cap, true), (u16)(base + i), vaddr(0));
	return INVOKE_OK;
}
