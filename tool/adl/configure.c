/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings: which instance or connection each is of, and what it refers to. */
#include <string.h>

#include "elaborate.h"

/* Attribute `a` of `rest`: of an interface it is the component's attribute rest_a. */
static void set_target(struct elaboration *e, struct adl_setting *t, const struct adl_instance *i,
		       const char *rest)
{
	const char *form = adl_interface(i->component, rest) ? "%s_%s" : "%s.%s";

	if (*rest)
		t->attribute = arena_format(e->arena, form, rest, t->attribute);
	t->target = i;
	t->instance = i->name;
}

/*
 * `a.b.c = 1;` is attribute c of instance a.b, or of interface b of instance a, or of connection a.b; in a
 * compound `b.c = 1;` may be of its own interface b. True: found.
 */
static bool find_target(struct elaboration *e, const struct scope *s, struct adl_setting *t)
{
	const char *path = t->instance, *dot;
	struct adl_connection *n;
	struct place *p;

	for (; path; path = dot ? arena_copy(e->arena, path, (size_t)(dot - path)) : NULL) {
		p = elaborate_find(e, s, path);
		if (p) {
			set_target(e, t, p->instance,
				   path == t->instance ? "" : t->instance + strlen(path) + 1);
			return true;
		}
		dot = strrchr(path, '.');
	}
	if (s->owner && adl_interface(s->owner->component, t->instance)) {
		set_target(e, t, s->owner, t->instance);
		return true;
	}
	n = index_find(&e->file->connections, elaborate_join(e, s->name, t->instance), NULL);
	if (n)
		t->instance = n->name;
	return n != NULL;
}

/* No error: files set attributes of what another composition would have. */
static void say_unknown(struct elaboration *e, const struct scope *s, const struct adl_setting *t)
{
	const char *near = elaborate_nearest(e, s, t->instance);

	if (near)
		diagnostic_warning(e->diagnostics, t->at,
				   "nobody reads '%s': there is no instance '%s'; did you mean '%s'?",
				   t->attribute, t->instance, near);
	else
		diagnostic_warning(e->diagnostics, t->at,
				   "nobody reads '%s': there is no instance '%s'; add `component "
				   "TYPE %s;` to the composition",
				   t->attribute, t->instance, t->instance);
}

/* `<- name` in a compound is its own attribute, `<- a.b` that of an instance. */
static void find_source(struct elaboration *e, const struct scope *s, struct adl_setting *t)
{
	struct place *p = elaborate_find(e, s, t->from_instance);
	const struct adl_instance *from = p ? p->instance : t->from_instance ? NULL : s->owner;

	if (!from) {
		diagnostic_error(e->diagnostics, t->from_at,
				 "there is no instance '%s'; write <- "
				 "INSTANCE.ATTRIBUTE",
				 t->from_instance ? t->from_instance : t->from_attribute);
		return;
	}
	t->from_instance = from->name;
}

/* All settings are known: there should be something to refer to. */
static void check_source(struct elaboration *e, const struct adl_setting *t)
{
	const struct adl_instance *from = adl_instance(e->file, t->from_instance);

	if (adl_attribute(from->component, t->from_attribute) ||
	    adl_setting(e->file, t->from_instance, t->from_attribute))
		return;
	diagnostic_warning(e->diagnostics, t->from_at,
			   "nothing sets '%s.%s', which %s has not either: '%s' keeps its default; declare "
			   "it in component %s",
			   t->from_instance, t->from_attribute, from->type, t->attribute,
			   from->component->name);
}

static void add_setting(struct elaboration *e, const struct scope *s, const struct adl_setting *from)
{
	struct adl_setting *t = ARENA_NEW(e->arena, struct adl_setting), *first;

	*t = *from;
	t->next = NULL;
	if (!t->instance) {
		diagnostic_warning(e->diagnostics, t->at,
				   "nobody reads '%s' of the assembly; write "
				   "INSTANCE.ATTRIBUTE = VALUE",
				   t->attribute);
		return;
	}
	if (!find_target(e, s, t)) {
		say_unknown(e, s, t);
		return;
	}
	first = index_find(&e->file->settings, t->instance, t->attribute);
	if (first) {
		diagnostic_error(e->diagnostics, t->attribute_at,
				 "'%s.%s' is set already (line %u); "
				 "remove one",
				 t->instance, t->attribute, first->attribute_at->line);
		return;
	}
	index_put(e->arena, &e->file->settings, t->instance, t->attribute, t);
	if (!t->value)
		find_source(e, s, t);
	APPEND(e->out.settings, t);
}

void elaborate_settings(struct elaboration *e)
{
	const struct adl_setting *t;
	const struct scope *s;

	for (s = e->scopes; s; s = s->next)
		for (t = s->body->settings; t; t = t->next)
			add_setting(e, s, t);
	for (t = e->out.settings; t && e->diagnostics->errors == 0; t = t->next)
		if (!t->value)
			check_source(e, t);
}
