/* SPDX-License-Identifier: BSD-2-Clause */
/* VIRTIO_COMPOSITION_DEF: who serves whom. */
#include <string.h>

#include "model.h"

#define REQUEST_TIMEOUT 10000	/* ms */
#define LINKS_MAX 15	/* PCI segments of a driver VM; the last one is its own host's */

/* `storage` means vm_storage, `0` the older vm0; both or none is an error. */
static struct model_vm *find_word(struct model *m, const char *word, const struct token *at)
{
	const char *with = arena_format(m->arena, "vm_%s", word);
	const char *without = arena_format(m->arena, "vm%s", word);
	struct model_vm *a = model_find_vm(m, with), *b = model_find_vm(m, without);

	if (a && b)
		diagnostic_error(m->diagnostics, at, "'%s' could be %s or %s; rename one of them",
				 word, with, without);
	else if (!a && !b)
		diagnostic_error(m->diagnostics, at,
				 "'%s' is no VM: there is neither %s nor %s; add "
				 "`component VM %s;`",
				 word, with, without, with);
	return a && b ? NULL : a ? a : b;
}

static void add_link(struct model *m, struct model_link ***end, const struct adl_virtio *v)
{
	struct model_link *l = ARENA_NEW(m->arena, struct model_link), *other;

	l->at = v->at;
	l->device = v->device_vm ? model_find_vm(m, v->device_vm->name)
				 : find_word(m, v->device, v->at);
	l->driver = v->driver_vm ? model_find_vm(m, v->driver_vm->name)
				 : find_word(m, v->driver, v->driver_at);
	if (!l->device || !l->driver)
		return;
	if (l->device == l->driver) {
		diagnostic_error(m->diagnostics, v->at, "%s cannot serve itself; name two VMs",
				 l->device->name);
		return;
	}
	for (other = m->links; other; other = other->next)
		if (other->device == l->device && other->driver == l->driver) {
			diagnostic_error(m->diagnostics, v->at,
					 "%s serves %s already (line %u); remove one",
					 l->device->name, l->driver->name, other->at->line);
			return;
		}
	l->device_index = l->device->served++;
	l->driver_index = l->driver->links++;
	if (l->driver->links > LINKS_MAX || l->device->served > LINKS_MAX - 1)
		diagnostic_error(m->diagnostics, v->at,
				 "too many connections of one VM; at most %d as driver, "
				 "%d as device",
				 LINKS_MAX, LINKS_MAX - 1);
	**end = l;
	*end = &l->next;
}

static const struct model_link *link_of(const struct model *m, const struct model_vm *device,
					const char *driver)
{
	const struct model_link *l;

	for (l = m->links; l; l = l->next)
		if (l->device == device && model_vm_is_called(l->driver, driver))
			return l;
	return NULL;
}

/*
 * The device VM's init learns from its command line what to serve:
 * peervisor.serve=TARGET:TYPE[:KEY=VALUE]..., one per device. Words with a blank or a colon in them
 * have no place there.
 */
static void tell_device_vm(struct model *m, struct model_vm *vm, const struct adl_value *device,
			   const struct model_vm *driver, const char *type)
{
	char *text = arena_format(m->arena, "%s%speervisor.serve=%s:%s", vm->cmdline,
				  *vm->cmdline ? " " : "", driver->name, type);
	const struct adl_value *v;

	if (strlen(vm->cmdline) >= MODEL_CMDLINE)
		return;		/* said already */
	for (v = device->items; v; v = v->next) {
		if (!v->key || strcmp(v->key, "type") == 0 || strcmp(v->key, "target") == 0)
			continue;
		if (v->kind == VALUE_STRING && strpbrk(v->string, " :\t\n"))
			diagnostic_error(m->diagnostics, v->at,
					 "\"%s\" has a blank or a colon; it becomes "
					 "part of the device VM's command line",
					 v->string);
		else if (v->kind == VALUE_STRING)
			text = arena_format(m->arena, "%s:%s=%s", text, v->key, v->string);
		else if (v->kind == VALUE_INTEGER)
			text = arena_format(m->arena, "%s:%s=%lld", text, v->key,
					    (long long)v->integer);
	}
	vm->cmdline = text;
	if (strlen(text) >= MODEL_CMDLINE)
		diagnostic_error(m->diagnostics, device->at,
				 "the command line of %s, which says what it serves, gets longer "
				 "than %d letters; serve less or shorten names",
				 vm->name, MODEL_CMDLINE - 1);
}

