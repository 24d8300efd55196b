/* SPDX-License-Identifier: BSD-2-Clause */
/* What an attacker has who has one part; what two parts share. */
#include <string.h>

#include "audit.h"

struct attack {
	const struct audit *a;
	FILE *out;
	unsigned int width;
	bool *taken;
	uint32_t dma;			/* the first device by which memory falls, or CAPDL_NONE */
};

static unsigned int gained(const struct attack *t, uint32_t object)
{
	unsigned int access = 0;
	uint32_t part;

	for (part = 0; part < t->a->num_parts; part++)
		if (t->taken[part])
			access |= audit_access(t->a, part, object);
	return access;
}

static void line(const struct attack *t, const char *kind, const char *what, const char *with_smmu,
		 const char *without)
{
	fprintf(t->out, "  %-10s %-*s  %-10s %s\n", kind, (int)t->width, what, with_smmu, without);
}

static void gained_memory(const struct attack *t, enum audit_kind kind, const char *text)
{
	unsigned int access;
	uint32_t o;

	for (o = 0; o < t->a->num_objects; o++) {
		access = gained(t, o) & AUDIT_MEMORY;
		if (access && audit_kind(t->a, o) == kind)
			line(t, text, audit_name(t->a, o), audit_rights(access),
			     audit_rights(access | (t->dma != CAPDL_NONE && kind == AUDIT_RAM ?
						    AUDIT_READ | AUDIT_WRITE : 0u)));
	}
}

static bool interrupt_gained(const struct attack *t, uint32_t irq)
{
	uint32_t part;

	for (part = 0; part < t->a->num_parts; part++)
		if (t->taken[part] && (audit_interrupted(t->a, part, irq) || audit_access(t->a, part, irq)))
			return true;
	return false;
}

static void interrupts(const struct attack *t, bool want)
{
	uint32_t o;
	const char *text = want ? "yes" : "closed";

	for (o = 0; o < t->a->num_objects; o++)
		if (t->a->distribution->objects[o].type == CAPDL_IRQ && interrupt_gained(t, o) == want)
			line(t, "interrupt", audit_name(t->a, o), text, text);
}

static bool reaches(const struct attack *t, uint32_t part, enum capdl_object_type type)
{
	uint32_t o;

	for (o = 0; o < t->a->num_objects; o++)
		if (t->a->distribution->objects[o].type == type && gained(t, o) & AUDIT_SEND &&
		    audit_access(t->a, part, o) & AUDIT_RECEIVE)
			return true;
	return false;
}

static void peers(const struct attack *t, enum capdl_object_type type, const char *kind, bool want)
{
	uint32_t part;
	const char *text = want ? "yes" : "closed";

	for (part = 0; part < t->a->num_parts; part++)
		if (!t->taken[part] && reaches(t, part, type) == want)
			line(t, kind, t->a->parts[part].name, text, text);
}

/* The part by whose name the object's begins, the longest; AUDIT_NO_PART: none. */
static uint32_t owner(const struct audit *a, uint32_t object)
{
	const char *name = audit_name(a, object);
	uint32_t part, best = AUDIT_NO_PART;
	size_t length, longest = 0;

	for (part = 0; part < a->num_parts; part++) {
		length = strlen(a->parts[part].name);
		if (length > longest && strncmp(name, a->parts[part].name, length) == 0 &&
		    name[length] == '.') {
			longest = length;
			best = part;
		}
	}
	return best;
}

static void closed_memory(const struct attack *t, uint32_t part)
{
	const char *here = t->dma != CAPDL_NONE ? "rw- by DMA" : "closed", *name;
	uint64_t size = 0;
	unsigned int n = 0;
	uint32_t o, last = 0;

	for (o = 0; o < t->a->num_objects; o++)
		if (audit_kind(t->a, o) == AUDIT_RAM && owner(t->a, o) == part &&
		    !(gained(t, o) & AUDIT_MEMORY)) {
			size += audit_size(t->a, o);
			last = o;
			n++;
		}
	if (!n)
		return;
	name = part == AUDIT_NO_PART ? "others" : t->a->parts[part].name;
	line(t, "memory", n == 1 ? audit_name(t->a, last) :
	     arena_format(t->a->arena, "%s: %u pieces, %s", name, n, audit_bytes(t->a->arena, size)),
	     "closed", here);
}

