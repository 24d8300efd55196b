/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether this machine can build and run systems: one line for each thing that often is not right. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "command.h"

#define QEMU_MAJOR	7u		/* of Debian 12, the oldest that was seen to do */
#define DISK_LEAST	4ull		/* GiB: the cache with two entries of each name, and build/ */
#define MEMORY_LEAST	1536ull		/* MiB: the emulated machine's 1 GiB, and QEMU */

enum finding { FINDING_OK, FINDING_WARN, FINDING_BAD };

struct doctor {
	struct settings *s;
	struct arena *a;
	bool json;
	unsigned int count;
	unsigned int bad;
};

static void say(struct doctor *d, const char *subject, enum finding f, const char *what, const char *advice)
{
	static const char *const words[] = { "ok", "warn", "BAD" };

	d->bad += f == FINDING_BAD;
	if (!d->json) {
		printf("%-5s %-9s %s%s%s\n", words[f], subject, what, f == FINDING_OK ? "" : "; ",
		       f == FINDING_OK ? "" : advice);
		return;
	}
	printf("%s\n  {\"check\": \"%s\", \"state\": \"%s\", \"found\": ", d->count++ ? "," : "", subject,
	       f == FINDING_BAD ? "bad" : words[f]);
	audit_json_string(stdout, what);
	fputs(", \"advice\": ", stdout);
	audit_json_string(stdout, f == FINDING_OK ? "" : advice);
	putchar('}');
}

/* The first line that a program prints; NULL: it cannot be started, or prints nothing. */
static char *first_line(struct arena *a, const char *command)
{
	char line[512] = "";
	FILE *f = popen(command, "r");

	if (!f)
		return NULL;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	pclose(f);
	line[strcspn(line, "\n")] = '\0';
	return line[0] ? arena_copy(a, line, strlen(line)) : NULL;
}

/* The folder of the project that this program was built in, or NULL. */
static const char *project(struct arena *a)
{
	const char *folder = arena_format(a, "%s/..", assembly_build_folder(a, ""));

	return access(arena_format(a, "%s/scripts/setup", folder), X_OK) == 0 ? folder : NULL;
}

/* In a shell's single quotes. */
static const char *quoted(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) * 4 + 3), *o = out;

	*o++ = '\'';
	for (; *text; text++) {
		if (*text == '\'') {
			memcpy(o, "'\\''", 4);
			o += 4;
		} else {
			*o++ = *text;
		}
	}
	*o = '\'';
	return out;
}

static void check_packages(struct doctor *d)
{
	const char *folder = project(d->a), *missing;

	if (!folder) {
		say(d, "packages", FINDING_WARN, "not looked at: this program is not in a project's build folder",
		    "run build/host/tool/peervisor");
		return;
	}
	missing = first_line(d->a, arena_format(d->a, "%s --check 2>&1", quoted(d->a, arena_format(d->a,
						"%s/scripts/setup", folder))));
	if (missing)
		say(d, "packages", FINDING_BAD, missing, "run scripts/setup");
	else
		say(d, "packages", FINDING_OK, "all that scripts/packages names are installed", NULL);
}

static void check_compiler(struct doctor *d)
{
	const char *name = getenv("PEERVISOR_CC"), *line;

	if (!name || !*name)
		name = "aarch64-linux-gnu-gcc";
	line = first_line(d->a, arena_format(d->a, "%s --version 2>/dev/null", quoted(d->a, name)));
	if (line)
		say(d, "compiler", FINDING_OK, line, NULL);
	else
		say(d, "compiler", FINDING_BAD, arena_format(d->a, "%s cannot be started", name),
		    "install gcc-aarch64-linux-gnu: native components are compiled with it");
}

static void check_qemu(struct doctor *d)
{
	const char *line = first_line(d->a, "qemu-system-aarch64 --version 2>/dev/null");
	unsigned int major;

	if (!line || sscanf(line, "QEMU emulator version %u", &major) != 1)
		say(d, "qemu", FINDING_BAD, "qemu-system-aarch64 cannot be started", "install qemu-system-arm");
	else if (major < QEMU_MAJOR)
		say(d, "qemu", FINDING_WARN, line, arena_format(d->a, "version %u or later is tested", QEMU_MAJOR));
	else
		say(d, "qemu", FINDING_OK, arena_format(d->a, "%s; KVM is not needed", line), NULL);
}

static unsigned long long free_mib(const char *path)
{
	struct statvfs v;

	return statvfs(path, &v) == 0 ? (unsigned long long)v.f_bavail * v.f_frsize >> 20 : 0;
}

static void check_space(struct doctor *d, const char *subject, const char *folder)
{
	unsigned long long mib = free_mib(folder);
	const char *text = arena_format(d->a, "%llu.%llu GiB free in %s", mib >> 10, (mib & 1023) * 10 / 1024, folder);

	if (access(folder, F_OK) < 0)
		say(d, subject, FINDING_WARN, arena_format(d->a, "%s: %s", folder, strerror(errno)),
		    "`make build` makes it");
	else if (access(folder, W_OK) < 0)
		say(d, subject, FINDING_BAD, arena_format(d->a, "%s cannot be written", folder),
		    "make it yours, or name another folder");
	else if (mib < DISK_LEAST << 10)
		say(d, subject, FINDING_WARN, text, arena_format(d->a, "a first build needs %llu GiB", DISK_LEAST));
	else
		say(d, subject, FINDING_OK, text, NULL);
}

static void check_memory(struct doctor *d)
{
	unsigned long long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");
	char line[128];
	const char *text;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %llu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	text = arena_format(d->a, "%llu MiB available", kib >> 10);
	if (kib >> 10 < MEMORY_LEAST)
		say(d, "memory", FINDING_WARN, text, arena_format(d->a, "a run takes up to %llu MiB", MEMORY_LEAST));
	else
		say(d, "memory", FINDING_OK, text, NULL);
}

