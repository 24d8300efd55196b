/* SPDX-License-Identifier: BSD-2-Clause */
#include "diagnostic.h"

#include <ctype.h>
#include <string.h>

#include "progress.h"
#include "source.h"

#define LINE_SHOWN 200

/* The user's files as they are on disk: the preprocessor's output has other columns. */
struct cached_file {
	struct cached_file *next;
	const char *path;
	const char *text;	/* NULL: unreadable (built-in text) */
};

static const char *file_text(struct diagnostics *d, const char *path)
{
	struct cached_file *f;
	size_t length;

	for (f = d->files; f; f = f->next)
		if (strcmp(f->path, path) == 0)
			return f->text;
	f = ARENA_NEW(d->arena, struct cached_file);
	f->path = path;
	f->text = source_read_file(d->arena, path, 64u << 20, &length);
	f->next = d->files;
	d->files = f;
	return f->text;
}

static const char *find_line(const char *text, unsigned int line, size_t *length)
{
	const char *end;

	while (text && line > 1) {
		text = strchr(text, '\n');
		if (text)
			text++;
		line--;
	}
	if (!text)
		return NULL;
	end = strchr(text, '\n');
	*length = end ? (size_t)(end - text) : strlen(text);
	return text;
}

static bool word_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* The n-th place (from 0) of a token's text in a line, by whole words; NULL: not that often. */
static const char *find_token(const char *line, size_t length, const struct token *t,
			      unsigned int n)
{
	size_t i, len = t->length;
	bool word = len && word_char(t->text[0]);

	for (i = 0; len && i + len <= length; i++) {
		if (memcmp(line + i, t->text, len) != 0)
			continue;
		if (word && ((i > 0 && word_char(line[i - 1])) ||
			     (i + len < length && word_char(line[i + len]))))
			continue;
		if (n-- == 0)
			return line + i;
		i += len - 1;
	}
	return NULL;
}

/* How often the same text stands before the token in its preprocessed line. */
static unsigned int occurrence(const struct token *t)
{
	const char *at = t->text - t->before, *found;
	unsigned int n = 0;

	while ((found = find_token(at, (size_t)(t->text - at), t, 0))) {
		at = found + t->length;
		n++;
	}
	return n;
}

/* The word at line[*i], which is moved behind it; NULL: none is there. */
static const char *word_at(struct arena *a, const char *line, size_t length, size_t *i)
{
	size_t start = *i;

	while (*i < length && word_char(line[*i]))
		++*i;
	return *i > start ? arena_copy(a, line + start, *i - start) : NULL;
}

/* Where a macro is used in the line; its name in *macro. NULL: nowhere that is known. */
static const char *find_macro(const struct diagnostics *d, const char *line, size_t length,
			      const char **macro)
{
	size_t i = 0, start;

	while (i < length) {
		start = i;
		*macro = word_at(d->arena, line, length, &i);
		if (*macro && index_find(&d->macros, *macro, NULL))
			return line + start;
		i += !*macro;
	}
	*macro = NULL;
	return NULL;
}

/*
 * Column of a token in the user's line. A token that came out of a macro is not there: then the
 * column of the macro's use.
 */
static size_t column_of(const struct diagnostics *d, const struct token *t, const char *line,
			size_t length, const char **macro)
{
	const char *at = find_token(line, length, t, occurrence(t));
	size_t i = 0;

	*macro = NULL;
	if (!at)
		at = find_token(line, length, t, 0);
	if (!at && t->length)
		at = find_macro(d, line, length, macro);
	if (at)
		return (size_t)(at - line);
	if (t->kind == TOKEN_END && t->text[0]) {	/* the file ends behind this line */
		while (length && isspace((unsigned char)line[length - 1]))
			length--;
		return length;
	}
	while (i < length && isspace((unsigned char)line[i]))
		i++;
	return i;
}

