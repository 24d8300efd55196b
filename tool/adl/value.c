/* SPDX-License-Identifier: BSD-2-Clause */
/* Values of settings: constants, C's operators on them, lists, dictionaries. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"

static struct adl_value *parse_expression(struct parser *p, unsigned int level);

static struct adl_value *new_value(struct parser *p, enum adl_value_kind kind,
				   const struct token *at)
{
	struct adl_value *v = ARENA_NEW(p->arena, struct adl_value);

	v->kind = kind;
	v->at = at;
	return v;
}

static struct adl_value *parse_number(struct parser *p)
{
	const struct token *t = parser_next(p);
	struct adl_value *v;
	char *text = token_name(p->arena, t);

	if (t->kind == TOKEN_FLOAT) {
		v = new_value(p, VALUE_FLOAT, t);
		v->real = strtod(text, NULL);
		return v;
	}
	v = new_value(p, VALUE_INTEGER, t);
	errno = 0;
	v->integer = (int64_t)strtoull(text, NULL, text[0] == '0' && strlen(text) > 1 &&
				       (text[1] | 32) == 'x' ? 16 : 10);
	if (errno == ERANGE) {
		diagnostic_error(p->diagnostics, t,
				 "this number does not fit 64 bits; make it smaller");
		return NULL;
	}
	return v;
}

static char unescape(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	default: return c;
	}
}

/* Strings that stand side by side are one, as in C. */
static struct adl_value *parse_string(struct parser *p)
{
	struct adl_value *v = new_value(p, VALUE_STRING, parser_peek(p));
	const struct token *t;
	size_t i, length = 0, total = 0, first = p->at;
	char *text;

	for (t = parser_peek(p); t->kind == TOKEN_STRING; t = parser_peek(p)) {
		total += t->length;
		p->at++;
	}
	text = arena_alloc(p->arena, total + 1);
	for (; first < p->at; first++) {
		t = &p->source->tokens[first];
		for (i = 1; i + 1 < t->length; i++) {
			if (t->text[i] == '\\' && i + 2 < t->length)
				text[length++] = unescape(t->text[++i]);
			else
				text[length++] = t->text[i];
		}
	}
	v->string = text;
	return v;
}

static bool append_item(struct adl_value *list, struct adl_value ***end, struct adl_value *item)
{
	if (!item)
		return false;
	**end = item;
	*end = &item->next;
	list->count++;
	return true;
}

static struct adl_value *parse_list(struct parser *p)
{
	struct adl_value *list = new_value(p, VALUE_LIST, parser_next(p));
	struct adl_value **end = &list->items;

	while (!parser_at(p, "]")) {
		if (!append_item(list, &end, parse_value(p)))
			return NULL;
		if (!parser_at(p, "]") && !parser_expect(p, ",", "a list item"))
			return NULL;
	}
	p->at++;
	return list;
}

static const char *parse_key(struct parser *p)
{
	const struct token *t = parser_peek(p);

	if (t->kind == TOKEN_STRING) {
		p->at++;
		return arena_copy(p->arena, t->text + 1, t->length - 2);
	}
	if (t->kind == TOKEN_IDENTIFIER || t->kind == TOKEN_INTEGER) {
		p->at++;
		return token_name(p->arena, t);
	}
	parser_expected(p, "a key", "write { name: value } or { \"name\": value }");
	return NULL;
}

static struct adl_value *parse_dict(struct parser *p)
{
	struct adl_value *dict = new_value(p, VALUE_DICT, parser_next(p));
	struct adl_value **end = &dict->items, *item;
	struct index keys = { 0 };
	const struct token *at;
	const char *key;

	while (!parser_at(p, "}")) {
		at = parser_peek(p);
		key = parse_key(p);
		if (!key || !parser_expect(p, ":", "a key"))
			return NULL;
		if (index_find(&keys, key, NULL))
			diagnostic_error(p->diagnostics, at,
					 "key '%s' stands here twice; remove one", key);
		item = parse_value(p);
		if (!append_item(dict, &end, item))
			return NULL;
		item->key = key;
		index_put(p->arena, &keys, key, NULL, item);
		if (!parser_at(p, "}") && !parser_expect(p, ",", "an entry"))
			return NULL;
	}
	p->at++;
	return dict;
}

/* dtb({...}), dtb([{...}, {...}]) and dtb({...}, {...}): one argument, or a list of them. */
static struct adl_value *parse_arguments(struct parser *p, const struct token *at)
{
	struct adl_value *first = parse_value(p), *list, **end;

	if (!first || !parser_at(p, ","))
		return first;
	list = new_value(p, VALUE_LIST, at);
	end = &list->items;
	append_item(list, &end, first);
	while (parser_accept(p, ","))
		if (!append_item(list, &end, parse_value(p)))
			return NULL;
	return list;
}

/* true, false, dtb({...}) */
static struct adl_value *parse_word(struct parser *p)
{
	const struct token *t = parser_peek(p);
	struct adl_value *v, *arguments;

