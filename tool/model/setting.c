/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes: what the configuration says of an instance. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define REFERENCE_DEPTH 32

static struct adl_setting *find_setting(const struct model *m, const char *instance,
					      const char *attribute)
{
	struct adl_setting *s;

	for (s = m->file->assembly.settings; s; s = s->next)
		if (s->instance && strcmp(s->attribute, attribute) == 0 &&
		    strcmp(s->instance, instance) == 0)
			return s;
	return NULL;
}

static const struct adl_instance *find_instance(const struct model *m, const char *name)
{
	const struct adl_instance *i;

	for (i = m->file->assembly.instances; i; i = i->next)
		if (strcmp(i->name, name) == 0)
			return i;
	return NULL;
}

static const struct adl_attribute *find_attribute(const struct model *m,
						  const struct adl_instance *i, const char *name)
{
	const struct adl_component *c = adl_component(m->file, i->type);
	const struct adl_attribute *a;

	for (a = c ? c->attributes : NULL; a; a = a->next)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

const struct adl_value *setting_value(const struct model *m, const struct adl_instance *i,
				      const char *attribute)
{
	const struct adl_attribute *a;
	struct adl_setting *s = NULL;
	unsigned int depth;

	for (depth = 0; depth < REFERENCE_DEPTH; depth++) {
		s = find_setting(m, i->name, attribute);
		if (!s) {
			a = find_attribute(m, i, attribute);
			return a ? a->value : NULL;
		}
		if (s->value)
			return s->value;
		i = s->from_instance ? find_instance(m, s->from_instance) : NULL;
		if (!i)
			return NULL;	/* setting_check says so */
		attribute = s->from_attribute;
	}
	if (!s->reported)
		diagnostic_error(m->diagnostics, s->from_at,
				 "'%s.%s' refers to itself; set it to a value", s->instance,
				 s->attribute);
	s->reported = true;
	return NULL;
}

static void wrong_kind(const struct model *m, const struct adl_value *v, const char *name,
		       const char *wanted)
{
	diagnostic_error(m->diagnostics, v->at, "'%s' is %s, but %s is %s; write %s", name, wanted,
			 v->kind == VALUE_STRING ? arena_format(m->arena, "\"%s\"", v->string)
						 : "this",
			 adl_kind_name(v->kind), wanted);
}

const char *setting_string(const struct model *m, const struct adl_instance *i, const char *name)
{
	const struct adl_value *v = setting_value(m, i, name);

	if (!v)
		return NULL;
	if (v->kind == VALUE_STRING)
		return v->string;
	wrong_kind(m, v, name, "a string");
	return NULL;
}

/* Decimal or 0x, then K, M, G or nothing. */
bool setting_parse_size(const char *text, uint64_t *number)
{
	unsigned int shift = 0;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*number = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
	if (errno == ERANGE)
		return false;
	switch (*end) {
	case 'K': case 'k': shift = 10; break;
	case 'M': case 'm': shift = 20; break;
	case 'G': case 'g': shift = 30; break;
	case '\0': return true;
	default: return false;
	}
	if (end[1] == 'i' && end[2] == 'B')
		end += 2;
	else if (end[1] == 'B')
		end++;
	if (end[1] || *number > UINT64_MAX >> shift)
		return false;
	*number <<= shift;
	return true;
}

bool setting_number(const struct model *m, const struct adl_instance *i, const char *name,
		    uint64_t *number)
{
	const struct adl_value *v = setting_value(m, i, name);

	if (!v)
		return false;
	if (v->kind == VALUE_INTEGER && v->integer >= 0) {
		*number = (uint64_t)v->integer;
		return true;
	}
	if (v->kind == VALUE_STRING && setting_parse_size(v->string, number))
		return true;
	if (v->kind == VALUE_STRING || v->kind == VALUE_INTEGER)
		diagnostic_error(m->diagnostics, v->at,
				 "'%s' is not a size; write a number from 0, or a "
				 "text like \"64M\" or \"0x40000000\"",
				 name);
	else
		wrong_kind(m, v, name, "a number");
	return false;
}

bool setting_boolean(const struct model *m, const struct adl_instance *i, const char *name)
{
	const struct adl_value *v = setting_value(m, i, name);

	if (!v)
		return false;
	if (v->kind == VALUE_BOOLEAN || v->kind == VALUE_INTEGER)
		return v->integer != 0;
	wrong_kind(m, v, name, "true or false");
	return false;
}

const struct adl_value *setting_list(const struct model *m, const struct adl_instance *i,
				     const char *name)
{
	const struct adl_value *v = setting_value(m, i, name);

	if (!v || v->kind == VALUE_LIST)
		return v;
	wrong_kind(m, v, name, "a list");
	return NULL;
}

/* The nearest known name, if it is near enough to be a slip of the finger; else NULL. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[64], i, j, above, left, n = (unsigned int)strlen(b);

	if (n >= 63)
		return 99;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		above = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			left = row[j - 1] + 1;
			left = left < row[j] + 1 ? left : row[j] + 1;
			above += a[i - 1] != b[j - 1];
			left = left < above ? left : above;
			above = row[j];
			row[j] = left;
		}
	}
	return row[n];
}

static const char *nearest_attribute(const struct adl_component *c, const char *name)
{
	const struct adl_attribute *a;
	const char *best = NULL;
	unsigned int d, least = 3;

	for (a = c->attributes; a; a = a->next) {
		d = distance(name, a->name);
		if (d < least) {
			least = d;
			best = a->name;
		}
	}
	return best;
}

static const char *nearest_instance(const struct model *m, const char *name)
{
	const struct adl_instance *i;
	const char *best = NULL;
	unsigned int d, least = 4;

	for (i = m->file->assembly.instances; i; i = i->next) {
		d = distance(name, i->name);
		if (d < least) {
			least = d;
			best = i->name;
		}
	}
	return best;
}

static void check_attribute(struct model *m, const struct adl_setting *s,
			    const struct adl_instance *i)
{
	static const char *const natives[] = { "priority", "_priority", "heap_size", "_stack_size",
		"_domain", "affinity" };
	const struct adl_component *c = adl_component(m->file, i->type);
	const char *near;
	size_t n;

	if (!c || find_attribute(m, i, s->attribute))
		return;
	for (n = 0; strcmp(i->type, "VM") != 0 && n < sizeof(natives) / sizeof(*natives); n++)
		if (strcmp(natives[n], s->attribute) == 0)
			return;
	near = nearest_attribute(c, s->attribute);
	if (near)
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "nobody reads '%s' of a %s; did you "
				   "mean '%s'?",
				   s->attribute, i->type, near);
	else
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "nobody reads '%s' of a %s; remove it", s->attribute, i->type);
}

static void check_reference(struct model *m, const struct adl_setting *s)
{
	if (s->value)
		return;
	if (!s->from_instance || !find_instance(m, s->from_instance))
		diagnostic_error(m->diagnostics, s->from_at,
				 "there is no instance '%s'; write <- "
				 "INSTANCE.ATTRIBUTE",
				 s->from_instance ? s->from_instance : s->from_attribute);
}

void setting_check(struct model *m)
{
	const struct adl_setting *s, *first;
	const struct adl_instance *i;
	const char *near;

	for (s = m->file->assembly.settings; s; s = s->next) {
		if (!s->instance) {
			diagnostic_warning(m->diagnostics, s->at,
					   "nobody reads '%s' of the assembly; write "
					   "INSTANCE.ATTRIBUTE = VALUE",
					   s->attribute);
			continue;
		}
		i = find_instance(m, s->instance);
		near = i ? NULL : nearest_instance(m, s->instance);
		if (!i && near)
			diagnostic_error(m->diagnostics, s->at,
					 "there is no instance '%s'; did you mean "
					 "'%s'?",
					 s->instance, near);
		else if (!i)
			diagnostic_error(m->diagnostics, s->at,
					 "there is no instance '%s'; add `component "
					 "TYPE %s;` to the composition",
					 s->instance, s->instance);
		if (!i)
			continue;
		first = find_setting(m, s->instance, s->attribute);
		if (first != s)
			diagnostic_error(m->diagnostics, s->attribute_at,
					 "'%s.%s' is set already (line %u); "
					 "remove one",
					 s->instance, s->attribute, first->attribute_at->line);
		check_attribute(m, s, i);
		check_reference(m, s);
	}
}
