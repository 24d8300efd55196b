/* SPDX-License-Identifier: BSD-2-Clause */
/* One VM: its attributes, checked. */
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "model.h"

#define RANGES_MAX	128
#define IRQS_MAX	56	/* of 60 badge bits; consoles and the timer need some */
#define ARM64_IMAGE_MAGIC                                                                          \
	0x644d5241u /* "ARM\x64" at 56, Linux Documentation/arch/arm64/booting.rst */

static const struct token *at_of(const struct model *m, const struct model_vm *vm, const char *name)
{
	const struct adl_value *v = setting_value(m, vm->instance, name);

	/* A default lies in built-in text; then the instance is what the user can look at. */
	return v && v->at->file[0] != '<' ? v->at : vm->instance->at;
}

static void check_kernel(struct model *m, const struct model_vm *vm, const struct token *at)
{
	const unsigned char *d = vm->kernel->data;
	uint32_t magic = 0;

	if (vm->kernel->size >= 64)
		memcpy(&magic, d + 56, sizeof(magic));
	if (magic == ARM64_IMAGE_MAGIC)
		return;
	if (vm->kernel->size > 2 && d[0] == 0x1f && d[1] == 0x8b)
		diagnostic_error(m->diagnostics, at,
				 "guest kernel %s is compressed by gzip; unpack it to "
				 "an arm64 Image",
				 vm->kernel->path);
	else
		diagnostic_error(m->diagnostics, at,
				 "guest kernel %s is no arm64 Image (the magic number "
				 "is missing); give an unpacked arm64 Image",
				 vm->kernel->path);
}

static void read_files(struct model *m, struct model_vm *vm)
{
	const char *kernel = setting_string(m, vm->instance, "kernel");
	const char *initrd = setting_string(m, vm->instance, "initrd");
	const struct adl_value *query = setting_value(m, vm->instance, "dtb");
	const char *dtb = adl_key(query, "query") ? NULL : setting_string(m, vm->instance, "dtb");
	const char *dot = strrchr(vm->instance->name, '.');
	const char *stem = dot ? dot + 1 : vm->instance->name;

	if (kernel)
		vm->kernel = model_blob(m, kernel, at_of(m, vm, "kernel"), false);
	if (vm->kernel)
		check_kernel(m, vm, at_of(m, vm, "kernel"));
	if (initrd && *initrd) {
		vm->initrd = model_blob(m, initrd, at_of(m, vm, "initrd"), false);
	} else if (!initrd) {	/* vm_storage: storage.cpio if there is one, else the plain shell */
		stem = strncmp(stem, "vm_", 3) == 0 ? stem + 3 : stem;
		vm->initrd = model_blob(m, arena_format(m->arena, "%s.cpio", stem),
					vm->instance->at, true);
		if (!vm->initrd)
			vm->initrd = model_blob(m, "minimal.cpio", vm->instance->at, true);
		if (!vm->initrd)
			diagnostic_error(m->diagnostics, vm->instance->at,
					 "%s has no file system to start from: neither %s.cpio nor "
					 "minimal.cpio is in %s or %s; `make build` makes them, or "
					 "set %s.initrd (\"\": none)",
					 vm->name, stem, m->guests, m->folder, vm->instance->name);
	}
	if (dtb && *dtb)
		vm->dtb = model_blob(m, dtb, at_of(m, vm, "dtb"), false);
	if (vm->dtb && fdt_check_full(vm->dtb->data, vm->dtb->size) != 0)
		diagnostic_error(m->diagnostics, at_of(m, vm, "dtb"),
				 "%s is no flattened device tree; "
				 "compile it with dtc",
				 vm->dtb->path);
}

