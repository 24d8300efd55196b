/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Native components and their connections: docs/bindings.md, peervisor,component-1.
 *
 * A program with generated stubs has an object for each interface that is served, and a thread at
 * it. A program that the project ships has one thread, one endpoint and one notification for all.
 */
#include "component.h"

#include <string.h>

#include "../stub/stub.h"

struct native {
	struct model_component *model;
	struct component *component;
	uint32_t *objects;		/* by interface: what it waits on, if it has its own */
	uint64_t *clients;		/* by interface: badges given so far */
};

static struct native *native_of(struct native *all, const struct model_component *model)
{
	while (all->model != model)
		all++;
	return all;
}

static size_t face_number(const struct native *n, const struct adl_interface *i)
{
	return (size_t)(model_face(n->model, i) - n->model->faces);
}

static bool provides(const struct model_component *c)
{
	const struct adl_interface *i;

	for (i = c->type->interfaces; i; i = i->next)
		if (i->kind == INTERFACE_PROVIDES)
			return true;
	return false;
}

/* Where an interface's property goes: node interfaces/NAME and PROPERTY, or NAME-PROPERTY at the root. */
static void interface_u64(const struct native *n, const struct adl_interface *i,
			  const char *property, uint64_t value)
{
	struct component *c = n->component;

	if (n->model->folder)
		tree_u64(tree_child(tree_child(c->config, "interfaces"), i->name), property, value);
	else
		tree_u64(c->config, arena_format(c->system->arena, "%s-%s", i->name, property), value);
}

static void connect_call(struct native *all, const struct model_connection *n)
{
	struct native *server = native_of(all, n->to->component), *client;
	struct component *s = server->component;
	size_t face = face_number(server, n->to->interface);
	uint32_t endpoint = server->model->folder ? server->objects[face] : s->endpoint;
	uint64_t *count = server->model->folder ? &server->clients[face] : &s->clients;
	const struct model_end *e;
	struct tree *t;
	uint64_t badge;

	for (e = n->from; e; e = e->next) {
		client = native_of(all, e->component);
		badge = BADGE_ENDPOINT | (e->badge ? e->badge : ++*count);
		interface_u64(client, e->interface, "slot",
			      component_cap(client->component, endpoint, 0, RIGHTS_CALL, badge));
		t = server->model->folder ? tree_child(s->config, "clients") : s->config;
		t = tree_node(t, "client@%s.%s", client->component->name, e->interface->name);
		tree_string(t, "interface", n->to->interface->name);
		tree_string(t, "component", client->component->name);
		tree_u64(t, "badge", badge);
	}
}

/* The name of the n-th of several: slot, slot-1, slot-2... */
static const char *numbered(struct arena *a, const char *name, uint32_t n)
{
	return n ? arena_format(a, "%s-%u", name, n) : name;
}

/* An emitter has one capability for each of its consumers; `number` is this one's. */
static void connect_consumer(struct native *all, const struct model_connection *n,
			     const struct model_end *to, uint32_t number)
{
	struct native *consumer = native_of(all, to->component), *emitter;
	struct arena *a = consumer->component->system->arena;
	uint32_t notification = consumer->component->notification;
	const struct model_end *e;
	uint64_t badge = 1;

	if (consumer->model->folder) {
		notification = consumer->objects[face_number(consumer, to->interface)];
	} else {
		badge = component_event(consumer->component);
		interface_u64(consumer, to->interface, "badge", badge);
	}
	for (e = n->from; e; e = e->next) {
		emitter = native_of(all, e->component);
		interface_u64(emitter, e->interface, numbered(a, "slot", number),
			      component_cap(emitter->component, notification, 0, SEL4_RIGHT_WRITE,
					    badge));
	}
}

static void connect_event(struct native *all, const struct model_connection *n)
{
	const struct model_end *to;
	uint32_t number = 0;

	for (to = n->to; to; to = to->next)
		connect_consumer(all, n, to, number++);
}

/* Maps it; returns where. */
static uint64_t map_memory(const struct native *n, const struct model_end *e, uint32_t memory,
			   uint64_t size, uint32_t attributes)
{
	struct component *c = n->component;
	uint64_t at = c->dataports;

	distribution_map(c->system->distribution, c->vspace, memory, at,
			 e->write ? RIGHTS_RW : SEL4_RIGHT_READ, attributes);
	c->dataports += size + 4096;	/* a page between two that faults */
	if (c->dataports > COMPONENT_HEAP)
		diagnostic_plain(c->system->diagnostics, "the dataports of %s exceed %llu MiB; connect "
				 "it to less", c->name,
				 (COMPONENT_HEAP - COMPONENT_DATAPORTS) >> 20);
	return at;
}

static struct tree *interface_node(const struct native *n, const struct adl_interface *i)
{
	return tree_child(tree_child(n->component->config, "interfaces"), i->name);
}

