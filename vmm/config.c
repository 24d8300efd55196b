/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

static char problem[160];

static const char *wrong(const void *fdt, int node, const char *property, const char *what)
{
	const char *name = node >= 0 ? fdt_get_name(fdt, node, NULL) : "/";

	snprintf(problem, sizeof(problem), "configuration: node '%s': %s: %s", name ? name : "?",
		 property, what);
	return problem;
}

static uint64_t cell_pair(const fdt32_t *cell)
{
	return (uint64_t)fdt32_to_cpu(cell[0]) << 32 | fdt32_to_cpu(cell[1]);
}

/* `count` numbers of two cells. An absent property leaves `to` as it is. False: wrong length. */
static bool numbers(const void *fdt, int node, const char *property, uint64_t *to,
		    unsigned int count)
{
	int length;
	const fdt32_t *cell = fdt_getprop(fdt, node, property, &length);
	unsigned int i;

	if (!cell)
		return true;
	if (length != (int)count * 8)
		return false;
	for (i = 0; i < count; i++)
		to[i] = cell_pair(cell + 2 * i);
	return true;
}

static const char *string(const void *fdt, int node, const char *property, const char *absent)
{
	int length;
	const char *text = fdt_getprop(fdt, node, property, &length);

	return text && length > 0 && !text[length - 1] ? text : absent;
}

/* One number or several of a node into a structure: a table says which. */
struct field {
	const char *property;
	size_t offset;
	uint8_t count;
	bool required;
};

