/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's side against a device's side: an honest one on ring.h, and ones that lie. */
#include "fake_vcpu.h"

#include <sel4/fake.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW	0x10000000u
#define V2M	0x08020000u
#define BDF	0x08u
#define TICKS_MS	100u
#define TIMEOUT_MS	800u

static struct vm vm;
static struct config_connection is;
static struct iobuf_page pages[2] __attribute__((aligned(4096)));
static struct ring_link device;

static void settle(void)
{
	if (vm.proxy[0].published)
		io_proxy_settle(&vm.proxy[0]);
}

static void service(void)
{
	io_proxy_service(&vm.proxy[0]);
	settle();
	vgic_settle(&vm.gic, 0);
}

static void device_poll(void)
{
	if (ring_poll(&device) == RING_CHANGED)
		ring_adopt(&device);
	ring_poll(&device);
}

static void start(void)
{
	struct vcpu *list[1] = { &vm.vcpu[0] };

	fake_vcpu_reset();
	fake_reset();
	memset(&vm, 0, sizeof(vm));
	memset(pages, 0, sizeof(pages));
	vm.vcpus = 1;
	vm.counter_frequency = 1000 * TICKS_MS;
	deadlines_init(&vm.deadlines, 1);
	fake_now = 5000 * TICKS_MS;
	vm.vcpu[0] = (struct vcpu){ .vm = &vm, .state = VCPU_RUNNING };
	vgic_init(&vm.gic, list, 1, 512);
	vgic_set_list_registers(&vm.gic, &(struct vcpu_lists){ FAKE_LRS, true, false });
	vgic_cpu_online(&vm.gic, 0, true);
	vgic_set_ctlr(&vm.gic, 1);
	gicv2m_init(&vm.v2m, &vm.gic, gpa(V2M), 256, 120);
	is = (struct config_connection){
		.driver = true, .peer = "vm_dev", .signal = 77, .intx = 160,
		.page_driver = (uint64_t)(uintptr_t)&pages[0],
		.page_device = (uint64_t)(uintptr_t)&pages[1],
		.window = { WINDOW, 16u << 20 }, .request_timeout = TIMEOUT_MS,
	};
	vm.proxies = 1;
	io_proxy_init(&vm.proxy[0], &vm, &is);
}

static void start_up(void)
{
	start();
	ring_start(&device, RING_DEVICE, &pages[1], &pages[0]);
	service();
	device_poll();
	service();
	device_poll();
	assert_int_equal(device.status, RING_UP);
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
}

static struct iobuf_message expect(enum iobuf_op op)
{
	struct iobuf_message m = { .op = 0 };

	device_poll();
	assert_true(ring_take(&device, &m));
	assert_int_equal(m.op, op);
	return m;
}

static void send(struct iobuf_message m)
{
	device_poll();
	assert_true(ring_put(&device, &m));
	service();
}

static struct iobuf_message add_message(void)
{
	struct iobuf_message m = { .op = IOBUF_PCI_ADD, .tag = 1 };
	struct iobuf_pci_function f = { .bdf = BDF, .vendor = 0x1af4, .device = 0x1042,
		.class_code = 0x010000, .bar_log2 = { 0, 12, 0, 0, 14, 0 },
		.bar_flags = { 0, 0, 0, 0, IOBUF_BAR_64, 0 }, .msix_bar = 1, .msix_entries = 2 };

	iobuf_pci_pack(&m, &f);
	return m;
}

static enum mmio_result access(mmio_handler handler, void *on, uint64_t address, unsigned int size,
			       bool write, uint64_t value)
{
	struct mmio_access a = { .vcpu = &vm.vcpu[0], .address = gpa(address), .offset = address,
				 .size = (uint8_t)size, .write = write, .value = value,
				 .value_known = true, .wide = true };
	enum mmio_result r;

	fake[0].x[0] = value;
	r = handler(on, &a);
	if (r == MMIO_LATER) {
		vm.vcpu[0].access = a;
		vm.vcpu[0].state = VCPU_WAIT_DEVICE;
	} else {
		fake[0].completed_value = a.value;
	}
	settle();
	return r;
}

static enum mmio_result window(uint64_t offset, unsigned int size, bool write, uint64_t value)
{
	return access(io_proxy_window_mmio, &vm.proxy[0], WINDOW + offset, size, write, value);
}

static enum mmio_result config(uint64_t offset, unsigned int size, bool write, uint64_t value)
{
	return access(pci_ecam_mmio, &vm.proxy[0].host, (BDF << 12) + offset, size, write, value);
}

/* Answers what the driver side asked last. */
static struct iobuf_message answer(enum iobuf_op op, uint64_t data)
{
	struct iobuf_message m = expect(op);

	send((struct iobuf_message){ .op = IOBUF_COMPLETE, .tag = m.tag, .data = data });
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	return m;
}

static void add_function(void)
{
	send(add_message());
	assert_int_equal(expect(IOBUF_ACK).tag, 1);
	assert_int_equal(config(0x14, 4, true, WINDOW), MMIO_LATER);
	answer(IOBUF_CFG_WRITE, 0);
	assert_int_equal(config(0x20, 4, true, WINDOW + 0x4000), MMIO_LATER);
	answer(IOBUF_CFG_WRITE, 0);
	assert_int_equal(config(0x04, 2, true, 6), MMIO_LATER);
	answer(IOBUF_CFG_WRITE, 0);
}