static void map_dataport(struct native *all, const struct model_end *e, uint32_t memory,
			 uint64_t size, uint64_t id, uint32_t attributes)
{
	const struct native *n = native_of(all, e->component);
	uint64_t at = map_memory(n, e, memory, size, attributes);

	if (n->model->folder) {
		tree_pair(interface_node(n, e->interface), "memory", at, size);
		tree_u64(interface_node(n, e->interface), "id", id);
	} else {
		tree_pair(n->component->config, e->interface->name, at, size);
	}
}

/* Registers that a dtb() query found; they need not begin with a page. */
static void map_registers(struct native *all, const struct model_connection *c, uint32_t memory)
{
	const struct native *n = native_of(all, c->from->component);
	uint64_t at = map_memory(n, c->from, memory, c->size, SEL4_ATTR_EXECUTE_NEVER) + c->offset;
	struct arena *a = n->component->system->arena;

	if (n->model->folder)
		tree_pair(interface_node(n, c->from->interface), numbered(a, "memory", c->part), at,
			  c->bytes);
	else
		tree_pair(n->component->config,
			  arena_format(a, "%s-%u", c->from->interface->name, c->part), at, c->bytes);
}

static void connect_memory(struct system *s, struct native *all, const struct model_connection *n,
			   uint64_t id)
{
	uint32_t memory = distribution_memory(s->distribution, n->size >> 12, "%s", n->source->name);
	const uint32_t attributes = SEL4_ATTR_CACHEABLE | SEL4_ATTR_EXECUTE_NEVER;
	const struct model_end *e;

	for (e = n->from; e; e = e->next)
		map_dataport(all, e, memory, n->size, id, attributes);
	for (e = n->to; e; e = e->next)
		map_dataport(all, e, memory, n->size, id, attributes);
}

static void connect_mmio(struct system *s, struct native *all, const struct model_connection *n)
{
	const struct model_end *e = n->tree ? n->from : n->to;
	const char *part = n->tree ? arena_format(s->arena, ".registers%u", n->part) : "";
	uint32_t memory = distribution_device(s->distribution, n->paddr, n->size, SEL4_PAGE_BITS,
					      "%s.%s%s", e->component->instance->name,
					      e->interface->name, part);

	if (n->tree)
		map_registers(all, n, memory);
	else
		map_dataport(all, n->from, memory, n->size, 0,
			     SEL4_ATTR_EXECUTE_NEVER | (n->cached ? SEL4_ATTR_CACHEABLE : 0));
}

static void connect_interrupt(struct system *s, struct native *all, const struct model_connection *n)
{
	struct native *driver = native_of(all, n->to->component);
	struct component *c = driver->component;
	uint32_t notification = c->notification;
	uint64_t badge = 1;
	const struct model_end *e = n->tree ? n->to : n->from;
	const char *part = n->tree ? arena_format(s->arena, ".interrupt%u", n->part) : "";
	uint32_t irq = distribution_object(s->distribution, CAPDL_IRQ, n->irq, "%s.%s%s",
					   e->component->instance->name, e->interface->name, part);

	s->distribution->objects[irq].flags = (n->edge ? CAPDL_EDGE : 0) | c->core << CAPDL_CORE_SHIFT;
	if (driver->model->folder) {
		notification = driver->objects[face_number(driver, n->to->interface)];
	} else {
		badge = component_event(c);
		interface_u64(driver, n->to->interface, "badge", badge);
	}
	interface_u64(driver, n->to->interface, numbered(s->arena, "irq-slot", n->part),
		      component_cap(c, irq, 0, RIGHTS_RW, 0));
	distribution_irq(s->distribution, irq, notification, badge);
}

/* The component's own attributes, by their names. */
static void add_attributes(struct system *s, struct native *n)
{
	struct tree *t = n->model->folder ? tree_child(n->component->config, "attributes") :
					    n->component->config;
	const struct adl_attribute *a;
	const struct adl_value *v;

	for (a = n->model->type->attributes; a; a = a->next) {
		v = setting_value(s->model, n->model->instance, a->name);
		if (n->model->folder && stub_constant(s->model->file, a))
			continue;
		if (v && v->kind == VALUE_STRING)
			tree_string(t, a->name, v->string);
		else if (v && (v->kind == VALUE_INTEGER || v->kind == VALUE_BOOLEAN))
			tree_u64(t, a->name, (uint64_t)v->integer);
		else if (v)
			diagnostic_warning(s->diagnostics, v->at,
					   "attribute '%s' is %s, which does not reach this component; use an "
					   "integer or a string, or of a component with sources a struct",
					   a->name, adl_kind_name(v->kind));
	}
}

static uint32_t new_notification(struct native *n, const char *name)
{
	return distribution_object(n->component->system->distribution, CAPDL_NOTIFICATION, 0, "%s.%s",
				   n->component->name, name);
}

static void make_lock(struct native *n, const struct adl_interface *i)
{
	struct component *c = n->component;

	interface_u64(n, i, "slot", component_cap(c, new_notification(n, i->name), 0, RIGHTS_RW, 1));
	if (i->kind == INTERFACE_SEMAPHORE)
		interface_u64(n, i, "value", model_face(n->model, i)->value);
}

