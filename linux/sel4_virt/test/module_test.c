// SPDX-License-Identifier: GPL-2.0-only
/* sel4_virt.ko from user space, over a connector made of memory (fake_connector.c). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "expect.h"
#include "monitor.h"
#include "sel4_virt.h"

#define MEMDEV_BASE	0x40000000ul
#define MEMDEV_SIZE	0x01000000ul
#define FIRST_SPI	256
#define WINDOW		0x10000000ul
#define V2M		0x08020000ul
static void *volatile bad = (void *)8;
#define BAD		((void *)bad)

static int sel4, vm;

static int open_vm(void)
{
	struct sel4_create_vm arg = { .flags = SEL4_CREATE_BY_NAME, .name = "workload" };

	return ioctl(sel4, SEL4_CREATE_VM, &arg);
}

static uint32_t link_of(void)
{
	struct sel4_vm_info info;

	expect(ioctl(vm, SEL4_VM_INFO, &info) == 0);
	return info.link;
}

static struct sel4_vpci_device function(void)
{
	struct sel4_vpci_device f = {
		.bdf = 1 << 3, .vendor = 0x1af4, .device = 0x1042, .class_code = 0x018000,
		.revision = 1, .msix_bar = 1, .msix_entries = 3, .bar = {
			[1] = { .size = 4096 },
			[4] = { .size = 16384, .flags = SEL4_BAR_64 | SEL4_BAR_PREFETCH },
		},
	};
	return f;
}

static bool readable(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 1 && (p.revents & POLLIN);
}

static void drain(int fd)
{
	uint64_t count;

	expect(read(fd, &count, 8) == 8);
}

/* ---- tests, in this order ---- */

static void opening(void)
{
	struct sel4_create_vm arg = { .flags = SEL4_CREATE_BY_NAME, .name = "nobody" };
	struct sel4_vm_info info;

	expect(ioctl(sel4, SEL4_GET_API_VERSION) == SEL4_API_VERSION);
	expect_error(ioctl(sel4, SEL4_CREATE_VM, BAD), EFAULT);
	expect_error(ioctl(sel4, 0x1234), ENOTTY);
	expect_error(ioctl(sel4, SEL4_CREATE_VM, &arg), ENODEV);
	arg.flags = 2;
	expect_error(ioctl(sel4, SEL4_CREATE_VM, &arg), EINVAL);
	memset(arg.name, 'x', sizeof(arg.name));
	arg.flags = SEL4_CREATE_BY_NAME;
	expect_error(ioctl(sel4, SEL4_CREATE_VM, &arg), EINVAL);
	arg = (struct sel4_create_vm){ .id = 7 };
	vm = ioctl(sel4, SEL4_CREATE_VM, &arg);
	expect(vm >= 0);
	expect_error(open_vm(), EBUSY);
	expect(ioctl(vm, SEL4_VM_INFO, &info) == 0);
	expect(info.id == 7 && info.first_spi == FIRST_SPI && info.spis == 128);
	expect(info.memdev_base == MEMDEV_BASE && info.memdev_size == MEMDEV_SIZE);
	expect(!strcmp(info.name, "workload") && info.link == SEL4_LINK_DOWN);
	expect(info.v2m_base == V2M && info.window_base == WINDOW);
}

/* A thread of any process sleeps in that system call (/proc/ID/syscall says "running" before). */
static bool sleeps_in(pid_t thread, long call)
{
	char name[32];
	long number = -1;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/syscall", thread);
	f = fopen(name, "r");
	expect(f);
	if (fscanf(f, "%ld", &number) != 1)
		number = -1;
	fclose(f);
	return number == call;
}

static void killed_while_waiting(unsigned long call, void *arg)
{
	int status;
	pid_t child = fork();

	if (!child) {
		ioctl(vm, call, arg);
		_exit(0);
	}
	eventually(sleeps_in(child, SYS_ioctl));
	expect(kill(child, SIGKILL) == 0);
	expect(waitpid(child, &status, 0) == child);
	expect(WIFSIGNALED(status));
}

static void waiting_for_the_link_is_killable(void)
{
	struct sel4_vpci_device f = function();

	killed_while_waiting(SEL4_START_VM, NULL);
	killed_while_waiting(SEL4_CREATE_VPCI_DEVICE, &f);
	monitor_restart();
	eventually(link_of() == SEL4_LINK_UP);
}

static void functions(void)
{
	struct sel4_vpci_device f = function();
	struct sel4_vpci_destroy d = { .bdf = 8 };
	struct iobuf_pci_function got = { 0 };

	expect(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f) == 0);
	expect(monitor.last.op == IOBUF_PCI_ADD);
	iobuf_pci_unpack(&monitor.last, &got);
	expect(got.bdf == 8 && got.vendor == 0x1af4 && got.device == 0x1042);
	expect(got.class_code == 0x018000 && got.bar_log2[1] == 12 && got.bar_log2[4] == 14);
	expect(got.bar_flags[4] == 3 && got.msix_bar == 1 && got.msix_entries == 3);
	monitor.refuse = EEXIST;
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f), EEXIST);
	monitor.refuse = 0;
	f.bar[1].size = 4095;
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f), EINVAL);
	f = function();
	f.bar[5].size = 4096;
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f), EINVAL);
	f = function();
	f.msix_entries = 300;
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f), EINVAL);
	f = function();
	f.bdf = 0x10000;
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f), EINVAL);
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, BAD), EFAULT);
	expect(ioctl(vm, SEL4_DESTROY_VPCI_DEVICE, &d) == 0);
	expect(monitor.last.op == IOBUF_PCI_REMOVE && monitor.last.space == 8);
	expect(ioctl(vm, SEL4_START_VM) == 0);
	expect(monitor.last.op == IOBUF_VM_START);
	expect_error(ioctl(vm, _IO(SEL4_IOC, 0x7f)), ENOTTY);
}

