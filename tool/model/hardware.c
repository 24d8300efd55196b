/* SPDX-License-Identifier: BSD-2-Clause */
/* Hardware components: registers and interrupts that native components get. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

static const char *name_of(struct model *m, const struct adl_interface *i, const char *what)
{
	return arena_format(m->arena, "%s_%s", i->name, what);
}

/* "paddr:size" in any of the names that people use. */
static const struct adl_value *range_value(struct model *m, const struct model_end *e)
{
	const struct adl_value *v = setting_value(m, e->component->instance,
						  name_of(m, e->interface, "mmio"));

	return v ? v : setting_value(m, e->component->instance,
				     name_of(m, e->interface, "attributes"));
}

static bool parse_range(struct model *m, const struct adl_value *v, uint64_t *paddr, uint64_t *size)
{
	const char *colon = v->kind == VALUE_STRING ? strchr(v->string, ':') : NULL;

	if (!colon || !setting_parse_size(arena_copy(m->arena, v->string,
						     (size_t)(colon - v->string)), paddr) ||
	    !setting_parse_size(colon + 1, size)) {
		diagnostic_error(m->diagnostics, v->at,
				 "this is no range of addresses; write \"PADDR:SIZE\", for instance "
				 "\"0x9010000:0x1000\"");
		return false;
	}
	return true;
}

static const char *reserved(const struct model *m, uint64_t paddr, uint64_t size)
{
	const struct platform *p = m->platform;

	if (memory_overlap(paddr, size, p->uart.base, p->uart.size))
		return "the UART, which the serial server owns";
	if (memory_overlap(paddr, size, p->gic.base, p->gic.size))
		return "the interrupt controller, which the kernel owns";
	if (memory_overlap(paddr, size, p->guest_memory.base, p->guest_memory.size) ||
	    memory_overlap(paddr, size, p->native_memory.base, p->native_memory.size))
		return "RAM; use seL4SharedData for memory";
	return NULL;
}

/* INSTANCE.INTERFACE_hardware_cached: it is memory rather than registers. */
static bool is_cached(struct model *m, const struct model_end *e)
{
	return setting_boolean(m, e->component->instance, name_of(m, e->interface, "hardware_cached"));
}

static void read_mmio(struct model *m, struct model_connection *c)
{
	const struct model_end *e = c->to;
	const struct adl_instance *i = e->component->instance;
	const struct adl_value *v = range_value(m, e);
	const struct token *at = v ? v->at : i->at;
	const char *what;
	bool given;

	if (v && !parse_range(m, v, &c->paddr, &c->size))
		return;
	if (!v) {
		given = setting_number(m, i, name_of(m, e->interface, "paddr"), &c->paddr);
		given = setting_number(m, i, name_of(m, e->interface, "size"), &c->size) && given;
		if (!given) {
			diagnostic_error(m->diagnostics, at,
					 "where are the registers of %s.%s? Set %s.%s_mmio = "
					 "\"PADDR:SIZE\"",
					 i->name, e->interface->name, i->name, e->interface->name);
			return;
		}
	}
	if (c->paddr % 4096 || c->size % 4096 || c->size == 0 || c->size > 1u << 30 ||
	    c->paddr > 1ull << 44) {
		diagnostic_error(m->diagnostics, at,
				 "0x%llx:0x%llx is no range of whole pages; both must be multiples "
				 "of 4096",
				 (unsigned long long)c->paddr, (unsigned long long)c->size);
		c->size = 4096;
		return;
	}
	c->cached = is_cached(m, c->from) || is_cached(m, e);
	what = reserved(m, c->paddr, c->size);
	if (what)
		diagnostic_error(m->diagnostics, at, "0x%llx (0x%llx bytes) of %s.%s is in %s",
				 (unsigned long long)c->paddr, (unsigned long long)c->size, i->name,
				 e->interface->name, what);
	c->at = at;
}

