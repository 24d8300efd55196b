/* SPDX-License-Identifier: BSD-2-Clause */
/* A VM: its monitor, its vCPUs, its memory, and the connections to other VMs. */
#include "component.h"

#include <libfdt.h>
#include <string.h>

#include "../model/guest.h"

#define VCPU_RADIX		4u
#define VCPU_SLOT_FAULT		1u
#define VCPU_SLOT_DOWNCALL	2u	/* + index of the connection */

struct machine {
	struct model_vm *vm;
	struct component *vmm;
	struct tree *node;		/* /vm */
	uint32_t vspace;
	uint32_t cnode[MODEL_VCPUS];	/* of each vCPU */
	uint32_t ram;
};

static void map_guest(struct system *s, const struct machine *g, uint32_t memory, uint64_t ipa,
		      uint32_t attributes)
{
	distribution_map(s->distribution, g->vspace, memory, ipa, RIGHTS_RW, attributes);
}

static void add_timer_client(struct system *s, struct component *c)
{
	uint64_t badge = component_event(c), client = BADGE_ENDPOINT | ++s->timer->clients;
	struct tree *t = tree_node(s->timer->config, "client@%u", s->timer_clients++);

	tree_u64(c->config, "timer-slot",
		 component_cap(c, s->timer->endpoint, 0, RIGHTS_CALL, client));
	tree_u64(c->config, "timer-badge", badge);
	tree_u64(t, "badge", client);
	tree_u64(t, "notify-slot",
		 component_cap(s->timer, c->notification, 0, SEL4_RIGHT_WRITE, badge));
}

/* One object for a file, however many VMs read it. */
static void add_blob(struct system *s, struct machine *g, struct model_blob *b,
		     const char *property, uint64_t vaddr)
{
	if (!b)
		return;
	if (b->memory == CAPDL_NONE)
		b->memory = distribution_ram(s->distribution, b->paddr, b->size, "file.%s", b->name);
	component_map(g->vmm, b->memory, vaddr, SEL4_RIGHT_READ);
	tree_pair(g->node, property, vaddr, b->size);
}

static void add_ram(struct system *s, struct machine *g)
{
	const struct model_vm *vm = g->vm;
	struct tree *t = tree_node(g->node, "ram@0");

	g->ram = distribution_ram(s->distribution, vm->ram_paddr, vm->ram_size, "%s.ram", vm->name);
	component_map(g->vmm, g->ram, COMPONENT_RAM, RIGHTS_RW);
	map_guest(s, g, g->ram, vm->ram_base, SEL4_ATTR_CACHEABLE);
	tree_u64(t, "ipa", vm->ram_base);
	tree_u64(t, "size", vm->ram_size);
	tree_u64(t, "vaddr", COMPONENT_RAM);
}

/* Each has a CSpace of its own: the badge of its fault endpoint says which one faulted. */
static void add_vcpu(struct system *s, struct machine *g, unsigned int k)
{
	struct distribution *d = s->distribution;
	struct component *c = g->vmm;
	uint64_t badge = BADGE_ENDPOINT | ++c->clients;
	const char *name = k ? arena_format(s->arena, "%s.vcpu%u", g->vm->name, k) :
			   arena_format(s->arena, "%s.vcpu", g->vm->name);
	struct tree *t = tree_node(g->node, "vcpu@%u", k);
	uint32_t untyped = distribution_object(d, CAPDL_UNTYPED, SEL4_VCPU_BITS, "%s.untyped", name);
	uint32_t cnode = distribution_object(d, CAPDL_CNODE, VCPU_RADIX, "%s.cnode", name);
	uint32_t tcb = distribution_object(d, CAPDL_TCB, 0, "%s.tcb", name);
	uint32_t core = g->vm->spread ? (g->vm->core + k) % MODEL_CORES : g->vm->core;
	struct capdl_thread *thread = distribution_thread(d);

	g->cnode[k] = cnode;
	distribution_cap(d, cnode, VCPU_SLOT_FAULT, c->endpoint, 0, RIGHTS_CALL, badge);
	tree_u64(t, "tcb-slot", component_cap(c, tcb, 0, RIGHTS_RW, 0));
	tree_u64(t, "vcpu-slot", component_slot(c));
	tree_u64(t, "untyped-slot", component_cap(c, untyped, 0, RIGHTS_RW, 0));
	tree_u64(t, "fault-badge", badge);
	tree_u64(t, "core", core);
	thread->tcb = tcb;
	thread->cspace = cnode;
	thread->vspace = g->vspace;
	thread->priority = g->vm->priority;
	thread->core = core;
	thread->account = c->account;
	thread->weight = c->weight;
	thread->band = c->band;
	thread->cspace_guard = GUARD_WORD(VCPU_RADIX);
	thread->fault_endpoint = VCPU_SLOT_FAULT;
}

