/* SPDX-License-Identifier: BSD-2-Clause */
/* From the parsed assembly to the model: VMs, their links, native components, checks. */
#include "model.h"
#include "query.h"

#include <string.h>

#define VMS_MAX 64

struct model_vm *model_find_vm(const struct model *m, const char *instance)
{
	struct model_vm *vm;

	for (vm = m->vms; vm; vm = vm->next)
		if (strcmp(vm->instance->name, instance) == 0)
			return vm;
	return NULL;
}

bool model_vm_is_called(const struct model_vm *vm, const char *name)
{
	const char *instance = vm->instance->name;

	return strcmp(instance, name) == 0 || strcmp(vm->name, name) == 0 ||
	       (strncmp(instance, "vm_", 3) == 0 && strcmp(instance + 3, name) == 0);
}

static void add_vms(struct model *m)
{
	const struct adl_instance *i;
	struct model_vm **end = &m->vms, *vm, *other;

	for (i = m->file->assembly.instances; i; i = i->next) {
		if (!i->component->vm)
			continue;
		vm = ARENA_NEW(m->arena, struct model_vm);
		vm->instance = i;
		vm->id = m->vm_count++;
		*end = vm;
		end = &vm->next;
		model_vm(m, vm);
		for (other = m->vms; other != vm; other = other->next)
			if (strcmp(other->name, vm->name) == 0 || other->id == vm->id)
				diagnostic_error(m->diagnostics, i->at,
						 "%s has the name or vm_id of %s; change one",
						 vm->instance->name, other->instance->name);
	}
	if (m->vm_count > VMS_MAX)
		diagnostic_plain(m->diagnostics, "%u VMs; at most %d", m->vm_count, VMS_MAX);
}

struct model *model_build(struct arena *a, struct diagnostics *d, const struct adl_file *file,
			  struct platform *platform, const struct model_options *options)
{
	struct model *m = ARENA_NEW(a, struct model);
	const char *slash = strrchr(options->assembly, '/');

	m->arena = a;
	m->diagnostics = d;
	m->platform = platform;
	m->file = file;
	m->guests = options->guests;
	m->folder =
		slash ? arena_copy(a, options->assembly, (size_t)(slash - options->assembly)) : ".";
	query_resolve(m);
	add_vms(m);
	model_connect_vms(m);
	model_native(m);
	setting_check(m);
	if (d->errors)
		return NULL;
	model_check_devices(m);
	return d->errors ? NULL : m;
}
