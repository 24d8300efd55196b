/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sel4/abi.h>
#include "spec.h"

#define MAX_INTERRUPT	1019u
#define TABLE_BITS	21u	/* one page table of the last level covers this */

struct check {
	struct spec *spec;
	char *error;
};

static int __attribute__((format(printf, 2, 3))) fail(struct check *check, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->error, SPEC_ERROR_LENGTH, format, args);
	va_end(args);
	return -1;
}

uint32_t spec_crc32(const void *bytes, uint64_t length)
{
	static uint32_t table[256];
	const uint8_t *at = bytes;
	uint32_t crc = ~0u;

	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t value = i;

			for (int bit = 0; bit < 8; bit++)
				value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
			table[i] = value;
		}
	}
	while (length--)
		crc = crc >> 8 ^ table[(crc ^ *at++) & 0xff];
	return ~crc;
}

static int check_header(struct check *check, uint64_t available)
{
	const struct capdl_header *header = check->spec->header;
	uint32_t crc;

	if (available < sizeof(*header))
		return fail(check, "spec: only %llu bytes in the image",
			    (unsigned long long)available);
	if (header->magic != CAPDL_MAGIC)
		return fail(check, "spec: magic is 0x%x, not 0x%x", header->magic, CAPDL_MAGIC);
	if (header->version != CAPDL_VERSION)
		return fail(check, "spec: version %u, this root task knows %u", header->version,
			    CAPDL_VERSION);
	if (header->total_size < sizeof(*header) || header->total_size > available)
		return fail(check, "spec: size %llu, the image has room for %llu",
			    (unsigned long long)header->total_size,
			    (unsigned long long)available);
	crc = spec_crc32(header + 1, header->total_size - sizeof(*header));
	if (crc != header->crc32)
		return fail(check, "spec: CRC is 0x%08x, the header says 0x%08x: damaged", crc,
			    header->crc32);
	if (header->num_objects > SPEC_MAX_OBJECTS)
		return fail(check, "spec: %u objects, at most %u", header->num_objects,
			    SPEC_MAX_OBJECTS);
	return 0;
}

static int check_table(struct check *check, const char *name, uint64_t offset, uint64_t count,
		       uint64_t size, const void **table)
{
	uint64_t total = check->spec->header->total_size;

	*table = NULL;
	if (count == 0)
		return 0;
	if (offset % 8 || offset < sizeof(struct capdl_header) || offset > total ||
	    count > (total - offset) / size)
		return fail(check, "spec: table of %s: %llu entries at offset %llu do not fit",
			    name, (unsigned long long)count, (unsigned long long)offset);
	*table = check->spec->data + offset;
	return 0;
}

static int check_tables(struct check *check)
{
	struct spec *spec = check->spec;
	const struct capdl_header *h = spec->header;

#define TABLE(name) \
	check_table(check, #name, h->name, h->num_##name, sizeof(*spec->name), \
		    (const void **)&spec->name)
	if (TABLE(objects) || TABLE(caps) || TABLE(mappings) || TABLE(fills) || TABLE(threads) ||
	    TABLE(irqs))
		return -1;
#undef TABLE
	return 0;
}

static int check_memory_object(struct check *check, const struct capdl_object *object)
{
	uint64_t bytes;

	if (object->size != 12 && object->size != 21 && object->size != 30)
		return fail(check, "object '%s': page size 2^%u", object->name, object->size);
	if (object->count == 0 || object->count > SPEC_MAX_SLOTS)
		return fail(check, "object '%s': %u pages", object->name, object->count);
	if (object->paddr == CAPDL_ANY)
		return object->flags & CAPDL_DEVICE ?
		       fail(check, "object '%s': device memory needs an address",
			    object->name) : 0;
	bytes = (uint64_t)object->count << object->size;
	if (object->paddr % (1ull << object->size) || object->paddr >= 1ull << 48 ||
	    bytes > (1ull << 48) - object->paddr)
		return fail(check, "object '%s': %u pages of 2^%u bytes at 0x%llx", object->name,
			    object->count, object->size, (unsigned long long)object->paddr);
	return 0;
}

