// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU on the real module, in a Debian guest, without a hypervisor: the connector is made of memory
 * (linux/sel4_virt/test/fake_connector.c), this program is the driver VM and its monitor. It reads
 * /dev/vda of its guest through QEMU's virtio disk, straight into memdev.
 *
 * usage: qemu_test QEMU
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "expect.h"
#include "monitor.h"
#include "sel4_virt.h"

#define MEMDEV_BASE	0x40000000ul
#define MEMDEV_SIZE	0x01000000ul
#define FIRST_SPI	256u
#define WINDOW		0x10000000ul
#define V2M		0x08020000ul

#define BDF		(1u << 3)
#define BAR_MSIX	WINDOW
#define BAR_MODERN	(WINDOW + 0x4000)
#define COMMON		BAR_MODERN	/* virtio-pci of QEMU: common configuration comes first */
#define SECTOR		512u

/* In memdev. A queue n has its parts at n * QUEUE_SPAN from these. */
enum { QUEUE = 0x1000, AVAIL = 0x1200, USED = 0x1400, QUEUE_SPAN = 0x800, HEADER = 0x4000, BUFFER = 0x5000 };

static const char *program;
static pid_t qemu;
static uint8_t *memdev;
static int vm;
static uint16_t used;

/* ---- the driver VM's accesses ---- */

static uint64_t request(uint32_t op, uint32_t space, uint64_t addr, unsigned int len, uint64_t data)
{
	struct iobuf_message m = {
		.op = op, .space = space, .addr = addr, .len = (uint16_t)len, .data = data,
	};
	unsigned int done = monitor.completions;

	monitor_send(m);
	eventually(monitor.completions == done + 1);
	expect(!monitor.completion.status);
	return monitor.completion.data;
}

static void write_mmio(uint64_t addr, unsigned int len, uint64_t data)
{
	request(IOBUF_MMIO_WRITE, 0, addr, len, data);
}

static uint64_t read_mmio(uint64_t addr, unsigned int len)
{
	return request(IOBUF_MMIO_READ, 0, addr, len, 0);
}

static uint64_t read_config(unsigned int at, unsigned int len)
{
	return request(IOBUF_CFG_READ, BDF, at, len, 0);
}

static void write_config(unsigned int at, unsigned int len, uint64_t data)
{
	request(IOBUF_CFG_WRITE, BDF, at, len, data);
}

static uint64_t notify_at;

static void place(unsigned int vectors)
{
	unsigned int at, vector;

	write_config(0x14, 4, BAR_MSIX);
	write_config(0x20, 4, BAR_MODERN);
	write_config(0x24, 4, 0);
	write_config(0x04, 2, 6);
	for (vector = 0; vector < vectors; vector++) {
		write_mmio(BAR_MSIX + 16 * vector, 4, V2M + 0x40);
		write_mmio(BAR_MSIX + 16 * vector + 4, 4, 0);
		write_mmio(BAR_MSIX + 16 * vector + 8, 4, FIRST_SPI + vector);
		write_mmio(BAR_MSIX + 16 * vector + 12, 4, 0);
	}
	for (at = (unsigned int)read_config(0x34, 1); at; at = (unsigned int)read_config(at + 1, 1)) {
		uint64_t kind = read_config(at, 1);

		if (kind == 0x11)
			write_config(at + 2, 2, 0x8000);
		else if (kind == 0x09 && read_config(at + 3, 1) == 2)
			notify_at = BAR_MODERN + read_config(at + 8, 4);
	}
}

static void features(void)
{
	unsigned int half;

	write_mmio(COMMON + 0x14, 1, 0);
	write_mmio(COMMON + 0x14, 1, 3);
	for (half = 0; half < 2; half++) {
		write_mmio(COMMON + 0x08, 4, half);
		write_mmio(COMMON + 0x0c, 4, half);	/* VIRTIO_F_VERSION_1 alone */
	}
	write_mmio(COMMON + 0x14, 1, 11);
	expect(read_mmio(COMMON + 0x14, 1) == 11);
}

static void run_queue(unsigned int queue, unsigned int vector)
{
	static const uint32_t area[] = { QUEUE, AVAIL, USED };
	unsigned int i;

	write_mmio(COMMON + 0x16, 2, queue);
	write_mmio(COMMON + 0x18, 2, 8);
	write_mmio(COMMON + 0x1a, 2, vector);
	for (i = 0; i < 3; i++) {
		write_mmio(COMMON + 0x20 + 8 * i, 4, MEMDEV_BASE + area[i] + queue * QUEUE_SPAN);
		write_mmio(COMMON + 0x24 + 8 * i, 4, 0);
	}
	write_mmio(COMMON + 0x1c, 2, 1);
}

/* A function of this identity, with this many queues; queue n has vector n + 1. */
static void run_device(uint32_t identity, unsigned int vectors, unsigned int queues)
{
	unsigned int i;

	expect(read_config(0, 4) == identity);
	place(vectors);
	features();
	memset(memdev + QUEUE, 0, 0x1000);
	used = 0;
	write_mmio(COMMON + 0x10, 2, 0);
	for (i = 0; i < queues; i++)
		run_queue(i, i + 1);
	write_mmio(COMMON + 0x14, 1, 15);
	expect(read_mmio(COMMON + 0x14, 1) == 15);
}

