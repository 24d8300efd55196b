/* SPDX-License-Identifier: BSD-2-Clause */
/* Small emulated devices and decoders: PL011, PSCI, the Image header, GICv2m, PCI, MMIO, memory. */
#include "fake_vcpu.h"

#include <stdlib.h>
#include <string.h>

#include "arm/gicv2m.h"
#include "arm/pl011.h"
#include "arm/psci.h"
#include "psci.h"

static struct vcpu vcpu = { .state = VCPU_RUNNING };
static struct vcpu *const list[1] = { &vcpu };
static struct vgic gic;

static void start(void)
{
	fake_vcpu_reset();
	vgic_init(&gic, list, 1, 384);
	vgic_set_list_registers(&gic, &(struct vcpu_lists){ FAKE_LRS, true, false });
	vgic_cpu_online(&gic, 0, true);
	vgic_set_ctlr(&gic, 1);
}

static uint64_t rd(mmio_handler handler, void *device, uint64_t address, unsigned int size)
{
	struct mmio_access a = { .vcpu = &vcpu, .offset = address, .address = gpa(address),
				 .size = (uint8_t)size };

	assert_int_equal(handler(device, &a), MMIO_DONE);
	return a.value & mmio_mask(size);
}

static void wr(mmio_handler handler, void *device, uint64_t address, unsigned int size,
	       uint64_t value)
{
	struct mmio_access a = { .vcpu = &vcpu, .offset = address, .address = gpa(address),
				 .size = (uint8_t)size, .write = true, .value_known = true,
				 .value = value };

	assert_int_equal(handler(device, &a), MMIO_DONE);
}

/* ---- PL011 ---- */

static struct {
	char out[64], in[64];
	size_t out_length, in_at, room;
	bool wanted;
} line;

static size_t room(void *port)
{
	return line.room - line.out_length;
}

static void want_room(void *port)
{
	line.wanted = true;
}

static void put(void *port, uint8_t byte)
{
	assert_true(line.out_length < line.room);
	line.out[line.out_length++] = (char)byte;
}

static int get(void *port)
{
	return line.in[line.in_at] ? line.in[line.in_at++] : -1;
}

static const struct pl011_line line_to = { room, want_room, put, get };

static void test_pl011(void **state)
{
	struct pl011 uart;
	struct vgic_irq *irq;

	start();
	memset(&line, 0, sizeof(line));
	line.room = 3 + PL011_FIFO;
	pl011_init(&uart, &gic, 33, &line_to, NULL);
	irq = vgic_irq(&gic, 0, 33);
	assert_int_equal(rd(pl011_mmio, &uart, 0xfe0, 4), 0x11);
	assert_int_equal(rd(pl011_mmio, &uart, 0xfec, 4), 0x00);
	assert_int_equal(rd(pl011_mmio, &uart, 0xffc, 4), 0xb1);
	wr(pl011_mmio, &uart, PL011_IMSC, 4, PL011_INT_RX | PL011_INT_TX);
	assert_false(irq->level);
	for (unsigned int i = 0; i < 3 + PL011_FIFO; i++) {
		assert_false(rd(pl011_mmio, &uart, PL011_FR, 4) & PL011_FR_TXFF);
		/* whoever was told of room has half a FIFO of it */
		assert_int_equal(irq->level, i != 0 && i <= 3 + PL011_FIFO / 2);
		wr(pl011_mmio, &uart, PL011_DR, 1, 'a' + i % 26);
	}
	assert_true(rd(pl011_mmio, &uart, PL011_FR, 4) & PL011_FR_TXFF);
	assert_true(line.wanted);
	line.room = 60;
	pl011_poll(&uart);
	assert_int_equal(line.out_length, 3 + PL011_FIFO);
	for (unsigned int i = 0; i < 3 + PL011_FIFO; i++)
		assert_int_equal(line.out[i], 'a' + i % 26);
	assert_false(rd(pl011_mmio, &uart, PL011_FR, 4) & PL011_FR_TXFF);
	assert_true(irq->level);
	wr(pl011_mmio, &uart, PL011_ICR, 4, PL011_INT_TX);
	assert_false(irq->level);
	strcpy(line.in, "xy");
	pl011_poll(&uart);
	assert_true(irq->level);
	assert_int_equal(rd(pl011_mmio, &uart, PL011_MIS, 4), PL011_INT_RX);
	assert_int_equal(rd(pl011_mmio, &uart, PL011_DR, 4), 'x');
	assert_true(irq->level);
	assert_int_equal(rd(pl011_mmio, &uart, PL011_DR, 4), 'y');
	assert_false(irq->level);
	assert_true(rd(pl011_mmio, &uart, PL011_FR, 4) & PL011_FR_RXFE);
}

