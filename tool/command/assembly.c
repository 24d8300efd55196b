/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that read an assembly have in common: their options, and the way to the model. */
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

static bool set_include(struct settings *s, const char *const *v)
{
	if (s->include_count == COMMAND_INCLUDES)
		return false;
	s->includes[s->include_count++] = v[0];
	return true;
}

/* A macro's name, and perhaps = and its text. */
static bool set_define(struct settings *s, const char *const *v)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	size_t n = strspn(v[0], letters);

	if (s->define_count == COMMAND_DEFINES || n == 0 || strspn(v[0], letters + 53) ||
	    (v[0][n] && v[0][n] != '=') || strchr(v[0], '\n'))
		return false;
	s->defines[s->define_count++] = v[0];
	return true;
}

static bool set_guests(struct settings *s, const char *const *v)
{
	s->guests = v[0];
	return true;
}

static bool set_platform(struct settings *s, const char *const *v)
{
	s->platform = v[0];
	return true;
}

static bool set_strict(struct settings *s, const char *const *v)
{
	return s->strict = true;
}

static bool set_build_dir(struct settings *s, const char *const *v)
{
	s->image.build_dir = v[0];
	return true;
}

static bool set_kernel(struct settings *s, const char *const *v)
{
	s->image.kernel = v[0];
	return true;
}

static bool set_verbose(struct settings *s, const char *const *v)
{
	return s->image.verbose = true;
}

const struct option assembly_options[] = {
	{ "include", 'I', 1, OPTION_FOLDER, "FOLDER", "where imports are looked for, too", set_include },
	{ "define", 'D', 1, OPTION_TEXT, "NAME[=TEXT]", "a macro for the C preprocessor", set_define },
	{ "guests", 0, 1, OPTION_FOLDER, "FOLDER",
	  "where guest kernels and file systems are (default: build/guests)", set_guests },
	{ "build-dir", 0, 1, OPTION_FOLDER, "FOLDER",
	  "where loader, kernel and components are (default: build/target)", set_build_dir },
	{ "platform", 0, 1, OPTION_PLATFORM, "NAME", "the machine (default: qemu-arm-virt)", set_platform },
	{ "strict", 0, 0, OPTION_TEXT, NULL, "warnings are errors", set_strict },
	{ 0 },
};

const struct option assembly_image_options[] = {
	{ "kernel", 0, 1, OPTION_FILE, "FILE", "another kernel.elf of the same interface", set_kernel },
	{ "verbose", 'v', 0, OPTION_TEXT, NULL, "print the memory map", set_verbose },
	{ 0 },
};

/* The project's build folder, from the place of this program: build/host/tool/peervisor. */
const char *assembly_build_folder(struct arena *a, const char *name)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *found = path;
	struct stat st;
	int up;

	if (n > 0) {
		path[n] = '\0';
		for (up = 0; up < 3; up++)
			found = dirname(path);
		if (stat(arena_format(a, "%s/target", found), &st) == 0 ||
		    stat(arena_format(a, "%s/guests", found), &st) == 0)
			return arena_format(a, "%s/%s", found, name);
	}
	return arena_format(a, "build/%s", name);
}

void assembly_defaults(struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->platform = "qemu-arm-virt";
	s->guests = assembly_build_folder(&s->arena, "guests");
	s->image.build_dir = assembly_build_folder(&s->arena, "target");
}

int assembly_load(struct settings *s, const char *path, struct diagnostics *d, struct model **model)
{
	struct arena *a = &s->arena;
	const struct adl_options adl = { .includes = s->includes, .defines = s->defines };
	const struct model_options options = { .assembly = path, .guests = s->guests };
	struct platform *platform = platform_load(a, s->platform);
	struct adl_file *file;

	*d = (struct diagnostics){ .arena = a, .out = stderr, .strict = s->strict, .keep = s->json };
	if (!platform) {
		fprintf(stderr, "peervisor: platform '%s' is not known; qemu-arm-virt and rpi4 are\n", s->platform);
		return COMMAND_USAGE;
	}
	file = adl_load(a, d, path, &adl);
	if (!file || d->errors)
		return COMMAND_FAILED;
	*model = model_build(a, d, file, platform, &options);
	return *model ? COMMAND_DONE : COMMAND_FAILED;
}

static bool same(const struct stat *one, const char *path)
{
	struct stat other;

	return stat(path, &other) == 0 && one->st_dev == other.st_dev && one->st_ino == other.st_ino;
}

bool assembly_overwritten(const struct model *m, const char *path, const char *output)
{
	const struct model_blob *b;
	const char *what = NULL;
	struct stat st;

	if (stat(output, &st) < 0)
		return false;
	if (same(&st, path))
		what = path;
	for (b = m->blobs; b && !what; b = b->next)
		if (same(&st, b->path))
			what = b->path;
	if (what)
		diagnostic_plain(m->diagnostics, "%s would overwrite %s; choose another place with -o", output,
				 what);
	return what != NULL;
}
