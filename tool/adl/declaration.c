/* SPDX-License-Identifier: BSD-2-Clause */
/* component, connector, procedure */
#include <string.h>

#include "parser.h"

/* `int x`, `unsigned int x`, `string x[]`: everything before the name is the type. */
static bool parse_typed_name(struct parser *p, const char **type, const char **name,
			     const struct token **at, bool *array)
{
	const char *text = "", *word;
	const struct token *t;

	parser_accept(p, "struct");
	*array = false;
	do {
		word = parser_identifier(p, "a type", &t);
		if (!word)
			return false;
		text = *text ? arena_format(p->arena, "%s %s", text, word) : word;
	} while (token_is(t, "unsigned") || token_is(t, "signed") || token_is(t, "const") ||
		 (token_is(t, "long") && parser_at(p, "long")) || parser_at(p, "int"));
	*type = text;
	*name = parser_identifier(p, "a name", at);
	if (!*name)
		return false;
	if (parser_accept(p, "[")) {
		*array = true;
		return parser_expect(p, "]", "an array's '['");
	}
	return true;
}

static bool add_interface(struct parser *p, struct adl_component *c, enum adl_interface_kind kind,
			  bool optional)
{
	struct adl_interface *i = ARENA_NEW(p->arena, struct adl_interface), *other;

	i->kind = kind;
	i->optional = optional;
	i->type = parser_identifier(p, "an interface's type", NULL);
	if (!i->type)
		return false;
	if (kind == INTERFACE_DATAPORT && parser_accept(p, "(")) {	/* Buf(4096) */
		struct adl_value *size = parse_value(p);

		if (!size || !parser_expect(p, ")", "a dataport's size"))
			return false;
		if (size->kind == VALUE_INTEGER)
			i->type = arena_format(p->arena, "Buf(%lld)", (long long)size->integer);
	}
	i->name = parser_identifier(p, "an interface's name", &i->at);
	if (!i->name)
		return false;
	for (other = c->interfaces; other; other = other->next)
		if (strcmp(other->name, i->name) == 0)
			diagnostic_error(p->diagnostics, i->at,
					 "component %s already has '%s' (line %u); "
					 "give one another name",
					 c->name, i->name, other->at->line);
	APPEND(c->interfaces, i);
	return parser_expect(p, ";", "an interface");
}

/* `has mutex m;`, `has semaphore s;`, `has binary_semaphore b;` */
static bool add_lock(struct parser *p, struct adl_component *c)
{
	enum adl_interface_kind kind = INTERFACE_SEMAPHORE;

	if (parser_at(p, "mutex"))
		kind = INTERFACE_MUTEX;
	else if (!parser_at(p, "semaphore") && !parser_at(p, "binary_semaphore"))
		return parser_expected(p, "mutex, semaphore or binary_semaphore",
				       "say what it has");
	return add_interface(p, c, kind, true);
}

static bool add_attribute(struct parser *p, struct adl_component *c)
{
	struct adl_attribute *a = ARENA_NEW(p->arena, struct adl_attribute), *other;

	if (!parse_typed_name(p, &a->type, &a->name, &a->at, &a->array))
		return false;
	if (parser_accept(p, "=")) {
		a->value = parse_value(p);
		if (!a->value)
			return false;
	}
	for (other = c->attributes; other; other = other->next)
		if (strcmp(other->name, a->name) == 0)
			diagnostic_error(p->diagnostics, a->at,
					 "component %s already has attribute '%s' "
					 "(line %u); remove one",
					 c->name, a->name, other->at->line);
	APPEND(c->attributes, a);
	return parser_expect(p, ";", "an attribute");
}

static struct adl_composition *component_composition(struct parser *p, struct adl_component *c)
{
	if (!c->composition) {
		c->composition = ARENA_NEW(p->arena, struct adl_composition);
		composition_init(c->composition);
	}
	return c->composition;
}

static bool skip_include(struct parser *p)
{
	while (!parser_at(p, ";") && parser_peek(p)->kind != TOKEN_END)
		p->at++;
	return parser_expect(p, ";", "an include");
}

static bool parse_component_item(struct parser *p, struct adl_component *c)
{
	static const struct {
		const char *word;
		enum adl_interface_kind kind;
	} interfaces[] = {
		{ "uses", INTERFACE_USES }, { "provides", INTERFACE_PROVIDES },
		{ "emits", INTERFACE_EMITS }, { "consumes", INTERFACE_CONSUMES },
		{ "dataport", INTERFACE_DATAPORT },
	};
	bool optional = parser_accept(p, "maybe");
	size_t i;

	for (i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++)
		if (parser_accept(p, interfaces[i].word))
			return add_interface(p, c, interfaces[i].kind, optional);
	if (parser_accept(p, "control")) {
		c->control = true;
		return parser_expect(p, ";", "control");
	}
	if (parser_accept(p, "hardware")) {
		c->hardware = true;
		return parser_expect(p, ";", "hardware");
	}
	if (parser_accept(p, "has"))
		return add_lock(p, c);
	if (parser_accept(p, "attribute"))
		return add_attribute(p, c);
	if (parser_accept(p, "include"))
		return skip_include(p);
	if (parser_accept(p, "composition"))
		return parse_composition_block(p, component_composition(p, c));
	if (parser_accept(p, "configuration"))
		return parse_configuration_block(p, component_composition(p, c));
	if (parser_accept(p, ";"))
		return true;
	return parser_expected(p, "a part of a component",
			       "one of control, hardware, uses, provides, "
			       "emits, consumes, dataport, has, attribute, include, composition, "
			       "configuration starts here");
}