static void test_function(void **state)
{
	struct iobuf_message m;

	start_up();
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
	assert_int_equal(fake[0].completed_value & 0xffffffff, 0xffffffff);
	add_function();
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
	m = answer(IOBUF_CFG_READ, 0x10421af4);
	assert_int_equal(m.space, BDF);
	assert_int_equal(fake[0].completed_value, 0x10421af4);
	assert_int_equal(window(0x4010, 4, false, 0), MMIO_LATER);
	m = answer(IOBUF_MMIO_READ, 99);
	assert_int_equal(m.addr, WINDOW + 0x4010);
	assert_int_equal(fake[0].completed_value, 99);
	assert_int_equal(window(0x4010, 4, true, 7), MMIO_LATER);
	assert_int_equal(answer(IOBUF_MMIO_WRITE, 0).data, 7);
	/* outside its BARs: nobody answers */
	assert_int_equal(window(0x9000, 4, false, 0), MMIO_DONE);
	assert_int_equal(fake[0].completed_value & 0xffffffff, 0xffffffff);
	/* the same again: refused; removed: gone */
	send(add_message());
	assert_int_equal(expect(IOBUF_NAK).status, 17);
	send((struct iobuf_message){ .op = IOBUF_PCI_REMOVE, .tag = 2, .space = BDF });
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_PCI_REMOVE, .tag = 3, .space = BDF });
	assert_int_equal(expect(IOBUF_NAK).status, 2);
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
}

static void test_doorbell(void **state)
{
	struct ring_changes changes;

	start_up();
	add_function();
	send((struct iobuf_message){ .op = IOBUF_DOORBELL_SET, .tag = 4, .space = 5,
				     .addr = WINDOW + 0x4100 });
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_DOORBELL_SET, .tag = 5, .space = 6, .len = 2,
				     .addr = WINDOW + 0x4200, .data = 3,
				     .arg = { IOBUF_DOORBELL_MATCH } });
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_DOORBELL_SET, .tag = 6, .space = 7, .len = 4,
				     .addr = 0x40000000 });
	assert_int_equal(expect(IOBUF_NAK).status, 22);
	send((struct iobuf_message){ .op = IOBUF_DOORBELL_SET, .tag = 7, .space = 5, .len = 4,
				     .addr = WINDOW });
	assert_int_equal(expect(IOBUF_NAK).status, 17);
	ring_may_sleep(&device);
	fake_reset();
	assert_int_equal(window(0x4100, 2, true, 1), MMIO_DONE);
	assert_int_equal(fake_num_calls, 1);		/* the sleeper is signalled once */
	assert_int_equal(fake_calls[0].cptr, 77);
	assert_int_equal(window(0x4100, 4, true, 1), MMIO_DONE);
	assert_int_equal(fake_num_calls, 1);
	assert_int_equal(window(0x4200, 2, true, 3), MMIO_DONE);
	device_poll();
	assert_true(ring_counters_take(&device, &changes));
	assert_int_equal(changes.changed[0], 1u << 5 | 1u << 6);
	assert_int_equal(window(0x4200, 2, true, 4), MMIO_LATER);	/* no match: a request */
	answer(IOBUF_MMIO_WRITE, 0);
	send((struct iobuf_message){ .op = IOBUF_DOORBELL_CLEAR, .tag = 8, .space = 5 });
	expect(IOBUF_ACK);
	assert_int_equal(window(0x4100, 2, true, 1), MMIO_LATER);
	answer(IOBUF_MMIO_WRITE, 0);
}

static void write_vector(unsigned int vector, uint32_t data)
{
	const uint32_t word[3] = { V2M + 0x40, 0, data };

	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(window(vector * 16 + i * 4, 4, true, word[i]), MMIO_LATER);
		answer(IOBUF_MMIO_WRITE, 0);
	}
}

static void msi(unsigned int index)
{
	device_poll();
	assert_true(ring_count(&device, index));
	service();
}

static void test_msi(void **state)
{
	start_up();
	add_function();
	msi(3);
	assert_int_equal(vm.proxy[0].unbound, 1);	/* not its SPI: counted, dropped */
	assert_false(vgic_irq(&vm.gic, 0, 259)->latched);
	write_vector(1, 259);
	msi(3);
	assert_true(vgic_irq(&vm.gic, 0, 259)->latched);
	write_vector(1, 260);				/* rewritten: the old one is free */
	vgic_irq(&vm.gic, 0, 259)->latched = false;
	msi(3);
	assert_int_equal(vm.proxy[0].unbound, 2);
	assert_false(vgic_irq(&vm.gic, 0, 259)->latched);
	msi(4);
	assert_true(vgic_irq(&vm.gic, 0, 260)->latched);
	send((struct iobuf_message){ .op = IOBUF_PCI_REMOVE, .tag = 2, .space = BDF });
	expect(IOBUF_ACK);
	msi(4);
	assert_int_equal(vm.proxy[0].unbound, 3);
}

