/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of native components: one for run(), one for each interface that is served. */
#include "model.h"

#define STACK_DEFAULT	(16u << 10)
#define STACK_MAX	(16u << 20)
#define PRIORITY_MAX	139u		/* below the servers */

/* The setting of the interface, then of the component under its names. */
static bool find(struct model *m, const struct adl_instance *i, const char *interface,
		 const char *what, uint64_t *n)
{
	const char *own = arena_format(m->arena, interface ? "%s_%s" : "%s_control_%s",
				       interface ? interface : "", what);

	/* All are asked, so that none of them counts as unread. */
	bool all = setting_number(m, i, what, n), both = setting_number(m, i,
			arena_format(m->arena, "_%s", what), n);

	return setting_number(m, i, own, n) || both || all;
}

static void read_settings(struct model *m, const struct adl_instance *i, const char *interface,
			  struct model_thread *t)
{
	uint64_t priority = 120, stack = STACK_DEFAULT, domain = 0, affinity = 0;

	find(m, i, interface, "priority", &priority);
	find(m, i, interface, "stack_size", &stack);
	find(m, i, interface, "domain", &domain);
	find(m, i, interface, "affinity", &affinity);
	if (priority < 1 || priority > PRIORITY_MAX)
		diagnostic_error(m->diagnostics, i->at,
				 "the priority of %s is %llu; it must be from "
				 "1 to %u, below the servers",
				 i->name, (unsigned long long)priority, PRIORITY_MAX);
	if (stack == 0 || stack > STACK_MAX)
		diagnostic_error(m->diagnostics, i->at,
				 "a stack of %s has %llu bytes; the size must be from 1 to 16M",
				 i->name, (unsigned long long)stack);
	if (domain)
		diagnostic_error(m->diagnostics, i->at,
				 "a thread of %s is in domain %llu; the kernel has only domain 0",
				 i->name, (unsigned long long)domain);
	t->name = interface;
	t->priority = (uint32_t)priority;
	t->core = setting_core(m, affinity, i->at, i->name);
	t->stack_size = (stack + 4095) & ~4095ull;
}

void model_threads(struct model *m, struct model_component *c)
{
	const struct adl_interface *i;
	struct model_thread **end = &c->threads, *t;

	read_settings(m, c->instance, NULL, &c->control);
	c->control.cpu_weight = setting_weight(m, c->instance);
	for (i = c->type->interfaces; i; i = i->next) {
		if (i->kind != INTERFACE_PROVIDES && i->kind != INTERFACE_CONSUMES)
			continue;
		t = ARENA_NEW(m->arena, struct model_thread);
		read_settings(m, c->instance, i->name, t);
		t->interface = i;
		*end = t;
		end = &t->next;
	}
}
