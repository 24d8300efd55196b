/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "view.h"

static struct view_box *add_box(struct view *v, const void *of, const char *title)
{
	struct view_box *b = ARENA_NEW(v->arena, struct view_box);

	b->of = of;
	b->title = title;
	b->lines_end = &b->lines;
	*v->boxes_end = b;
	v->boxes_end = &b->next;
	v->box_count++;
	return b;
}

static void add_line(struct view *v, struct view_box *b, enum view_class class, const char *text)
{
	struct view_line *l = ARENA_NEW(v->arena, struct view_line);

	l->text = text;
	l->class = class;
	*b->lines_end = l;
	b->lines_end = &l->next;
	b->line_count++;
}

static void add_hardware(struct view *v, struct view_box *b, const struct model_vm *vm)
{
	const struct model_range *r;
	const struct model_node *d;
	const struct model_irq *i;

	for (d = vm->nodes; d; d = d->next)
		add_line(v, b, VIEW_HARDWARE, arena_format(v->arena, "device %s", d->name));
	for (r = vm->mmios; r; r = r->next)
		add_line(v, b, VIEW_HARDWARE, arena_format(v->arena, "registers 0x%llx, %llu KiB",
							   (unsigned long long)r->paddr,
							   (unsigned long long)(r->size + 1023) >> 10));
	for (i = vm->irqs; i; i = i->next)
		add_line(v, b, VIEW_HARDWARE, arena_format(v->arena, "interrupt %u, %s", i->intid,
							   i->edge ? "edge" : "level"));
	if (vm->mmios)
		add_line(v, b, VIEW_RISK, "DMA reaches all memory: no SMMU");
	else if (!vm->irqs && !vm->nodes)
		add_line(v, b, VIEW_PLAIN, "no hardware");
}

/* "4 virtual CPUs, on cores 1, 2, 3, 0" */
static const char *processors(struct view *v, const struct model_vm *vm)
{
	const char *text = arena_format(v->arena, "%u virtual CPU%s", vm->vcpus, vm->vcpus > 1 ? "s" : "");
	unsigned int k;

	if (!vm->core && !vm->spread)
		return text;
	text = arena_format(v->arena, "%s, on core%s %u", text, vm->spread && vm->vcpus > 1 ? "s" : "", vm->core);
	for (k = 1; k < vm->vcpus && vm->spread; k++)
		text = arena_format(v->arena, "%s, %u", text, (vm->core + k) % MODEL_CORES);
	return text;
}

static void add_vm(struct view *v, const struct model_vm *vm)
{
	struct view_box *b = add_box(v, vm, vm->name);

	b->vmm = arena_format(v->arena, "%s.vmm, its monitor", vm->name);
	add_line(v, b, VIEW_PLAIN, arena_format(v->arena, "RAM %llu MiB at 0x%llx%s",
						(unsigned long long)vm->ram_size >> 20,
						(unsigned long long)vm->ram_base,
						vm->identity ? " (1:1)" : ""));
	if (vm->vcpus > 1 || vm->core)
		add_line(v, b, VIEW_PLAIN, processors(v, vm));
	add_line(v, b, VIEW_PLAIN, arena_format(v->arena, "%s%s%s", vm->kernel->name, vm->initrd ? " + " : "",
						vm->initrd ? vm->initrd->name : ""));
	add_hardware(v, b, vm);
}

static void add_component(struct view *v, const struct model_component *c)
{
	struct view_box *b = add_box(v, c, c->instance->name);

	b->kind = c->type->hardware ? VIEW_HARDWARE_BOX : VIEW_COMPONENT;
	add_line(v, b, VIEW_PLAIN, arena_format(v->arena, "%s %s%s", c->type->hardware ? "hardware" : "component",
						c->type->name, c->control.core ?
						arena_format(v->arena, " on core %u", c->control.core) : ""));
}

static struct view_box *box_of(const struct view *v, const void *of)
{
	struct view_box *b = v->boxes;

	while (b && b->of != of)
		b = b->next;
	return b;
}

static struct view_wire *add_wire(struct view *v, const void *from, const void *to, enum view_mode mode, const char *what,
		     const char *how)
{
	struct view_wire *w = ARENA_NEW(v->arena, struct view_wire);

	w->from = box_of(v, from);
	w->to = box_of(v, to);
	w->mode = mode;
	w->what = what;
	w->how = how;
	w->forth = true;
	if (!w->from || !w->to)
		return w;
	*v->wires_end = w;
	v->wires_end = &w->next;
	v->wire_count++;
	return w;
}

/* "blk, net": what the device VM's list has for this driver VM. */
static const char *served(struct view *v, const struct model_link *l)
{
	const struct adl_value *s, *type, *target;
	const char *all = "";

	for (s = l->device->serves ? l->device->serves->items : NULL; s; s = s->next) {
		type = adl_key(s, "type");
		target = adl_key(s, "target");
		if (type && target && type->kind == VALUE_STRING && target->kind == VALUE_STRING &&
		    model_vm_is_called(l->driver, target->string))
			all = arena_format(v->arena, "%s%s%s", all, *all ? ", " : "", type->string);
	}
	return *all ? all : "virtio";
}

static void add_link(struct view *v, const struct model_link *l)
{
	add_wire(v, l->device, l->driver, l->confined ? VIEW_WINDOW : VIEW_RAM, served(v, l),
		 arena_format(v->arena, "sees %s %llu MiB", l->confined ? "a window," : "all",
			      (unsigned long long)link_shared_size(l) >> 20));
}

static const char *how(struct view *v, const struct model_connection *c, const struct model_end *from)
{
	switch (c->kind) {
	case CONNECTION_MEMORY:
		return arena_format(v->arena, "%llu KiB", (unsigned long long)c->size >> 10);
	case CONNECTION_MMIO:
		return arena_format(v->arena, "0x%llx, %llu KiB", (unsigned long long)c->paddr,
				    (unsigned long long)(c->size + 1023) >> 10);
	case CONNECTION_INTERRUPT:
		return arena_format(v->arena, "interrupt %u, %s", c->irq, c->edge ? "edge" : "level");
	default:
		return from->interface->type;
	}
}

static void add_connection(struct view *v, const struct model_connection *c)
{
	static const enum view_mode modes[] = {
		[CONNECTION_CALL] = VIEW_CALL, [CONNECTION_EVENT] = VIEW_EVENT, [CONNECTION_MEMORY] = VIEW_MEMORY,
		[CONNECTION_MMIO] = VIEW_DEVICE, [CONNECTION_INTERRUPT] = VIEW_DEVICE, [CONNECTION_TREE] = VIEW_DEVICE,
	};
	const struct model_end *from, *to;
	struct view_wire *w;

	for (from = c->from; from; from = from->next)
		for (to = c->to; to; to = to->next) {
			w = add_wire(v, from->component, to->component, modes[c->kind], c->source->name,
				     how(v, c, from));
			if (c->kind != CONNECTION_MEMORY)
				continue;
			w->forth = from->write || !to->write;
			w->back = to->write;
		}
}

void scene_build(struct view *v, const struct model *m)
{
	const struct model_connection *c;
	const struct model_component *n;
	const struct model_link *l;
	const struct model_vm *vm;

	v->boxes_end = &v->boxes;
	v->wires_end = &v->wires;
	for (vm = m->vms; vm; vm = vm->next)
		add_vm(v, vm);
	for (n = m->components; n; n = n->next)
		add_component(v, n);
	for (l = m->links; l; l = l->next)
		add_link(v, l);
	for (c = m->connections; c; c = c->next)
		add_connection(v, c);
}
