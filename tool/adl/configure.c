/* SPDX-License-Identifier: BSD-2-Clause */
/* Settings: which instance or connection each is of, and what it refers to. */
#include <string.h>

#include "elaborate.h"

/*
 * `a.b.c = 1;` is attribute c of instance a.b, or attribute b.c of instance a (c of its interface b), or
 * attribute c of connection a.b. True: found.
 */
static bool find_target(struct elaboration *e, const struct scope *s, struct adl_setting *t)
{
	const char *path = t->instance, *dot;
	struct adl_connection *n;
	struct place *p;

	for (; path; path = dot ? arena_copy(e->arena, path, (size_t)(dot - path)) : NULL) {
		p = elaborate_find(e, s, path);
		if (p) {
			if (path != t->instance)
				t->attribute = arena_format(e->arena, "%s.%s",
							    t->instance + strlen(path) + 1,
							    t->attribute);
			t->target = p->instance;
			t->instance = p->instance->name;
			return true;
		}
		dot = strrchr(path, '.');
	}
	n = index_find(&e->file->connections, elaborate_join(e, s->name, t->instance), NULL);
	if (n)
		t->instance = n->name;
	return n != NULL;
}

static void say_unknown(struct elaboration *e, const struct scope *s, const struct adl_setting *t)
{
	const char *near = elaborate_nearest(e, s, t->instance);

	if (near)
		diagnostic_error(e->diagnostics, t->at,
				 "there is no instance '%s'; did you mean "
				 "'%s'?",
				 t->instance, near);
	else
		diagnostic_error(e->diagnostics, t->at,
				 "there is no instance '%s'; add `component "
				 "TYPE %s;` to the composition",
				 t->instance, t->instance);
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

/* All settings are known: there must be something to refer to. */
static void check_source(struct elaboration *e, const struct adl_setting *t)
{
	const struct adl_instance *from = adl_instance(e->file, t->from_instance);

	if (adl_attribute(from->component, t->from_attribute) ||
	    adl_setting(e->file, t->from_instance, t->from_attribute))
		return;
	diagnostic_error(e->diagnostics, t->from_at,
			 "%s has no attribute '%s' to refer to; declare it in component %s",
			 t->from_instance, t->from_attribute, from->component->name);
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
