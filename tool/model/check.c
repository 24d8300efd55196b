/* SPDX-License-Identifier: BSD-2-Clause */
/* What cannot be shared: pages of devices, interrupts. What must not be given away at all. */
#include <string.h>

#include "guest.h"
#include "model.h"

/* VM projects name memory that the platform gives every VM by itself. True: this is such a range. */
static bool had_anyway(struct model *m, const struct model_vm *vm, const struct model_range *r)
{
	const struct platform *p = m->platform;
	const char *what = NULL;

	if (!vm->instance->component->project)
		return false;
	if (memory_overlap(r->paddr, r->size, p->gicv.base, p->gicv.size))
		what = "the virtual CPU interface, which its monitor maps";
	else if (memory_overlap(r->paddr, r->size, p->guest_memory.base, p->guest_memory.size))
		what = "RAM, of which it gets ram_size";
	if (what)
		diagnostic_warning(m->diagnostics, r->at,
				   "nothing is made of 0x%llx (0x%llx bytes) of %s: it is %s; remove it",
				   (unsigned long long)r->paddr, (unsigned long long)r->size, vm->name,
				   what);
	return what != NULL;
}

static void drop_project_ranges(struct model *m, struct model_vm *vm)
{
	struct model_range **link = &vm->mmios;

	while (*link) {
		if (had_anyway(m, vm, *link))
			*link = (*link)->next;
		else
			link = &(*link)->next;
	}
}

static bool check_reserved(struct model *m, const struct model_vm *vm, const struct model_range *r)
{
	const struct platform *p = m->platform;
	const char *what = NULL;

	if (memory_overlap(r->paddr, r->size, p->uart.base, p->uart.size))
		what = "the UART, which the serial server owns; the VM has an emulated one";
	else if (memory_overlap(r->paddr, r->size, p->gic.base, p->gic.size))
		what = "the interrupt controller, which the kernel owns";
	else if (memory_overlap(r->paddr, r->size, p->guest_memory.base, p->guest_memory.size) ||
		 memory_overlap(r->paddr, r->size, p->native_memory.base, p->native_memory.size))
		what = "RAM; a VM's memory is set by ram_size";
	if (what)
		diagnostic_error(
			m->diagnostics, r->at, "0x%llx (0x%llx bytes) of %s is in %s; remove it",
			(unsigned long long)r->paddr, (unsigned long long)r->size, vm->name, what);
	return !what;
}

static void check_ranges(struct model *m, const struct model_vm *a, const struct model_vm *b)
{
	const struct model_range *x, *y;

	for (x = a->mmios; x; x = x->next)
		for (y = b->mmios; y; y = y->next)
			if (x != y && memory_overlap(x->paddr, x->size, y->paddr, y->size))
				diagnostic_error(m->diagnostics, y->at,
						 "page 0x%llx is given to %s (line %u) and "
						 "to %s; devices in one page go to one VM",
						 (unsigned long long)(x->paddr > y->paddr
									      ? x->paddr
									      : y->paddr),
						 a->name, x->at->line, b->name);
}

static void check_irqs(struct model *m, const struct model_vm *a, const struct model_vm *b)
{
	const struct model_irq *x, *y;

	for (x = a->irqs; x; x = x->next)
		for (y = b->irqs; y; y = y->next)
			if (x->intid == y->intid)
				diagnostic_error(m->diagnostics, y->at,
						 "interrupt %u is given to %s (line %u) and "
						 "to %s; give it to one",
						 x->intid, a->name, x->at->line, b->name);
}

static void check_owned_irqs(struct model *m, const struct model_vm *vm)
{
	const struct model_irq *i;

	for (i = vm->irqs; i; i = i->next)
		if (i->intid == m->platform->uart_intid)
			diagnostic_error(m->diagnostics, i->at,
					 "interrupt %u is the UART's, which the serial "
					 "server owns; remove it",
					 i->intid);
}

/* Guest-physical and physical addresses of a passed-through device are equal. */
static void check_guest_ranges(struct model *m, const struct model_vm *vm)
{
	const struct model_range *r;
	const char *what;

	for (r = vm->mmios; r; r = r->next) {
		what = NULL;
		if (!check_reserved(m, vm, r))
			continue;
		if (!vm->identity && memory_overlap(r->paddr, r->size, vm->ram_base, vm->ram_size))
			what = "its own RAM; move that by ram_base";
		else if (vm->links &&
			 (memory_overlap(r->paddr, r->size, GUEST_WINDOW(m->platform, 0),
				  GUEST_WINDOW_SIZE * vm->links) ||
			  memory_overlap(r->paddr, r->size, GUEST_ECAM(0), GUEST_ECAM_SIZE * vm->links)))
			what = "what the devices of its backends are seen by; give it to a VM that "
			       "nobody serves";
		if (what)
			diagnostic_error(m->diagnostics, r->at,
					 "0x%llx (0x%llx bytes) of %s overlaps %s",
					 (unsigned long long)r->paddr, (unsigned long long)r->size,
					 vm->name, what);
	}
}

static void check_guest_irqs(struct model *m, const struct model_vm *vm)
{
	const struct model_irq *i;

	for (i = vm->irqs; i && vm->links; i = i->next)
		if ((i->intid >= GUEST_INTX(0) && i->intid < GUEST_INTX(vm->links)) ||
		    (i->intid >= GUEST_V2M_FIRST && i->intid < GUEST_V2M_FIRST + GUEST_V2M_COUNT))
			diagnostic_error(m->diagnostics, i->at,
					 "interrupt %u of %s is one of those by which its backends' "
					 "devices are heard; give it to a VM that nobody serves",
					 i->intid, vm->name);
}

/* Some backend sees its RAM alone, and not what lies in windows or in other VMs. */
static bool seen_by_ram(const struct model *m, const struct model_vm *vm)
{
	const struct model_link *l;

	for (l = m->links; l; l = l->next)
		if (l->driver == vm && !l->confined)
			return true;
	return false;
}

/*
 * A VM in the middle of a chain: what it serves must not reach its own backend in pages of another VM,
 * which that one does not see. Through a window all is copied.
 */
static void check_middle(struct model *m, const struct model_vm *vm)
{
	const struct adl_value *v, *type, *cache;

	for (v = vm->serves && seen_by_ram(m, vm) ? vm->serves->items : NULL; v; v = v->next) {
		type = adl_key(v, "type");
		cache = adl_key(v, "cache");
		if (!type || type->kind != VALUE_STRING || strcmp(type->string, "blk") != 0 ||
		    (cache && cache->kind == VALUE_STRING && strcmp(cache->string, "none") != 0))
			continue;
		diagnostic_warning(m->diagnostics, v->at,
				   "%s serves this disk from one that it is served itself: pages of "
				   "its driver VM do not reach that far; add cache: \"writeback\"",
				   vm->name);
	}
}

void model_check_devices(struct model *m)
{
	const struct model_vm *a, *b;
	struct model_vm *vm;

	for (vm = m->vms; vm; vm = vm->next)
		drop_project_ranges(m, vm);
	for (a = m->vms; a; a = a->next) {
		check_guest_ranges(m, a);
		check_owned_irqs(m, a);
		check_guest_irqs(m, a);
		check_middle(m, a);
		for (b = a->next; b; b = b->next) {
			check_ranges(m, a, b);
			check_irqs(m, a, b);
		}
		if (a->mmios && !a->identity && a->nodes)
			diagnostic_warning(m->diagnostics, a->nodes->at,
					   "%s has a device that may do DMA, but its "
					   "memory is not where the device sees it; set "
					   "%s.ram_identity = true",
					   a->name, a->instance->name);
	}
}
