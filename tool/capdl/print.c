/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capability distribution in capDL's text form: every object, then who holds what, then which
 * interrupt is which. A dot in a name becomes @, since capDL's identifiers have none.
 */
#include "print.h"

#include <ctype.h>
#include <string.h>

#include "../adl/index.h"

static const char *const type_names[] = { "ut", "tcb", "ep", "notification", "cnode", "pgd", "frame", "irq" };

void print_rights(const struct print *p, uint32_t rights)
{
	fprintf(p->out, "%s%s%s%s", rights & SEL4_RIGHT_READ ? "R" : "",
		rights & SEL4_RIGHT_WRITE ? "W" : "", rights & SEL4_RIGHT_GRANT ? "G" : "",
		rights & SEL4_RIGHT_GRANT_REPLY ? "P" : "");
}

/* capDL has letters, digits, _ and @; names that are the same then (or were cut) get a number. */
static char *identifier(struct arena *a, struct index *taken, const char *name, uint32_t number)
{
	char *text = arena_format(a, "%s%s", isalpha((unsigned char)name[0]) ? "" : "o_", name), *c;

	for (c = text; *c; c++)
		if (*c == '.')
			*c = '@';
		else if (!isalnum((unsigned char)*c))
			*c = '_';
	if (index_find(taken, text, NULL))
		text = arena_format(a, "%s@@%u", text, number);
	index_put(a, taken, text, NULL, text);
	return text;
}

static void make_names(struct print *p)
{
	const struct distribution *d = p->distribution;
	struct index taken = { 0 };
	uint32_t i;

	p->names = arena_alloc(d->arena, sizeof(*p->names) * (d->num_objects + 1));
	for (i = 0; i < d->num_objects; i++)
		p->names[i] = identifier(d->arena, &taken, d->names[i], i);
}

static bool has_place(const struct capdl_object *o)
{
	return o->paddr != CAPDL_ANY;
}

/* Frames of one object are an array, unless each has a physical address of its own. */
void print_frame(const struct print *p, uint32_t memory, uint32_t page)
{
	const struct capdl_object *o = &p->distribution->objects[memory];

	fputs(p->names[memory], p->out);
	if (o->count > 1)
		fprintf(p->out, has_place(o) ? "_%u" : "[%u]", page);
}

static void print_memory(const struct print *p, uint32_t memory)
{
	const struct capdl_object *o = &p->distribution->objects[memory];
	unsigned int unit = o->size >= 20 ? 20 : 10;
	uint32_t page;

	for (page = 0; page < (has_place(o) ? o->count : 1); page++) {
		if (has_place(o))
			print_frame(p, memory, page);
		else if (o->count > 1)
			fprintf(p->out, "%s[%u]", p->names[memory], o->count);
		else
			fputs(p->names[memory], p->out);
		fprintf(p->out, " = frame (%u%c", 1u << (o->size - unit), unit == 20 ? 'M' : 'k');
		if (has_place(o))
			fprintf(p->out, ", paddr: 0x%llx",
				(unsigned long long)(o->paddr + ((uint64_t)page << o->size)));
		fputs(")\n", p->out);
	}
}

static void print_tcb(const struct print *p, uint32_t tcb)
{
	const struct distribution *d = p->distribution;
	const struct capdl_thread *t;

	for (t = d->threads; t < d->threads + d->num_threads && t->tcb != tcb; t++)
		;
	fprintf(p->out, "%s = tcb", p->names[tcb]);
	if (t == d->threads + d->num_threads) {
		fputc('\n', p->out);
		return;
	}
	fprintf(p->out, " (addr: 0x%llx, ip: 0x%llx, sp: 0x%llx, prio: %u, max_prio: %u, ",
		(unsigned long long)t->ipc_vaddr, (unsigned long long)t->pc, (unsigned long long)t->sp,
		t->priority, t->mcp);
	if (t->core)
		fprintf(p->out, "affinity: %u, ", t->core);
	fprintf(p->out, "fault_ep: 0x%llx, init: [0x%llx, 0x%llx], resume: %s)\n",
		(unsigned long long)t->fault_endpoint, (unsigned long long)t->x0,
		(unsigned long long)t->x1, t->resume ? "true" : "false");
}