static void test_lines(void **state)
{
	struct vgic_irq *irq;
	struct ring_changes changes;

	start_up();
	irq = vgic_irq(&vm.gic, 0, 162);
	vgic_enable(&vm.gic, irq, true);
	device_poll();
	assert_true(ring_set_level(&device, 2, true));
	service();
	assert_true(irq->level);
	assert_int_equal(fake_take(0), 162);
	ring_set_level(&device, 2, false);
	service();
	assert_false(irq->level);
	fake_end(0, 162);
	fake_maintain(&vm.gic, 0);
	assert_int_equal(fake_take(0), -1);
	/* resampled: up until the guest ends it, which the device learns */
	msi(IOBUF_ASSERT_FIRST + 2);
	assert_int_equal(fake_take(0), 162);
	service();
	assert_true(irq->level);
	fake_end(0, 162);
	fake_maintain(&vm.gic, 0);
	settle();
	assert_false(irq->level);
	device_poll();
	assert_true(ring_counters_take(&device, &changes));
	assert_int_equal(changes.changed[1], 1ull << (IOBUF_EOI_FIRST + 2 - 64));
}

static unsigned int proxy_requests(void)
{
	return vm.proxy[0].requests.used;
}

/* A guest that started without its backend finds no function before the backend has said start. */
static void test_late(void **state)
{
	start_up();
	vm.proxy[0].host.hidden = true;
	send(add_message());
	expect(IOBUF_ACK);
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
}

static void test_start_and_loss(void **state)
{
	start_up();
	assert_false(vm.proxy[0].started);
	add_function();
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	assert_true(vm.proxy[0].started);
	/* a read is on its way when the device's side restarts */
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
	ring_restart(&device);
	service();
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	assert_int_equal(fake[0].completed_value, 0xffffffff);
	assert_non_null(strstr(fake[0].log, "vm_dev"));
	assert_false(vm.proxy[0].started);
	device_poll();
	service();
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);	/* functions are gone */
	assert_int_equal(window(0x4014, 1, false, 0), MMIO_DONE);
	assert_int_equal(fake[0].completed_value & 0xff, 0xff);
	assert_int_equal(window(0x4014, 1, true, 0), MMIO_DONE);	/* a driver resets what is dead */
	assert_int_equal(window(0x4014, 1, false, 0), MMIO_DONE);
	assert_int_equal(fake[0].completed_value & 0xff, 0);
	assert_int_equal(window(0x4010, 1, false, 0), MMIO_DONE);
	assert_int_equal(fake[0].completed_value & 0xff, 0xff);
	add_function();
	/* a restart of this side */
	io_proxy_restart(&vm.proxy[0], "reset");
	settle();
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
	device_poll();
	service();
	device_poll();
	assert_int_equal(device.status, RING_UP);
	add_function();
}

/* The backend died and is back: the guest's function is where it was. */
static void test_restored(void **state)
{
	static const uint64_t offset[] = { 0x10, 0x14, 0x18, 0x1c, 0x20, 0x24, 0x04 };
	static const uint64_t value[] = { 0, WINDOW, 0, 0, WINDOW + 0x4004, 0, 6 };

	start_up();
	add_function();
	ring_restart(&device);
	service();
	device_poll();
	service();
	send(add_message());
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	for (unsigned int i = 0; i < 7; i++) {
		struct iobuf_message m = answer(IOBUF_CFG_WRITE, 0);

		assert_int_equal(m.addr, offset[i]);
		assert_int_equal(m.data, value[i]);
		assert_int_equal(m.space, BDF);
	}
	assert_int_equal(proxy_requests(), 0);
	assert_int_equal(window(0x4010, 4, false, 0), MMIO_LATER);
	answer(IOBUF_MMIO_READ, 0);
	/* a reset of the guest: nothing comes back by itself */
	io_proxy_restart(&vm.proxy[0], "reset");
	settle();
	device_poll();
	service();
	send(add_message());
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	assert_int_equal(proxy_requests(), 0);
}

/* A guest that sets the function up by itself before the backend is complete has it as it says. */
static void test_not_restored(void **state)
{
	start_up();
	add_function();
	ring_restart(&device);
	service();
	device_poll();
	service();
	send(add_message());
	expect(IOBUF_ACK);
	assert_int_equal(config(0x14, 4, true, WINDOW + 0x8000), MMIO_LATER);
	answer(IOBUF_CFG_WRITE, 0);
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	assert_int_equal(proxy_requests(), 0);
}

/* ---- time ---- */

/* Lets the timer come as often as it is asked for, until then. */
static void pass_time(uint64_t ms)
{
	uint64_t until = fake_now + ms * TICKS_MS;

	deadlines_settle(&vm.deadlines);
	while (vm.deadlines.server <= until) {
		fake_now = vm.deadlines.server;
		deadlines_reached(&vm.deadlines);
		settle();
		deadlines_settle(&vm.deadlines);
	}
	fake_now = until;
}

static unsigned int logged(const char *text)
{
	unsigned int n = 0;
	const char *at = fake[0].log;

	while ((at = strstr(at, text))) {
		at += strlen(text);
		n++;
	}
	return n;
}

