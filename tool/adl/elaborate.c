/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instances. A compound component gives way to what it is made of: its instances get its name and a dot
 * before their own, and its exported interfaces stand for theirs. It stays an instance itself only as
 * far as it has interfaces of its own.
 */
#include "elaborate.h"

#include <string.h>

#include "nearest.h"

#define COMPOUND_DEPTH 32
#define INTERFACES_MAX 500000u
#define INSTANCES_MAX 20000u	/* a component of two of a component of two ... has no other end */

const char *elaborate_join(struct elaboration *e, const char *path, const char *word)
{
	return path ? arena_format(e->arena, "%s.%s", path, word) : word;
}

struct place *elaborate_find(struct elaboration *e, const struct scope *s, const char *path)
{
	return path ? index_find(&e->places, elaborate_join(e, s->path, path), NULL) : NULL;
}

const struct adl_export *elaborate_export(const struct elaboration *e, const struct scope *inside,
					  const char *name)
{
	return index_find(&e->exports, inside->owner->name, name);
}

const char *elaborate_nearest(struct elaboration *e, const struct scope *s, const char *name)
{
	struct nearest near = nearest_start(name, 3);
	const struct adl_instance *i;
	const struct scope *o;
	const char *path;

	for (o = e->scopes; o && !e->diagnostics->stopped; o = o->next) {
		for (i = o->owner == s->owner ? o->body->instances : NULL; i; i = i->next) {
			path = i->group ? arena_format(e->arena, "%s.%s", i->group, i->name)
					: i->name;
			if (i->group && strcmp(i->name, name) == 0)
				return path;
			nearest_offer(&near, path);
		}
	}
	return near.best;
}

static struct scope *add_scope(struct elaboration *e, const struct scope *from)
{
	struct scope *s = ARENA_NEW(e->arena, struct scope);
	struct adl_export *x;

	*s = *from;
	s->next = NULL;
	for (x = s->owner ? s->body->exports : NULL; x; x = x->next)
		index_put(e->arena, &e->exports, s->owner->name, x->name, x);
	*e->scopes_end = s;
	e->scopes_end = &s->next;
	return s;
}

static bool has_own_part(const struct elaboration *e, const struct place *p)
{
	const struct adl_component *c = p->instance->component;
	const struct adl_interface *i;

	if (!p->inside || c->control)
		return true;
	for (i = c->interfaces; i; i = i->next)
		if (!elaborate_export(e, p->inside, i->name))
			return true;
	return false;
}

static const struct adl_component *component_of(struct elaboration *e, const struct adl_instance *i)
{
	const struct adl_component *c = i->component ? i->component : adl_component(e->file, i->type);
	const char *init = i->implied ? arena_format(e->arena, "Init%s", i->name + 2) : NULL;

	if (init && adl_component(e->file, init))	/* vm0 is an Init0 where the file has one */
		c = adl_component(e->file, init);
	if (!c)
		diagnostic_error(e->diagnostics, i->type_at,
				 "'%s' is no component; define `component %s { "
				 "... }` or import it",
				 i->type, i->type);
	return c;
}

static bool contains_itself(struct elaboration *e, const struct scope *s, const struct adl_instance *i,
			    const struct adl_component *c)
{
	unsigned int depth = 0;

	for (; s; s = s->outer) {
		if (++depth > COMPOUND_DEPTH) {
			diagnostic_error(e->diagnostics, i->at,
					 "compound components are nested deeper than %d; make it "
					 "flatter",
					 COMPOUND_DEPTH);
			return true;
		}
		if (s->owner && s->owner->component == c) {
			diagnostic_error(e->diagnostics, i->at,
					 "component %s contains itself; a compound is made of "
					 "other components",
					 c->name);
			return true;
		}
	}
	return false;
}

static bool name_taken(struct elaboration *e, const char *name, const struct adl_instance *i)
{
	struct adl_instance *first = adl_instance(e->file, name);

	if (!first)
		return false;
	if (!first->implied && !i->implied)
		diagnostic_error(e->diagnostics, i->at,
				 "there is an instance '%s' already (line "
				 "%u); give one another name",
				 name, first->at->line);
	first->implied = false;
	return true;
}

static bool too_many(struct elaboration *e, const struct adl_instance *i,
		     const struct adl_component *c)
{
	unsigned int before = e->instances;

	e->interfaces += c->interface_count;
	if (++e->instances <= INSTANCES_MAX && e->interfaces <= INTERFACES_MAX)
		return false;
	e->instances = INSTANCES_MAX + 1;	/* the end of it */
	if (before <= INSTANCES_MAX)
		diagnostic_error(e->diagnostics, i->at,
				 "more than %u instances or %u interfaces; look for compounds "
				 "that multiply",
				 INSTANCES_MAX, INTERFACES_MAX);
	return true;
}

static void expand(struct elaboration *e, struct scope *s);

