/* SPDX-License-Identifier: BSD-2-Clause */
/* Step one and two: every object is made, then every capability is put where it belongs. */
#include <stdio.h>
#include <string.h>
#include "console.h"
#include "machine.h"
#include "roottask.h"

#define RAM_TEXT	120

static struct allocator_range fixed[SPEC_MAX_OBJECTS];
static uint32_t by_address[SPEC_MAX_OBJECTS], by_size[SPEC_MAX_OBJECTS];
static unsigned int num_fixed, num_any;

static bool is_fixed(const struct capdl_object *object)
{
	return object->type == CAPDL_MEMORY && object->paddr != CAPDL_ANY;
}

static bool address_before(uint32_t a, uint32_t b)
{
	return roottask.spec.objects[a].paddr < roottask.spec.objects[b].paddr;
}

static bool size_before(uint32_t a, uint32_t b)
{
	return spec_object_bits(&roottask.spec.objects[a]) >
	       spec_object_bits(&roottask.spec.objects[b]);
}

/* Shell sort: small, no recursion; a few thousand entries at most. */
static void sort(uint32_t *table, unsigned int count, bool (*before)(uint32_t, uint32_t))
{
	for (unsigned int gap = count / 2; gap > 0; gap /= 2) {
		for (unsigned int i = gap; i < count; i++) {
			uint32_t moving = table[i];
			unsigned int at = i;

			while (at >= gap && before(moving, table[at - gap])) {
				table[at] = table[at - gap];
				at -= gap;
			}
			table[at] = moving;
		}
	}
}

static int retype(const struct allocator_untyped *from, unsigned int type, unsigned int bits,
		  uint64_t slot, unsigned int count)
{
	unsigned int size = type == seL4_CapTableObject ? bits - SEL4_SLOT_BITS : bits;
	int error = (int)seL4_Untyped_Retype(from->cptr, type, size,
					     roottask.open ? roottask.store :
							     seL4_CapInitThreadCNode,
					     0, 0, slot, count);

	if (error)
		fatal("Untyped_Retype of %u objects, type %u, 2^%u bytes, at 0x%llx + 0x%llx: %s",
		      count, type, bits, (unsigned long long)from->paddr,
		      (unsigned long long)from->used, error_name(error));
	return 0;
}

static uint64_t new_slot(void)
{
	return cspace_new_slot();
}

void objects_add_untypeds(void)
{
	const seL4_BootInfo *boot = roottask.boot;
	seL4_Word count = boot->untyped.end - boot->untyped.start;

	roottask.allocator.retype = retype;
	roottask.allocator.new_slot = new_slot;
	roottask.allocator.cptr = cspace_cptr;
	for (seL4_Word i = 0; i < count && i < SEL4_BOOTINFO_MAX_UNTYPEDS; i++) {
		const seL4_UntypedDesc *desc = &boot->untypedList[i];

		allocator_add(&roottask.allocator, desc->paddr, desc->sizeBits,
			      desc->isDevice != 0, boot->untyped.start + i);
	}
}

static void plan_fixed(void)
{
	sort(by_address, num_fixed, address_before);
	for (unsigned int i = 0; i < num_fixed; i++) {
		const struct capdl_object *object = &roottask.spec.objects[by_address[i]];

		fixed[i].start = object->paddr;
		fixed[i].end = object->paddr + ((uint64_t)object->count << object->size);
		if (i > 0 && fixed[i].start < fixed[i - 1].end)
			fatal("objects '%s' and '%s' overlap at 0x%llx",
			      object_name(by_address[i - 1]), object->name,
			      (unsigned long long)object->paddr);
	}
	roottask.allocator.fixed = fixed;
	roottask.allocator.num_fixed = num_fixed;
}

void objects_plan(void)
{
	const struct spec *spec = &roottask.spec;

	for (uint32_t i = 0; i < spec->header->num_objects; i++) {
		if (is_fixed(&spec->objects[i]))
			by_address[num_fixed++] = i;
		else if (spec->objects[i].type != CAPDL_IRQ)
			by_size[num_any++] = i;
	}
	plan_fixed();
	sort(by_size, num_any, size_before);
}

