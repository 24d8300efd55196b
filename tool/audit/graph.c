/* SPDX-License-Identifier: BSD-2-Clause */
/* From objects, capabilities and mappings to parts and what each can do to what. */
#include <string.h>

#include "audit.h"

unsigned int audit_access(const struct audit *a, uint32_t part, uint32_t object)
{
	return a->access[(size_t)part * a->num_objects + object];
}

static void allow(struct audit *a, uint32_t part, uint32_t object, unsigned int access)
{
	a->access[(size_t)part * a->num_objects + object] |= (unsigned char)access;
}

bool audit_controls(const struct audit *a, uint32_t part, uint32_t other)
{
	return a->controls[(size_t)part * a->num_parts + other];
}

const char *audit_name(const struct audit *a, uint32_t object)
{
	return a->distribution->names[object];
}

uint64_t audit_size(const struct audit *a, uint32_t object)
{
	const struct capdl_object *o = &a->distribution->objects[object];

	return (uint64_t)o->count << o->size;
}

static bool inside(const struct platform_range *r, uint64_t paddr)
{
	return paddr >= r->base && paddr - r->base < r->size;
}

enum audit_kind audit_kind(const struct audit *a, uint32_t object)
{
	const struct capdl_object *o = &a->distribution->objects[object];

	if (o->type != CAPDL_MEMORY)
		return AUDIT_OTHER;
	/* Guest RAM and files lie in device untypeds, too: the place tells. */
	if (!(o->flags & CAPDL_DEVICE) || inside(&a->platform->guest_memory, o->paddr) ||
	    inside(&a->platform->native_memory, o->paddr))
		return AUDIT_RAM;
	return AUDIT_DEVICE;
}

bool audit_banked(const struct audit *a, uint32_t object)
{
	return audit_kind(a, object) == AUDIT_DEVICE &&
	       inside(&a->platform->gicv, a->distribution->objects[object].paddr);
}

/* Of the UART and of the interrupt controller's CPU interface it is known that they do none. */
static bool may_do_dma(const struct audit *a, uint32_t object)
{
	uint64_t paddr = a->distribution->objects[object].paddr;

	return audit_kind(a, object) == AUDIT_DEVICE && !inside(&a->platform->gicv, paddr) &&
	       !inside(&a->platform->uart, paddr);
}

static uint32_t part_of(const struct audit *a, uint32_t vspace)
{
	uint32_t i;

	for (i = 0; i < a->num_parts; i++)
		if (a->parts[i].vspace == vspace)
			return i;
	return AUDIT_NO_PART;
}

static void find_parts(struct audit *a)
{
	const struct distribution *d = a->distribution;
	struct audit_part *p;
	size_t length, t;
	uint32_t i;

	a->parts = arena_alloc(a->arena, sizeof(*a->parts) * (d->num_threads + 1));
	for (i = 0; i < d->num_objects; i++) {
		if (d->objects[i].type != CAPDL_VSPACE)
			continue;
		for (t = 0; t < d->num_threads && d->threads[t].vspace != i; t++)
			;
		if (t == d->num_threads)
			continue;
		p = &a->parts[a->num_parts];
		length = strlen(d->names[i]);
		if (length > 7 && strcmp(d->names[i] + length - 7, ".vspace") == 0)
			length -= 7;
		p->name = arena_copy(a->arena, d->names[i], length);
		p->vspace = i;
		p->domain = a->num_parts++;
		p->guest = d->threads[t].ipc_memory == CAPDL_NONE;
		for (p->threads = 0; t < d->num_threads; t++)
			p->threads += d->threads[t].vspace == i;
		p->dma = CAPDL_NONE;
	}
}

static void add_mappings(struct audit *a)
{
	const struct capdl_mapping *m;
	unsigned int access;
	uint32_t part;
	size_t i;

	for (i = 0; i < a->distribution->num_mappings; i++) {
		m = &a->distribution->mappings[i];
		part = part_of(a, m->vspace);
		if (part == AUDIT_NO_PART)
			continue;
		access = (m->rights & SEL4_RIGHT_READ ? AUDIT_READ : 0u) |
			 (m->rights & SEL4_RIGHT_WRITE ? AUDIT_WRITE : 0u);
		if (access & AUDIT_READ && !(m->attributes & SEL4_ATTR_EXECUTE_NEVER))
			access |= AUDIT_EXECUTE;
		allow(a, part, m->memory, access);
	}
}

static void add_control(struct audit *a, uint32_t part, uint32_t tcb)
{
	uint32_t other;
	size_t i;

	for (i = 0; i < a->distribution->num_threads; i++) {
		if (a->distribution->threads[i].tcb != tcb)
			continue;
		other = part_of(a, a->distribution->threads[i].vspace);
		if (other != AUDIT_NO_PART && other != part)
			a->controls[(size_t)part * a->num_parts + other] = true;
	}
}