static void add_interrupt_controller(struct system *s, struct machine *g)
{
	const struct platform *platform = s->model->platform;
	const struct platform_range *gicv = &platform->gicv;
	struct tree *t = tree_node(g->node, "gic");

	if (s->gicv == CAPDL_NONE)
		s->gicv = distribution_device(s->distribution, gicv->base, gicv->size,
					      SEL4_PAGE_BITS, "gicv");
	map_guest(s, g, s->gicv, GUEST_GICC(platform), SEL4_ATTR_EXECUTE_NEVER);
	tree_pair(t, "distributor", GUEST_GICD(platform), 0x10000);
	tree_pair(t, "cpu-interface", GUEST_GICC(platform), gicv->size);
	if (!g->vm->links && !g->vm->served)
		return;
	tree_pair(t, "v2m", GUEST_V2M(platform), 0x1000);
	tree_pair(t, "v2m-spis", GUEST_V2M_FIRST, GUEST_V2M_COUNT);
}

static void add_irq(struct system *s, struct machine *g, const struct model_irq *i, unsigned int n)
{
	struct distribution *d = s->distribution;
	struct tree *t = tree_node(g->node, "irq@%u", n);
	uint32_t irq =
		distribution_object(d, CAPDL_IRQ, i->intid, "%s.irq%u", g->vm->name, i->intid);
	uint64_t badge = component_event(g->vmm);

	d->objects[irq].flags = (i->edge ? CAPDL_EDGE : 0) | g->vm->core << CAPDL_CORE_SHIFT;
	tree_u64(t, "handler-slot", component_cap(g->vmm, irq, 0, RIGHTS_RW, 0));
	tree_u64(t, "badge", badge);
	tree_u64(t, "intid", i->intid);
	if (i->edge)
		tree_bytes(t, "edge", NULL, 0);
	distribution_irq(d, irq, g->vmm->notification, badge);
}

static void add_devices(struct system *s, struct machine *g)
{
	const struct model_range *r;
	const struct model_irq *i;
	const struct model_node *n;
	struct tree *nodes = tree_node(g->node, "nodes");
	unsigned int count = 0;
	uint32_t memory;

	for (r = g->vm->mmios; r; r = r->next) {
		memory = distribution_device(s->distribution, r->paddr, r->size, SEL4_PAGE_BITS,
					     "%s.mmio.%llx", g->vm->name,
					     (unsigned long long)r->paddr);
		map_guest(s, g, memory, r->paddr, SEL4_ATTR_EXECUTE_NEVER);
	}
	for (i = g->vm->irqs; i; i = i->next)
		add_irq(s, g, i, count++);
	for (n = g->vm->nodes; n; n = n->next)
		tree_copy(nodes, s->model->platform->fdt, n->offset);
}

static void describe_vm(struct machine *g)
{
	const struct platform *platform = g->vmm->system->model->platform;
	const struct model_vm *vm = g->vm;
	struct tree *t = g->node;

	tree_string(t, "name", vm->name);
	tree_u64(t, "id", vm->id);
	tree_string(t, "kernel-name", vm->kernel->name);
	tree_string(t, "cmdline", vm->cmdline);
	if (vm->console) {
		t = tree_node(g->node, "pl011");
		tree_u64(t, "ipa", GUEST_PL011(platform));
		tree_u64(t, "intid", GUEST_PL011_INTID);
	}
	if (vm->served) {
		t = tree_node(g->vmm->config, "pci");
		tree_pair(t, "segment", GUEST_ECAM(GUEST_OWN_SEGMENT), GUEST_ECAM_SIZE);
		tree_pair(t, "window", GUEST_WINDOW(platform, GUEST_OWN_SEGMENT), GUEST_WINDOW_SIZE);
		tree_u64(t, "intx", GUEST_INTX(GUEST_OWN_SEGMENT));
	}
}

