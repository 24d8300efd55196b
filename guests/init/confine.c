// SPDX-License-Identifier: BSD-2-Clause
// confine UID ROOT [TAP]... -- PROGRAM [ARGUMENT]...: becomes PROGRAM, a path in ROOT, with nothing of
// root's: its own user and group, no capability and no way to gain one, a network namespace without an
// interface, no file outside of ROOT. Each TAP is created here, set up by /bin/tap, and handed over as a
// descriptor: 3 for the first, and so on; of the network the program has these and no more.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_TAP	3
#define TASKS		256	// threads of a QEMU: its pool has 64, and a few beside it

static void die(const char *what, const char *whose)
{
	fprintf(stderr, "confine: %s %s: %s\n", what, whose, strerror(errno));
	exit(126);
}

static int tap_open(const char *name)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR);

	if (strlen(name) >= IFNAMSIZ) {
		errno = ENAMETOOLONG;
		die("cannot make the tap", name);
	}
	strcpy(request.ifr_name, name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request))
		die("cannot make the tap", name);
	return fd;
}

// Joins the bridge, or gets an address: what the administrator says, so before any right is given up.
static void tap_up(const char *name)
{
	int status = 0;
	pid_t child = fork();

	if (!child) {
		execl("/bin/tap", "tap", name, NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		die("cannot set up the tap", name);
	if (status) {
		fprintf(stderr, "confine: /bin/tap %s failed\n", name);
		exit(126);
	}
}

// The taps get the descriptors from 3 on; nothing else stays open but input, output and errors.
static void taps_give(char **name, int taps)
{
	int fd[taps + 1], i;

	for (i = 0; i < taps; i++) {
		int any = tap_open(name[i]);

		fd[i] = fcntl(any, F_DUPFD_CLOEXEC, FIRST_TAP + taps);
		if (fd[i] < 0)
			die("cannot move the descriptor of", name[i]);
		close(any);
		tap_up(name[i]);
	}
	for (i = 0; i < taps; i++)
		if (dup2(fd[i], FIRST_TAP + i) < 0)
			die("cannot move the descriptor of", name[i]);
	if (close_range((unsigned int)(FIRST_TAP + taps), ~0u, 0))
		die("cannot close", "what was open");
}

static void limit(int resource, rlim_t most)
{
	struct rlimit limit = { most, most };

	if (setrlimit(resource, &limit))
		die("cannot limit", "the program");
}

static void confine(uid_t uid, const char *root)
{
	int capability;

	if (unshare(CLONE_NEWNET))
		die("cannot make", "a network namespace");
	if (chroot(root) || chdir("/"))
		die("cannot enter", root);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NPROC, TASKS);
	umask(077);
	for (capability = 0; !prctl(PR_CAPBSET_DROP, capability); capability++)
		;
	if (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
		die("cannot become", "another user");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("cannot give up", "new privileges");
}

int main(int argc, char **argv)
{
	long uid = argc > 4 ? strtol(argv[1], NULL, 10) : 0;
	int taps = 0;

	while (3 + taps < argc && strcmp(argv[3 + taps], "--"))
		taps++;
	if (uid <= 0 || 3 + taps + 1 >= argc) {
		fputs("usage: confine UID ROOT [TAP]... -- PROGRAM [ARGUMENT]...\n", stderr);
		return 2;
	}
	taps_give(argv + 3, taps);
	confine((uid_t)uid, argv[2]);
	argv += 3 + taps + 1;
	execv(argv[0], argv);
	die("cannot run", argv[0]);
}