static void run_disk(void)
{
	run_device(0x10421af4, 2, 1);
	expect(monitor.last.op == IOBUF_DOORBELL_SET && monitor.last.addr == notify_at);
	expect(!monitor.last.len && !monitor.last.arg[0]);
}

static void descriptor(unsigned int i, uint64_t addr, uint32_t len, uint16_t flags)
{
	uint8_t *d = memdev + QUEUE + 16 * i;
	uint16_t next = (uint16_t)(i + 1);

	memcpy(d, &addr, 8);
	memcpy(d + 8, &len, 4);
	memcpy(d + 12, &flags, 2);
	memcpy(d + 14, &next, 2);
}

static uint16_t *half_word(unsigned int at)
{
	return (uint16_t *)(memdev + at);
}

/* One request of the disk: a posted doorbell and an MSI, no message either way. */
static void read_sectors(uint64_t sector, uint32_t length)
{
	uint32_t header[4] = { 0, 0, (uint32_t)sector, 0 };
	unsigned int messages = monitor.requests + monitor.completions;

	memcpy(memdev + HEADER, header, sizeof(header));
	memdev[HEADER + 16] = 0xff;
	descriptor(0, MEMDEV_BASE + HEADER, 16, 1);
	descriptor(1, MEMDEV_BASE + BUFFER, length, 3);
	descriptor(2, MEMDEV_BASE + HEADER + 16, 1, 2);
	*half_word(AVAIL + 4 + 2 * (used % 8)) = 0;
	memset(&monitor.seen, 0, sizeof(monitor.seen));
	__atomic_store_n(half_word(AVAIL + 2), (uint16_t)(used + 1), __ATOMIC_RELEASE);
	monitor_count(monitor.last.space);
	eventually(__atomic_load_n(half_word(USED + 2), __ATOMIC_ACQUIRE) != used);
	used++;
	eventually(monitor.seen.changed[0] & 2);	/* vector 1: first SPI + 1 */
	expect(memdev[HEADER + 16] == 0);
	expect(monitor.requests + monitor.completions == messages);
}

/* ---- QEMU ---- */

static void start_qemu(char *const option[])
{
	unsigned int tries = 400;

	qemu = fork();
	if (!qemu) {
		execv(program, option);
		perror(program);
		_exit(127);
	}
	while (monitor.last.op != IOBUF_VM_START && tries--) {
		expect(waitpid(qemu, NULL, WNOHANG) == 0);
		usleep(50000);
	}
	expect(monitor.last.op == IOBUF_VM_START);
}

/* The descriptor that QEMU has, for a mapping of the driver VM's memory in this process. */
static void share_memory(void)
{
	int pidfd = (int)syscall(SYS_pidfd_open, qemu, 0);
	char link[64], name[64];
	int fd;

	vm = -1;
	for (fd = 3; fd < 64 && vm < 0; fd++) {
		ssize_t n;

		snprintf(link, sizeof(link), "/proc/%d/fd/%d", qemu, fd);
		n = readlink(link, name, sizeof(name) - 1);
		name[n < 0 ? 0 : n] = '\0';
		if (strstr(name, "anon_inode") && strstr(name, "sel4"))
			vm = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	}
	close(pidfd);
	expect(vm >= 0);
	memdev = mmap(NULL, MEMDEV_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm, MEMDEV_BASE);
	expect(memdev != MAP_FAILED);
}

static void unshare_memory(void)
{
	munmap(memdev, MEMDEV_SIZE);
	close(vm);
}

static void end_qemu(int signal)
{
	int status;

	unshare_memory();
	memset(&monitor.last, 0, sizeof(monitor.last));
	kill(qemu, signal);
	expect(waitpid(qemu, &status, 0) == qemu);
}

/* /dev/vda holds its sector's number in every word. */
static void check_sectors(uint64_t first, uint32_t length)
{
	const uint32_t *word = (const uint32_t *)(memdev + BUFFER);
	uint32_t i;

	for (i = 0; i < length / 4; i++)
		expect(word[i] == first + i * 4 / SECTOR);
}

static void disk_works(void)
{
	static const uint32_t first[] = { 0, 8, 4088 };
	unsigned int i;

	run_disk();
	for (i = 0; i < 3; i++) {
		memset(memdev + BUFFER, 0xa5, 4096);
		read_sectors(first[i], 4096);
		check_sectors(first[i], 4096);
	}
}

static void timing(void)
{
	struct timespec from, to;
	unsigned int i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < 200; i++)
		read_sectors(i * 8, 4096);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("test: 4 KiB read: %ld us (emulated, this program's polling included)\n",
	       ((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000) / 200);
}

