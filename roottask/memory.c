/* SPDX-License-Identifier: BSD-2-Clause */
/* Step three: memory is mapped where the spec says and filled through a window of our own. */
#include <string.h>
#include "console.h"
#include "roottask.h"

#define MAX_TABLES	3	/* levels between the root and a page */

/* One window per page size: a large page cannot be mapped where a table hangs. */
static uint64_t window_of(unsigned int bits)
{
	return bits == SEL4_PAGE_BITS ? 0x4000000000ull :
	       bits == SEL4_LARGE_PAGE_BITS ? 0x5000000000ull : 0x6000000000ull;
}

static void add_table(seL4_CPtr vspace, uint64_t vaddr, const char *name)
{
	uint32_t slot = cspace_new_slot();
	int error;

	objects_make_one(seL4_ARM_PageTableObject, SEL4_PAGE_TABLE_BITS, slot);
	error = (int)seL4_ARM_PageTable_Map(cspace_cptr(slot), vspace, vaddr,
					    seL4_ARM_Default_VMAttributes);
	if (error)
		fatal("page table for '%s' at 0x%llx: %s", name, (unsigned long long)vaddr,
		      error_name(error));
}

void memory_map_page(seL4_CPtr frame, seL4_CPtr vspace, uint64_t vaddr, uint64_t rights,
		     uint64_t attributes, const char *name)
{
	int error;

	for (int tables = 0;; tables++) {
		error = (int)seL4_ARM_Page_Map(frame, vspace, vaddr, seL4_CapRights_from(rights),
					       attributes);
		if (error != seL4_FailedLookup || tables == MAX_TABLES)
			break;
		add_table(vspace, vaddr, name);
	}
	if (error)
		fatal("mapping '%s' at 0x%llx: %s", name, (unsigned long long)vaddr,
		      error_name(error));
}

static void map(const struct capdl_mapping *mapping)
{
	const struct capdl_object *memory = &roottask.spec.objects[mapping->memory];

	for (uint32_t i = 0; i < mapping->count; i++) {
		uint32_t page = mapping->first + i, slot = cspace_new_slot();
		int error = (int)seL4_CNode_Copy(roottask.store, slot, roottask.store_radix,
						 roottask.store,
						 roottask.first_slot[mapping->memory] + page,
						 roottask.store_radix, seL4_AllRights);

		if (error)
			fatal("copying page %u of '%s': %s", page, memory->name,
			      error_name(error));
		memory_map_page(cspace_cptr(slot), object_cptr(mapping->vspace, 0),
				mapping->vaddr + ((uint64_t)i << memory->size), mapping->rights,
				mapping->attributes, memory->name);
	}
}

void memory_map(void)
{
	for (uint32_t i = 0; i < roottask.spec.header->num_mappings; i++)
		map(&roottask.spec.mappings[i]);
}

/* Clean to memory (a guest starts with its MMU off) and unify (a component runs it). */
static void fill_page(const struct capdl_fill *fill, uint32_t page, uint64_t offset,
		      const uint8_t *data, uint64_t length)
{
	const struct capdl_object *memory = &roottask.spec.objects[fill->memory];
	seL4_CPtr frame = object_cptr(fill->memory, page);
	uint64_t window = window_of(memory->size);
	int error;

	memory_map_page(frame, seL4_CapInitThreadVSpace, window,
			SEL4_RIGHT_READ | SEL4_RIGHT_WRITE, seL4_ARM_Default_VMAttributes,
			memory->name);
	memcpy((uint8_t *)(uintptr_t)window + offset, data, length);
	error = (int)seL4_ARM_Page_Clean_Data(frame, offset, offset + length);
	if (!error)
		error = (int)seL4_ARM_Page_Unify_Instruction(frame, offset, offset + length);
	if (!error)
		error = (int)seL4_ARM_Page_Unmap(frame);
	if (error)
		fatal("filling page %u of '%s': %s", page, memory->name, error_name(error));
}

void memory_fill(void)
{
	for (uint32_t i = 0; i < roottask.spec.header->num_fills; i++) {
		const struct capdl_fill *fill = &roottask.spec.fills[i];
		uint64_t size = 1ull << roottask.spec.objects[fill->memory].size;

		for (uint64_t done = 0; done < fill->length;) {
			uint64_t at = fill->offset + done, offset = at & (size - 1);
			uint64_t length = size - offset;

			if (length > fill->length - done)
				length = fill->length - done;
			fill_page(fill, (uint32_t)(at / size), offset,
				  roottask.spec.data + fill->data + done, length);
			done += length;
		}
	}
}
