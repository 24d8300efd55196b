/* SPDX-License-Identifier: BSD-2-Clause */
/* The parser's own parts. Each parse function returns false (or NULL) after it said what is wrong. */
#ifndef TOOL_PARSER_H
#define TOOL_PARSER_H

#include "ast.h"

#define PARSER_DEPTH 64		/* nested values, parentheses, imports */

struct parser {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct adl_file *file;
	const struct adl_options *options;
	const struct source *source;
	size_t at;
	unsigned int depth;
	bool builtin;
	struct imported *imported;
	unsigned int inline_structs;
	const struct adl_component *vm;		/* the prelude's */
};

const struct token *parser_peek(const struct parser *p);
const struct token *parser_next(struct parser *p);
bool parser_at(const struct parser *p, const char *text);
bool parser_accept(struct parser *p, const char *text);
bool parser_expect(struct parser *p, const char *text, const char *after);
const char *parser_identifier(struct parser *p, const char *what, const struct token **at);
/* Says `expected WHAT`, with what stands there instead. Returns false. */
bool parser_expected(struct parser *p, const char *what, const char *todo);
/* After an error: behind the next `;`, or before the `}` that closes this block. */
void parser_skip(struct parser *p);

/* What a macro of the built-in vm.h says of itself: __vm_note "NAME" "REASON"; is a warning. */
bool parser_note(struct parser *p);
struct adl_value *parse_value(struct parser *p);
/* From an open brace to the one that closes it; `c` has its name. False: not usable. */
bool parse_component_body(struct parser *p, struct adl_component *c);
bool parse_struct(struct parser *p);
bool parse_named_block(struct parser *p);
bool parse_component(struct parser *p);
bool parse_connector(struct parser *p);
bool parse_procedure(struct parser *p);
bool parse_assembly(struct parser *p);
bool parse_composition_block(struct parser *p, struct adl_composition *c);
bool parse_configuration_block(struct parser *p, struct adl_composition *c);
void parse_file(struct parser *p);
void composition_init(struct adl_composition *c);
/* From what was parsed to a flat assembly (see adl_file). */
void elaborate(struct arena *a, struct diagnostics *d, struct adl_file *f);

#define APPEND(list, item) do { \
	*(list##_end) = (item); \
	(list##_end) = &(item)->next; \
} while (0)

#endif