static void requests(void)
{
	struct iobuf_message m = { .op = IOBUF_MMIO_READ, .len = 4, .addr = WINDOW + 16 };
	struct sel4_completion c = { .data = 0x12345678 };
	struct sel4_request r[4];
	unsigned int done = monitor.completions;

	expect(fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
	expect_error((int)read(vm, r, sizeof(r)), EAGAIN);
	expect_error((int)read(vm, r, 31), EINVAL);
	expect(!readable(vm, 0));
	monitor_send(m);
	expect(readable(vm, 0));
	expect_error((int)read(vm, BAD, sizeof(r)), EFAULT);
	expect(read(vm, r, sizeof(r)) == sizeof(r[0]));
	expect(r[0].type == SEL4_REQ_MMIO_READ && r[0].addr == m.addr && r[0].len == 4);
	c.id = r[0].id + 1;
	expect_error(ioctl(vm, SEL4_COMPLETE_IO, &c), ENOENT);
	c.id = r[0].id;
	c.status = 4096;
	expect_error(ioctl(vm, SEL4_COMPLETE_IO, &c), EINVAL);
	c.status = 0;
	expect(ioctl(vm, SEL4_COMPLETE_IO, &c) == 0);
	eventually(monitor.completions == done + 1);
	expect(monitor.completion.data == 0x12345678 && !monitor.completion.status);
	expect_error(ioctl(vm, SEL4_COMPLETE_IO, &c), ENOENT);

	m.op = IOBUF_CFG_WRITE;	/* several, in order */
	for (m.addr = 0; m.addr < 12; m.addr += 4)
		monitor_send(m);
	expect(read(vm, r, sizeof(r)) == 3 * sizeof(r[0]));
	expect(r[0].addr == 0 && r[1].addr == 4 && r[2].addr == 8);
	for (int i = 2; i >= 0; i--) {	/* answered in any order */
		c.id = r[i].id;
		expect(ioctl(vm, SEL4_COMPLETE_IO, &c) == 0);
	}
	eventually(monitor.completions == done + 4);
}

static void ioeventfds(void)
{
	struct sel4_ioeventfd a = { .addr = WINDOW + 0x100, .len = 2 }, b;
	int one = eventfd(0, EFD_NONBLOCK), two = eventfd(0, EFD_NONBLOCK);

	a.fd = one;
	expect(ioctl(vm, SEL4_IOEVENTFD, &a) == 0);
	expect(monitor.last.op == IOBUF_DOORBELL_SET && monitor.last.addr == a.addr);
	expect(monitor.last.len == 2 && monitor.last.space == 0 && !monitor.last.arg[0]);
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &a), EEXIST);
	b = a;
	b.fd = two;
	b.addr = WINDOW + 0x104;
	b.flags = SEL4_IOEVENTFD_MATCH;
	b.datamatch = 5;
	expect(ioctl(vm, SEL4_IOEVENTFD, &b) == 0);
	expect(monitor.last.space == 1 && monitor.last.data == 5 && monitor.last.arg[0] == 1);
	b.datamatch = 6;
	expect(ioctl(vm, SEL4_IOEVENTFD, &b) == 0);
	b.flags |= SEL4_IOEVENTFD_DEASSIGN;
	expect(ioctl(vm, SEL4_IOEVENTFD, &b) == 0);
	expect(monitor.last.op == IOBUF_DOORBELL_CLEAR && monitor.last.space == 2);
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &b), ENOENT);

	monitor_count(1);
	expect(readable(two, 0) && !readable(one, 0));
	drain(two);
	monitor_count(0);
	monitor_count(1);
	expect(readable(two, 0) && readable(one, 0));
	monitor_count(77);	/* nobody's */

	b = a;
	b.len = 3;
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &b), EINVAL);
	b = a;
	b.addr = 0x40000000;	/* outside the window */
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &b), EINVAL);
	b = a;
	b.fd = vm;
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &b), EINVAL);
	b.fd = 999;
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &b), EBADF);
	b = a;
	b.addr += 0x200;
	monitor.refuse = EADDRINUSE;
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &b), EADDRINUSE);
	monitor.refuse = 0;
	close(one);
	close(two);
}

static bool msi_seen(unsigned int index)
{
	return monitor.seen.changed[index / 64] >> (index % 64) & 1;
}

