/* SPDX-License-Identifier: BSD-2-Clause */
/* Types of the language in C, and which procedures can be called. */
#include <string.h>

#include "stub.h"

#define NAME_MAX_LENGTH 63u

static const struct {
	const char *adl;
	struct stub_type type;
} table[] = {
	{ "int", { STUB_SCALAR, "int" } },
	{ "integer", { STUB_SCALAR, "int" } },
	{ "signed int", { STUB_SCALAR, "int" } },
	{ "signed", { STUB_SCALAR, "int" } },
	{ "unsigned int", { STUB_SCALAR, "unsigned int" } },
	{ "unsigned integer", { STUB_SCALAR, "unsigned int" } },
	{ "unsigned", { STUB_SCALAR, "unsigned int" } },
	{ "short", { STUB_SCALAR, "short" } },
	{ "unsigned short", { STUB_SCALAR, "unsigned short" } },
	{ "long", { STUB_SCALAR, "long" } },
	{ "long int", { STUB_SCALAR, "long" } },
	{ "unsigned long", { STUB_SCALAR, "unsigned long" } },
	{ "unsigned long int", { STUB_SCALAR, "unsigned long" } },
	{ "long long", { STUB_SCALAR, "long long" } },
	{ "long long int", { STUB_SCALAR, "long long" } },
	{ "unsigned long long", { STUB_SCALAR, "unsigned long long" } },
	{ "unsigned long long int", { STUB_SCALAR, "unsigned long long" } },
	{ "int8_t", { STUB_SCALAR, "int8_t" } },
	{ "int16_t", { STUB_SCALAR, "int16_t" } },
	{ "int32_t", { STUB_SCALAR, "int32_t" } },
	{ "int64_t", { STUB_SCALAR, "int64_t" } },
	{ "uint8_t", { STUB_SCALAR, "uint8_t" } },
	{ "uint16_t", { STUB_SCALAR, "uint16_t" } },
	{ "uint32_t", { STUB_SCALAR, "uint32_t" } },
	{ "uint64_t", { STUB_SCALAR, "uint64_t" } },
	{ "size_t", { STUB_SCALAR, "size_t" } },
	{ "uintptr_t", { STUB_SCALAR, "uintptr_t" } },
	{ "intptr_t", { STUB_SCALAR, "intptr_t" } },
	{ "char", { STUB_SCALAR, "char" } },
	{ "signed char", { STUB_SCALAR, "signed char" } },
	{ "unsigned char", { STUB_SCALAR, "unsigned char" } },
	{ "character", { STUB_SCALAR, "char" } },
	{ "bool", { STUB_BOOL, "bool" } },
	{ "boolean", { STUB_BOOL, "bool" } },
	{ "string", { STUB_STRING, "char *" } },
	{ "dataport_ptr_t", { STUB_STRUCT, "dataport_ptr_t" } },
	{ "float", { STUB_FLOAT, "float" } },
	{ "double", { STUB_FLOAT, "double" } },
	{ "real", { STUB_FLOAT, "double" } },
};

static const struct stub_type *known(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(table[i].adl, name) == 0)
			return &table[i].type;
	return NULL;
}

struct stub_type stub_type(const char *adl_type)
{
	const struct stub_type *t = known(adl_type);

	return t ? *t : (struct stub_type){ STUB_STRUCT, adl_type };
}

/* Names become names in C: not its words, and short enough for the configuration's paths. */
static void check_name(struct diagnostics *d, const struct token *at, const char *name)
{
	static const char *const words[] = {
		"auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else",
		"enum", "extern", "float", "for", "goto", "if", "inline", "int", "long", "register",
		"restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch",
		"typedef", "union", "unsigned", "void", "volatile", "while", "asm", "typeof", "bool",
		"true", "false", "NULL",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i], name) == 0)
			diagnostic_error(d, at, "'%s' is a word of C; choose another name", name);
	if (strlen(name) > NAME_MAX_LENGTH)
		diagnostic_error(d, at, "this name has %zu characters; in a component %u is the most",
				 strlen(name), NAME_MAX_LENGTH);
}

static void check_type(struct diagnostics *d, const struct token *at, const char *type,
		       const char *what, bool headers)
{
	const struct stub_type *t = known(type);

	if (t && t->kind == STUB_FLOAT)
		diagnostic_error(d, at,
				 "%s is of type %s, and components have no floating point; "
				 "use an integer type",
				 what, type);
	if (!t && !headers)
		diagnostic_error(d, at,
				 "%s is of type %s, which is not known here; write `include "
				 "\"FILE.h\";` in the procedure or the component for the header "
				 "that defines it",
				 what, type);
}

/* Words of fixed place, in one direction: what stub_client and stub_server use. */
static unsigned int fixed_words(const struct adl_method *m, bool reply)
{
	const struct adl_parameter *a;
	unsigned int n = reply && strcmp(m->type, "void") != 0 &&
			 stub_type(m->type).kind != STUB_STRUCT;

	for (a = m->parameters; a; a = a->next) {
		bool out = strcmp(a->direction, "out") == 0, both = strcmp(a->direction, "inout") == 0;

		if ((both || out == reply) &&
		    (a->array || stub_type(a->type).kind != STUB_STRUCT))
			n++;
	}
	return n;
}

static void check_method(struct diagnostics *d, const struct adl_procedure *p,
			 const struct adl_method *m, bool headers)
{
	const struct adl_parameter *a, *b;
	unsigned int in = fixed_words(m, false), out = fixed_words(m, true);

	if (strcmp(m->type, "void") != 0)
		check_type(d, m->at, m->type, "the result", headers);
	for (a = m->parameters; a; a = a->next) {
		check_type(d, a->at, a->type, a->name, headers);
		check_name(d, a->at, a->name);
		for (b = m->parameters; b != a; b = b->next)
			if (strcmp(a->name, b->name) == 0)
				diagnostic_error(d, a->at,
						 "%s.%s already has a parameter '%s'; give one "
						 "another name",
						 p->name, m->name, a->name);
	}
	if (in > STUB_WORDS || out > STUB_WORDS)
		diagnostic_error(d, m->at,
				 "%s.%s needs %u words in one message, and %u is the most; pass "
				 "a struct or an array, or use a dataport",
				 p->name, m->name, in > out ? in : out, STUB_WORDS);
}

void stub_check(struct diagnostics *d, const struct adl_file *f, const struct adl_component *type)
{
	const struct adl_interface *i;
	const struct adl_procedure *p;
	const struct adl_attribute *a;
	const struct adl_method *m;

	for (a = type->attributes; a; a = a->next)
		check_name(d, a->at, a->name);
	for (i = type->interfaces; i; i = i->next) {
		check_name(d, i->at, i->name);
		if (i->kind != INTERFACE_USES && i->kind != INTERFACE_PROVIDES)
			continue;
		p = adl_procedure(f, i->type);
		for (m = p->methods; m; m = m->next)
			check_method(d, p, m, p->headers || type->headers);
	}
}