static void add_instance(struct elaboration *e, struct scope *s, const struct adl_instance *from)
{
	const struct adl_component *c = component_of(e, from);
	struct adl_instance *i;
	struct place *p;
	struct scope inside = { .outer = s };

	if (!c || contains_itself(e, s, from, c) ||
	    name_taken(e, elaborate_join(e, s->name, from->name), from))
		return;
	if (too_many(e, from, c))
		return;
	i = ARENA_NEW(e->arena, struct adl_instance);
	*i = *from;
	i->next = NULL;
	i->component = c;
	i->name = elaborate_join(e, s->name, from->name);
	index_put(e->arena, &e->file->instances, i->name, NULL, i);
	p = ARENA_NEW(e->arena, struct place);
	p->instance = i;
	inside.path = elaborate_join(e, s->path, from->group ? arena_format(e->arena, "%s.%s",
									   from->group, from->name)
							     : from->name);
	index_put(e->arena, &e->places, inside.path, NULL, p);
	if (c->composition) {
		inside.owner = i;
		inside.body = c->composition;
		inside.name = i->name;
		p->inside = add_scope(e, &inside);
		expand(e, p->inside);
	}
	i->dissolved = !has_own_part(e, p);
	if (!i->dissolved && !c->replaced)
		APPEND(e->out.instances, i);
}

/* `composition NAME;` */
static void take_in(struct elaboration *e, const struct scope *s, const struct adl_include *n)
{
	struct scope more = *s;

	more.body = index_find(&e->file->compositions, n->name, NULL);
	if (!more.body) {
		diagnostic_error(e->diagnostics, n->at,
				 "there is no block '%s'; define `composition %s { ... }` "
				 "or `configuration %s { ... }` outside the assembly",
				 n->name, n->name, n->name);
		return;
	}
	expand(e, add_scope(e, &more));
}

/* The composition's instances, and those of what it takes in by name. */
static void expand(struct elaboration *e, struct scope *s)
{
	const struct adl_instance *i;
	const struct adl_include *n;

	for (n = s->body->includes; n && e->diagnostics->errors == 0; n = n->next)
		take_in(e, s, n);
	for (i = s->body->instances; i && e->instances <= INSTANCES_MAX; i = i->next)
		add_instance(e, s, i);
}

/* VIRTIO_COMPOSITION_DEF(a, b) in a compound means the compound's own vm_a and vm_b. */
static const struct adl_instance *own_vm(struct elaboration *e, const struct scope *s,
					 const char *word)
{
	const char *name = arena_format(e->arena, "vm_%s", word);
	struct place *p = elaborate_find(e, s, name);

	if (!p)
		p = elaborate_find(e, s, arena_format(e->arena, "vm%s", word));
	return p ? p->instance : NULL;
}

static void add_virtio(struct elaboration *e)
{
	const struct adl_virtio *from;
	const struct scope *s;
	struct adl_virtio *v;

	for (s = e->scopes; s; s = s->next)
		for (from = s->body->virtio; from; from = from->next) {
			v = ARENA_NEW(e->arena, struct adl_virtio);
			*v = *from;
			v->next = NULL;
			if (s->owner) {
				v->device_vm = own_vm(e, s, v->device);
				v->driver_vm = own_vm(e, s, v->driver);
			}
			APPEND(e->out.virtio, v);
		}
}

void elaborate(struct arena *a, struct diagnostics *d, struct adl_file *f)
{
	struct elaboration e = { .arena = a, .diagnostics = d, .file = f };
	const struct adl_composition written = f->assembly;
	struct scope top = { .body = &written };

	composition_init(&e.out);
	e.scopes_end = &e.scopes;
	expand(&e, add_scope(&e, &top));
	if (!e.instances && d->errors == 0 && f->assembly_at)
		diagnostic_error(d, f->assembly_at,
				 "the assembly has no component; add "
				 "`component VM vm_name;` to its composition");
	if (d->errors == 0) {
		add_virtio(&e);
		elaborate_connections(&e);
		elaborate_vm_links(&e);
		elaborate_settings(&e);
		elaborate_projects(&e);
		elaborate_types(&e);
	}
	f->assembly = e.out;
}

struct adl_component *adl_component(const struct adl_file *f, const char *name)
{
	return index_find(&f->components, name, NULL);
}

struct adl_connector *adl_connector(const struct adl_file *f, const char *name)
{
	return index_find(&f->connectors, name, NULL);
}

struct adl_procedure *adl_procedure(const struct adl_file *f, const char *name)
{
	return index_find(&f->procedures, name, NULL);
}

struct adl_instance *adl_instance(const struct adl_file *f, const char *name)
{
	return index_find(&f->instances, name, NULL);
}

struct adl_setting *adl_setting(const struct adl_file *f, const char *name, const char *attribute)
{
	struct adl_setting *s = index_find(&f->settings, name, attribute);

	if (s)
		s->read = true;
	return s;
}

const struct adl_attribute *adl_attribute(const struct adl_component *c, const char *name)
{
	return index_find(&c->attribute_index, name, NULL);
}

const struct adl_interface *adl_interface(const struct adl_component *c, const char *name)
{
	return index_find(&c->interface_index, name, NULL);
}
