/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes: what the configuration says of an instance. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../adl/nearest.h"
#include "model.h"

#define REFERENCE_DEPTH 32

const struct adl_value *setting_value(const struct model *m, const struct adl_instance *i,
				      const char *attribute)
{
	const struct adl_attribute *own = adl_attribute(i->component, attribute), *a;
	struct adl_setting *s = NULL;
	unsigned int depth;

	for (depth = 0; i && depth < REFERENCE_DEPTH; depth++) {
		s = adl_setting(m->file, i->name, attribute);
		if (!s) {
			a = adl_attribute(i->component, attribute);
			if (!a || !a->value)
				a = own;	/* it refers to nothing: the default stays */
			return a ? a->value : NULL;
		}
		if (s->value)
			return s->value;
		i = adl_instance(m->file, s->from_instance);
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

uint32_t setting_weight(struct model *m, const struct adl_instance *i)
{
	uint64_t weight = MODEL_CPU_WEIGHT;

	if (setting_number(m, i, "cpu_weight", &weight) && (weight < 10 || weight > 1000))
		diagnostic_error(m->diagnostics, setting_value(m, i, "cpu_weight")->at,
				 "the cpu_weight of %s is %llu; it must be from 10 to 1000 (100 is usual)",
				 i->name, (unsigned long long)weight);
	return (uint32_t)weight;
}

uint32_t setting_core(struct model *m, uint64_t core, const struct token *at, const char *who)
{
	if (core >= MODEL_CORES)
		diagnostic_error(m->diagnostics, at,
				 "%s is to run on core %llu; the cores are 0 to %d", who,
				 (unsigned long long)core, MODEL_CORES - 1);
	if (core)
		m->several_cores = true;
	return (uint32_t)core;
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

static void say_unread(struct model *m, const struct adl_setting *s)
{
	struct nearest near = nearest_start(s->attribute, 2);
	const struct adl_attribute *a;
	const char *reason;

	if (m->diagnostics->stopped)
		return;
	if (!s->target) {
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "nobody reads '%s' of connection %s; remove it", s->attribute,
				   s->instance);
		return;
	}
	reason = s->target->component->replaced ? s->target->component->replaced :
		 s->target->component->vm ? adl_unread_reason(s->attribute) :
					    adl_unread_native(s->attribute);
	a = adl_attribute(s->target->component, s->attribute);
	if (reason && !(a && a->at->file[0] == '<')) {	/* not one of the platform's own */
		diagnostic_warning(m->diagnostics, s->attribute_at, "nobody reads '%s' of a %s: %s",
				   s->attribute, s->target->type, reason);
		return;
	}
	if (s->target->dissolved && adl_attribute(s->target->component, s->attribute)) {
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "no part of %s reads '%s'; refer to it in the configuration of "
				   "component %s: PART.ATTRIBUTE <- %s;",
				   s->instance, s->attribute, s->target->type, s->attribute);
		return;
	}
	if (adl_attribute(s->target->component, s->attribute)) {
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "'%s' of %s has no effect beside its other settings; remove it",
				   s->attribute, s->instance);
		return;
	}
	for (a = s->target->component->attributes; a; a = a->next)
		nearest_offer(&near, a->name);
	if (near.best)
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "nobody reads '%s' of a %s; did you "
				   "mean '%s'?",
				   s->attribute, s->target->type, near.best);
	else
		diagnostic_warning(m->diagnostics, s->attribute_at,
				   "nobody reads '%s' of a %s; remove it", s->attribute,
				   s->target->type);
}

/* A native component's own attributes reach it in its configuration. */
static bool is_own(const struct adl_setting *s)
{
	return s->target && !s->target->component->vm && !s->target->dissolved &&
	       adl_attribute(s->target->component, s->attribute);
}

/* After an error not everything was asked for that is otherwise. */
static bool unasked(const struct model *m, const struct adl_setting *s)
{
	return m->diagnostics->errors && s->target &&
	       adl_attribute(s->target->component, s->attribute);
}

/* Of everything else somebody must have asked by now. */
void setting_check(struct model *m)
{
	const struct adl_setting *s;

	for (s = m->file->assembly.settings; s; s = s->next)
		if (!s->value && is_own(s))	/* what it refers to is read by that */
			setting_value(m, s->target, s->attribute);
	for (s = m->file->assembly.settings; s; s = s->next)
		if (!s->read && !is_own(s) && !unasked(m, s))
			say_unread(m, s);
}