static void read_memory(struct model *m, struct model_vm *vm)
{
	vm->ram_size = 256u << 20;
	setting_number(m, vm->instance, "ram_size", &vm->ram_size);
	vm->identity = setting_boolean(m, vm->instance, "ram_identity");
	vm->ram_base = 0x40000000;
	vm->ram_base_given = setting_number(m, vm->instance, "ram_base", &vm->ram_base);
	if (vm->ram_size < 32 * MODEL_LARGE / 2 || vm->ram_size % MODEL_LARGE ||
	    vm->ram_size > 1ull << 36)
		diagnostic_error(m->diagnostics, at_of(m, vm, "ram_size"),
				 "ram_size is %llu KiB; it must be "
				 "a multiple of 2 MiB from 32 MiB to 64 GiB",
				 (unsigned long long)(vm->ram_size >> 10));
	if (vm->ram_base % MODEL_LARGE || vm->ram_base < 0x40000000 || vm->ram_base > 1ull << 36)
		diagnostic_error(m->diagnostics, at_of(m, vm, "ram_base"),
				 "ram_base is 0x%llx; it must be "
				 "2 MiB aligned, from 0x40000000 on (devices are below)",
				 (unsigned long long)vm->ram_base);
	if (vm->ram_base >= 0x40000000 &&
	    vm->ram_base < GUEST_GICD(m->platform) + GUEST_DEVICES_SIZE &&
	    GUEST_GICD(m->platform) < vm->ram_base + vm->ram_size)
		diagnostic_error(m->diagnostics, at_of(m, vm, "ram_base"),
				 "RAM at 0x%llx reaches the emulated devices at 0x%llx; make ram_base "
				 "or ram_size smaller",
				 (unsigned long long)vm->ram_base,
				 (unsigned long long)GUEST_GICD(m->platform));
	if (vm->ram_base_given && vm->identity)
		diagnostic_error(m->diagnostics, at_of(m, vm, "ram_base"),
				 "ram_base and ram_identity = true "
				 "exclude each other; remove ram_base");
	vm->heap_size = 512u << 10;
	setting_number(m, vm->instance, "heap_size", &vm->heap_size);
	vm->heap_size = (vm->heap_size + 4095) & ~4095ull;
	if (vm->heap_size < 65536 || vm->heap_size > 64u << 20)
		diagnostic_error(m->diagnostics, at_of(m, vm, "heap_size"),
				 "heap_size is of the VM's "
				 "monitor; it must be from 64K to 64M");
}

static void add_range(struct model *m, struct model_vm *vm, uint64_t paddr, uint64_t size,
		      const struct token *at)
{
	struct model_range *r, **link = &vm->mmios, *o;
	uint64_t first = paddr & ~4095ull, last = (paddr + size + 4095) & ~4095ull;
	unsigned int count = 0;

	while ((o = *link)) {		/* what overlaps becomes one range: mapped once */
		if (o->paddr >= last || first >= o->paddr + o->size) {
			link = &o->next;
			count++;
			continue;
		}
		first = first < o->paddr ? first : o->paddr;
		last = last > o->paddr + o->size ? last : o->paddr + o->size;
		*link = o->next;
		link = &vm->mmios;	/* it may reach others now */
		count = 0;
	}
	if (count == RANGES_MAX)
		diagnostic_error(m->diagnostics, at,
				 "%s has more than %d device ranges; give it fewer, larger ones",
				 vm->name, RANGES_MAX);
	if (count >= RANGES_MAX)
		return;
	r = ARENA_NEW(m->arena, struct model_range);
	r->at = at;
	r->paddr = first;
	r->size = last - first;
	*link = r;
}

/* "paddr:n": n below 48 is size bits, else bytes, a multiple of 4096; both aligned. */
static void read_untyped_mmio(struct model *m, struct model_vm *vm, const struct adl_value *v)
{
	uint64_t paddr, size;
	char *colon, *text;

	if (v->kind != VALUE_STRING || !strchr(v->string, ':')) {
		diagnostic_error(m->diagnostics, v->at,
				 "untyped_mmios takes texts \"paddr:size\"; write for "
				 "example \"0x0a003000:0x1000\"");
		return;
	}
	text = arena_copy(m->arena, v->string, strlen(v->string));
	colon = strchr(text, ':');
	*colon = '\0';
	if (strchr(colon + 1, ':') && vm->instance->component->project)
		*strchr(colon + 1, ':') = '\0';	/* the size of the frames: the tool chooses it */
	if (!setting_parse_size(text, &paddr) || !setting_parse_size(colon + 1, &size)) {
		diagnostic_error(m->diagnostics, v->at,
				 "\"%s\" is not \"paddr:size\"; write for example "
				 "\"0x0a003000:0x1000\"",
				 v->string);
		return;
	}
	if (size < 48)
		size = 1ull << size;
	if (size == 0 || size % 4096 || paddr % 4096 || paddr + size < paddr ||
	    paddr + size > 1ull << 44)
		diagnostic_error(m->diagnostics, v->at,
				 "\"%s\" is not in whole pages; address and size must "
				 "be multiples of 4096",
				 v->string);
	else
		add_range(m, vm, paddr, size, v->at);
}