static void add_cap(struct audit *a, uint32_t part, const struct capdl_cap *c)
{
	unsigned int access = AUDIT_HOLD;

	switch (a->distribution->objects[c->object].type) {
	case CAPDL_MEMORY:	/* whoever holds a frame can have it mapped */
		access = (c->rights & SEL4_RIGHT_READ ? AUDIT_READ : 0u) |
			 (c->rights & SEL4_RIGHT_WRITE ? AUDIT_WRITE : 0u);
		break;
	case CAPDL_ENDPOINT:
	case CAPDL_NOTIFICATION:
		access = (c->rights & SEL4_RIGHT_READ ? AUDIT_RECEIVE : 0u) |
			 (c->rights & SEL4_RIGHT_WRITE ? AUDIT_SEND : 0u);
		if (access & AUDIT_SEND && c->rights & (SEL4_RIGHT_GRANT | SEL4_RIGHT_GRANT_REPLY))
			access |= AUDIT_CALL;
		break;
	case CAPDL_TCB:
		add_control(a, part, c->object);
		break;
	default:
		break;
	}
	allow(a, part, c->object, access);
}

/* All that is reached from a CNode, through CNodes in it, too. */
static void add_cspace(struct audit *a, uint32_t part, uint32_t cnode, bool *visited)
{
	const struct capdl_cap *c;
	size_t i;

	visited[cnode] = true;
	for (i = 0; i < a->distribution->num_caps; i++) {
		c = &a->distribution->caps[i];
		if (c->cnode != cnode)
			continue;
		add_cap(a, part, c);
		if (a->distribution->objects[c->object].type == CAPDL_CNODE && !visited[c->object])
			add_cspace(a, part, c->object, visited);
	}
}

static void add_threads(struct audit *a)
{
	const struct capdl_thread *t;
	bool *visited = arena_alloc(a->arena, a->num_objects + 1);
	uint32_t part;
	size_t i;

	for (i = 0; i < a->distribution->num_threads; i++) {
		t = &a->distribution->threads[i];
		part = part_of(a, t->vspace);
		if (part == AUDIT_NO_PART)
			continue;
		memset(visited, 0, a->num_objects);
		add_cspace(a, part, t->cspace, visited);
		if (t->bound_notification != CAPDL_NONE)
			allow(a, part, t->bound_notification, AUDIT_RECEIVE);
	}
}

static bool overlap(const struct audit *a, uint32_t x, uint32_t y)
{
	const struct capdl_object *p = &a->distribution->objects[x], *q = &a->distribution->objects[y];

	return p->type == CAPDL_MEMORY && q->type == CAPDL_MEMORY && p->paddr != CAPDL_ANY &&
	       q->paddr != CAPDL_ANY && p->paddr < q->paddr + audit_size(a, y) &&
	       q->paddr < p->paddr + audit_size(a, x);
}

/* Two objects at one physical place are one memory, whatever they are called. */
static void add_aliases(struct audit *a)
{
	uint32_t x, y, part;

	for (x = 0; x < a->num_objects; x++) {
		if (a->distribution->objects[x].paddr == CAPDL_ANY)
			continue;
		for (y = 0; y < x; y++) {
			if (!overlap(a, x, y))
				continue;
			for (part = 0; part < a->num_parts; part++) {
				allow(a, part, x, audit_access(a, part, y));
				allow(a, part, y, audit_access(a, part, x));
			}
		}
	}
}

static void join(struct audit *a, uint32_t x, uint32_t y)
{
	uint32_t from = a->parts[x].domain, to = a->parts[y].domain, i;

	if (from < to) {
		i = from;
		from = to;
		to = i;
	}
	for (i = 0; i < a->num_parts; i++)
		if (a->parts[i].domain == from)
			a->parts[i].domain = to;
}

static void find_domains(struct audit *a)
{
	uint32_t x, y, o;

	for (x = 0; x < a->num_parts; x++) {
		for (y = 0; y < a->num_parts; y++)
			if (audit_controls(a, x, y))
				join(a, x, y);
		for (o = 0; o < a->num_objects && a->parts[x].dma == CAPDL_NONE; o++)
			if (audit_access(a, x, o) & AUDIT_WRITE && may_do_dma(a, o))
				a->parts[x].dma = o;
	}
}

struct audit *audit_new(struct arena *arena, const struct distribution *d, const struct platform *p)
{
	struct audit *a = ARENA_NEW(arena, struct audit);

	a->arena = arena;
	a->distribution = d;
	a->platform = p;
	a->num_objects = (uint32_t)d->num_objects;
	find_parts(a);
	a->access = arena_alloc(arena, (size_t)a->num_parts * a->num_objects + 1);
	a->controls = arena_alloc(arena, (size_t)a->num_parts * a->num_parts + 1);
	add_mappings(a);
	add_threads(a);
	add_aliases(a);
	find_domains(a);
	return a;
}
