/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What `peervisor run` has to know of an image: a text of a few lines at the end of the file, behind
 * everything that the loader looks at. Then its length (8 bytes, little-endian) and a magic word.
 */
#ifndef TOOL_MANIFEST_H
#define TOOL_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "../adl/arena.h"

#define MANIFEST_MAGIC "PVRUN01\n"
#define MANIFEST_LIMIT 65536

struct model;

struct manifest_vm {
	struct manifest_vm *next;
	char name[64];
	bool console;
	bool off;
};

struct manifest_disk {
	struct manifest_disk *next;
	char name[64];
	unsigned int bus;
	const char *file;	/* default, or NULL */
};

struct manifest_net {
	struct manifest_net *next;
	unsigned int bus;
};

struct manifest {
	unsigned long long memory;	/* MiB */
	unsigned int cores;
	const char *machine;		/* platform, or NULL */
	struct manifest_vm *vms;
	struct manifest_disk *disks;
	struct manifest_net *nets;
	const char *first_console;
};

/* Text with trailer. */
char *manifest_write(struct arena *a, const struct model *m, size_t *length);
/* NULL: said why. */
struct manifest *manifest_read(struct arena *a, const char *image);

#endif