/* The vCPU goes on with all ones after the time-out and at most an eighth more; the link is new. */
static void expect_timed_out(void)
{
	pass_time(TIMEOUT_MS - 1);
	assert_int_equal(vm.vcpu[0].state, VCPU_WAIT_DEVICE);
	pass_time(TIMEOUT_MS / 8 + 2);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	assert_int_equal(vm.proxy[0].link.status, RING_DOWN);
	assert_int_equal(proxy_requests(), 0);
	assert_null(vm.deadlines.first);
}

static void test_request_timeout(void **state)
{
	start_up();
	add_function();
	pass_time(3 * TIMEOUT_MS);		/* what was answered has no deadline */
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
	/* answered in time, asked again at once, again and again: nothing runs out */
	for (unsigned int i = 0; i < 10; i++) {
		assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
		pass_time(TIMEOUT_MS - TIMEOUT_MS / 4);
		answer(IOBUF_CFG_READ, i);
		assert_int_equal(fake[0].completed_value, i);
	}
	fake[0].completed_value = 0;
	assert_int_equal(window(0x4010, 4, false, 0), MMIO_LATER);
	expect_timed_out();
	assert_int_equal(fake[0].completed_value, 0xffffffff);
	assert_int_equal(logged("was not answered within 800 ms"), 1);
	/* nobody waits for what does not answer */
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
	assert_int_equal(fake[0].completed_value & 0xffffffff, 0xffffffff);
	assert_int_equal(window(0x8010, 4, false, 0), MMIO_DONE);
	/* an answer that comes too late is of a run that is over */
	assert_false(ring_put(&device, &(struct iobuf_message){ .op = IOBUF_COMPLETE }));
	/* the backend looks again: a new run, the function as the guest had it */
	device_poll();
	service();
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
	send(add_message());
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	for (unsigned int i = 0; i < 7; i++)
		answer(IOBUF_CFG_WRITE, 0);
	assert_int_equal(window(0x4010, 4, false, 0), MMIO_LATER);
	answer(IOBUF_MMIO_READ, 7);
	assert_int_equal(fake[0].completed_value, 7);
	/* it may answer everything but one: that one counts */
	assert_int_equal(window(0x4010, 4, false, 0), MMIO_LATER);
	expect_timed_out();
}

/* A restored function's writes have nobody who waits; the link ends all the same. */
static void test_restore_timeout(void **state)
{
	start_up();
	add_function();
	ring_restart(&device);
	service();
	device_poll();
	service();
	send(add_message());
	expect(IOBUF_ACK);
	send((struct iobuf_message){ .op = IOBUF_VM_START, .tag = 9 });
	expect(IOBUF_ACK);
	expect(IOBUF_CFG_WRITE);
	pass_time(2 * TIMEOUT_MS);
	assert_int_equal(vm.proxy[0].link.status, RING_DOWN);
	assert_int_equal(logged("was not answered"), 1);
}

static void test_no_timeout(void **state)
{
	start_up();
	is.request_timeout = 0;
	add_function();
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
	assert_null(vm.deadlines.first);
	/* a kernel without a timer: nothing can end it either */
	start_up();
	vm.counter_frequency = 0;
	add_function();
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
	assert_null(vm.deadlines.first);
}

/* The clock is not asked for each access. */
static void test_timeout_is_cheap(void **state)
{
	start_up();
	add_function();
	fake_now_calls = 0;
	for (unsigned int i = 0; i < 1000; i++) {
		assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
		answer(IOBUF_CFG_READ, i);
	}
	assert_true(fake_now_calls <= 1);
}

/* ---- floods ---- */

static unsigned int taken(void)
{
	return vm.proxy[0].link.consumed;
}

static void put_messages(unsigned int count, bool (*put)(unsigned int n))
{
	for (unsigned int i = 0; i < count; i++)
		if (!put(i))
			return;
}

static bool put_add_and_remove(unsigned int n)
{
	struct iobuf_message m = n & 1 ? (struct iobuf_message){ .op = IOBUF_PCI_REMOVE, .space = BDF } :
					 add_message();

	m.tag = n;
	return device.produced - pages[0].consumed < 16 && ring_put(&device, &m);
}

static bool put_clear(unsigned int n)
{
	struct iobuf_message m = { .op = IOBUF_DOORBELL_CLEAR, .space = 3, .tag = n };

	return device.produced - pages[0].consumed < 16 && ring_put(&device, &m);
}

/* The answers are taken, so that the ring has room for more. */
static void take_answers(void)
{
	struct iobuf_message m;

	device_poll();
	while (ring_take(&device, &m))
		;
}

/* Messages and signals without end: a budget of them, then nothing until the timer comes. */
static void flood(bool (*put)(unsigned int n), unsigned int ms)
{
	unsigned int before = taken();

	for (unsigned int round = 0; round < 200 * ms; round++) {
		put_messages(16, put);
		service();
		take_answers();
		if (round % 200 == 199)
			pass_time(1);
	}
	assert_in_range(taken() - before, 64 * (ms - 1), 64 * (ms + 1));
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
}

