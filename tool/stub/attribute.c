/* SPDX-License-Identifier: BSD-2-Clause */
/* Attributes that are lists or structs: constants in the generated code. Others are read at the start. */
#include <string.h>

#include "../adl/parser.h"
#include "stub.h"

#define PARTS_MAX 10000u	/* of one value, with the defaults of its structs */

static const struct adl_struct *struct_of(const struct adl_file *f, const char *type)
{
	return index_find(&f->structs, type, NULL);
}

/* A type whose constants can be written: no other type of a header, whose form is not known. */
static bool is_known(const struct adl_file *f, const char *type)
{
	return struct_of(f, type) || stub_type(type).kind != STUB_STRUCT;
}

bool stub_constant(const struct adl_file *f, const struct adl_attribute *a)
{
	return (a->array && is_known(f, a->type)) || struct_of(f, a->type);
}

/* ---- what can be written ---- */

/* Structs within it, each once: `seen` has their states. False: one contains itself, or goes too deep. */
static bool check_struct(struct diagnostics *d, struct arena *a, const struct adl_file *f,
			 struct index *seen, const struct adl_struct *s, unsigned int depth)
{
	static char open, done;
	const char *state = index_find(seen, s->name, NULL);
	const struct adl_attribute *m;

	if (state == &done)
		return true;
	if (state == &open || depth > PARSER_DEPTH) {
		diagnostic_error(d, s->at, "struct %s contains itself, or structs are nested deeper than %d; "
				 "make it flatter", s->name, PARSER_DEPTH);
		return false;
	}
	index_put(a, seen, s->name, NULL, &open);
	for (m = s->members; m; m = m->next) {
		if (struct_of(f, m->type) &&
		    !check_struct(d, a, f, seen, struct_of(f, m->type), depth + 1))
			return false;
		if (!is_known(f, m->type))
			diagnostic_error(d, m->at, "'%s' of struct %s is of type %s, which is not known; define "
					 "a struct of that name", m->name, s->name, m->type);
	}
	index_put(a, seen, s->name, NULL, &done);
	return true;
}

/* Counts its parts, defaults too; false: there are too many. */
static bool count_parts(const struct adl_file *f, const char *type, bool array,
			const struct adl_value *v, unsigned int *parts)
{
	const struct adl_struct *s = struct_of(f, type);
	const struct adl_attribute *m;
	const struct adl_value *item;

	if (++*parts > PARTS_MAX)
		return false;
	if (array) {
		for (item = v ? v->items : NULL; item; item = item->next)
			if (!count_parts(f, type, false, item, parts))
				return false;
		return true;
	}
	for (m = s ? s->members : NULL; m; m = m->next) {
		item = v ? adl_key(v, m->name) : NULL;
		if (!count_parts(f, m->type, m->array, item ? item : m->value, parts))
			return false;
	}
	return true;
}

static unsigned int count_of(const struct adl_value *v)
{
	return v && v->kind == VALUE_LIST ? v->count : 0;
}

/* How long each list within a struct is at most: an array in C has one size, of all values. */
static void measure(struct arena *arena, const struct adl_file *f, struct index *lengths,
		    const char *type, bool array, const struct adl_value *v)
{
	const struct adl_struct *s = struct_of(f, type);
	const struct adl_attribute *m;
	const struct adl_value *item;
	unsigned int *most;

	for (item = array && v ? v->items : NULL; item; item = item->next)
		measure(arena, f, lengths, type, false, item);
	for (m = s && !array ? s->members : NULL; m; m = m->next) {
		item = v ? adl_key(v, m->name) : NULL;
		item = item ? item : m->value;
		most = index_find(lengths, s->name, m->name);
		if (!most) {
			most = ARENA_NEW(arena, unsigned int);
			index_put(arena, lengths, s->name, m->name, most);
		}
		if (m->array && count_of(item) > *most)
			*most = count_of(item);
		measure(arena, f, lengths, m->type, m->array, item);
	}
}

static unsigned int length_of(const struct index *lengths, const struct adl_struct *s,
			      const struct adl_attribute *m)
{
	const unsigned int *most = index_find(lengths, s->name, m->name);

	return most ? *most : 0;
}

/* Its parts in C, with what is empty in arrays; stops counting beyond PARTS_MAX. */
static uint64_t c_parts(const struct adl_file *f, const struct index *lengths, const char *type)
{
	const struct adl_struct *s = struct_of(f, type);
	const struct adl_attribute *m;
	uint64_t n = 1, count;

	for (m = s ? s->members : NULL; m && n <= PARTS_MAX; m = m->next) {
		count = m->array ? length_of(lengths, s, m) : 1;
		n += count ? count * c_parts(f, lengths, m->type) : 0;
	}
	return n;
}

static void say_too_large(struct diagnostics *d, const struct adl_attribute *a, const struct adl_value *v)
{
	diagnostic_error(d, v ? v->at : a->at,
			 "'%s' has more than %u parts, with the defaults of its structs and what is empty in "
			 "their arrays; make it smaller", a->name, PARTS_MAX);
}

