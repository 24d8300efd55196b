/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done per cap type: size, creation, derivation, rights and badges, the end. */
#include <kernel/account.h>
#include <kernel/asid.h>
#include <kernel/core.h>
#include <kernel/endpoint.h>
#include <kernel/irq.h>
#include <kernel/notification.h>
#include <kernel/object.h>
#include <kernel/print.h>
#include <kernel/vcpu.h>
#include <kernel/vspace.h>

unsigned int object_bits(seL4_ObjectType type, unsigned int size_bits)
{
	switch (type) {
	case seL4_UntypedObject:
		return size_bits;
	case seL4_TCBObject:
		return SEL4_TCB_BITS;
	case seL4_EndpointObject:
		return SEL4_ENDPOINT_BITS;
	case seL4_NotificationObject:
		return SEL4_NOTIFICATION_BITS;
	case seL4_CapTableObject:
		return size_bits + SEL4_SLOT_BITS;
	case seL4_ARM_HugePageObject:
		return SEL4_HUGE_PAGE_BITS;
	case seL4_ARM_VSpaceObject:
		return vspace_size_bits();
	case seL4_ARM_SmallPageObject:
		return SEL4_PAGE_BITS;
	case seL4_ARM_LargePageObject:
		return SEL4_LARGE_PAGE_BITS;
	case seL4_ARM_PageTableObject:
		return SEL4_PAGE_TABLE_BITS;
	case seL4_ARM_VCPUObject:
		return SEL4_VCPU_BITS;
	default:
		print_panic("object_bits: type %u", (unsigned int)type);
	}
}

static struct cap create_frame(struct paddr at, enum frame_size size, bool device)
{
	return cap_frame(at, size, FRAME_READ | FRAME_WRITE, device);
}

struct cap object_create(seL4_ObjectType type, struct paddr at, unsigned int size_bits, bool device)
{
	switch (type) {
	case seL4_UntypedObject:
		return cap_untyped(at, size_bits, device, 0);
	case seL4_TCBObject:
		tcb_create(arch_phys_to_ptr(at), domain_current);
		account_inherit(arch_phys_to_ptr(at), sched_current);
		return cap_make(CAP_THREAD, at);
	case seL4_EndpointObject:
		return cap_endpoint(at, 15, 0);
	case seL4_NotificationObject:
		return cap_notification(at, SEL4_RIGHT_READ | SEL4_RIGHT_WRITE, 0);
	case seL4_CapTableObject:
		return cap_cnode(at, size_bits, 0, 0);
	case seL4_ARM_HugePageObject:
		return create_frame(at, FRAME_HUGE, device);
	case seL4_ARM_VSpaceObject:
		return cap_make(CAP_VSPACE, at);
	case seL4_ARM_SmallPageObject:
		return create_frame(at, FRAME_SMALL, device);
	case seL4_ARM_LargePageObject:
		return create_frame(at, FRAME_LARGE, device);
	case seL4_ARM_PageTableObject:
		return cap_make(CAP_PAGE_TABLE, at);
	case seL4_ARM_VCPUObject:
		vcpu_create(at);
		return cap_make(CAP_VCPU, at);
	default:
		print_panic("object_create: type %u", (unsigned int)type);
	}
}

seL4_Error object_derive(const struct slot *slot, struct cap cap, struct cap *out)
{
	*out = cap;
	switch (cap_type(cap)) {
	case CAP_ZOMBIE:
	case CAP_IRQ_CONTROL:
	case CAP_REPLY:
		*out = cap_null();
		return seL4_NoError;
	case CAP_UNTYPED:
		return cdt_has_children(slot) ? seL4_RevokeFirst : seL4_NoError;
	case CAP_FRAME:
		*out = cap_with_mapping(cap, ASID_NONE, vaddr(0));
		return seL4_NoError;
	case CAP_PAGE_TABLE:
	case CAP_VSPACE:
		return cap_is_mapped(cap) ? seL4_NoError : seL4_IllegalOperation;
	default:
		return seL4_NoError;
	}
}

struct cap object_mask_rights(struct cap cap, u64 rights_word)
{
	switch (cap_type(cap)) {
	case CAP_ENDPOINT:
	case CAP_NOTIFICATION:
		cap.w[0] = cap_with_field(cap.w[0], 44, 4, cap_rights(cap) & rights_word);
		return cap;
	case CAP_REPLY:
		cap.w[0] = cap_with_field(cap.w[0], 44, 1, cap_reply_grant(cap) &&
					  (rights_word & SEL4_RIGHT_GRANT));
		return cap;
	case CAP_FRAME:
		cap.w[0] = cap_with_field(cap.w[0], 46, 2,
					  frame_rights_mask(cap_frame_rights(cap), rights_word));
		return cap;
	default:
		return cap;
	}
}

struct cap object_update_data(struct cap cap, u64 data, bool keep)
{
	unsigned int guard_bits;