static int check_object(struct check *check, uint32_t index)
{
	const struct capdl_object *object = &check->spec->objects[index];

	if (memchr(object->name, '\0', sizeof(object->name)) == NULL)
		return fail(check, "object %u: its name does not end", index);
	if (object->type >= CAPDL_OBJECT_TYPES)
		return fail(check, "object '%s': type %u", object->name, object->type);
	if (object->type == CAPDL_MEMORY)
		return check_memory_object(check, object);
	if (object->count != 1)
		return fail(check, "object '%s': count %u", object->name, object->count);
	if (object->type == CAPDL_UNTYPED &&
	    (object->size < SEL4_MIN_UNTYPED_BITS || object->size > SEL4_MAX_UNTYPED_BITS))
		return fail(check, "object '%s': untyped of 2^%u bytes", object->name,
			    object->size);
	if (object->type == CAPDL_CNODE && (object->size < 1 || object->size > SPEC_MAX_SLOT_BITS))
		return fail(check, "object '%s': radix %u", object->name, object->size);
	if (object->type == CAPDL_IRQ && object->size > MAX_INTERRUPT)
		return fail(check, "object '%s': interrupt %u", object->name, object->size);
	if (object->type == CAPDL_IRQ && object->flags >> CAPDL_CORE_SHIFT >= SPEC_MAX_CORES)
		return fail(check, "object '%s': core %u of %u", object->name,
			    object->flags >> CAPDL_CORE_SHIFT, SPEC_MAX_CORES);
	return 0;
}

static bool is_type(const struct spec *spec, uint32_t index, enum capdl_object_type type)
{
	return index < spec->header->num_objects && spec->objects[index].type == (uint32_t)type;
}

static int check_cap(struct check *check, uint32_t index)
{
	const struct spec *spec = check->spec;
	const struct capdl_cap *cap = &spec->caps[index];

	if (!is_type(spec, cap->cnode, CAPDL_CNODE))
		return fail(check, "cap %u: object %u is no CNode", index, cap->cnode);
	if (cap->slot >= 1u << spec->objects[cap->cnode].size)
		return fail(check, "cap %u: slot %u of CNode '%s' with 2^%u", index, cap->slot,
			    spec->objects[cap->cnode].name, spec->objects[cap->cnode].size);
	if (cap->object >= spec->header->num_objects)
		return fail(check, "cap %u: object %u of %u", index, cap->object,
			    spec->header->num_objects);
	if (cap->page >= spec->objects[cap->object].count)
		return fail(check, "cap %u: page %u of object '%s' with %u", index, cap->page,
			    spec->objects[cap->object].name, spec->objects[cap->object].count);
	if (cap->rights > 15)
		return fail(check, "cap %u: rights 0x%x", index, cap->rights);
	return 0;
}

static int check_mapping(struct check *check, uint32_t index)
{
	const struct spec *spec = check->spec;
	const struct capdl_mapping *mapping = &spec->mappings[index];
	const struct capdl_object *memory;
	uint64_t bytes;

	if (!is_type(spec, mapping->vspace, CAPDL_VSPACE))
		return fail(check, "mapping %u: object %u is no VSpace", index, mapping->vspace);
	if (!is_type(spec, mapping->memory, CAPDL_MEMORY))
		return fail(check, "mapping %u: object %u is no memory", index, mapping->memory);
	memory = &spec->objects[mapping->memory];
	if (mapping->first > memory->count || mapping->count > memory->count - mapping->first)
		return fail(check, "mapping %u: pages %u to %u + %u of '%s'", index,
			    mapping->first, mapping->first, mapping->count, memory->name);
	bytes = (uint64_t)mapping->count << memory->size;
	if (mapping->vaddr % (1ull << memory->size) || mapping->vaddr > SEL4_USER_TOP ||
	    bytes > SEL4_USER_TOP + 1 - mapping->vaddr)
		return fail(check, "mapping %u: '%s' at 0x%llx", index, memory->name,
			    (unsigned long long)mapping->vaddr);
	if (mapping->rights & ~(uint32_t)(SEL4_RIGHT_READ | SEL4_RIGHT_WRITE))
		return fail(check, "mapping %u: rights 0x%x", index, mapping->rights);
	return 0;
}