void stub_check_values(struct diagnostics *d, struct arena *arena, const struct adl_file *f,
		       const struct adl_component *type, const struct adl_value *const *values)
{
	struct index seen = { 0 }, lengths = { 0 };
	const struct adl_attribute *a;
	bool good = true;
	unsigned int parts, i = 0;

	for (a = type->attributes; a && good; a = a->next, i++) {
		parts = 0;
		if (!stub_constant(f, a))
			continue;
		if (struct_of(f, a->type) && !check_struct(d, arena, f, &seen, struct_of(f, a->type), 0))
			return;
		good = count_parts(f, a->type, a->array, values[i], &parts);
		if (good)
			measure(arena, f, &lengths, a->type, a->array, values[i]);
		else
			say_too_large(d, a, values[i]);
	}
	for (a = type->attributes, i = 0; a && good; a = a->next, i++)
		if (stub_constant(f, a) &&
		    c_parts(f, &lengths, a->type) * (a->array ? count_of(values[i]) : 1) > PARTS_MAX)
			say_too_large(d, a, values[i]);
}

/* ---- C ---- */

static const char *c_type(const char *type)
{
	struct stub_type t = stub_type(type);

	return t.kind == STUB_STRING ? "const char *" : t.c;
}

/* Members before the structs that have them; a list is an array and the number of what is in it. */
static void put_struct(FILE *out, const struct stub_plan *plan, struct index *seen,
		       const struct index *lengths, const struct adl_struct *s)
{
	const struct adl_attribute *m;

	if (index_find(seen, s->name, NULL))
		return;
	index_put(plan->arena, seen, s->name, NULL, (void *)(uintptr_t)s);
	for (m = s->members; m; m = m->next)
		if (struct_of(plan->file, m->type))
			put_struct(out, plan, seen, lengths, struct_of(plan->file, m->type));
	fprintf(out, "typedef struct %s {\n", s->name);
	for (m = s->members; m; m = m->next)
		if (m->array)
			fprintf(out, "\t%s %s[%u];\n\tsize_t %s_sz;\n", c_type(m->type), m->name,
				length_of(lengths, s, m), m->name);
		else
			fprintf(out, "\t%s %s;\n", c_type(m->type), m->name);
	fprintf(out, "} %s;\n", s->name);
}

void stub_declare_constants(FILE *out, const struct stub_plan *plan)
{
	const struct adl_attribute *a;
	struct index seen = { 0 }, lengths = { 0 };
	unsigned int i = 0;

	for (a = plan->type->attributes; a; a = a->next)
		if (stub_constant(plan->file, a))
			measure(plan->arena, plan->file, &lengths, a->type, a->array, plan->values[i++]);
		else
			i++;
	for (a = plan->type->attributes, i = 0; a; a = a->next, i++) {
		if (!stub_constant(plan->file, a))
			continue;
		if (struct_of(plan->file, a->type))
			put_struct(out, plan, &seen, &lengths, struct_of(plan->file, a->type));
		if (a->array)
			fprintf(out, "extern %s const %s[%u];\nextern const size_t %s_sz;\n", c_type(a->type),
				a->name, count_of(plan->values[i]), a->name);
		else
			fprintf(out, "extern %s const %s;\n", c_type(a->type), a->name);
	}
}

static void put_text(FILE *out, const char *text)
{
	const unsigned char *p;

	fputc('"', out);
	for (p = (const unsigned char *)text; *p; p++)
		if (*p < 32 || *p > 126 || *p == '"' || *p == '\\' || *p == '?')
			fprintf(out, "\\%03o", *p);
		else
			fputc(*p, out);
	fputc('"', out);
}

static void put_scalar(FILE *out, const char *type, const struct adl_value *v)
{
	if (!v)
		fputs("0", out);
	else if (v->kind == VALUE_STRING)
		put_text(out, v->string);
	else if (v->kind == VALUE_FLOAT)
		fprintf(out, "%a", v->real);
	else
		fprintf(out, "(%s)0x%llxull", c_type(type), (unsigned long long)v->integer);
}

static void put_value(FILE *out, const struct stub_plan *plan, const char *type,
		      const struct adl_value *v);

static void put_list(FILE *out, const struct stub_plan *plan, const char *type,
		     const struct adl_value *v)
{
	const struct adl_value *item;

	fputs("{ ", out);
	for (item = v ? v->items : NULL; item; item = item->next) {
		put_value(out, plan, type, item);
		fputs(item->next ? ", " : " ", out);
	}
	fputs("}", out);
}

static void put_value(FILE *out, const struct stub_plan *plan, const char *type,
		      const struct adl_value *v)
{
	const struct adl_struct *s = struct_of(plan->file, type);
	const struct adl_attribute *m;
	const struct adl_value *item;

	if (!s) {
		put_scalar(out, type, v);
		return;
	}
	fputs("{ ", out);
	for (m = s->members; m; m = m->next) {
		item = v ? adl_key(v, m->name) : NULL;
		item = item ? item : m->value;
		fprintf(out, ".%s = ", m->name);
		if (m->array) {
			put_list(out, plan, m->type, item);
			fprintf(out, ", .%s_sz = %u", m->name, count_of(item));
		} else {
			put_value(out, plan, m->type, item);
		}
		fputs(m->next ? ", " : " ", out);
	}
	fputs("}", out);
}

void stub_define_constants(FILE *out, const struct stub_plan *plan)
{
	const struct adl_attribute *a;
	unsigned int i = 0;

	for (a = plan->type->attributes; a; a = a->next, i++) {
		if (!stub_constant(plan->file, a))
			continue;
		if (a->array) {
			fprintf(out, "%s const %s[%u] = ", c_type(a->type), a->name,
				count_of(plan->values[i]));
			put_list(out, plan, a->type, plan->values[i]);
			fprintf(out, ";\nconst size_t %s_sz = %u;\n", a->name, count_of(plan->values[i]));
		} else {
			fprintf(out, "%s const %s = ", c_type(a->type), a->name);
			put_value(out, plan, a->type, plan->values[i]);
			fputs(";\n", out);
		}
	}
}
