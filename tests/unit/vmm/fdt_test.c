/* SPDX-License-Identifier: BSD-2-Clause */
/* Configuration in, the guest's device tree out; dtc reads it without a warning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest_fdt.h"

/* The tool's tree of a VM that is a device VM and, by swiotlb, a driver VM. */
static const char source[] =
	"/dts-v1/;\n"
	"/ { compatible = \"peervisor,vmm-1\"; component = \"vm_a\";\n"
	"#address-cells = <2>; #size-cells = <2>;\n"
	"heap = <0 0x8000000 0 0x10000>; cnode-slot = <0 1>; cnode-radix = <0 8>;\n"
	"endpoint-slot = <0 2>; notification-slot = <0 3>; timer-slot = <0 4>; timer-badge = <0 8>;\n"
	"log { label = \"vm_a.log\"; out = <0 0x1000>; in = <0 0x2000>; kick-slot = <0 5>; badge = <0 1>; };\n"
	"vm { name = \"a\"; id = <0 7>; guest-vspace-slot = <0 6>; kernel = <0 0x9000000 0 0x100>;\n"
	" kernel-name = \"vmlinuz\"; cmdline = \"console=ttyAMA0 quiet\"; initrd = <0 0xa000000 0 0x200>;\n"
	" ram@0 { ipa = <0 0x40000000>; size = <0 0x8000000>; vaddr = <0x1 0>; };\n"
	" ram@1 { ipa = <0x1 0>; size = <0 0x4000000>; vaddr = <0x2 0>; };\n"
	" vcpu@0 { tcb-slot = <0 10>; vcpu-slot = <0 11>; untyped-slot = <0 12>; fault-badge = <0x80000000 1>; };\n"
	" vcpu@1 { tcb-slot = <0 13>; vcpu-slot = <0 14>; untyped-slot = <0 15>; fault-badge = <0x80000000 2>; core = <0 3>; };\n"
	" gic { distributor = <0 0x8000000 0 0x10000>; cpu-interface = <0 0x8010000 0 0x2000>;\n"
	"  v2m = <0 0x8020000 0 0x1000>; v2m-spis = <0 256 0 128>; };\n"
	" pl011 { ipa = <0 0x9000000>; intid = <0 33>; };\n"
	" irq@0 { handler-slot = <0 20>; badge = <0 16>; intid = <0 48>; edge; };\n"
	" memdev@0 { ipa = <0 0x60000000>; size = <0 0x10000000>; };\n"
	" nodes { virtio_mmio@a000000 { compatible = \"virtio,mmio\"; reg = <0 0xa000000 0 0x200>;\n"
	"  interrupts = <0 16 1>; dma-coherent; }; };\n"
	"};\n"
	"pci { segment = <0x40 0x10f00000 0 0x100000>; window = <0 0x1f000000 0 0x1000000>; intx = <0 220>; };\n"
	"connection@0 { role = \"device\"; peer = \"vm_b\"; peer-id = <0 8>; sharing = \"ram\";\n"
	" iobuf-driver = <0 0x3000>; iobuf-device = <0 0x4000>; iobuf-driver-frame = <0 30>;\n"
	" iobuf-device-frame = <0 31>; badge = <0 32>; downcall-cptr = <0 2>; intx = <0 220>;\n"
	" ram = <0 0x40000000 0 0x10000000>; memdev = <0 0x40000000 0 0x10000000 0 0x60000000>;\n"
	" driver-v2m = <0 0x8020000 0 256 0 120>; driver-window = <0 0x10000000 0 0x1000000>; };\n"
	"connection@1 { role = \"driver\"; peer = \"vm_c\"; sharing = \"swiotlb\";\n"
	" iobuf-driver = <0 0x5000>; iobuf-device = <0 0x6000>; badge = <0 64>; signal-slot = <0 33>;\n"
	" segment = <0x40 0x10000000 0 0x100000>; window = <0 0x10000000 0 0x1000000>; intx = <0 160>;\n"
	" memdev = <0 0x48000000 0 0x1000000>; start-timeout = <0 5000>; request-timeout = <0 700>; };\n"
	"};\n";

static char folder[] = "/tmp/vmm-fdt-XXXXXX";