static int check_fill(struct check *check, uint32_t index)
{
	const struct spec *spec = check->spec;
	const struct capdl_fill *fill = &spec->fills[index];
	const struct capdl_object *memory;
	uint64_t bytes;

	if (!is_type(spec, fill->memory, CAPDL_MEMORY))
		return fail(check, "fill %u: object %u is no memory", index, fill->memory);
	memory = &spec->objects[fill->memory];
	bytes = (uint64_t)memory->count << memory->size;
	if (fill->offset > bytes || fill->length > bytes - fill->offset)
		return fail(check, "fill %u: %llu bytes at %llu of '%s'", index,
			    (unsigned long long)fill->length, (unsigned long long)fill->offset,
			    memory->name);
	if (fill->data > spec->header->total_size ||
	    fill->length > spec->header->total_size - fill->data)
		return fail(check, "fill %u: data outside the spec", index);
	return 0;
}

static int check_thread_ipc(struct check *check, uint32_t index)
{
	const struct spec *spec = check->spec;
	const struct capdl_thread *thread = &spec->threads[index];
	const struct capdl_object *memory;

	if (thread->ipc_memory == CAPDL_NONE)
		return 0;
	if (!is_type(spec, thread->ipc_memory, CAPDL_MEMORY))
		return fail(check, "thread %u: IPC buffer: object %u is no memory", index,
			    thread->ipc_memory);
	memory = &spec->objects[thread->ipc_memory];
	if (thread->ipc_page >= memory->count || memory->flags & CAPDL_DEVICE)
		return fail(check, "thread %u: IPC buffer in page %u of '%s'", index,
			    thread->ipc_page, memory->name);
	if (thread->ipc_vaddr == 0 || thread->ipc_vaddr % (1u << SEL4_IPC_BUFFER_BITS))
		return fail(check, "thread %u: IPC buffer at 0x%llx", index,
			    (unsigned long long)thread->ipc_vaddr);
	return 0;
}

static int check_thread(struct check *check, uint32_t index)
{
	const struct spec *spec = check->spec;
	const struct capdl_thread *thread = &spec->threads[index];

	if (!is_type(spec, thread->tcb, CAPDL_TCB))
		return fail(check, "thread %u: object %u is no TCB", index, thread->tcb);
	if (!is_type(spec, thread->cspace, CAPDL_CNODE))
		return fail(check, "thread %u: object %u is no CNode", index, thread->cspace);
	if (!is_type(spec, thread->vspace, CAPDL_VSPACE))
		return fail(check, "thread %u: object %u is no VSpace", index, thread->vspace);
	if (thread->bound_notification != CAPDL_NONE &&
	    !is_type(spec, thread->bound_notification, CAPDL_NOTIFICATION))
		return fail(check, "thread %u: object %u is no notification", index,
			    thread->bound_notification);
	if (thread->priority > SEL4_MAX_PRIORITY || thread->mcp > SEL4_MAX_PRIORITY)
		return fail(check, "thread %u: priority %u, mcp %u", index, thread->priority,
			    thread->mcp);
	if (thread->core >= SPEC_MAX_CORES)
		return fail(check, "thread %u: core %u of %u", index, thread->core, SPEC_MAX_CORES);
	if (thread->account >= PEERVISOR_ACCOUNTS && thread->account != PEERVISOR_ACCOUNT_CALLER)
		return fail(check, "thread %u: account %u of %u", index, thread->account,
			    PEERVISOR_ACCOUNTS);
	return check_thread_ipc(check, index);
}