/* " 0x40000000 to 0x5fffffff, ..." */
static void list_ram(const struct machine_ram *ram, char text[RAM_TEXT])
{
	size_t length = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < ram->count && length < RAM_TEXT - 48; i++)
		length += (size_t)snprintf(text + length, RAM_TEXT - length, "%s 0x%llx to 0x%llx",
					   i ? "," : "", (unsigned long long)ram->at[i].start,
					   (unsigned long long)ram->at[i].end - 1);
}

/* Not a device, but told like one: the kernel offers all addresses that are not its own RAM. */
static void check_ram(const struct machine_ram *ram, const struct capdl_object *object)
{
	uint64_t size = (uint64_t)object->count << object->size;
	const char *end = strstr(object->name, ".ram");
	bool vm = end && !end[4];
	char text[RAM_TEXT];

	if (machine_has_ram(ram, object->paddr, object->paddr + size))
		return;
	list_ram(ram, text);
	fatal("%s%.*s%s needs %llu MiB at 0x%llx to 0x%llx, but the machine's RAM is%s (QEMU: -m)",
	      vm ? "RAM of VM " : "'", vm ? (int)(end - object->name) : 40, object->name, vm ? "" : "'",
	      (unsigned long long)size >> 20, (unsigned long long)object->paddr,
	      (unsigned long long)(object->paddr + size - 1), text);
}

void objects_check_ram(void)
{
	struct machine_ram ram;

	machine_find_ram(roottask.boot, &ram);
	for (unsigned int i = 0; ram.known && i < num_fixed; i++) {
		const struct capdl_object *object = &roottask.spec.objects[by_address[i]];

		if (object->flags & CAPDL_RAM)
			check_ram(&ram, object);
	}
}

static unsigned int kernel_type(const struct capdl_object *object)
{
	static const unsigned int types[] = {
		[CAPDL_UNTYPED] = seL4_UntypedObject,
		[CAPDL_TCB] = seL4_TCBObject,
		[CAPDL_ENDPOINT] = seL4_EndpointObject,
		[CAPDL_NOTIFICATION] = seL4_NotificationObject,
		[CAPDL_CNODE] = seL4_CapTableObject,
		[CAPDL_VSPACE] = seL4_ARM_VSpaceObject,
	};

	if (object->type != CAPDL_MEMORY)
		return types[object->type];
	return object->size == SEL4_PAGE_BITS ? seL4_ARM_SmallPageObject :
	       object->size == SEL4_LARGE_PAGE_BITS ? seL4_ARM_LargePageObject :
	       seL4_ARM_HugePageObject;
}

static void create(uint32_t index)
{
	const struct capdl_object *object = &roottask.spec.objects[index];
	unsigned int bits = spec_object_bits(object), type = kernel_type(object);

	for (uint32_t page = 0; page < object->count;) {
		uint32_t slot = roottask.first_slot[index] + page;
		uint64_t paddr = object->paddr + ((uint64_t)page << bits);
		int made = is_fixed(object) ?
			allocator_take_at(&roottask.allocator, paddr, type, bits, slot,
					  object->count - page) :
			allocator_take(&roottask.allocator, type, bits, slot,
				       object->count - page);

		if (made < 0 && is_fixed(object))
			fatal("object '%s': the kernel offers no memory of 2^%u bytes at 0x%llx",
			      object->name, bits, (unsigned long long)paddr);
		if (made < 0)
			fatal("object '%s': out of memory, %u of %u made (2^%u bytes each)",
			      object->name, page, object->count, bits);
		page += (uint32_t)made;
	}
}

void objects_make_one(unsigned int type, unsigned int bits, uint32_t slot)
{
	if (allocator_take(&roottask.allocator, type, bits, slot, 1) < 0)
		fatal("out of memory for an object of type %u, 2^%u bytes", type, bits);
}

