/* SPDX-License-Identifier: BSD-2-Clause */
/* Preprocessed text to tokens. Line markers (`# 12 "file"`) say where each line came from. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

#define BAD_LIMIT 8	/* bad characters reported per file: binary input would flood */

struct lexer {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct source *source;
	const char *at;
	const char *end;
	const char *line_start;
	const char *file;
	uint32_t line;
	size_t capacity;
	unsigned int bad;
};

bool token_is(const struct token *t, const char *text)
{
	return t->kind != TOKEN_STRING && t->length == strlen(text) &&
	       memcmp(t->text, text, t->length) == 0;
}

char *token_name(struct arena *a, const struct token *t)
{
	return arena_copy(a, t->text, t->length);
}

static void newline(struct lexer *l)
{
	l->at++;
	l->line++;
	l->line_start = l->at;
}

/* A file's name as it is told: those of the built-in headers stand in angle brackets. */
static const char *file_name(struct lexer *l, const char *name, size_t length)
{
	const char *folder = l->source->headers;
	size_t n = folder ? strlen(folder) : 0;

	if (n && length > n && memcmp(name, folder, n) == 0 && name[n] == '/')
		return arena_format(l->arena, "<%.*s>", (int)(length - n - 1), name + n + 1);
	return arena_copy(l->arena, name, length);
}

/* `#define NAME...` is left in the text to say where a macro comes from. */
static void note_macro(struct lexer *l)
{
	const char *name = l->at + strlen("#define ");
	size_t n = 0;

	while (isalnum((unsigned char)name[n]) || name[n] == '_')
		n++;
	if (n)
		diagnostic_macro(l->diagnostics, arena_copy(l->arena, name, n), l->file, l->line);
}

/* `# LINE "FILE" FLAGS`: the next line of text is line LINE of FILE. */
static void line_marker(struct lexer *l)
{
	const char *p = l->at + 1, *quote, *end;
	unsigned long number;
	char *after;

	if (strncmp(l->at, "#define ", 8) == 0)
		note_macro(l);

	number = strtoul(p, &after, 10);
	if (after != p && number < UINT32_MAX) {
		l->line = (uint32_t)number - 1;
		quote = after;
		while (*quote == ' ')
			quote++;
		end = *quote == '"' ? strchr(quote + 1, '"') : NULL;
		if (end && !memchr(quote, '\n', (size_t)(end - quote)))
			l->file = file_name(l, quote + 1, (size_t)(end - quote - 1));
	}
	while (l->at < l->end && *l->at != '\n')
		l->at++;
}

/* Comments are gone after cpp, but built-in texts have them. False: not a comment. */
static bool skip_comment(struct lexer *l)
{
	struct token start;

	if (l->at[0] != '/' || (l->at[1] != '/' && l->at[1] != '*'))
		return false;
	if (l->at[1] == '/') {
		while (l->at < l->end && *l->at != '\n')
			l->at++;
		return true;
	}
	start = (struct token){ .kind = TOKEN_PUNCTUATION, .line = l->line, .length = 2,
				.before = (uint32_t)(l->at - l->line_start), .text = l->at,
				.file = l->file };
	l->at += 2;
	while (l->at < l->end && !(l->at[0] == '*' && l->at[1] == '/')) {
		if (*l->at == '\n')
			newline(l);
		else
			l->at++;
	}
	if (l->at < l->end)
		l->at += 2;
	else
		diagnostic_error(l->diagnostics, &start,
				 "a comment without an end; close it with */");
	return true;
}

static void skip_space(struct lexer *l)
{
	while (l->at < l->end) {
		if (*l->at == '\n')
			newline(l);
		else if (*l->at == '#' && l->at == l->line_start)
			line_marker(l);
		else if (isspace((unsigned char)*l->at))
			l->at++;
		else if (!skip_comment(l))
			return;
	}
}