static void *compile(const char *text, size_t *size)
{
	char path[64], command[160];
	void *blob = malloc(1 << 16);
	FILE *f;

	snprintf(path, sizeof(path), "%s/in.dts", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	snprintf(command, sizeof(command), "dtc -q -f -I dts -O dtb -o %s/in.dtb %s 2>/dev/null", folder, path);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/in.dtb", folder);
	f = fopen(path, "r");
	assert_non_null(f);
	*size = fread(blob, 1, 1 << 16, f);
	fclose(f);
	return blob;
}

static void test_config(void **state)
{
	struct config c;
	size_t size;
	void *blob = compile(source, &size);

	assert_null(config_read(blob, &c));
	assert_string_equal(c.name, "a");
	assert_int_equal(c.rams, 2);
	assert_int_equal(c.ram[1].window, 0x200000000);
	assert_int_equal(c.vcpus, 2);
	assert_true(c.vcpu[1].badge == 0x8000000000000002);
	assert_true(c.vcpu[0].core == 0 && c.vcpu[1].core == 3);
	assert_int_equal(c.irqs, 1);
	assert_true(c.irq[0].edge);
	assert_int_equal(c.connections, 2);
	assert_false(c.connection[0].driver);
	assert_int_equal(c.connection[0].memdev_local, 0x60000000);
	assert_int_equal(c.connection[0].driver_v2m_count, 120);
	assert_true(c.connection[1].driver && c.connection[1].swiotlb);
	assert_int_equal(c.connection[1].ecam.base, 0x4010000000);
	assert_int_equal(c.connection[1].start_timeout, 5000);
	assert_int_equal(c.connection[1].request_timeout, 700);
	assert_true(c.log.present);
	assert_false(c.console.present);
	free(blob);
}

/* Each property that is required: taken away, the message names it. */
static void test_missing(void **state)
{
	static const char *const required[][2] = {
		{ "/", "endpoint-slot" }, { "/vm", "kernel" }, { "/vm/gic", "distributor" },
		{ "/vm/ram@0", "size" }, { "/vm/vcpu@1", "tcb-slot" }, { "/pci", "window" },
		{ "/connection@0", "role" }, { "/connection@1", "segment" },
		{ "/connection@1", "iobuf-driver" }, { "/vm/irq@0", "badge" },
	};
	struct config c;

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		size_t size;
		void *blob = compile(source, &size);
		const char *error;

		assert_int_equal(fdt_delprop(blob, fdt_path_offset(blob, required[i][0]),
					     required[i][1]), 0);
		error = config_read(blob, &c);
		assert_non_null(error);
		assert_non_null(strstr(error, required[i][1]));
		free(blob);
	}
	assert_non_null(config_read("not a device tree at all, no, it is not", &c));
}

static void check_dtc(const void *tree)
{
	char path[64], command[200], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/out.dtb", folder);
	f = fopen(path, "w");
	fwrite(tree, 1, fdt_totalsize(tree), f);
	fclose(f);
	snprintf(command, sizeof(command), "dtc -I dtb -O dts -o %s/out.dts %s 2>&1", folder, path);
	f = popen(command, "r");
	if (fgets(line, sizeof(line), f))
		fail_msg("dtc: %s", line);
	assert_int_equal(pclose(f), 0);
}

static const struct linux_placement placement = {
	.kernel = { 0x40000000 }, .dtb = { 0x42000000 }, .initrd = { 0x42200000 }, .initrd_size = 0x200,
	.seed = "0123456789abcdef0123456789abcdE", .seeded = true,
};

/* The guest's random numbers start from this: never one that is all zeros. */
static void check_seed(const void *tree, bool there)
{
	int length;
	const void *seed = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "rng-seed", &length);

	assert_int_equal(seed != NULL, there);
	if (there) {
		assert_int_equal(length, 32);
		assert_memory_equal(seed, placement.seed, 32);
	}
}

/* As many as the VM has, turned on by PSCI; each interrupt of the timer is every one's own. */
static void check_cpus(const void *tree)
{
	const fdt32_t *cell;
	int node, length;

	for (unsigned int i = 0; i < 2; i++) {
		node = fdt_path_offset(tree, i ? "/cpus/cpu@1" : "/cpus/cpu@0");
		assert_true(node > 0);
		assert_int_equal(fdt32_ld(fdt_getprop(tree, node, "reg", NULL)), i);
		assert_string_equal(fdt_getprop(tree, node, "enable-method", NULL), "psci");
	}
	assert_true(fdt_path_offset(tree, "/cpus/cpu@2") < 0);
	assert_string_equal(fdt_getprop(tree, fdt_path_offset(tree, "/psci"), "method", NULL), "smc");
	cell = fdt_getprop(tree, fdt_path_offset(tree, "/timer"), "interrupts", &length);
	assert_int_equal(length, 12 * 4);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(fdt32_ld(cell + 3 * i + 2), 0x308);	/* CPUs 0 and 1, low */
}