static void test_message_flood(void **state)
{
	start_up();
	flood(put_clear, 20);
	assert_int_equal(logged("function"), 0);
	start_up();
	flood(put_add_and_remove, 40);
	/* 1280 functions came: 16 lines, then 32, 64, 128, 256, 512, 1024 */
	assert_int_equal(logged("function 01.0"), 16 + 6);
	/* afterwards it is served as ever: who is answered never waits for the next look */
	pass_time(2);
	take_answers();
	send((struct iobuf_message){ .op = IOBUF_PCI_REMOVE, .tag = 77, .space = BDF });
	take_answers();
	add_function();
}

/* Runs without end: each one costs the monitor a cleared page and all functions. */
static void test_epoch_churn(void **state)
{
	uint32_t adopted, runs = 0;

	start_up();
	adopted = vm.proxy[0].link.peer_epoch;
	for (unsigned int round = 0; round < 5000; round++) {
		ring_restart(&device);
		service();
		device_poll();
		runs += adopted != vm.proxy[0].link.peer_epoch;
		adopted = vm.proxy[0].link.peer_epoch;
		if (round % 100 == 99)
			pass_time(1);
	}
	assert_in_range(runs, 50, 4 * 51);
	assert_in_range(logged("connection to"), 16, 2 * (16 + 8));
	pass_time(2);
	device_poll();
	service();
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
	add_function();
}

/* Without a timer there is nothing to end a pause: nothing is left lying either. */
static void test_flood_without_timer(void **state)
{
	unsigned int sent = 0;

	start_up();
	vm.counter_frequency = 0;
	for (unsigned int round = 0; round < 100; round++) {
		put_messages(16, put_clear);
		sent = device.produced;
		service();
		take_answers();
	}
	assert_int_equal(taken(), sent);
}

/* ---- who may still write this VM's memory ---- */

static void test_released(void **state)
{
	start();
	assert_true(io_proxy_released(&vm.proxy[0]));		/* nobody was there yet */
	start_up();
	assert_true(io_proxy_released(&vm.proxy[0]));		/* it serves this run */
	io_proxy_restart(&vm.proxy[0], "reset");
	assert_false(io_proxy_released(&vm.proxy[0]));
	io_proxy_restart(&vm.proxy[0], "reset");		/* however often */
	service();
	assert_false(io_proxy_released(&vm.proxy[0]));
	is.swiotlb = true;
	assert_true(io_proxy_released(&vm.proxy[0]));		/* it saw a window only */
	is.swiotlb = false;
	device_poll();						/* it let go, and serves the new run */
	assert_true(io_proxy_released(&vm.proxy[0]));
	io_proxy_restart(&vm.proxy[0], "reset");
	pages[1].peer_epoch = 0;				/* its VM was reset */
	assert_true(io_proxy_released(&vm.proxy[0]));
	/* a request that ran out is no sign that it let go */
	start_up();
	add_function();
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
	expect_timed_out();
	io_proxy_restart(&vm.proxy[0], "reset");
	assert_false(io_proxy_released(&vm.proxy[0]));
	ring_restart(&device);
	assert_true(io_proxy_released(&vm.proxy[0]));
}

/* ---- peers that break rules ---- */

static void expect_failed(enum ring_rule rule)
{
	service();
	assert_int_equal(vm.proxy[0].link.status, RING_FAILED);
	assert_int_equal(vm.proxy[0].link.rule, rule);
	assert_non_null(strstr(fake[0].log, ring_rule_text(rule)));
	assert_non_null(strstr(fake[0].log, "vm_dev broke"));
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
	/* a new run of the device's side mends it */
	ring_restart(&device);
	service();
	device_poll();
	service();
	assert_int_equal(vm.proxy[0].link.status, RING_UP);
}

static void test_rules(void **state)
{
	start_up();
	add_function();
	assert_int_equal(config(0, 4, false, 0), MMIO_LATER);
	device_poll();
	ring_put(&device, &(struct iobuf_message){ .op = IOBUF_COMPLETE, .tag = 12345 });
	expect_failed(RING_RULE_TAG_UNKNOWN);
	assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);

	start_up();
	pages[1].produced = 100;
	expect_failed(RING_RULE_PRODUCED);

	start_up();
	device_poll();
	ring_put(&device, &(struct iobuf_message){ .op = IOBUF_MMIO_READ, .len = 4 });
	expect_failed(RING_RULE_OP);

	start_up();
	device_poll();
	ring_put(&device, &(struct iobuf_message){ .op = IOBUF_DOORBELL_SET, .space = 120 });
	expect_failed(RING_RULE_SPACE);

	start_up();
	add_function();
	pages[1].consumed += 40;
	assert_int_equal(config(0, 4, false, 0), MMIO_DONE);
	assert_int_equal(vm.proxy[0].link.status, RING_FAILED);
	expect_failed(RING_RULE_CONSUMED);
}

