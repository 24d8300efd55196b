/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of its driver VM a backend sees: all RAM, or a window for this connection alone through which
 * the driver VM's kernel bounces all DMA of the connection's devices.
 */
#include <stdio.h>
#include <string.h>

#include "model.h"

#define WINDOW_SIZE	(16ull << 20)
#define WINDOW_MAX	(1ull << 30)
#define FEATURE		"CONFIG_DMA_RESTRICTED_POOL=y"

enum kernel_feature { FEATURE_UNKNOWN, FEATURE_OFF, FEATURE_ON };

/* A kernel's configuration lies beside it, as NAME.config. */
static enum kernel_feature kernel_confines(struct model *m, const struct model_vm *vm)
{
	enum kernel_feature found = FEATURE_OFF;
	char line[256];
	FILE *f;

	f = fopen(arena_format(m->arena, "%s.config", vm->kernel->path), "re");
	if (!f)
		return FEATURE_UNKNOWN;
	while (found == FEATURE_OFF && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, FEATURE) == 0)
			found = FEATURE_ON;
	}
	fclose(f);
	return found;
}

static bool read_size(struct model *m, const struct adl_value *v, const char *key, uint64_t *to)
{
	if (v->kind == VALUE_INTEGER && v->integer >= 0) {
		*to = (uint64_t)v->integer;
		return true;
	}
	if (v->kind == VALUE_STRING && setting_parse_size(v->string, to))
		return true;
	diagnostic_error(m->diagnostics, v->at,
			 "'%s' is not a size; write a number from 0, or a text like \"64M\" or "
			 "\"0x40000000\"",
			 key);
	return false;
}

/* The key of this backend, else the attribute of the driver VM. Sets l->at_window to what said it. */
static bool window_number(struct model *m, struct model_link *l, const char *name, const char *older,
			  uint64_t *to)
{
	const struct adl_value *v = link_key(m, l, name, older);
	const struct adl_value *of_vm = setting_value(m, l->driver->instance, name);

	if (!v && !of_vm)
		return false;
	l->window_at = v ? v->at : of_vm->at;
	return v ? read_size(m, v, name, to) : setting_number(m, l->driver->instance, name, to);
}

static void read_window(struct model *m, struct model_link *l)
{
	uint64_t base;

	l->window_at = l->driver->instance->at;
	l->window_size = WINDOW_SIZE;
	window_number(m, l, "swiotlb_size", "data_size", &l->window_size);
	if (l->window_size < MODEL_LARGE || l->window_size > WINDOW_MAX ||
	    l->window_size % MODEL_LARGE)
		diagnostic_error(m->diagnostics, l->window_at,
				 "swiotlb_size is %llu KiB; it must be a multiple of 2 MiB up to 1 "
				 "GiB",
				 (unsigned long long)(l->window_size >> 10));
	if (!window_number(m, l, "swiotlb_base", "data_base", &base))
		return;
	l->window_given = base;
	if (l->driver->identity)
		diagnostic_error(m->diagnostics, l->window_at,
				 "swiotlb_base and ram_identity = true exclude each other; remove "
				 "swiotlb_base");
	else if (base % MODEL_LARGE || base < 0x40000000 || base > 1ull << 36)
		diagnostic_error(m->diagnostics, l->window_at,
				 "swiotlb_base is 0x%llx; it must be 2 MiB aligned, from 0x40000000 on "
				 "(devices are below)",
				 (unsigned long long)base);
}

/* Nobody said it: a window if the kernel can have one; all of RAM only if somebody says so. */
static void choose(struct model *m, struct model_link *l)
{
	const struct model_vm *vm = l->driver;
	enum kernel_feature feature;

	if (!vm->kernel)
		return;		/* said already that it is not there */
	feature = kernel_confines(m, vm);
	l->confined = feature == FEATURE_ON;
	if (l->confined)
		return;
	diagnostic_error(m->diagnostics, vm->instance->at,
			 feature == FEATURE_OFF ?
				 "the kernel of %s cannot confine DMA to a window "
				 "(CONFIG_DMA_RESTRICTED_POOL is off); take kernel \"linux-window\" "
				 "(`guests/window` makes it), or set %s.sharing = \"ram\" to let its "
				 "backends reach all of its memory" :
				 "nothing says whether the kernel of %s can confine DMA to a window "
				 "(no .config beside it); set %s.sharing = \"swiotlb\" if it can, "
				 "\"ram\" to let its backends reach all of its memory",
			 vm->name, vm->instance->name);
}

static void read_sharing(struct model *m, struct model_link *l)
{
	const struct adl_value *v = link_key(m, l, "sharing", NULL);
	const char *sharing = l->driver->sharing;
	const struct token *at = l->driver->sharing_at;

	if (v && v->kind == VALUE_STRING) {
		sharing = v->string;
		at = v->at;
	}
	if (!sharing) {
		choose(m, l);
		return;
	}
	l->confined = strcmp(sharing, "swiotlb") == 0;
	if (!l->confined && strcmp(sharing, "ram") != 0)
		diagnostic_error(m->diagnostics, at,
				 "sharing \"%s\" is not known; write \"swiotlb\" (a window) or \"ram\" "
				 "(all memory)",
				 sharing);
	else if (l->confined && l->driver->kernel &&
		 kernel_confines(m, l->driver) == FEATURE_OFF)
		diagnostic_error(m->diagnostics, at,
				 "the kernel of %s cannot confine DMA to a window "
				 "(CONFIG_DMA_RESTRICTED_POOL is off); take kernel \"linux-window\" "
				 "(`guests/window` makes it), or set sharing to \"ram\"",
				 l->driver->name);
}

static bool said_before(const struct model *m, const struct model_link *l)
{
	const struct model_link *o;

	for (o = m->links; o != l; o = o->next)
		if (o->driver == l->driver)
			return true;
	return false;
}

void model_windows(struct model *m)
{
	struct model_link *l;

	for (l = m->links; l; l = l->next) {
		/* One message for a VM, not one for each of its backends. */
		if (m->diagnostics->errors && said_before(m, l))
			continue;
		read_sharing(m, l);
		if (l->confined)
			read_window(m, l);
	}
}

uint64_t link_shared_size(const struct model_link *l)
{
	return l->confined ? l->window_size : l->driver->ram_size;
}

uint64_t link_shared_paddr(const struct model_link *l)
{
	return l->confined ? l->window_paddr : l->driver->ram_paddr;
}

uint64_t link_shared_base(const struct model_link *l)
{
	return l->confined ? l->window_base : l->driver->ram_base;
}
