/* SPDX-License-Identifier: BSD-2-Clause */
/* Native components and their connections: docs/bindings.md, peervisor,component-1. */
#include "component.h"

#include <string.h>

struct native {
	struct model_component *model;
	struct component *component;
};

static struct component *component_of(const struct native *all, const struct model_component *model)
{
	while (all->model != model)
		all++;
	return all->component;
}

static bool provides(const struct model_component *c)
{
	const struct adl_interface *i;

	for (i = c->type->interfaces; i; i = i->next)
		if (i->kind == INTERFACE_PROVIDES)
			return true;
	return false;
}

static const char *property(struct component *c, const struct adl_interface *i, const char *what)
{
	return arena_format(c->system->arena, "%s%s", i->name, what);
}

static void connect_call(const struct native *all, const struct model_connection *n)
{
	struct component *server = component_of(all, n->to->component), *client;
	const struct model_end *e;
	struct tree *t;
	uint64_t badge, slot;

	for (e = n->from; e; e = e->next) {
		client = component_of(all, e->component);
		badge = BADGE_ENDPOINT | ++server->clients;
		slot = component_cap(client, server->endpoint, 0, RIGHTS_CALL, badge);
		tree_u64(client->config, property(client, e->interface, "-slot"), slot);
		t = tree_node(server->config, "client@%llx", (unsigned long long)server->clients);
		tree_string(t, "interface", n->to->interface->name);
		tree_string(t, "component", client->name);
		tree_u64(t, "badge", badge);
	}
}

/* An emitter has one capability; so it reaches one consumer, as model_native has checked. */
static void connect_event(const struct native *all, const struct model_connection *n)
{
	struct component *consumer = component_of(all, n->to->component), *emitter;
	uint64_t badge = component_event(consumer);
	const struct model_end *e;

	tree_u64(consumer->config, property(consumer, n->to->interface, "-badge"), badge);
	for (e = n->from; e; e = e->next) {
		emitter = component_of(all, e->component);
		tree_u64(
			emitter->config, property(emitter, e->interface, "-slot"),
			component_cap(emitter, consumer->notification, 0, SEL4_RIGHT_WRITE, badge));
	}
}

static void map_dataport(const struct native *all, const struct model_end *e, uint32_t memory,
			 uint64_t size)
{
	struct component *c = component_of(all, e->component);

	component_map(c, memory, c->dataports, RIGHTS_RW);
	tree_pair(c->config, property(c, e->interface, ""), c->dataports, size);
	c->dataports += size + 4096;	/* a page between two that faults */
}

static void connect_memory(struct system *s, const struct native *all,
			   const struct model_connection *n)
{
	uint32_t memory =
		distribution_memory(s->distribution, n->size >> 12, "%s", n->source->name);
	const struct model_end *e;

	for (e = n->from; e; e = e->next)
		map_dataport(all, e, memory, n->size);
	for (e = n->to; e; e = e->next)
		map_dataport(all, e, memory, n->size);
}

/* The component's own attributes, by their names. */
static void add_attributes(struct system *s, struct native *n)
{
	const struct adl_attribute *a;
	const struct adl_value *v;

	for (a = n->model->type->attributes; a; a = a->next) {
		v = setting_value(s->model, n->model->instance, a->name);
		if (v && v->kind == VALUE_STRING)
			tree_string(n->component->config, a->name, v->string);
		else if (v && (v->kind == VALUE_INTEGER || v->kind == VALUE_BOOLEAN))
			tree_u64(n->component->config, a->name, (uint64_t)v->integer);
		else if (v)
			diagnostic_warning(s->diagnostics, v->at,
					   "attribute '%s' is %s, which native "
					   "components cannot read yet; use an integer or a string",
					   a->name, adl_kind_name(v->kind));
	}
}

static bool make_native(struct system *s, struct native *n)
{
	const struct model_component *m = n->model;
	struct component_plan plan = {
		.name = m->instance->name,
		.elf = arena_format(s->arena, "components/%s.elf", m->elf),
		.compatible = "peervisor,component-1",
		.priority = m->priority,
		.heap = m->heap_size,
		.stack = m->stack_size,
		.endpoint = provides(m),
	};

	n->component = component_new(s, &plan);
	if (!n->component)
		return false;
	add_attributes(s, n);
	component_port(n->component, "log", arena_format(s->arena, "%s.log", plan.name));
	return true;
}

bool system_natives(struct system *s)
{
	struct model_component *m;
	const struct model_connection *c;
	size_t n = 0, i;
	struct native *all;

	for (m = s->model->components; m; m = m->next)
		n++;
	all = arena_alloc(s->arena, sizeof(*all) * (n + 1));
	for (m = s->model->components, i = 0; m; m = m->next) {
		all[i].model = m;
		if (!make_native(s, &all[i++]))
			return false;
	}
	for (c = s->model->connections; c; c = c->next) {
		if (c->kind == CONNECTION_CALL)
			connect_call(all, c);
		else if (c->kind == CONNECTION_EVENT)
			connect_event(all, c);
		else
			connect_memory(s, all, c);
	}
	for (i = 0; i < n; i++)
		component_finish(all[i].component);
	return true;
}
