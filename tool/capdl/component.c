/* SPDX-License-Identifier: BSD-2-Clause */
#include "component.h"

#include <string.h>

#define CACHED		SEL4_ATTR_CACHEABLE
#define CACHED_DATA	(SEL4_ATTR_CACHEABLE | SEL4_ATTR_EXECUTE_NEVER)

uint64_t component_slot(struct component *c)
{
	if (c->slots == 1u << COMPONENT_RADIX)	/* said once */
		diagnostic_plain(c->system->diagnostics,
				 "%s needs more than %u capabilities; connect it to "
				 "less",
				 c->name, 1u << COMPONENT_RADIX);
	return c->slots++ & ((1u << COMPONENT_RADIX) - 1);
}

uint64_t component_cap(struct component *c, uint32_t object, uint32_t page, uint32_t rights,
		       uint64_t badge)
{
	uint64_t slot = component_slot(c);

	distribution_cap(c->system->distribution, c->cnode, slot, object, page, rights, badge);
	return slot;
}

uint64_t component_event(struct component *c)
{
	if (c->events == COMPONENT_EVENTS)
		diagnostic_plain(c->system->diagnostics,
				 "%s has more than %u sources of events "
				 "(interrupts, connections); give it less",
				 c->name, COMPONENT_EVENTS);
	if (c->events >= COMPONENT_EVENTS)
		return 0;
	return 1ull << c->events++;
}

void component_map(struct component *c, uint32_t memory, uint64_t vaddr, uint32_t rights)
{
	distribution_map(c->system->distribution, c->vspace, memory, vaddr, rights, CACHED_DATA);
}

static bool load_elf(struct component *c, const char *file)
{
	struct system *s = c->system;
	struct distribution *d = s->distribution;
	const struct elf_segment *g;
	uint64_t first, end, taken = 0;
	struct elf elf;
	uint32_t memory;
	unsigned int i;

	if (!elf_load(s->arena, s->diagnostics,
		      file[0] == '/' ? file : arena_format(s->arena, "%s/%s%s.elf", s->build_dir, file,
							   s->variant), &elf))
		return false;
	for (i = 0; i < elf.count; i++) {
		g = &elf.segments[i];
		first = g->vaddr & ~4095ull;
		end = (g->vaddr + g->memory_size + 4095) & ~4095ull;
		if (first < 4096 || first < taken || end > COMPONENT_ELF_END) {
			diagnostic_plain(
				s->diagnostics,
				"%s: segment at 0x%llx shares a page with another or "
				"lies outside [0x1000, 0x%llx); link it with page-aligned segments",
				elf.path, (unsigned long long)g->vaddr, COMPONENT_ELF_END);
			return false;
		}
		taken = end;
		memory = distribution_memory(d, (end - first) >> 12, "%s.%s%u", c->name,
					     g->execute ? "text" : g->write ? "data" : "rodata", i);
		distribution_fill(d, memory, g->vaddr - first, g->data, g->file_size);
		distribution_map(d, c->vspace, memory, first,
				 g->write ? RIGHTS_RW : SEL4_RIGHT_READ,
				 g->execute ? CACHED : CACHED_DATA);
	}
	c->entry = elf.entry;
	c->program = strrchr(elf.path, '/') + 1;
	return true;
}

static void make_memory(struct component *c, const struct component_plan *plan)
{
	struct distribution *d = c->system->distribution;
	uint32_t stack = distribution_memory(d, plan->stack >> 12, "%s.stack", c->name);
	uint32_t heap;

	c->stacks = COMPONENT_STACK_TOP - plan->stack - 4096;	/* a page between two that faults */
	component_map(c, stack, COMPONENT_STACK_TOP - plan->stack, RIGHTS_RW);
	c->ipc = distribution_memory(d, 1, "%s.ipc", c->name);
	component_map(c, c->ipc, COMPONENT_IPC, RIGHTS_RW);
	if (!plan->heap)
		return;
	heap = distribution_memory(d, plan->heap >> 12, "%s.heap", c->name);
	component_map(c, heap, COMPONENT_HEAP, RIGHTS_RW);
	tree_pair(c->config, "heap", COMPONENT_HEAP, plan->heap);
}

/*
 * The time of a VM or component is charged to an account of its own; when there are no more, the
 * last one is shared.
 */
