/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The attack surface of a system in two tables: by what each part can be reached, and what an attacker
 * has who has taken over a guest, with an SMMU and without one. Rows are made once, then printed as
 * text or for programs.
 */
#include <string.h>

#include "audit.h"

struct row {
	const char *part;
	const char *other;	/* who reaches it; what is gained */
	const char *how;	/* by what; with an SMMU */
	const char *here;	/* without one; NULL in the first table */
};

struct surface {
	const struct audit *a;
	struct row *rows;
	size_t count, room;
};

static void add_row(struct surface *s, const char *part, const char *other, const char *how, const char *here)
{
	s->rows = arena_grow(s->a->arena, s->rows, s->count, &s->room, sizeof(*s->rows));
	s->rows[s->count++] = (struct row){ part, other, how, here };
}

static const char *append(const struct audit *a, const char *list, const char *what)
{
	return arena_format(a->arena, "%s%s%s", list, *list ? ", " : "", what);
}

static bool sends(const struct audit *a, uint32_t from, uint32_t to, enum capdl_object_type type)
{
	uint32_t o;

	for (o = 0; o < a->num_objects; o++)
		if (a->distribution->objects[o].type == type && audit_access(a, from, o) & AUDIT_SEND &&
		    audit_access(a, to, o) & AUDIT_RECEIVE)
			return true;
	return false;
}

/* Memory that one writes and the other reads; "" if there is none. */
static const char *written(const struct audit *a, uint32_t from, uint32_t to)
{
	const char *list = "";
	uint32_t o;

	for (o = 0; o < a->num_objects; o++)
		if (audit_access(a, from, o) & AUDIT_WRITE && !audit_banked(a, o) &&
		    audit_access(a, to, o) & (AUDIT_READ | AUDIT_EXECUTE))
			list = append(a, list, audit_name(a, o));
	return list;
}

static void reach(struct surface *s, uint32_t from, uint32_t to)
{
	const struct audit *a = s->a;
	const char *how = "", *memory = written(a, from, to);

	if (audit_controls(a, from, to))
		how = append(a, how, "controls its threads");
	if (sends(a, from, to, CAPDL_ENDPOINT))
		how = append(a, how, a->parts[from].guest ? "faults, hypercalls" : "calls");
	if (sends(a, from, to, CAPDL_NOTIFICATION))
		how = append(a, how, "signals");
	if (*memory)
		how = append(a, how, arena_format(a->arena, "writes %s", memory));
	if (*how)
		add_row(s, a->parts[to].name, a->parts[from].name, how, NULL);
}

/* What a device says is input, too. */
static void reach_by_devices(struct surface *s, uint32_t part)
{
	const struct audit *a = s->a;
	uint32_t o;

	for (o = 0; o < a->num_objects; o++) {
		if (audit_kind(a, o) == AUDIT_DEVICE && !audit_banked(a, o) &&
		    audit_access(a, part, o) & AUDIT_READ)
			add_row(s, a->parts[part].name, audit_name(a, o), "registers of a device", NULL);
		if (a->distribution->objects[o].type == CAPDL_IRQ && audit_interrupted(a, part, o))
			add_row(s, a->parts[part].name, audit_name(a, o), "interrupts", NULL);
	}
}

static void find_ways(struct surface *s)
{
	const struct audit *a = s->a;
	uint32_t to, from;

	for (from = 0; from < a->num_parts; from++)
		add_row(s, "the kernel", a->parts[from].name,
			a->parts[from].guest ? "traps, hypercalls" : "system calls", NULL);
	for (to = 0; to < a->num_parts; to++) {
		for (from = 0; from < a->num_parts; from++)
			if (from != to)
				reach(s, from, to);
		reach_by_devices(s, to);
	}
}

/* Whether a part of another domain reaches the object. */
static bool is_shared(const struct audit *a, uint32_t part, uint32_t object)
{
	uint32_t i;

	for (i = 0; i < a->num_parts; i++)
		if (a->parts[i].domain != a->parts[part].domain && audit_access(a, i, object) & AUDIT_MEMORY)
			return true;
	return false;
}

static void gains(struct surface *s, uint32_t part)
{
	const struct audit *a = s->a;
	enum audit_kind kind;
	unsigned int access;
	bool shared;
	uint32_t o;

	for (o = 0; o < a->num_objects; o++) {
		access = audit_access(a, part, o) & AUDIT_MEMORY;
		kind = audit_kind(a, o);
		shared = is_shared(a, part, o);
		if (access && !audit_banked(a, o) && (kind == AUDIT_DEVICE || shared))
			add_row(s, a->parts[part].name, audit_name(a, o), audit_rights(access),
				audit_rights(access | (a->parts[part].dma != CAPDL_NONE && kind == AUDIT_RAM ?
						       AUDIT_READ | AUDIT_WRITE : 0u)));
	}
}

