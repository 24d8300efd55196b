/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The component's configuration: the device tree of docs/bindings.md. The tool
 * wrote it, so what is missing or malformed is a bug between the two: the
 * getters panic with a line that names node and property.
 */
#ifndef PEERVISOR_CONFIG_H
#define PEERVISOR_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

struct config_pair {
	uint64_t first, second;	/* address and size, in most cases */
};

const void *config_fdt(void);
const char *config_component(void);	/* the instance's name; "?" before it is known */

#define CONFIG_ROOT	0

int config_find(const char *path);		/* a node, or -1 */
int config_node(const char *path);		/* a node; panics without */
int config_next(int parent, int previous, const char *prefix); /* previous -1: first; -1: none */
const char *config_node_name(int node);

bool config_has(int node, const char *property);
uint64_t config_u64(int node, const char *property);
uint64_t config_u64_or(int node, const char *property, uint64_t otherwise);
struct config_pair config_pair(int node, const char *property);
const char *config_string(int node, const char *property);

#endif
