/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../../loader/image.h"
#include "../adl/progress.h"
#include "../adl/source.h"
#include "../capdl/component.h"
#include "kernel.h"
#include "manifest.h"
#include "output.h"

#define PAGE 4096ull
#define LOADER_LIMIT (16u << 20)
#define LINUX_IMAGE_SIZE 16	/* offset in the arm64 Image header */

struct build {
	struct model *model;
	const struct image_options *options;
	unsigned char *loader;
	uint64_t loader_size;
	unsigned char *kernel;
	uint64_t kernel_size;
	struct elf root;
	unsigned char *user;
	uint64_t user_size;
	uint64_t user_base;
	struct image_item items[IMAGE_MAX_ITEMS];
	uint32_t count;
	uint64_t table;
	struct distribution *distribution;
	uint64_t fixed;			/* loader, table, kernel, user image */
	uint64_t size;			/* of the file */
};

static uint64_t page_up(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

static unsigned char *read_part(struct build *b, const char *path, size_t limit, uint64_t *size)
{
	size_t length = 0;
	char *data = source_read_file(b->model->arena, path, limit, &length);

	if (!data)
		diagnostic_plain(b->model->diagnostics, "%s: %s; build it first (`make build`)",
				 path, strerror(errno));
	*size = length;
	return (unsigned char *)data;
}

static bool read_loader(struct build *b)
{
	struct model *m = b->model;
	const char *path = arena_format(m->arena, "%s/loader/loader%s.bin", b->options->build_dir,
					m->platform->suffix);
	struct image_header h;

	b->loader = read_part(b, path, LOADER_LIMIT, &b->loader_size);
	if (!b->loader)
		return false;
	if (b->loader_size < IMAGE_HEADER_OFFSET + sizeof(h)) {
		diagnostic_plain(m->diagnostics, "%s is too short for a loader; build it again",
				 path);
		return false;
	}
	return true;
}

static bool read_kernel(struct build *b)
{
	const char *path = b->options->kernel;
	struct elf elf;

	if (!path)
		path = arena_format(b->model->arena, "%s/kernel/kernel%s%s.elf", b->options->build_dir,
				    model_variant(b->model), b->model->platform->suffix);
	if (!elf_load(b->model->arena, b->model->diagnostics, path, &elf) ||
	    !kernel_check(b->model, &elf))
		return false;
	if (b->options->kernel || b->options->verbose)
		kernel_say(&elf);
	b->kernel = read_part(b, path, LOADER_LIMIT * 4, &b->kernel_size);
	return b->kernel != NULL;
}

static bool read_root(struct build *b)
{
	const char *path =
		arena_format(b->model->arena, "%s/roottask/roottask%s.elf", b->options->build_dir,
			     model_variant(b->model));

	return elf_load(b->model->arena, b->model->diagnostics, path, &b->root);
}

/* Root task and, at the page behind it, the distribution. */
static bool make_user(struct build *b)
{
	struct distribution *d = system_build(b->model, b->options->build_dir);
	uint64_t first, end, size;
	const struct elf_segment *s;
	unsigned int i;
	void *blob;

	if (!d)
		return false;
	b->distribution = d;
	blob = distribution_blob(d, &size);
	elf_extent(&b->root, &first, &end);
	b->user_base = first & ~(PAGE - 1);
	end = page_up(end) - b->user_base;
	b->user_size = end + size;
	b->user = arena_alloc(b->model->arena, b->user_size);
	for (i = 0; i < b->root.count; i++) {
		s = &b->root.segments[i];
		memcpy(b->user + (s->vaddr - b->user_base), s->data, s->file_size);
	}
	memcpy(b->user + end, blob, size);
	return true;
}

static struct image_item *add_item(struct build *b, enum image_item_type type, const char *name)
{
	struct image_item *i = &b->items[b->count < IMAGE_MAX_ITEMS ? b->count : 0];

	if (b->count == IMAGE_MAX_ITEMS) {
		diagnostic_plain(b->model->diagnostics,
				 "more than %u parts in the image; use less VMs or guest "
				 "files",
				 IMAGE_MAX_ITEMS);
		return i;
	}
	b->count++;
	memset(i, 0, sizeof(*i));
	i->type = type;
	strncpy(i->name, name, sizeof(i->name) - 1);
	return i;
}

static void add_reserve(struct build *b, const char *name, uint64_t base, uint64_t size)
{
	struct image_item *i = add_item(b, IMAGE_RESERVE, name);

	i->physical = base;
	i->memory_size = size;
}

/* Guest memory as a whole is nobody's RAM but guests'; above it only what guests have. */
static void add_reserves(struct build *b)
{
	const struct platform *p = b->model->platform;
	const struct model_vm *vm;
	const struct model_link *l;

	add_reserve(b, "guest memory", p->guest_memory.base, p->guest_memory.size);
	for (vm = b->model->vms; vm; vm = vm->next)
		if (vm->ram_paddr >= p->native_memory.base)
			add_reserve(b, vm->name, vm->ram_paddr, vm->ram_size);
	for (l = b->model->links; l; l = l->next)
		if (l->confined && l->window_paddr >= p->native_memory.base)
			add_reserve(b, "window", l->window_paddr, l->window_size);
}

static void lay_out(struct build *b)
{
	const struct model *m = b->model;
	const struct model_blob *blob;
	struct image_item *i;
	uint64_t offset;

	b->count = 0;
	i = add_item(b, IMAGE_KERNEL, "kernel");
	i->size = i->memory_size = b->kernel_size;
	i->cores = m->several_cores ? MODEL_CORES : 1;
	i = add_item(b, IMAGE_USER, "root task");
	i->size = b->user_size;
	i->memory_size = page_up(b->user_size);
	i->virtual_base = b->user_base;
	i->entry = b->root.entry;
	for (blob = m->blobs; blob; blob = blob->next) {
		i = add_item(b, IMAGE_BLOB, blob->name);
		i->physical = blob->paddr;
		i->offset = blob->paddr - m->platform->image_base;
		i->size = i->memory_size = blob->size;
	}
	add_reserves(b);
	b->table = (b->loader_size + 15) & ~15ull;
	offset = page_up(b->table + b->count * sizeof(struct image_item));
	for (i = b->items; i < b->items + b->count; i++) {
		if (i->type != IMAGE_KERNEL && i->type != IMAGE_USER)
			continue;
		i->offset = offset;
		offset = page_up(offset + i->size);
	}
	b->fixed = offset;
}

/* The blobs' places depend on the size of what is before them, which has their places in it. */
static bool plan(struct build *b)
{
	uint64_t guess = 1u << 20;
	unsigned int round;

	for (round = 0; round < 4; round++) {
		if (!memory_plan(b->model, guess) || !make_user(b))
			return false;
		lay_out(b);
		if (b->model->diagnostics->errors)
			return false;
		if (b->fixed <= guess)
			return true;
		guess = (b->fixed + MODEL_LARGE - 1) & ~(MODEL_LARGE - 1);
	}
	diagnostic_plain(b->model->diagnostics,
			 "internal error: the image's layout does not settle");
	return false;
}

static uint32_t checksum(const struct build *b)
{
	uint32_t crc = image_crc32(0, b->items, b->count * sizeof(b->items[0]));

	crc = image_crc32(crc, b->kernel, b->kernel_size);
	return image_crc32(crc, b->user, b->user_size);
}

static void fill_header(struct build *b)
{
	struct image_header h = {
		.magic = IMAGE_MAGIC,
		.version = IMAGE_VERSION,
		.platform = b->model->platform->image_id,
		.load_address = b->model->platform->image_base,
		.size = b->size,
		.table = b->table,
		.items = b->count,
		.crc32 = checksum(b),
	};
	uint64_t linux_size = page_up(b->size);

	memcpy(b->loader + LINUX_IMAGE_SIZE, &linux_size, sizeof(linux_size));
	memcpy(b->loader + IMAGE_HEADER_OFFSET, &h, sizeof(h));
}

static bool put(int fd, uint64_t offset, const void *data, uint64_t size)
{
	const char *p = data;
	ssize_t n;

	while (size) {
		n = pwrite(fd, p, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		offset += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return true;
}

static bool put_all(struct build *b, int fd, const char *manifest, size_t manifest_length)
{
	const struct model_blob *blob;
	bool ok = put(fd, 0, b->loader, b->loader_size) &&
		  put(fd, b->table, b->items, b->count * sizeof(b->items[0])) &&
		  put(fd, b->items[0].offset, b->kernel, b->kernel_size) &&
		  put(fd, b->items[1].offset, b->user, b->user_size);

	for (blob = b->model->blobs; blob && ok; blob = blob->next)
		ok = put(fd, blob->paddr - b->model->platform->image_base, blob->data, blob->size);
	return ok && put(fd, b->size - manifest_length, manifest, manifest_length);
}

static uint64_t content_end(const struct build *b)
{
	const struct model_blob *blob;
	uint64_t end = b->fixed, last;

	for (blob = b->model->blobs; blob; blob = blob->next) {
		last = blob->paddr - b->model->platform->image_base + blob->size;
		end = last > end ? last : end;
	}
	/* A page of its own: the rest of a blob's last large page is mapped with it. */
	return (end + MODEL_LARGE - 1) & ~(MODEL_LARGE - 1);
}

static bool write_image(struct build *b)
{
	struct model *m = b->model;
	const char *path = b->options->output;
	struct output out;
	size_t length;
	char *manifest = manifest_write(m->arena, m, &length);
	bool ok;

	progress_show("writing %s", path);
	b->size = content_end(b) + length;
	fill_header(b);
	ok = output_open(&out, m->arena, path) &&
	     output_close(&out, put_all(b, out.fd, manifest, length));
	if (!ok)
		diagnostic_plain(m->diagnostics, "cannot write %s: %s; choose another place with -o",
				 path, errno == EINVAL ? "it is no regular file" : strerror(errno));
	return ok;
}

static void print_range(const char *what, const char *name, uint64_t base, uint64_t size)
{
	fprintf(stderr, "  0x%010llx  %8llu KiB  %s%s%s\n", (unsigned long long)base,
		(unsigned long long)(size + 1023) >> 10, what, *name ? " " : "", name);
}

static void print_map(const struct build *b)
{
	const struct model *m = b->model;
	const struct model_blob *blob;
	const struct model_vm *vm;
	const struct model_link *l;

	fprintf(stderr, "physical memory of %s:\n", m->platform->name);
	print_range("loader, kernel, root task, components", "", m->platform->image_base, b->fixed);
	for (blob = m->blobs; blob; blob = blob->next)
		print_range("guest file", blob->name, blob->paddr, blob->size);
	for (vm = m->vms; vm; vm = vm->next) {
		print_range("RAM of", vm->name, vm->ram_paddr, vm->ram_size);
		fprintf(stderr, "                %s sees it at 0x%llx\n", vm->name,
			(unsigned long long)vm->ram_base);
	}
	for (l = m->links; l; l = l->next) {
		if (l->confined)
			print_range("window of",
				    arena_format(m->arena, "%s for %s", l->driver->name,
						 l->device->name),
				    l->window_paddr, l->window_size);
		fprintf(stderr, "                %s sees %s of %s at 0x%llx\n", l->device->name,
			l->confined ? "it instead of the memory" : "the memory", l->driver->name,
			(unsigned long long)l->memdev_ipa);
	}
	print_range("kernel, components", "", m->platform->native_memory.base, b->user_size);
}

bool image_build(struct model *m, const struct image_options *o)
{
	struct build b = { .model = m, .options = o };

	if (!read_loader(&b) || !read_kernel(&b) || !read_root(&b) || !plan(&b))
		return false;
	if (o->verbose)
		print_map(&b);
	if (o->print_capdl)
		distribution_print(b.distribution, stdout);
	return !o->output || write_image(&b);
}

struct distribution *image_distribution(struct model *m, const struct image_options *o)
{
	struct build b = { .model = m, .options = o };

	if (!read_loader(&b) || !read_kernel(&b) || !read_root(&b) || !plan(&b))
		return NULL;
	return b.distribution;
}
