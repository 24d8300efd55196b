/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Compiled programs are kept in a folder of the user. A program has a manifest: one line for each
 * file that went into it, with the hash and the length of its contents.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "stub.h"

#define FILE_LIMIT (64u << 20)
#define PROGRAMS 100u		/* kept */

/* FNV-1a, 64 bits: against accidents, not attacks; the folder is the user's own. */
uint64_t stub_hash(uint64_t start, const void *bytes, size_t length)
{
	const unsigned char *b = bytes;
	uint64_t hash = start ? start : 0xcbf29ce484222325ull;

	while (length--)
		hash = (hash ^ *b++) * 0x100000001b3ull;
	return hash;
}

const char *stub_cache_root(struct arena *a)
{
	const char *root = getenv("PEERVISOR_CACHE"), *home = getenv("HOME");

	if (root && *root)
		return arena_format(a, "%s/native", root);
	root = getenv("XDG_CACHE_HOME");
	if (root && *root)
		return arena_format(a, "%s/peervisor/native", root);
	return arena_format(a, "%s/.cache/peervisor/native", home && *home ? home : "/root");
}

static bool hash_file(struct arena *a, const char *path, uint64_t *hash, size_t *length)
{
	const char *data = source_read_file(a, path, FILE_LIMIT, length);

	if (!data)
		return false;
	*hash = stub_hash(0, data, *length);
	return true;
}

bool stub_cache_valid(struct arena *a, const char *manifest)
{
	size_t total, length, expected_length;
	char *text = source_read_file(a, manifest, FILE_LIMIT, &total), *line, *rest = NULL, *end;
	uint64_t hash, expected;

	if (!text || total == 0 || text[total - 1] != '\n')
		return false;
	text = arena_copy(a, text, total);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		expected = strtoull(line, &end, 16);
		expected_length = strtoull(end, &end, 10);
		if (*end != ' ' || !hash_file(a, end + 1, &hash, &length) || hash != expected ||
		    length != expected_length)
			return false;
	}
	utimensat(AT_FDCWD, manifest, NULL, 0);	/* the last use: stub_cache_prune */
	return true;
}

void stub_remove_folder(struct arena *a, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.')
			unlink(arena_format(a, "%s/%s", folder, e->d_name));
	if (d)
		closedir(d);
	rmdir(folder);
}

struct program {
	const char *folder;
	struct timespec used;
};

static int compare(const void *a, const void *b)
{
	const struct program *first = a, *second = b;

	if (first->used.tv_sec != second->used.tv_sec)
		return first->used.tv_sec < second->used.tv_sec ? 1 : -1;
	return first->used.tv_nsec < second->used.tv_nsec ? 1 : -1;
}

void stub_cache_prune(struct arena *a)
{
	const char *root = stub_cache_root(a);
	struct program *programs = NULL;
	size_t count = 0, capacity = 0;
	DIR *d = opendir(root);
	struct dirent *e;
	struct stat st;

	while (d && (e = readdir(d))) {
		if (stat(arena_format(a, "%s/%s/manifest", root, e->d_name), &st))
			continue;
		programs = arena_grow(a, programs, count, &capacity, sizeof(*programs));
		programs[count].folder = arena_format(a, "%s/%s", root, e->d_name);
		programs[count++].used = st.st_mtim;
	}
	if (d)
		closedir(d);
	if (count)
		qsort(programs, count, sizeof(*programs), compare);
	while (count > PROGRAMS)
		stub_remove_folder(a, programs[--count].folder);
}

static bool put_file(struct arena *a, FILE *out, const char *path)
{
	uint64_t hash;
	size_t length;

	if (!hash_file(a, path, &hash, &length))
		return false;
	fprintf(out, "%016" PRIx64 " %zu %s\n", hash, length, path);
	return true;
}

/* A rule of make: `target: file file \ file`; a blank in a name has a backslash before it. */
static bool put_dependencies(struct arena *a, FILE *out, const char *path, const char *work,
			     const char *folder)
{
	size_t length, n = 0;
	char *text = source_read_file(a, path, FILE_LIMIT, &length), *p, *name;
	bool good = true;

	p = text ? strstr(text, ": ") : NULL;
	if (!p)
		return false;
	name = arena_alloc(a, length + 1);
	for (p++; good; p++) {
		if (*p == '\\' && (p[1] == ' ' || p[1] == '#')) {
			name[n++] = *++p;
		} else if (*p == '\\' && p[1] == '\n') {
			p++;
		} else if (*p && *p != ' ' && *p != '\n') {
			name[n++] = *p;
		} else {
			name[n] = '\0';
			if (n && strncmp(name, work, strlen(work)) != 0)	/* generated: in the key */
				good = put_file(a, out, name[0] == '/' ? name :
						arena_format(a, "%s/%s", folder, name));
			n = 0;
			if (*p != ' ')
				break;
		}
	}
	return good;
}

bool stub_cache_write(struct arena *a, const char *manifest, const char *work,
		      const char *folder, const char *const *more)
{
	const char *new = arena_format(a, "%s/manifest.new", work), *d;
	FILE *out = fopen(new, "w");
	bool good = out != NULL;
	unsigned int i;

	for (i = 0; good && more[i]; i++)
		good = put_file(a, out, more[i]);
	for (i = 0; good; i++) {
		d = arena_format(a, "%s/%u.d", work, i);
		if (access(d, F_OK) != 0)
			break;
		good = put_dependencies(a, out, d, work, folder);
	}
	if (out && fclose(out))
		good = false;
	return good && rename(new, manifest) == 0;
}
