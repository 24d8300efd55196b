/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: two words. Word 0 has the type in its top five bits and, for caps to objects in
 * memory, the object's physical address in bits 43:0. The rest is per type:
 *
 *   type            word 0 bits above the address             word 1
 *   untyped         49:44 size bits, 50 device                watermark (bytes used from the base)
 *   endpoint, ntfn  47:44 rights                              badge
 *   reply           44 grant, 45 master                       0
 *   CNode           49:44 radix, 55:50 guard size             guard
 *   zombie          49:44 radix of a CNode, 50 it was a TCB   slots still to be emptied
 *   frame           45:44 size, 47:46 VM rights, 48 device    63:48 ASID, 47:0 address mapped at
 *   page table      44 mapped                                 63:48 ASID, 47:0 address mapped at
 *   VSpace          44 has an ASID                            63:48 ASID
 *   ASID pool       -                                         63:48 first ASID of the pool
 *   thread, vCPU    -                                         0
 *   IRQ handler     (no address)                              interrupt number
 *   SGI             (no address)                              7:0 SGI, 15:8 target
 *   SMC             (no address)                              badge
 *
 * The type numbers are those that DebugCapIdentify answers. All zero is the null cap.
 */
#ifndef KERNEL_CAP_H
#define KERNEL_CAP_H

#include <arch/memory.h>
#include <kernel/types.h>
#include <sel4/abi.h>

enum cap_type {
	CAP_NULL = 0,
	CAP_FRAME = 1,
	CAP_UNTYPED = 2,
	CAP_PAGE_TABLE = 3,
	CAP_ENDPOINT = 4,
	CAP_NOTIFICATION = 6,
	CAP_REPLY = 8,
	CAP_VSPACE = 9,
	CAP_CNODE = 10,
	CAP_ASID_CONTROL = 11,
	CAP_THREAD = 12,
	CAP_ASID_POOL = 13,
	CAP_IRQ_CONTROL = 14,
	CAP_VCPU = 15,
	CAP_IRQ_HANDLER = 16,
	CAP_ZOMBIE = 18,
	CAP_DOMAIN = 20,
	CAP_SMC = 25,
	CAP_SGI = 27,
};

/* Frame sizes and rights as kept in a frame cap. Write without read is never kept. */
enum frame_size { FRAME_SMALL, FRAME_LARGE, FRAME_HUGE };
#define FRAME_READ	1u
#define FRAME_WRITE	2u

struct cap {
	u64 w[2];
};

/*
 * A place for a cap and its links in the derivation tree. next carries two marks in its low bits
 * (cdt.h). All zero is an empty slot.
 */
struct slot {
	struct cap cap;
	u64 prev;
	u64 next;
};

_Static_assert(sizeof(struct slot) == 1 << SEL4_SLOT_BITS, "ABI 3.1");

#define CAP_TYPE_SHIFT	59
#define CAP_ADDR_MASK	((1UL << 44) - 1)

static inline u64 cap_field(u64 word, unsigned int shift, unsigned int bits)
{
	return (word >> shift) & bit_mask(bits);
}

static inline u64 cap_with_field(u64 word, unsigned int shift, unsigned int bits, u64 value)
{
	u64 mask = bit_mask(bits) << shift;

	return (word & ~mask) | ((value << shift) & mask);
}

static inline enum cap_type cap_type(struct cap cap)
{
	return (enum cap_type)(cap.w[0] >> CAP_TYPE_SHIFT);
}

static inline struct cap cap_make(enum cap_type type, struct paddr object)
{
	return (struct cap){ { (u64)type << CAP_TYPE_SHIFT | (object.v & CAP_ADDR_MASK), 0 } };
}

static inline struct cap cap_null(void)
{
	return (struct cap){ { 0, 0 } };
}

static inline bool cap_is_null(struct cap cap)
{
	return cap_type(cap) == CAP_NULL;
}

/* The object's physical address (types with an object only). */
static inline struct paddr cap_paddr(struct cap cap)
{
	return paddr(cap.w[0] & CAP_ADDR_MASK);
}

/* The object in the kernel's window (never for device memory). */
static inline void *cap_object(struct cap cap)
{
	return arch_phys_to_ptr(cap_paddr(cap));
}

/* Untyped. */
static inline struct cap cap_untyped(struct paddr base, unsigned int bits, bool device, u64 mark)
{
	struct cap cap = cap_make(CAP_UNTYPED, base);

	cap.w[0] |= (u64)bits << 44 | (u64)device << 50;
	cap.w[1] = mark;
	return cap;
}

static inline unsigned int cap_untyped_bits(struct cap cap)
{
	return (unsigned int)cap_field(cap.w[0], 44, 6);
}

static inline bool cap_untyped_device(struct cap cap)
{
	return cap_field(cap.w[0], 50, 1);
}

static inline u64 cap_untyped_mark(struct cap cap)
{
	return cap.w[1];
}

/* Endpoint and notification: rights are SEL4_RIGHT_*. */
static inline struct cap cap_endpoint(struct paddr object, unsigned int rights, u64 badge)
{
	struct cap cap = cap_make(CAP_ENDPOINT, object);

	cap.w[0] |= (u64)(rights & 15) << 44;
	cap.w[1] = badge;
	return cap;
}