static void irqfds(void)
{
	struct sel4_irqfd a = { .irq = FIRST_SPI + 70 }, line = { .irq = 2 };
	struct sel4_msi msi = { .address = V2M + 0x40, .data = FIRST_SPI + 3 };
	struct sel4_irqline level = { .line = 1, .action = SEL4_IRQLINE_SET };
	int one = eventfd(0, EFD_NONBLOCK), two = eventfd(0, 0), again = eventfd(0, EFD_NONBLOCK);
	uint64_t count = 1;

	a.fd = one;
	expect(ioctl(vm, SEL4_IRQFD, &a) == 0);
	expect_error(ioctl(vm, SEL4_IRQFD, &a), EBUSY);
	expect(write(one, &count, 8) == 8);
	eventually(msi_seen(70));
	expect(!readable(one, 0));	/* taken */
	a.flags = SEL4_IRQFD_DEASSIGN;
	expect(ioctl(vm, SEL4_IRQFD, &a) == 0);
	expect_error(ioctl(vm, SEL4_IRQFD, &a), ENOENT);
	a.flags = 0;
	a.irq = FIRST_SPI + 120;
	expect_error(ioctl(vm, SEL4_IRQFD, &a), EINVAL);
	a.irq = FIRST_SPI - 1;
	expect_error(ioctl(vm, SEL4_IRQFD, &a), EINVAL);
	a.irq = FIRST_SPI;
	a.fd = 0;
	expect_error(ioctl(vm, SEL4_IRQFD, &a), EINVAL);
	a.fd = 999;
	expect_error(ioctl(vm, SEL4_IRQFD, &a), EBADF);

	expect(write(two, &count, 8) == 8);	/* signalled before it is assigned */
	a.fd = two;
	a.irq = FIRST_SPI + 9;
	expect(ioctl(vm, SEL4_IRQFD, &a) == 0);
	eventually(msi_seen(9));

	line.fd = one;
	line.flags = SEL4_IRQFD_LINE;
	expect_error(ioctl(vm, SEL4_IRQFD, &line), EINVAL);
	line.flags |= SEL4_IRQFD_RESAMPLE;
	line.resamplefd = 999;
	expect_error(ioctl(vm, SEL4_IRQFD, &line), EBADF);
	line.resamplefd = again;
	expect(ioctl(vm, SEL4_IRQFD, &line) == 0);
	expect(write(one, &count, 8) == 8);
	eventually(msi_seen(IOBUF_ASSERT_FIRST + 2));
	monitor_count(IOBUF_EOI_FIRST + 1);
	expect(!readable(again, 0));
	monitor_count(IOBUF_EOI_FIRST + 2);
	expect(readable(again, 0));

	expect(ioctl(vm, SEL4_SIGNAL_MSI, &msi) == 0);
	eventually(msi_seen(3));
	msi.address += 4;
	expect_error(ioctl(vm, SEL4_SIGNAL_MSI, &msi), EINVAL);
	expect(ioctl(vm, SEL4_SET_IRQLINE, &level) == 0);
	eventually(monitor.seen.level == 2);
	level.action = SEL4_IRQLINE_CLEAR;
	expect(ioctl(vm, SEL4_SET_IRQLINE, &level) == 0);
	eventually(monitor.seen.level == 0);
	level.action = SEL4_IRQLINE_PULSE;
	expect(ioctl(vm, SEL4_SET_IRQLINE, &level) == 0);
	eventually(msi_seen(IOBUF_ASSERT_FIRST + 1));
	level.line = 4;
	expect_error(ioctl(vm, SEL4_SET_IRQLINE, &level), EINVAL);
	close(one);
	close(two);
	close(again);
}

static int assign_irqfd(int fd, uint32_t spi)
{
	struct sel4_irqfd a = { .fd = fd, .irq = FIRST_SPI + spi };

	return ioctl(vm, SEL4_IRQFD, &a);
}

static int deassign_irqfd(int fd, uint32_t spi)
{
	struct sel4_irqfd a = { .fd = fd, .irq = FIRST_SPI + spi, .flags = SEL4_IRQFD_DEASSIGN };

	return ioctl(vm, SEL4_IRQFD, &a);
}

static int assign_line(int fd, int resamplefd, uint32_t line)
{
	struct sel4_irqfd a = {
		.fd = fd, .resamplefd = resamplefd, .irq = line,
		.flags = SEL4_IRQFD_LINE | SEL4_IRQFD_RESAMPLE,
	};

	return ioctl(vm, SEL4_IRQFD, &a);
}

static bool fires(int fd, unsigned int counter)
{
	uint64_t one = 1;

	pthread_mutex_lock(&monitor.lock);
	memset(&monitor.seen, 0, sizeof(monitor.seen));
	pthread_mutex_unlock(&monitor.lock);
	expect(write(fd, &one, 8) == 8);
	eventually(msi_seen(counter));
	return !readable(fd, 0);
}

/* An eventfd has one consumer, so it has one role. */
static void one_role(void)
{
	int one = eventfd(0, EFD_NONBLOCK), two = eventfd(0, EFD_NONBLOCK);
	int again = eventfd(0, EFD_NONBLOCK), copy = dup(one);

	expect(assign_irqfd(one, 20) == 0);
	expect_error(assign_irqfd(one, 20), EBUSY);
	expect_error(assign_irqfd(one, 21), EBUSY);
	expect_error(assign_irqfd(copy, 21), EBUSY);
	expect_error(assign_line(one, again, 3), EBUSY);
	expect_error(assign_line(two, one, 3), EBUSY);
	expect_error(assign_line(two, two, 3), EBUSY);
	expect(fires(one, 20));
	expect_error(deassign_irqfd(one, 21), ENOENT);

	expect(assign_line(two, again, 3) == 0);
	expect_error(assign_line(two, again, 3), EBUSY);
	expect_error(assign_irqfd(two, 21), EBUSY);
	expect_error(assign_irqfd(again, 21), EBUSY);
	close(copy);
	copy = eventfd(0, EFD_NONBLOCK);
	expect_error(assign_line(copy, again, 0), EBUSY);
	expect_error(assign_line(again, copy, 0), EBUSY);
	expect(fires(two, IOBUF_ASSERT_FIRST + 3));

	expect(deassign_irqfd(one, 20) == 0);
	expect(assign_irqfd(one, 21) == 0);
	expect(fires(one, 21));
	close(one);
	close(two);
	close(copy);
	copy = eventfd(0, EFD_NONBLOCK);
	expect(assign_line(copy, again, 0) == 0);	/* free since its irqfd hung up */
	close(copy);
	close(again);
}