static const char *read_fields(const void *fdt, int node, const struct field *field, size_t fields,
			       void *to)
{
	size_t i;

	for (i = 0; i < fields; i++) {
		uint64_t *at = (uint64_t *)(void *)((char *)to + field[i].offset);

		if (field[i].required && !fdt_getprop(fdt, node, field[i].property, NULL))
			return wrong(fdt, node, field[i].property, "is missing");
		if (!numbers(fdt, node, field[i].property, at, field[i].count))
			return wrong(fdt, node, field[i].property, "has a wrong length");
	}
	return NULL;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOP(property, member, count, required) \
	{ property, offsetof(struct config, member), count, required }

static const struct field root_fields[] = {
	TOP("cnode-slot", cnode, 1, true),
	TOP("cnode-radix", cnode_radix, 1, true),
	TOP("endpoint-slot", endpoint, 1, true),
	TOP("notification-slot", notification, 1, false),
	TOP("timer-slot", timer, 1, false),
	TOP("timer-badge", timer_badge, 1, false),
};

static const struct field vm_fields[] = {
	TOP("id", id, 1, false),
	TOP("guest-vspace-slot", vspace, 1, true),
	TOP("kernel", kernel, 2, true),
	TOP("initrd", initrd, 2, false),
	TOP("dtb", dtb, 2, false),
};

static const struct field gic_fields[] = {
	TOP("distributor", distributor, 2, true),
	TOP("cpu-interface", cpu_interface, 2, true),
	TOP("v2m", v2m, 2, false),
};

static const struct field pl011_fields[] = {
	TOP("ipa", pl011, 1, true),
	TOP("intid", pl011_intid, 1, true),
};

static const struct field pci_fields[] = {
	TOP("window", pci_window, 2, true),
	TOP("intx", pci_intx, 1, true),
};

#define OF(type, property, member, count, required) \
	{ property, offsetof(struct type, member), count, required }

static const struct field ram_fields[] = {
	OF(config_ram, "ipa", ipa, 1, true),
	OF(config_ram, "size", size, 1, true),
	OF(config_ram, "vaddr", window, 1, true),
};

static const struct field vcpu_fields[] = {
	OF(config_vcpu, "tcb-slot", tcb, 1, true),
	OF(config_vcpu, "vcpu-slot", object, 1, true),
	OF(config_vcpu, "untyped-slot", untyped, 1, true),
	OF(config_vcpu, "fault-badge", badge, 1, true),
	OF(config_vcpu, "core", core, 1, false),
};

static const struct field irq_fields[] = {
	OF(config_irq, "handler-slot", handler, 1, true),
	OF(config_irq, "badge", badge, 1, true),
	OF(config_irq, "intid", intid, 1, true),
};

static const struct field memdev_fields[] = {
	OF(config_range, "ipa", base, 1, true),
	OF(config_range, "size", size, 1, true),
};

static const struct field serial_fields[] = {
	OF(config_serial, "out", out, 1, true),
	OF(config_serial, "in", in, 1, true),
	OF(config_serial, "kick-slot", kick, 1, true),
	OF(config_serial, "badge", badge, 1, true),
};

static const struct field connection_fields[] = {
	OF(config_connection, "peer-id", peer_id, 1, false),
	OF(config_connection, "iobuf-driver", page_driver, 1, true),
	OF(config_connection, "iobuf-device", page_device, 1, true),
	OF(config_connection, "badge", badge, 1, true),
	OF(config_connection, "signal-slot", signal, 1, false),
	OF(config_connection, "intx", intx, 1, false),
};

static const struct field driver_fields[] = {
	OF(config_connection, "window", window, 2, true),
	OF(config_connection, "memdev", memdev, 2, false),
	OF(config_connection, "start-timeout", start_timeout, 1, false),
	OF(config_connection, "request-timeout", request_timeout, 1, false),
};

static const struct field device_fields[] = {
	OF(config_connection, "iobuf-driver-frame", frame_driver, 1, true),
	OF(config_connection, "iobuf-device-frame", frame_device, 1, true),
	OF(config_connection, "table-untyped-slot", table_untyped, 1, false),
	OF(config_connection, "table-slot", table_slot, 1, false),
	OF(config_connection, "downcall-cptr", downcall, 1, false),
	OF(config_connection, "ram", ram, 2, false),
	OF(config_connection, "driver-window", driver_window, 2, false),
};

/* "segment" has one pair (driver side) or is described by "ecam"; both spell the ECAM range. */
static const char *read_segment(const void *fdt, int node, struct config_range *ecam)
{
	uint64_t pair[2] = { 0, 0 };

	if (!numbers(fdt, node, "segment", pair, 2))
		return wrong(fdt, node, "segment", "has a wrong length");
	if (!pair[1])
		return wrong(fdt, node, "segment", "is missing");
	*ecam = (struct config_range){ pair[0], pair[1] };
	return NULL;
}

static const char *read_device_side(const void *fdt, int node, struct config_connection *c)
{
	uint64_t memdev[3] = { 0, 0, 0 }, v2m[3] = { 0, 0, 0 };
	const char *error = read_fields(fdt, node, device_fields, COUNT(device_fields), c);

	if (error)
		return error;
	if (!numbers(fdt, node, "memdev", memdev, 3))
		return wrong(fdt, node, "memdev", "has a wrong length (ipa, size, ipa here)");
	if (!numbers(fdt, node, "driver-v2m", v2m, 3))
		return wrong(fdt, node, "driver-v2m", "has a wrong length (ipa, first, count)");
	c->memdev = (struct config_range){ memdev[0], memdev[1] };
	c->memdev_local = memdev[2];
	c->driver_v2m = v2m[0];
	c->driver_v2m_first = v2m[1];
	c->driver_v2m_count = v2m[2];
	return NULL;
}

static const char *read_connection(const void *fdt, int node, struct config_connection *c)
{
	const char *role = string(fdt, node, "role", "");
	const char *error;

	if (strcmp(role, "driver") && strcmp(role, "device"))
		return wrong(fdt, node, "role", "is neither \"driver\" nor \"device\"");
	c->driver = !strcmp(role, "driver");
	c->swiotlb = !strcmp(string(fdt, node, "sharing", "ram"), "swiotlb");
	c->peer = string(fdt, node, "peer", "?");
	error = read_fields(fdt, node, connection_fields, COUNT(connection_fields), c);
	if (error)
		return error;
	if (!c->driver)
		return read_device_side(fdt, node, c);
	error = read_segment(fdt, node, &c->ecam);
	return error ? error : read_fields(fdt, node, driver_fields, COUNT(driver_fields), c);
}

static const char *read_serial(const void *fdt, const char *path, struct config_serial *serial)
{
	int node = fdt_path_offset(fdt, path);

	if (node < 0)
		return NULL;
	serial->present = true;
	serial->label = string(fdt, node, "label", "?");
	return read_fields(fdt, node, serial_fields, COUNT(serial_fields), serial);
}

/* Nodes named NAME@N under parent, in order, into an array. */
struct list {
	const char *name;
	const struct field *field;
	size_t fields, offset, size;
	size_t count_offset;
	unsigned int most;
};

static const struct list lists[] = {
	{ "ram", ram_fields, COUNT(ram_fields), offsetof(struct config, ram),
	  sizeof(struct config_ram), offsetof(struct config, rams), CONFIG_RAMS },
	{ "vcpu", vcpu_fields, COUNT(vcpu_fields), offsetof(struct config, vcpu),
	  sizeof(struct config_vcpu), offsetof(struct config, vcpus), CONFIG_VCPUS },
	{ "irq", irq_fields, COUNT(irq_fields), offsetof(struct config, irq),
	  sizeof(struct config_irq), offsetof(struct config, irqs), CONFIG_IRQS },
	{ "memdev", memdev_fields, COUNT(memdev_fields), offsetof(struct config, memdev),
	  sizeof(struct config_range), offsetof(struct config, memdevs), CONFIG_MEMDEVS },
};

static bool is_named(const void *fdt, int node, const char *name)
{
	const char *is = fdt_get_name(fdt, node, NULL);
	size_t length = strlen(name);

	return is && !strncmp(is, name, length) && (is[length] == '@' || !is[length]);
}

static const char *read_list(const void *fdt, int parent, const struct list *list,
			     struct config *config)
{
	unsigned int *count = (unsigned int *)(void *)((char *)config + list->count_offset);
	const char *error;
	int node;

	fdt_for_each_subnode(node, fdt, parent) {
		char *to = (char *)config + list->offset + *count * list->size;

		if (!is_named(fdt, node, list->name))
			continue;
		if (*count == list->most)
			return wrong(fdt, node, list->name, "too many of these");
		error = read_fields(fdt, node, list->field, list->fields, to);
		if (error)
			return error;
		if (list->field == irq_fields)
			((struct config_irq *)(void *)to)->edge =
				fdt_getprop(fdt, node, "edge", NULL) != NULL;
		++*count;
	}
	return NULL;
}

static const char *read_vm(const void *fdt, struct config *config)
{
	int vm = fdt_path_offset(fdt, "/vm"), gic = fdt_path_offset(fdt, "/vm/gic");
	int pl011 = fdt_path_offset(fdt, "/vm/pl011");
	uint64_t spis[2] = { 0, 0 };
	const char *error;
	size_t i;

	if (vm < 0 || gic < 0)
		return wrong(fdt, -1, "/vm and /vm/gic", "are missing");
	config->name = string(fdt, vm, "name", string(fdt, 0, "component", "vm"));
	config->kernel_name = string(fdt, vm, "kernel-name", "kernel");
	config->cmdline = string(fdt, vm, "cmdline", "");
	config->nodes = fdt_path_offset(fdt, "/vm/nodes");
	error = read_fields(fdt, vm, vm_fields, COUNT(vm_fields), config);
	if (!error)
		error = read_fields(fdt, gic, gic_fields, COUNT(gic_fields), config);
	if (!error && pl011 >= 0)
		error = read_fields(fdt, pl011, pl011_fields, COUNT(pl011_fields), config);
	if (!error && !numbers(fdt, gic, "v2m-spis", spis, 2))
		error = wrong(fdt, gic, "v2m-spis", "has a wrong length (first INTID, count)");
	config->v2m_first = spis[0];
	config->v2m_count = spis[1];
	for (i = 0; i < COUNT(lists) && !error; i++)
		error = read_list(fdt, vm, &lists[i], config);
	if (!error && (!config->rams || !config->vcpus))
		error = wrong(fdt, vm, "ram@0 and vcpu@0", "are missing");
	return error;
}

static const char *read_connections(const void *fdt, struct config *config)
{
	const char *error;
	int node;

	fdt_for_each_subnode(node, fdt, 0) {
		if (!is_named(fdt, node, "connection"))
			continue;
		if (config->connections == CONFIG_CONNECTIONS)
			return wrong(fdt, node, "connection", "too many of these");
		error = read_connection(fdt, node, &config->connection[config->connections]);
		if (error)
			return error;
		config->connections++;
	}
	return NULL;
}

static const char *read_pci(const void *fdt, struct config *config)
{
	int node = fdt_path_offset(fdt, "/pci");
	const char *error;

	if (node < 0)
		return NULL;
	error = read_segment(fdt, node, &config->pci_ecam);
	return error ? error : read_fields(fdt, node, pci_fields, COUNT(pci_fields), config);
}

const char *config_read(const void *fdt, struct config *config)
{
	const char *error;

	memset(config, 0, sizeof(*config));
	config->fdt = fdt;
	if (fdt_check_header(fdt) || fdt_node_check_compatible(fdt, 0, "peervisor,vmm-1"))
		return "configuration: not a peervisor,vmm-1 device tree";
	error = read_fields(fdt, 0, root_fields, COUNT(root_fields), config);
	if (!error)
		error = read_serial(fdt, "/log", &config->log);
	if (!error)
		error = read_serial(fdt, "/console", &config->console);
	if (!error)
		error = read_vm(fdt, config);
	if (!error)
		error = read_pci(fdt, config);
	if (!error)
		error = read_connections(fdt, config);
	return error;
}
