/* SPDX-License-Identifier: BSD-2-Clause */
#include "distribution.h"

#include <stdio.h>
#include <string.h>

#define NEW(d, table) \
	((d)->table = arena_grow((d)->arena, (d)->table, (d)->num_##table, &(d)->room_##table, \
				 sizeof(*(d)->table)), \
	 &(d)->table[(d)->num_##table++])

static struct capdl_object *new_object(struct distribution *d, enum capdl_object_type type,
				       const char *format, va_list args)
{
	struct capdl_object *o = NEW(d, objects);
	const char *name = arena_vformat(d->arena, format, args);

	memset(o, 0, sizeof(*o));
	o->type = type;
	o->count = 1;
	o->paddr = CAPDL_ANY;
	/* In the image they are for messages: one that is too long is cut there. */
	memccpy(o->name, name, '\0', sizeof(o->name) - 1);
	*NEW(d, names) = name;
	return o;
}

uint32_t distribution_object(struct distribution *d, enum capdl_object_type type, uint32_t size,
			     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	new_object(d, type, format, args)->size = size;
	va_end(args);
	return (uint32_t)d->num_objects - 1;
}

uint32_t distribution_memory(struct distribution *d, uint64_t pages, const char *format, ...)
{
	struct capdl_object *o;
	va_list args;

	va_start(args, format);
	o = new_object(d, CAPDL_MEMORY, format, args);
	va_end(args);
	o->size = SEL4_PAGE_BITS;
	o->count = (uint32_t)pages;
	return (uint32_t)d->num_objects - 1;
}

static uint32_t at_address(struct distribution *d, struct capdl_object *o, uint64_t paddr, uint64_t size)
{
	o->count = (uint32_t)((size + (1ull << o->size) - 1) >> o->size);
	o->paddr = paddr;
	return (uint32_t)d->num_objects - 1;
}

uint32_t distribution_device(struct distribution *d, uint64_t paddr, uint64_t size, uint32_t bits,
			     const char *format, ...)
{
	struct capdl_object *o;
	va_list args;

	va_start(args, format);
	o = new_object(d, CAPDL_MEMORY, format, args);
	va_end(args);
	o->flags = CAPDL_DEVICE;
	o->size = bits;
	return at_address(d, o, paddr, size);
}

uint32_t distribution_ram(struct distribution *d, uint64_t paddr, uint64_t size, const char *format, ...)
{
	struct capdl_object *o;
	va_list args;

	va_start(args, format);
	o = new_object(d, CAPDL_MEMORY, format, args);
	va_end(args);
	o->flags = CAPDL_DEVICE | CAPDL_RAM;
	o->size = SEL4_LARGE_PAGE_BITS;
	return at_address(d, o, paddr, size);
}

void distribution_cap(struct distribution *d, uint32_t cnode, uint64_t slot, uint32_t object,
		      uint32_t page, uint32_t rights, uint64_t badge)
{
	struct capdl_cap *c = NEW(d, caps);

	*c = (struct capdl_cap){ .cnode = cnode,
				 .slot = (uint32_t)slot,
				 .object = object,
				 .page = page,
				 .rights = rights,
				 .badge = badge };
}

void distribution_map(struct distribution *d, uint32_t vspace, uint32_t memory, uint64_t vaddr,
		      uint32_t rights, uint32_t attributes)
{
	uint32_t count = d->objects[memory].count;
	struct capdl_mapping *m = NEW(d, mappings);

	*m = (struct capdl_mapping){ .vspace = vspace,
				     .memory = memory,
				     .vaddr = vaddr,
				     .count = count,
				     .rights = rights,
				     .attributes = attributes };
}

void distribution_fill(struct distribution *d, uint32_t memory, uint64_t offset, const void *data,
		       uint64_t length)
{
	struct distribution_fill *f;

	if (!length)
		return;
	f = NEW(d, fills);
	f->fill = (struct capdl_fill){ .memory = memory, .offset = offset, .length = length };
	f->data = data;
}

struct capdl_thread *distribution_thread(struct distribution *d)
{
	struct capdl_thread *t = NEW(d, threads);

	memset(t, 0, sizeof(*t));
	t->ipc_memory = CAPDL_NONE;
	t->bound_notification = CAPDL_NONE;
	return t;
}

void distribution_irq(struct distribution *d, uint32_t irq, uint32_t notification, uint64_t badge)
{
	struct capdl_irq_binding *b = NEW(d, irqs);

	*b = (struct capdl_irq_binding){ .irq = irq, .notification = notification, .badge = badge };
}

/* Reflected, polynomial 0xedb88320. */
static uint32_t crc32(const unsigned char *data, uint64_t length)
{
	uint32_t table[256], crc, i, k;
	uint64_t n;

	for (i = 0; i < 256; i++) {
		crc = i;
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
		table[i] = crc;
	}
	crc = ~0u;
	for (n = 0; n < length; n++)
		crc = crc >> 8 ^ table[(crc ^ data[n]) & 0xff];
	return ~crc;
}

/* Gives each fill its place behind the tables; data that several use (an ELF file) is there once. */
static uint64_t place_fills(struct distribution *d, uint64_t offset)
{
	size_t i, j;

	for (i = 0; i < d->num_fills; i++) {
		for (j = 0; j < i; j++)
			if (d->fills[j].data == d->fills[i].data &&
			    d->fills[j].fill.length == d->fills[i].fill.length)
				break;
		if (j < i) {
			d->fills[i].fill.data = d->fills[j].fill.data;
			continue;
		}
		d->fills[i].fill.data = offset;
		offset = (offset + d->fills[i].fill.length + 15) & ~15ull;
	}
	return offset;
}

static uint64_t table(unsigned char *blob, uint64_t *offset, const void *data, size_t count,
		      size_t size)
{
	uint64_t at = *offset;

	if (blob && count)
		memcpy(blob + at, data, count * size);
	*offset += (count * size + 7) & ~7ull;
	return at;
}

static uint64_t tables(const struct distribution *d, unsigned char *blob, struct capdl_header *h)
{
	uint64_t offset = sizeof(*h);
	size_t i;

	h->objects = table(blob, &offset, d->objects, d->num_objects, sizeof(*d->objects));
	h->caps = table(blob, &offset, d->caps, d->num_caps, sizeof(*d->caps));
	h->mappings = table(blob, &offset, d->mappings, d->num_mappings, sizeof(*d->mappings));
	h->threads = table(blob, &offset, d->threads, d->num_threads, sizeof(*d->threads));
	h->irqs = table(blob, &offset, d->irqs, d->num_irqs, sizeof(*d->irqs));
	h->fills = offset;
	for (i = 0; i < d->num_fills; i++)
		table(blob, &offset, &d->fills[i].fill, 1, sizeof(struct capdl_fill));
	return offset;
}

void *distribution_blob(struct distribution *d, uint64_t *size)
{
	struct capdl_header h = {
		.magic = CAPDL_MAGIC, .version = CAPDL_VERSION,
		.num_objects = (uint32_t)d->num_objects, .num_caps = (uint32_t)d->num_caps,
		.num_mappings = (uint32_t)d->num_mappings, .num_fills = (uint32_t)d->num_fills,
		.num_threads = (uint32_t)d->num_threads, .num_irqs = (uint32_t)d->num_irqs,
	};
	unsigned char *blob;
	size_t i;

	h.total_size = place_fills(d, tables(d, NULL, &h));
	blob = arena_alloc(d->arena, h.total_size);
	tables(d, blob, &h);
	for (i = 0; i < d->num_fills; i++)
		memcpy(blob + d->fills[i].fill.data, d->fills[i].data, d->fills[i].fill.length);
	h.crc32 = crc32(blob + sizeof(h), h.total_size - sizeof(h));
	memcpy(blob, &h, sizeof(h));
	*size = h.total_size;
	return blob;
}