/* A guest that does not look at the flags waits at its store; nothing that it sent is lost. */
static void test_pl011_is_full(void **state)
{
	struct mmio_access store = { .vcpu = &vcpu, .size = 1, .write = true, .value_known = true,
				     .value = '!' };
	struct pl011 uart;

	start();
	memset(&line, 0, sizeof(line));
	line.room = 1;
	pl011_init(&uart, &gic, 33, &line_to, NULL);
	wr(pl011_mmio, &uart, PL011_DR, 1, '?');
	assert_int_equal(pl011_mmio(&uart, &store), MMIO_LATER);
	vcpu.access = store;
	vcpu.state = VCPU_WAIT_DEVICE;
	pl011_poll(&uart);
	assert_int_equal(vcpu.state, VCPU_WAIT_DEVICE);
	assert_true(line.wanted);
	line.room = 2;
	pl011_poll(&uart);
	assert_int_equal(vcpu.state, VCPU_RUNNING);
	assert_memory_equal(line.out, "?!", 2);
	line.room = 9;
	pl011_poll(&uart);
	assert_int_equal(line.out_length, 2);		/* once */
	line.room = 2;
	assert_int_equal(pl011_mmio(&uart, &store), MMIO_LATER);
	pl011_reset(&uart);				/* its vCPU starts again */
	line.room = 9;
	pl011_poll(&uart);
	assert_int_equal(line.out_length, 2);
}

/* A line that is up at a reset of the VM is down after it, whatever held it up. */
static void test_pl011_reset(void **state)
{
	struct pl011 uart;
	struct vgic_irq *irq;

	start();
	irq = vgic_irq(&gic, 0, 33);
	for (unsigned int i = 0; i < 2; i++) {
		memset(&line, 0, sizeof(line));
		line.room = sizeof(line.out);
		pl011_init(&uart, &gic, 33, &line_to, NULL);
		wr(pl011_mmio, &uart, PL011_IMSC, 4, PL011_INT_RX | PL011_INT_TX);
		if (i)
			memset(line.in, 'x', sizeof(line.in) - 1);
		else
			wr(pl011_mmio, &uart, PL011_DR, 1, 'x');
		pl011_poll(&uart);
		assert_true(irq->level);
		pl011_reset(&uart);
		vgic_reset(&gic);
		assert_false(irq->level);
		assert_int_equal(rd(pl011_mmio, &uart, PL011_IMSC, 4), 0);
		assert_int_equal(rd(pl011_mmio, &uart, PL011_MIS, 4), 0);
		/* the port was read to its end, so that its next byte is signalled */
		assert_int_equal(line.in[line.in_at], 0);
	}
	assert_int_equal(line.in_at, 2 * PL011_FIFO - 1);
}

/* ---- PSCI ---- */

