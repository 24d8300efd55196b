/* SPDX-License-Identifier: BSD-2-Clause */
/* Parts of the elaboration: from nested compositions to one flat assembly. */
#ifndef TOOL_ELABORATE_H
#define TOOL_ELABORATE_H

#include "parser.h"

/* A composition that is written out: the assembly's own, or one inside a compound component. */
struct scope {
	struct scope *next;
	struct scope *outer;
	const struct adl_composition *body;
	const struct adl_instance *owner;	/* the compound; NULL: the assembly */
	const char *path;		/* what references inside begin with, or NULL */
	const char *name;		/* what names inside begin with, or NULL */
};

/* An instance under the path by which it is referred to: compounds and groups around it. */
struct place {
	struct adl_instance *instance;
	struct scope *inside;		/* of a compound; its composition */
};

struct elaboration {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct adl_file *file;
	struct adl_composition out;
	struct scope *scopes, **scopes_end;
	struct index places;
	struct index uses;		/* connections of each interface */
	struct index exports;		/* by the compound's name and the interface's */
	unsigned int instances;
	unsigned int interfaces;
};

/* `word` behind `path` and a dot, or alone. */
const char *elaborate_join(struct elaboration *e, const char *path, const char *word);
struct place *elaborate_find(struct elaboration *e, const struct scope *s, const char *path);
/* What this compound exports under that name, or NULL. */
const struct adl_export *elaborate_export(const struct elaboration *e, const struct scope *inside,
					  const char *name);
/* The instance of this scope that may have been meant, as it is to be written there; or NULL. */
const char *elaborate_nearest(struct elaboration *e, const struct scope *s, const char *name);

void elaborate_connections(struct elaboration *e);
/* Those that reach VMs become links, or nothing. */
void elaborate_vm_links(struct elaboration *e);
/* Settings as VM projects of others have them, for components with VM_INIT_DEF(). */
void elaborate_projects(struct elaboration *e);
void elaborate_settings(struct elaboration *e);
/* Values have the kind that their attributes' types ask for; interfaces have known procedures. */
void elaborate_types(struct elaboration *e);

#endif