/* The sum of what a domain reaches of a kind and the part does not. */
static uint64_t private_size(const struct audit *a, uint32_t part, uint32_t domain, enum audit_kind kind)
{
	uint64_t size = 0;
	uint32_t o, i;

	for (o = 0; o < a->num_objects; o++) {
		if (audit_kind(a, o) != kind || audit_banked(a, o) || audit_access(a, part, o) & AUDIT_MEMORY)
			continue;
		for (i = 0; i < a->num_parts; i++)
			if (a->parts[i].domain == domain && audit_access(a, i, o) & AUDIT_MEMORY)
				break;
		size += i < a->num_parts ? audit_size(a, o) : 0;
	}
	return size;
}

/* Sums need not be exact to the page. */
static const char *about(const struct audit *a, uint64_t size)
{
	return audit_bytes(a->arena, size < 16u << 20 ? size : (size + (1u << 20) - 1) & ~((1ull << 20) - 1));
}

/* What a domain is called: by its guest, if it has one. */
static const char *domain_name(const struct audit *a, uint32_t domain)
{
	uint32_t i;

	for (i = 0; i < a->num_parts; i++)
		if (a->parts[i].domain == domain && a->parts[i].guest)
			return a->parts[i].name;
	return a->parts[domain].name;
}

static void keeps_closed(struct surface *s, uint32_t part)
{
	const struct audit *a = s->a;
	const char *here = a->parts[part].dma != CAPDL_NONE ? "rw- by DMA" : "closed", *name;
	uint32_t other;
	uint64_t size;

	for (other = 0; other < a->num_parts; other++) {
		if (a->parts[other].domain != other || other == a->parts[part].domain)
			continue;
		name = domain_name(a, other);
		size = private_size(a, part, other, AUDIT_RAM);
		if (size)
			add_row(s, a->parts[part].name, arena_format(a->arena, "other memory of %s, %s", name,
				about(a, size)), "closed", here);
		if (private_size(a, part, other, AUDIT_DEVICE))
			add_row(s, a->parts[part].name, arena_format(a->arena, "devices of %s", name), "closed",
				"closed");
	}
	add_row(s, a->parts[part].name, "memory of its monitor and of the kernel", "closed", here);
}

static int column(const struct surface *s, bool second, const char *head)
{
	size_t width = strlen(head), i, n;

	for (i = 0; i < s->count; i++) {
		n = strlen(second ? s->rows[i].other : s->rows[i].part);
		width = n > width ? n : width;
	}
	return (int)width;
}

/* A part's name stands before its first row only. */
static void print_rows(const struct surface *s, const char *const *heads, FILE *out)
{
	int one = column(s, false, heads[0]), two = column(s, true, heads[1]);
	const char *before = "";
	const struct row *r;

	fprintf(out, "%-*s  %-*s  %-9s%s%s\n", one, heads[0], two, heads[1], heads[2], heads[3] ? "  " : "",
		heads[3] ? heads[3] : "");
	for (r = s->rows; r < s->rows + s->count; r++) {
		fprintf(out, "%-*s  %-*s  ", one, strcmp(before, r->part) ? r->part : "", two, r->other);
		fprintf(out, r->here ? "%-9s  %s\n" : "%s\n", r->how, r->here);
		before = r->part;
	}
}

static void json_rows(const struct surface *s, const char *const *keys, FILE *out)
{
	const struct row *r;
	const char *values[4];
	unsigned int i;

	for (r = s->rows; r < s->rows + s->count; r++) {
		values[0] = r->part;
		values[1] = r->other;
		values[2] = r->how;
		values[3] = r->here;
		fputs(r == s->rows ? "\n  {" : ",\n  {", out);
		for (i = 0; i < 4 && values[i]; i++) {
			fprintf(out, "%s\"%s\": ", i ? ", " : "", keys[i]);
			audit_json_string(out, values[i]);
		}
		fputc('}', out);
	}
	fputc(']', out);
}

int audit_surface(const struct audit *a, bool json, FILE *out)
{
	static const char *const heads[][4] = { { "PART", "REACHED BY", "HOW", NULL },
						{ "TAKEN OVER", "AN ATTACKER HAS", "WITH SMMU", "HERE (NO SMMU)" } };
	static const char *const keys[][4] = { { "part", "by", "how", NULL },
					       { "taken_over", "what", "with_smmu", "here" } };
	struct surface ways = { .a = a }, falls = { .a = a };
	uint32_t part;

	find_ways(&ways);
	for (part = 0; part < a->num_parts; part++) {
		if (!a->parts[part].guest)
			continue;
		gains(&falls, part);
		keeps_closed(&falls, part);
	}
	if (json) {
		fputs("{\"reached\": [", out);
		json_rows(&ways, keys[0], out);
		fputs(",\n\"taken_over\": [", out);
		json_rows(&falls, keys[1], out);
		fputs("}\n", out);
		return 0;
	}
	print_rows(&ways, heads[0], out);
	if (!falls.count)
		return 0;
	fputc('\n', out);
	print_rows(&falls, heads[1], out);
	return 0;
}