static void add_irq(struct model *m, struct model_vm *vm, uint32_t intid, bool edge,
		    const struct token *at)
{
	struct model_irq *i, **end;
	unsigned int count = 0;

	for (end = &vm->irqs; *end; end = &(*end)->next, count++)
		if ((*end)->intid == intid)
			return;
	if (count >= IRQS_MAX) {
		diagnostic_error(m->diagnostics, at,
				 "%s has more than %d interrupts, which its monitor cannot tell "
				 "apart; give it fewer",
				 vm->name, IRQS_MAX);
		return;
	}
	i = ARENA_NEW(m->arena, struct model_irq);
	i->at = at;
	i->intid = intid;
	i->edge = edge;
	*end = i;
}

/* A number (level), or { intid: n, trigger: "edge" }. */
static void read_irq(struct model *m, struct model_vm *vm, const struct adl_value *v)
{
	const struct adl_value *intid = v->kind == VALUE_DICT ? adl_key(v, "intid") : v;
	const struct adl_value *trigger = adl_key(v, "trigger");
	bool edge =
		trigger && trigger->kind == VALUE_STRING && strcmp(trigger->string, "edge") == 0;

	if (!intid)
		intid = adl_key(v, "irq");
	if (intid && intid->kind == VALUE_INTEGER && intid->integer >= 16 && intid->integer < 32 &&
	    vm->instance->component->project) {
		diagnostic_warning(m->diagnostics, v->at,
				   "interrupt %lld is the VM's own timer, which it has anyway; "
				   "remove it",
				   (long long)intid->integer);
		return;
	}
	if (!intid || intid->kind != VALUE_INTEGER || intid->integer < 32 ||
	    intid->integer > 1019) {
		diagnostic_error(m->diagnostics, v->at,
				 "irqs takes interrupt numbers (INTID) from 32 to "
				 "1019, or { intid: n, trigger: \"edge\" }");
		return;
	}
	add_irq(m, vm, (uint32_t)intid->integer, edge, v->at);
}

/* A node of the platform's device tree with its resources: MMIO pages and interrupts. */
static void add_node(struct model *m, struct model_vm *vm, const char *name, const struct token *at)
{
	int offset = platform_find(m->platform, name);
	struct model_node *n, **end;
	struct platform_range range;
	unsigned int i;
	uint32_t intid;
	bool edge;

	if (offset < 0) {
		diagnostic_error(
			m->diagnostics, at,
			offset == -2 ? "several nodes of platform %s are called '%s'; give the "
				       "whole path"
				     : "platform %s has no device '%s'; its nodes are in tool/plat",
			m->platform->name, name);
		return;
	}
	for (end = &vm->nodes; *end; end = &(*end)->next)
		if ((*end)->offset == offset)
			return;
	n = ARENA_NEW(m->arena, struct model_node);
	n->at = at;
	n->offset = offset;
	n->name = fdt_get_name(m->platform->fdt, offset, NULL);
	*end = n;
	for (i = 0; platform_reg(m->platform, offset, i, &range); i++)
		add_range(m, vm, range.base, range.size, at);
	for (i = 0; platform_interrupt(m->platform, offset, i, &intid, &edge); i++)
		add_irq(m, vm, intid, edge, at);
}

static void read_pci_device(struct model *m, struct model_vm *vm, const struct adl_value *v)
{
	const struct adl_value *name = adl_key(v, "name");

	if (!name || name->kind != VALUE_STRING)
		diagnostic_error(m->diagnostics, v->at,
				 "pci_devices takes { name: \"...\" }; name a device "
				 "of the platform");
	else
		add_node(m, vm, name->string, name->at);
}