	if (token_is(t, "true") || token_is(t, "false") || token_is(t, "True") ||
	    token_is(t, "False")) {
		v = new_value(p, VALUE_BOOLEAN, t);
		v->integer = (t->text[0] | 32) == 't';
		p->at++;
		return v;
	}
	if (t[1].kind == TOKEN_PUNCTUATION && token_is(&t[1], "(")) {
		p->at += 2;
		v = new_value(p, VALUE_QUERY, t);
		v->string = token_name(p->arena, t);
		arguments = parse_arguments(p, t);
		if (!arguments || !parser_expect(p, ")", "a query"))
			return NULL;
		v->items = arguments;
		return v;
	}
	parser_expected(p, "a value",
			"texts are written in \"quotes\"; to take another attribute's "
			"value write <- instead of =");
	return NULL;
}

static struct adl_value *parse_primary(struct parser *p)
{
	const struct token *t = parser_peek(p);
	struct adl_value *v;

	if (t->kind == TOKEN_INTEGER || t->kind == TOKEN_FLOAT)
		return parse_number(p);
	if (t->kind == TOKEN_STRING)
		return parse_string(p);
	if (t->kind == TOKEN_IDENTIFIER)
		return parse_word(p);
	if (parser_at(p, "["))
		return parse_list(p);
	if (parser_at(p, "{"))
		return parse_dict(p);
	if (parser_accept(p, "(")) {
		v = parse_value(p);
		return v && parser_expect(p, ")", "an expression") ? v : NULL;
	}
	parser_expected(p, "a value", "a number, \"text\", [list] or { key: value }");
	return NULL;
}

static bool truth(const struct adl_value *v)
{
	switch (v->kind) {
	case VALUE_FLOAT: return v->real < 0 || v->real > 0;
	case VALUE_STRING: return v->string[0] != '\0';
	case VALUE_LIST: case VALUE_DICT: return v->count > 0;
	case VALUE_QUERY: return true;
	default: return v->integer != 0;
	}
}

static struct adl_value *parse_unary(struct parser *p)
{
	const struct token *t = parser_peek(p);
	struct adl_value *v, *r;

	if (t->kind != TOKEN_PUNCTUATION || !strchr("-+!~", t->text[0]) || t->length != 1)
		return parse_primary(p);
	if (++p->depth > PARSER_DEPTH) {
		p->depth--;
		diagnostic_error(p->diagnostics, t, "nested deeper than %d; simplify",
				 PARSER_DEPTH);
		return NULL;
	}
	p->at++;
	v = parse_unary(p);
	p->depth--;
	if (!v)
		return NULL;
	if (t->text[0] != '!' && v->kind != VALUE_INTEGER &&
	    !(v->kind == VALUE_FLOAT && t->text[0] != '~')) {
		diagnostic_error(p->diagnostics, t, "'%c' does not work on %s; use a number",
				 t->text[0], adl_kind_name(v->kind));
		return NULL;
	}
	r = new_value(p, t->text[0] == '!' ? VALUE_BOOLEAN : v->kind, t);
	r->real = t->text[0] == '-' ? -v->real : v->real;
	switch (t->text[0]) {
	case '-': r->integer = (int64_t)(0 - (uint64_t)v->integer); break;
	case '~': r->integer = ~v->integer; break;
	case '!': r->integer = !truth(v); break;
	default: r->integer = v->integer;
	}
	return r;
}

/* Precedence as in C; ** binds tightest (as the language has it). */
static const char *const levels[][5] = {
	{ "||" }, { "&&" }, { "|" }, { "^" }, { "&" }, { "==", "!=" }, { "<", ">", "<=", ">=" },
	{ "<<", ">>" }, { "+", "-" }, { "*", "/", "%" }, { "**" },
};

#define LEVELS (sizeof(levels) / sizeof(*levels))

static bool level_operator(const struct token *t, unsigned int level)
{
	unsigned int i;

	for (i = 0; i < 5 && levels[level][i]; i++)
		if (t->kind == TOKEN_PUNCTUATION && token_is(t, levels[level][i]))
			return true;
	return false;
}

static uint64_t power(uint64_t base, uint64_t exponent)
{
	uint64_t r = 1;

	for (; exponent; exponent >>= 1, base *= base)
		if (exponent & 1)
			r *= base;
	return r;
}

/* Wraps like 64-bit two's complement; false: not defined (division by 0, shift too far). */
static bool integer_result(const char *op, int64_t a, int64_t b, int64_t *r)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	if (op[1] == '*')
		*r = (int64_t)power(x, b < 0 ? 0 : y);
	else if (op[0] == '+')
		*r = (int64_t)(x + y);
	else if (op[0] == '-')
		*r = (int64_t)(x - y);
	else if (op[0] == '*')
		*r = (int64_t)(x * y);
	else if ((op[0] == '/' || op[0] == '%') && (b == 0 || (a == INT64_MIN && b == -1)))
		return false;
	else if (op[0] == '/')
		*r = a / b;
	else if (op[0] == '%')
		*r = a % b;
	else if ((op[1] == '<' || op[1] == '>') && (b < 0 || b > 63))
		return false;
	else if (op[1] == '<')
		*r = (int64_t)(x << y);
	else if (op[1] == '>')
		*r = (int64_t)(x >> y);
	else if (op[0] == '|')
		*r = a | b;
	else if (op[0] == '&')
		*r = a & b;
	else
		*r = a ^ b;
	return true;
}