static void print_object(const struct print *p, uint32_t object)
{
	const struct capdl_object *o = &p->distribution->objects[object];

	if (o->type == CAPDL_MEMORY)
		print_memory(p, object);
	else if (o->type == CAPDL_TCB)
		print_tcb(p, object);
	else if (o->type == CAPDL_UNTYPED || o->type == CAPDL_CNODE)
		fprintf(p->out, "%s = %s (%u bits)\n", p->names[object], type_names[o->type], o->size);
	else if (o->type == CAPDL_IRQ)
		fprintf(p->out, "%s = irq -- %s-triggered, core %u\n", p->names[object],
			o->flags & CAPDL_EDGE ? "edge" : "level", o->flags >> CAPDL_CORE_SHIFT);
	else
		fprintf(p->out, "%s = %s\n", p->names[object], type_names[o->type]);
}

static void print_cap(const struct print *p, const struct capdl_cap *c)
{
	const struct capdl_object *o = &p->distribution->objects[c->object];

	fprintf(p->out, "  0x%x: ", c->slot);
	if (o->type == CAPDL_MEMORY)
		print_frame(p, c->object, c->page);
	else
		fputs(p->names[c->object], p->out);
	if (o->type == CAPDL_CNODE)
		fprintf(p->out, " (guard: 0x%llx, guard_size: %llu)", (unsigned long long)c->badge >> 6,
			(unsigned long long)c->badge & 63);
	if (o->type == CAPDL_ENDPOINT || o->type == CAPDL_NOTIFICATION || o->type == CAPDL_MEMORY) {
		fputs(" (", p->out);
		print_rights(p, c->rights);
		if (c->badge)
			fprintf(p->out, ", badge: 0x%llx", (unsigned long long)c->badge);
		fputc(')', p->out);
	}
	fputc('\n', p->out);
}

/* Caps of one CNode stand together in the table, or nearly so: it is read once for each. */
static void print_cnode(const struct print *p, uint32_t cnode)
{
	const struct distribution *d = p->distribution;
	size_t i;

	fprintf(p->out, "%s {\n", p->names[cnode]);
	for (i = 0; i < d->num_caps; i++)
		if (d->caps[i].cnode == cnode)
			print_cap(p, &d->caps[i]);
	fputs("}\n", p->out);
}

static void print_thread(const struct print *p, const struct capdl_thread *t)
{
	fprintf(p->out, "%s {\n  cspace: %s (guard: 0x%llx, guard_size: %llu)\n  vspace: %s\n", p->names[t->tcb],
		p->names[t->cspace], (unsigned long long)t->cspace_guard >> 6,
		(unsigned long long)t->cspace_guard & 63, p->names[t->vspace]);
	if (t->ipc_memory != CAPDL_NONE) {
		fputs("  ipc_buffer_slot: ", p->out);
		print_frame(p, t->ipc_memory, t->ipc_page);
		fputs(" (RW)\n", p->out);
	}
	if (t->bound_notification != CAPDL_NONE)
		fprintf(p->out, "  bound_notification: %s (R)\n", p->names[t->bound_notification]);
	fputs("}\n", p->out);
}

static void print_interrupts(const struct print *p)
{
	const struct distribution *d = p->distribution;
	const struct capdl_irq_binding *b;
	uint32_t i;

	for (b = d->irqs; b < d->irqs + d->num_irqs; b++)
		fprintf(p->out, "%s {\n  0: %s (W, badge: 0x%llx)\n}\n", p->names[b->irq],
			p->names[b->notification], (unsigned long long)b->badge);
	fputs("}\n\nirq maps {\n", p->out);
	for (i = 0; i < d->num_objects; i++)
		if (d->objects[i].type == CAPDL_IRQ)
			fprintf(p->out, "%u: %s\n", d->objects[i].size, p->names[i]);
	fputs("}\n", p->out);
}

void distribution_print(const struct distribution *d, FILE *out)
{
	struct print p = { .distribution = d, .out = out };
	uint32_t i;

	make_names(&p);
	tables_collect(&p);
	fputs("arch aarch64\n\nobjects {\n", out);
	for (i = 0; i < d->num_objects; i++)
		print_object(&p, i);
	tables_objects(&p);
	fputs("}\n\ncaps {\n", out);
	for (i = 0; i < d->num_objects; i++)
		if (d->objects[i].type == CAPDL_CNODE)
			print_cnode(&p, i);
	tables_caps(&p);
	for (i = 0; i < d->num_threads; i++)
		print_thread(&p, &d->threads[i]);
	print_interrupts(&p);
}
