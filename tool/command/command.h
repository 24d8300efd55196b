/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands as tables: what a command is called, which options it takes, what they mean. The
 * parser, `--help`, the manual page and the shells' completion all read the same tables.
 */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

#include "../audit/audit.h"
#include "../image/image.h"
#include "../run/run.h"

#define COMMAND_INCLUDES	16
#define COMMAND_DEFINES		16
#define COMMAND_OPERANDS	4

enum { COMMAND_DONE = 0, COMMAND_FAILED = 1, COMMAND_USAGE = 2 };

/* What a command line says; a command reads of it what its options can set. */
struct settings {
	struct arena arena;
	const char *operands[COMMAND_OPERANDS];
	unsigned int operand_count;
	const char *includes[COMMAND_INCLUDES + 1];
	unsigned int include_count;
	const char *defines[COMMAND_DEFINES + 1];
	unsigned int define_count;
	const char *guests;
	const char *platform;
	bool strict;
	bool json;
	struct image_options image;
	struct run_options run;
	struct audit_options audit;
};

enum option_kind { OPTION_TEXT, OPTION_FILE, OPTION_FOLDER, OPTION_PLATFORM };

struct option {
	const char *name;
	char letter;			/* 0: none */
	unsigned char values;
	enum option_kind kind;		/* of the values */
	const char *argument;		/* what help calls them */
	const char *what;
	/* False: these values cannot be. */
	bool (*set)(struct settings *s, const char *const *values);
};

struct command {
	const char *name;
	const char *what;
	const char *const *synopsis;		/* lines after `peervisor NAME` */
	unsigned int least, most;		/* operands */
	bool assembly;				/* completion: operands are .camkes files */
	const char *const *words;		/* completion: other first operands, or NULL */
	const char *text;			/* lines */
	const struct option *const *options;	/* tables, each ended by a name NULL; NULL ends all */
	const char *exits;
	const char *const *examples;
	int (*run)(struct settings *s);
};

extern const struct command build_command, run_command, check_command, view_command, audit_command,
	new_command, doctor_command;
extern const struct command *const commands[];		/* ended by NULL */

/* option.c */
/* COMMAND_DONE: go on; else what main returns, and *help says that help is wanted, no more. */
int option_parse(struct settings *s, const struct command *c, int argc, char **argv, bool *help);
int option_wrong(const struct command *c, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
bool option_number(const char *text, unsigned int most, unsigned int *n);

/* help.c */
void help_usage(FILE *out);
void help_synopsis(const struct command *c, FILE *out);
void help_print(const struct command *c, FILE *out);
/* "-o, --output FILE" */
const char *help_option(struct arena *a, const struct option *o);

/* manual.c, completion.c */
void manual_print(FILE *out);
/* False: no such shell. */
bool completion_print(const char *shell, FILE *out);

/* assembly.c */
extern const struct option assembly_options[];	/* of everything that reads an assembly */
extern const struct option assembly_image_options[];	/* of what also needs kernel and components */
void assembly_defaults(struct settings *s);
/* The project's build folder, or what is called NAME in it. */
const char *assembly_build_folder(struct arena *a, const char *name);
/* Reads, elaborates and checks. A COMMAND_ value; errors are counted in `d` and said. */
int assembly_load(struct settings *s, const char *path, struct diagnostics *d, struct model **model);
/* Whether writing `output` would overwrite the assembly or one of its guest files; said so. */
bool assembly_overwritten(const struct model *m, const char *path, const char *output);

/* json.c: to the standard output */
void json_findings(const char *assembly, const struct diagnostics *d);
void json_build(const struct settings *s, const struct diagnostics *d, const struct model *m, bool built);

/* build.c */
int build_image(struct settings *s, const char *path);

#endif
