/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's side against a device's side: an honest one on ring.h, and ones that lie. */
#include "fake_vcpu.h"

#include <sel4/fake.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW	0x10000000u
#define V2M	0x08020000u
#define BDF	0x08u

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
		.window = { WINDOW, 16u << 20 },
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
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_rubbish),
		cmocka_unit_test(test_connector_registers),
		cmocka_unit_test(test_connector_pages),
		cmocka_unit_test(test_connector_interrupt),
	};

	return cmocka_run_group_tests_name("io_proxy", tests, NULL, NULL);
}