static size_t number_length(const char *p, const char *end, enum token_kind *kind)
{
	const char *start = p;

	*kind = TOKEN_INTEGER;
	if (end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		for (p += 2; p < end && isxdigit((unsigned char)*p); p++)
			;
		return (size_t)(p - start);
	}
	while (p < end && isdigit((unsigned char)*p))
		p++;
	if (end - p > 1 && *p == '.' && isdigit((unsigned char)p[1])) {
		*kind = TOKEN_FLOAT;
		for (p++; p < end && isdigit((unsigned char)*p); p++)
			;
	}
	return (size_t)(p - start);
}

/* Length with quotes; 0: no end on this line. */
static size_t string_length(const char *p, const char *end)
{
	const char *start = p;

	for (p++; p < end && *p != '\n' && *p != *start; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p < end && *p == *start ? (size_t)(p - start + 1) : 0;
}

static size_t punctuation_length(const char *p)
{
	static const char *const pairs[] = { "<-", "->", "<<", ">>", "<=", ">=", "==", "!=",
		"&&", "||", "**" };
	size_t i;

	for (i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		if (p[0] == pairs[i][0] && p[1] == pairs[i][1])
			return 2;
	return strchr("{}()[];:,.=<>+-*/%!~&|^?", *p) ? 1 : 0;
}

static void classify(struct lexer *l, struct token *t)
{
	const char *p = l->at;
	size_t n;

	if (isalpha((unsigned char)*p) || *p == '_') {
		t->kind = TOKEN_IDENTIFIER;
		for (n = 1; p + n < l->end && (isalnum((unsigned char)p[n]) || p[n] == '_'); n++)
			;
	} else if (isdigit((unsigned char)*p)) {
		n = number_length(p, l->end, &t->kind);
	} else if (*p == '"' || *p == '\'') {
		t->kind = TOKEN_STRING;
		n = string_length(p, l->end);
	} else {
		t->kind = TOKEN_PUNCTUATION;
		n = *p ? punctuation_length(p) : 0;
	}
	if (n == 0)
		t->kind = TOKEN_BAD;
	t->length = (uint32_t)(n ? n : 1);
}

static void say_bad(struct lexer *l, const struct token *t)
{
	unsigned char c = (unsigned char)*t->text;

	if (l->bad++ >= BAD_LIMIT)
		return;
	if (c == '"' || c == '\'')
		diagnostic_error(l->diagnostics, t,
				 "a string without an end; close it with %c on the "
				 "same line",
				 c);
	else if (isprint(c))
		diagnostic_error(l->diagnostics, t, "'%c' means nothing here; remove it", c);
	else
		diagnostic_error(l->diagnostics, t,
				 "byte 0x%02x means nothing here; an assembly is "
				 "plain text",
				 c);
}

static struct token *new_token(struct lexer *l)
{
	struct source *s = l->source;
	struct token *t;

	s->tokens = arena_grow(l->arena, s->tokens, s->count, &l->capacity, sizeof(*s->tokens));
	t = &s->tokens[s->count++];
	t->text = l->at;
	t->file = l->file;
	t->line = l->line;
	t->before = (uint32_t)(l->at - l->line_start);
	return t;
}

void source_tokenize(struct arena *a, struct diagnostics *d, struct source *s)
{
	struct lexer l = {
		.arena = a, .diagnostics = d, .source = s, .at = s->text,
		.end = s->text + s->length, .line_start = s->text, .file = s->path, .line = 1,
	};
	struct token *t;

	for (skip_space(&l); l.at < l.end; skip_space(&l)) {
		t = new_token(&l);
		classify(&l, t);
		l.at += t->length;
		if (t->kind == TOKEN_BAD) {
			say_bad(&l, t);
			s->count--;
		}
	}
	t = new_token(&l);
	t->kind = TOKEN_END;
	if (s->count > 1) {	/* "at the end" is best shown behind the last thing */
		t->file = t[-1].file;
		t->line = t[-1].line;
		t->text = t[-1].text;
		t->before = t[-1].before;
	}
}