static bool make_machine(struct system *s, struct machine *g)
{
	struct component_plan plan = {
		.name = arena_format(s->arena, "%s.vmm", g->vm->name), .elf = "vmm/vmm",
		.compatible = "peervisor,vmm-1", .heap = g->vm->heap_size,
		.weight = g->vm->cpu_weight, .band = g->vm->priority,
		.priority = g->vm->served ? PRIORITY_DEVICE_VMM : PRIORITY_VMM,
		.stack = 64u << 10, .endpoint = true, .core = g->vm->core,
	};
	struct component *c = component_new(s, &plan);
	unsigned int k;

	if (!c)
		return false;
	g->vmm = c;
	tree_u64(c->config, "cnode-slot",
		 component_cap(c, c->cnode, 0, RIGHTS_RW, GUARD_WORD(COMPONENT_RADIX)));
	tree_u64(c->config, "cnode-radix", COMPONENT_RADIX);
	g->node = tree_node(c->config, "vm");
	g->vspace = distribution_object(s->distribution, CAPDL_VSPACE, 0, "%s.vspace", g->vm->name);
	tree_u64(g->node, "guest-vspace-slot", component_cap(c, g->vspace, 0, RIGHTS_RW, 0));
	describe_vm(g);
	add_timer_client(s, c);
	if (g->vm->console)
		component_port(c, "console", g->vm->name);
	c->label = arena_format(s->arena, "%s.log", g->vm->name);
	c->vm = g->vm->name;
	component_port(c, "log", c->label);
	add_blob(s, g, g->vm->kernel, "kernel", COMPONENT_KERNEL);
	add_blob(s, g, g->vm->initrd, "initrd", COMPONENT_INITRD);
	add_blob(s, g, g->vm->dtb, "dtb", COMPONENT_DTB);
	add_ram(s, g);
	for (k = 0; k < g->vm->vcpus; k++)
		add_vcpu(s, g, k);
	add_interrupt_controller(s, g);
	add_devices(s, g);
	return true;
}

static struct tree *connection_node(struct component *c, const struct model_link *l, unsigned int n,
				    bool device)
{
	const struct model_vm *peer = device ? l->driver : l->device;
	struct tree *t = tree_node(c->config, "connection@%u", n);

	tree_string(t, "role", device ? "device" : "driver");
	tree_string(t, "peer", peer->name);
	tree_u64(t, "peer-id", peer->id);
	tree_string(t, "sharing", link_sharing(l));
	return t;
}

struct wires {
	uint32_t page_driver;
	uint32_t page_device;
	uint64_t upcall;	/* badge at the device's VMM */
	uint64_t downcall;	/* badge at the driver's VMM */
};

static void connect_driver(const struct machine *driver, const struct machine *device,
			   const struct model_link *l, const struct wires *w)
{
	const struct platform *platform = driver->vmm->system->model->platform;
	struct component *c = driver->vmm;
	const struct model_vm *vm = l->driver;
	struct tree *t = connection_node(c, l, vm->served + l->driver_index, false);
	uint64_t vaddr = COMPONENT_IOBUFS + (uint64_t)(vm->served + l->driver_index) * 8192;

	component_map(c, w->page_driver, vaddr, RIGHTS_RW);
	component_map(c, w->page_device, vaddr + 4096, SEL4_RIGHT_READ);
	tree_u64(t, "iobuf-driver", vaddr);
	tree_u64(t, "iobuf-device", vaddr + 4096);
	tree_u64(t, "badge", w->downcall);
	tree_u64(t, "signal-slot",
		 component_cap(c, device->vmm->notification, 0, SEL4_RIGHT_WRITE, w->upcall));
	tree_pair(t, "segment", GUEST_ECAM(l->driver_index), GUEST_ECAM_SIZE);
	tree_pair(t, "window", GUEST_WINDOW(platform, l->driver_index), GUEST_WINDOW_SIZE);
	tree_u64(t, "intx", GUEST_INTX(l->driver_index));
	tree_pair(t, "memdev", link_shared_base(l), link_shared_size(l));
	tree_u64(t, "start-timeout", vm->start_timeout);
	tree_u64(t, "request-timeout", l->request_timeout);
}

/* The two pages as frames for BAR 2 of the connector, and what its page table is made of. */
static void connector_frames(struct system *s, struct component *c, const struct wires *w,
			     struct tree *t, const char *peer)
{
	uint32_t untyped = distribution_object(s->distribution, CAPDL_UNTYPED, SEL4_PAGE_TABLE_BITS,
					       "%s.%s.table", c->name, peer);

	tree_u64(t, "iobuf-driver-frame", component_cap(c, w->page_driver, 0, SEL4_RIGHT_READ, 0));
	tree_u64(t, "iobuf-device-frame", component_cap(c, w->page_device, 0, RIGHTS_RW, 0));
	tree_u64(t, "table-untyped-slot", component_cap(c, untyped, 0, RIGHTS_RW, 0));
	tree_u64(t, "table-slot", component_slot(c));
}