static long open_files(void)
{
	FILE *f = fopen("/proc/sys/fs/file-nr", "r");
	long files;

	expect(f && fscanf(f, "%ld", &files) == 1);
	fclose(f);
	return files;
}

/* A closed eventfd takes its irqfd along: no file stays open without a descriptor. */
static void closed_eventfds(void)
{
	long files = open_files();

	for (unsigned int i = 0; i < 20 * SEL4_IRQFDS_MAX; i++) {
		int fd = eventfd(0, EFD_NONBLOCK), again = eventfd(0, EFD_NONBLOCK);

		expect((i & 1 ? assign_irqfd(fd, i % 120) : assign_line(fd, again, i % 4)) == 0);
		close(fd);
		close(again);
	}
	expect(open_files() < files + SEL4_IRQFDS_MAX);
}

static void irqfds_are_bounded(void)
{
	int fd[SEL4_IRQFDS_MAX + 1];
	unsigned int i;

	for (i = 0; i <= SEL4_IRQFDS_MAX; i++)
		fd[i] = eventfd(0, EFD_NONBLOCK);
	for (i = 0; i < SEL4_IRQFDS_MAX; i++)
		expect(assign_irqfd(fd[i], i % 120) == 0);
	expect_error(assign_irqfd(fd[i], 0), ENOSPC);
	expect_error(assign_line(fd[i], fd[i], 0), ENOSPC);
	expect(fires(fd[i - 1], (i - 1) % 120));
	expect(deassign_irqfd(fd[0], 0) == 0);
	expect(assign_irqfd(fd[i], 7) == 0);
	expect_error(assign_irqfd(fd[0], 7), ENOSPC);
	close(fd[1]);
	expect(assign_irqfd(fd[0], 7) == 0);
	for (i = 0; i <= SEL4_IRQFDS_MAX; i++)
		if (i != 1)
			close(fd[i]);
}

/* What one end of interrupt signals is bounded, too. */
static void lines_are_bounded(void)
{
	int fd[SEL4_LINE_IRQFDS_MAX + 1], again[SEL4_LINE_IRQFDS_MAX + 1];
	unsigned int i;

	for (i = 0; i <= SEL4_LINE_IRQFDS_MAX; i++) {
		fd[i] = eventfd(0, EFD_NONBLOCK);
		again[i] = eventfd(0, EFD_NONBLOCK);
	}
	for (i = 0; i < SEL4_LINE_IRQFDS_MAX; i++)
		expect(assign_line(fd[i], again[i], 1) == 0);
	expect_error(assign_line(fd[i], again[i], 1), ENOSPC);
	expect(assign_line(fd[i], again[i], 2) == 0);
	monitor_count(IOBUF_EOI_FIRST + 1);
	for (i = 0; i < SEL4_LINE_IRQFDS_MAX; i++)
		expect(readable(again[i], 0));
	expect(!readable(again[i], 0));
	for (i = 0; i <= SEL4_LINE_IRQFDS_MAX; i++) {
		close(fd[i]);
		close(again[i]);
	}
}

static void doorbells_are_bounded(void)
{
	struct sel4_ioeventfd a = { .fd = eventfd(0, EFD_NONBLOCK), .addr = WINDOW + 0x4000 };
	unsigned int i;
	int ret;

	for (i = 0; (ret = ioctl(vm, SEL4_IOEVENTFD, &a)) == 0; i++)
		a.addr += 4;
	expect(errno == ENOSPC && i && i <= SEL4_IOEVENTFDS_MAX);
	a.flags = SEL4_IOEVENTFD_DEASSIGN;
	for (; i; i--) {
		a.addr -= 4;
		expect(ioctl(vm, SEL4_IOEVENTFD, &a) == 0);
	}
	a = (struct sel4_ioeventfd){ .fd = a.fd, .addr = WINDOW + 0x4000, .len = 2,
				     .flags = SEL4_IOEVENTFD_MATCH, .datamatch = 0x10005 };
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &a), EINVAL);	/* it could never be rung */
	close(a.fd);
}