static void show_line(FILE *out, const char *line, size_t length, size_t column)
{
	size_t i, first = column > LINE_SHOWN / 2 && length > LINE_SHOWN ? column - LINE_SHOWN / 2
									 : 0;
	size_t last = length - first > LINE_SHOWN ? first + LINE_SHOWN : length;

	fputs("    ", out);
	for (i = first; i < last; i++)
		fputc(line[i] == '\t' ? ' ' : isprint((unsigned char)line[i]) ? line[i] : '?', out);
	fputs("\n    ", out);
	for (i = first; i < column; i++)
		fputc(' ', out);
	fputs("^\n", out);
}

/* What the macro made of the line, as the preprocessor left it, and where it is defined. */
static void show_expansion(struct diagnostics *d, const struct token *at, const char *macro)
{
	const struct diagnostic_macro *m = index_find(&d->macros, macro, NULL);
	const char *start = at->text - at->before;
	size_t length = strcspn(start, "\n");

	fprintf(d->out, "%s:%u: macro '%s' is defined there; here it makes\n", m->file, m->line,
		macro);
	show_line(d->out, start, length, at->before);
}

static void keep(struct diagnostics *d, const struct token *at, const char *kind, const char *text,
		 size_t column)
{
	struct diagnostic *one = ARENA_NEW(d->arena, struct diagnostic);

	if (!d->list)
		d->end = &d->list;
	one->kind = kind;
	one->text = text;
	one->file = at ? at->file : NULL;
	one->line = at ? at->line : 0;
	one->column = column;
	*d->end = one;
	d->end = &one->next;
}

static void show(struct diagnostics *d, const struct token *at, const char *kind, const char *text)
{
	const char *line = NULL, *macro = NULL;
	size_t length = 0, column = 0;

	progress_clear();
	if (!at) {
		if (d->keep)
			keep(d, at, kind, text, 0);
		else
			fprintf(d->out, "peervisor: %s: %s\n", kind, text);
		return;
	}
	if (at->line)
		line = find_line(file_text(d, at->file), at->line, &length);
	if (line)
		column = column_of(d, at, line, length, &macro);
	else
		column = at->before;
	if (d->keep) {
		keep(d, at, kind, text, column + 1);
		return;
	}
	fprintf(d->out, "%s:%u:%zu: %s: %s\n", at->file, at->line, column + 1, kind, text);
	if (line)
		show_line(d->out, line, length, column);
	if (macro)
		show_expansion(d, at, macro);
}

void diagnostic_macro(struct diagnostics *d, const char *name, const char *file, unsigned int line)
{
	struct diagnostic_macro *m = ARENA_NEW(d->arena, struct diagnostic_macro);

	m->file = file;
	m->line = line;
	index_put(d->arena, &d->macros, name, NULL, m);
}

/* A component's default is wrong for each of its instances, a file for each that includes it. */
static bool said_already(struct diagnostics *d, const struct token *at, const char *text)
{
	const char *place = at ? arena_format(d->arena, "%s:%u:%u", at->file, at->line, at->before)
			       : "";

	if (index_find(&d->said, place, text))
		return true;
	index_put(d->arena, &d->said, place, text, d);
	return false;
}

static void report(struct diagnostics *d, const struct token *at, bool error, const char *format,
		   va_list args)
{
	char *text;

	if (error)
		d->errors++;
	else
		d->warnings++;
	if (d->stopped)
		return;
	text = arena_vformat(d->arena, format, args);
	if (said_already(d, at, text))
		return;
	if (!d->keep && d->shown++ == DIAGNOSTIC_LIMIT) {
		fputs("peervisor: more was found; the rest is not shown\n", d->out);
		d->stopped = true;
		return;
	}
	show(d, at, error ? "error" : "warning", text);
}

void diagnostic_error(struct diagnostics *d, const struct token *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(d, at, true, format, args);
	va_end(args);
}

void diagnostic_warning(struct diagnostics *d, const struct token *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(d, at, d->strict, format, args);
	va_end(args);
}

void diagnostic_plain(struct diagnostics *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	report(d, NULL, true, format, args);
	va_end(args);
}
