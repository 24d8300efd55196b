/* SPDX-License-Identifier: BSD-2-Clause */
/* Native components and the connections between them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

static char *lower(struct arena *a, const char *text)
{
	char *copy = arena_copy(a, text, strlen(text)), *p;

	for (p = copy; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return copy;
}

static void read_component(struct model *m, struct model_component *c)
{
	uint64_t n = 120;

	if (!setting_number(m, c->instance, "_priority", &n))
		setting_number(m, c->instance, "priority", &n);
	if (n < 1 || n > 139)
		diagnostic_error(m->diagnostics, c->instance->at,
				 "the priority of %s is %llu; it must be from "
				 "1 to 139, below the servers",
				 c->instance->name, (unsigned long long)n);
	c->priority = (uint32_t)n;
	c->heap_size = 64u << 10;
	setting_number(m, c->instance, "heap_size", &c->heap_size);
	c->heap_size = (c->heap_size + 4095) & ~4095ull;
	c->stack_size = 16u << 10;
	setting_number(m, c->instance, "_stack_size", &c->stack_size);
	c->stack_size = (c->stack_size + 4095) & ~4095ull;
	if (c->heap_size > 64u << 20 || c->stack_size > 16u << 20 || c->stack_size == 0)
		diagnostic_error(m->diagnostics, c->instance->at,
				 "%s: heap_size is at most 64M, _stack_size "
				 "from 1 to 16M",
				 c->instance->name);
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
		if (c->type->hardware)
			diagnostic_error(m->diagnostics, i->at,
					 "hardware components (%s) are not in this "
					 "version; give the device to a VM",
					 i->type);
		read_component(m, c);
		index_put(m->arena, &m->component_index, i->name, NULL, c);
		*end = c;
		end = &c->next;
	}
}

static bool connection_kind(struct model *m, struct model_connection *c)
{
	static const struct {
		const char *name;
		enum model_connection_kind kind;
	} table[] = {
		{ "seL4RPCCall", CONNECTION_CALL },
		{ "seL4RPC", CONNECTION_CALL },
		{ "seL4Notification", CONNECTION_EVENT },
		{ "seL4GlobalAsynch", CONNECTION_EVENT },
		{ "seL4SharedData", CONNECTION_MEMORY },
		{ "seL4SharedDataWithCaps", CONNECTION_MEMORY },
	};
	const struct adl_connection *s = c->source;
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].name, s->type) == 0) {
			c->kind = table[i].kind;
			return true;
		}
	diagnostic_error(m->diagnostics, s->type_at,
			 "connector %s is not in this version; use seL4RPCCall, "
			 "seL4Notification or seL4SharedData",
			 s->type);
	return false;
}

static struct model_end *resolve_end(struct model *m, const struct adl_end *e)
{
	struct model_end *end = ARENA_NEW(m->arena, struct model_end);

	end->interface = e->face;
	end->component = index_find(&m->component_index, e->instance, NULL);
	return end;
}

static void append_end(struct model_end **list, struct model_end *end)
{
	while (*list)
		list = &(*list)->next;
	*list = end;
}

static void add_connection(struct model *m, struct model_connection ***end,
			   const struct adl_connection *s)
{
	struct model_connection *c = ARENA_NEW(m->arena, struct model_connection);
	const struct adl_end *e;
	unsigned long long bytes;

	c->source = s;
	if (!connection_kind(m, c))
		return;
	for (e = s->ends; e; e = e->next) {
		append_end(e->to ? &c->to : &c->from, resolve_end(m, e));
	}
	if (c->kind != CONNECTION_MEMORY && c->to->next) {
		diagnostic_error(m->diagnostics, s->at,
				 "connection %s has several 'to' ends; a call or an event "
				 "goes to one",
				 s->name);
		return;
	}
	c->size = 4096;
	if (c->kind == CONNECTION_MEMORY &&
	    sscanf(c->from->interface->type, "Buf(%llu)", &bytes) == 1)
		c->size = (bytes + 4095) & ~4095ull;
	if (c->size == 0 || c->size > 64u << 20)
		diagnostic_error(m->diagnostics, s->at,
				 "dataport of %s: its size must be from 1 to 64 MiB", s->name);
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
}