/* The errno of a refusal is the peer's number: it says nothing of this side, and it is no mark. */
static void refusals(void)
{
	static const int means[] = { ENOENT, ENOMEM, EEXIST, EINVAL, ENOSPC, EOPNOTSUPP, EADDRINUSE };
	static const uint16_t last[] = { 512, 513, 514, 516, 517, 529, 530, 1000, 4094, 4095 };

	for (unsigned int i = 1; i < 140 + sizeof(last) / sizeof(last[0]); i++) {
		uint16_t status = i < 140 ? (uint16_t)i : last[i - 140];
		int error = EIO;

		for (unsigned int j = 0; j < sizeof(means) / sizeof(means[0]); j++)
			if (status == means[j])
				error = status;
		monitor.refuse = status;
		expect_error(ioctl(vm, SEL4_START_VM), error);
	}
	monitor.refuse = 0;
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

/* One eventfd both ways: no lock may be taken in two orders. */
static void one_eventfd_both_ways(void)
{
	struct sel4_ioeventfd io = { .addr = WINDOW + 0x800 };
	struct sel4_irqfd irq = { .irq = FIRST_SPI + 11 };

	io.fd = irq.fd = eventfd(0, EFD_NONBLOCK);
	expect(ioctl(vm, SEL4_IOEVENTFD, &io) == 0);
	expect(ioctl(vm, SEL4_IRQFD, &irq) == 0);
	monitor_count(monitor.last.space);
	eventually(msi_seen(11));
	close(io.fd);
}

static void memory(void)
{
	size_t half = MEMDEV_SIZE / 2;
	uint32_t *all = mmap(NULL, MEMDEV_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm, MEMDEV_BASE);
	uint32_t *part = mmap(NULL, half, PROT_READ | PROT_WRITE, MAP_SHARED, vm,
			      MEMDEV_BASE + (off_t)half);
	static char buffer[65536] __attribute__((aligned(4096)));
	struct iovec local = { buffer, sizeof(buffer) }, remote = { part, sizeof(buffer) };
	int pipes[2];

	expect(all != MAP_FAILED && part != MAP_FAILED);
	for (size_t i = 0; i < MEMDEV_SIZE / 4; i += 1024)
		all[i] = (uint32_t)i;
	for (size_t i = 0; i < half / 4; i += 1024)
		expect(part[i] == i + half / 4);
	/* pages that can be pinned: by process_vm_readv and by vmsplice */
	expect(process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == sizeof(buffer));
	expect(!memcmp(buffer, part, sizeof(buffer)));
	expect(pipe(pipes) == 0);
	expect(vmsplice(pipes[1], &remote, 1, 0) == sizeof(buffer));
	expect(read(pipes[0], buffer, 4096) == 4096 && !memcmp(buffer, part, 4096));
	close(pipes[0]);
	close(pipes[1]);
	/* what is taken out of the page table comes back */
	expect(madvise(all, MEMDEV_SIZE, MADV_DONTNEED) == 0);
	expect(all[1024] == 1024 && all[half / 4] == half / 4);
	expect(lseek(vm, 0, SEEK_END) == MEMDEV_BASE + MEMDEV_SIZE);
	expect(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, vm, MEMDEV_BASE) == MAP_FAILED);
	expect(mmap(NULL, 4096, PROT_READ, MAP_SHARED, vm, MEMDEV_BASE - 4096) == MAP_FAILED);
	expect(mmap(NULL, 4096, PROT_READ, MAP_SHARED, vm, 0) == MAP_FAILED);
	expect(mmap(NULL, 8192, PROT_READ, MAP_SHARED, vm, MEMDEV_BASE + MEMDEV_SIZE - 4096) ==
	       MAP_FAILED);
	expect(munmap(part, half) == 0);
	expect(munmap(all, MEMDEV_SIZE) == 0);	/* a mapping holds the descriptor's file */
}

static void mappings_are_bounded(void)
{
	void *at[SEL4_MAPPINGS_MAX];
	unsigned int i;
	int status;
	pid_t child;

	for (i = 0; i < SEL4_MAPPINGS_MAX; i++) {
		at[i] = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, vm, MEMDEV_BASE);
		expect(at[i] != MAP_FAILED);
	}
	errno = 0;
	expect(mmap(NULL, 4096, PROT_READ, MAP_SHARED, vm, MEMDEV_BASE) == MAP_FAILED && errno == ENOMEM);
	expect_error(mprotect(at[0], 4096, PROT_READ), ENOMEM);	/* would be two */
	child = fork();
	if (!child)
		_exit(0);
	expect(waitpid(child, &status, 0) == child && !status);
	expect(munmap(at[0], 8192) == 0);
	at[0] = mmap(NULL, 8192, PROT_READ, MAP_SHARED, vm, MEMDEV_BASE);
	expect(at[0] != MAP_FAILED);
	for (i = 0; i < SEL4_MAPPINGS_MAX; i++)
		expect(munmap(at[i], 8192) == 0);
}

/* A disk read straight into memdev, if the machine has a disk. */
static void direct_io(void)
{
	char *to = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, vm, MEMDEV_BASE);
	int disk = open("/dev/vda", O_RDONLY | O_DIRECT);

	if (disk < 0) {
		printf("no /dev/vda: direct I/O not tested\n");
		munmap(to, 1 << 20);
		return;
	}
	expect(to != MAP_FAILED);
	memset(to, 0, 1 << 20);
	expect(read(disk, to, 1 << 20) == 1 << 20);
	for (int i = 0; i < 1 << 20; i += 512)
		expect(to[i] == 'D');
	printf("direct I/O read 1 MiB into memdev\n");
	close(disk);
	expect(munmap(to, 1 << 20) == 0);
}

