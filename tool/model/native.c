/* SPDX-License-Identifier: BSD-2-Clause */
/* Native components and the connections between them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../stub/stub.h"
#include "model.h"

#define CONSUMERS_MAX 64u	/* of one event: an emitter signals each */

static char *lower(struct arena *a, const char *text)
{
	char *copy = arena_copy(a, text, strlen(text)), *p;

	for (p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static void read_attributes(struct model *m, struct model_component *c)
{
	const struct adl_attribute *a;
	size_t n = 0;

	for (a = c->type->attributes; a; a = a->next)
		n++;
	c->values = arena_alloc(m->arena, sizeof(*c->values) * (n + 1));
	for (a = c->type->attributes, n = 0; a; a = a->next)
		c->values[n++] = setting_value(m, c->instance, a->name);
	stub_check_values(m->diagnostics, m->arena, m->file, c->type, c->values);
}

static void read_component(struct model *m, struct model_component *c)
{
	c->heap_size = 64u << 10;
	setting_number(m, c->instance, "heap_size", &c->heap_size);
	c->heap_size = (c->heap_size + 4095) & ~4095ull;
	if (c->heap_size > 64u << 20)
		diagnostic_error(m->diagnostics, c->instance->at, "%s: heap_size is at most 64M",
				 c->instance->name);
	model_threads(m, c);
	stub_check(m->diagnostics, m->file, c->type);
	read_attributes(m, c);
	c->folder = stub_folder(m->arena, c->type);
}

/* INSTANCE.SEMAPHORE_value: what it begins with. */
static uint64_t semaphore_value(struct model *m, const struct model_component *c,
				const struct adl_interface *i)
{
	uint64_t value = 1, most = strcmp(i->type, "binary_semaphore") == 0 ? 1u : 1u << 30;

	setting_number(m, c->instance, arena_format(m->arena, "%s_value", i->name), &value);
	if (value > most)
		diagnostic_error(m->diagnostics, c->instance->at,
				 "%s.%s_value is %llu; a %s begins with at most %llu", c->instance->name,
				 i->name, (unsigned long long)value, i->type, (unsigned long long)most);
	return value;
}

/* Which interfaces are connected is known when all connections are; locks need no connection. */
static void make_faces(struct model *m, struct model_component *c)
{
	const struct adl_interface *i;
	struct model_face *f;
	size_t n = 0;

	for (i = c->type->interfaces; i; i = i->next)
		n++;
	c->faces = arena_alloc(m->arena, sizeof(*c->faces) * (n + 1));
	for (i = c->type->interfaces, f = c->faces; i; i = i->next, f++) {
		f->interface = i;
		f->connected = i->kind == INTERFACE_MUTEX || i->kind == INTERFACE_SEMAPHORE;
		if (i->kind == INTERFACE_SEMAPHORE)
			f->value = semaphore_value(m, c, i);
	}
}

struct model_face *model_face(const struct model_component *c, const struct adl_interface *i)
{
	struct model_face *f = c->faces;

	while (f->interface != i)
		f++;
	return f;
}

static void add_components(struct model *m)
{
	const struct adl_instance *i;
	struct model_component **end = &m->components, *c;

	for (i = m->file->assembly.instances; i; i = i->next) {
		if (i->component->vm)
			continue;
		c = ARENA_NEW(m->arena, struct model_component);
		c->instance = i;
		c->type = i->component;
		c->elf = lower(m->arena, i->type);
		make_faces(m, c);
		if (!c->type->hardware)
			read_component(m, c);
		index_put(m->arena, &m->component_index, i->name, NULL, c);
		*end = c;
		end = &c->next;
	}
}

/* INSTANCE.INTERFACE_access, CONNECTION.from_access, CONNECTION.to_access: R or RW. */
static bool may_write(struct model *m, const struct model_connection *c, const struct adl_end *e)
{
	const char *name = arena_format(m->arena, "%s_access", e->interface), *p;
	const struct adl_setting *s = adl_setting(m->file, c->source->name,
						  e->to ? "to_access" : "from_access");
	const struct adl_value *v = setting_value(m, e->target, name);

	if (!v && s)
		v = s->value;
	if (!v)
		return true;
	for (p = v->kind == VALUE_STRING && *v->string ? v->string : "?"; *p; p++)
		if (!strchr("RWXGrwxg", *p)) {
			diagnostic_error(m->diagnostics, v->at,
					 "this is no access to a dataport; write \"R\" or \"RW\"");
			return true;
		}
	if (strpbrk(v->string, "XGxg"))
		diagnostic_warning(m->diagnostics, v->at,
				   "nothing is executed from a dataport; write \"R\" or \"RW\"");
	return strpbrk(v->string, "Ww") != NULL;
}

/* INSTANCE.INTERFACE_attributes names a client to its server; without it the order does. */
static uint64_t client_badge(struct model *m, const struct adl_end *e)
{
	uint64_t badge = 0;

	if (!setting_number(m, e->target, arena_format(m->arena, "%s_attributes", e->interface), &badge))
		return 0;
	if (badge == 0 || badge >> 32)
		diagnostic_error(m->diagnostics, e->at,
				 "%s.%s_attributes is 0x%llx; as the name of a client it must be from "
				 "1 to 0xffffffff",
				 e->instance, e->interface, (unsigned long long)badge);
	return badge;
}

static struct model_end *resolve_end(struct model *m, const struct model_connection *c,
				     const struct adl_end *e)
{
	struct model_end *end = ARENA_NEW(m->arena, struct model_end);

	end->interface = e->face;
	end->component = index_find(&m->component_index, e->instance, NULL);
	if (c->kind == CONNECTION_MEMORY || (c->kind == CONNECTION_MMIO && !e->to))
		end->write = may_write(m, c, e);
	if (c->kind == CONNECTION_CALL && !e->to)
		end->badge = client_badge(m, e);
	return end;
}

/* What the type says, or INSTANCE.INTERFACE_size of either end, for a type that needs more than a page. */
static void read_size(struct model *m, struct model_connection *c)
{
	const struct model_end *lists[2] = { c->from, c->to }, *e;
	unsigned long long bytes = 4096;
	uint64_t size;
	unsigned int i;

	sscanf(c->from->interface->type, "Buf(%llu)", &bytes);
	for (i = 0; i < 2; i++)
		for (e = lists[i]; e; e = e->next)
			if (setting_number(m, e->component->instance,
					   arena_format(m->arena, "%s_size", e->interface->name), &size) &&
			    size > bytes)
				bytes = size;
	if (bytes == 0 || bytes > 64u << 20)
		diagnostic_error(m->diagnostics, c->source->at,
				 "dataport of %s: its size must be from 1 to 64 MiB", c->source->name);
	c->size = (bytes + 4095) & ~4095ull;
}

/* What takes one end of each kind; memory takes any number, and an emitter tells several consumers. */
static bool too_many_ends(struct model *m, const struct model_connection *c)
{
	const char *several = NULL;

	if (c->to->next && c->kind != CONNECTION_MEMORY && c->kind != CONNECTION_EVENT)
		several = "to";
	else if (c->from->next && c->kind > CONNECTION_MEMORY)
		several = "from";
	if (several)
		diagnostic_error(m->diagnostics, c->source->at,
				 "connection %s has several '%s' ends, and a %s has one; make a connection "
				 "of each",
				 c->source->name, several,
				 c->kind == CONNECTION_CALL ? "call" : "device");
	return several;
}

static void mark_connected(const struct model_end *e, uint64_t size)
{
	struct model_face *f;

	for (; e; e = e->next) {
		f = model_face(e->component, e->interface);
		f->connected = true;
		f->size = size;
	}
}

/* Each emitter has a capability for each consumer. */
static void count_consumers(struct model *m, const struct model_connection *c)
{
	const struct model_end *e;
	uint32_t count = 0;

	for (e = c->to; e; e = e->next)
		count++;
	if (count > CONSUMERS_MAX)
		diagnostic_error(m->diagnostics, c->source->at,
				 "connection %s has %u consumers; %u is the most: let one tell others",
				 c->source->name, count, CONSUMERS_MAX);
	for (e = c->from; e; e = e->next)
		model_face(e->component, e->interface)->consumers = count;
}

static void add_connection(struct model *m, struct model_connection ***end,
			   const struct adl_connection *s)
{
	struct model_connection *c = ARENA_NEW(m->arena, struct model_connection);
	struct model_end **tails[2] = { &c->from, &c->to };
	const struct adl_end *e;

	c->source = s;
	if (!model_connector(m, c))
		return;
	for (e = s->ends; e; e = e->next) {
		*tails[e->to] = resolve_end(m, c, e);
		tails[e->to] = &(*tails[e->to])->next;
	}
	if (too_many_ends(m, c))
		return;
	if (c->kind == CONNECTION_TREE) {
		*end = model_tree(m, c, *end);
		mark_connected(c->to, 0);
		return;
	}
	if (c->kind == CONNECTION_MEMORY)
		read_size(m, c);
	else
		model_hardware(m, c);
	mark_connected(c->from, c->size);
	mark_connected(c->to, c->size);
	if (c->kind == CONNECTION_EVENT)
		count_consumers(m, c);
	**end = c;
	*end = &c->next;
}

void model_native(struct model *m)
{
	const struct adl_connection *s;
	struct model_connection **end = &m->connections;

	add_components(m);
	for (s = m->file->assembly.connections; s; s = s->next)
		add_connection(m, &end, s);
	model_check_hardware(m);
}