static inline struct cap cap_notification(struct paddr object, unsigned int rights, u64 badge)
{
	struct cap cap = cap_make(CAP_NOTIFICATION, object);

	cap.w[0] |= (u64)(rights & 3) << 44;
	cap.w[1] = badge;
	return cap;
}

static inline unsigned int cap_rights(struct cap cap)
{
	return (unsigned int)cap_field(cap.w[0], 44, 4);
}

/* Badge of an endpoint, notification or SMC cap. */
static inline u64 cap_badge(struct cap cap)
{
	return cap.w[1];
}

/* Reply: names the thread to be answered. The master stays in the thread's own reply slot. */
static inline struct cap cap_reply(struct paddr tcb, bool grant, bool master)
{
	struct cap cap = cap_make(CAP_REPLY, tcb);

	cap.w[0] |= (u64)grant << 44 | (u64)master << 45;
	return cap;
}

static inline bool cap_reply_grant(struct cap cap)
{
	return cap_field(cap.w[0], 44, 1);
}

static inline bool cap_reply_master(struct cap cap)
{
	return cap_field(cap.w[0], 45, 1);
}

/* CNode. */
static inline struct cap cap_cnode(struct paddr object, unsigned int radix, unsigned int guard_bits,
				   u64 guard)
{
	struct cap cap = cap_make(CAP_CNODE, object);

	cap.w[0] |= (u64)radix << 44 | (u64)guard_bits << 50;
	cap.w[1] = guard & bit_mask(guard_bits);
	return cap;
}

static inline unsigned int cap_cnode_radix(struct cap cap)
{
	return (unsigned int)cap_field(cap.w[0], 44, 6);
}

static inline unsigned int cap_cnode_guard_bits(struct cap cap)
{
	return (unsigned int)cap_field(cap.w[0], 50, 6);
}

static inline u64 cap_cnode_guard(struct cap cap)
{
	return cap.w[1];
}

/* Zombie: the container whose slots are being emptied, and how many are left. */
static inline struct cap cap_zombie(struct paddr object, bool tcb, unsigned int radix, u64 left)
{
	struct cap cap = cap_make(CAP_ZOMBIE, object);

	cap.w[0] |= (u64)radix << 44 | (u64)tcb << 50;
	cap.w[1] = left;
	return cap;
}

static inline bool cap_zombie_tcb(struct cap cap)
{
	return cap_field(cap.w[0], 50, 1);
}

static inline u64 cap_zombie_left(struct cap cap)
{
	return cap.w[1];
}

/* Frame. ASID 0 means not mapped. */
static inline struct cap cap_frame(struct paddr base, enum frame_size size, unsigned int rights,
				   bool device)
{
	struct cap cap = cap_make(CAP_FRAME, base);

	cap.w[0] |= (u64)size << 44 | (u64)(rights & 3) << 46 | (u64)device << 48;
	return cap;
}

static inline enum frame_size cap_frame_size(struct cap cap)
{
	return (enum frame_size)cap_field(cap.w[0], 44, 2);
}

static inline unsigned int frame_size_bits(enum frame_size size)
{
	return SEL4_PAGE_BITS + 9 * (unsigned int)size;
}

static inline unsigned int cap_frame_bits(struct cap cap)
{
	return frame_size_bits(cap_frame_size(cap));
}

static inline unsigned int cap_frame_rights(struct cap cap)
{
	return (unsigned int)cap_field(cap.w[0], 46, 2);
}

static inline bool cap_frame_device(struct cap cap)
{
	return cap_field(cap.w[0], 48, 1);
}

/* FRAME_* rights left of have when a rights word (SEL4_RIGHT_*) is applied. */
static inline unsigned int frame_rights_mask(unsigned int have, u64 rights_word)
{
	if (!(rights_word & SEL4_RIGHT_READ) || !(have & FRAME_READ))
		return 0;
	if (!(rights_word & SEL4_RIGHT_WRITE))
		return FRAME_READ;
	return have;
}

/* Mapping data: frame, page table, VSpace (address 0) and ASID pool (first ASID, address 0). */
static inline u16 cap_asid(struct cap cap)
{
	return (u16)(cap.w[1] >> 48);
}

static inline struct vaddr cap_mapped_at(struct cap cap)
{
	return vaddr(cap.w[1] & bit_mask(48));
}

static inline struct cap cap_with_mapping(struct cap cap, u16 asid, struct vaddr at)
{
	cap.w[1] = (u64)asid << 48 | (at.v & bit_mask(48));
	return cap;
}

/* Page table and VSpace: mapped, or has an ASID. */
static inline bool cap_is_mapped(struct cap cap)
{
	return cap_field(cap.w[0], 44, 1);
}

static inline struct cap cap_with_mapped(struct cap cap, bool mapped)
{
	cap.w[0] = cap_with_field(cap.w[0], 44, 1, mapped);
	return cap;
}

static inline bool cap_is_valid_vspace(struct cap cap)
{
	return cap_type(cap) == CAP_VSPACE && cap_is_mapped(cap);
}

/* Caps without an object. */
static inline struct cap cap_plain(enum cap_type type, u64 value)
{
	return (struct cap){ { (u64)type << CAP_TYPE_SHIFT, value } };
}

static inline u64 cap_value(struct cap cap)
{
	return cap.w[1];
}

#endif