static void driver_resets(void)
{
	struct iobuf_message m = { .op = IOBUF_MMIO_READ, .len = 4, .addr = WINDOW };
	struct sel4_ioeventfd io = { .addr = WINDOW + 0x100, .len = 2 };
	struct sel4_vpci_device f = function();
	struct sel4_completion c = { 0 };
	struct sel4_request r[4];
	uint32_t old;

	io.fd = eventfd(0, EFD_NONBLOCK);
	monitor_send(m);
	expect(read(vm, r, sizeof(r)) == sizeof(r[0]));
	old = r[0].id;
	monitor_send(m);		/* unread when the reset comes */
	monitor_restart();
	expect(readable(vm, 1000));
	expect(read(vm, r, sizeof(r)) == sizeof(r[0]) && r[0].type == SEL4_REQ_RESET);
	expect_error((int)read(vm, r + 1, sizeof(r[1])), EAGAIN);	/* once */
	expect(link_of() == SEL4_LINK_LOST);
	c.id = old;
	expect_error(ioctl(vm, SEL4_COMPLETE_IO, &c), ENOENT);
	expect_error(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f), ENOTCONN);
	expect_error(ioctl(vm, SEL4_START_VM), ENOTCONN);
	io.flags = SEL4_IOEVENTFD_DEASSIGN;
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &io), ENOENT);
	usleep(20000);
	expect(monitor.link.status != RING_UP);		/* not before it is answered */
	c.id = r[0].id;
	expect(ioctl(vm, SEL4_COMPLETE_IO, &c) == 0);
	expect(ioctl(vm, SEL4_CREATE_VPCI_DEVICE, &f) == 0);	/* waits for the link */
	io.flags = 0;
	expect(ioctl(vm, SEL4_IOEVENTFD, &io) == 0);		/* forgotten by the reset */
	expect(monitor.last.space == 0);
	close(io.fd);
}

static void killed_while_unanswered(void)
{
	struct sel4_vpci_device f = function();
	unsigned int before = monitor.requests;

	monitor.mute = true;
	killed_while_waiting(SEL4_CREATE_VPCI_DEVICE, &f);
	killed_while_waiting(SEL4_START_VM, NULL);
	eventually(monitor.requests == before + 2);
	monitor.mute = false;
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

/* While the monitor may have a doorbell, its index is nobody else's. */
static void killed_while_a_doorbell_is_unanswered(void)
{
	struct sel4_ioeventfd a = { .fd = eventfd(0, EFD_NONBLOCK), .addr = WINDOW + 0x2000 };
	struct sel4_ioeventfd b = { .fd = eventfd(0, EFD_NONBLOCK), .addr = WINDOW + 0x2004 };
	unsigned int before = monitor.requests, index;

	monitor.mute = true;
	killed_while_waiting(SEL4_IOEVENTFD, &a);
	eventually(monitor.requests == before + 1);
	monitor.mute = false;
	index = monitor.last.space;
	expect(ioctl(vm, SEL4_IOEVENTFD, &b) == 0);
	expect(monitor.last.op == IOBUF_DOORBELL_SET && monitor.last.space != index);
	monitor_count(index);
	expect(readable(a.fd, 0) && !readable(b.fd, 0));
	drain(a.fd);
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &a), EEXIST);

	a.flags = SEL4_IOEVENTFD_DEASSIGN;
	monitor.mute = true;
	killed_while_waiting(SEL4_IOEVENTFD, &a);
	eventually(monitor.requests == before + 3);
	monitor.mute = false;
	expect(monitor.last.op == IOBUF_DOORBELL_CLEAR && monitor.last.space == index);
	expect(ioctl(vm, SEL4_IOEVENTFD, &a) == 0);	/* was still there */
	expect(monitor.last.op == IOBUF_DOORBELL_CLEAR && monitor.last.space == index);
	expect_error(ioctl(vm, SEL4_IOEVENTFD, &a), ENOENT);
	close(a.fd);
	close(b.fd);
}

static void *restart_while_waiting(void *arg)
{
	eventually(sleeps_in(getpid(), SYS_ioctl));
	monitor_restart();
	return NULL;
}

