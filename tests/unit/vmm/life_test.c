/* SPDX-License-Identifier: BSD-2-Clause */
/* When a guest is loaded: resets in a loop, backends that are late, and those that hold its memory. */
#include "fake_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/psci.h"

#define SECOND		62500000u	/* ticks of fake_kernel.c's counter */
#define MS		(SECOND / 1000)
#define RAM_SIZE	(8u << 20)

static uint8_t *ram;
static struct iobuf_page pages[2] __attribute__((aligned(4096)));
static struct ring_link device;
static char *text;
static size_t text_length;
static FILE *console;

/* An Image of one page: the header alone. */
static void make_image(void)
{
	static uint64_t image[512] __attribute__((aligned(4096)));

	image[2] = sizeof(image);
	memcpy((uint8_t *)image + 56, "ARM\x64", 4);
	vm.config.kernel = (struct config_range){ (uint64_t)(uintptr_t)image, sizeof(image) };
	vm.config.kernel_name = "kernel";
	vm.config.cmdline = "";
	vm.config.nodes = -1;
	vm.config.vcpus = 1;
	vm.config.ram[0] = (struct config_ram){ 0x40000000, RAM_SIZE, (uint64_t)(uintptr_t)ram };
	vm.config.rams = 1;
}

static void start(bool backend)
{
	start_vm(LISTS, 1);
	memset(&vm.memory, 0, sizeof(vm.memory));
	guest_memory_add(&vm.memory, gpa(0x40000000), RAM_SIZE, ram);
	make_image();
	counter = 100 * (uint64_t)SECOND;
	memset(pages, 0, sizeof(pages));
	vm.config.connections = backend;
	vm.config.connection[0] = (struct config_connection){
		.driver = true, .peer = "vm_dev", .intx = 160, .start_timeout = 300,
		.page_driver = (uint64_t)(uintptr_t)&pages[0],
		.page_device = (uint64_t)(uintptr_t)&pages[1],
		.window = { 0x10000000, 16u << 20 }, .ecam = { 0x4010000000, 1u << 20 },
	};
	vm.proxies = backend;
	if (backend)
		io_proxy_init(&vm.proxy[0], &vm, &vm.config.connection[0]);
	rewind(console);
	vm_start(&vm);
	vm_settle(&vm);
}

static unsigned int logged(const char *line)
{
	unsigned int n = 0;
	const char *at;

	fflush(console);
	/* what earlier tests wrote may follow */
	for (at = strstr(text, line); at && at < text + text_length; at = strstr(at + 1, line))
		n++;
	return n;
}

/* The timer server's signals that come until then. */
static void pass_time(uint64_t until)
{
	unsigned int signals = 0;

	while (deadline <= until) {
		assert_true(signals++ < 1000);
		if (counter < deadline)
			counter = deadline;
		deadline = ~0ull;
		vm_event(&vm, vm.config.timer_badge);
		vm_settle(&vm);
	}
	counter = until;
}

static void firmware(uint64_t function)
{
	assert_int_equal(vm.state, VM_RUNNING);
	guest[0].thread[3] = function;
	fault_of(0, seL4_Fault_VCPUFault, 1, SMC, 0, 0, 0);
}

/* ---- resets in a loop ---- */

static void test_resets_at_once(void **state)
{
	start(false);
	for (unsigned int i = 0; i < 10; i++)
		firmware(PSCI_SYSTEM_RESET);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(vm.stats.resets, 10);
	assert_int_equal(logged("resets in a short time"), 0);
	/* nor is a guest that takes its time between two of them */
	for (unsigned int i = 0; i < 50; i++) {
		pass_time(counter + SECOND + MS);
		firmware(PSCI_SYSTEM_RESET);
	}
	assert_int_equal(vm.state, VM_RUNNING);
	/* and each of those that are seconds apart is logged */
	rewind(console);
	for (unsigned int i = 0; i < 40; i++) {
		pass_time(counter + 2ull * SECOND);
		firmware(PSCI_SYSTEM_RESET);
	}
	assert_int_equal(logged(": reset\n"), 40);
}

static void test_resets_in_a_loop(void **state)
{
	uint64_t began;

	start(false);
	began = counter;
	for (unsigned int i = 0; i < 11; i++)
		firmware(PSCI_SYSTEM_RESET);
	assert_int_equal(vm.state, VM_WAITING);
	assert_false(guest[0].runs);
	/* whatever else wakes the monitor starts nothing */
	vm_settle(&vm);
	assert_int_equal(vm.state, VM_WAITING);
	pass_time(began + SECOND - MS);
	assert_int_equal(vm.state, VM_WAITING);
	pass_time(began + SECOND);
	assert_int_equal(vm.state, VM_RUNNING);
	/* each start is answered by the next reset at once */
	for (unsigned int i = 0; i < 60; i++) {
		firmware(PSCI_SYSTEM_RESET);
		assert_int_equal(vm.state, VM_WAITING);
		pass_time(counter + SECOND);
	}
	assert_int_equal(counter, began + 61ull * SECOND);
	assert_int_equal(logged("resets in a short time"), 1);
	assert_int_equal(logged(": reset"), 16 + 2);		/* 32, 64 of 71 */
	/* power off is at once */
	firmware(PSCI_SYSTEM_OFF);
	assert_int_equal(vm.state, VM_OFF);
}

