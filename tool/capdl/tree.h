/* SPDX-License-Identifier: BSD-2-Clause */
/* A device tree in the making: nodes and properties in any order, flattened at the end. */
#ifndef TOOL_TREE_H
#define TOOL_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "../adl/arena.h"

struct tree {
	struct arena *arena;
	struct tree *next;
	struct tree *children, **children_end;
	struct tree_property *properties, **properties_end;
	const char *name;
};

struct tree *tree_root(struct arena *a);
struct tree *tree_node(struct tree *parent, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The child of that name, made if there is none. */
struct tree *tree_child(struct tree *parent, const char *name);
void tree_bytes(struct tree *t, const char *name, const void *data, size_t length);
void tree_string(struct tree *t, const char *name, const char *text);
void tree_u64(struct tree *t, const char *name, uint64_t a);
void tree_pair(struct tree *t, const char *name, uint64_t a, uint64_t b);
void tree_triple(struct tree *t, const char *name, uint64_t a, uint64_t b, uint64_t c);
/* Copies a node of a flattened tree with what is below it. */
void tree_copy(struct tree *parent, const void *fdt, int node);
/* The flattened tree, in the arena. */
void *tree_flatten(struct tree *root, size_t *size);

#endif