/* `f`: what it is if one is missing. */
static void check_files(struct doctor *d, const char *subject, const char *folder, const char *const *names,
			enum finding f, const char *advice)
{
	const char *missing = "";

	for (; *names; names++)
		if (access(arena_format(d->a, "%s/%s", folder, *names), R_OK) < 0)
			missing = arena_format(d->a, "%s%s%s", missing, *missing ? ", " : "", *names);
	if (*missing)
		say(d, subject, f, arena_format(d->a, "%s lacks %s", folder, missing), advice);
	else
		say(d, subject, FINDING_OK, arena_format(d->a, "%s is complete", folder), NULL);
}

static const char *cache_folder(struct arena *a)
{
	const char *own = getenv("PEERVISOR_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

	if (own && *own)
		return own;
	if (xdg && *xdg)
		return arena_format(a, "%s/peervisor", xdg);
	return arena_format(a, "%s/.cache/peervisor", home && *home ? home : "/root");
}

/* `.NAME.XXXXXX.part` is being made while someone holds `.NAME.lock` (guests/cache.sh). */
static bool abandoned(struct arena *a, const char *folder, const char *part)
{
	size_t n = strlen(part);
	bool is;
	int fd;

	if (part[0] != '.' || n < 14 || strcmp(part + n - 5, ".part") != 0)
		return false;
	fd = open(arena_format(a, "%s/%.*s.lock", folder, (int)n - 12, part), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	is = flock(fd, LOCK_EX | LOCK_NB) == 0;
	close(fd);
	return is;
}

static void check_cache(struct doctor *d)
{
	const char *folder = cache_folder(d->a), *first = NULL;
	DIR *dir = opendir(folder);
	struct dirent *e;
	unsigned int parts = 0, entries = 0;

	check_space(d, "cache", folder);
	while (dir && (e = readdir(dir))) {
		entries += e->d_name[0] != '.';
		if (abandoned(d->a, folder, e->d_name)) {
			first = arena_copy(d->a, e->d_name, strlen(e->d_name));
			parts++;
		}
	}
	if (dir)
		closedir(dir);
	if (parts)
		say(d, "cache", FINDING_WARN, arena_format(d->a, "%u half-built: %s%s", parts, first,
							   parts > 1 ? ", ..." : ""),
		    arena_format(d->a, "the next build removes it, or: rm -rf %s/.*.part", folder));
	else if (dir)
		say(d, "cache", FINDING_OK, arena_format(d->a, "nothing half-built among %u entries", entries), NULL);
}

static int doctor(struct settings *s)
{
	static const char *const target[] = { "loader/loader.bin", "kernel/kernel.elf", "roottask/roottask.elf",
					      "vmm/vmm.elf", "components/serial.elf", "components/timer.elf", NULL };
	static const char *const guests[] = { "linux", "minimal.cpio", "storage.cpio", "network.cpio",
					      "workload.cpio", NULL };
	static const char *const windows[] = { "linux-window", "linux-window.config", "peer.cpio", NULL };
	struct doctor d = { .s = s, .a = &s->arena, .json = s->json };

	if (d.json)
		fputs("{\"version\": \"" PEERVISOR_VERSION "\", \"checks\": [", stdout);
	check_packages(&d);
	check_compiler(&d);
	check_qemu(&d);
	check_memory(&d);
	check_space(&d, "disk", assembly_build_folder(d.a, ""));
	check_cache(&d);
	check_files(&d, "system", s->image.build_dir, target, FINDING_BAD, "run `make build`");
	check_files(&d, "guests", s->guests, guests, FINDING_BAD, "run `make build`");
	check_files(&d, "windows", s->guests, windows, FINDING_WARN,
		    "run guests/all --window, for assemblies with sharing = \"swiotlb\"");
	if (d.json)
		printf("\n], \"bad\": %u}\n", d.bad);
	else if (d.bad)
		printf("%u thing%s to mend\n", d.bad, d.bad == 1 ? "" : "s");
	return d.bad ? COMMAND_FAILED : COMMAND_DONE;
}

static bool set_json(struct settings *s, const char *const *v)
{
	return s->json = true;
}

static bool set_guests(struct settings *s, const char *const *v)
{
	s->guests = v[0];
	return true;
}

static bool set_build_dir(struct settings *s, const char *const *v)
{
	s->image.build_dir = v[0];
	return true;
}

static const struct option own[] = {
	{ "json", 0, 0, OPTION_TEXT, NULL, "the findings for programs", set_json },
	{ "guests", 0, 1, OPTION_FOLDER, "FOLDER", "where guest files are (default: build/guests)", set_guests },
	{ "build-dir", 0, 1, OPTION_FOLDER, "FOLDER",
	  "where loader, kernel and components are (default: build/target)", set_build_dir },
	{ 0 },
};

const struct command doctor_command = {
	.name = "doctor",
	.what = "say whether this machine has what it needs",
	.synopsis = (const char *const[]){ "[OPTION...]", NULL },
	.text = "Looks at packages, compiler, QEMU, memory, disk space, the cache, and what `make build` makes.\n"
		"One line each: `ok`, `warn` (it may do) or `BAD` (it will not), and what to do. Changes nothing.\n",
	.options = (const struct option *const[]){ own, NULL },
	.exits = "0 nothing is BAD; 1 something is; 2 wrong usage",
	.examples = (const char *const[]){ "peervisor doctor", "peervisor doctor --json", NULL },
	.run = doctor,
};
