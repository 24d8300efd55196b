/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who can do what in a system, read off its capability distribution and nothing else. A part is an
 * address space with its threads: a guest, a VMM, a server, a component.
 */
#ifndef TOOL_AUDIT_H
#define TOOL_AUDIT_H

#include <stdbool.h>
#include <stdio.h>

#include "../capdl/distribution.h"
#include "../model/platform.h"

enum audit_access {
	AUDIT_READ = 1,
	AUDIT_WRITE = 2,
	AUDIT_EXECUTE = 4,
	AUDIT_SEND = 8,			/* endpoints, notifications */
	AUDIT_RECEIVE = 16,
	AUDIT_CALL = 32,		/* AUDIT_SEND, and an answer comes back */
	AUDIT_HOLD = 64,		/* any other object: a capability is there */
};

#define AUDIT_MEMORY (AUDIT_READ | AUDIT_WRITE | AUDIT_EXECUTE)
#define AUDIT_NO_PART 0xffffffffu

enum audit_kind { AUDIT_RAM, AUDIT_DEVICE, AUDIT_OTHER };

struct audit_part {
	const char *name;
	uint32_t vspace;
	uint32_t domain;		/* lowest part that is tied to this one by control of threads */
	bool guest;			/* a vCPU: it has no IPC buffer */
	unsigned int threads;		/* of a guest: its vCPUs */
	uint32_t dma;			/* a device that may do DMA, or CAPDL_NONE */
};

struct audit {
	struct arena *arena;
	const struct distribution *distribution;
	const struct platform *platform;
	struct audit_part *parts;
	uint32_t num_parts;
	uint32_t num_objects;
	unsigned char *access;		/* [part][object] */
	bool *controls;			/* [part][part] */
};

/* What A does to B by one object (CAPDL_NONE: by control of its threads). */
struct audit_step {
	uint32_t from;
	uint32_t to;
	uint32_t object;
	const char *verb;		/* "writes", "signals", "calls", "answers", "controls" */
};

struct audit *audit_new(struct arena *a, const struct distribution *d, const struct platform *p);
unsigned int audit_access(const struct audit *a, uint32_t part, uint32_t object);
bool audit_controls(const struct audit *a, uint32_t part, uint32_t other);
uint32_t audit_find(const struct audit *a, const char *name);
uint32_t audit_find_object(const struct audit *a, const char *name);
enum audit_kind audit_kind(const struct audit *a, uint32_t object);
/* The virtual CPU interface: the kernel gives each VM its own contents, so nothing passes through it. */
bool audit_banked(const struct audit *a, uint32_t object);
uint64_t audit_size(const struct audit *a, uint32_t object);
const char *audit_name(const struct audit *a, uint32_t object);
/* Parts that fall with `part`: it and what it controls. taken[num_parts] is filled. */
void audit_taken(const struct audit *a, uint32_t part, bool *taken);
/* Parts that receive from an endpoint or a notification. AUDIT_NO_PART ends it. */
uint32_t audit_receiver(const struct audit *a, uint32_t object, uint32_t after);
/* What a part gets of a core while all that compete with it compute. */
struct audit_cpu {
	bool server;			/* whom it serves pays */
	uint32_t weight, weights;	/* its own, of all accounts of its band on that core */
	uint32_t band;			/* accounts of a higher one go first */
};

/* False: the part has no thread on that core. */
bool audit_cpu(const struct audit *a, uint32_t part, uint32_t core, struct audit_cpu *cpu);
/* Whether the interrupt reaches the part. */
bool audit_interrupted(const struct audit *a, uint32_t part, uint32_t irq);

/* Ways of information from domain A to domain B without a third one: the first, and how many. */
unsigned int audit_flow(const struct audit *a, uint32_t from, uint32_t to, struct audit_step *first);
/* Also by way of parts that are not in trusted[] (by domain). The steps in order; 0: no way. */
unsigned int audit_flow_far(const struct audit *a, uint32_t from, uint32_t to, const bool *trusted,
			    struct audit_step **steps);
const char *audit_step_text(const struct audit *a, const struct audit_step *s);

const char *audit_rights(unsigned int access);		/* "rwx", "r--" */
const char *audit_bytes(struct arena *a, uint64_t size);	/* "4K", "192M" */
unsigned int audit_width(const struct audit *a);		/* of the longest object or part name */

struct audit_options {
	const char *taken_over;
	const char *share[2];
	const char *require;
	bool surface;
	bool json;
	bool strict;			/* DMA breaks rules, too */
};

/* Answers what the options ask. 0, 1: a policy is broken, 2: names something that is not there. */
int audit_run(const struct audit *a, const struct audit_options *o, FILE *out);

int audit_report(const struct audit *a, FILE *out);
int audit_taken_over(const struct audit *a, uint32_t part, FILE *out);
int audit_share(const struct audit *a, uint32_t one, uint32_t other, FILE *out);
int audit_surface(const struct audit *a, bool json, FILE *out);
int audit_require(const struct audit *a, const struct audit_options *o, FILE *out);

int audit_json_report(const struct audit *a, FILE *out);
int audit_json_taken_over(const struct audit *a, uint32_t part, FILE *out);
int audit_json_share(const struct audit *a, uint32_t one, uint32_t other, FILE *out);
void audit_json_string(FILE *out, const char *text);

#endif
