/* SPDX-License-Identifier: BSD-2-Clause */
/* What a parsed assembly is made of. Lists keep the order of the file. */
#ifndef TOOL_AST_H
#define TOOL_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "index.h"
#include "source.h"

enum adl_value_kind {
	VALUE_INTEGER, VALUE_FLOAT, VALUE_BOOLEAN, VALUE_STRING, VALUE_LIST, VALUE_DICT,
	VALUE_QUERY,		/* dtb({...}): the dictionary is in items */
};

struct adl_value {
	struct adl_value *next;		/* in a list or dictionary */
	const struct token *at;
	const char *key;		/* in a dictionary */
	enum adl_value_kind kind;
	int64_t integer;
	double real;
	const char *string;
	struct adl_value *items;
	uint32_t count;
};

enum adl_interface_kind {
	INTERFACE_USES, INTERFACE_PROVIDES, INTERFACE_EMITS, INTERFACE_CONSUMES, INTERFACE_DATAPORT,
	INTERFACE_MUTEX, INTERFACE_SEMAPHORE,
};

struct adl_interface {
	struct adl_interface *next;
	const struct token *at;
	enum adl_interface_kind kind;
	bool optional;
	const char *type;
	const char *name;
};

struct adl_attribute {
	struct adl_attribute *next;
	const struct token *at;
	const char *type;
	const char *name;
	bool array;
	struct adl_value *value;	/* default, or NULL */
};

struct adl_parameter {
	struct adl_parameter *next;
	const struct token *at;
	const char *direction;		/* in, out, inout, refin */
	const char *type;
	const char *name;
	bool array;
};

struct adl_method {
	struct adl_method *next;
	const struct token *at;
	const char *type;
	const char *name;
	struct adl_parameter *parameters;
};

/* `include "x.h";`: a C header with types that interfaces use. */
struct adl_header {
	struct adl_header *next;
	const struct token *at;
	const char *name;		/* with its quotes or brackets */
};

struct adl_procedure {
	struct adl_procedure *next;
	const struct token *at;
	const char *name;
	bool builtin;
	struct adl_header *headers, **headers_end;
	struct adl_method *methods;
	struct index method_index;
};

/* `struct NAME { TYPE MEMBER; ... }`: what an attribute of that type takes. */
struct adl_struct {
	struct adl_struct *next;
	const struct token *at;
	const char *name;
	struct adl_attribute *members, **members_end;
	struct index member_index;
};

struct adl_instance {
	struct adl_instance *next;
	const struct token *at;
	const struct token *type_at;
	const char *type;
	const char *name;		/* elaborated: with the compounds around it, a.b.c */
	const char *group;
	bool dissolved;			/* elaborated: a compound that is nothing but its parts */
	bool implied;			/* by VM_COMPOSITION_DEF: gives way to a written one */
	const struct adl_component *component;		/* elaborated */
};

struct adl_end {
	struct adl_end *next;
	const struct token *at;
	bool to;
	const char *instance;		/* path; NULL: an interface of the component itself */
	const char *interface;
	const struct adl_instance *target;		/* elaborated, as is what follows */
	const struct adl_interface *face;		/* NULL: of a VM, or of what is replaced */
};

struct adl_connection {
	struct adl_connection *next;
	const struct token *at;
	const struct token *type_at;
	const char *type;
	const char *name;
	struct adl_end *ends;
};

struct adl_export {
	struct adl_export *next;
	const struct token *at;
	struct adl_end *inner;
	const char *name;
};

/* VIRTIO_COMPOSITION_DEF(device, driver) */
struct adl_virtio {
	struct adl_virtio *next;
	const struct token *at;
	const char *device;
	const char *driver;
	const struct token *driver_at;
	const struct adl_instance *device_vm;	/* elaborated; NULL: found by the words above */
	const struct adl_instance *driver_vm;
};

struct adl_setting {
	struct adl_setting *next;
	const struct token *at;
	const struct token *attribute_at;
	const char *instance;		/* or connection; NULL: of the assembly or component itself */
	const char *attribute;
	struct adl_value *value;	/* or: */
	const char *from_instance;	/* <- a.b; NULL: of the enclosing component */
	const char *from_attribute;
	const struct token *from_at;
	const struct adl_instance *target;		/* elaborated; NULL: a connection's */
	bool reported;			/* that it refers to itself */
	bool read;			/* somebody asked for it */
};

