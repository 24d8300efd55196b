/* SPDX-License-Identifier: BSD-2-Clause */
/* Folders to begin with. One is made beside its place and renamed, so it is there whole or not at all. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "template.h"

#define NAME_MOST	32u

/* The text with the names put in. */
static char *fill(struct arena *a, const char *text, const char *name, const char *type)
{
	size_t room = 1;
	const char *p;
	char *out, *o;

	for (p = text; *p; p++)
		room += *p == '@' ? strlen(name) : *p == '^' ? strlen(type) : 1;
	out = o = arena_alloc(a, room);
	for (p = text; *p; p++) {
		if (*p != '@' && *p != '^') {
			*o++ = *p;
			continue;
		}
		strcpy(o, *p == '@' ? name : type);
		o += strlen(o);
	}
	return out;
}

static bool write_file(struct arena *a, const char *folder, const char *path, const char *text)
{
	char *full = arena_format(a, "%s/%s", folder, path), *slash;
	bool ok;
	FILE *f;

	for (slash = full + strlen(folder) + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		if (mkdir(full, 0777) < 0 && errno != EEXIST)
			return false;
	}
	f = fopen(full, "w");
	ok = f && fputs(text, f) >= 0;
	return f && fclose(f) == 0 && ok;
}

static bool good_name(const char *name)
{
	static const char *const taken[] = { "serial", "timer", "component", "assembly", "composition", "vm" };
	size_t n, i;

	for (n = 0; name[n]; n++)
		if (!islower((unsigned char)name[n]) && !(n && (isdigit((unsigned char)name[n]) || name[n] == '_')))
			return false;
	for (i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return false;
	return n > 0 && n <= NAME_MOST;
}

static int failed(const char *name)
{
	fprintf(stderr, "peervisor: cannot make folder %s: %s\n", name, strerror(errno));
	return COMMAND_FAILED;
}

static int make(struct settings *s, const struct template_file *files, const char *name)
{
	struct arena *a = &s->arena;
	char *type = arena_copy(a, name, strlen(name)), *folder = arena_format(a, "%s.new-XXXXXX", name);
	const struct template_file *f;

	type[0] = (char)toupper((unsigned char)type[0]);
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
		return failed(name);
	for (f = files; f->path; f++)
		if (!write_file(a, folder, fill(a, f->path, name, type), fill(a, f->text, name, type)))
			return failed(folder);
	if (rename(folder, name) < 0)
		return failed(folder);
	for (f = files; f->path; f++)
		printf("%s/%s\n", name, fill(a, f->path, name, type));
	printf("next: peervisor run %s/%s.camkes\n", name, name);
	return COMMAND_DONE;
}

static int new(struct settings *s)
{
	const char *kind = s->operands[0], *name = s->operands[1];
	bool component = strcmp(kind, "component") == 0;
	struct stat st;

	if (!component && strcmp(kind, "assembly") != 0)
		return option_wrong(&new_command, "'%s' is neither 'component' nor 'assembly'", kind);
	if (!good_name(name))
		return option_wrong(&new_command, "'%s' cannot be a name; one is of a-z, 0-9 and _, begins with "
				    "a letter, has at most %u of them, and is no word of the system", name, NAME_MOST);
	if (lstat(name, &st) == 0) {
		fprintf(stderr, "peervisor: %s is there already; choose another name or remove it\n", name);
		return COMMAND_FAILED;
	}
	return make(s, component ? template_component : template_assembly, name);
}

static const struct option own[] = { { 0 } };

const struct command new_command = {
	.name = "new",
	.what = "make a folder with a first component or assembly",
	.synopsis = (const char *const[]){ "component NAME", "assembly NAME", NULL },
	.least = 2, .most = 2,
	.words = (const char *const[]){ "component", "assembly", NULL },
	.text = "Makes folder NAME with all that `peervisor run NAME/NAME.camkes` needs, to be changed to taste:\n"
		"a native component in C with a system around it, or an assembly of one VM.\n",
	.options = (const struct option *const[]){ own, NULL },
	.exits = "0 made; 1 the folder is there already, or cannot be made; 2 wrong usage",
	.examples = (const char *const[]){
		"peervisor new component hello && peervisor run hello/hello.camkes",
		"peervisor new assembly gateway", NULL },
	.run = new,
};