static void read_dtb_node(struct model *m, struct model_vm *vm, const struct adl_value *v)
{
	if (v->kind != VALUE_STRING)
		diagnostic_error(m->diagnostics, v->at,
				 "dtb_nodes takes texts; write the node's name or "
				 "path in quotes");
	else
		add_node(m, vm, v->string, v->at);
}

/* VM projects give their VM the UART; here it is the serial server's. True: it is this. */
static bool is_uart(struct model *m, const struct model_vm *vm, const struct adl_value *path)
{
	int offset = fdt_path_offset(m->platform->fdt, path->string);
	struct platform_range range;

	if (!vm->instance->component->project || offset < 0 ||
	    !platform_reg(m->platform, offset, 0, &range) || range.base != m->platform->uart.base)
		return false;
	diagnostic_warning(m->diagnostics, path->at,
			   "nothing is made of %s of %s: the serial server owns it, and the VM has an "
			   "emulated one; remove it",
			   path->string, vm->name);
	return true;
}

/* dtb = dtb({...}): the nodes that it finds, as dtb_nodes. */
static void read_dtb_query(struct model *m, struct model_vm *vm)
{
	const struct adl_value *found = adl_key(setting_value(m, vm->instance, "dtb"), "query"), *v;
	const struct adl_value *path;

	for (v = found ? found->items : NULL; v; v = v->next) {
		path = adl_key(v, "this-node-path");
		if (path && !is_uart(m, vm, path))
			add_node(m, vm, path->string, v->at);
	}
}

static const char *text_of(const struct adl_value *dict, const char *key)
{
	const struct adl_value *v = adl_key(dict, key);

	return v && v->kind == VALUE_STRING ? v->string : NULL;
}

/* { type: "virtio-blk", node: "virtio_mmio@a003e00", name: "disk", file: "disk.img" } */
static void read_machine_device(struct model *m, struct model_vm *vm, const struct adl_value *v)
{
	struct model_machine_device *d = ARENA_NEW(m->arena, struct model_machine_device), **end;
	const char *node = text_of(v, "node");
	struct platform_range range;
	int offset;

	d->at = v->at;
	d->type = text_of(v, "type");
	d->name = text_of(v, "name");
	d->file = text_of(v, "file");
	if (!d->type || !node ||
	    (strcmp(d->type, "virtio-blk") != 0 && strcmp(d->type, "virtio-net") != 0)) {
		diagnostic_error(m->diagnostics, v->at,
				 "machine_devices takes { type: \"virtio-blk\" or "
				 "\"virtio-net\", node: \"virtio_mmio@...\", name: \"...\" }");
		return;
	}
	offset = platform_find(m->platform, node);
	if (offset < 0 || !platform_reg(m->platform, offset, 0, &range) ||
	    fdt_node_check_compatible(m->platform->fdt, offset, "virtio,mmio") != 0) {
		diagnostic_error(m->diagnostics, v->at,
				 "'%s' is no virtio-mmio transport of platform %s; "
				 "take one from virtio_mmio@a000000 to virtio_mmio@a003e00",
				 node, m->platform->name);
		return;
	}
	d->bus = (unsigned int)((range.base - 0x0a000000) / 0x200);
	if (!d->name)
		d->name = "disk";
	add_node(m, vm, node, v->at);
	for (end = &vm->machine_devices; *end; end = &(*end)->next)
		;
	*end = d;
}

static void for_each(struct model *m, struct model_vm *vm, const char *attribute,
		     void (*read)(struct model *m, struct model_vm *vm, const struct adl_value *v))
{
	const struct adl_value *list = setting_list(m, vm->instance, attribute), *v;

	for (v = list ? list->items : NULL; v; v = v->next)
		read(m, vm, v);
}

/* Several vCPUs spread over the cores if an affinity is set, be it 0. */
static void read_core(struct model *m, struct model_vm *vm)
{
	const struct adl_value *v = setting_value(m, vm->instance, "affinity");
	uint64_t n = 0;

	setting_number(m, vm->instance, "affinity", &n);
	vm->core = setting_core(m, n, at_of(m, vm, "affinity"), vm->name);
	vm->spread = v && v->at->file[0] != '<' && vm->vcpus > 1;
	if (vm->spread)
		m->several_cores = true;
}