static void test_psci(void **state)
{
	const uint64_t none[3] = { 0 };
	const uint64_t one[3] = { 1, 0x80000, 42 };
	const uint64_t beyond[3] = { 2, 0, 0 };
	const uint64_t off[3] = { PSCI_SYSTEM_OFF };
	struct psci_result r;

	assert_int_equal(psci_call(PSCI_VERSION, none, 2, 1).value, 0x10001);
	assert_int_equal(psci_call(PSCI_FEATURES, off, 2, 1).value, 0);
	assert_int_equal(psci_call(PSCI_FEATURES, one, 2, 1).value, -1);
	assert_int_equal(psci_call(PSCI_SYSTEM_OFF, none, 2, 1).action, PSCI_POWER_OFF);
	assert_int_equal(psci_call(PSCI_SYSTEM_RESET, none, 2, 1).action, PSCI_RESET);
	assert_int_equal(psci_call(0x12345678, none, 2, 1).value, -1);
	r = psci_call(PSCI_CPU_ON_64, one, 2, 1);
	assert_int_equal(r.action, PSCI_CPU_START);
	assert_int_equal(r.cpu, 1);
	assert_int_equal(r.entry, 0x80000);
	assert_int_equal(r.context, 42);
	assert_int_equal(psci_call(PSCI_CPU_ON_64, one, 2, 3).value, PSCI_RET_ALREADY_ON);
	assert_int_equal(psci_call(PSCI_CPU_ON_64, beyond, 2, 1).value,
			 PSCI_RET_INVALID_PARAMETERS);
	assert_int_equal(psci_call(PSCI_AFFINITY_INFO_64, none, 2, 1).value, PSCI_AFFINITY_ON);
	r.value = psci_call(PSCI_AFFINITY_INFO_64, (const uint64_t[3]){ 1, 0, 0 }, 2, 1).value;
	assert_int_equal(r.value, PSCI_AFFINITY_OFF);
}

/* ---- Image ---- */

static void make_image(uint8_t image[64], uint64_t offset, uint64_t size)
{
	memset(image, 0, 64);
	memcpy(image + 8, &offset, 8);
	memcpy(image + 16, &size, 8);
	memcpy(image + 56, "ARM\x64", 4);
}

static void test_image(void **state)
{
	struct linux_placement where;
	struct linux_image image;
	uint8_t file[64];

	make_image(file, 0, 40u << 20);
	assert_null(linux_image_check(file, 64, &image));
	assert_null(linux_image_place(&image, 12u << 20, gpa(0x40000000), 256u << 20, &where));
	assert_int_equal(where.kernel.value, 0x40000000);
	assert_int_equal(where.dtb.value, 0x42800000);
	assert_int_equal(where.initrd.value, 0x42a00000);
	assert_non_null(linux_image_place(&image, 12u << 20, gpa(0x40000000), 48u << 20, &where));
	assert_non_null(linux_image_place(&image, ~0ull, gpa(0x40000000), 256u << 20, &where));
	assert_null(linux_image_place(&image, 0, gpa(0x40000000), 44u << 20, &where));
	make_image(file, 0x80000, 0);
	assert_null(linux_image_check(file, 64, &image));
	assert_int_equal(image.text_offset, 0x80000);
	make_image(file, 4u << 20, 4096);
	assert_non_null(linux_image_check(file, 64, &image));
	make_image(file, 0, ~0ull);
	assert_non_null(linux_image_check(file, 64, &image));
	memcpy(file + 56, "\0\0\0\0", 4);
	memcpy(file, "\x1f\x8b", 2);
	assert_non_null(strstr(linux_image_check(file, 64, &image), "gzip"));
	assert_non_null(strstr(linux_image_check("x", 1, &image), "shorter"));
	memset(file, 0, sizeof(file));
	assert_non_null(strstr(linux_image_check(file, 64, &image), "not an arm64 Image"));
	memcpy(file, "\177ELF", 4);
	assert_non_null(strstr(linux_image_check(file, 64, &image), "ELF"));
}

/* ---- GICv2m ---- */