/* Rubbish of all kinds for a while; what must hold: no crash, no vCPU that waits for ever. */
static void test_rubbish(void **state)
{
	for (unsigned int seed = 1; seed <= 60; seed++) {
		srand(seed);
		start_up();
		add_function();
		for (unsigned int step = 0; step < 300; step++) {
			uint32_t *word = (uint32_t *)&pages[1];
			struct iobuf_message m = add_message();
			unsigned int r = (unsigned int)rand();

			switch (r % 8) {
			case 0:
				word[(unsigned int)rand() % 1024] = (uint32_t)rand();
				break;
			case 1:
				m.op = 0x10 + (uint32_t)rand() % 7;
				m.space = (uint32_t)rand() % 130;
				m.tag = (uint32_t)rand() % 20;
				m.addr = WINDOW + ((uint32_t)rand() % 64) * 4;
				if (device.status == RING_UP)
					ring_put(&device, &m);
				break;
			case 2:
				if (device.status == RING_UP)
					ring_count(&device, (unsigned int)rand() % 128);
				break;
			case 3:
				ring_restart(&device);
				break;
			case 4:
				if (vm.vcpu[0].state == VCPU_RUNNING)
					config((unsigned int)rand() % 64 * 4, 4, r & 64, r);
				break;
			case 5:
				if (vm.vcpu[0].state == VCPU_RUNNING)
					window((unsigned int)rand() % 8192 * 4, 4, r & 64, r);
				break;
			default:
				device_poll();
				service();
			}
		}
		ring_restart(&device);
		service();
		assert_int_equal(vm.vcpu[0].state, VCPU_RUNNING);
	}
}

/* ---- the device's side: the connector ---- */

static struct config_connection device_is = {
	.peer = "vm_drv", .peer_id = 9, .signal = 88, .frame_driver = 40, .frame_device = 41,
	.table_untyped = 42, .table_slot = 43, .badge = 1, .downcall = 3,
	.ram = { 0x40000000, 0x10000000 }, .memdev = { 0x40000000, 0x10000000 },
	.memdev_local = 0x60000000, .driver_v2m = V2M, .driver_v2m_first = 256,
	.driver_v2m_count = 120, .driver_window = { WINDOW, 16u << 20 },
};

static uint64_t own(mmio_handler handler, uint64_t address, unsigned int size, bool write,
		    uint64_t value)
{
	assert_int_equal(access(handler, &vm.pci, address, size, write, value), MMIO_DONE);
	return fake[0].completed_value & mmio_mask(size);
}

#define CFG(offset)	(0x8000u + (offset))
#define OWN_WINDOW	0x1f000000u

static void start_connector(void)
{
	start();
	pci_init(&vm.pci, gpa(OWN_WINDOW), 16u << 20);
	vm.config.pci_intx = 220;
	vm.config.vspace = 50;
	vm.config.cnode = 51;
	vm.connectors = 1;
	connector_init(&vm.connector[0], &vm, 0, &device_is);
	own(pci_ecam_mmio, CFG(0x10), 4, true, OWN_WINDOW);
	own(pci_ecam_mmio, CFG(0x18), 4, true, OWN_WINDOW + 0x2000);
}

static void test_connector_registers(void **state)
{
	start_connector();
	assert_int_equal(own(pci_ecam_mmio, CFG(0), 4, false, 0), 0x00015e14);
	assert_int_equal(own(pci_ecam_mmio, CFG(8), 4, false, 0) >> 8, CONNECTOR_CLASS);
	own(pci_ecam_mmio, CFG(4), 2, true, 6);
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_MEMDEV_LOCAL, 8, false, 0),
			 0x60000000);
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_SPIS, 4, false, 0),
			 256 | 120 << 16);
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_VM_ID, 4, false, 0), 9);
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_VM_NAME + 3, 1, false, 0), 'd');
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_SHARING, 4, false, 0),
			 CONNECTOR_SHARING_RAM);
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_DOWNCALL, 4, false, 0), 3);
	fake_reset();
	own(pci_window_mmio, OWN_WINDOW + CONNECTOR_DOORBELL, 4, true, 1);
	assert_int_equal(fake_calls[0].cptr, 88);
}

static void test_connector_pages(void **state)
{
	start_connector();
	fake_reset();
	own(pci_ecam_mmio, CFG(4), 2, true, 6);
	assert_int_equal(fake_num_calls, 2);		/* memory on: both pages */
	assert_int_equal(fake_calls[0].label, ARMPageMap);
	assert_int_equal(fake_calls[0].cptr, 40);
	assert_int_equal(fake_calls[0].mr[0], OWN_WINDOW + 0x2000);
	assert_int_equal(fake_calls[0].mr[1], SEL4_RIGHT_READ);
	assert_int_equal(fake_calls[1].mr[1], SEL4_RIGHT_READ | SEL4_RIGHT_WRITE);
	fake_reset();
	own(pci_ecam_mmio, CFG(4), 2, true, 0);
	assert_int_equal(fake_num_calls, 2);
	assert_int_equal(fake_calls[0].label, ARMPageUnmap);
	own(pci_ecam_mmio, CFG(0x18), 4, true, OWN_WINDOW + 0x4000);
	assert_int_equal(fake_num_calls, 2);
	own(pci_ecam_mmio, CFG(4), 2, true, 2);
	assert_int_equal(fake_last(SEL4_SYS_CALL, ARMPageMap)->mr[0], OWN_WINDOW + 0x5000);
	connector_reset(&vm.connector[0]);
	assert_int_equal(vm.connector[0].mapped, 0);
}

/* ---- several connectors: the VM's address space as the kernel keeps it ---- */

#define REGION(address)	((address) >> 21)
#define CONNECTORS	3u