/* The block's items until `}`; goes on after an error in one. */
static bool parse_items(struct parser *p, struct adl_component *c)
{
	if (!parser_expect(p, "{", "a component's name"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a component");
		if (!parse_component_item(p, c))
			parser_skip(p);
	}
	p->at++;
	parser_accept(p, ";");
	return true;
}

/* A second definition is an error, unless the first was built in: then it is replaced. */
static void insert_component(struct parser *p, struct adl_component *c)
{
	struct adl_component **link;

	for (link = &p->file->components; *link; link = &(*link)->next) {
		if (strcmp((*link)->name, c->name) != 0)
			continue;
		if (!(*link)->builtin)
			diagnostic_error(p->diagnostics, c->at,
					 "component %s is defined already (%s:%u); "
					 "give one another name",
					 c->name, (*link)->at->file, (*link)->at->line);
		c->next = (*link)->next;
		*link = c;
		return;
	}
	*link = c;
}

bool parse_component(struct parser *p)
{
	struct adl_component *c = ARENA_NEW(p->arena, struct adl_component);

	p->at++;
	c->name = parser_identifier(p, "a component's name", &c->at);
	if (!c->name)
		return false;
	c->builtin = p->builtin;
	c->interfaces_end = &c->interfaces;
	c->attributes_end = &c->attributes;
	if (!parse_items(p, c))
		return false;
	insert_component(p, c);
	return true;
}

/* `from Procedures template "x.c" with 0 threads;` */
static bool parse_connector_end(struct parser *p, struct adl_connector_end *end)
{
	const struct token *at;
	size_t n;

	end->type = parser_identifier(p, "Procedure, Event or Dataport", &at);
	if (!end->type)
		return false;
	n = strlen(end->type);
	end->many = n > 1 && end->type[n - 1] == 's';
	if (end->many)
		end->type = arena_copy(p->arena, end->type, n - 1);
	if (strcmp(end->type, "Procedure") != 0 && strcmp(end->type, "Event") != 0 &&
	    strcmp(end->type, "Dataport") != 0)
		diagnostic_error(p->diagnostics, at,
				 "'%s' is no kind of interface; write Procedure, Event "
				 "or Dataport",
				 end->type);
	while (!parser_at(p, ";") && parser_peek(p)->kind != TOKEN_END && !parser_at(p, "}"))
		p->at++;
	return parser_expect(p, ";", "a connector's end");
}

bool parse_connector(struct parser *p)
{
	struct adl_connector *c = ARENA_NEW(p->arena, struct adl_connector), *other;

	p->at++;
	c->name = parser_identifier(p, "a connector's name", &c->at);
	c->builtin = p->builtin;
	if (!c->name || !parser_expect(p, "{", "a connector's name"))
		return false;
	while (!parser_accept(p, "}")) {
		if (parser_accept(p, "from")) {
			if (!parse_connector_end(p, &c->from))
				return false;
		} else if (parser_accept(p, "to")) {
			if (!parse_connector_end(p, &c->to))
				return false;
		} else if (parser_at(p, "attribute")) {
			parser_skip(p);
		} else {
			return parser_expected(p, "from, to or attribute",
					       "a connector has two ends");
		}
	}
	parser_accept(p, ";");
	other = adl_connector(p->file, c->name);
	if (other && !other->builtin)
		diagnostic_error(p->diagnostics, c->at,
				 "connector %s is defined already (%s:%u); give one "
				 "another name",
				 c->name, other->at->file, other->at->line);
	c->next = p->file->connectors;
	p->file->connectors = c;
	return true;
}

static bool parse_parameters(struct parser *p, struct adl_method *m)
{
	static const char *const directions[] = { "in", "out", "inout", "refin" };
	struct adl_parameter **end = &m->parameters, *a;
	size_t i;

	if (parser_at(p, "void") && token_is(parser_peek(p) + 1, ")"))
		p->at++;
	while (!parser_accept(p, ")")) {
		a = ARENA_NEW(p->arena, struct adl_parameter);
		a->direction = "in";
		for (i = 0; i < 4; i++)
			if (parser_accept(p, directions[i]))
				a->direction = directions[i];
		if (!parse_typed_name(p, &a->type, &a->name, &a->at, &a->array))
			return false;
		*end = a;
		end = &a->next;
		if (!parser_at(p, ")") && !parser_expect(p, ",", "a parameter"))
			return false;
	}
	return true;
}

static bool parse_method(struct parser *p, struct adl_procedure *procedure,
			 struct adl_method ***end)
{
	struct adl_method *m = ARENA_NEW(p->arena, struct adl_method), *other;
	bool array;

	if (parser_accept(p, "include"))
		return skip_include(p);
	if (!parse_typed_name(p, &m->type, &m->name, &m->at, &array) ||
	    !parser_expect(p, "(", "a method's name") || !parse_parameters(p, m))
		return false;
	for (other = procedure->methods; other; other = other->next)
		if (strcmp(other->name, m->name) == 0)
			diagnostic_error(p->diagnostics, m->at,
					 "procedure %s already has '%s'; give one "
					 "another name",
					 procedure->name, m->name);
	**end = m;
	*end = &m->next;
	return parser_expect(p, ";", "a method");
}

bool parse_procedure(struct parser *p)
{
	struct adl_procedure *r = ARENA_NEW(p->arena, struct adl_procedure);
	struct adl_method **end = &r->methods;

	p->at++;
	r->name = parser_identifier(p, "a procedure's name", &r->at);
	if (!r->name || !parser_expect(p, "{", "a procedure's name"))
		return false;
	while (!parser_accept(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a procedure");
		if (!parse_method(p, r, &end))
			parser_skip(p);
	}
	parser_accept(p, ";");
	r->next = p->file->procedures;
	p->file->procedures = r;
	return true;
}