static void link_goes_while_waiting(void)
{
	struct sel4_completion c = { 0 };
	struct sel4_request r;
	pthread_t thread;

	monitor.mute = true;
	expect(pthread_create(&thread, NULL, restart_while_waiting, NULL) == 0);
	expect_error(ioctl(vm, SEL4_START_VM), ENOTCONN);
	pthread_join(thread, NULL);
	monitor.mute = false;
	expect(read(vm, &r, sizeof(r)) == sizeof(r) && r.type == SEL4_REQ_RESET);
	c.id = r.id;
	expect(ioctl(vm, SEL4_COMPLETE_IO, &c) == 0);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static void closing(void)
{
	struct iobuf_message m = { .op = IOBUF_MMIO_READ, .len = 4, .addr = WINDOW };
	unsigned int adoptions = monitor.adoptions, done;

	monitor_send(m);
	expect(close(vm) == 0);
	eventually(monitor.adoptions == adoptions + 1);
	eventually(monitor.link.status == RING_UP);
	done = monitor.completions;
	monitor_send(m);		/* nobody there: ends at once, with an error */
	eventually(monitor.completions == done + 1);
	expect(monitor.completion.status == ENODEV && monitor.completion.data == ~0ull);
	monitor_restart();		/* adopted at once */
	eventually(monitor.link.status == RING_UP);
	vm = open_vm();
	expect(vm >= 0);
	expect(fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
	expect(!readable(vm, 0));	/* no RESET of before its time */
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static void killed_holder(void)
{
	unsigned int adoptions = monitor.adoptions;
	int status;
	pid_t child;

	expect(close(vm) == 0);
	eventually(monitor.adoptions == adoptions + 1);
	child = fork();
	if (!child) {
		vm = open_vm();
		raise(SIGSTOP);
	}
	expect(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
	expect_error(open_vm(), EBUSY);
	kill(child, SIGKILL);
	expect(waitpid(child, &status, 0) == child);
	eventually(monitor.adoptions == adoptions + 2);
	vm = open_vm();
	expect(vm >= 0 && fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static void broken_rule(void (*breach)(void))
{
	struct sel4_completion c = { 0 };
	struct sel4_vm_stats before, after;
	struct sel4_request r;

	expect(ioctl(vm, SEL4_VM_STATS, &before) == 0);
	breach();
	monitor_signal();
	expect(readable(vm, 1000));
	expect(read(vm, &r, sizeof(r)) == sizeof(r) && r.type == SEL4_REQ_RESET);
	expect(ioctl(vm, SEL4_VM_STATS, &after) == 0);
	expect(after.broken_rules == before.broken_rules + 1);
	expect(monitor.pages[1].state == IOBUF_STATE_FAILED);
	c.id = r.id;
	expect(ioctl(vm, SEL4_COMPLETE_IO, &c) == 0);
	expect(link_of() == SEL4_LINK_FAILED);
	expect_error(ioctl(vm, SEL4_START_VM), ENOTCONN);
	expect(close(vm) == 0);		/* mends it */
	vm = open_vm();
	expect(vm >= 0 && fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static void produce_too_much(void)
{
	monitor.pages[0].produced += 1000;
}

static void send_rubbish(void)
{
	struct iobuf_message m = { .op = 0xbad };

	pthread_mutex_lock(&monitor.lock);
	ring_poll(&monitor.link);
	ring_put(&monitor.link, &m);
	pthread_mutex_unlock(&monitor.lock);
}

static void answer_nothing(void)
{
	struct iobuf_message m = { .op = IOBUF_ACK, .tag = 0x7777 };

	pthread_mutex_lock(&monitor.lock);
	ring_poll(&monitor.link);
	ring_put(&monitor.link, &m);
	pthread_mutex_unlock(&monitor.lock);
}

/* With nobody there: mended for the next one who comes. */
static void broken_rule_alone(void)
{
	unsigned int adoptions = monitor.adoptions;

	expect(close(vm) == 0);
	eventually(monitor.adoptions == adoptions + 1 && monitor.link.status == RING_UP);
	send_rubbish();
	monitor_signal();
	expect(monitor.pages[1].state == IOBUF_STATE_FAILED);
	vm = open_vm();
	expect(vm >= 0 && fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static void broken_rules(void)
{
	broken_rule_alone();
	broken_rule(produce_too_much);
	broken_rule(send_rubbish);
	broken_rule(answer_nothing);
}

/* Rubbish everywhere, again and again: the machine stays alive, and a restart mends it. */
static void rubbish_page(void)
{
	uint32_t *words = (uint32_t *)&monitor.pages[0], seed = 1;
	struct sel4_request r;

	pthread_mutex_lock(&monitor.lock);
	monitor.running = false;
	pthread_mutex_unlock(&monitor.lock);
	for (int i = 0; i < 3000; i++) {
		struct sel4_completion c = { 0 };

		for (int j = 0; j < 16; j++) {
			seed = seed * 1664525 + 1013904223;
			words[(seed >> 8) % (j < 4 ? 8 : 1024)] = seed;
		}
		if (i % 4 == 0) {
			monitor.pages[0].magic = IOBUF_MAGIC;
			monitor.pages[0].version = IOBUF_VERSION;
			monitor.pages[0].peer_epoch = monitor.pages[1].epoch;
		}
		monitor_signal();
		while (read(vm, &r, sizeof(r)) == sizeof(r)) {
			c.id = r.id;
			ioctl(vm, SEL4_COMPLETE_IO, &c);
		}
		if (i % 10 == 0) {
			close(vm);
			vm = open_vm();
			expect(vm >= 0 && fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
		}
	}
	close(vm);
	vm = open_vm();
	expect(vm >= 0 && fcntl(vm, F_SETFL, O_NONBLOCK) == 0);
	monitor_restart();
	eventually(monitor.link.status == RING_UP);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

/* A doorbell's and an MSI's way, thousands of times: none is lost. */
static void traffic(void)
{
	struct sel4_ioeventfd io = { .addr = WINDOW + 0x100 };
	struct sel4_irqfd irq = { .irq = FIRST_SPI };
	uint64_t one = 1;

	io.fd = eventfd(0, EFD_NONBLOCK);
	irq.fd = eventfd(0, EFD_NONBLOCK);
	expect(ioctl(vm, SEL4_IOEVENTFD, &io) == 0);
	expect(ioctl(vm, SEL4_IRQFD, &irq) == 0);
	for (int i = 0; i < 5000; i++) {
		monitor_count(monitor.last.space);
		expect(readable(io.fd, 1000));
		drain(io.fd);
		pthread_mutex_lock(&monitor.lock);
		monitor.seen.changed[0] = 0;
		pthread_mutex_unlock(&monitor.lock);
		expect(write(irq.fd, &one, 8) == 8);
		eventually(msi_seen(0));
	}
	close(io.fd);
	close(irq.fd);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	expect(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void connector_goes(void)
{
	struct sel4_request r;
	struct pollfd p = { .fd = vm, .events = POLLIN };

	monitor_restart();
	write_file("/sys/bus/pci/drivers/sel4_virt/unbind", "0005:00:00.0");
	expect(poll(&p, 1, 0) == 1 && (p.revents & POLLHUP));
	expect_error((int)read(vm, &r, sizeof(r)), ENODEV);
	expect_error(ioctl(vm, SEL4_START_VM), ENODEV);
	expect_error(open_vm(), ENODEV);
	write_file("/sys/bus/pci/drivers/sel4_virt/bind", "0005:00:00.0");
	expect(close(vm) == 0);
	vm = open_vm();
	expect(vm >= 0);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

/* ---- the connector goes while all is in use ---- */

static volatile bool load_ends;

/* Never lets the module's look at the page find nothing new: it goes on in a work item. */
static void *load_of_the_peer(void *arg)
{
	while (!load_ends) {
		for (unsigned int i = 0; i < 1000; i++)
			__atomic_fetch_add(&monitor.pages[0].counters_total, 1, __ATOMIC_SEQ_CST);
		monitor_signal();
	}
	return NULL;
}

/* What a user does with a descriptor; each call may fail, since the connector comes and goes. */
static void *load_of_the_user(void *arg)
{
	int fd = *(int *)arg, one = eventfd(0, EFD_NONBLOCK), fresh;
	struct sel4_irqline level = { .line = 1, .action = SEL4_IRQLINE_PULSE };
	struct sel4_irqfd irq = { .fd = one, .irq = FIRST_SPI + 1 };
	struct sel4_vm_info info;
	uint64_t count = 1;

	ioctl(fd, SEL4_IRQFD, &irq);
	while (!load_ends) {
		ioctl(fd, SEL4_SET_IRQLINE, &level);
		ioctl(fd, SEL4_VM_INFO, &info);
		expect(write(one, &count, 8) == 8);
		fresh = irq.fd = eventfd(0, EFD_NONBLOCK);
		ioctl(fd, SEL4_IRQFD, &irq);
		close(fresh);
	}
	close(one);
	return NULL;
}

static void connector_goes_under_load(void)
{
	pthread_t peer, user;

	for (int i = 0; i < 30; i++) {
		int fd = vm;

		load_ends = false;
		expect(pthread_create(&peer, NULL, load_of_the_peer, NULL) == 0);
		expect(pthread_create(&user, NULL, load_of_the_user, &fd) == 0);
		write_file("/sys/bus/pci/drivers/sel4_virt/unbind", "0005:00:00.0");
		write_file("/sys/bus/pci/drivers/sel4_virt/bind", "0005:00:00.0");
		if (i & 1)
			expect(close(vm) == 0);		/* while the other thread is in it */
		load_ends = true;
		pthread_join(peer, NULL);
		pthread_join(user, NULL);
		if (!(i & 1))
			expect(close(vm) == 0);
		monitor_restart();		/* the page is what it was made of again */
		vm = open_vm();
		expect(vm >= 0);
	}
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static void module_goes(void)
{
	int one = eventfd(0, EFD_NONBLOCK), file = open("/sel4_virt.ko", O_RDONLY);

	expect(assign_irqfd(one, 3) == 0);
	expect_error((int)syscall(SYS_delete_module, "sel4_virt", O_NONBLOCK), EWOULDBLOCK);
	expect(close(vm) == 0 && close(sel4) == 0);
	expect(syscall(SYS_delete_module, "sel4_virt", O_NONBLOCK) == 0);
	close(one);
	expect(syscall(SYS_finit_module, file, "", 0) == 0);
	close(file);
	sel4 = open("/dev/sel4", O_RDWR | O_CLOEXEC);
	vm = open_vm();
	expect(sel4 >= 0 && vm >= 0);
	expect(ioctl(vm, SEL4_START_VM) == 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "opening", opening },
	{ "waiting for the link is killable", waiting_for_the_link_is_killable },
	{ "functions", functions },
	{ "requests", requests },
	{ "ioeventfds", ioeventfds },
	{ "irqfds", irqfds },
	{ "one role", one_role },
	{ "closed eventfds", closed_eventfds },
	{ "irqfds are bounded", irqfds_are_bounded },
	{ "lines are bounded", lines_are_bounded },
	{ "doorbells are bounded", doorbells_are_bounded },
	{ "refusals", refusals },
	{ "one eventfd both ways", one_eventfd_both_ways },
	{ "memory", memory },
	{ "mappings are bounded", mappings_are_bounded },
	{ "direct I/O", direct_io },
	{ "driver resets", driver_resets },
	{ "killed while unanswered", killed_while_unanswered },
	{ "killed while a doorbell is unanswered", killed_while_a_doorbell_is_unanswered },
	{ "link goes while waiting", link_goes_while_waiting },
	{ "closing", closing },
	{ "killed holder", killed_holder },
	{ "broken rules", broken_rules },
	{ "rubbish page", rubbish_page },
	{ "traffic", traffic },
	{ "connector goes", connector_goes },
	{ "connector goes under load", connector_goes_under_load },
	{ "module goes", module_goes },
};

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	sel4 = open("/dev/sel4", O_RDWR | O_CLOEXEC);
	expect(sel4 >= 0);
	monitor_start();
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		alarm(30);
		printf("test: %s\n", tests[i].name);
		tests[i].run();
	}
	printf("ALL %zu TESTS PASSED\n", sizeof(tests) / sizeof(tests[0]));
	return 0;
}
