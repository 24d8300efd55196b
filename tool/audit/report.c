/* SPDX-License-Identifier: BSD-2-Clause */
/* Each part with all it can do. */
#include <string.h>

#include "../model/model.h"
#include "audit.h"

const char *audit_rights(unsigned int access)
{
	static const char *const texts[] = { "---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx" };

	return texts[access & AUDIT_MEMORY];
}

const char *audit_bytes(struct arena *a, uint64_t size)
{
	static const char units[] = "KMG";
	unsigned int unit = 0;

	for (size >>= 10; unit < 2 && size >= 1024 && !(size & 1023); unit++)
		size >>= 10;
	return arena_format(a, "%llu%c", (unsigned long long)size, units[unit]);
}

unsigned int audit_width(const struct audit *a)
{
	size_t width = 0;
	uint32_t i;

	for (i = 0; i < a->num_objects; i++)
		if (a->distribution->objects[i].type == CAPDL_MEMORY && strlen(audit_name(a, i)) > width)
			width = strlen(audit_name(a, i));
	for (i = 0; i < a->num_parts; i++)
		if (strlen(a->parts[i].name) > width)
			width = strlen(a->parts[i].name);
	return (unsigned int)width;
}

/* The label stands before the first line only. */
static const char *label(const char **text)
{
	const char *now = *text;

	*text = "";
	return now;
}

static void print_memory(const struct audit *a, uint32_t part, enum audit_kind kind, const char *text,
			 FILE *out)
{
	unsigned int access, width = audit_width(a);
	uint32_t o;

	for (o = 0; o < a->num_objects; o++) {
		access = audit_access(a, part, o) & AUDIT_MEMORY;
		if (!access || audit_kind(a, o) != kind)
			continue;
		fprintf(out, "  %-11s%-*s  %s %6s", label(&text), (int)width, audit_name(a, o),
			audit_rights(access), audit_bytes(a->arena, audit_size(a, o)));
		if (a->distribution->objects[o].paddr != CAPDL_ANY)
			fprintf(out, "  0x%llx", (unsigned long long)a->distribution->objects[o].paddr);
		fputc('\n', out);
	}
}

static void print_interrupts(const struct audit *a, uint32_t part, FILE *out)
{
	const char *text = "interrupts";
	const struct capdl_object *o;
	uint32_t i;

	for (i = 0; i < a->num_objects; i++) {
		o = &a->distribution->objects[i];
		if (o->type == CAPDL_IRQ && (audit_interrupted(a, part, i) || audit_access(a, part, i)))
			fprintf(out, "  %-11s%u (%s, %s)\n", label(&text), o->size,
				o->flags & CAPDL_EDGE ? "edge" : "level", audit_name(a, i));
	}
}

/* Whom the part reaches (or who reaches it, with `back`) by objects of a type. */
static void print_peers(const struct audit *a, uint32_t part, enum capdl_object_type type, bool back,
			const char *text, FILE *out)
{
	uint32_t other, o, from, to;

	for (other = 0; other < a->num_parts; other++) {
		from = back ? other : part;
		to = back ? part : other;
		for (o = 0; o < a->num_objects; o++)
			if (a->distribution->objects[o].type == type &&
			    audit_access(a, from, o) & AUDIT_SEND && audit_access(a, to, o) & AUDIT_RECEIVE)
				break;
		if (o < a->num_objects)
			fprintf(out, "  %-11s%s\n", label(&text), a->parts[other].name);
	}
}

static void print_control(const struct audit *a, uint32_t part, bool back, const char *text, FILE *out)
{
	uint32_t other;

	for (other = 0; other < a->num_parts; other++)
		if (back ? audit_controls(a, other, part) : audit_controls(a, part, other))
			fprintf(out, "  %-11s%s\n", label(&text), a->parts[other].name);
}

static void print_cpu(const struct audit *a, uint32_t part, FILE *out)
{
	const char *text = "CPU";
	struct audit_cpu cpu;
	uint32_t core;

	for (core = 0; core < MODEL_CORES; core++) {
		if (!audit_cpu(a, part, core, &cpu))
			continue;
		if (cpu.server)
			fprintf(out, "  %-11score %u: charged to the part that it serves\n", label(&text), core);
		else
			fprintf(out, "  %-11score %u: at least %u.%u %% of what priorities above %u leave "
				"(weight %u of %u)\n", label(&text), core, 100 * cpu.weight / cpu.weights,
				1000 * cpu.weight / cpu.weights % 10, cpu.band, cpu.weight, cpu.weights);
	}
}