/* What was used up comes back with time. */
static void test_resets_forgiven(void **state)
{
	start(false);
	for (unsigned int i = 0; i < 11; i++)
		firmware(PSCI_SYSTEM_RESET);
	pass_time(counter + 100ull * SECOND);
	for (unsigned int i = 0; i < 10; i++)
		firmware(PSCI_SYSTEM_RESET);
	assert_int_equal(vm.state, VM_RUNNING);
	firmware(PSCI_SYSTEM_RESET);
	assert_int_equal(vm.state, VM_WAITING);
	assert_int_equal(logged("resets in a short time"), 2);
}

static void test_resets_without_timer(void **state)
{
	start(false);
	vm.counter_frequency = 0;
	vm.config.timer = 0;
	for (unsigned int i = 0; i < 30; i++)
		firmware(PSCI_SYSTEM_RESET);
	assert_int_equal(vm.state, VM_RUNNING);
}

/* ---- backends ---- */

static void link_moves(void)
{
	if (ring_poll(&device) == RING_CHANGED)
		ring_adopt(&device);
	ring_poll(&device);
	io_proxy_service(&vm.proxy[0]);
	vm_settle(&vm);
	ring_poll(&device);
}

static void backend_comes(void)
{
	ring_start(&device, RING_DEVICE, &pages[1], &pages[0]);
	link_moves();
	link_moves();
	assert_int_equal(device.status, RING_UP);
}

static void test_late_backend(void **state)
{
	start(true);
	assert_int_equal(vm.state, VM_WAITING);
	pass_time(counter + 299 * MS);
	assert_int_equal(vm.state, VM_WAITING);
	pass_time(counter + 2 * MS);
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(logged("starting without vm_dev"), 1);
}

/* One that served the last run and has not noticed its end may still write the guest's RAM. */
static void test_backend_that_holds(void **state)
{
	start(true);
	backend_comes();
	pass_time(counter + 301 * MS);
	assert_int_equal(vm.state, VM_RUNNING);
	firmware(PSCI_SYSTEM_RESET);
	memset(ram, 0x77, RAM_SIZE);
	pass_time(counter + 10ull * SECOND);
	assert_int_equal(vm.state, VM_WAITING);
	assert_int_equal(ram[0], 0x77);			/* nothing was loaded */
	assert_int_equal(logged("waiting for vm_dev to let go"), 1);
	link_moves();					/* it adopts the new run */
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(ram[0], 0);
	/* its own VM ends: the connector withdraws its page, and signals */
	firmware(PSCI_SYSTEM_RESET);
	pass_time(counter + 10ull * SECOND);
	assert_int_equal(vm.state, VM_WAITING);
	pages[1].peer_epoch = 0;
	io_proxy_service(&vm.proxy[0]);
	vm_settle(&vm);
	assert_int_equal(vm.state, VM_RUNNING);
}

/* One that lets go before the time is over gets the rest of it to say start. */
static void test_backend_in_time(void **state)
{
	start(true);
	backend_comes();
	pass_time(counter + 301 * MS);
	firmware(PSCI_SYSTEM_RESET);
	link_moves();
	link_moves();
	assert_int_equal(vm.state, VM_WAITING);
	assert_true(ring_put(&device, &(struct iobuf_message){ .op = IOBUF_VM_START, .tag = 1 }));
	link_moves();
	assert_int_equal(vm.state, VM_RUNNING);
	assert_int_equal(logged("let go"), 0);
}

static void test_backend_with_window(void **state)
{
	start(true);
	vm.config.connection[0].swiotlb = true;
	backend_comes();
	pass_time(counter + 301 * MS);
	firmware(PSCI_SYSTEM_RESET);
	pass_time(counter + 301 * MS);
	assert_int_equal(vm.state, VM_RUNNING);
}

static void test_resets_with_late_backend(void **state)
{
	start(true);
	for (unsigned int i = 0; i < 40; i++) {
		pass_time(counter + 301 * MS);
		if (vm.state == VM_RUNNING)
			firmware(PSCI_SYSTEM_RESET);
	}
	/* three a second, less what the limit holds back */
	assert_in_range(vm.stats.resets, 20, 24);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resets_at_once),
		cmocka_unit_test(test_resets_in_a_loop),
		cmocka_unit_test(test_resets_forgiven),
		cmocka_unit_test(test_resets_without_timer),
		cmocka_unit_test(test_late_backend),
		cmocka_unit_test(test_backend_that_holds),
		cmocka_unit_test(test_backend_in_time),
		cmocka_unit_test(test_backend_with_window),
		cmocka_unit_test(test_resets_with_late_backend),
	};
	FILE *errors = stderr;
	int failed;

	ram = calloc(1, RAM_SIZE);
	console = open_memstream(&text, &text_length);
	stderr = console;
	failed = cmocka_run_group_tests_name("life", tests, NULL, NULL);
	stderr = errors;
	fclose(console);
	free(text);
	free(ram);
	return failed;
}
