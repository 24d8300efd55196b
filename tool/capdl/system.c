/* SPDX-License-Identifier: BSD-2-Clause */
/* The servers that every system has, then what the assembly adds. */
#include "component.h"

static struct component *make_timer(struct system *s)
{
	static const struct component_plan plan = {
		.name = "timer", .elf = "components/timer", .compatible = "peervisor,timer-1",
		.priority = PRIORITY_TIMER, .heap = 16u << 10, .stack = 16u << 10, .endpoint = true,
	};
	struct component *c = component_new(s, &plan);
	uint64_t badge;
	uint32_t irq;

	if (!c)
		return NULL;
	badge = component_event(c);
	irq = distribution_object(s->distribution, CAPDL_IRQ, s->model->platform->timer_intid,
				  "timer.irq");
	tree_u64(c->config, "irq-slot", component_cap(c, irq, 0, RIGHTS_RW, 0));
	tree_u64(c->config, "irq-badge", badge);
	distribution_irq(s->distribution, irq, c->notification, badge);
	return c;
}

static struct component *make_serial(struct system *s)
{
	static const struct component_plan plan = {
		.name = "serial",
		.elf = "components/serial",
		.compatible = "peervisor,serial-1",
		.priority = PRIORITY_SERIAL,
		.heap = 16u << 10,
		.stack = 16u << 10,
		.endpoint = true,	/* for the faults of all others */
	};
	struct component *c = component_new(s, &plan);
	struct distribution *d = s->distribution;
	const struct platform *p = s->model->platform;
	uint32_t irq, uart;
	uint64_t badge;

	if (!c)
		return NULL;
	badge = component_event(c);
	irq = distribution_object(d, CAPDL_IRQ, p->uart_intid, "serial.irq");
	tree_u64(c->config, "irq-slot", component_cap(c, irq, 0, RIGHTS_RW, 0));
	tree_u64(c->config, "irq-badge", badge);
	distribution_irq(d, irq, c->notification, badge);
	s->serial_kick = component_event(c);
	tree_u64(c->config, "kick-badge", s->serial_kick);
	uart = distribution_device(d, p->uart.base, p->uart.size, SEL4_PAGE_BITS, "serial.uart");
	distribution_map(d, c->vspace, uart, COMPONENT_UART, RIGHTS_RW, SEL4_ATTR_EXECUTE_NEVER);
	tree_u64(c->config, "uart", COMPONENT_UART);
	tree_pair(c->config, "stacks", COMPONENT_ELF_END, COMPONENT_STACK_TOP - COMPONENT_ELF_END);
	return c;
}

struct distribution *system_build(struct model *m, const char *build_dir)
{
	struct system *s = ARENA_NEW(m->arena, struct system);

	s->arena = m->arena;
	s->diagnostics = m->diagnostics;
	s->model = m;
	s->build_dir = build_dir;
	s->variant = model_variant(m);
	s->distribution = ARENA_NEW(m->arena, struct distribution);
	s->distribution->arena = m->arena;
	s->gicv = CAPDL_NONE;
	s->serial = make_serial(s);
	if (!s->serial)
		return NULL;
	s->timer = make_timer(s);
	if (!s->timer)
		return NULL;
	if (!system_vms(s) || !system_natives(s))
		return NULL;
	component_port(s->timer, "log", s->timer->label);
	/* Last: only now are the lists of their clients complete, and the server's of all others' threads. */
	component_finish(s->timer);
	component_finish(s->serial);
	return m->diagnostics->errors ? NULL : s->distribution;
}