static void connect_device(struct system *s, const struct machine *driver,
			   const struct machine *device, const struct model_link *l,
			   const struct wires *w)
{
	const struct platform *platform = s->model->platform;
	struct component *c = device->vmm;
	const struct model_vm *vm = l->driver;
	uint32_t notification = driver->vmm->notification;
	struct tree *t = connection_node(c, l, l->device_index, true);
	uint64_t vaddr = COMPONENT_IOBUFS + (uint64_t)l->device_index * 8192;
	unsigned int k;

	component_map(c, w->page_driver, vaddr, SEL4_RIGHT_READ);
	component_map(c, w->page_device, vaddr + 4096,
		      RIGHTS_RW); /* withdrawn when the guest ends */
	tree_u64(t, "iobuf-driver", vaddr);
	tree_u64(t, "iobuf-device", vaddr + 4096);
	connector_frames(s, c, w, t, vm->name);
	tree_u64(t, "badge", w->upcall);
	tree_u64(t, "signal-slot",
		 component_cap(c, notification, 0, SEL4_RIGHT_WRITE, w->downcall));
	tree_u64(t, "downcall-cptr", VCPU_SLOT_DOWNCALL + l->device_index);
	for (k = 0; k < device->vm->vcpus; k++)
		distribution_cap(s->distribution, device->cnode[k],
				 VCPU_SLOT_DOWNCALL + l->device_index, notification, 0,
				 SEL4_RIGHT_WRITE, w->downcall);
	tree_u64(t, "intx", GUEST_INTX(l->driver_index));
	tree_pair(t, "ram", vm->ram_base, vm->ram_size);
	tree_triple(t, "memdev", link_shared_base(l), link_shared_size(l), l->memdev_ipa);
	tree_triple(t, "driver-v2m", GUEST_V2M(platform), GUEST_V2M_FIRST, GUEST_V2M_COUNT);
	tree_pair(t, "driver-window", GUEST_WINDOW(platform, l->driver_index), GUEST_WINDOW_SIZE);
}

/* Memory of the driver VM beside its RAM; its VMM clears it at the start. */
static uint32_t add_window(struct system *s, const struct machine *driver,
			   const struct model_link *l)
{
	struct tree *t = tree_node(driver->node, "ram@%u", l->driver_index + 1);
	uint64_t vaddr = COMPONENT_WINDOWS + l->driver_index * COMPONENT_WINDOW;
	uint32_t memory = distribution_ram(s->distribution, l->window_paddr, l->window_size, "%s.%s.window", l->device->name,
					      l->driver->name);

	component_map(driver->vmm, memory, vaddr, RIGHTS_RW);
	map_guest(s, driver, memory, l->window_base, SEL4_ATTR_CACHEABLE | SEL4_ATTR_EXECUTE_NEVER);
	tree_u64(t, "ipa", l->window_base);
	tree_u64(t, "size", l->window_size);
	tree_u64(t, "vaddr", vaddr);
	return memory;
}

static void add_memdev(struct system *s, const struct machine *driver, const struct machine *device,
		       const struct model_link *l)
{
	struct tree *t = tree_node(device->node, "memdev@%u", l->device_index);
	uint32_t memory = l->confined ? add_window(s, driver, l) : driver->ram;

	map_guest(s, device, memory, l->memdev_ipa, SEL4_ATTR_CACHEABLE | SEL4_ATTR_EXECUTE_NEVER);
	tree_u64(t, "ipa", l->memdev_ipa);
	tree_u64(t, "size", link_shared_size(l));
}

static void connect(struct system *s, const struct machine *driver, const struct machine *device,
		    const struct model_link *l)
{
	const char *a = l->device->name, *b = l->driver->name;
	struct wires w = {
		.page_driver = distribution_memory(s->distribution, 1, "%s.%s.iobuf.driver", a, b),
		.page_device = distribution_memory(s->distribution, 1, "%s.%s.iobuf.device", a, b),
		.upcall = component_event(device->vmm),
		.downcall = component_event(driver->vmm),
	};

	connect_driver(driver, device, l, &w);
	connect_device(s, driver, device, l, &w);
	add_memdev(s, driver, device, l);
}

static const struct machine *machine_of(const struct machine *all, const struct model_vm *vm)
{
	while (all->vm != vm)
		all++;
	return all;
}

bool system_vms(struct system *s)
{
	struct machine *all = arena_alloc(s->arena, sizeof(*all) * (s->model->vm_count + 1));
	const struct model_link *l;
	struct model_blob *b;
	struct model_vm *vm;
	uint32_t n = 0, i;

	for (b = s->model->blobs; b; b = b->next)
		b->memory = CAPDL_NONE;
	for (vm = s->model->vms; vm; vm = vm->next) {
		all[n].vm = vm;
		if (!make_machine(s, &all[n++]))
			return false;
	}
	for (l = s->model->links; l; l = l->next)
		connect(s, machine_of(all, l->driver), machine_of(all, l->device), l);
	for (i = 0; i < n; i++)
		component_finish(all[i].vmm);
	return true;
}
