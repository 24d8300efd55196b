/* SPDX-License-Identifier: BSD-2-Clause */
/* From a component's sources to its program, by the cross compiler, unless the cache has it. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../adl/progress.h"
#include "stub.h"

#define KEY_VERSION	"2"	/* of what make_program() does: another one compiles everything anew */
#define SOURCES		256
#define ARGUMENTS	64

extern char **environ;

struct job {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const struct stub_plan *plan;
	const struct stub_options *options;
	const char *folder;		/* of the sources */
	const char *beside;		/* folder of the file that declares the component */
	const char *cc;
	const char *key;		/* folder in the cache */
	const char *work;		/* folder of this run */
	const char *sources[SOURCES + 1];	/* sorted; the generated one is the last */
	unsigned int count;
	char *header;
	char *source;
};

static bool is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *folder_of(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_copy(a, path, (size_t)(slash - path)) : ".";
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *stub_folder(struct arena *a, const struct adl_component *type)
{
	const char *beside = folder_of(a, type->at->file), *folder;

	folder = arena_format(a, "%s/components/%s", beside, type->name);
	if (is_folder(folder))
		return folder;
	if (strcmp(base_of(type->at->file), arena_format(a, "%s.camkes", type->name)) == 0)
		return beside;
	return NULL;
}

/* Compilers run in the sources' folder, so that a program is the same from wherever it is built. */
static const char *absolute(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? arena_copy(a, real, strlen(real)) : path;

	free(real);
	return copy;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool add_sources(struct job *j, const char *below)
{
	DIR *d = opendir(arena_format(j->arena, "%s/%s", j->folder, below));
	struct dirent *e;
	const char *dot;

	while (d && (e = readdir(d))) {
		dot = strrchr(e->d_name, '.');
		if (!dot || e->d_name[0] == '.' || (strcmp(dot, ".c") != 0 && strcmp(dot, ".S") != 0))
			continue;
		if (j->count == SOURCES - 1) {
			diagnostic_error(j->diagnostics, j->plan->type->at,
					 "%s has more than %d source files", j->folder, SOURCES - 1);
			closedir(d);
			return false;
		}
		j->sources[j->count++] = arena_format(j->arena, "%s%s", below, e->d_name);
	}
	if (d)
		closedir(d);
	return true;
}

static bool find_sources(struct job *j)
{
	if (!add_sources(j, "") || !add_sources(j, "src/"))
		return false;
	qsort(j->sources, j->count, sizeof(*j->sources), compare);
	if (j->count == 0 && j->plan->type->control)
		diagnostic_error(j->diagnostics, j->plan->type->at,
				 "component %s has no sources: there is no .c file in %s or its src; "
				 "write one that defines run()",
				 j->plan->type->name, j->folder);
	return j->count || !j->plan->type->control;
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return stub_hash(hash, text, strlen(text) + 1);
}

/* The folder's name tells everything that no file in the manifest tells. */
static void make_key(struct job *j)
{
	uint64_t hash = hash_text(hash_text(hash_text(0, KEY_VERSION), j->header), j->source);
	unsigned int i;

	hash = hash_text(hash_text(hash_text(hash, j->cc), j->options->sdk), j->options->assembly);
	hash = hash_text(hash_text(hash, j->folder), j->beside);
	for (i = 0; i < j->count; i++)
		hash = hash_text(hash, j->sources[i]);
	j->key = arena_format(j->arena, "%s/%s-%016" PRIx64, stub_cache_root(j->arena),
			      j->plan->type->name, hash);
}

static bool make_folder(struct job *j, const char *path)
{
	char *p, *copy = arena_copy(j->arena, path, strlen(path));

	for (p = copy + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(copy, 0777);
			*p = '/';
		}
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		return true;
	diagnostic_plain(j->diagnostics, "%s: %s; name another folder with PEERVISOR_CACHE", path,
			 strerror(errno));
	return false;
}

static bool write_text(struct job *j, const char *name, const char *text)
{
	const char *path = arena_format(j->arena, "%s/%s", j->work, name);
	FILE *out = fopen(path, "w");
	bool good = out && fputs(text, out) >= 0;

	if (out && fclose(out))
		good = false;
	if (!good)
		diagnostic_plain(j->diagnostics, "cannot write %s: %s", path, strerror(errno));
	return good;
}

static bool run(struct job *j, const char *const *argv)
{
	posix_spawn_file_actions_t actions;
	int status = 0, error;
	pid_t pid;

	progress_show("compiling %s", j->plan->type->name);
	fflush(NULL);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, j->folder);
	error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error) {
		diagnostic_plain(j->diagnostics,
				 "%s: %s; components are compiled with Debian's "
				 "gcc-aarch64-linux-gnu, or what PEERVISOR_CC names",
				 argv[0], strerror(error));
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0;
}

static bool compile(struct job *j, unsigned int n)
{
	struct arena *a = j->arena;
	const char *source = j->sources[n];
	bool generated = n == j->count;
	const char *argv[ARGUMENTS] = {
		j->cc, arena_format(a, "@%s/cflags", j->options->sdk), "-std=gnu11", "-g", "-Wall",
		"-I", j->work, "-I", ".", "-I", "src", "-I", "include",
		"-I", arena_format(a, "%s/include", j->beside),
		"-I", arena_format(a, "%s/include", j->options->assembly),
		"-isystem", arena_format(a, "%s/include", j->options->sdk),
		"-MD", "-MF", arena_format(a, "%s/%u.d", j->work, n),
		"-c", "-o", arena_format(a, "%s/%u.o", j->work, n), source,
		/* What the generated code does is tested elsewhere; the author's is watched. */
		generated ? NULL : "-fsanitize=undefined", "-fno-sanitize-recover=all",
	};

	return run(j, argv);
}

static bool link_program(struct job *j)
{
	struct arena *a = j->arena;
	const char *argv[ARGUMENTS + SOURCES] = {
		j->cc, arena_format(a, "@%s/ldflags", j->options->sdk), "-T",
		arena_format(a, "%s/component.ld", j->options->sdk), "-o",
		arena_format(a, "%s/program.elf", j->work),
	};
	unsigned int n = 6, i;

	for (i = 0; i <= j->count; i++)
		argv[n++] = arena_format(a, "%s/%u.o", j->work, i);
	argv[n++] = arena_format(a, "%s/lib/libcomponent.a", j->options->sdk);
	argv[n++] = arena_format(a, "%s/lib/libruntime.a", j->options->sdk);
	argv[n++] = arena_format(a, "%s/lib/libfdt.a", j->options->sdk);
	return run(j, argv);
}

/* Compiles in a folder of its own; what is done is moved into place, the manifest last. */
static bool make_program(struct job *j, const char *program)
{
	struct arena *a = j->arena;
	const char *sdk = j->options->sdk;
	const char *const more[] = {
		program, arena_format(a, "%s/cflags", sdk), arena_format(a, "%s/ldflags", sdk),
		arena_format(a, "%s/component.ld", sdk),
		arena_format(a, "%s/lib/libcomponent.a", sdk),
		arena_format(a, "%s/lib/libruntime.a", sdk), arena_format(a, "%s/lib/libfdt.a", sdk),
		NULL,
	};
	static const char *const kept[] = { "camkes.h", "stub.c" };
	unsigned int i;
	bool good;

	good = write_text(j, "camkes.h", j->header) && write_text(j, "stub.c", j->source) &&
	       write_text(j, arena_format(a, "%s.h", j->plan->type->name),
			  "/* The header's name in older manuals. */\n#include \"camkes.h\"\n");
	j->sources[j->count] = arena_format(a, "%s/stub.c", j->work);
	for (i = 0; good && i <= j->count; i++)
		good = compile(j, i);
	good = good && link_program(j) &&
	       rename(arena_format(a, "%s/program.elf", j->work), program) == 0 &&
	       stub_cache_write(a, arena_format(a, "%s/manifest", j->key), j->work, j->folder, more);
	for (i = 0; good && i < sizeof(kept) / sizeof(*kept); i++)
		rename(arena_format(a, "%s/%s", j->work, kept[i]),
		       arena_format(a, "%s/%s", j->key, kept[i]));
	return good;
}

static const char *build(struct job *j)
{
	const char *program;
	char *work;
	bool good;

	make_key(j);
	program = arena_format(j->arena, "%s/%s.elf", j->key, j->plan->type->name);
	if (stub_cache_valid(j->arena, arena_format(j->arena, "%s/manifest", j->key)))
		return program;
	if (!make_folder(j, j->key))
		return NULL;
	j->key = absolute(j->arena, j->key);
	program = arena_format(j->arena, "%s/%s.elf", j->key, j->plan->type->name);
	work = arena_format(j->arena, "%s/work.XXXXXX", j->key);
	if (!mkdtemp(work)) {
		diagnostic_plain(j->diagnostics, "%s: %s", work, strerror(errno));
		return NULL;
	}
	j->work = work;
	good = make_program(j, program);
	stub_remove_folder(j->arena, j->work);
	if (good)
		stub_cache_prune(j->arena);
	else
		diagnostic_error(j->diagnostics, j->plan->type->at,
				 "component %s cannot be compiled from %s; correct what is said above",
				 j->plan->type->name, j->folder);
	return good ? program : NULL;
}

const char *stub_build(const struct stub_plan *plan, struct diagnostics *d, const char *folder,
		       const struct stub_options *options)
{
	const char *cc = getenv("PEERVISOR_CC");
	const struct stub_options real = {
		.sdk = absolute(plan->arena, options->sdk),
		.assembly = absolute(plan->arena, options->assembly),
	};
	struct job j = {
		.arena = plan->arena, .diagnostics = d, .plan = plan, .options = &real,
		.folder = absolute(plan->arena, folder),
		.beside = absolute(plan->arena, folder_of(plan->arena, plan->type->at->file)),
		.cc = cc && *cc ? cc : "aarch64-linux-gnu-gcc",
		.header = stub_header(plan), .source = stub_source(plan),
	};

	if (access(arena_format(j.arena, "%s/cflags", real.sdk), R_OK) != 0) {
		diagnostic_plain(d, "%s/cflags: %s; build the project first (`make build`)", real.sdk,
				 strerror(errno));
		return NULL;
	}
	return find_sources(&j) ? build(&j) : NULL;
}
