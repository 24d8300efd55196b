/* SPDX-License-Identifier: BSD-2-Clause */
/* Top level of the language: imports and declarations. */
#include "parser.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct imported {
	struct imported *next;
	const char *path;
};

const struct token *parser_peek(const struct parser *p)
{
	return &p->source->tokens[p->at];
}

const struct token *parser_next(struct parser *p)
{
	const struct token *t = parser_peek(p);

	if (t->kind != TOKEN_END)
		p->at++;
	return t;
}

bool parser_at(const struct parser *p, const char *text)
{
	const struct token *t = parser_peek(p);

	return t->kind != TOKEN_END && token_is(t, text);
}

bool parser_accept(struct parser *p, const char *text)
{
	if (!parser_at(p, text))
		return false;
	p->at++;
	return true;
}

bool parser_expected(struct parser *p, const char *what, const char *todo)
{
	const struct token *t = parser_peek(p);

	if (t->kind == TOKEN_END)
		diagnostic_error(p->diagnostics, t, "the file ends where %s is expected; %s", what,
				 todo);
	else
		diagnostic_error(p->diagnostics, t, "expected %s, not '%.*s'; %s", what,
				 (int)(t->length > 40 ? 40 : t->length), t->text, todo);
	return false;
}

bool parser_expect(struct parser *p, const char *text, const char *after)
{
	const struct token *t = parser_peek(p);

	if (parser_accept(p, text))
		return true;
	/* A forgotten `;` is best shown where it belongs: at the end of the token before. */
	if (strcmp(text, ";") == 0 && p->at > 0 && t->kind != TOKEN_END &&
	    t[-1].line != t->line && t[-1].file == t->file) {
		diagnostic_error(p->diagnostics, &t[-1], "';' is missing after '%.*s'; add it",
				 (int)(t[-1].length > 40 ? 40 : t[-1].length), t[-1].text);
		return true;	/* go on as if it were there */
	}
	return parser_expected(p, arena_format(p->arena, "'%s' after %s", text, after), "add it");
}

const char *parser_identifier(struct parser *p, const char *what, const struct token **at)
{
	const struct token *t = parser_peek(p);

	if (t->kind != TOKEN_IDENTIFIER) {
		parser_expected(p, what, "a name starts with a letter or _");
		return NULL;
	}
	if (at)
		*at = t;
	p->at++;
	return token_name(p->arena, t);
}

void parser_skip(struct parser *p)
{
	unsigned int depth = 0;

	for (;; p->at++) {
		if (parser_peek(p)->kind == TOKEN_END)
			return;
		if (parser_at(p, "{")) {
			depth++;
		} else if (parser_at(p, "}")) {
			if (depth == 0)
				return;
			if (--depth == 0) {
				p->at++;
				parser_accept(p, ";");
				return;
			}
		} else if (parser_at(p, ";") && depth == 0) {
			p->at++;
			return;
		}
	}
}

bool parser_note(struct parser *p)
{
	const struct token *at = parser_next(p), *name = parser_next(p), *reason = parser_next(p);

	if (name->kind == TOKEN_STRING && reason->kind == TOKEN_STRING)
		diagnostic_warning(p->diagnostics, at, "nothing is made of %.*s: %.*s",
				   (int)name->length - 2, name->text + 1, (int)reason->length - 2,
				   reason->text + 1);
	return parser_expect(p, ";", "a note");
}

static bool already_imported(struct parser *p, const char *path)
{
	struct imported *i;
	char *real = realpath(path, NULL);	/* a/../a/x is x again */

	if (real)
		path = arena_copy(p->arena, real, strlen(real));
	free(real);
	for (i = p->imported; i; i = i->next)
		if (strcmp(i->path, path) == 0)
			return true;
	i = ARENA_NEW(p->arena, struct imported);
	i->path = path;
	i->next = p->imported;
	p->imported = i;
	return false;
}

static void parse_source(struct parser *p, const struct source *s, bool builtin)
{
	const struct source *outer = p->source;
	size_t at = p->at;
	bool was = p->builtin;

	p->source = s;
	p->at = 0;
	p->builtin = builtin;
	p->depth++;
	parse_file(p);
	p->depth--;
	p->builtin = was;
	p->source = outer;
	p->at = at;
}

/* False: said why not. An import that was there already is none any more. */
static bool load_import(struct parser *p, const struct token *at, const char *path)
{
	struct source *s;

	if (p->depth >= PARSER_DEPTH) {
		diagnostic_error(p->diagnostics, at,
				 "imports are nested deeper than %d; import less", PARSER_DEPTH);
		return false;
	}
	if (already_imported(p, path))
		return true;
	s = source_load(p->arena, p->diagnostics, path, p->options);
	if (s)
		parse_source(p, s, false);
	return s != NULL;
}

static bool find_in_folders(const struct parser *p, const char *name, const char **path)
{
	const char *const *i;
	struct stat st;

	for (i = p->options->includes; i && *i; i++) {
		*path = arena_format(p->arena, "%s/%s", *i, name);
		if (stat(*path, &st) == 0)
			return true;
	}
	return false;
}

