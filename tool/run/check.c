/* SPDX-License-Identifier: BSD-2-Clause */
/* What is looked at before a machine is started: names that the options use, the folder of the logs. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run.h"

/* Monitors and components have `.log` consoles, which the image does not list. */
static bool is_console(const struct manifest *m, const char *name)
{
	const struct manifest_vm *vm;
	size_t n = strlen(name);

	if (strcmp(name, "system") == 0 || (n > 4 && strcmp(name + n - 4, ".log") == 0))
		return true;
	for (vm = m->vms; vm; vm = vm->next)
		if (vm->console && strcmp(vm->name, name) == 0)
			return true;
	return false;
}

static bool known(const struct run_options *o, const struct manifest *m, const char *name)
{
	const struct manifest_vm *vm;

	if (is_console(m, name))
		return true;
	fprintf(stderr, "peervisor: %s has no console '%s'; it has ", o->image, name);
	for (vm = m->vms; vm; vm = vm->next)
		if (vm->console)
			fprintf(stderr, "%s, ", vm->name);
	fputs("system, and NAME.log of each monitor and component\n", stderr);
	return false;
}

bool check_consoles(const struct run_options *o, const struct manifest *m)
{
	unsigned int i;

	if (o->console && !known(o, m, o->console))
		return false;
	for (i = 0; i < o->step_count; i++)
		if (!known(o, m, o->steps[i].console))
			return false;
	return true;
}

int check_log_folder(const char *folder)
{
	int fd = mkdir(folder, 0777) < 0 && errno != EEXIST ? -1 :
		 open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "peervisor: folder %s: %s; give another with --log-dir\n", folder,
			strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fd;
	fprintf(stderr, "peervisor: another run writes its logs to %s; end that one, or give another folder "
		"with --log-dir\n", folder);
	close(fd);
	return -1;
}