	switch (cap_type(cap)) {
	case CAP_ENDPOINT:
	case CAP_NOTIFICATION:
	case CAP_SMC:
		if (keep || cap_badge(cap) != 0)
			return cap_null();
		cap.w[1] = data;
		return cap;
	case CAP_CNODE:
		guard_bits = (unsigned int)(data & 63);
		if (guard_bits + cap_cnode_radix(cap) > 64)
			return cap_null();
		return cap_cnode(cap_paddr(cap), cap_cnode_radix(cap), guard_bits, data >> 6);
	default:
		return cap;
	}
}

/* Bytes (log2) of the memory that the cap's object occupies; 0 if it has none of its own. */
static unsigned int region_bits(struct cap cap)
{
	switch (cap_type(cap)) {
	case CAP_FRAME:
		return cap_frame_bits(cap);
	case CAP_UNTYPED:
		return cap_untyped_bits(cap);
	case CAP_PAGE_TABLE:
		return SEL4_PAGE_TABLE_BITS;
	case CAP_ENDPOINT:
		return SEL4_ENDPOINT_BITS;
	case CAP_NOTIFICATION:
		return SEL4_NOTIFICATION_BITS;
	case CAP_VSPACE:
		return vspace_size_bits();
	case CAP_CNODE:
		return cap_cnode_radix(cap) + SEL4_SLOT_BITS;
	case CAP_THREAD:
		return SEL4_TCB_BITS;
	case CAP_ASID_POOL:
		return SEL4_ASID_POOL_BITS;
	case CAP_VCPU:
		return SEL4_VCPU_BITS;
	case CAP_ZOMBIE:
		return cap_zombie_tcb(cap) ? SEL4_TCB_BITS :
			(unsigned int)cap_field(cap.w[0], 44, 6) + SEL4_SLOT_BITS;
	default:
		return 0;
	}
}

static bool region_contains(struct cap untyped, struct cap cap)
{
	unsigned int bits = region_bits(cap);
	u64 base = cap_paddr(untyped).v, last = base + bit_mask(cap_untyped_bits(untyped));

	return bits && cap_paddr(cap).v >= base && cap_paddr(cap).v + bit_mask(bits) <= last;
}

bool object_same_region(struct cap a, struct cap b)
{
	switch (cap_type(a)) {
	case CAP_UNTYPED:
		return region_contains(a, b);
	case CAP_IRQ_CONTROL:
		return cap_type(b) == CAP_IRQ_CONTROL || cap_type(b) == CAP_IRQ_HANDLER ||
		       cap_type(b) == CAP_SGI;
	default:
		return object_same(a, b);
	}
}

bool object_same(struct cap a, struct cap b)
{
	if (cap_type(a) != cap_type(b))
		return false;
	switch (cap_type(a)) {
	case CAP_NULL:
	case CAP_UNTYPED:
	case CAP_ZOMBIE:
		return false;
	case CAP_IRQ_HANDLER:
	case CAP_SGI:
		return cap_value(a) == cap_value(b);
	case CAP_ASID_CONTROL:
	case CAP_IRQ_CONTROL:
	case CAP_DOMAIN:
	case CAP_SMC:
		return true;
	default:
		return cap_paddr(a).v == cap_paddr(b).v && region_bits(a) == region_bits(b);
	}
}

static struct cap finalise_container(struct cap cap)
{
	if (cap_type(cap) == CAP_CNODE)
		return cap_zombie(cap_paddr(cap), false, cap_cnode_radix(cap),
				  1UL << cap_cnode_radix(cap));
	tcb_finalise(tcb_of(cap));
	return cap_zombie(cap_paddr(cap), true, 0, TCB_SLOTS);
}

bool object_wind_down(struct cap *cap)
{
	bool released;

	switch (cap_type(*cap)) {
	case CAP_ENDPOINT:
		released = endpoint_cancel_first(endpoint_of(*cap));
		break;
	case CAP_NOTIFICATION:
		released = notification_cancel_first(notification_of(*cap));
		break;
	case CAP_IRQ_HANDLER:
		return irq_handler_wind_down((unsigned int)cap_value(*cap));
	case CAP_ASID_POOL:
		return asid_pool_wind_down(*cap);
	default:
		return false;
	}
	if (released)
		*cap = object_mask_rights(*cap, 0);
	return released;
}

struct cap object_finalise(struct cap cap, bool final)
{
	switch (cap_type(cap)) {
	case CAP_NOTIFICATION:
		if (final)
			notification_finalise(notification_of(cap));
		return cap_null();
	case CAP_CNODE:
	case CAP_THREAD:
		return final ? finalise_container(cap) : cap_null();
	case CAP_ZOMBIE:
		return cap;
	case CAP_IRQ_HANDLER:
		if (final)
			irq_handler_finalise((unsigned int)cap_value(cap));
		return cap_null();
	case CAP_FRAME:
		frame_finalise(cap);
		return cap_null();
	case CAP_PAGE_TABLE:
		page_table_finalise(cap, final);
		return cap_null();
	case CAP_VSPACE:
		vspace_finalise(cap, final);
		return cap_null();
	case CAP_ASID_POOL:
		asid_pool_finalise(cap, final);
		return cap_null();
	case CAP_VCPU:
		vcpu_finalise(cap, final);
		return cap_null();
	default:
		return cap_null();
	}
}
