/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of native components: the C code that joins one to its connections, generated from its
 * declaration, and its compilation with the author's sources (docs/native-components.md).
 */
#ifndef TOOL_STUB_H
#define TOOL_STUB_H

#include <stdio.h>

#include "../adl/ast.h"

#define STUB_WORDS 120u		/* of a message: runtime/include/peervisor/rpc.h */

enum stub_kind {
	STUB_SCALAR,		/* one word */
	STUB_BOOL,
	STUB_STRING,
	STUB_STRUCT,		/* any type of an included header, as bytes */
	STUB_FLOAT,		/* components have none */
};

struct stub_type {
	enum stub_kind kind;
	const char *c;		/* the C type; of a string: char * */
};

struct model_face;

struct stub_plan {
	struct arena *arena;
	const struct adl_file *file;
	const struct adl_component *type;
	const struct model_face *faces;	/* by the interfaces' order */
	const struct adl_value *const *values;	/* by the attributes' order; NULL: none is set */
};

struct stub_type stub_type(const char *adl_type);

/* Is there code for everything that the component's procedures say? Says what there is not. */
void stub_check(struct diagnostics *d, const struct adl_file *f, const struct adl_component *type);

/* The same of the attributes' values: structs that contain themselves, values that grow without end. */
void stub_check_values(struct diagnostics *d, struct arena *arena, const struct adl_file *f,
		       const struct adl_component *type, const struct adl_value *const *values);
/* Does its value reach the component as a constant? */
bool stub_constant(const struct adl_file *f, const struct adl_attribute *a);

char *stub_header(const struct stub_plan *plan);
char *stub_source(const struct stub_plan *plan);

/* Parts of these two. */
void stub_declare_constants(FILE *out, const struct stub_plan *plan);
void stub_define_constants(FILE *out, const struct stub_plan *plan);
void stub_prototype(FILE *out, const char *interface, const struct adl_method *m);
void stub_client(FILE *out, const struct adl_interface *i, const struct adl_method *m, unsigned int label);
void stub_server(FILE *out, const struct adl_interface *i, const struct adl_procedure *p);

/*
 * The folder with a component's sources, or NULL: it has none, and the project ships its program.
 * `assembly`: folder of the assembly.
 */
const char *stub_folder(struct arena *a, const struct adl_component *type);

struct stub_options {
	const char *sdk;		/* folder: headers, libraries, flags */
	const char *assembly;		/* folder of the assembly */
};

/* The program's path, compiled if need be. NULL: said why. */
const char *stub_build(const struct stub_plan *plan, struct diagnostics *d, const char *folder,
		       const struct stub_options *options);

/* Compiled programs: a folder for each, kept until what it was made from changes. */
const char *stub_cache_root(struct arena *a);
uint64_t stub_hash(uint64_t start, const void *bytes, size_t length);
void stub_remove_folder(struct arena *a, const char *folder);
/* Removes the programs that were not used for longest, if there are many. */
void stub_cache_prune(struct arena *a);
/* Does the manifest hold: is every file in it as it was? */
bool stub_cache_valid(struct arena *a, const char *manifest);
/*
 * Writes the manifest from the compiler's .d files in `work`, whose relative names are of `folder`,
 * and the files in `more`.
 */
bool stub_cache_write(struct arena *a, const char *manifest, const char *work,
		      const char *folder, const char *const *more);

#endif