static void create_irq(uint32_t index)
{
	const struct capdl_object *object = &roottask.spec.objects[index];
	unsigned int trigger = object->flags & CAPDL_EDGE ? 1 : 0;
#ifdef SEL4_SMP
	int error = (int)seL4_IRQControl_GetTriggerCore(seL4_CapIRQControl, object->size, trigger,
							roottask.store, roottask.first_slot[index],
							roottask.store_radix,
							object->flags >> CAPDL_CORE_SHIFT);
#else
	int error = (int)seL4_IRQControl_GetTrigger(seL4_CapIRQControl, object->size, trigger,
						    roottask.store, roottask.first_slot[index],
						    roottask.store_radix);
#endif

	if (error)
		fatal("object '%s': interrupt %u: %s", object->name, object->size,
		      error_name(error));
}

static void assign_asid(uint32_t index)
{
	int error = (int)seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool,
						  object_cptr(index, 0));

	if (error)
		fatal("object '%s': ASIDPool_Assign: %s", object_name(index), error_name(error));
}

void objects_create(void)
{
	const struct spec *spec = &roottask.spec;

	for (uint32_t i = 0; i < spec->header->num_objects; i++) {
		roottask.first_slot[i] = roottask.next_slot;
		roottask.next_slot += spec->objects[i].count;
	}
	for (unsigned int i = 0; i < num_fixed; i++)
		create(by_address[i]);
	roottask.allocator.num_fixed = 0;	/* all in place: the rest may go anywhere */
	for (unsigned int i = 0; i < num_any; i++)
		create(by_size[i]);
	for (uint32_t i = 0; i < spec->header->num_objects; i++) {
		if (spec->objects[i].type == CAPDL_IRQ)
			create_irq(i);
		else if (spec->objects[i].type == CAPDL_VSPACE)
			assign_asid(i);
	}
}

static int install(const struct capdl_cap *cap, unsigned int radix, uint32_t from)
{
	seL4_CPtr cnode = object_cptr(cap->cnode, 0);
	seL4_CapRights_t rights = seL4_CapRights_from(cap->rights);

	switch (roottask.spec.objects[cap->object].type) {
	case CAPDL_UNTYPED:	/* handed over: the receiver's is the only one */
		return (int)seL4_CNode_Move(cnode, cap->slot, radix, roottask.store, from,
					    roottask.store_radix);
	case CAPDL_ENDPOINT:
	case CAPDL_NOTIFICATION:
	case CAPDL_CNODE:
		return (int)seL4_CNode_Mint(cnode, cap->slot, radix, roottask.store, from,
					    roottask.store_radix, rights, cap->badge);
	default:
		return (int)seL4_CNode_Copy(cnode, cap->slot, radix, roottask.store, from,
					    roottask.store_radix, rights);
	}
}

void caps_install(void)
{
	const struct spec *spec = &roottask.spec;

	for (uint32_t i = 0; i < spec->header->num_caps; i++) {
		const struct capdl_cap *cap = &spec->caps[i];
		int error = install(cap, spec->objects[cap->cnode].size,
				    roottask.first_slot[cap->object] + cap->page);

		if (error)
			fatal("cap %u: '%s' into slot %u of '%s': %s", i,
			      object_name(cap->object), cap->slot, object_name(cap->cnode),
			      error_name(error));
	}
}

void irqs_bind(void)
{
	const struct spec *spec = &roottask.spec;

	for (uint32_t i = 0; i < spec->header->num_irqs; i++) {
		const struct capdl_irq_binding *binding = &spec->irqs[i];
		uint32_t slot = cspace_new_slot();
		int error = (int)seL4_CNode_Mint(roottask.store, slot, roottask.store_radix,
						 roottask.store,
						 roottask.first_slot[binding->notification],
						 roottask.store_radix, seL4_AllRights,
						 binding->badge);

		if (!error)
			error = (int)seL4_IRQHandler_SetNotification(
				object_cptr(binding->irq, 0), cspace_cptr(slot));
		if (error)
			fatal("interrupt '%s' to '%s': %s", object_name(binding->irq),
			      object_name(binding->notification), error_name(error));
	}
}
