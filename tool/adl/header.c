/* SPDX-License-Identifier: BSD-2-Clause */
#include "header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ast.h"

static void path_of(char path[2 * HEADER_PATH], const char *folder, const char *name)
{
	snprintf(path, 2 * HEADER_PATH, "%s/%s", folder, name);
}

static bool write_one(const char *folder, const char *name, const char *text)
{
	char path[2 * HEADER_PATH];
	char *slash;
	FILE *f;
	bool good;

	path_of(path, folder, name);
	slash = strchr(path + strlen(folder) + 1, '/');
	if (slash) {		/* one folder deep */
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	f = fopen(path, "we");
	if (!f)
		return false;
	good = fputs(text, f) >= 0;
	return fclose(f) == 0 && good;
}

bool header_write(char folder[HEADER_PATH])
{
	const char *temporary = getenv("TMPDIR"), *name, *text;
	unsigned int n;

	if (!temporary || !*temporary)
		temporary = P_tmpdir;
	if (snprintf(folder, HEADER_PATH, "%s/peervisor-XXXXXX", temporary) >= HEADER_PATH ||
	    !mkdtemp(folder))
		return false;
	for (n = 0; (text = prelude_header(n, &name)); n++) {
		if (!write_one(folder, name, text)) {
			header_remove(folder);
			return false;
		}
	}
	return true;
}

void header_remove(const char *folder)
{
	char path[2 * HEADER_PATH];
	const char *name;
	unsigned int n;
	char *slash;

	for (n = 0; prelude_header(n, &name); n++) {
		path_of(path, folder, name);
		unlink(path);
		slash = strchr(path + strlen(folder) + 1, '/');
		if (slash) {
			*slash = '\0';
			rmdir(path);	/* the last one of its folder succeeds */
		}
	}
	rmdir(folder);
}
