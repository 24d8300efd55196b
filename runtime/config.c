/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <string.h>
#include <libfdt.h>
#include <peervisor/config.h>
#include <peervisor/panic.h>
#include "startup.h"

static const void *fdt;

void config_init(const void *blob)
{
	const char *name;
	int error = blob ? fdt_check_header(blob) : -FDT_ERR_BADMAGIC;

	if (error)
		panic("configuration: %s", fdt_strerror(error));
	fdt = blob;
	name = fdt_getprop(fdt, 0, "component", NULL);
	if (!name)
		panic("configuration: property 'component' is missing");
}

const void *config_fdt(void)
{
	return fdt;
}

const char *config_component(void)
{
	const char *name = fdt ? fdt_getprop(fdt, 0, "component", NULL) : NULL;

	return name ? name : "?";
}

const char *config_node_name(int node)
{
	const char *name = fdt_get_name(fdt, node, NULL);

	return name && *name ? name : "/";
}

int config_find(const char *path)
{
	int node = fdt_path_offset(fdt, path);

	return node < 0 ? -1 : node;
}

int config_node(const char *path)
{
	int node = config_find(path);

	if (node < 0)
		panic("configuration: node '%s' is missing", path);
	return node;
}

int config_next(int parent, int previous, const char *prefix)
{
	int node = previous < 0 ? fdt_first_subnode(fdt, parent) :
				  fdt_next_subnode(fdt, previous);

	while (node >= 0) {
		const char *name = fdt_get_name(fdt, node, NULL);

		if (name && strncmp(name, prefix, strlen(prefix)) == 0)
			return node;
		node = fdt_next_subnode(fdt, node);
	}
	return -1;
}

bool config_has(int node, const char *property)
{
	return fdt_getprop(fdt, node, property, NULL) != NULL;
}

static const fdt64_t *numbers(int node, const char *property, int count)
{
	int length;
	const fdt64_t *value = fdt_getprop(fdt, node, property, &length);

	if (!value)
		panic("configuration: %s: property '%s' is missing", config_node_name(node),
		      property);
	if (length != count * (int)sizeof(*value))
		panic("configuration: %s: property '%s' has %d bytes, not %d",
		      config_node_name(node), property, length, count * (int)sizeof(*value));
	return value;
}

uint64_t config_u64(int node, const char *property)
{
	return fdt64_ld(numbers(node, property, 1));
}

uint64_t config_u64_or(int node, const char *property, uint64_t otherwise)
{
	return config_has(node, property) ? config_u64(node, property) : otherwise;
}

struct config_pair config_pair(int node, const char *property)
{
	const fdt64_t *value = numbers(node, property, 2);

	return (struct config_pair){fdt64_ld(&value[0]), fdt64_ld(&value[1])};
}

const char *config_string(int node, const char *property)
{
	int length;
	const char *value = fdt_getprop(fdt, node, property, &length);

	if (!value)
		panic("configuration: %s: property '%s' is missing", config_node_name(node),
		      property);
	if (length < 1 || value[length - 1] != '\0')
		panic("configuration: %s: property '%s' is not a string", config_node_name(node),
		      property);
	return value;
}
