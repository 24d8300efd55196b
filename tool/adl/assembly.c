/* SPDX-License-Identifier: BSD-2-Clause */
/* assembly, composition, configuration */
#include <string.h>

#include "parser.h"

#define PATH_DEPTH 40	/* names in a path */

void composition_init(struct adl_composition *c)
{
	memset(c, 0, sizeof(*c));
	c->instances_end = &c->instances;
	c->connections_end = &c->connections;
	c->exports_end = &c->exports;
	c->virtio_end = &c->virtio;
	c->settings_end = &c->settings;
	c->includes_end = &c->includes;
}

/*
 * `a.b.c`: all but the last word in *path (NULL if there is none), the last one returned; NULL: said
 * what is wrong.
 */
static const char *parse_path(struct parser *p, const char *what, const char *then,
			      const char **path, const struct token **at,
			      const struct token **last_at)
{
	const char *name = parser_identifier(p, what, at);
	unsigned int depth = 0;

	*path = NULL;
	*last_at = *at;
	while (name && parser_accept(p, ".")) {
		if (++depth > PATH_DEPTH) {
			diagnostic_error(p->diagnostics, *at,
					 "a path of more than %d names; components are not nested "
					 "that deep",
					 PATH_DEPTH);
			return NULL;
		}
		*path = *path ? arena_format(p->arena, "%s.%s", *path, name) : name;
		name = parser_identifier(p, then, last_at);
	}
	return name;
}

/* `component TYPE name;`, or with the component itself in place: `component { control; } name;` */
static bool parse_instance(struct parser *p, struct adl_composition *c, const char *group)
{
	struct adl_instance *i = ARENA_NEW(p->arena, struct adl_instance);
	struct adl_component *inner = NULL;

	i->at = i->type_at = parser_peek(p);
	if (!parser_at(p, "{")) {
		i->type = parser_identifier(p, "a component's type", NULL);
		if (!i->type)
			return false;
	}
	if (parser_at(p, "{")) {
		inner = ARENA_NEW(p->arena, struct adl_component);
		inner->at = i->at;
		inner->name = i->type ? i->type : "";
		if (!parse_component_body(p, inner))
			return false;
	}
	i->name = parser_identifier(p, "an instance's name", &i->at);
	if (!i->name)
		return false;
	i->group = group;
	i->component = inner;
	if (inner && !i->type)
		i->type = inner->name = i->name;
	APPEND(c->instances, i);
	return parser_expect(p, ";", "an instance");
}

/* VM_COMPOSITION_DEF(0): an instance vm0; without a number none (the parts that all VMs shared). */
static bool parse_vm_instance(struct parser *p, struct adl_composition *c)
{
	struct adl_instance *i = ARENA_NEW(p->arena, struct adl_instance);
	const struct token *t = parser_peek(p);

	if (parser_accept(p, ";"))
		return true;
	if (t->kind != TOKEN_INTEGER && t->kind != TOKEN_IDENTIFIER)
		return parser_expected(p, "a VM's number", "write VM_COMPOSITION_DEF(0)");
	i->type = "VM";
	i->implied = true;
	i->at = i->type_at = parser_next(p);
	i->name = arena_format(p->arena, "vm%s", token_name(p->arena, t));
	APPEND(c->instances, i);
	return parser_expect(p, ";", "VM_COMPOSITION_DEF");
}

static struct adl_end *parse_end(struct parser *p)
{
	struct adl_end *e = ARENA_NEW(p->arena, struct adl_end);
	const struct token *last;

	e->interface = parse_path(p, "an instance's name", "an interface's name", &e->instance,
				  &e->at, &last);
	return e->interface ? e : NULL;
}

/*
 * `connection ExportRPC x(from i, to inner.i);` is how older files write `export inner.i -> i;`. True: it is
 * one, and taken.
 */
static bool take_export(struct parser *p, struct adl_composition *c, const struct adl_connection *n)
{
	struct adl_end *own = n->ends, *inner = own->next;
	struct adl_export *x;

	if (strcmp(n->type, "ExportRPC") != 0 && strcmp(n->type, "ExportAsync") != 0 &&
	    strcmp(n->type, "ExportAsynch") != 0 && strcmp(n->type, "ExportData") != 0)
		return false;
	if (own->instance) {
		inner = own;
		own = own->next;
	}
	if (!own || own->instance || !inner || !inner->instance || n->ends->next->next)
		return false;
	x = ARENA_NEW(p->arena, struct adl_export);
	x->at = own->at;
	x->name = own->interface;
	x->inner = inner;
	APPEND(c->exports, x);
	return true;
}

