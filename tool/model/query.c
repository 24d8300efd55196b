/* SPDX-License-Identifier: BSD-2-Clause */
#include "query.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"

#define PATH_LENGTH 256
#define FOUND_MAX 1000u		/* nodes of one dtb(): a machine has some hundred */

/* ---- what is found, as a value ---- */

static struct adl_value *new_value(struct model *m, enum adl_value_kind kind, const char *key,
				   const struct token *at)
{
	struct adl_value *v = ARENA_NEW(m->arena, struct adl_value);

	v->kind = kind;
	v->key = key;
	v->at = at;
	return v;
}

static void append(struct adl_value *list, struct adl_value *item)
{
	struct adl_value **end = &list->items;

	while (*end)
		end = &(*end)->next;
	*end = item;
	list->count++;
}

static void append_number(struct model *m, struct adl_value *list, uint64_t n)
{
	struct adl_value *v = new_value(m, VALUE_INTEGER, NULL, list->at);

	v->integer = (int64_t)n;
	append(list, v);
}

static void append_string(struct model *m, struct adl_value *list, const char *text)
{
	struct adl_value *v = new_value(m, VALUE_STRING, NULL, list->at);

	v->string = text;
	append(list, v);
}

/* One or more texts, each printable, with its end. */
static bool is_text(const char *data, int length)
{
	int i;

	if (length == 0 || data[length - 1] || !data[0])
		return false;
	for (i = 0; i < length; i++)
		if (data[i] ? (data[i] < 32 || data[i] > 126) : (i > 0 && !data[i - 1]))
			return false;
	return true;
}

/* Texts, else cells of 32 bits, else bytes: a device tree does not say which. */
static struct adl_value *property_value(struct model *m, const char *name, const char *data,
					int length, const struct token *at)
{
	struct adl_value *list = new_value(m, VALUE_LIST, name, at);
	uint32_t cell;
	int i;

	if (is_text(data, length)) {
		for (i = 0; i < length; i += (int)strlen(data + i) + 1)
			append_string(m, list, data + i);
	} else if (length % 4 == 0) {
		for (i = 0; i < length; i += 4) {
			memcpy(&cell, data + i, 4);
			append_number(m, list, fdt32_to_cpu(cell));
		}
	} else {
		for (i = 0; i < length; i++)
			append_number(m, list, (unsigned char)data[i]);
	}
	return list;
}

static void add_cells(struct model *m, struct adl_value *dict, const char *key, int cells)
{
	struct adl_value *list = new_value(m, VALUE_LIST, key, dict->at);

	append_number(m, list, (uint64_t)cells);
	append(dict, list);
}

static struct adl_value *node_value(struct model *m, int node, const struct token *at)
{
	const void *fdt = m->platform->fdt;
	struct adl_value *dict = new_value(m, VALUE_DICT, NULL, at), *path;
	int p, length, parent = fdt_parent_offset(fdt, node);
	char text[PATH_LENGTH];
	const char *name, *data;

	if (fdt_get_path(fdt, node, text, sizeof(text)) < 0)
		text[0] = '\0';
	path = new_value(m, VALUE_STRING, "this-node-path", at);
	path->string = arena_copy(m->arena, text, strlen(text));
	append(dict, path);
	add_cells(m, dict, "this-address-cells", fdt_address_cells(fdt, parent));
	add_cells(m, dict, "this-size-cells", fdt_size_cells(fdt, parent));
	fdt_for_each_property_offset(p, fdt, node) {
		data = fdt_getprop_by_offset(fdt, p, &name, &length);
		if (data)
			append(dict, property_value(m, name, data, length, at));
	}
	return dict;
}

/* ---- which nodes are meant ---- */

/* The value of `name`, or of its n-th item if it is written name[n]. */
static bool property_holds(struct model *m, int node, const struct adl_value *wanted)
{
	const char *bracket = strchr(wanted->key, '['), *data;
	size_t n = bracket ? (size_t)(bracket - wanted->key) : strlen(wanted->key);
	const char *name = arena_copy(m->arena, wanted->key, n);
	unsigned long at = bracket ? strtoul(bracket + 1, NULL, 0) : 0, i;
	const struct adl_value *v;
	int length;

	data = fdt_getprop(m->platform->fdt, node, name, &length);
	if (!data)
		return false;
	v = property_value(m, name, data, length, wanted->at)->items;
	for (i = 0; v && (i < at || !bracket); i++, v = v->next)
		if (!bracket && v->kind == wanted->kind &&
		    (v->kind == VALUE_STRING ? strcmp(v->string, wanted->string) == 0
					     : v->integer == wanted->integer))
			return true;
	return bracket && v && v->kind == wanted->kind &&
	       (v->kind == VALUE_STRING ? strcmp(v->string, wanted->string) == 0
					: v->integer == wanted->integer);
}

static bool properties_hold(struct model *m, int node, const struct adl_value *dict)
{
	const struct adl_value *v;

	for (v = dict->items; v; v = v->next)
		if (!property_holds(m, node, v))
			return false;
	return true;
}

