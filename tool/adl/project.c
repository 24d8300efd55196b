/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VM projects of others: their dictionaries become this platform's attributes; what it has no use for is
 * said with the reason.
 */
#include <stdlib.h>
#include <string.h>

#include "elaborate.h"

/* How a key of one of their dictionaries becomes an attribute. */
struct key_rule {
	const char *key;
	const char *attribute;		/* NULL: not used, for the reason */
	const char *reason;
};

static const char placed[] = "the tool decides where it lies";
static const char consoles[] = "the attribute `console` and `cmdline` say it";
static const char tree[] = "the device tree is generated, or named by the attribute `dtb`";

/* Older projects write linux_ in front of some: that is taken off first. */
static const struct key_rule key_rules[] = {
	{ "ram_base", "ram_base", NULL },
	{ "ram_size", "ram_size", NULL },
	{ "name", "kernel", NULL },
	{ "kernel_name", "kernel", NULL },
	{ "initrd_name", "initrd", NULL },
	{ "bootcmdline", "cmdline", NULL },
	{ "kernel_bootcmdline", "cmdline", NULL },
	{ "map_one_to_one", "ram_identity", NULL },
	{ "ram_paddr_base", NULL, placed },
	{ "ram_offset", NULL, placed },
	{ "kernel_entry_addr", NULL, placed },
	{ "dtb_addr", NULL, placed },
	{ "initrd_addr", NULL, placed },
	{ "initrd_max_size", NULL, placed },
	{ "stdout", NULL, consoles },
	{ "kernel_stdout", NULL, consoles },
	{ "dtb_name", NULL, tree },
	{ "dtb_base_name", NULL, tree },
	{ "provide_dtb", NULL, tree },
	{ "generate_dtb", NULL, tree },
	{ "provide_initrd", NULL, "`initrd = \"\"` leaves it out" },
	{ "clean_cache", NULL, "the monitor does it where it is needed" },
};

static const struct key_rule *rule_of(const char *key)
{
	size_t i;

	if (strncmp(key, "linux_", 6) == 0)
		key += 6;
	for (i = 0; i < sizeof(key_rules) / sizeof(*key_rules); i++)
		if (strcmp(key_rules[i].key, key) == 0)
			return &key_rules[i];
	return NULL;
}

/* As if the file had `instance.attribute = value;`. A real one of that name goes before it. */
static void set(struct elaboration *e, const struct adl_instance *i, const char *attribute,
		struct adl_value *value)
{
	struct adl_setting *s;

	if (index_find(&e->file->settings, i->name, attribute))
		return;
	s = ARENA_NEW(e->arena, struct adl_setting);
	s->at = s->attribute_at = value->at;
	s->instance = i->name;
	s->attribute = attribute;
	s->value = value;
	s->target = i;
	index_put(e->arena, &e->file->settings, i->name, attribute, s);
	APPEND(e->out.settings, s);
}

static const struct adl_value *key_of(const struct adl_value *dict, const char *key)
{
	char older[64] = "linux_";
	const struct adl_value *v = adl_key(dict, key);

	return v ? v : adl_key(dict, strncat(older, key, sizeof(older) - 7));
}

static bool same_number(const struct adl_value *a, const struct adl_value *b)
{
	uint64_t x, y;

	if (!a || !b || a->kind != b->kind)
		return false;
	if (a->kind != VALUE_STRING)
		return a->kind == VALUE_INTEGER && a->integer == b->integer;
	x = strtoull(a->string, NULL, 0);
	y = strtoull(b->string, NULL, 0);
	return x == y;
}

static struct adl_value *replaced(struct elaboration *e, enum adl_value_kind kind,
				  const struct adl_value *by)
{
	struct adl_value *v = ARENA_NEW(e->arena, struct adl_value);

	v->kind = kind;
	v->at = by->at;
	v->string = "";
	v->integer = 1;
	return v;
}

static void translate_key(struct elaboration *e, const struct adl_instance *i,
			  struct adl_value *dict, struct adl_value *v, bool identity)
{
	const struct key_rule *rule = rule_of(v->key);