static void set_account(struct component *c, const struct component_plan *plan)
{
	if (!plan->weight) {
		c->account = PEERVISOR_ACCOUNT_CALLER;
		c->weight = MODEL_CPU_WEIGHT;
		return;
	}
	if (c->system->accounts < PEERVISOR_ACCOUNTS - 1)
		c->system->accounts++;
	c->account = c->system->accounts;
	c->weight = plan->weight;
	c->band = plan->band;
}

struct component *component_new(struct system *s, const struct component_plan *plan)
{
	struct component *c = ARENA_NEW(s->arena, struct component);
	struct distribution *d = s->distribution;

	c->system = s;
	c->name = plan->name;
	c->priority = plan->priority;
	c->core = plan->core;
	set_account(c, plan);
	c->slots = 1;
	c->dataports = COMPONENT_DATAPORTS;
	c->endpoint = CAPDL_NONE;
	c->label = arena_format(s->arena, "%s.log", plan->name);
	c->config = tree_root(s->arena);
	tree_string(c->config, "compatible", plan->compatible);
	tree_string(c->config, "component", plan->name);
	c->vspace = distribution_object(d, CAPDL_VSPACE, 0, "%s.vspace", c->name);
	c->cnode = distribution_object(d, CAPDL_CNODE, COMPONENT_RADIX, "%s.cnode", c->name);
	c->tcb = distribution_object(d, CAPDL_TCB, 0, "%s.tcb", c->name);
	c->notification = distribution_object(d, CAPDL_NOTIFICATION, 0, "%s.notification", c->name);
	tree_u64(c->config, "notification-slot",
		 component_cap(c, c->notification, 0, SEL4_RIGHT_READ, 0));
	if (plan->endpoint) {
		c->endpoint = distribution_object(d, CAPDL_ENDPOINT, 0, "%s.endpoint", c->name);
		tree_u64(c->config, "endpoint-slot",
			 component_cap(c, c->endpoint, 0, SEL4_RIGHT_READ, 0));
	}
	make_memory(c, plan);
	return load_elf(c, plan->elf) ? c : NULL;
}

/* The server's side of a port: what the client writes it may only read. */
static void serve_port(struct component *c, const char *label, uint32_t out, uint32_t in,
		       uint64_t client_badge)
{
	struct component *server = c->system->serial;
	struct tree *port = tree_node(server->config, "port@%u", c->system->serial_ports++);
	uint64_t vaddr = COMPONENT_PORTS + server->ports++ * 8192;

	component_map(server, out, vaddr, SEL4_RIGHT_READ);
	component_map(server, in, vaddr + 4096, RIGHTS_RW);
	tree_string(port, "label", label);
	tree_u64(port, "out", vaddr);
	tree_u64(port, "in", vaddr + 4096);
	tree_u64(port, "notify-slot",
		 component_cap(server, c->notification, 0, SEL4_RIGHT_WRITE, client_badge));
}

void component_port(struct component *c, const char *node, const char *label)
{
	struct component *server = c->system->serial;
	struct distribution *d = c->system->distribution;
	uint64_t vaddr = COMPONENT_PORTS + c->ports++ * 8192;
	uint64_t badge = component_event(c), kick = c->system->serial_kick;
	uint32_t out = distribution_memory(d, 1, "%s.%s.out", c->name, node);
	uint32_t in = distribution_memory(d, 1, "%s.%s.in", c->name, node);
	struct tree *t = tree_node(c->config, "%s", node);

	component_map(c, out, vaddr, RIGHTS_RW);
	component_map(c, in, vaddr + 4096, SEL4_RIGHT_READ);
	tree_string(t, "label", label);
	tree_u64(t, "out", vaddr);
	tree_u64(t, "in", vaddr + 4096);
	tree_u64(t, "kick-slot", component_cap(c, server->notification, 0, SEL4_RIGHT_WRITE, kick));
	tree_u64(t, "badge", badge);
	if (server->ports == COMPONENT_SERIAL_PORTS)
		diagnostic_plain(c->system->diagnostics,
				 "there are more than %u consoles and logs, one for each component and "
				 "two for each VM; the serial server has no room for more: "
				 "use fewer", COMPONENT_SERIAL_PORTS);
	if (server->ports >= COMPONENT_SERIAL_PORTS)
		server->ports++;	/* said once */
	else
		serve_port(c, label, out, in, badge);
}