static struct config_connection several[CONNECTORS];
static uint64_t frame_at[2 * CONNECTORS], table_at[CONNECTORS];
static bool table_exists[CONNECTORS];

/* Frames 100 and on, tables 200 and on; no other mapping and no other table is there. */
static bool has_table(uint64_t address)
{
	for (unsigned int i = 0; i < CONNECTORS; i++)
		if (table_at[i] && REGION(table_at[i]) == REGION(address))
			return true;
	return false;
}

static bool is_taken(uint64_t address)
{
	for (unsigned int i = 0; i < 2 * CONNECTORS; i++)
		if (frame_at[i] == address)
			return true;
	return false;
}

static seL4_Word map_frame(unsigned int frame, uint64_t address)
{
	assert_int_equal(frame_at[frame], 0);
	if (!has_table(address))
		return seL4_FailedLookup;
	if (is_taken(address))
		return seL4_DeleteFirst;
	frame_at[frame] = address;
	return seL4_NoError;
}

static seL4_Word map_table(unsigned int table, uint64_t address)
{
	assert_true(table_exists[table]);
	assert_int_equal(table_at[table], 0);
	if (has_table(address))
		return seL4_DeleteFirst;
	table_at[table] = address;
	return seL4_NoError;
}

/* What hung in it is not mapped any more: the fault that this is about. */
static void unmap_table(unsigned int table)
{
	for (unsigned int i = 0; i < 2 * CONNECTORS; i++)
		if (REGION(frame_at[i]) == REGION(table_at[table]))
			frame_at[i] = 0;
	table_at[table] = 0;
}

static int address_space(const struct fake_call *call, struct sel4_trap *trap)
{
	seL4_Word error = seL4_NoError;
	unsigned int frame = (unsigned int)call->cptr - 100, table = (unsigned int)call->cptr - 200;

	if (call->number != SEL4_SYS_CALL)
		return 0;
	if (call->label == ARMPageMap)
		error = map_frame(frame, call->mr[0]);
	else if (call->label == ARMPageUnmap)
		frame_at[frame] = 0;
	else if (call->label == ARMPageTableMap)
		error = map_table(table, call->mr[0]);
	else if (call->label == ARMPageTableUnmap)
		unmap_table(table);
	else if (call->label == UntypedRetype)
		table_exists[call->cptr - 300] = true;
	trap->info = seL4_MessageInfo_new(error, 0, 0, 0).words[0];
	return 1;
}

static void start_connectors(void)
{
	start();
	memset(frame_at, 0, sizeof(frame_at));
	memset(table_at, 0, sizeof(table_at));
	memset(table_exists, 0, sizeof(table_exists));
	fake_hook = address_space;
	pci_init(&vm.pci, gpa(OWN_WINDOW), 16u << 20);
	vm.config.pci_intx = 220;
	for (unsigned int i = 0; i < CONNECTORS; i++) {
		several[i] = device_is;
		several[i].signal = 0;
		several[i].frame_driver = 100 + 2 * i;
		several[i].frame_device = 101 + 2 * i;
		several[i].table_slot = 200 + i;
		several[i].table_untyped = 300 + i;
		connector_init(&vm.connector[i], &vm, i, &several[i]);
	}
	vm.connectors = CONNECTORS;
}

static void set_bar(unsigned int i, uint64_t base)
{
	own(pci_ecam_mmio, (i + 1) * 0x8000u + 0x18, 4, true, base);
}

static void set_memory(unsigned int i, bool on)
{
	own(pci_ecam_mmio, (i + 1) * 0x8000u + 4, 2, true, on ? 6 : 0);
}

/* Pages of connector i are at base, both; or nowhere. */
static void expect_pages(unsigned int i, uint64_t base)
{
	assert_int_equal(frame_at[2 * i], base);
	assert_int_equal(frame_at[2 * i + 1], base ? base + 4096 : 0);
}

static void test_connectors_move(void **state)
{
	start_connectors();
	for (unsigned int i = 0; i < 2; i++) {
		set_bar(i, OWN_WINDOW + 0x2000 + i * 0x4000);
		set_memory(i, true);
		expect_pages(i, OWN_WINDOW + 0x2000 + i * 0x4000);
	}
	/* away while it is on, as the guest in the report did */
	set_bar(0, OWN_WINDOW + 0x402000);
	expect_pages(0, OWN_WINDOW + 0x402000);
	expect_pages(1, OWN_WINDOW + 0x6000);
	/* memory off, moved, on; back again */
	set_memory(0, false);
	expect_pages(0, 0);
	set_bar(0, OWN_WINDOW + 0x802000);
	expect_pages(0, 0);
	set_memory(0, true);
	expect_pages(0, OWN_WINDOW + 0x802000);
	expect_pages(1, OWN_WINDOW + 0x6000);
	set_bar(0, OWN_WINDOW + 0x2000);
	expect_pages(0, OWN_WINDOW + 0x2000);
	expect_pages(1, OWN_WINDOW + 0x6000);
}