static bool parse_connection(struct parser *p, struct adl_composition *c)
{
	struct adl_connection *n = ARENA_NEW(p->arena, struct adl_connection);
	struct adl_end **end = &n->ends;
	bool to;

	n->type = parser_identifier(p, "a connector", &n->type_at);
	if (!n->type)
		return false;
	n->name = parser_identifier(p, "a connection's name", &n->at);
	if (!n->name || !parser_expect(p, "(", "a connection's name"))
		return false;
	do {
		to = parser_accept(p, "to");
		if (!to && !parser_accept(p, "from"))
			return parser_expected(p, "from or to", "write (from a.b, to c.d)");
		*end = parse_end(p);
		if (!*end)
			return false;
		(*end)->to = to;
		end = &(*end)->next;
	} while (parser_accept(p, ","));
	if (!take_export(p, c, n))
		APPEND(c->connections, n);
	return parser_expect(p, ")", "a connection's ends") &&
	       parser_expect(p, ";", "a connection");
}

static bool parse_export(struct parser *p, struct adl_composition *c)
{
	struct adl_export *e = ARENA_NEW(p->arena, struct adl_export);

	e->inner = parse_end(p);
	if (!e->inner || !parser_expect(p, "->", "what is exported"))
		return false;
	e->name = parser_identifier(p, "an interface's name", &e->at);
	if (!e->name)
		return false;
	APPEND(c->exports, e);
	return parser_expect(p, ";", "an export");
}

static const char *parse_vm_word(struct parser *p, const struct token **at)
{
	const struct token *t = parser_peek(p);

	if (t->kind != TOKEN_IDENTIFIER && t->kind != TOKEN_INTEGER) {
		parser_expected(p, "a VM's name", "write VIRTIO_COMPOSITION_DEF(device, driver)");
		return NULL;
	}
	*at = t;
	p->at++;
	return token_name(p->arena, t);
}

static bool parse_virtio(struct parser *p, struct adl_composition *c)
{
	struct adl_virtio *v = ARENA_NEW(p->arena, struct adl_virtio);

	if (!parser_expect(p, "(", "VIRTIO_COMPOSITION_DEF"))
		return false;
	v->device = parse_vm_word(p, &v->at);
	if (!v->device || !parser_expect(p, ",", "the device VM"))
		return false;
	v->driver = parse_vm_word(p, &v->driver_at);
	if (!v->driver || !parser_expect(p, ")", "the driver VM"))
		return false;
	APPEND(c->virtio, v);
	return parser_expect(p, ";", "VIRTIO_COMPOSITION_DEF");
}

static bool parse_composition_item(struct parser *p, struct adl_composition *c, const char *group);

