/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Connections between VMs as files have them that bring their own vm.h: iobuf, memdev, upcall and
 * downcall of a pair make one link, as VIRTIO_COMPOSITION_DEF does. Nothing else connects VMs.
 */
#include <string.h>

#include "elaborate.h"

enum { PART_IOBUF, PART_MEMDEV, PART_UPCALL, PART_DOWNCALL, PARTS };

static const char *const part_names[PARTS] = { "iobuf", "memdev", "upcall", "downcall" };

struct pair {
	const struct adl_connection *first;
	const struct adl_instance *a, *b;
	const struct adl_instance *device;	/* consumes the upcall, emits the downcall */
	unsigned int parts;			/* bit n: part n is there */
};

static int part_of(const struct adl_end *e)
{
	int i;

	for (i = 0; i < PARTS; i++)
		if (strstr(e->interface, part_names[i]))
			return i;
	return -1;
}

static bool reaches_vm(const struct adl_connection *n)
{
	const struct adl_end *e;

	for (e = n->ends; e; e = e->next)
		if (e->target->component->vm)
			return true;
	return false;
}

static struct pair *pair_of(struct elaboration *e, struct index *pairs, const struct adl_connection *n)
{
	const struct adl_instance *a = n->ends->target, *b = n->ends->next->target;
	bool turned = strcmp(a->name, b->name) > 0;
	struct pair *p;

	p = index_find(pairs, turned ? b->name : a->name, turned ? a->name : b->name);
	if (p)
		return p;
	p = ARENA_NEW(e->arena, struct pair);
	p->first = n;
	p->a = a;
	p->b = b;
	index_put(e->arena, pairs, turned ? b->name : a->name, turned ? a->name : b->name, p);
	return p;
}

static void make_link(struct elaboration *e, const struct pair *p)
{
	struct adl_virtio *v = ARENA_NEW(e->arena, struct adl_virtio);

	v->at = v->driver_at = p->first->at;
	v->device_vm = p->device ? p->device : p->a;
	v->driver_vm = v->device_vm == p->a ? p->b : p->a;
	v->device = v->device_vm->name;
	v->driver = v->driver_vm->name;
	APPEND(e->out.virtio, v);
}

/* True: it is a part of a link. */
static bool take_part(struct elaboration *e, struct index *pairs, const struct adl_connection *n)
{
	const struct adl_end *a = n->ends, *b = a->next, *to = a->to ? a : b;
	int part = b && !b->next ? part_of(a) : -1;
	struct pair *p;

	if (part < 0 || part_of(b) != part || !a->target->component->vm ||
	    !b->target->component->vm || a->target == b->target)
		return false;
	p = pair_of(e, pairs, n);
	if (part == PART_UPCALL)
		p->device = to->target;
	p->parts |= 1u << part;
	if (p->parts == (1u << PARTS) - 1)
		make_link(e, p);
	return true;
}

void elaborate_vm_links(struct elaboration *e)
{
	struct adl_connection *n = e->out.connections, *next;
	struct index pairs = { 0 };

	e->out.connections = NULL;
	e->out.connections_end = &e->out.connections;
	for (; n; n = next) {
		next = n->next;
		n->next = NULL;
		if (!reaches_vm(n)) {
			APPEND(e->out.connections, n);
		} else if (!take_part(e, &pairs, n) &&
			   strcmp(n->type, "seL4VMDTBPassthrough") != 0) {	/* the attribute dtb */
			diagnostic_warning(e->diagnostics, n->at,
					   "nothing is made of connection %s, which reaches a VM; VMs "
					   "are connected to VMs by VIRTIO_COMPOSITION_DEF, and have "
					   "console, clock and files without connections",
					   n->name);
		}
	}
}