/* The serial server is told of the thread's faults, but not of its own. */
static uint64_t watch(struct component *c, const char *name)
{
	struct system *s = c->system;
	uint64_t badge = BADGE_ENDPOINT | ++s->watched;
	struct tree *t;

	if (c == s->serial)
		return 0;
	t = tree_node(s->serial->config, "thread@%llx", (unsigned long long)s->watched);
	tree_u64(t, "badge", badge);
	tree_string(t, "component", c->name);
	tree_string(t, "thread", name);
	tree_string(t, "program", c->program);
	tree_string(t, "label", c->label);
	if (c->vm)
		tree_string(t, "vm", c->vm);
	if (c->stack_given)
		tree_string(t, "stack-attribute", "_stack_size");
	return component_cap(c, s->serial->endpoint, 0, RIGHTS_CALL, badge);
}

static struct capdl_thread *new_thread(struct component *c, const char *name, uint32_t tcb, uint32_t ipc)
{
	struct capdl_thread *t = distribution_thread(c->system->distribution);

	t->tcb = tcb;
	t->cspace = c->cnode;
	t->cspace_guard = GUARD_WORD(COMPONENT_RADIX);
	t->vspace = c->vspace;
	t->ipc_memory = ipc;
	t->bound_notification = CAPDL_NONE;
	t->resume = 1;
	t->pc = c->entry;
	t->account = c->account;
	t->weight = c->weight;
	t->band = c->band;
	t->fault_endpoint = watch(c, name);
	return t;
}

void component_thread(struct component *c, const char *name, uint32_t priority, uint32_t core,
		      uint64_t stack_size)
{
	struct distribution *d = c->system->distribution;
	uint64_t number = ++c->threads, ipc = COMPONENT_IPC + number * 4096, start;
	uint32_t stack, memory, go;
	struct capdl_thread *t;
	struct tree *node;

	if (number >= COMPONENT_THREADS || c->stacks - stack_size < COMPONENT_ELF_END) {
		diagnostic_plain(c->system->diagnostics,
				 "%s has too many threads or too large stacks: at most %u, and 256M",
				 c->name, COMPONENT_THREADS);
		return;
	}
	stack = distribution_memory(d, stack_size >> 12, "%s.%s.stack", c->name, name);
	memory = distribution_memory(d, 1, "%s.%s.ipc", c->name, name);
	go = distribution_object(d, CAPDL_NOTIFICATION, 0, "%s.%s.start", c->name, name);
	component_map(c, stack, c->stacks - stack_size, RIGHTS_RW);
	component_map(c, memory, ipc, RIGHTS_RW);
	start = component_cap(c, go, 0, RIGHTS_RW, 1);
	node = tree_node(tree_child(c->config, "threads"), "thread@%llx", (unsigned long long)number);
	tree_string(node, "name", name);
	tree_u64(node, "ipc", ipc);
	tree_u64(node, "stack-top", c->stacks);
	tree_u64(node, "start-slot", start);
	t = new_thread(c, name, distribution_object(d, CAPDL_TCB, 0, "%s.%s.tcb", c->name, name), memory);
	t->priority = priority;
	t->core = core;
	t->ipc_vaddr = ipc;
	t->sp = c->stacks;
	t->x0 = number;
	t->x1 = start;
	c->stacks -= stack_size + 4096;
}

void component_finish(struct component *c)
{
	struct distribution *d = c->system->distribution;
	size_t size;
	void *fdt = tree_flatten(c->config, &size);
	uint32_t memory = distribution_memory(d, (size + 4095) >> 12, "%s.config", c->name);
	struct capdl_thread *t;

	distribution_fill(d, memory, 0, fdt, size);
	component_map(c, memory, COMPONENT_CONFIG, SEL4_RIGHT_READ);
	t = new_thread(c, "run", c->tcb, c->ipc);
	t->bound_notification = c->notification;
	t->priority = c->priority;
	t->core = c->core;
	t->ipc_vaddr = COMPONENT_IPC;
	t->sp = COMPONENT_STACK_TOP;
	t->x0 = COMPONENT_CONFIG;
	t->x1 = COMPONENT_IPC;
}
