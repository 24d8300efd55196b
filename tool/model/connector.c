/* SPDX-License-Identifier: BSD-2-Clause */
/* Connectors: what a connection of each becomes, and why of some nothing can. */
#include <string.h>

#include "model.h"

static const struct {
	const char *name;
	enum model_connection_kind kind;
} known[] = {
	{ "seL4RPCCall", CONNECTION_CALL },
	{ "seL4RPC", CONNECTION_CALL },
	{ "seL4RPCSimple", CONNECTION_CALL },
	{ "seL4DirectCall", CONNECTION_CALL },
	{ "seL4Notification", CONNECTION_EVENT },
	{ "seL4NotificationNative", CONNECTION_EVENT },
	{ "seL4Asynch", CONNECTION_EVENT },
	{ "seL4AsynchNative", CONNECTION_EVENT },
	{ "seL4GlobalAsynch", CONNECTION_EVENT },
	{ "seL4GlobalAsynchCallback", CONNECTION_EVENT },
	{ "seL4SharedData", CONNECTION_MEMORY },
	{ "seL4SharedDataWithCaps", CONNECTION_MEMORY },
	{ "seL4HardwareMMIO", CONNECTION_MMIO },
	{ "seL4HardwareInterrupt", CONNECTION_INTERRUPT },
	{ "seL4GlobalAsynchHardwareInterrupt", CONNECTION_INTERRUPT },
	{ "seL4DTBHardware", CONNECTION_TREE },
	{ "seL4DTBHardwareThreadless", CONNECTION_TREE },
	{ "seL4DTBHWThreadless", CONNECTION_TREE },
};

static const char servers[] = "there is no such server; a component of your own can be it, over "
			      "seL4RPCCall and seL4Notification";

static const struct {
	const char *name;
	const char *reason;
} refused[] = {
	{ "seL4RPCCallSignal", "use seL4RPCCall" },
	{ "seL4RPCDataport", "use seL4RPCCall, and seL4SharedData for what is large" },
	{ "seL4RPCDataportSignal", "use seL4RPCCall, and seL4SharedData for what is large" },
	{ "seL4RPCOverMultiSharedData", "use seL4RPCCall, and seL4SharedData for what is large" },
	{ "seL4NotificationBind", "a component's threads wait for one thing each; use seL4Notification" },
	{ "seL4HardwareIOPort", "the machines here have no I/O ports; use seL4HardwareMMIO" },
	{ "seL4IOAPICHardwareInterrupt", "the machines here have no I/O APIC; use seL4HardwareInterrupt" },
	{ "seL4VirtQueues", "use seL4SharedData and seL4Notification; VIRTIO_COMPOSITION_DEF for VMs" },
	{ "seL4TimeServer", servers },
	{ "seL4SerialServer", servers },
	{ "seL4GPIOServer", servers },
	{ "seL4RTC", servers },
};

/* Both in one group of one composition. */
static bool grouped(const struct adl_instance *a, const struct adl_instance *b)
{
	const char *x = strrchr(a->name, '.'), *y = strrchr(b->name, '.');
	size_t n = x ? (size_t)(x - a->name) : 0, k = y ? (size_t)(y - b->name) : 0;

	return a->group && b->group && strcmp(a->group, b->group) == 0 && n == k &&
	       strncmp(a->name, b->name, n) == 0;
}

/* A function called in the same address space; here a group's instances have one each. */
static void check_direct(struct model *m, const struct adl_connection *s)
{
	const struct adl_end *e;

	for (e = s->ends->next; e; e = e->next)
		if (!grouped(s->ends->target, e->target)) {
			diagnostic_error(m->diagnostics, s->type_at,
					 "seL4DirectCall joins instances of one group, and %s and %s are "
					 "in none together; use seL4RPCCall",
					 s->ends->target->name, e->target->name);
			return;
		}
	diagnostic_warning(m->diagnostics, s->type_at,
			   "connection %s becomes a seL4RPCCall: each instance of a group has an address "
			   "space of its own, and a pointer in a struct leads nowhere on the other side",
			   s->name);
}

bool model_connector(struct model *m, struct model_connection *c)
{
	const struct adl_connection *s = c->source;
	const char *reason = "it has no code behind it here; use seL4RPCCall, seL4Notification or "
			     "seL4SharedData";
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i].name, s->type) == 0) {
			c->kind = known[i].kind;
			if (strcmp(s->type, "seL4DirectCall") == 0)
				check_direct(m, s);
			return true;
		}
	for (i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (strcmp(refused[i].name, s->type) == 0)
			reason = refused[i].reason;
	diagnostic_error(m->diagnostics, s->type_at, "nothing can be made of connector %s: %s", s->type,
			 reason);
	return false;
}