static int compare(const struct adl_value *a, const struct adl_value *b)
{
	double x = a->kind == VALUE_FLOAT ? a->real : (double)a->integer;
	double y = b->kind == VALUE_FLOAT ? b->real : (double)b->integer;

	if (a->kind == VALUE_STRING)
		return strcmp(a->string, b->string);
	if (a->kind != VALUE_FLOAT && b->kind != VALUE_FLOAT)
		return a->integer < b->integer ? -1 : a->integer > b->integer;
	return x < y ? -1 : x > y;
}

static bool comparison(const char *op, int c)
{
	switch (op[0]) {
	case '=': return c == 0;
	case '!': return c != 0;
	case '<': return op[1] == '=' ? c <= 0 : c < 0;
	default: return op[1] == '=' ? c >= 0 : c > 0;
	}
}

static bool numeric(const struct adl_value *v)
{
	return v->kind == VALUE_INTEGER || v->kind == VALUE_FLOAT || v->kind == VALUE_BOOLEAN;
}

static bool float_result(const char *op, double a, double b, double *r)
{
	switch (op[1] == '*' ? 'p' : op[0]) {
	case 'p': *r = pow(a, b); return true;
	case '+': *r = a + b; return true;
	case '-': *r = a - b; return true;
	case '*': *r = a * b; return true;
	case '/': *r = b < 0 || b > 0 ? a / b : 0; return b < 0 || b > 0;
	default: return false;
	}
}

static double as_real(const struct adl_value *v)
{
	return v->kind == VALUE_FLOAT ? v->real : (double)v->integer;
}

/* Fills `r`; false: the operator does not work on these. */
static bool arithmetic(struct parser *p, struct adl_value *r, const char *op,
		       const struct adl_value *a, const struct adl_value *b)
{
	if (a->kind == VALUE_STRING && b->kind == VALUE_STRING && strcmp(op, "+") == 0) {
		r->kind = VALUE_STRING;
		r->string = arena_format(p->arena, "%s%s", a->string, b->string);
		return true;
	}
	if (!numeric(a) || !numeric(b))
		return false;
	if (a->kind == VALUE_FLOAT || b->kind == VALUE_FLOAT) {
		r->kind = VALUE_FLOAT;
		return float_result(op, as_real(a), as_real(b), &r->real);
	}
	return integer_result(op, a->integer, b->integer, &r->integer);
}

static struct adl_value *apply(struct parser *p, const struct token *t, const struct adl_value *a,
			       const struct adl_value *b)
{
	struct adl_value *r = new_value(p, VALUE_INTEGER, a->at);
	char op[3] = { t->text[0], t->length > 1 ? t->text[1] : '\0', '\0' };
	bool ok = true;

	if (strcmp(op, "||") == 0 || strcmp(op, "&&") == 0) {
		r->kind = VALUE_BOOLEAN;
		r->integer = op[0] == '|' ? truth(a) || truth(b) : truth(a) && truth(b);
	} else if (level_operator(t, 5) || level_operator(t, 6)) {
		r->kind = VALUE_BOOLEAN;
		ok = (numeric(a) && numeric(b)) ||
		     (a->kind == VALUE_STRING && b->kind == VALUE_STRING);
		r->integer = ok && comparison(op, compare(a, b));
	} else {
		ok = arithmetic(p, r, op, a, b);
	}
	if (ok)
		return r;
	diagnostic_error(p->diagnostics, t,
			 "'%s' has no result for %s and %s here; check both sides", op,
			 adl_kind_name(a->kind), adl_kind_name(b->kind));
	return NULL;
}

static struct adl_value *parse_expression(struct parser *p, unsigned int level)
{
	struct adl_value *a, *b;
	const struct token *t;

	if (level == LEVELS)
		return parse_unary(p);
	a = parse_expression(p, level + 1);
	while (a && level_operator(parser_peek(p), level)) {
		t = parser_next(p);
		b = parse_expression(p, level + 1);
		a = b ? apply(p, t, a, b) : NULL;
	}
	return a;
}

static struct adl_value *parse_conditional(struct parser *p)
{
	struct adl_value *c = parse_expression(p, 0), *yes, *no;

	if (!c || !parser_accept(p, "?"))
		return c;
	yes = parse_value(p);
	if (!yes || !parser_expect(p, ":", "the first choice"))
		return NULL;
	no = parse_value(p);
	if (!no)
		return NULL;
	return truth(c) ? yes : no;
}

struct adl_value *parse_value(struct parser *p)
{
	struct adl_value *v;

	if (p->depth >= PARSER_DEPTH) {
		diagnostic_error(p->diagnostics, parser_peek(p), "nested deeper than %d; simplify",
				 PARSER_DEPTH);
		return NULL;
	}
	p->depth++;
	v = parse_conditional(p);
	p->depth--;
	return v;
}