/* What an interface waits on, and the slots for it. */
static void make_interface(struct native *n, const struct adl_interface *i, uint32_t *object)
{
	struct component *c = n->component;
	uint32_t go;

	if (i->kind == INTERFACE_PROVIDES) {
		*object = distribution_object(c->system->distribution, CAPDL_ENDPOINT, 0, "%s.%s",
					      c->name, i->name);
		interface_u64(n, i, "slot", component_cap(c, *object, 0, SEL4_RIGHT_READ, 0));
	} else if (i->kind == INTERFACE_CONSUMES) {
		*object = new_notification(n, i->name);
		/* It may also send: who took an event for a callback that is gone gives it back. */
		interface_u64(n, i, "slot", component_cap(c, *object, 0, RIGHTS_RW, 1));
		go = new_notification(n, arena_format(c->system->arena, "%s.callback", i->name));
		interface_u64(n, i, "registered-slot", component_cap(c, go, 0, RIGHTS_RW, 1));
	} else if (i->kind == INTERFACE_MUTEX || i->kind == INTERFACE_SEMAPHORE) {
		make_lock(n, i);
	}
}

static void make_threads(struct native *n)
{
	const struct model_thread *t;

	for (t = n->model->threads; t; t = t->next)
		if (model_face(n->model, t->interface)->connected)
			component_thread(n->component, t->name, t->priority, t->core, t->stack_size);
}

/* Everything that a program with generated stubs has. */
static void make_stub_parts(struct native *n)
{
	struct component *c = n->component;
	const struct model_face *f;
	size_t k = 0;

	while (n->model->faces[k].interface)
		k++;
	n->objects = arena_alloc(c->system->arena, sizeof(*n->objects) * (k + 1));
	n->clients = arena_alloc(c->system->arena, sizeof(*n->clients) * (k + 1));
	tree_u64(c->config, "libc-lock-slot",
		 component_cap(c, new_notification(n, "libc.lock"), 0, RIGHTS_RW, 1));
	tree_u64(c->config, "log-lock-slot",
		 component_cap(c, new_notification(n, "log.lock"), 0, RIGHTS_RW, 1));
	for (f = n->model->faces; f->interface; f++)
		if (f->connected)
			make_interface(n, f->interface, &n->objects[f - n->model->faces]);
	make_threads(n);
}

static const char *program_of(struct system *s, const struct model_component *m)
{
	const struct stub_plan plan = {
		.arena = s->arena, .file = s->model->file, .type = m->type,
		.faces = m->faces, .values = m->values,
	};
	const struct stub_options options = {
		.sdk = arena_format(s->arena, "%s/sdk%s", s->build_dir, s->variant), .assembly = s->model->folder,
	};

	if (!m->folder)
		return arena_format(s->arena, "components/%s", m->elf);
	return stub_build(&plan, s->diagnostics, m->folder, &options);
}

static bool make_native(struct system *s, struct native *n)
{
	const struct model_component *m = n->model;
	struct component_plan plan = {
		.name = m->instance->name,
		.elf = program_of(s, m),
		.compatible = "peervisor,component-1",
		.weight = m->control.cpu_weight,
		.band = m->control.priority < MODEL_VM_PRIORITY ? m->control.priority : MODEL_VM_PRIORITY,
		.priority = m->control.priority,
		.core = m->control.core,
		.heap = m->heap_size,
		.stack = m->control.stack_size,
		.endpoint = !m->folder && provides(m),
	};

	n->component = plan.elf ? component_new(s, &plan) : NULL;
	if (!n->component)
		return false;
	n->component->stack_given = true;
	add_attributes(s, n);
	if (m->folder)
		make_stub_parts(n);
	component_port(n->component, "log", n->component->label);
	return true;
}

static void connect(struct system *s, struct native *all, const struct model_connection *c, uint64_t id)
{
	switch (c->kind) {
	case CONNECTION_CALL: connect_call(all, c); break;
	case CONNECTION_EVENT: connect_event(all, c); break;
	case CONNECTION_MEMORY: connect_memory(s, all, c, id); break;
	case CONNECTION_MMIO: connect_mmio(s, all, c); break;
	case CONNECTION_INTERRUPT: connect_interrupt(s, all, c); break;
	case CONNECTION_TREE: break;
	}
}

bool system_natives(struct system *s)
{
	struct model_component *m;
	const struct model_connection *c;
	size_t n = 0, i;
	struct native *all;
	uint64_t id = 0;

	for (m = s->model->components; m; m = m->next)
		n++;
	all = arena_alloc(s->arena, sizeof(*all) * (n + 1));
	for (m = s->model->components, n = 0; m; m = m->next) {
		if (m->type->hardware)
			continue;
		all[n].model = m;
		if (!make_native(s, &all[n++]))
			return false;
	}
	for (c = s->model->connections; c; c = c->next)
		connect(s, all, c, ++id);
	for (i = 0; i < n; i++)
		component_finish(all[i].component);
	return true;
}
