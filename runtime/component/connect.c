/* SPDX-License-Identifier: BSD-2-Clause */
/* What the generated component_connect() reads: nodes /interfaces/NAME and /attributes. */
#include <stdio.h>
#include <camkes/dataport.h>
#include <peervisor/component.h>
#include <peervisor/config.h>

static int interface_node(const char *name)
{
	char path[80];

	snprintf(path, sizeof(path), "/interfaces/%s", name);
	return config_find(path);
}

uint64_t component_slot(const char *interface, const char *property)
{
	int node = interface_node(interface);

	return node < 0 ? 0 : config_u64_or(node, property, 0);
}

void component_slots(const char *interface, const char *property, uint64_t *slots, unsigned int count)
{
	char name[32];
	unsigned int i;

	for (i = 0; i < count; i++) {
		snprintf(name, sizeof(name), i ? "%s-%u" : "%s", property, i);
		slots[i] = component_slot(interface, name);
	}
}

void *component_registers(const char *interface, unsigned int n)
{
	int node = interface_node(interface);
	char name[32];

	snprintf(name, sizeof(name), n ? "memory-%u" : "memory", n);
	return node < 0 ? NULL : (void *)config_pair(node, name).first;
}

void component_dataport(struct component_dataport *d)
{
	int node = interface_node(d->name);
	struct config_pair p;

	if (node < 0)
		return;
	p = config_pair(node, "memory");
	*d->place = (void *)p.first;
	d->size = p.second;
	d->id = config_u64(node, "id");
}

uint64_t component_number(const char *attribute)
{
	int node = config_find("/attributes");

	return node < 0 ? 0 : config_u64_or(node, attribute, 0);
}

const char *component_text(const char *attribute)
{
	int node = config_find("/attributes");

	return node >= 0 && config_has(node, attribute) ? config_string(node, attribute) : "";
}

dataport_ptr_t dataport_wrap_ptr(void *pointer)
{
	const struct component_dataport *d;
	uintptr_t at = (uintptr_t)pointer, base;

	for (d = component_dataports; d->place; d++) {
		base = (uintptr_t)*d->place;
		if (base && at >= base && at - base < d->size)
			return (dataport_ptr_t){ .id = d->id, .offset = at - base };
	}
	return (dataport_ptr_t){ .id = 0 };
}

void *dataport_unwrap_ptr(dataport_ptr_t p)
{
	const struct component_dataport *d;

	for (d = component_dataports; p.id && d->place; d++)
		if (*d->place && d->id == p.id && p.offset < d->size)
			return (char *)*d->place + p.offset;
	return NULL;
}