/* What a device VM says it serves must go to a VM that it is connected to. */
static void check_served(struct model *m, struct model_vm *vm)
{
	static const char *const known[] = { "blk", "net", "console", "gpu", "9p", "rng", "balloon",
		"input", "vsock", "serial", "scsi", "fs" };
	const struct adl_value *v, *type, *target;
	const struct model_link *link;
	size_t i;

	for (v = vm->serves ? vm->serves->items : NULL; v; v = v->next) {
		type = adl_key(v, "type");
		target = adl_key(v, "target");
		if (!type || type->kind != VALUE_STRING || !target ||
		    target->kind != VALUE_STRING) {
			diagnostic_error(m->diagnostics, v->at,
					 "vm_virtio_devices takes { type: \"blk\", "
					 "target: \"VM\", ... }; add type and target");
			continue;
		}
		for (i = 0; i < sizeof(known) / sizeof(*known); i++)
			if (strcmp(known[i], type->string) == 0)
				break;
		if (i == sizeof(known) / sizeof(*known))
			diagnostic_error(m->diagnostics, type->at,
					 "virtio type \"%s\" is not known; one of blk, "
					 "net, console, gpu, 9p, rng, balloon, input, vsock",
					 type->string);
		link = link_of(m, vm, target->string);
		if (link)
			tell_device_vm(m, vm, v, link->driver, type->string);
		else
			diagnostic_error(m->diagnostics, target->at,
					 "%s does not serve \"%s\"; add "
					 "VIRTIO_COMPOSITION_DEF for the two",
					 vm->name, target->string);
	}
}

static void check_expected(struct model *m, const struct model_vm *vm)
{
	const struct adl_value *v, *backend;
	const struct model_link *l;
	bool found;

	for (v = vm->expects ? vm->expects->items : NULL; v; v = v->next) {
		backend = adl_key(v, "backend");
		if (!backend || backend->kind != VALUE_STRING)
			continue;
		found = false;
		for (l = m->links; l; l = l->next)
			found |= l->driver == vm && model_vm_is_called(l->device, backend->string);
		if (!found)
			diagnostic_error(m->diagnostics, backend->at,
					 "\"%s\" does not serve %s; add "
					 "VIRTIO_COMPOSITION_DEF for the two",
					 backend->string, vm->name);
	}
}

const struct adl_value *link_key(struct model *m, const struct model_link *l, const char *key,
				 const char *older)
{
	const struct adl_value *v, *found = NULL, *value;

	for (v = l->driver->expects ? l->driver->expects->items : NULL; v; v = v->next) {
		value = adl_key(v, "backend");
		if (!value || value->kind != VALUE_STRING ||
		    !model_vm_is_called(l->device, value->string))
			continue;
		value = adl_key(v, key);
		if (!value && older)
			value = adl_key(v, older);
		if (value && found)
			diagnostic_error(m->diagnostics, value->at,
					 "%s of the connection to %s is set already (line %u); it is "
					 "one for all its devices",
					 key, l->device->name, found->at->line);
		else if (value)
			found = value;
	}
	return found;
}

/* The key of the connection, else the attribute of the driver VM. */
static void read_request_timeout(struct model *m, struct model_link *l)
{
	const struct adl_value *v = link_key(m, l, "request_timeout", NULL);

	l->request_timeout = REQUEST_TIMEOUT;
	setting_number(m, l->driver->instance, "request_timeout", &l->request_timeout);
	if (!v)
		return;
	if (v->kind == VALUE_INTEGER && v->integer >= 0)
		l->request_timeout = (uint64_t)v->integer;
	else
		diagnostic_error(m->diagnostics, v->at,
				 "'request_timeout' is not a number of ms; write one from 0 "
				 "(0 waits for ever)");
}

enum { VISIT_NEW, VISIT_OPEN, VISIT_DONE };

/*
 * A driver VM starts when its backends have; a circle of VMs that all wait never does. True if one
 * was found. The graph has at most a few hundred VMs, so that recursion is bounded by that.
 */
static bool find_cycle(struct model *m, struct model_vm *vm)
{
	const struct model_link *l;

	vm->visit = VISIT_OPEN;
	for (l = m->links; l && !vm->start_timeout; l = l->next) {
		if (l->driver != vm || l->device->visit == VISIT_DONE)
			continue;
		if (l->device->visit == VISIT_OPEN && !l->device->start_timeout) {
			diagnostic_error(m->diagnostics, l->at,
					 "%s and %s wait for each other and never start; "
					 "set start_timeout of one (ms to wait for its backends)",
					 l->device->name, vm->name);
			return true;
		}
		if (l->device->visit == VISIT_NEW && find_cycle(m, l->device))
			return true;
	}
	vm->visit = VISIT_DONE;
	return false;
}

void model_connect_vms(struct model *m)
{
	const struct adl_virtio *v;
	struct model_link **end = &m->links, *l;
	struct model_vm *vm;

	for (v = m->file->assembly.virtio; v; v = v->next)
		add_link(m, &end, v);
	model_windows(m);
	for (l = m->links; l; l = l->next)
		read_request_timeout(m, l);
	for (vm = m->vms; vm; vm = vm->next) {
		check_served(m, vm);
		check_expected(m, vm);
		if (vm->visit == VISIT_NEW && find_cycle(m, vm))
			return;
	}
}