static void test_connectors_overlap(void **state)
{
	start_connectors();
	set_bar(0, OWN_WINDOW + 0x2000);
	set_bar(1, OWN_WINDOW + 0x2000);
	set_memory(0, true);
	set_memory(1, true);
	expect_pages(0, OWN_WINDOW + 0x2000);		/* who was there first stays */
	expect_pages(1, 0);
	assert_int_equal(logged("cannot be mapped"), 1);
	set_bar(0, OWN_WINDOW + 0x4000);
	expect_pages(0, OWN_WINDOW + 0x4000);
	expect_pages(1, OWN_WINDOW + 0x2000);		/* and who waited comes */
	set_memory(0, false);
	set_bar(1, OWN_WINDOW + 0x4000);
	expect_pages(1, OWN_WINDOW + 0x4000);
	set_memory(0, true);
	expect_pages(0, 0);
	set_memory(1, false);
	expect_pages(0, OWN_WINDOW + 0x4000);
	/* BARs of the other kind do not count */
	own(pci_ecam_mmio, 0x8010, 4, true, OWN_WINDOW + 0x4000);
	expect_pages(0, OWN_WINDOW + 0x4000);
}

/* Outside the host's window, or only partly in it: over RAM or another device. */
static void test_connectors_outside(void **state)
{
	static const uint64_t base[] = { 0, 0x40000000, OWN_WINDOW - 0x2000, OWN_WINDOW + (16u << 20),
					 0xffffe000, V2M & ~0x1fffu };

	start_connectors();
	set_memory(0, true);
	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
		set_bar(0, base[i]);
		expect_pages(0, 0);
		set_bar(0, OWN_WINDOW + 0x2000);
		expect_pages(0, OWN_WINDOW + 0x2000);
	}
	set_bar(0, OWN_WINDOW + (16u << 20) - 0x2000);
	expect_pages(0, OWN_WINDOW + (16u << 20) - 0x2000);
}

/* Anything a guest does with three of them: mapped is who wants a place that nobody else has. */
static void test_connectors_random(void **state)
{
	uint64_t base[CONNECTORS] = { 0 };
	bool on[CONNECTORS] = { false };

	srand(11);
	start_connectors();
	for (unsigned int step = 0; step < 20000; step++) {
		unsigned int i = (unsigned int)rand() % CONNECTORS;

		if (rand() & 1) {
			base[i] = OWN_WINDOW + (uint64_t)(rand() % 4) * 0x200000 +
				  (uint64_t)(rand() % 2) * 0x2000;
			set_bar(i, base[i]);
		} else {
			on[i] = rand() & 1;
			set_memory(i, on[i]);
		}
		for (unsigned int k = 0; step % 1000 == 999 && k < CONNECTORS; k++) {
			connector_reset(&vm.connector[k]);
			base[k] = on[k] = 0;
		}
		for (unsigned int k = 0; k < CONNECTORS; k++) {
			bool shared = false;

			for (unsigned int o = 0; o < CONNECTORS; o++)
				shared |= o != k && frame_at[2 * o] && frame_at[2 * o] == base[k];
			expect_pages(k, on[k] && base[k] && !shared ? base[k] : 0);
		}
	}
}

static void test_connector_interrupt(void **state)
{
	struct vgic_irq *line;

	start_connector();
	own(pci_ecam_mmio, CFG(4), 2, true, 6);
	line = vgic_irq(&vm.gic, 0, 221);		/* device 1, INTA */
	connector_upcall(&vm.connector[0]);
	assert_true(line->level);
	assert_int_equal(own(pci_window_mmio, OWN_WINDOW + CONNECTOR_STATUS, 4, false, 0), 1);
	own(pci_window_mmio, OWN_WINDOW + CONNECTOR_STATUS, 4, true, 1);
	assert_false(line->level);
	/* MSI */
	assert_int_equal(own(pci_ecam_mmio, CFG(0x34), 1, false, 0), 0x50);
	own(pci_ecam_mmio, CFG(0x54), 4, true, V2M + 0x40);
	own(pci_ecam_mmio, CFG(0x5c), 2, true, 300);
	own(pci_ecam_mmio, CFG(0x52), 2, true, 1);
	connector_upcall(&vm.connector[0]);
	assert_false(line->level);
	assert_true(vgic_irq(&vm.gic, 0, 300)->latched);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_function),
		cmocka_unit_test(test_doorbell),
		cmocka_unit_test(test_msi),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_start_and_loss),
		cmocka_unit_test(test_restored),
		cmocka_unit_test(test_not_restored),
		cmocka_unit_test(test_request_timeout),
		cmocka_unit_test(test_restore_timeout),
		cmocka_unit_test(test_no_timeout),
		cmocka_unit_test(test_timeout_is_cheap),
		cmocka_unit_test(test_message_flood),
		cmocka_unit_test(test_epoch_churn),
		cmocka_unit_test(test_flood_without_timer),
		cmocka_unit_test(test_released),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_connector_registers),
		cmocka_unit_test(test_connector_pages),
		cmocka_unit_test(test_connectors_move),
		cmocka_unit_test(test_connectors_overlap),
		cmocka_unit_test(test_connectors_outside),
		cmocka_unit_test(test_connectors_random),
		cmocka_unit_test(test_connector_interrupt),
	};

	return cmocka_run_group_tests_name("io_proxy", tests, NULL, NULL);
}
