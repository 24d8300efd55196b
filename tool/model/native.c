/* SPDX-License-Identifier: BSD-2-Clause */
/* Native components and the connections between them. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

static struct model_component *find_component(const struct model *m, const char *name)
{
	struct model_component *c;

	for (c = m->components; c; c = c->next)
		if (strcmp(c->instance->name, name) == 0)
			return c;
	return NULL;
}

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
		if (strcmp(i->type, "VM") == 0)
			continue;
		c = ARENA_NEW(m->arena, struct model_component);
		c->instance = i;
		c->type = adl_component(m->file, i->type);
		c->elf = lower(m->arena, i->type);
		if (c->type->composition)
			diagnostic_error(m->diagnostics, i->at,
					 "compound components (%s) are not in this "
					 "version; put its parts into the assembly",
					 i->type);
		if (c->type->hardware)
			diagnostic_error(m->diagnostics, i->at,
					 "hardware components (%s) are not in this "
					 "version; give the device to a VM",
					 i->type);
		read_component(m, c);
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
	if (adl_connector(m->file, s->type))
		diagnostic_error(m->diagnostics, s->at,
				 "connector %s is not in this version; use seL4RPCCall, "
				 "seL4Notification or seL4SharedData",
				 s->type);
	else
		diagnostic_error(m->diagnostics, s->at,
				 "'%s' is no connector; import <std_connector.camkes> "
				 "and use seL4RPCCall, seL4Notification or seL4SharedData",
				 s->type);
	return false;
}

static const struct adl_interface *find_interface(const struct adl_component *c, const char *name)
{
	const struct adl_interface *i;

	for (i = c->interfaces; i; i = i->next)
		if (strcmp(i->name, name) == 0)
			return i;
	return NULL;
}

static bool right_kind(enum model_connection_kind kind, bool to, enum adl_interface_kind i)
{
	switch (kind) {
	case CONNECTION_CALL: return i == (to ? INTERFACE_PROVIDES : INTERFACE_USES);
	case CONNECTION_EVENT: return i == (to ? INTERFACE_CONSUMES : INTERFACE_EMITS);
	default: return i == INTERFACE_DATAPORT;
	}
}

static struct model_end *resolve_end(struct model *m, const struct model_connection *c,
				     const struct adl_end *e)
{
	static const char *const wanted[3][2] = {
		{ "uses", "provides" }, { "emits", "consumes" }, { "dataport", "dataport" },
	};
	struct model_end *end = ARENA_NEW(m->arena, struct model_end);

	end->component = e->instance ? find_component(m, e->instance) : NULL;
	if (!end->component) {
		diagnostic_error(m->diagnostics, e->at,
				 "there is no native component instance '%s'; write "
				 "INSTANCE.INTERFACE",
				 e->instance ? e->instance : e->interface);
		return NULL;
	}
	end->interface = find_interface(end->component->type, e->interface);
	if (!end->interface) {
		diagnostic_error(m->diagnostics, e->at,
				 "component %s has no interface '%s'; add it or correct "
				 "the name",
				 end->component->type->name, e->interface);
		return NULL;
	}
	if (!right_kind(c->kind, e->to, end->interface->kind)) {
		diagnostic_error(m->diagnostics, e->at,
				 "'%s.%s' cannot be at the %s end of %s; an interface of "
				 "kind '%s' can",
				 e->instance, e->interface, e->to ? "to" : "from", c->source->type,
				 wanted[c->kind][e->to]);
		return NULL;
	}
	return end;
}

static void append_end(struct model_end **list, struct model_end *end)
{
	while (*list)
		list = &(*list)->next;
	*list = end;
}

static void check_types(struct model *m, const struct model_connection *c)
{
	const char *type = c->from->interface->type;
	const struct model_end *lists[2] = { c->from, c->to }, *e;
	unsigned int i;

	for (i = 0; i < 2; i++)
		for (e = lists[i]; e; e = e->next)
			if (c->kind != CONNECTION_EVENT && strcmp(e->interface->type, type) != 0)
				diagnostic_error(m->diagnostics, c->source->at,
						 "connection %s joins '%s' and '%s'; "
						 "both ends must have one type",
						 c->source->name, type, e->interface->type);
}

static void add_connection(struct model *m, struct model_connection ***end,
			   const struct adl_connection *s)
{
	struct model_connection *c = ARENA_NEW(m->arena, struct model_connection);
	const struct adl_end *e;
	struct model_end *resolved;
	unsigned long long bytes;

	c->source = s;
	if (!connection_kind(m, c))
		return;
	for (e = s->ends; e; e = e->next) {
		resolved = resolve_end(m, c, e);
		if (!resolved)
			return;
		append_end(e->to ? &c->to : &c->from, resolved);
	}
	if (!c->from || !c->to) {
		diagnostic_error(m->diagnostics, s->at, "connection %s has no '%s' end; add it",
				 s->name, c->from ? "to" : "from");
		return;
	}
	if (c->kind != CONNECTION_MEMORY && c->to->next) {
		diagnostic_error(m->diagnostics, s->at,
				 "connection %s has several 'to' ends; a call or an event "
				 "goes to one",
				 s->name);
		return;
	}
	check_types(m, c);
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

static unsigned int uses_of(const struct model *m, const struct model_component *component,
			    const struct adl_interface *i)
{
	const struct model_connection *c;
	const struct model_end *lists[2], *e;
	unsigned int n, uses = 0;

	for (c = m->connections; c; c = c->next) {
		lists[0] = c->from;
		lists[1] = c->to;
		for (n = 0; n < 2; n++)
			for (e = lists[n]; e; e = e->next)
				uses += e->component == component && e->interface == i;
	}
	return uses;
}

static void check_interfaces(struct model *m, const struct model_component *c)
{
	const struct adl_interface *i;
	unsigned int n;

	for (i = c->type->interfaces; i; i = i->next) {
		n = uses_of(m, c, i);
		if (n == 0 && !i->optional)
			diagnostic_error(m->diagnostics, c->instance->at,
					 "interface '%s' of %s is not connected; "
					 "connect it, or write 'maybe' before it in component %s",
					 i->name, c->instance->name, c->type->name);
		if (n > 1 && i->kind != INTERFACE_PROVIDES)
			diagnostic_error(m->diagnostics, c->instance->at,
					 "interface '%s' of %s is connected %u "
					 "times; only 'provides' takes several",
					 i->name, c->instance->name, n);
	}
}

void model_native(struct model *m)
{
	const struct adl_connection *s, *t;
	struct model_connection **end = &m->connections;
	struct model_component *c;

	add_components(m);
	for (s = m->file->assembly.connections; s; s = s->next) {
		for (t = m->file->assembly.connections; t != s; t = t->next)
			if (strcmp(s->name, t->name) == 0)
				diagnostic_error(m->diagnostics, s->at,
						 "there is a connection '%s' already (line %u); "
						 "give one another name",
						 s->name, t->at->line);
		add_connection(m, &end, s);
	}
	if (m->diagnostics->errors)
		return;
	for (c = m->components; c; c = c->next)
		check_interfaces(m, c);
}