static int check_irq(struct check *check, uint32_t index)
{
	const struct spec *spec = check->spec;
	const struct capdl_irq_binding *binding = &spec->irqs[index];

	if (!is_type(spec, binding->irq, CAPDL_IRQ))
		return fail(check, "interrupt binding %u: object %u is no interrupt", index,
			    binding->irq);
	if (!is_type(spec, binding->notification, CAPDL_NOTIFICATION))
		return fail(check, "interrupt binding %u: object %u is no notification", index,
			    binding->notification);
	return 0;
}

/* An untyped is handed over, not shared: a copy would leave an authority behind. */
static int check_untyped_caps(struct check *check)
{
	static uint8_t seen[SPEC_MAX_OBJECTS];
	const struct spec *spec = check->spec;

	memset(seen, 0, sizeof(seen));
	for (uint32_t i = 0; i < spec->header->num_caps; i++) {
		uint32_t object = spec->caps[i].object;

		if (spec->objects[object].type != CAPDL_UNTYPED)
			continue;
		if (seen[object])
			return fail(check, "cap %u: untyped '%s' is given twice", i,
				    spec->objects[object].name);
		seen[object] = 1;
	}
	return 0;
}

static int check_each(struct check *check, uint32_t count, int (*one)(struct check *, uint32_t))
{
	for (uint32_t i = 0; i < count; i++)
		if (one(check, i))
			return -1;
	return 0;
}

int spec_open(struct spec *spec, const void *blob, uint64_t available,
	      char error[SPEC_ERROR_LENGTH])
{
	struct check check = {spec, error};
	const struct capdl_header *h = blob;

	memset(spec, 0, sizeof(*spec));
	spec->header = h;
	spec->data = blob;
	if (check_header(&check, available) || check_tables(&check) ||
	    check_each(&check, h->num_objects, check_object) ||
	    check_each(&check, h->num_caps, check_cap) ||
	    check_each(&check, h->num_mappings, check_mapping) ||
	    check_each(&check, h->num_fills, check_fill) ||
	    check_each(&check, h->num_threads, check_thread) ||
	    check_each(&check, h->num_irqs, check_irq) || check_untyped_caps(&check))
		return -1;
	if (spec_count_slots(spec) > SPEC_MAX_SLOTS)
		return fail(&check, "spec: needs %llu capability slots, at most %u",
			    (unsigned long long)spec_count_slots(spec), SPEC_MAX_SLOTS);
	return 0;
}

unsigned int spec_object_bits(const struct capdl_object *object)
{
	switch (object->type) {
	case CAPDL_UNTYPED:
	case CAPDL_MEMORY:
		return object->size;
	case CAPDL_TCB:
		return SEL4_TCB_BITS;
	case CAPDL_ENDPOINT:
		return SEL4_ENDPOINT_BITS;
	case CAPDL_NOTIFICATION:
		return SEL4_NOTIFICATION_BITS;
	case CAPDL_CNODE:
		return object->size + SEL4_SLOT_BITS;
	case CAPDL_VSPACE:
		return SEL4_VSPACE_BITS_40;	/* at most: 12 on kernels with 44-bit addresses */
	default:
		return 0;
	}
}

uint64_t spec_count_slots(const struct spec *spec)
{
	const struct capdl_header *h = spec->header;
	uint64_t slots = 64 + h->num_irqs;	/* own tables, the CNode itself, spare */

	for (uint32_t i = 0; i < h->num_objects; i++) {
		slots += spec->objects[i].count;
		if (spec->objects[i].type == CAPDL_MEMORY && spec->objects[i].paddr != CAPDL_ANY)
			slots += 96;	/* skipping to it: at most two per address bit */
	}
	for (uint32_t i = 0; i < h->num_mappings; i++) {
		const struct capdl_mapping *mapping = &spec->mappings[i];
		unsigned int bits = spec->objects[mapping->memory].size;

		slots += mapping->count + 8;
		if (bits < TABLE_BITS)
			slots += (uint64_t)mapping->count >> (TABLE_BITS - bits);
	}
	return slots;
}
