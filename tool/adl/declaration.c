/* SPDX-License-Identifier: BSD-2-Clause */
/* component, connector, procedure, struct */
#include <stdlib.h>
#include <string.h>

#include "parser.h"

/* `[]` or `[3]` behind a name. */
static bool parse_brackets(struct parser *p, bool *array)
{
	*array = parser_accept(p, "[");
	if (*array && parser_peek(p)->kind == TOKEN_INTEGER)
		p->at++;
	return !*array || parser_expect(p, "]", "an array's '['");
}

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
	return *name && parse_brackets(p, array);
}

/* Names of one kind are defined once; what was built in gives way. */
static void define(struct parser *p, struct index *x, const char *kind, const char *name,
		   const struct token *at, const struct token *other, bool other_builtin, void *value)
{
	if (other && !other_builtin)
		diagnostic_error(p->diagnostics, at,
				 "%s %s is defined already (%s:%u); give one another name", kind,
				 name, other->file, other->line);
	index_put(p->arena, x, name, NULL, value);
}

static bool add_interface(struct parser *p, struct adl_component *c, enum adl_interface_kind kind,
			  bool optional)
{
	struct adl_interface *i = ARENA_NEW(p->arena, struct adl_interface);
	const struct adl_interface *other;

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
	other = adl_interface(c, i->name);
	if (other)
		diagnostic_error(p->diagnostics, i->at,
				 "component %s already has '%s' (line %u); "
				 "give one another name",
				 c->name, i->name, other->at->line);
	index_put(p->arena, &c->interface_index, i->name, NULL, i);
	c->interface_count++;
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

static bool parse_members(struct parser *p, struct adl_struct *s);

/* `attribute { int a; int b; } NAME;`: a struct of its own, whose name nobody else has. */
static bool parse_inline_struct(struct parser *p, struct adl_attribute *a)
{
	struct adl_struct *s = ARENA_NEW(p->arena, struct adl_struct);
	bool good;

	s->at = parser_next(p);
	s->name = "a struct in place";
	if (++p->depth > PARSER_DEPTH) {
		p->depth--;
		diagnostic_error(p->diagnostics, s->at, "nested deeper than %d; simplify", PARSER_DEPTH);
		return false;
	}
	good = parse_members(p, s);
	p->depth--;
	if (!good)
		return false;
	a->name = parser_identifier(p, "a name", &a->at);
	if (!a->name || !parse_brackets(p, &a->array))
		return false;
	a->type = s->name = arena_format(p->arena, "%s_struct%u", a->name, p->inline_structs++);
	index_put(p->arena, &p->file->structs, s->name, NULL, s);
	return true;
}

/* `TYPE NAME = DEFAULT;` NULL: not usable. */
static struct adl_attribute *parse_attribute(struct parser *p)
{
	struct adl_attribute *a = ARENA_NEW(p->arena, struct adl_attribute);

	if (parser_at(p, "{")) {
		if (!parse_inline_struct(p, a))
			return NULL;
	} else if (!parse_typed_name(p, &a->type, &a->name, &a->at, &a->array)) {
		return NULL;
	}
	if (parser_accept(p, "=")) {
		a->value = parse_value(p);
		if (!a->value)
			return NULL;
	}
	return parser_expect(p, ";", "an attribute") ? a : NULL;
}

static bool add_attribute(struct parser *p, struct adl_component *c)
{
	struct adl_attribute *a = parse_attribute(p), *other;

	if (!a)
		return false;
	other = index_find(&c->attribute_index, a->name, NULL);
	if (other && other->at->file[0] == '<') {	/* VM_INIT_DEF() has it too */
		a->next = other->next;
		*other = *a;
		if (!other->next)
			c->attributes_end = &other->next;
		return true;
	}
	if (other)
		diagnostic_error(p->diagnostics, a->at,
				 "component %s already has attribute '%s' "
				 "(line %u); remove one",
				 c->name, a->name, other->at->line);
	index_put(p->arena, &c->attribute_index, a->name, NULL, a);
	APPEND(c->attributes, a);
	return true;
}

/* VM_INIT_DEF(): this component is a VM, with all attributes of one. */
static bool make_vm(struct parser *p, struct adl_component *c)
{
	const struct adl_attribute *from;
	struct adl_attribute *a;

	c->vm = c->project = true;
	for (from = p->vm ? p->vm->attributes : NULL; from; from = from->next) {
		if (adl_attribute(c, from->name))
			continue;
		a = ARENA_NEW(p->arena, struct adl_attribute);
		*a = *from;
		a->next = NULL;
		index_put(p->arena, &c->attribute_index, a->name, NULL, a);
		APPEND(c->attributes, a);
	}
	return parser_expect(p, ";", "VM_INIT_DEF()");
}

static struct adl_composition *component_composition(struct parser *p, struct adl_component *c)
{
	if (!c->composition) {
		c->composition = ARENA_NEW(p->arena, struct adl_composition);
		composition_init(c->composition);
	}
	return c->composition;
}

/* In built-in texts: nothing is made of this component, for the reason that follows. */
static bool parse_replaced(struct parser *p, struct adl_component *c)
{
	struct adl_value *reason = parse_value(p);

	if (!reason || reason->kind != VALUE_STRING)
		return false;
	c->replaced = reason->string;
	return parser_accept(p, ";");
}

/* `"x.h";` or `<x.h>;` */
static bool parse_header(struct parser *p, struct adl_header ***end)
{
	struct adl_header *h = ARENA_NEW(p->arena, struct adl_header);

	h->at = parser_peek(p);
	h->name = "";
	while (!parser_at(p, ";") && parser_peek(p)->kind != TOKEN_END)
		h->name = arena_format(p->arena, "%s%s", h->name,
				       token_name(p->arena, parser_next(p)));
	if (h->name[0] != '"' && h->name[0] != '<') {
		diagnostic_error(p->diagnostics, h->at,
				 "this is no header; write include \"NAME.h\"; or include <NAME.h>;");
		return false;
	}
	**end = h;
	*end = &h->next;
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

	if (c->composition && !parser_at(p, "composition") && !parser_at(p, "configuration") &&
	    !parser_at(p, ";"))
		return parser_expected(p, "composition, configuration or the component's end",
				       "these two are the last parts of a component");
	for (i = 0; i < sizeof(interfaces) / sizeof(*interfaces); i++)
		if (parser_accept(p, interfaces[i].word))
			return add_interface(p, c, interfaces[i].kind, optional);
	if (optional)
		return parser_expected(p, "uses, provides, emits, consumes or dataport",
				       "only these may stay unconnected");
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
		return parse_header(p, &c->headers_end);
	if (parser_accept(p, "__vm_init"))
		return make_vm(p, c);
	if (p->builtin && parser_accept(p, "__replaced"))
		return parse_replaced(p, c);
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

bool parse_component_body(struct parser *p, struct adl_component *c)
{
	c->headers_end = &c->headers;
	c->interfaces_end = &c->interfaces;
	c->attributes_end = &c->attributes;
	if (!parser_expect(p, "{", "a component's name"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a component");
		if (!parse_component_item(p, c))
			parser_skip(p);
	}
	p->at++;
	return true;
}

bool parse_component(struct parser *p)
{
	struct adl_component *c = ARENA_NEW(p->arena, struct adl_component), *other;

	p->at++;
	c->name = parser_identifier(p, "a component's name", &c->at);
	if (!c->name)
		return false;
	c->builtin = p->builtin;
	c->vm = strcmp(c->name, "VM") == 0;
	if (!parse_component_body(p, c))
		return false;
	parser_accept(p, ";");
	if (c->vm && c->builtin && !c->project)
		p->vm = c;
	other = adl_component(p->file, c->name);
	define(p, &p->file->components, "component", c->name, c->at, other ? other->at : NULL,
	       other && other->builtin, c);
	return true;
}

/* What may follow an end's kind: `template "x.c"`, `with 0 threads`. */
static bool parse_end_options(struct parser *p, struct adl_connector_end *end)
{
	while (!parser_at(p, ";")) {
		if (parser_accept(p, "template")) {
			if (parser_next(p)->kind != TOKEN_STRING) {
				p->at--;
				return parser_expected(p, "a file's name in quotes",
						       "a template is a file");
			}
		} else if (parser_accept(p, "with")) {
			if (parser_peek(p)->kind != TOKEN_INTEGER)
				return parser_expected(p, "a number", "write with N threads");
			end->threads = atoi(token_name(p->arena, parser_next(p)));
			if (!parser_accept(p, "thread") && !parser_expect(p, "threads", "with N"))
				return false;
		} else {
			return parser_expected(p, "';', template or with",
					       "a connector's end is written "
					       "`from Procedures template \"x.c\" with 0 threads;`");
		}
	}
	p->at++;
	return true;
}

static bool parse_connector_end(struct parser *p, struct adl_connector_end *end)
{
	const struct token *at;
	const char *word;
	size_t n;

	if (end->type)
		diagnostic_error(p->diagnostics, parser_peek(p),
				 "this connector has that end already; remove one");
	end->threads = -1;
	end->hardware = parser_accept(p, "hardware");
	end->type = word = parser_identifier(p, "Procedure, Event or Dataport", &at);
	if (!word)
		return false;
	n = strlen(word);
	end->many = n > 1 && word[n - 1] == 's';
	if (end->many)
		end->type = arena_copy(p->arena, word, n - 1);
	if (strcmp(end->type, "Procedure") != 0 && strcmp(end->type, "Event") != 0 &&
	    strcmp(end->type, "Dataport") != 0)
		diagnostic_error(p->diagnostics, at,
				 "'%s' is no kind of interface; write Procedure, Event "
				 "or Dataport, or with an s where several can be connected",
				 word);
	return parse_end_options(p, end);
}

static bool parse_connector_item(struct parser *p, struct adl_connector *c)
{
	struct adl_attribute *a;

	if (parser_accept(p, "from"))
		return parse_connector_end(p, &c->from);
	if (parser_accept(p, "to"))
		return parse_connector_end(p, &c->to);
	if (!parser_accept(p, "attribute"))
		return parser_expected(p, "from, to or attribute", "a connector has two ends");
	a = parse_attribute(p);
	if (!a)
		return false;
	APPEND(c->attributes, a);
	return true;
}

bool parse_connector(struct parser *p)
{
	struct adl_connector *c = ARENA_NEW(p->arena, struct adl_connector), *other;

	p->at++;
	c->name = parser_identifier(p, "a connector's name", &c->at);
	c->builtin = p->builtin;
	c->attributes_end = &c->attributes;
	if (!c->name || !parser_expect(p, "{", "a connector's name"))
		return false;
	while (!parser_at(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a connector");
		if (!parse_connector_item(p, c))
			parser_skip(p);
	}
	p->at++;
	parser_accept(p, ";");
	if ((!c->from.type || !c->to.type) && p->diagnostics->errors == 0)
		diagnostic_error(p->diagnostics, c->at,
				 "connector %s has no '%s' end; add `%s Procedures;` or the like",
				 c->name, c->from.type ? "to" : "from",
				 c->from.type ? "to" : "from");
	other = adl_connector(p->file, c->name);
	define(p, &p->file->connectors, "connector", c->name, c->at, other ? other->at : NULL,
	       other && other->builtin, c);
	return true;
}

/* `struct NAME { TYPE MEMBER; TYPE LIST[]; };` */
bool parse_struct(struct parser *p)
{
	struct adl_struct *s = ARENA_NEW(p->arena, struct adl_struct), *other;

	p->at++;
	s->name = parser_identifier(p, "a struct's name", &s->at);
	if (!s->name || !parser_expect(p, "{", "a struct's name") || !parse_members(p, s))
		return false;
	parser_accept(p, ";");
	other = index_find(&p->file->structs, s->name, NULL);
	define(p, &p->file->structs, "struct", s->name, s->at, other ? other->at : NULL, false, s);
	return true;
}

/* From behind the open brace to the one that closes it. */
static bool parse_members(struct parser *p, struct adl_struct *s)
{
	struct adl_attribute *m, *twice;

	s->members_end = &s->members;
	while (!parser_accept(p, "}")) {
		if (parser_peek(p)->kind == TOKEN_END)
			return parser_expect(p, "}", "a struct");
		m = parse_attribute(p);
		if (!m)
			return false;
		twice = index_find(&s->member_index, m->name, NULL);
		if (twice)
			diagnostic_error(p->diagnostics, m->at,
					 "struct %s already has '%s' (line %u); remove one",
					 s->name, m->name, twice->at->line);
		index_put(p->arena, &s->member_index, m->name, NULL, m);
		APPEND(s->members, m);
	}
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
		return parse_header(p, &procedure->headers_end);
	if (parser_accept(p, "attribute"))
		return parse_attribute(p) != NULL;
	if (!parse_typed_name(p, &m->type, &m->name, &m->at, &array) ||
	    !parser_expect(p, "(", "a method's name") || !parse_parameters(p, m))
		return false;
	other = index_find(&procedure->method_index, m->name, NULL);
	if (other)
		diagnostic_error(p->diagnostics, m->at,
				 "procedure %s already has '%s' (line %u); give one "
				 "another name",
				 procedure->name, m->name, other->at->line);
	index_put(p->arena, &procedure->method_index, m->name, NULL, m);
	**end = m;
	*end = &m->next;
	return parser_expect(p, ";", "a method");
}

bool parse_procedure(struct parser *p)
{
	struct adl_procedure *r = ARENA_NEW(p->arena, struct adl_procedure), *other;
	struct adl_method **end = &r->methods;

	p->at++;
	r->builtin = p->builtin;
	r->headers_end = &r->headers;
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
	other = adl_procedure(p->file, r->name);
	define(p, &p->file->procedures, "procedure", r->name, r->at, other ? other->at : NULL,
	       other && other->builtin, r);
	return true;
}