static void reset_of_the_driver(void)
{
	memset(&monitor.last, 0, sizeof(monitor.last));
	monitor_restart();
	eventually(monitor.last.op == IOBUF_VM_START);
	expect(waitpid(qemu, NULL, WNOHANG) == 0);
	disk_works();
}

/* ---- vhost-net ---- */

static unsigned int packets_of_tap(void)
{
	FILE *f = fopen("/sys/class/net/tap0/statistics/rx_packets", "r");
	unsigned int n = 0;

	expect(f && fscanf(f, "%u", &n) == 1);
	fclose(f);
	return n;
}

/* Both queues' doorbells; what their numbers are is the module's choice. */
static void kick_all(void)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		monitor_count(i);
}

static void offer(unsigned int queue, uint32_t len, uint16_t flags)
{
	uint64_t addr = MEMDEV_BASE + BUFFER + queue * 0x1000;
	uint8_t *d = memdev + QUEUE + queue * QUEUE_SPAN;

	memcpy(d, &addr, 8);
	memcpy(d + 8, &len, 4);
	memcpy(d + 12, &flags, 2);
	__atomic_store_n(half_word(AVAIL + queue * QUEUE_SPAN + 2), 1, __ATOMIC_RELEASE);
}

static bool taken(unsigned int queue)
{
	return __atomic_load_n(half_word(USED + queue * QUEUE_SPAN + 2), __ATOMIC_ACQUIRE) == 1;
}

/* A frame each way, moved by the kernel: vhost has the doorbells, the memory and the MSIs. */
static void network_works(void)
{
	uint8_t *frame = memdev + BUFFER + 0x1000;
	unsigned int before = packets_of_tap(), messages;

	run_device(0x10411af4, 3, 2);
	messages = monitor.requests + monitor.completions;
	memset(&monitor.seen, 0, sizeof(monitor.seen));
	memset(frame, 0, 12);			/* virtio_net_hdr_v1 */
	memset(frame + 12, 0xff, 6);
	memcpy(frame + 18, "\x02\x00\x00\x00\x00\x01\x88\xb5", 8);
	offer(1, 12 + 60, 0);
	offer(0, 2048, 2);
	kick_all();
	eventually(taken(1) && packets_of_tap() > before);
	eventually(monitor.seen.changed[0] & 4);
	expect(system("busybox ifconfig tap0 down; busybox ifconfig tap0 up") == 0);
	eventually(taken(0));			/* IPv6 asks for a router */
	eventually(monitor.seen.changed[0] & 2);
	expect(monitor.requests + monitor.completions == messages);
}

static void network(char *const option[])
{
	printf("test: vhost-net\n");
	start_qemu(option);
	share_memory();
	expect(system("busybox ifconfig tap0 up") == 0);
	network_works();
	memset(&monitor.last, 0, sizeof(monitor.last));
	monitor_restart();
	eventually(monitor.last.op == IOBUF_VM_START);
	network_works();
	end_qemu(SIGTERM);
}

static void resident(void)
{
	char path[64], line[128];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", qemu);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "RssAnon", 7) || !strncmp(line, "VmRSS", 5) || !strncmp(line, "Threads", 7))
			printf("test: QEMU %s", line);
	if (f)
		fclose(f);
}

#define QEMU_OPTIONS(...) (char *[]){ (char *)program, "-machine", "sel4-vm", "-accel",		\
	"sel4,vm=workload", "-nodefaults", "-nographic", "-monitor",				\
	"unix:/monitor,server,nowait", __VA_ARGS__, NULL }
#define DRIVE(aio) "-drive", "if=none,id=d,file=/dev/vda,format=raw,cache=none,aio=" aio

static void all_of(const char *name, char *const option[])
{
	printf("test: %s\n", name);
	start_qemu(option);
	share_memory();
	disk_works();
	timing();
	reset_of_the_driver();
	reset_of_the_driver();
	resident();
	end_qemu(SIGKILL);
}

int main(int argc, char **argv)
{
	expect(argc == 2);
	program = argv[1];
	setvbuf(stdout, NULL, _IONBF, 0);
	monitor_start();
	monitor_restart();
	all_of("main loop, aio=threads", QEMU_OPTIONS(DRIVE("threads"), "-device", "virtio-blk-pci,drive=d"));
	all_of("main loop, aio=native", QEMU_OPTIONS(DRIVE("native"), "-device", "virtio-blk-pci,drive=d"));
	all_of("iothread, aio=native", QEMU_OPTIONS("-object", "iothread,id=t", DRIVE("native"), "-device",
						    "virtio-blk-pci,drive=d,iothread=t"));
	all_of("iothread, aio=io_uring", QEMU_OPTIONS("-object", "iothread,id=t", DRIVE("io_uring"), "-device",
						      "virtio-blk-pci,drive=d,iothread=t"));
	network(QEMU_OPTIONS("-netdev", "tap,id=n,ifname=tap0,script=no,downscript=no,vhost=on", "-device",
			     "virtio-net-pci,netdev=n"));
	printf("ALL QEMU TESTS PASSED\n");
	return 0;
}