static void read_interrupt(struct model *m, struct model_connection *c)
{
	const struct model_end *e = c->from;
	const struct adl_instance *i = e->component->instance;
	const struct adl_value *edge = setting_value(m, i, name_of(m, e->interface, "irq_type"));
	uint64_t irq = 0;
	bool given = setting_number(m, i, name_of(m, e->interface, "attributes"), &irq);

	given = setting_number(m, i, name_of(m, e->interface, "irq_number"), &irq) || given;
	if (!given) {
		diagnostic_error(m->diagnostics, i->at,
				 "which interrupt is %s.%s? Set %s.%s_irq_number (on a GIC, 32 plus "
				 "the number of a shared interrupt)",
				 i->name, e->interface->name, i->name, e->interface->name);
		return;
	}
	c->irq = (uint32_t)irq;
	c->at = i->at;
	if (irq < 32 || irq > 1019)
		diagnostic_error(m->diagnostics, i->at,
				 "interrupt %llu of %s.%s is no shared interrupt; it must be from 32 "
				 "to 1019",
				 (unsigned long long)irq, i->name, e->interface->name);
	else if (irq == m->platform->uart_intid)
		diagnostic_error(m->diagnostics, i->at,
				 "interrupt %llu is the UART's, which the serial server owns",
				 (unsigned long long)irq);
	if (edge && (edge->kind != VALUE_STRING || (strcmp(edge->string, "edge") != 0 &&
						    strcmp(edge->string, "level") != 0)))
		diagnostic_error(m->diagnostics, edge->at, "this is neither \"level\" nor \"edge\"");
	c->edge = edge && edge->kind == VALUE_STRING && strcmp(edge->string, "edge") == 0;
}

/* One range or interrupt of a node; `from` and `to` as the two connectors have them. */
static struct model_connection *add_part(struct model *m, const struct model_connection *c,
					 enum model_connection_kind kind, const struct token *at)
{
	struct model_connection *n = ARENA_NEW(m->arena, struct model_connection);

	*n = *c;
	n->next = NULL;
	n->kind = kind;
	n->tree = true;
	n->at = at;
	n->from = ARENA_NEW(m->arena, struct model_end);
	n->to = ARENA_NEW(m->arena, struct model_end);
	*n->from = kind == CONNECTION_MMIO ? *c->to : *c->from;
	*n->to = kind == CONNECTION_MMIO ? *c->from : *c->to;
	n->from->write = kind == CONNECTION_MMIO;
	return n;
}

static struct model_connection **add_registers(struct model *m, const struct model_connection *c,
					       struct model_connection **end, int node,
					       const struct adl_value *v)
{
	struct model_face *f = model_face(c->to->component, c->to->interface);
	struct platform_range r;
	const char *what;
	unsigned int i;

	for (i = 0; f->registers < MODEL_PARTS && platform_reg(m->platform, node, i, &r); i++) {
		*end = add_part(m, c, CONNECTION_MMIO, v->at);
		(*end)->part = f->registers++;
		(*end)->paddr = r.base & ~4095ull;
		(*end)->offset = (uint32_t)(r.base & 4095);
		(*end)->bytes = r.size;
		(*end)->size = ((r.base & 4095) + r.size + 4095) & ~4095ull;
		what = reserved(m, (*end)->paddr, (*end)->size);
		if (what)
			diagnostic_error(m->diagnostics, v->at, "0x%llx (0x%llx bytes) of %s.%s is in %s",
					 (unsigned long long)r.base, (unsigned long long)r.size,
					 c->to->component->instance->name, c->to->interface->name, what);
		end = &(*end)->next;
	}
	return end;
}

static struct model_connection **add_interrupts(struct model *m, const struct model_connection *c,
						struct model_connection **end, int node,
						const struct adl_value *v)
{
	struct model_face *f = model_face(c->to->component, c->to->interface);
	uint32_t irq;
	unsigned int i;
	bool edge;

	for (i = 0; f->interrupts < MODEL_PARTS && platform_interrupt(m->platform, node, i, &irq, &edge);
	     i++) {
		*end = add_part(m, c, CONNECTION_INTERRUPT, v->at);
		(*end)->part = f->interrupts++;
		(*end)->irq = irq;
		(*end)->edge = edge;
		end = &(*end)->next;
	}
	return end;
}

