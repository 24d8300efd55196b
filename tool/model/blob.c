/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest files: found, read, kept once however many VMs use them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model.h"

/* A name is looked for in the guests' folder, then beside the assembly; a path is taken as it is. */
static const char *find_file(struct model *m, const char *name, struct stat *st)
{
	const char *path;

	if (name[0] == '/')
		return stat(name, st) == 0 ? name : NULL;
	path = arena_format(m->arena, "%s/%s", m->guests, name);
	if (stat(path, st) == 0)
		return path;
	path = arena_format(m->arena, "%s/%s", m->folder, name);
	return stat(path, st) == 0 ? path : NULL;
}

static const void *map_file(const char *path, uint64_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *data;

	if (fd < 0)
		return NULL;
	data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return data == MAP_FAILED ? NULL : data;
}

static struct model_blob *same_content(struct model *m, const struct model_blob *blob)
{
	struct model_blob *b;

	for (b = m->blobs; b; b = b->next)
		if (b->size == blob->size && memcmp(b->data, blob->data, b->size) == 0)
			return b;
	return NULL;
}

struct model_blob *model_blob(struct model *m, const char *name, const struct token *at,
			      bool optional)
{
	struct model_blob *b = ARENA_NEW(m->arena, struct model_blob), *same, **end;
	struct stat st;
	const char *path = find_file(m, name, &st);

	if (!path) {
		if (!optional)
			diagnostic_error(m->diagnostics, at,
					 "guest file \"%s\" is not there; looked in %s and "
					 "%s (`make build` makes the guests, `guests/all "
					 "--window` those with windows too)",
					 name, m->guests, m->folder);
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size == 0) {
		diagnostic_error(m->diagnostics, at, "guest file %s is %s; build it again", path,
				 S_ISREG(st.st_mode) ? "empty" : "not a regular file");
		return NULL;
	}
	b->path = path;
	b->name = name;
	b->size = (uint64_t)st.st_size;
	b->data = map_file(path, b->size);
	if (!b->data) {
		diagnostic_error(m->diagnostics, at, "guest file %s: %s; make it readable", path,
				 strerror(errno));
		return NULL;
	}
	same = same_content(m, b);
	if (same)
		return same;
	for (end = &m->blobs; *end; end = &(*end)->next)
		;
	*end = b;
	return b;
}
