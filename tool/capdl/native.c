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

static struct tree *interface_node(struct component *c, const char *kind, const struct adl_interface *i)
{
	struct tree *t = tree_node(c->config, "%s@%s", kind, i->name);

	tree_string(t, "name", i->name);
	return t;
}

static void connect_call(const struct native *all, const struct model_connection *n)
{
	struct component *server = component_of(all, n->to->component), *client;
	const struct model_end *e;
	struct tree *t;
	uint64_t badge;

	for (e = n->from; e; e = e->next) {
		client = component_of(all, e->component);
		badge = BADGE_ENDPOINT | ++server->clients;
		t = interface_node(client, "uses", e->interface);
		tree_u64(t, "slot", component_cap(client, server->endpoint, 0, RIGHTS_CALL, badge));
		t = tree_node(server->config, "provides@%llx", (unsigned long long)server->clients);
		tree_string(t, "name", n->to->interface->name);
		tree_string(t, "client", client->name);
		tree_u64(t, "badge", badge);
	}
}

static void connect_event(const struct native *all, const struct model_connection *n)
{
	const struct model_end *from, *to;
	struct component *emitter, *consumer;
	uint64_t badge;
	struct tree *t;

	for (to = n->to; to; to = to->next) {
		consumer = component_of(all, to->component);
		badge = component_event(consumer);
		tree_u64(interface_node(consumer, "consumes", to->interface), "badge", badge);
		for (from = n->from; from; from = from->next) {
			emitter = component_of(all, from->component);
			t = interface_node(emitter, "emits", from->interface);
			tree_u64(t, "slot", component_cap(emitter, consumer->notification, 0,
							  SEL4_RIGHT_WRITE, badge));
		}
	}
}

static void map_dataport(const struct native *all, const struct model_end *e, uint32_t memory,
			 uint64_t size)
{
	struct component *c = component_of(all, e->component);
	struct tree *t = interface_node(c, "dataport", e->interface);

	component_map(c, memory, c->dataports, RIGHTS_RW);
	tree_pair(t, "memory", c->dataports, size);
	c->dataports += size + 4096;	/* a page between two that faults */
}

static void connect_memory(struct system *s, const struct native *all, const struct model_connection *n)
{
	uint32_t memory = distribution_memory(s->distribution, n->size >> 12, "%s", n->source->name);
	const struct model_end *e;

	for (e = n->from; e; e = e->next)
		map_dataport(all, e, memory, n->size);
	for (e = n->to; e; e = e->next)
		map_dataport(all, e, memory, n->size);
}

static bool make_native(struct system *s, struct native *n)
{
	const struct model_component *m = n->model;
	struct component_plan plan = {
		.name = m->instance->name, .elf = arena_format(s->arena, "components/%s.elf", m->elf),
		.compatible = "peervisor,component-1", .priority = m->priority, .heap = m->heap_size,
		.stack = m->stack_size, .endpoint = provides(m),
	};

	n->component = component_new(s, &plan);
	if (!n->component)
		return false;
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
