/* SPDX-License-Identifier: BSD-2-Clause */
/* The capability distribution as text, in the manner of capDL: objects, then who holds what. */
#include "distribution.h"

static const char *const type_names[] = { "ut",	   "tcb",    "ep",    "notification",
					  "cnode", "vspace", "frame", "irq" };

static void print_rights(FILE *out, uint32_t rights)
{
	fprintf(out, "%s%s%s%s", rights & SEL4_RIGHT_READ ? "R" : "",
		rights & SEL4_RIGHT_WRITE ? "W" : "", rights & SEL4_RIGHT_GRANT ? "G" : "",
		rights & SEL4_RIGHT_GRANT_REPLY ? "P" : "");
}

static void print_object(const struct capdl_object *o, FILE *out)
{
	fprintf(out, "%s = %s", o->name, type_names[o->type]);
	switch (o->type) {
	case CAPDL_UNTYPED:
	case CAPDL_CNODE:
		fprintf(out, " (%u bits)", o->size);
		break;
	case CAPDL_MEMORY:
		fprintf(out, " (%uk x %u", 1u << (o->size - 10), o->count);
		if (o->paddr != CAPDL_ANY)
			fprintf(out, ", paddr: 0x%llx", (unsigned long long)o->paddr);
		fputs(o->flags & CAPDL_DEVICE ? ", device)" : ")", out);
		break;
	case CAPDL_IRQ:
		fprintf(out, " (%u, %s)", o->size, o->flags & CAPDL_EDGE ? "edge" : "level");
		break;
	default:
		break;
	}
	fputc('\n', out);
}

static void print_caps(const struct distribution *d, uint32_t cnode, FILE *out)
{
	const struct capdl_cap *c;
	size_t i;

	fprintf(out, "%s {\n", d->objects[cnode].name);
	for (i = 0; i < d->num_caps; i++) {
		c = &d->caps[i];
		if (c->cnode != cnode)
			continue;
		fprintf(out, "  0x%x: %s", c->slot, d->objects[c->object].name);
		if (d->objects[c->object].count > 1)
			fprintf(out, "[%u]", c->page);
		fputs(" (", out);
		print_rights(out, c->rights);
		if (d->objects[c->object].type == CAPDL_CNODE)
			fprintf(out, ", guard_size: %llu", (unsigned long long)c->badge & 63);
		else if (c->badge)
			fprintf(out, ", badge: 0x%llx", (unsigned long long)c->badge);
		fputs(")\n", out);
	}
	fputs("}\n", out);
}

static void print_mappings(const struct distribution *d, uint32_t vspace, FILE *out)
{
	const struct capdl_mapping *m;
	size_t i;

	fprintf(out, "%s {\n", d->objects[vspace].name);
	for (i = 0; i < d->num_mappings; i++) {
		m = &d->mappings[i];
		if (m->vspace != vspace)
			continue;
		fprintf(out, "  0x%llx: %s (", (unsigned long long)m->vaddr,
			d->objects[m->memory].name);
		print_rights(out, m->rights);
		fprintf(out, "%s%s)\n", m->attributes & SEL4_ATTR_EXECUTE_NEVER ? "" : "X",
			m->attributes & SEL4_ATTR_CACHEABLE ? "" : ", uncached");
	}
	fputs("}\n", out);
}

static void print_thread(const struct distribution *d, const struct capdl_thread *t, FILE *out)
{
	fprintf(out, "%s {\n  cspace: %s (guard_size: %llu)\n  vspace: %s\n",
		d->objects[t->tcb].name, d->objects[t->cspace].name,
		(unsigned long long)t->cspace_guard & 63, d->objects[t->vspace].name);
	if (t->ipc_memory != CAPDL_NONE)
		fprintf(out, "  ipc_buffer_slot: %s (0x%llx)\n", d->objects[t->ipc_memory].name,
			(unsigned long long)t->ipc_vaddr);
	if (t->bound_notification != CAPDL_NONE)
		fprintf(out, "  bound_notification: %s\n", d->objects[t->bound_notification].name);
	fprintf(out, "  prio: %u, max_prio: %u, fault_ep: 0x%llx, resume: %s\n}\n", t->priority,
		t->mcp, (unsigned long long)t->fault_endpoint, t->resume ? "true" : "false");
}

void distribution_print(const struct distribution *d, FILE *out)
{
	uint32_t i;

	fputs("arch aarch64\n\nobjects {\n", out);
	for (i = 0; i < d->num_objects; i++)
		print_object(&d->objects[i], out);
	fputs("}\n\ncaps {\n", out);
	for (i = 0; i < d->num_objects; i++) {
		if (d->objects[i].type == CAPDL_CNODE)
			print_caps(d, i, out);
		else if (d->objects[i].type == CAPDL_VSPACE)
			print_mappings(d, i, out);
	}
	for (i = 0; i < d->num_threads; i++)
		print_thread(d, &d->threads[i], out);
	fputs("}\n\nirq maps {\n", out);
	for (i = 0; i < d->num_irqs; i++)
		fprintf(out, "%s: %s (badge: 0x%llx)\n", d->objects[d->irqs[i].irq].name,
			d->objects[d->irqs[i].notification].name,
			(unsigned long long)d->irqs[i].badge);
	fputs("}\n", out);
}