/* `composition NAME;`, `configuration NAME;`: what is defined elsewhere under that name. */
struct adl_include {
	struct adl_include *next;
	const struct token *at;
	const char *name;
};

struct adl_composition {
	struct adl_instance *instances, **instances_end;
	struct adl_connection *connections, **connections_end;
	struct adl_export *exports, **exports_end;
	struct adl_virtio *virtio, **virtio_end;
	struct adl_setting *settings, **settings_end;
	struct adl_include *includes, **includes_end;
};

struct adl_component {
	struct adl_component *next;
	const struct token *at;
	const char *name;
	bool builtin;			/* may be defined again by the user's file */
	bool vm;			/* a virtual machine: `VM`, or one with VM_INIT_DEF() */
	bool project;			/* VM_INIT_DEF(): settings as in VM projects of others */
	const char *replaced;		/* a server that nobody needs here, and why; or NULL */
	bool control;
	bool hardware;
	struct adl_header *headers, **headers_end;
	struct adl_interface *interfaces, **interfaces_end;
	struct adl_attribute *attributes, **attributes_end;
	struct index interface_index;
	struct index attribute_index;
	unsigned int interface_count;
	struct adl_composition *composition;	/* compound, or NULL */
};

struct adl_connector_end {
	const char *type;		/* Procedure, Event, Dataport */
	bool many;
	bool hardware;
	int threads;			/* with N threads; -1: not said */
};

struct adl_connector {
	struct adl_connector *next;
	const struct token *at;
	const char *name;
	bool builtin;
	struct adl_connector_end from;
	struct adl_connector_end to;
	struct adl_attribute *attributes, **attributes_end;
};

/*
 * After adl_load the assembly is elaborated: it has no compound components any more, but the instances
 * in them, under names with dots; ends of connections point to interfaces.
 */
struct adl_file {
	struct adl_composition assembly;	/* all assembly blocks as one */
	const struct token *assembly_at;	/* NULL: there is none */
	struct index components;		/* by name */
	struct index connectors;
	struct index procedures;
	struct index structs;
	struct index compositions;		/* named ones outside an assembly */
	struct index instances;			/* elaborated, compounds too, by name */
	struct index connections;
	struct index settings;			/* by instance or connection, and attribute */
};

struct adl_options {
	const char *const *includes;	/* NULL-terminated, may be NULL */
	const char *const *defines;	/* macros, NAME or NAME=VALUE; likewise */
};

/* Parses a file and what it imports. NULL: nothing usable; errors are counted in `d`. */
struct adl_file *adl_load(struct arena *a, struct diagnostics *d, const char *path,
			  const struct adl_options *options);

struct adl_component *adl_component(const struct adl_file *f, const char *name);
struct adl_connector *adl_connector(const struct adl_file *f, const char *name);
struct adl_procedure *adl_procedure(const struct adl_file *f, const char *name);
struct adl_instance *adl_instance(const struct adl_file *f, const char *name);
/* What the configuration says of an instance's or a connection's attribute; marks it as read. */
struct adl_setting *adl_setting(const struct adl_file *f, const char *name, const char *attribute);
const struct adl_attribute *adl_attribute(const struct adl_component *c, const char *name);
const struct adl_interface *adl_interface(const struct adl_component *c, const char *name);
const struct adl_value *adl_key(const struct adl_value *dict, const char *key);
const char *adl_kind_name(enum adl_value_kind kind);

/* Why nobody reads that attribute of a VM here; NULL: no reason is known. */
const char *adl_unread_reason(const char *attribute);
/* The same of a native component. */
const char *adl_unread_native(const char *attribute);

/* Text of the built-in import NAME (`import <NAME>;`), or NULL. */
const char *prelude_import(const char *name);
/* Why nothing of that import is needed here, or NULL. */
const char *prelude_replaces(const char *name);
/* Whether both kinds of component may be at the from end: what they emit is nothing but a name. */
bool prelude_names_hardware(const char *connector);
/* Text of a header for `#include <NAME>`, the n-th one; NULL: no more. */
const char *prelude_header(unsigned int n, const char **name);
/* What precedes every file. */
extern const char prelude_text[];

#endif