static void print_closed(const struct attack *t)
{
	uint32_t part, o;

	for (part = 0; part < t->a->num_parts; part++)
		closed_memory(t, part);
	closed_memory(t, AUDIT_NO_PART);
	line(t, "memory", "the kernel's", "closed", t->dma != CAPDL_NONE ? "rw- by DMA" : "closed");
	for (o = 0; o < t->a->num_objects; o++)
		if (audit_kind(t->a, o) == AUDIT_DEVICE && !(gained(t, o) & AUDIT_MEMORY))
			line(t, "device", audit_name(t->a, o), "closed", "closed");
	interrupts(t, false);
	peers(t, CAPDL_ENDPOINT, "calls", false);
	peers(t, CAPDL_NOTIFICATION, "signals", false);
}

static void print_fallen(const struct attack *t, uint32_t part)
{
	const char *comma = "; with it falls ";
	uint32_t i;

	fprintf(t->out, "An attacker has taken over %s", t->a->parts[part].name);
	for (i = 0; i < t->a->num_parts; i++)
		if (t->taken[i] && i != part) {
			fprintf(t->out, "%s%s", comma, t->a->parts[i].name);
			comma = ", ";
		}
	fputs(".\n\n", t->out);
}

int audit_taken_over(const struct audit *a, uint32_t part, FILE *out)
{
	struct attack t = { .a = a, .out = out, .width = audit_width(a), .dma = CAPDL_NONE };
	uint32_t i;

	t.taken = arena_alloc(a->arena, a->num_parts);
	audit_taken(a, part, t.taken);
	for (i = 0; i < a->num_parts; i++)
		if (t.taken[i] && t.dma == CAPDL_NONE)
			t.dma = a->parts[i].dma;
	print_fallen(&t, part);
	fprintf(out, "%-*s  WITH SMMU  HERE (NO SMMU)\n", (int)t.width + 13, "GAINED");
	gained_memory(&t, AUDIT_RAM, "memory");
	gained_memory(&t, AUDIT_DEVICE, "device");
	interrupts(&t, true);
	peers(&t, CAPDL_ENDPOINT, "calls", true);
	peers(&t, CAPDL_NOTIFICATION, "signals", true);
	fprintf(out, "\n%-*s  WITH SMMU  HERE (NO SMMU)\n", (int)t.width + 13, "STAYS CLOSED");
	print_closed(&t);
	if (t.dma != CAPDL_NONE)
		fprintf(out, "\nDMA: %s can be told to read and write any memory of the machine, since no SMMU is "
			"driven.\nWhoever does so has the machine, and what is \"closed\" here holds for software "
			"only.\n", audit_name(a, t.dma));
	return 0;
}

static unsigned int domain_access(const struct audit *a, uint32_t part, uint32_t object)
{
	unsigned int access = 0;
	uint32_t i;

	for (i = 0; i < a->num_parts; i++)
		if (a->parts[i].domain == a->parts[part].domain)
			access |= audit_access(a, i, object);
	return access & AUDIT_MEMORY;
}

int audit_share(const struct audit *a, uint32_t one, uint32_t other, FILE *out)
{
	bool same = a->parts[one].domain == a->parts[other].domain;
	const char *x = a->parts[one].name, *y = a->parts[other].name;
	unsigned int p, q, n = 0, width = audit_width(a);
	uint32_t o;

	for (o = 0; o < a->num_objects; o++) {
		/* A VM with its VMM, unless the question is what these two share. */
		p = same ? audit_access(a, one, o) & AUDIT_MEMORY : domain_access(a, one, o);
		q = same ? audit_access(a, other, o) & AUDIT_MEMORY : domain_access(a, other, o);
		if (!p || !q || audit_banked(a, o))
			continue;
		if (!n++)
			fprintf(out, "%-*s  %6s  %-*s  %s\n", (int)width, "MEMORY", "SIZE",
				(int)(strlen(x) > 3 ? strlen(x) : 3), x, y);
		fprintf(out, "%-*s  %6s  %-*s  %s\n", (int)width, audit_name(a, o),
			audit_bytes(a->arena, audit_size(a, o)), (int)(strlen(x) > 3 ? strlen(x) : 3),
			audit_rights(p), audit_rights(q));
	}
	if (!n)
		fprintf(out, "%s and %s share no memory.\n", x, y);
	return 0;
}