/* /aliases or /chosen: a property names a path, perhaps with options behind a colon. */
static bool named_by(struct model *m, int node, const char *where, const char *name)
{
	const void *fdt = m->platform->fdt;
	int list = fdt_path_offset(fdt, where);
	const char *path = list >= 0 ? fdt_getprop(fdt, list, name, NULL) : NULL;

	return path && fdt_path_offset_namelen(fdt, path, (int)strcspn(path, ":")) == node;
}

static bool node_fits(struct model *m, int node, const struct adl_value *query)
{
	const struct adl_value *v;
	char path[PATH_LENGTH];

	if (fdt_get_path(m->platform->fdt, node, path, sizeof(path)) < 0)
		return false;
	for (v = query->items; v; v = v->next) {
		if (strcmp(v->key, "path") == 0 && !pattern_matches(v->string, path))
			return false;
		if (strncmp(v->key, "alias", 5) == 0 && !named_by(m, node, "/aliases", v->string))
			return false;
		if (strcmp(v->key, "chosen") == 0 && !named_by(m, node, "/chosen", v->string))
			return false;
		if (strcmp(v->key, "properties") == 0 && !properties_hold(m, node, v))
			return false;
	}
	return true;
}

static bool check_query(struct model *m, const struct adl_value *query)
{
	static const char *const keys[] = { "path", "alias", "aliases", "chosen", "properties" };
	const struct adl_value *v;
	size_t i;

	if (query->kind != VALUE_DICT) {
		diagnostic_error(m->diagnostics, query->at,
				 "dtb() takes { \"path\": \"/...\" }, { \"alias\": \"...\" }, "
				 "{ \"chosen\": \"...\" } or { \"properties\": { ... } }");
		return false;
	}
	for (v = query->items; v; v = v->next) {
		for (i = 0; i < 5 && strcmp(keys[i], v->key) != 0; i++)
			;
		if (i == 5 || v->kind != (i == 4 ? VALUE_DICT : VALUE_STRING)) {
			diagnostic_error(m->diagnostics, v->at,
					 "'%s' of a dtb() query is not known or not of that kind; "
					 "path, alias and chosen take texts, properties a "
					 "dictionary",
					 v->key);
			return false;
		}
		if (i == 0 && !pattern_valid(v->string)) {
			diagnostic_error(m->diagnostics, v->at,
					 "\"%s\" is no pattern that dtb() knows; use letters, '.', "
					 "[sets] and *, + or ? behind one of these",
					 v->string);
			return false;
		}
	}
	return true;
}

static void find_nodes(struct model *m, const struct adl_value *query, struct adl_value *found)
{
	const void *fdt = m->platform->fdt;
	uint32_t before = found->count;
	int node;

	if (query->kind == VALUE_DICT && !query->items)
		return;		/* { }: how VM projects write that there is no device */
	if (!check_query(m, query))
		return;
	for (node = fdt_next_node(fdt, -1, NULL); node >= 0 && found->count <= FOUND_MAX;
	     node = fdt_next_node(fdt, node, NULL))
		if (node_fits(m, node, query))
			append(found, node_value(m, node, query->at));
	if (found->count > FOUND_MAX)
		diagnostic_error(m->diagnostics, query->at,
				 "dtb() finds more than %u nodes; ask for those that are needed",
				 FOUND_MAX);
	if (found->count == before)
		diagnostic_error(m->diagnostics, query->at,
				 "dtb() finds nothing in the device tree of platform %s; its nodes "
				 "are in tool/plat",
				 m->platform->name);
}

static void answer(struct model *m, struct adl_value *v)
{
	struct adl_value *list = new_value(m, VALUE_LIST, "query", v->at);
	const struct adl_value *query = v->items, *q;

	if (strcmp(v->string, "dtb") != 0) {
		diagnostic_error(m->diagnostics, v->at,
				 "'%s' is no query; dtb({ ... }) is the only one", v->string);
	} else if (query->kind == VALUE_LIST) {
		for (q = query->items; q && list->count <= FOUND_MAX; q = q->next)
			find_nodes(m, q, list);
	} else {
		find_nodes(m, query, list);
	}
	v->kind = VALUE_DICT;
	v->items = NULL;
	v->count = 0;
	append(v, list);
	add_cells(m, v, "dtb-size", (int)fdt_totalsize(m->platform->fdt));
}

static void resolve(struct model *m, struct adl_value *v)
{
	struct adl_value *item;

	if (v->kind == VALUE_QUERY)
		answer(m, v);
	else if (v->kind == VALUE_LIST || v->kind == VALUE_DICT)
		for (item = v->items; item; item = item->next)
			resolve(m, item);
}

void query_resolve(struct model *m)
{
	const struct adl_instance *i;
	const struct adl_attribute *a;
	const struct adl_setting *s;

	for (s = m->file->assembly.settings; s; s = s->next)
		if (s->value)
			resolve(m, s->value);
	for (i = m->file->assembly.instances; i; i = i->next)
		for (a = i->component->attributes; a; a = a->next)
			if (a->value)
				resolve(m, a->value);
}
