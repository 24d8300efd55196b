/* SPDX-License-Identifier: BSD-2-Clause */
#include "manifest.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../model/model.h"

static const char *console_of(const struct model *m)
{
	const struct model_vm *vm;

	for (vm = m->vms; vm; vm = vm->next)	/* the VM that others work for */
		if (vm->console && vm->links && !vm->served)
			return vm->name;
	for (vm = m->vms; vm; vm = vm->next)
		if (vm->console)
			return vm->name;
	return NULL;
}

char *manifest_write(struct arena *a, const struct model *m, size_t *length)
{
	const struct model_machine_device *d;
	const struct model_vm *vm;
	const char *first = console_of(m);
	char *text;
	uint64_t n;
	unsigned int i;

	text = arena_format(a, "memory %llu\nmachine %s\ncores %u\n", 1024ull, m->platform->name,
			    m->several_cores ? MODEL_CORES : 1u);
	for (vm = m->vms; vm; vm = vm->next) {
		text = arena_format(a, "%svm %s %s\n", text, vm->name,
				    vm->console ? "console" : "none");
		for (d = vm->machine_devices; d; d = d->next)
			if (strcmp(d->type, "virtio-blk") == 0)
				text = arena_format(a, "%sdisk %s %u %s\n", text, d->name, d->bus,
						    d->file ? d->file : "");
			else
				text = arena_format(a, "%snet %u\n", text, d->bus);
	}
	if (first)
		text = arena_format(a, "%sshow %s\n", text, first);
	n = strlen(text);
	*length = n + 16;
	text = memcpy(arena_alloc(a, n + 17), text, n);
	for (i = 0; i < 8; i++)
		text[n + i] = (char)(n >> (8 * i));
	memcpy(text + n + 8, MANIFEST_MAGIC, 8);
	return text;
}

static void read_line(struct arena *a, struct manifest *m, char *line)
{
	struct manifest_vm *vm, **vms = &m->vms;
	struct manifest_disk *d, **disks = &m->disks;
	struct manifest_net *net, **nets = &m->nets;
	char name[64], word[64];
	unsigned int bus;
	int used = 0;

	if (sscanf(line, "memory %llu", &m->memory) == 1 || sscanf(line, "cores %u", &m->cores) == 1)
		return;
	if (sscanf(line, "machine %63s", name) == 1) {
		m->machine = arena_copy(a, name, strlen(name));
	} else if (sscanf(line, "show %63s", name) == 1) {
		m->first_console = arena_copy(a, name, strlen(name));
	} else if (sscanf(line, "vm %63s %63s", name, word) == 2) {
		vm = ARENA_NEW(a, struct manifest_vm);
		memcpy(vm->name, name, sizeof(name));
		vm->console = strcmp(word, "console") == 0;
		while (*vms)
			vms = &(*vms)->next;
		*vms = vm;
	} else if (sscanf(line, "disk %63s %u %n", name, &bus, &used) == 2 && bus < 32) {
		d = ARENA_NEW(a, struct manifest_disk);
		memcpy(d->name, name, sizeof(name));
		d->bus = bus;
		d->file = line[used] ? arena_copy(a, line + used, strlen(line + used)) : NULL;
		while (*disks)
			disks = &(*disks)->next;
		*disks = d;
	} else if (sscanf(line, "net %u", &bus) == 1 && bus < 32) {
		net = ARENA_NEW(a, struct manifest_net);
		net->bus = bus;
		while (*nets)
			nets = &(*nets)->next;
		*nets = net;
	}
}

static char *read_text(struct arena *a, FILE *f)
{
	unsigned char trailer[16];
	uint64_t n = 0;
	unsigned int i;
	char *text;

	if (fseek(f, -16, SEEK_END) < 0 || fread(trailer, 16, 1, f) != 1 ||
	    memcmp(trailer + 8, MANIFEST_MAGIC, 8) != 0)
		return NULL;
	for (i = 0; i < 8; i++)
		n |= (uint64_t)trailer[i] << (8 * i);
	if (n > MANIFEST_LIMIT || fseek(f, -16 - (long)n, SEEK_END) < 0)
		return NULL;
	text = arena_alloc(a, n + 1);
	return n == 0 || fread(text, n, 1, f) == 1 ? text : NULL;
}

struct manifest *manifest_read(struct arena *a, const char *image)
{
	struct manifest *m = ARENA_NEW(a, struct manifest);
	FILE *f = fopen(image, "rb");
	char *text, *line, *save = NULL;

	if (!f) {
		fprintf(stderr, "peervisor: image %s: %s; make it with `peervisor build`\n", image,
			strerror(errno));
		return NULL;
	}
	text = read_text(a, f);
	fclose(f);
	if (!text) {
		fprintf(stderr,
			"peervisor: %s is no image of `peervisor build`, or it is cut off; build "
			"it "
			"again\n",
			image);
		return NULL;
	}
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		read_line(a, m, line);
	if (m->machine && strcmp(m->machine, "qemu-arm-virt") != 0) {
		fprintf(stderr,
			"peervisor: %s is for %s; only images for qemu-arm-virt can be run here, put this "
			"one onto the machine\n",
			image, m->machine);
		return NULL;
	}
	if (m->memory < 64 || m->memory > 1u << 20)
		m->memory = 1024;
	if (m->cores < 1 || m->cores > MODEL_CORES)
		m->cores = 1;
	return m;
}
