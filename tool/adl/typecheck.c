/* SPDX-License-Identifier: BSD-2-Clause */
/* Values against the types of their attributes; interfaces against the procedures that there are. */
#include <string.h>

#include "elaborate.h"

static bool one_of(const char *type, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(type, *words) == 0)
			return true;
	return false;
}

/* Integers of C and of the language; anything that ends in _t is one as well. */
static bool integer_type(const char *type)
{
	static const char *const words[] = { "int", "integer", "signed", "unsigned", "char",
		"character", "short", "long", "size_t", NULL };
	const char *last = strrchr(type, ' ');
	size_t n = strlen(type);

	return one_of(last ? last + 1 : type, words) || (n > 2 && strcmp(type + n - 2, "_t") == 0);
}

/* What a value of that type is, in words; NULL: `v` is one, or the type is not checked. */
static const char *mismatch(const char *type, const struct adl_value *v)
{
	static const char *const reals[] = { "float", "double", "real", NULL };
	static const char *const truths[] = { "bool", "boolean", NULL };
	bool whole = v->kind == VALUE_INTEGER || v->kind == VALUE_BOOLEAN;

	if (v->kind == VALUE_QUERY)
		return NULL;
	if (integer_type(type))
		return whole ? NULL : "an integer";
	if (one_of(type, truths))
		return whole ? NULL : "true or false";
	if (one_of(type, reals))
		return whole || v->kind == VALUE_FLOAT ? NULL : "a number";
	if (strcmp(type, "string") == 0)
		return v->kind == VALUE_STRING ? NULL : "a string";
	return NULL;
}

static void check_value(struct elaboration *e, const struct adl_attribute *a,
			const struct adl_value *v, unsigned int depth);

static void check_members(struct elaboration *e, const struct adl_struct *s,
			  const struct adl_value *v, unsigned int depth)
{
	const struct adl_attribute *m;
	struct index given = { 0 };
	struct adl_value *item;

	for (item = v->items; item; item = item->next) {
		index_put(e->arena, &given, item->key, NULL, item);
		m = index_find(&s->member_index, item->key, NULL);
		if (m)
			check_value(e, m, item, depth + 1);
		else
			diagnostic_error(e->diagnostics, item->at,
					 "struct %s has no '%s'; remove it or add it to the struct",
					 s->name, item->key);
	}
	for (m = s->members; m; m = m->next)
		if (!m->value && !index_find(&given, m->name, NULL))
			diagnostic_error(e->diagnostics, v->at,
					 "'%s' of struct %s is missing; add it", m->name, s->name);
}

static void check_one(struct elaboration *e, const struct adl_attribute *a,
		      const struct adl_value *v, unsigned int depth)
{
	const struct adl_struct *s = index_find(&e->file->structs, a->type, NULL);
	const char *wanted = mismatch(a->type, v);

	if (s && v->kind == VALUE_DICT)
		check_members(e, s, v, depth);
	else if (s && v->kind != VALUE_QUERY)
		wanted = "a dictionary";
	if (wanted)
		diagnostic_error(e->diagnostics, v->at,
				 "'%s' is of type %s, but this is %s; write %s", a->name, a->type,
				 adl_kind_name(v->kind), wanted);
}

static void check_value(struct elaboration *e, const struct adl_attribute *a,
			const struct adl_value *v, unsigned int depth)
{
	const struct adl_value *item;

	if (depth > PARSER_DEPTH || v->kind == VALUE_QUERY)
		return;
	if (!a->array) {
		check_one(e, a, v, depth);
		return;
	}
	if (v->kind != VALUE_LIST)
		diagnostic_error(e->diagnostics, v->at,
				 "'%s' is an array, but this is %s; write [ ... ]", a->name,
				 adl_kind_name(v->kind));
	for (item = v->kind == VALUE_LIST ? v->items : NULL; item; item = item->next)
		check_one(e, a, item, depth);
}

/* Once for each component that the assembly has. */
static void check_component(struct elaboration *e, const struct adl_component *c)
{
	const struct adl_attribute *a;
	const struct adl_interface *i;

	for (a = c->attributes; a; a = a->next)
		if (a->value)
			check_value(e, a, a->value, 0);
	for (i = c->interfaces; i; i = i->next)
		if ((i->kind == INTERFACE_USES || i->kind == INTERFACE_PROVIDES) && !c->hardware &&
		    !adl_procedure(e->file, i->type))
			diagnostic_error(e->diagnostics, i->at,
					 "there is no procedure '%s'; define `procedure %s { ... }` "
					 "or import the file that does",
					 i->type, i->type);
}

/* What `<-` leads to; NULL: nothing is set, or it goes round in a circle. */
static const struct adl_value *referred(const struct elaboration *e, const struct adl_setting *s)
{
	const struct adl_attribute *a;
	const struct adl_instance *i;
	const struct adl_setting *next;
	unsigned int depth;

	for (depth = 0; depth < PARSER_DEPTH && !s->value; depth++) {
		next = index_find(&e->file->settings, s->from_instance, s->from_attribute);
		if (!next) {
			i = adl_instance(e->file, s->from_instance);
			a = i ? adl_attribute(i->component, s->from_attribute) : NULL;
			return a ? a->value : NULL;
		}
		s = next;
	}
	return s->value;
}

static void check_reference(struct elaboration *e, const struct adl_attribute *a,
			    const struct adl_setting *s)
{
	const struct adl_value *v = referred(e, s);
	bool good;

	if (!v || v->kind == VALUE_QUERY)
		return;
	if (a->array)
		good = v->kind == VALUE_LIST;
	else if (index_find(&e->file->structs, a->type, NULL))
		good = v->kind == VALUE_DICT;
	else
		good = !mismatch(a->type, v);
	if (!good)
		diagnostic_error(e->diagnostics, s->from_at,
				 "'%s' is of type %s%s, but '%s.%s' is %s; refer to another or change "
				 "the type",
				 a->name, a->type, a->array ? "[]" : "", s->from_instance,
				 s->from_attribute, adl_kind_name(v->kind));
}

void elaborate_types(struct elaboration *e)
{
	const struct adl_component *c;
	const struct adl_attribute *a;
	const struct adl_instance *i;
	const struct adl_setting *s;
	struct index seen = { 0 };

	/* A VM's attributes are the platform's, which takes sizes as texts and says so itself. */
	for (i = e->out.instances; i; i = i->next) {
		c = i->component;
		if (c->vm || index_find(&seen, c->name, NULL))
			continue;
		index_put(e->arena, &seen, c->name, NULL, (void *)(uintptr_t)c);
		check_component(e, c);
	}
	for (s = e->out.settings; s; s = s->next) {
		a = s->target && !s->target->component->vm
			    ? adl_attribute(s->target->component, s->attribute)
			    : NULL;
		if (a && s->value)
			check_value(e, a, s->value, 0);
		else if (a)
			check_reference(e, a, s);
	}
}
