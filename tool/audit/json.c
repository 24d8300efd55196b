/* SPDX-License-Identifier: BSD-2-Clause */
/* The same answers for programs. */
#include <string.h>

#include "../model/model.h"
#include "audit.h"

void audit_json_string(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if ((unsigned char)*text < 0x20)
			fprintf(out, "\\u%04x", (unsigned int)(unsigned char)*text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

/* The comma before all but the first. */
static void next(FILE *out, bool *first)
{
	fputs(*first ? "" : ", ", out);
	*first = false;
}

static void key(FILE *out, const char *name)
{
	fprintf(out, ", \"%s\": [", name);
}

static void json_memory(const struct audit *a, uint32_t part, enum audit_kind kind, FILE *out)
{
	bool first = true;
	unsigned int access;
	uint32_t o;

	for (o = 0; o < a->num_objects; o++) {
		access = audit_access(a, part, o) & AUDIT_MEMORY;
		if (!access || audit_kind(a, o) != kind)
			continue;
		next(out, &first);
		fputs("{\"name\": ", out);
		audit_json_string(out, audit_name(a, o));
		fprintf(out, ", \"rights\": \"%s\", \"size\": %llu", audit_rights(access),
			(unsigned long long)audit_size(a, o));
		if (a->distribution->objects[o].paddr != CAPDL_ANY)
			fprintf(out, ", \"paddr\": %llu", (unsigned long long)a->distribution->objects[o].paddr);
		fputc('}', out);
	}
}

static void json_peers(const struct audit *a, uint32_t part, enum capdl_object_type type, FILE *out)
{
	bool first = true;
	uint32_t other, o;

	for (other = 0; other < a->num_parts; other++)
		for (o = 0; o < a->num_objects; o++)
			if (a->distribution->objects[o].type == type &&
			    audit_access(a, part, o) & AUDIT_SEND &&
			    audit_access(a, other, o) & AUDIT_RECEIVE) {
				next(out, &first);
				audit_json_string(out, a->parts[other].name);
				break;
			}
}

static void json_interrupts(const struct audit *a, uint32_t part, FILE *out)
{
	bool first = true;
	uint32_t o;

	for (o = 0; o < a->num_objects; o++)
		if (a->distribution->objects[o].type == CAPDL_IRQ &&
		    (audit_interrupted(a, part, o) || audit_access(a, part, o))) {
			next(out, &first);
			fprintf(out, "%u", a->distribution->objects[o].size);
		}
}

/* A server has no weight: whom it serves pays. */
static void json_cpu(const struct audit *a, uint32_t part, FILE *out)
{
	bool first = true;
	struct audit_cpu cpu;
	uint32_t core;

	key(out, "cpu");
	for (core = 0; core < MODEL_CORES; core++) {
		if (!audit_cpu(a, part, core, &cpu))
			continue;
		next(out, &first);
		fprintf(out, "{\"core\": %u, \"server\": %s", core, cpu.server ? "true" : "false");
		if (!cpu.server)
			fprintf(out, ", \"priority\": %u, \"weight\": %u, \"weights\": %u", cpu.band, cpu.weight,
				cpu.weights);
		fputc('}', out);
	}
	fputc(']', out);
}

static void json_part(const struct audit *a, uint32_t part, FILE *out)
{
	bool first = true;
	uint32_t other;

	fputs("{\"name\": ", out);
	audit_json_string(out, a->parts[part].name);
	fprintf(out, ", \"guest\": %s, \"threads\": %u, \"dma\": %s",
		a->parts[part].guest ? "true" : "false", a->parts[part].threads,
		a->parts[part].dma != CAPDL_NONE ? "true" : "false");
	json_cpu(a, part, out);
	key(out, "memory");
	json_memory(a, part, AUDIT_RAM, out);
	fputc(']', out);
	key(out, "devices");
	json_memory(a, part, AUDIT_DEVICE, out);
	fputc(']', out);
	key(out, "interrupts");
	json_interrupts(a, part, out);
	fputc(']', out);
	key(out, "calls");
	json_peers(a, part, CAPDL_ENDPOINT, out);
	fputc(']', out);
	key(out, "signals");
	json_peers(a, part, CAPDL_NOTIFICATION, out);
	fputc(']', out);
	key(out, "controls");
	for (other = 0; other < a->num_parts; other++)
		if (audit_controls(a, part, other)) {
			next(out, &first);
			audit_json_string(out, a->parts[other].name);
		}
	fputs("]}", out);
}

int audit_json_report(const struct audit *a, FILE *out)
{
	uint32_t part;

	fputs("{\"smmu\": false, \"parts\": [\n", out);
	for (part = 0; part < a->num_parts; part++) {
		json_part(a, part, out);
		fputs(part + 1 < a->num_parts ? ",\n" : "\n", out);
	}
	fputs("]}\n", out);
	return 0;
}

/* Each part that falls, as it is in the report: the attacker has the sum. */
int audit_json_taken_over(const struct audit *a, uint32_t part, FILE *out)
{
	bool *taken = arena_alloc(a->arena, a->num_parts), first = true, dma = false;
	uint32_t i;

	audit_taken(a, part, taken);
	fputs("{\"taken_over\": ", out);
	audit_json_string(out, a->parts[part].name);
	fputs(", \"gained\": [\n", out);
	for (i = 0; i < a->num_parts; i++)
		if (taken[i]) {
			next(out, &first);
			json_part(a, i, out);
			dma = dma || a->parts[i].dma != CAPDL_NONE;
		}
	fprintf(out, "],\n\"all_memory_by_dma\": %s}\n", dma ? "true" : "false");
	return 0;
}

int audit_json_share(const struct audit *a, uint32_t one, uint32_t other, FILE *out)
{
	unsigned int rights[2];
	bool first = true;
	uint32_t o, i;

	fputs("[", out);
	for (o = 0; o < a->num_objects; o++) {
		rights[0] = rights[1] = 0;
		for (i = 0; i < a->num_parts; i++) {
			bool tied = a->parts[one].domain == a->parts[other].domain;

			if (tied ? i == one : a->parts[i].domain == a->parts[one].domain)
				rights[0] |= audit_access(a, i, o) & AUDIT_MEMORY;
			if (tied ? i == other : a->parts[i].domain == a->parts[other].domain)
				rights[1] |= audit_access(a, i, o) & AUDIT_MEMORY;
		}
		if (!rights[0] || !rights[1] || audit_banked(a, o))
			continue;
		next(out, &first);
		fputs("{\"name\": ", out);
		audit_json_string(out, audit_name(a, o));
		fprintf(out, ", \"size\": %llu, \"rights\": [\"%s\", \"%s\"]}",
			(unsigned long long)audit_size(a, o), audit_rights(rights[0]), audit_rights(rights[1]));
	}
	fputs("]\n", out);
	return 0;
}
