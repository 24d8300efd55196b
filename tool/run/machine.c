/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts and ends QEMU. Its UART and its monitor are socket pairs, so nothing is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define QEMU "qemu-system-aarch64"

struct arguments {
	struct arena *arena;
	const char *v[128];
	size_t n;
};

static void add(struct arguments *a, const char *argument)
{
	if (a->n < 127)
		a->v[a->n++] = argument;
}

static const char *disk_path(const struct run_options *o, const struct manifest_disk *d)
{
	unsigned int i;

	for (i = 0; i < o->disk_count; i++)
		if (!o->disks[i].name || strcmp(o->disks[i].name, d->name) == 0)
			return o->disks[i].path;
	return d->file;
}

static bool check_disk_names(const struct run_options *o, const struct manifest *m)
{
	const struct manifest_disk *d;
	unsigned int i, count = 0;

	for (d = m->disks; d; d = d->next)
		count++;
	for (i = 0; i < o->disk_count; i++) {
		for (d = m->disks; d; d = d->next)
			if (o->disks[i].name ? strcmp(o->disks[i].name, d->name) == 0 : count == 1)
				break;
		if (d)
			continue;
		if (!count)
			fprintf(stderr, "peervisor: %s uses no disk; leave --disk %s out\n",
				o->image, o->disks[i].path);
		else if (o->disks[i].name)
			fprintf(stderr, "peervisor: %s has no disk '%s'; its first is '%s'\n",
				o->image, o->disks[i].name, m->disks->name);
		else
			fprintf(stderr, "peervisor: %s has %u disks; write --disk NAME=%s\n",
				o->image, count, o->disks[i].path);
		return false;
	}
	return true;
}

/* A second run on the same disk, or the same disk twice in one run, must fail at once. */
static bool lock_disk(struct machine_process *p, const char *path, bool read_only)
{
	int fd = open(path, (read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	struct stat st;

	if (fd < 0) {
		fprintf(stderr, "peervisor: disk %s: %s; give an image file with --disk\n", path,
			strerror(errno));
		return false;
	}
	p->locks[p->lock_count++] = fd;
	if (fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		fprintf(stderr, "peervisor: disk %s is neither a file nor a block device\n", path);
		return false;
	}
	if (flock(fd, (read_only ? LOCK_SH : LOCK_EX) | LOCK_NB) < 0) {
		fprintf(stderr,
			"peervisor: disk %s is in use by another run; end that one or copy the "
			"disk\n",
			path);
		return false;
	}
	return true;
}

/* In QEMU's option syntax a comma in a value is written twice. */
static const char *escape(struct arena *a, const char *text)
{
	char *out = arena_alloc(a, strlen(text) * 2 + 1), *o = out;

	for (; *text; text++) {
		if (*text == ',')
			*o++ = ',';
		*o++ = *text;
	}
	return out;
}

static bool add_disks(struct arguments *a, const struct run_options *o, const struct manifest *m,
		      struct machine_process *p)
{
	const struct manifest_disk *d;
	const char *path;
	unsigned int n = 0;

	if (!check_disk_names(o, m))
		return false;
	for (d = m->disks; d && n < RUN_DISKS; d = d->next, n++) {
		path = disk_path(o, d);
		if (!path) {
			fprintf(stderr, "peervisor: %s needs a disk '%s'; give --disk PATH\n",
				o->image, d->name);
			return false;
		}
		if (!lock_disk(p, path, o->read_only))
			return false;
		add(a, "-drive");
		add(a, arena_format(a->arena, "if=none,id=disk%u,format=raw,file=%s%s", n,
				    escape(a->arena, path), o->read_only ? ",snapshot=on" : ""));
		add(a, "-device");
		add(a,
		    arena_format(a->arena, "virtio-blk-device,drive=disk%u,bus=virtio-mmio-bus.%u",
				 n, d->bus));
	}
	return true;
}

/* A card without a network of its own is on QEMU's user network: 10.0.2.0/24, the host is 10.0.2.2. */
static bool add_nets(struct arguments *a, const struct run_options *o, const struct manifest *m)
{
	const struct manifest_net *net;
	unsigned int n = 0;

	for (net = m->nets; net; net = net->next, n++) {
		add(a, "-netdev");
		add(a, arena_format(a->arena, "%s,id=net%u", n < o->net_count ? o->nets[n] : "user", n));
		add(a, "-device");
		add(a, arena_format(a->arena,
				    "virtio-net-device,netdev=net%u,bus=virtio-mmio-bus.%u,"
				    "mac=52:54:00:50:56:%02x", n, net->bus, n));
	}
	if (n < o->net_count)
		fprintf(stderr, "peervisor: %s has %u network cards; leave --net %s out\n", o->image, n,
			o->nets[n]);
	return n >= o->net_count;
}

/*
 * QEMU runs several cores in one thread, where a core that waits for another one gives way to it; in
 * threads of their own, on fewer processors than cores, they would spin their time slices away.
 */
static void add_cores(struct arguments *a, unsigned int cores)
{
	add(a, "-smp");
	add(a, arena_format(a->arena, "%u", cores));
	if (cores == 1)
		return;
	add(a, "-accel");
	add(a, "tcg,thread=single");
}

static bool build_arguments(struct arguments *a, const struct run_options *o,
			    const struct manifest *m, struct machine_process *p, int uart, int qmp)
{
	static const char *const fixed[] = {
		QEMU,
		"-M",
		"virt,virtualization=on,gic-version=2",
		"-cpu",
		"cortex-a57",
		"-nodefaults",
		"-no-user-config",
		"-no-reboot",
		"-display",
		"none",
		"-global",
		"virtio-mmio.force-legacy=false",
	};
	unsigned int i;

	for (i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		add(a, fixed[i]);
	add(a, "-m");
	add(a, arena_format(a->arena, "%lluM", m->memory));
	add_cores(a, m->cores);
	add(a, "-kernel");
	add(a, o->image);
	add(a, "-chardev");
	add(a, arena_format(a->arena, "socket,id=uart,fd=%d", uart));
	add(a, "-serial");
	add(a, "chardev:uart");
	add(a, "-chardev");
	add(a, arena_format(a->arena, "socket,id=qmp,fd=%d", qmp));
	add(a, "-mon");
	add(a, "chardev=qmp,mode=control");
	if (!add_disks(a, o, m, p) || !add_nets(a, o, m))
		return false;
	for (i = 0; i < o->extra_count; i++)
		add(a, o->extra[i]);
	return true;
}

static void child(const struct arguments *a, pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);		/* Ctrl-C is for us; we end QEMU */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	execvp(QEMU, (char *const *)(uintptr_t)a->v);
	fprintf(stderr, "peervisor: %s: %s; install qemu-system-arm\n", QEMU, strerror(errno));
	_exit(127);
}

bool machine_start(struct arena *arena, const struct run_options *o, const struct manifest *m,
		   struct machine_process *p)
{
	struct arguments a = { .arena = arena };
	int uart[2], qmp[2];
	pid_t parent = getpid();

	memset(p, 0, sizeof(*p));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, uart) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, qmp) < 0) {
		fprintf(stderr, "peervisor: socketpair: %s\n", strerror(errno));
		return false;
	}
	if (!build_arguments(&a, o, m, p, uart[1], qmp[1]))
		return false;
	fcntl(uart[0], F_SETFD, FD_CLOEXEC);
	fcntl(qmp[0], F_SETFD, FD_CLOEXEC);
	p->pid = fork();
	if (p->pid == 0)
		child(&a, parent);
	close(uart[1]);
	close(qmp[1]);
	p->uart = uart[0];
	p->qmp = qmp[0];
	fcntl(p->uart, F_SETFL, O_NONBLOCK);
	if (p->pid < 0)
		fprintf(stderr, "peervisor: fork: %s\n", strerror(errno));
	return p->pid > 0;
}