static void test_gicv2m(void **state)
{
	struct gicv2m frame;
	int a, b;

	start();
	gicv2m_init(&frame, &gic, gpa(0x8020000), 256, 64);
	assert_int_equal(rd(gicv2m_mmio, &frame, V2M_MSI_TYPER, 4), 256u << 16 | 64);
	wr(gicv2m_mmio, &frame, V2M_MSI_SETSPI_NS, 4, 260);
	assert_true(vgic_irq(&gic, 0, 260)->latched);
	wr(gicv2m_mmio, &frame, V2M_MSI_SETSPI_NS, 4, 320);	/* not of the frame */
	assert_false(vgic_irq(&gic, 0, 320)->latched);
	assert_int_equal(gicv2m_spi(&frame, 0x8020040, 256), 0);
	assert_int_equal(gicv2m_spi(&frame, 0x8020040, 320), -1);
	assert_int_equal(gicv2m_spi(&frame, 0x8020044, 256), -1);
	gicv2m_bind(&frame, 3, &a);
	gicv2m_bind(&frame, 3, &a);
	assert_false(gicv2m_raise(&frame, 3, &b));
	assert_true(gicv2m_raise(&frame, 3, &a));
	gicv2m_unbind(&frame, 3, &a);
	assert_true(gicv2m_raise(&frame, 3, &a));
	gicv2m_unbind(&frame, 3, &a);
	assert_false(gicv2m_raise(&frame, 3, &a));
	assert_false(gicv2m_raise(&frame, 64, NULL));
	assert_false(gicv2m_raise(&frame, -1, NULL));
}

/* ---- PCI ---- */

static struct pci_function *hit;
static unsigned int hit_bar;
static uint64_t hit_offset;

static enum mmio_result on_bar(struct pci_function *function, unsigned int bar,
			       struct mmio_access *access)
{
	hit = function;
	hit_bar = bar;
	hit_offset = access->offset;
	access->value = 0x55;
	return MMIO_DONE;
}

static void test_pci(void **state)
{
	static const struct pci_operations operations = { .bar = on_bar };
	struct iobuf_pci_function is = { .bdf = 0x08, .vendor = 0x1af4, .device = 0x1042,
		.class_code = 0x018000, .bar_log2 = { 12, 0, 0, 0, 14, 0 },
		.bar_flags = { 0, 0, 0, 0, IOBUF_BAR_64 | IOBUF_BAR_PREFETCH, 0 },
		.msix_bar = IOBUF_PCI_NO_MSIX };
	struct pci_function *f;
	static struct pci_host host;
	const uint64_t cfg = 0x08 << 12;

	pci_init(&host, gpa(0x10000000), 16u << 20);
	f = pci_add(&host, &is, &operations, NULL);
	assert_non_null(f);
	assert_null(pci_add(&host, &is, &operations, NULL));
	assert_int_equal(rd(pci_ecam_mmio, &host, 0, 4), 0xffffffff);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg, 4), 0x10421af4);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg + 10, 2), 0x0180);
	/* sizing */
	wr(pci_ecam_mmio, &host, cfg + 0x10, 4, 0xffffffff);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg + 0x10, 4), 0xfffff000);
	wr(pci_ecam_mmio, &host, cfg + 0x20, 4, 0xffffffff);
	wr(pci_ecam_mmio, &host, cfg + 0x24, 4, 0xffffffff);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg + 0x20, 4), 0xffffc00c);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg + 0x24, 4), 0xffffffff);
	wr(pci_ecam_mmio, &host, cfg + 0x14, 4, 0xffffffff);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg + 0x14, 4), 0);
	/* placing: nothing answers before memory is on, nor outside the window */
	wr(pci_ecam_mmio, &host, cfg + 0x10, 4, 0x10004000);
	wr(pci_ecam_mmio, &host, cfg + 0x20, 4, 0x10008000);
	wr(pci_ecam_mmio, &host, cfg + 0x24, 4, 0);
	hit = NULL;
	assert_int_equal(rd(pci_window_mmio, &host, 0x10004010, 4), 0xffffffff);
	assert_null(hit);
	wr(pci_ecam_mmio, &host, cfg + 4, 2, PCI_COMMAND_MEMORY);
	assert_int_equal(rd(pci_window_mmio, &host, 0x10004010, 4), 0x55);
	assert_ptr_equal(hit, f);
	assert_int_equal(hit_bar, 0);
	assert_int_equal(hit_offset, 0x10);
	assert_int_equal(rd(pci_window_mmio, &host, 0x1000bffc, 4), 0x55);
	assert_int_equal(hit_bar, 4);
	assert_int_equal(rd(pci_window_mmio, &host, 0x1000c000, 4), 0xffffffff);
	wr(pci_ecam_mmio, &host, cfg + 0x10, 4, 0x10fff800);	/* low bits do not stick */
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg + 0x10, 4), 0x10fff000);
	wr(pci_ecam_mmio, &host, cfg + 0x10, 4, 0x20000000);
	hit = NULL;
	assert_int_equal(rd(pci_window_mmio, &host, 0x20000000, 4), 0xffffffff);
	assert_null(hit);
	pci_remove(f);
	assert_int_equal(rd(pci_ecam_mmio, &host, cfg, 4), 0xffffffff);
}

