/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said about a user's file: `file:line:column: error: what; what to do`, the source line
 * and a caret. Several per run, at most DIAGNOSTIC_LIMIT.
 */
#ifndef TOOL_DIAGNOSTIC_H
#define TOOL_DIAGNOSTIC_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"
#include "index.h"

#define DIAGNOSTIC_LIMIT 20

struct token;

/* Where a macro is defined. */
struct diagnostic_macro {
	const char *file;
	unsigned int line;
};

/* One that is kept instead of being written. */
struct diagnostic {
	struct diagnostic *next;
	const char *kind;		/* "error", "warning" */
	const char *file;		/* NULL: no place in a file */
	unsigned int line;
	size_t column;			/* from 1; 0: no place in a line */
	const char *text;
};

struct diagnostics {
	struct arena *arena;
	FILE *out;
	unsigned int errors;
	unsigned int warnings;
	bool strict;		/* warnings count as errors */
	bool stopped;		/* the limit was reached and said so */
	bool keep;		/* nothing is written: all are in the list */
	struct diagnostic *list, **end;
	struct cached_file *files;
	struct index macros;
	struct index said;
	unsigned int shown;
};

/* Remembers a macro, for errors in what it expands to. */
void diagnostic_macro(struct diagnostics *d, const char *name, const char *file, unsigned int line);

void diagnostic_error(struct diagnostics *d, const struct token *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void diagnostic_warning(struct diagnostics *d, const struct token *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* No place in a file: one line. */
void diagnostic_plain(struct diagnostics *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