#define READS 64	/* at a time, of a QEMU that may send without a pause */

struct stopping {
	struct machine_process *machine;
	bool (*read_uart)(void *context);
	void *context;
	int status;
};

/* QEMU waits for room to send before it looks at a request, so its UART is read all the time. */
static bool wait_end(struct stopping *s, unsigned int ms)
{
	struct pollfd uart = { .fd = s->machine->uart, .events = POLLIN };

	for (;; ms -= ms < 20 ? ms : 20) {
		bool ended = waitpid(s->machine->pid, &s->status, WNOHANG) == s->machine->pid;
		unsigned int n = 0;

		while ((ended || n++ < READS) && s->read_uart(s->context))
			;
		if (ended || !ms)
			return ended;
		poll(&uart, 1, 20);
		if (uart.revents & POLLHUP)
			uart.fd = -1;
	}
}

static void end_qemu(struct stopping *s)
{
	static const char quit[] = "{\"execute\":\"qmp_capabilities\"}\n{\"execute\":\"quit\"}\n";
	struct machine_process *p = s->machine;

	if (wait_end(s, 0))
		return;
	if (send(p->qmp, quit, sizeof(quit) - 1, MSG_NOSIGNAL) >= 0 && wait_end(s, 5000))
		return;
	kill(p->pid, SIGTERM);
	if (wait_end(s, 2000))
		return;
	kill(p->pid, SIGKILL);
	waitpid(p->pid, &s->status, 0);
	wait_end(s, 0);
}

int machine_stop(struct machine_process *p, bool (*read_uart)(void *context), void *context)
{
	struct stopping s = { p, read_uart, context, 0 };
	unsigned int i;

	end_qemu(&s);
	close(p->uart);
	close(p->qmp);
	for (i = 0; i < p->lock_count; i++)
		close(p->locks[i]);
	return s.status;
}