	if (strcmp(v->key, "provide_initrd") == 0 && v->kind == VALUE_BOOLEAN && !v->integer)
		set(e, i, "initrd", replaced(e, VALUE_STRING, v));
	else if (rule && rule->attribute && strcmp(rule->attribute, "initrd") == 0 &&
		 adl_key(dict, "provide_initrd") && !adl_key(dict, "provide_initrd")->integer)
		return;
	else if (identity && rule && rule->attribute && strcmp(rule->attribute, "ram_base") == 0)
		set(e, i, "ram_identity", replaced(e, VALUE_BOOLEAN, v));
	else if (rule && rule->attribute)
		set(e, i, rule->attribute, v);
	else
		diagnostic_warning(e->diagnostics, v->at, "nobody reads '%s' of %s: %s", v->key,
				   i->name, rule ? rule->reason : "it is not known here; remove it");
}

/* Memory at equal addresses inside and outside is asked for so that devices can reach it. */
static void translate(struct elaboration *e, const struct adl_setting *s)
{
	bool identity = same_number(key_of(s->value, "ram_base"),
				    key_of(s->value, "ram_paddr_base"));
	struct adl_value *v;

	for (v = s->value->items; v; v = v->next)
		translate_key(e, s->target, s->value, v, identity);
}

void elaborate_projects(struct elaboration *e)
{
	static const char *const dictionaries[] = { "linux_address_config", "linux_image_config",
		"vm_address_config", "vm_image_config" };
	struct adl_setting *s;
	size_t i;

	for (s = e->out.settings; s; s = s->next) {
		if (!s->target || !s->target->component->project || !s->value ||
		    s->value->kind != VALUE_DICT)
			continue;
		for (i = 0; i < sizeof(dictionaries) / sizeof(*dictionaries); i++)
			if (strcmp(s->attribute, dictionaries[i]) == 0) {
				s->read = true;
				translate(e, s);
			}
	}
}

struct unread {
	const char *part;
	const char *reason;
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

const char *adl_unread_reason(const char *attribute)
{
	static const struct unread table[] = {
		{ "cnode_size_bits", "the tool sizes CNodes itself" },
		{ "simple", "the tool gives a VM exactly the memory that it needs" },
		{ "asid_pool", "the root task keeps the ASID pool" },
		{ "num_extra_frame_caps", "the tool makes the capabilities that are needed" },
		{ "extra_frame_map_address", "the tool decides where it lies" },
		{ "base_prio", "the attribute `priority` sets it" },
		{ "serial_", "every VM has a console of its own" },
		{ "fs_", "guest files are part of the image" },
		{ "global_", "endpoints are made as they are needed" },
		{ "sem_value", "nothing waits on it" },
		{ "allow_smc", "a guest reaches no firmware" },
		{ "allowed_smc", "a guest reaches no firmware" },
		{ "keep_devices", "`dtb_nodes` says which devices it has" },
		{ "plat_keep_devices", "`dtb_nodes` says which devices it has" },
		{ "mmios", "`dtb_nodes` and `untyped_mmios` say which devices it has" },
		{ "dtb_irqs", "interrupts come with `dtb_nodes`, or by `irqs`" },
		{ "vswitch_", "`vm_virtio_devices` says what it serves" },
	};
	static const struct unread ends[] = {
		{ "_id", "only VIRTIO_COMPOSITION_DEF connects a VM" },
		{ "_shmem_size", "only VIRTIO_COMPOSITION_DEF connects a VM" },
		{ "_size", "only VIRTIO_COMPOSITION_DEF connects a VM" },
		{ "_hardware_cached", "memory that VMs share is always cached" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strncmp(attribute, table[i].part, strlen(table[i].part)) == 0)
			return table[i].reason;
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(attribute, ends[i].part))
			return ends[i].reason;
	return NULL;
}

/* By how the name ends: most are INTERFACE_WORD. */
const char *adl_unread_native(const char *attribute)
{
	static const struct unread table[] = {
		{ "_period", "the kernel shares a core by priority and time slices, not by budgets" },
		{ "_budget", "the kernel shares a core by priority and time slices, not by budgets" },
		{ "_passive", "each interface that is served has a thread of its own" },
		{ "dma_pool", "no device that does DMA is driven by a native component" },
		{ "dma_pool_cache", "no device that does DMA is driven by a native component" },
		{ "integrity_label", "`peervisor audit` says who reaches whom" },
		{ "cnode_size_bits", "the tool sizes CNodes itself" },
		{ "simple", "a component has what its connections give it, and nothing else" },
		{ "_shmem_size", "the connector that shares it is not in this version" },
		{ "_id", "the connector that numbers it is not in this version" },
		{ "_global_endpoint", "endpoints are made as they are needed" },
		{ "environment", "the C library is the one of the SDK" },
		{ "debug", "there is no debugger in a component" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (ends_with(attribute, table[i].part))
			return table[i].reason;
	return NULL;
}