static void print_part(const struct audit *a, uint32_t part, FILE *out)
{
	const struct audit_part *p = &a->parts[part];

	if (p->guest && p->threads > 1)
		fprintf(out, "%s (guest, %u virtual CPUs)\n", p->name, p->threads);
	else
		fprintf(out, "%s%s\n", p->name, p->guest ? " (guest)" : "");
	print_memory(a, part, AUDIT_RAM, "memory", out);
	print_memory(a, part, AUDIT_DEVICE, "devices", out);
	print_interrupts(a, part, out);
	print_peers(a, part, CAPDL_ENDPOINT, false, "calls", out);
	print_peers(a, part, CAPDL_ENDPOINT, true, "called by", out);
	print_peers(a, part, CAPDL_NOTIFICATION, false, "signals", out);
	print_peers(a, part, CAPDL_NOTIFICATION, true, "woken by", out);
	print_control(a, part, false, "controls", out);
	print_control(a, part, true, "obeys", out);
	print_cpu(a, part, out);
	if (p->dma != CAPDL_NONE)
		fprintf(out, "  %-11s%s can make its device reach all memory: no SMMU is driven\n", "DMA",
			p->name);
	fputc('\n', out);
}

static void print_dma(const struct audit *a, FILE *out)
{
	unsigned int width = audit_width(a), count = 0;
	uint32_t part, o;

	for (part = 0; part < a->num_parts; part++)
		for (o = 0; a->parts[part].dma != CAPDL_NONE && o < a->num_objects; o++) {
			if (audit_kind(a, o) != AUDIT_DEVICE || !(audit_access(a, part, o) & AUDIT_WRITE) ||
			    o < a->parts[part].dma || a->distribution->objects[o].paddr ==
			    a->platform->gicv.base)
				continue;
			if (!count++)
				fprintf(out, "%-*s  %-*s  %-22s %s\n", (int)width, "DEVICE", (int)width, "PART",
					"REACHES WITH SMMU", "REACHES HERE (NO SMMU)");
			fprintf(out, "%-*s  %-*s  %-22s %s\n", (int)width, audit_name(a, o), (int)width,
				a->parts[part].name, "memory of its part", "all memory, the kernel's too");
		}
	fputs(count ? "A device counts as one that does DMA unless it is known to do none (UART, interrupt "
	      "controller).\n" : "No part has a device that could do DMA.\n", out);
}

int audit_report(const struct audit *a, FILE *out)
{
	uint32_t part;

	for (part = 0; part < a->num_parts; part++)
		print_part(a, part, out);
	print_dma(a, out);
	fputs("A guest and its monitor share what is said of each. CPU shares hold on a kernel that charges CPU time, "
	      "as Peervisor's does; seL4 shares by priority and time slice alone.\n", out);
	return 0;
}

static int unknown(const struct audit *a, const char *name)
{
	uint32_t part;

	fprintf(stderr, "peervisor: the assembly has no part '%s'; it has", name);
	for (part = 0; part < a->num_parts; part++)
		fprintf(stderr, "%s %s", part ? "," : "", a->parts[part].name);
	fputc('\n', stderr);
	return 2;
}

int audit_run(const struct audit *a, const struct audit_options *o, FILE *out)
{
	uint32_t one, other;

	if (o->require)
		return audit_require(a, o, out);
	if (o->surface)
		return audit_surface(a, o->json, out);
	if (o->taken_over) {
		one = audit_find(a, o->taken_over);
		if (one == AUDIT_NO_PART)
			return unknown(a, o->taken_over);
		return o->json ? audit_json_taken_over(a, one, out) : audit_taken_over(a, one, out);
	}
	if (!o->share[0])
		return o->json ? audit_json_report(a, out) : audit_report(a, out);
	one = audit_find(a, o->share[0]);
	other = audit_find(a, o->share[1]);
	if (one == AUDIT_NO_PART || other == AUDIT_NO_PART)
		return unknown(a, one == AUDIT_NO_PART ? o->share[0] : o->share[1]);
	return o->json ? audit_json_share(a, one, other, out) : audit_share(a, one, other, out);
}