/* ---- MMIO, memory ---- */

static enum mmio_result echo(void *device, struct mmio_access *access)
{
	access->value = access->offset;
	return MMIO_DONE;
}

static void test_mmio(void **state)
{
	static struct mmio_bus bus;
	struct mmio_access a = { .address = gpa(0x1ffc), .size = 4 };

	assert_true(mmio_add(&bus, "a", gpa(0x1000), 0x1000, echo, NULL));
	assert_true(mmio_add(&bus, "b", gpa(0x3000), 0x1000, echo, NULL));
	assert_false(mmio_add(&bus, "c", gpa(0x1fff), 0x10, echo, NULL));
	assert_false(mmio_add(&bus, "d", gpa(~0ull), 0x10, echo, NULL));
	assert_int_equal(mmio_dispatch(&bus, &a), MMIO_DONE);
	assert_int_equal(a.value, 0xffc);
	a.size = 8;				/* over the end */
	assert_int_equal(mmio_dispatch(&bus, &a), MMIO_UNHANDLED);
	a.address = gpa(0x2000);
	assert_int_equal(mmio_dispatch(&bus, &a), MMIO_UNHANDLED);
	a = (struct mmio_access){ .size = 1, .sign_extend = true };
	assert_int_equal(mmio_extend(&a, 0x180), 0xffffff80);
	a.wide = true;
	assert_true(mmio_extend(&a, 0x80) == 0xffffffffffffff80);
}

static void test_memory(void **state)
{
	static uint8_t window[8192];
	struct guest_memory m = { .count = 0 };

	assert_true(guest_memory_add(&m, gpa(0x40000000), 4096, window));
	assert_false(guest_memory_add(&m, gpa(0x40000fff), 4096, window));
	assert_false(guest_memory_add(&m, gpa(~0ull - 10), 4096, window));
	assert_true(guest_memory_add(&m, gpa(0x40001000), 4096, window + 4096));
	assert_ptr_equal(guest_memory_at(&m, gpa(0x40000ff0), 16), window + 0xff0);
	assert_null(guest_memory_at(&m, gpa(0x40000ff0), 17));
	assert_null(guest_memory_at(&m, gpa(0x40000ff0), ~0ull));
	assert_null(guest_memory_at(&m, gpa(0x3fffffff), 1));
	assert_true(guest_memory_write(&m, gpa(0x40001000), "x", 1));
	assert_int_equal(window[4096], 'x');
	window[0] = 'y';
	guest_memory_clear(&m, 1);
	assert_int_equal(window[4096], 0);
	assert_int_equal(window[0], 'y');
	guest_memory_clear(&m, 0);
	assert_int_equal(window[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pl011),
		cmocka_unit_test(test_pl011_reset),
		cmocka_unit_test(test_pl011_is_full),
		cmocka_unit_test(test_psci),
		cmocka_unit_test(test_image),
		cmocka_unit_test(test_gicv2m),
		cmocka_unit_test(test_pci),
		cmocka_unit_test(test_mmio),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