static bool parse_group(struct parser *p, struct adl_composition *c)
{
	const char *name = parser_identifier(p, "a group's name", NULL);

	if (!name || !parser_expect(p, "{", "a group's name"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a group");
		if (parser_at(p, "group")) {
			parser_expected(p, "an instance", "groups cannot hold groups");
			parser_skip(p);
		} else if (!parse_composition_item(p, c, name)) {
			parser_skip(p);
		}
	}
	p->at++;
	parser_accept(p, ";");
	return true;
}

static bool parse_composition_item(struct parser *p, struct adl_composition *c, const char *group)
{
	if (parser_accept(p, "component"))
		return parse_instance(p, c, group);
	if (parser_accept(p, "connection"))
		return parse_connection(p, c);
	if (parser_accept(p, "export"))
		return parse_export(p, c);
	if (parser_accept(p, "group"))
		return parse_group(p, c);
	if (parser_accept(p, "__virtio_composition"))
		return parse_virtio(p, c);
	if (parser_accept(p, "__vm_instance"))
		return parse_vm_instance(p, c);
	if (parser_at(p, "__vm_note"))
		return parser_note(p);
	if (parser_accept(p, ";"))
		return true;
	return parser_expected(p, "a part of a composition",
			       "one of component, connection, export, group, "
			       "VIRTIO_COMPOSITION_DEF starts here");
}

/* `NAME;` instead of a block. */
static bool parse_include_of(struct parser *p, struct adl_composition *c)
{
	struct adl_include *n = ARENA_NEW(p->arena, struct adl_include);

	n->name = parser_identifier(p, "a name", &n->at);
	p->at++;
	APPEND(c->includes, n);
	return true;
}

static bool at_include(const struct parser *p)
{
	const struct token *t = parser_peek(p);

	return t->kind == TOKEN_IDENTIFIER && token_is(&t[1], ";");
}

bool parse_composition_block(struct parser *p, struct adl_composition *c)
{
	if (at_include(p))
		return parse_include_of(p, c);
	if (parser_peek(p)->kind == TOKEN_IDENTIFIER)
		p->at++;
	if (!parser_expect(p, "{", "composition"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a composition");
		if (!parse_composition_item(p, c, NULL))
			parser_skip(p);
	}
	p->at++;
	parser_accept(p, ";");
	return true;
}

static bool parse_reference(struct parser *p, struct adl_setting *s)
{
	const struct token *last;

	s->from_attribute = parse_path(p, "an attribute", "an attribute", &s->from_instance,
				       &s->from_at, &last);
	return s->from_attribute && parser_expect(p, ";", "a setting");
}

static bool parse_setting(struct parser *p, struct adl_composition *c)
{
	struct adl_setting *s = ARENA_NEW(p->arena, struct adl_setting);

	s->attribute = parse_path(p, "an instance", "an attribute", &s->instance, &s->at,
				  &s->attribute_at);
	if (!s->attribute)
		return false;
	if (parser_accept(p, "<-")) {
		APPEND(c->settings, s);
		return parse_reference(p, s);
	}
	if (!parser_expect(p, "=", "an attribute"))
		return false;
	s->value = parse_value(p);
	if (!s->value)
		return false;
	APPEND(c->settings, s);
	return parser_expect(p, ";", "a setting");
}

/* After an error in a setting: from its start, since a value may have left brackets open. */
static void skip_setting(struct parser *p, size_t start)
{
	unsigned int depth = 0;

	for (p->at = start; parser_peek(p)->kind != TOKEN_END; p->at++) {
		if (parser_at(p, "{")) {
			depth++;
		} else if (parser_at(p, "}")) {
			if (depth == 0)
				return;
			depth--;
		} else if (parser_accept(p, ";")) {
			return;
		}
	}
}

bool parse_configuration_block(struct parser *p, struct adl_composition *c)
{
	size_t start;

	if (at_include(p))
		return parse_include_of(p, c);
	if (parser_peek(p)->kind == TOKEN_IDENTIFIER)
		p->at++;
	if (!parser_expect(p, "{", "configuration"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a configuration");
		if (parser_accept(p, ";"))
			continue;
		start = p->at;
		if (parser_at(p, "__vm_note") ? !parser_note(p) : !parse_setting(p, c))
			skip_setting(p, start);
	}
	p->at++;
	parser_accept(p, ";");
	return true;
}

/* `composition NAME { ... }` or `configuration NAME { ... }` outside an assembly. */
bool parse_named_block(struct parser *p)
{
	bool composition = token_is(parser_next(p), "composition");
	const struct token *t = parser_peek(p);
	struct adl_composition *c;
	const char *name;

	if (t->kind != TOKEN_IDENTIFIER)
		return parser_expected(p, "a name",
				       "outside an assembly a block has one, by which an "
				       "assembly takes it in");
	name = token_name(p->arena, t);
	p->at++;
	if (!parser_at(p, "{"))
		return parser_expect(p, "{", "the block's name");
	c = index_find(&p->file->compositions, name, NULL);
	if (!c) {
		c = ARENA_NEW(p->arena, struct adl_composition);
		composition_init(c);
		index_put(p->arena, &p->file->compositions, name, NULL, c);
	}
	return composition ? parse_composition_block(p, c) : parse_configuration_block(p, c);
}

static bool parse_assembly_item(struct parser *p, struct adl_composition *c)
{
	if (parser_accept(p, "composition"))
		return parse_composition_block(p, c);
	if (parser_accept(p, "configuration"))
		return parse_configuration_block(p, c);
	if (parser_accept(p, ";"))
		return true;
	return parser_expected(p, "composition or configuration",
			       "put instances in composition { }, "
			       "settings in configuration { }");
}

bool parse_assembly(struct parser *p)
{
	p->file->assembly_at = parser_next(p);
	if (parser_peek(p)->kind == TOKEN_IDENTIFIER)
		p->at++;
	if (!parser_expect(p, "{", "assembly"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "the assembly");
		if (!parse_assembly_item(p, &p->file->assembly))
			parser_skip(p);
	}
	p->at++;
	parser_accept(p, ";");
	return true;
}