static void read_rest(struct model *m, struct model_vm *vm)
{
	const char *console = setting_string(m, vm->instance, "console");
	uint64_t n;

	vm->console = !console || strcmp(console, "none") != 0;
	if (console && strcmp(console, "pl011") != 0 && strcmp(console, "none") != 0)
		diagnostic_error(m->diagnostics, at_of(m, vm, "console"),
				 "console \"%s\" is not known; "
				 "write \"pl011\" or \"none\"",
				 console);
	vm->cmdline = setting_string(m, vm->instance, "cmdline");
	if (!vm->cmdline)
		vm->cmdline = vm->console ? "console=ttyAMA0" : "";
	if (strlen(vm->cmdline) >= MODEL_CMDLINE)
		diagnostic_error(m->diagnostics, at_of(m, vm, "cmdline"),
				 "the kernel of %s takes a command line of at most %d letters; "
				 "shorten it",
				 vm->name, MODEL_CMDLINE - 1);
	n = 1;
	if (setting_number(m, vm->instance, "num_vcpus", &n) && (n < 1 || n > MODEL_VCPUS))
		diagnostic_error(m->diagnostics, at_of(m, vm, "num_vcpus"),
				 "num_vcpus is %llu; a VM has 1 to %d", (unsigned long long)n,
				 MODEL_VCPUS);
	vm->vcpus = (unsigned int)n;
	read_core(m, vm);
	n = MODEL_VM_PRIORITY;
	if (setting_number(m, vm->instance, "priority", &n) && (n < 1 || n > 139))
		diagnostic_error(m->diagnostics, at_of(m, vm, "priority"),
				 "priority is of the vCPU; it must be "
				 "from 1 to 139, below the servers");
	vm->priority = (uint32_t)n;
	vm->cpu_weight = setting_weight(m, vm->instance);
	setting_number(m, vm->instance, "start_timeout", &vm->start_timeout);
	vm->sharing = setting_string(m, vm->instance, "sharing");
	vm->sharing_at = at_of(m, vm, "sharing");
	vm->serves = setting_list(m, vm->instance, "vm_virtio_devices");
	vm->expects = setting_list(m, vm->instance, "vm_virtio_drivers");
}

/* A VM in a compound component is called a.b there. */
static const char *flat_name(struct arena *a, const char *name)
{
	char *copy = arena_copy(a, name, strlen(name)), *p;

	for (p = copy; *p; p++)
		if (*p == '.')
			*p = '_';
	return copy;
}

static void read_name(struct model *m, struct model_vm *vm)
{
	const char *name = setting_string(m, vm->instance, "vm_name");
	uint64_t id = vm->id;
	size_t n;

	vm->name = name ? name : flat_name(m->arena, vm->instance->name);
	n = strlen(vm->name);
	if (n == 0 || n > 30 ||
	    strspn(vm->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "0123456789_-") != n)
		diagnostic_error(m->diagnostics, at_of(m, vm, "vm_name"),
				 "a VM's name has 1 to 30 letters, "
				 "digits, _ or -; set vm_name");
	if (setting_number(m, vm->instance, "vm_id", &id) && id > 0xffff)
		diagnostic_error(m->diagnostics, at_of(m, vm, "vm_id"), "vm_id is at most 65535");
	vm->id = (uint32_t)id;
}

bool model_vm(struct model *m, struct model_vm *vm)
{
	unsigned int before = m->diagnostics->errors;

	read_name(m, vm);
	read_memory(m, vm);
	read_rest(m, vm);
	read_files(m, vm);
	for_each(m, vm, "untyped_mmios", read_untyped_mmio);
	if (vm->instance->component->project)
		for_each(m, vm, "mmios", read_untyped_mmio);
	for_each(m, vm, "irqs", read_irq);
	for_each(m, vm, "dtb_nodes", read_dtb_node);
	read_dtb_query(m, vm);
	for_each(m, vm, "pci_devices", read_pci_device);
	for_each(m, vm, "machine_devices", read_machine_device);
	return m->diagnostics->errors == before;
}
