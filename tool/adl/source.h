/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An assembly file after the C preprocessor, as tokens that still know the line of the user's file
 * they came from.
 */
#ifndef TOOL_SOURCE_H
#define TOOL_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "diagnostic.h"

enum token_kind {
	TOKEN_END,
	TOKEN_IDENTIFIER,
	TOKEN_INTEGER,
	TOKEN_FLOAT,
	TOKEN_STRING,		/* text includes the quotes */
	TOKEN_PUNCTUATION,
	TOKEN_BAD,		/* a character that the language does not have */
};

struct token {
	enum token_kind kind;
	uint32_t line;		/* in `file` */
	uint32_t length;
	uint32_t before;	/* offset of the token in its line of the preprocessed text */
	const char *text;	/* not terminated */
	const char *file;	/* as the user wrote or cpp found it */
};

struct source {
	const char *path;
	const char *headers;	/* folder of the built-in headers while cpp ran, or NULL */
	const char *text;	/* preprocessed, NUL-terminated */
	size_t length;
	struct token *tokens;	/* the last one is TOKEN_END */
	size_t count;
};

struct adl_options;

/* Runs cpp on a file, with the folders and macros of `options`. NULL: said why. */
struct source *source_load(struct arena *a, struct diagnostics *d, const char *path,
			   const struct adl_options *options);
/* Built-in text (no preprocessor). */
struct source *source_builtin(struct arena *a, struct diagnostics *d, const char *name,
			      const char *text);
/* Whole file, NUL-terminated; NULL with errno if it cannot be read or is larger than `limit`. */
char *source_read_file(struct arena *a, const char *path, size_t limit, size_t *length);

void source_tokenize(struct arena *a, struct diagnostics *d, struct source *s);

bool token_is(const struct token *t, const char *text);
char *token_name(struct arena *a, const struct token *t);

#endif