/* `import <std_connector.camkes>;`: cpp's tokens are put together again. */
static bool import_builtin(struct parser *p, const struct token *at)
{
	const char *name, *text, *path;
	const struct token *t;
	size_t length = 0;
	char buffer[128];

	while (!parser_at(p, ">")) {
		t = parser_next(p);
		if (t->kind == TOKEN_END || length + t->length >= sizeof(buffer)) {
			diagnostic_error(p->diagnostics, at,
					 "an import without an end; write import "
					 "<NAME>; or import \"PATH\";");
			return false;
		}
		memcpy(buffer + length, t->text, t->length);
		length += t->length;
	}
	p->at++;
	name = arena_copy(p->arena, buffer, length);
	if (find_in_folders(p, name, &path))
		return load_import(p, at, path) && parser_expect(p, ";", "an import");
	if (prelude_replaces(name))
		diagnostic_warning(p->diagnostics, at,
				   "nothing is made of import <%s>: %s", name,
				   prelude_replaces(name));
	text = prelude_import(name);
	if (!text) {
		diagnostic_error(p->diagnostics, at,
				 "there is no built-in import <%s>; built in are "
				 "<std_connector.camkes>, <global-connectors.camkes>, "
				 "<vm-connectors.camkes>; others are looked for in -I folders",
				 name);
		return parser_expect(p, ";", "an import") && false;
	}
	if (!already_imported(p, arena_format(p->arena, "<%s>", name)))
		parse_source(p, source_builtin(p->arena, p->diagnostics,
					       arena_format(p->arena, "<%s>", name), text), true);
	return parser_expect(p, ";", "an import");
}

/* Relative to the importing file, always. */
static bool import_file(struct parser *p, const struct token *at)
{
	const struct token *t = parser_next(p);
	const char *name = arena_copy(p->arena, t->text + 1, t->length - 2), *path = name;
	const char *slash = strrchr(at->file, '/');
	struct stat st;

	if (slash && name[0] != '/')
		path = arena_format(p->arena, "%.*s/%s", (int)(slash - at->file), at->file, name);
	if (stat(path, &st) == 0)
		load_import(p, t, path);
	else
		diagnostic_error(p->diagnostics, t,
				 "\"%s\" is not there; a name in quotes is looked for beside this "
				 "file, one in <> in the -I folders",
				 name);
	return parser_expect(p, ";", "an import");
}

static bool parse_import(struct parser *p)
{
	const struct token *at = parser_next(p);

	if (parser_accept(p, "<"))
		return import_builtin(p, at);
	if (parser_peek(p)->kind == TOKEN_STRING)
		return import_file(p, at);
	return parser_expected(p, "<NAME> or \"PATH\"", "say what to import");
}

/* `include "x.h";` and `include <x.h>;` matter to C code alone. */
static bool parse_include(struct parser *p)
{
	p->at++;
	while (!parser_at(p, ";")) {
		if (parser_next(p)->kind == TOKEN_END)
			return parser_expect(p, ";", "an include");
	}
	p->at++;
	return true;
}

static bool parse_declaration(struct parser *p)
{
	static const struct {
		const char *word;
		bool (*parse)(struct parser *p);
	} table[] = {
		{ "component", parse_component },
		{ "assembly", parse_assembly },
		{ "procedure", parse_procedure },
		{ "connector", parse_connector },
		{ "struct", parse_struct },
		{ "composition", parse_named_block },
		{ "configuration", parse_named_block },
		{ "import", parse_import },
		{ "include", parse_include },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (parser_at(p, table[i].word))
			return table[i].parse(p);
	if (parser_accept(p, ";"))
		return true;
	return parser_expected(p, "a declaration",
			       "one of component, assembly, procedure, connector, struct, "
			       "composition, configuration, import starts here");
}

void parse_file(struct parser *p)
{
	while (parser_peek(p)->kind != TOKEN_END) {
		if (parse_declaration(p))
			continue;
		parser_skip(p);
		parser_accept(p, "}");
		parser_accept(p, ";");
	}
}

struct adl_file *adl_load(struct arena *a, struct diagnostics *d, const char *path,
			  const struct adl_options *options)
{
	struct parser p = { .arena = a, .diagnostics = d, .options = options };
	struct source *s = source_load(a, d, path, options);

	if (!s)
		return NULL;
	p.file = ARENA_NEW(a, struct adl_file);
	composition_init(&p.file->assembly);
	parse_source(&p, source_builtin(a, d, "<prelude>", prelude_text), true);
	already_imported(&p, path);
	parse_source(&p, s, false);
	if (!p.file->assembly_at && d->errors == 0)
		diagnostic_plain(d, "%s: no assembly in it; write assembly { composition { ... } }",
				 path);
	if (d->errors == 0)
		elaborate(a, d, p.file);
	return p.file;
}

const struct adl_value *adl_key(const struct adl_value *dict, const char *key)
{
	const struct adl_value *v;

	if (!dict || dict->kind != VALUE_DICT)
		return NULL;
	for (v = dict->items; v; v = v->next)
		if (strcmp(v->key, key) == 0)
			return v;
	return NULL;
}

const char *adl_kind_name(enum adl_value_kind kind)
{
	static const char *const names[] = {
		"an integer", "a number", "true or false", "a string", "a list", "a dictionary",
		"a dtb() query",
	};

	return names[kind];
}
