/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tree_property {
	struct tree_property *next;
	const char *name;
	const void *data;
	size_t length;
};

static struct tree *new_node(struct arena *a, const char *name)
{
	struct tree *t = ARENA_NEW(a, struct tree);

	t->arena = a;
	t->name = name;
	t->children_end = &t->children;
	t->properties_end = &t->properties;
	return t;
}

struct tree *tree_root(struct arena *a)
{
	return new_node(a, "");
}

struct tree *tree_node(struct tree *parent, const char *format, ...)
{
	struct tree *t;
	va_list args;

	va_start(args, format);
	t = new_node(parent->arena, arena_vformat(parent->arena, format, args));
	va_end(args);
	*parent->children_end = t;
	parent->children_end = &t->next;
	return t;
}

struct tree *tree_child(struct tree *parent, const char *name)
{
	struct tree *t;

	for (t = parent->children; t; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	return tree_node(parent, "%s", name);
}

void tree_bytes(struct tree *t, const char *name, const void *data, size_t length)
{
	struct tree_property *p = ARENA_NEW(t->arena, struct tree_property);

	p->name = arena_copy(t->arena, name, strlen(name));
	p->data = arena_copy(t->arena, length ? data : "", length);
	p->length = length;
	*t->properties_end = p;
	t->properties_end = &p->next;
}

void tree_string(struct tree *t, const char *name, const char *text)
{
	tree_bytes(t, name, text, strlen(text) + 1);
}

void tree_u64(struct tree *t, const char *name, uint64_t a)
{
	fdt64_t cells[] = { cpu_to_fdt64(a) };

	tree_bytes(t, name, cells, sizeof(cells));
}

void tree_pair(struct tree *t, const char *name, uint64_t a, uint64_t b)
{
	fdt64_t cells[] = { cpu_to_fdt64(a), cpu_to_fdt64(b) };

	tree_bytes(t, name, cells, sizeof(cells));
}

void tree_triple(struct tree *t, const char *name, uint64_t a, uint64_t b, uint64_t c)
{
	fdt64_t cells[] = { cpu_to_fdt64(a), cpu_to_fdt64(b), cpu_to_fdt64(c) };

	tree_bytes(t, name, cells, sizeof(cells));
}

void tree_copy(struct tree *parent, const void *fdt, int node)
{
	struct tree *t = tree_node(parent, "%s", fdt_get_name(fdt, node, NULL));
	int property, child, length = 0;
	const char *name;
	const void *data;

	fdt_for_each_property_offset(property, fdt, node) {
		data = fdt_getprop_by_offset(fdt, property, &name, &length);
		if (data && strcmp(name, "interrupt-parent") != 0 && strcmp(name, "phandle") != 0)
			tree_bytes(t, name, data, (size_t)length);
	}
	fdt_for_each_subnode(child, fdt, node)
		tree_copy(t, fdt, child);
}

static int flatten_node(void *fdt, const struct tree *t)
{
	const struct tree_property *p;
	const struct tree *c;
	int error = fdt_begin_node(fdt, t->name);

	for (p = t->properties; p && !error; p = p->next)
		error = fdt_property(fdt, p->name, p->data, (int)p->length);
	for (c = t->children; c && !error; c = c->next)
		error = flatten_node(fdt, c);
	return error ? error : fdt_end_node(fdt);
}

static int flatten(void *fdt, size_t room, const struct tree *root)
{
	int error = fdt_create(fdt, (int)room);

	if (!error)
		error = fdt_finish_reservemap(fdt);
	if (!error)
		error = flatten_node(fdt, root);
	return error ? error : fdt_finish(fdt);
}

void *tree_flatten(struct tree *root, size_t *size)
{
	size_t room = 16384;
	int error = -FDT_ERR_NOSPACE;
	void *fdt = NULL;

	for (; error == -FDT_ERR_NOSPACE && room <= 16u << 20; room *= 2) {
		fdt = arena_alloc(root->arena, room);
		error = flatten(fdt, room, root);
	}
	if (error) {
		fprintf(stderr, "peervisor: internal error: device tree: %s\n",
			fdt_strerror(error));
		abort();
	}
	*size = fdt_totalsize(fdt);
	return fdt;
}