/* The one segment whose backend has not come names it; no other does. */
static void check_late(const struct config *c)
{
	struct linux_placement where = placement;
	static uint64_t tree[1 << 13];
	unsigned int i, named = 0;
	int node;

	for (i = 0; i < c->connections && !c->connection[i].driver; i++)
		;
	assert_true(i < c->connections);
	where.late = 1u << i;
	assert_int_equal(guest_fdt_generate(c, &where, tree, sizeof(tree)), 0);
	fdt_for_each_subnode(node, tree, 0)
		if (fdt_getprop(tree, node, "peervisor,late", NULL)) {
			assert_string_equal(fdt_getprop(tree, node, "peervisor,late", NULL),
					    c->connection[i].peer);
			named++;
		}
	assert_int_equal(named, 1);
}

/* A guest that places BARs by kind finds room for both: the two ranges are the host's window, no more. */
static void check_ranges(const void *tree, const char *path, uint64_t base, uint64_t size)
{
	int length;
	const fdt32_t *cell = fdt_getprop(tree, fdt_path_offset(tree, path), "ranges", &length);
	const uint64_t half = size / 2;

	assert_int_equal(length, 2 * 7 * 4);
	for (unsigned int i = 0; i < 2; i++, cell += 7) {
		/* 32-bit memory; 64-bit prefetchable memory: IEEE 1275's PCI binding, 2.2.1.1 */
		assert_int_equal(fdt32_ld(cell), i ? 0x43000000 : 0x02000000);
		for (unsigned int k = 1; k <= 3; k += 2)	/* on the bus as for the CPU */
			assert_int_equal((uint64_t)fdt32_ld(cell + k) << 32 | fdt32_ld(cell + k + 1),
					 base + i * half);
		assert_int_equal((uint64_t)fdt32_ld(cell + 5) << 32 | fdt32_ld(cell + 6), half);
	}
}

static void test_generate(void **state)
{
	struct linux_placement where = placement;
	static uint64_t tree[1 << 13];
	struct config c;
	size_t size;
	void *blob = compile(source, &size);
	int node, length;

	assert_null(config_read(blob, &c));
	assert_int_equal(guest_fdt_generate(&c, &where, tree, sizeof(tree)), 0);
	check_dtc(tree);
	node = fdt_path_offset(tree, "/chosen");
	assert_string_equal(fdt_getprop(tree, node, "bootargs", NULL), "console=ttyAMA0 quiet");
	assert_true(fdt_path_offset(tree, "/virtio_mmio@a000000") > 0);
	assert_true(fdt_path_offset(tree, "/memory@60000000") > 0);
	assert_true(fdt_path_offset(tree, "/reserved-memory/memdev@60000000") > 0);
	assert_true(fdt_path_offset(tree, "/reserved-memory/vm_c@48000000") > 0);
	check_cpus(tree);
	node = fdt_path_offset(tree, "/pcie@4010000000");
	assert_true(node > 0);
	assert_non_null(fdt_getprop(tree, node, "memory-region", NULL));
	fdt_getprop(tree, node, "interrupt-map", &length);
	assert_int_equal(length, 16 * 10 * 4);
	node = fdt_path_offset(tree, "/pcie@4010f00000");
	assert_true(node > 0);
	assert_null(fdt_getprop(tree, node, "memory-region", NULL));
	assert_null(fdt_getprop(tree, fdt_path_offset(tree, "/pcie@4010000000"), "peervisor,late", NULL));
	check_ranges(tree, "/pcie@4010000000", 0x10000000, 16 << 20);
	check_ranges(tree, "/pcie@4010f00000", 0x1f000000, 16 << 20);
	check_seed(tree, true);
	check_late(&c);
	where.seeded = false;
	assert_int_equal(guest_fdt_generate(&c, &where, tree, sizeof(tree)), 0);
	check_seed(tree, false);
	/* too small a buffer is an error, not an overrun */
	assert_int_not_equal(guest_fdt_generate(&c, &where, tree, 512), 0);
	free(blob);
}

static void test_adapt(void **state)
{
	struct linux_placement where = placement;
	static uint64_t tree[1 << 12];
	struct config c = { .cmdline = "quiet" };
	size_t size;
	void *blob = compile("/dts-v1/; / { model = \"mine\"; };", &size);
	int chosen;

	c.dtb = (struct config_range){ (uint64_t)(uintptr_t)blob, size };
	assert_int_equal(guest_fdt_adapt(&c, &where, tree, sizeof(tree)), 0);
	chosen = fdt_path_offset(tree, "/chosen");
	assert_string_equal(fdt_getprop(tree, chosen, "bootargs", NULL), "quiet");
	assert_non_null(fdt_getprop(tree, chosen, "linux,initrd-end", NULL));
	check_seed(tree, true);
	free(blob);
}

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	static const char *const names[] = { "in.dts", "in.dtb", "out.dtb", "out.dts" };
	char path[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_adapt),
	};

	return cmocka_run_group_tests_name("fdt", tests, make_folder, remove_folder);
}
