/* SPDX-License-Identifier: BSD-2-Clause */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char pending[PATH_MAX];		/* removed when a signal ends the program */
static const int ends[] = { SIGINT, SIGTERM, SIGHUP };

static void on_end(int number)
{
	unlink(pending);
	raise(number);		/* the handler was for once: this ends the program */
}

static void guard(const char *path)
{
	struct sigaction action = { .sa_flags = (int)SA_RESETHAND | SA_NODEFER };
	size_t i;

	action.sa_handler = path ? on_end : SIG_DFL;
	strncpy(pending, path ? path : "", sizeof(pending) - 1);
	for (i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaction(ends[i], &action, NULL);
}

/* A link stays a link: the file that it names is replaced. */
static const char *resolve(struct arena *a, const char *path)
{
	char full[PATH_MAX];

	return realpath(path, full) ? arena_copy(a, full, strlen(full)) : path;
}

bool output_open(struct output *o, struct arena *a, const char *path)
{
	struct stat st;

	o->fd = -1;
	o->path = resolve(a, path);
	o->beside = arena_format(a, "%s.%d.new", o->path, (int)getpid());
	if (stat(o->path, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		return false;
	}
	if (strlen(o->beside) >= sizeof(pending)) {
		errno = ENAMETOOLONG;
		return false;
	}
	guard(o->beside);
	o->fd = open(o->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (o->fd < 0)
		guard(NULL);
	return o->fd >= 0;
}

bool output_close(struct output *o, bool good)
{
	int why = errno;

	good = good && fsync(o->fd) == 0;
	if (!good)
		why = errno;
	if (close(o->fd) < 0 && good) {
		why = errno;
		good = false;
	}
	if (good && rename(o->beside, o->path) < 0) {
		why = errno;
		good = false;
	}
	if (!good)
		unlink(o->beside);
	guard(NULL);
	errno = why;
	return good;
}