/* INSTANCE.INTERFACE_dtb, of the consumer or else of the hardware. */
static const struct adl_value *tree_value(struct model *m, const struct model_connection *c)
{
	const struct model_end *ends[2] = { c->to, c->from };
	const struct adl_value *v = NULL;
	int i;

	for (i = 0; i < 2 && !v; i++)
		v = setting_value(m, ends[i]->component->instance,
				  name_of(m, ends[i]->interface, "dtb"));
	return v;
}

struct model_connection **model_tree(struct model *m, const struct model_connection *c,
				     struct model_connection **end)
{
	const struct adl_instance *i = c->to->component->instance;
	const char *face = c->to->interface->name;
	const struct adl_value *nodes = adl_key(tree_value(m, c), "query"), *v, *path;
	uint64_t interrupts = 0;
	int node;

	setting_number(m, i, name_of(m, c->to->interface, "generate_interrupts"), &interrupts);
	if (!nodes)
		diagnostic_error(m->diagnostics, c->source->at,
				 "which device is %s.%s? Set %s.%s_dtb = dtb({ \"path\": \"...\" })", i->name,
				 face, i->name, face);
	for (v = nodes ? nodes->items : NULL; v; v = v->next) {
		path = adl_key(v, "this-node-path");
		node = path ? platform_find(m->platform, path->string) : -1;
		if (node < 0)
			continue;
		end = add_registers(m, c, end, node, v);
		if (interrupts)
			end = add_interrupts(m, c, end, node, v);
	}
	return end;
}

void model_hardware(struct model *m, struct model_connection *c)
{
	if (c->kind == CONNECTION_MMIO)
		read_mmio(m, c);
	else if (c->kind == CONNECTION_INTERRUPT)
		read_interrupt(m, c);
}

static void check_against_vms(struct model *m, const struct model_connection *c, const char *owner)
{
	const struct model_vm *vm;
	const struct model_range *r;
	const struct model_irq *i;

	for (vm = m->vms; vm; vm = vm->next) {
		for (r = vm->mmios; c->kind == CONNECTION_MMIO && r; r = r->next)
			if (memory_overlap(c->paddr, c->size, r->paddr, r->size))
				diagnostic_error(m->diagnostics, c->at,
						 "page 0x%llx is given to %s and to %s (line %u); "
						 "devices in one page go to one",
						 (unsigned long long)(c->paddr > r->paddr ? c->paddr :
												r->paddr),
						 owner, vm->name, r->at->line);
		for (i = vm->irqs; c->kind == CONNECTION_INTERRUPT && i; i = i->next)
			if (c->irq == i->intid)
				diagnostic_error(m->diagnostics, c->at,
						 "interrupt %u is given to %s and to %s (line %u); "
						 "give it to one",
						 c->irq, owner, vm->name, i->at->line);
	}
}

/* What two connections give away, or a connection and a VM. */
void model_check_hardware(struct model *m)
{
	const struct model_connection *a, *b;
	const char *owner;

	for (a = m->connections; a; a = a->next) {
		if ((a->kind != CONNECTION_MMIO && a->kind != CONNECTION_INTERRUPT) || !a->at)
			continue;
		owner = a->kind == CONNECTION_MMIO ? a->from->component->instance->name :
						     a->to->component->instance->name;
		check_against_vms(m, a, owner);
		for (b = a->next; b; b = b->next) {
			if (b->kind != a->kind || !b->at)
				continue;
			if (a->kind == CONNECTION_MMIO ? memory_overlap(a->paddr, a->size, b->paddr, b->size) :
							 a->irq == b->irq)
				diagnostic_error(m->diagnostics, b->at,
						 "%s is given away twice, by connections %s and "
						 "%s; give it to one",
						 a->kind == CONNECTION_MMIO ?
							 arena_format(m->arena, "page 0x%llx",
								      (unsigned long long)b->paddr) :
							 arena_format(m->arena, "interrupt %u",
								      b->irq),
						 a->source->name, b->source->name);
		}
	}
}
