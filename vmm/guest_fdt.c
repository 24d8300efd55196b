/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Written in one pass with libfdt's sequential calls. Their errors add up in `fdt.error`, so that the
 * code reads as the tree. Bindings: Devicetree specification 0.4 and Linux's Documentation/devicetree.
 */
#include "guest_fdt.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#define PHANDLE_GIC	0xfff00001u
#define PHANDLE_V2M	0xfff00002u
#define PHANDLE_CLOCK	0xfff00003u
#define PHANDLE_POOL	0xfff00100u	/* + connection */

#define SPI(intid)	((uint32_t)(intid) - 32)
#define GIC_SPI		0u
#define GIC_PPI		1u
#define LEVEL_HIGH	4u
#define LEVEL_LOW	8u

struct fdt {
	void *to;
	int error;
};

static void keep(struct fdt *f, int error)
{
	if (!f->error)
		f->error = error;
}

static void begin(struct fdt *f, const char *name)
{
	keep(f, fdt_begin_node(f->to, name));
}

static void begin_at(struct fdt *f, const char *name, uint64_t address)
{
	char full[48];

	snprintf(full, sizeof(full), "%s@%llx", name, (unsigned long long)address);
	begin(f, full);
}

static void end(struct fdt *f)
{
	keep(f, fdt_end_node(f->to));
}

static void text(struct fdt *f, const char *property, const char *value)
{
	keep(f, fdt_property(f->to, property, value, (int)strlen(value) + 1));
}

static void cell(struct fdt *f, const char *property, uint32_t value)
{
	keep(f, fdt_property_u32(f->to, property, value));
}

static void flag(struct fdt *f, const char *property)
{
	keep(f, fdt_property(f->to, property, NULL, 0));
}

static void cells(struct fdt *f, const char *property, const uint32_t *value, unsigned int count)
{
	fdt32_t out[16 * 10];
	unsigned int i;

	for (i = 0; i < count; i++)
		out[i] = cpu_to_fdt32(value[i]);
	keep(f, fdt_property(f->to, property, out, (int)(count * sizeof(out[0]))));
}

static uint32_t high(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

static void reg(struct fdt *f, uint64_t base, uint64_t size)
{
	uint32_t value[4] = { high(base), (uint32_t)base, high(size), (uint32_t)size };

	cells(f, "reg", value, 4);
}

static void address_cells(struct fdt *f, uint32_t address, uint32_t size)
{
	cell(f, "#address-cells", address);
	cell(f, "#size-cells", size);
}

static void interrupt(struct fdt *f, uint32_t kind, uint32_t number, uint32_t flags)
{
	uint32_t value[3] = { kind, number, flags };

	cells(f, "interrupts", value, 3);
}

static void put_cpus(struct fdt *f, const struct config *config)
{
	unsigned int i;

	begin(f, "cpus");
	address_cells(f, 1, 0);
	for (i = 0; i < config->vcpus; i++) {
		begin_at(f, "cpu", i);
		text(f, "device_type", "cpu");
		text(f, "compatible", "arm,armv8");
		cell(f, "reg", i);
		text(f, "enable-method", "psci");
		end(f);
	}
	end(f);

	begin(f, "psci");
	keep(f, fdt_property(f->to, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26));
	text(f, "method", "smc");
	end(f);
}

static void put_memory_range(struct fdt *f, uint64_t base, uint64_t size)
{
	begin_at(f, "memory", base);
	text(f, "device_type", "memory");
	reg(f, base, size);
	end(f);
}

static bool in_ram(const struct config *config, const struct config_range *range)
{
	unsigned int i;

	for (i = 0; i < config->rams; i++)
		if (range->base >= config->ram[i].ipa &&
		    range->base - config->ram[i].ipa < config->ram[i].size)
			return true;
	return false;
}

static bool has_pool(const struct config_connection *c)
{
	return c->driver && c->swiotlb && c->memdev.size;
}

static void put_memory(struct fdt *f, const struct config *config)
{
	unsigned int i;

	for (i = 0; i < config->rams; i++)
		put_memory_range(f, config->ram[i].ipa, config->ram[i].size);
	for (i = 0; i < config->memdevs; i++)
		put_memory_range(f, config->memdev[i].base, config->memdev[i].size);
	for (i = 0; i < config->connections; i++) {
		const struct config_connection *c = &config->connection[i];

		if (has_pool(c) && !in_ram(config, &c->memdev))
			put_memory_range(f, c->memdev.base, c->memdev.size);
	}
}

/* A driver VM's memory is memory (struct pages, write-back), but not this kernel's to give out. */
static void put_reserved(struct fdt *f, const struct config *config)
{
	unsigned int i;

	begin(f, "reserved-memory");
	address_cells(f, 2, 2);
	flag(f, "ranges");
	for (i = 0; i < config->memdevs; i++) {
		begin_at(f, "memdev", config->memdev[i].base);
		reg(f, config->memdev[i].base, config->memdev[i].size);
		end(f);
	}
	for (i = 0; i < config->connections; i++) {
		const struct config_connection *c = &config->connection[i];

		if (!has_pool(c))
			continue;
		begin_at(f, c->peer, c->memdev.base);
		text(f, "compatible", "restricted-dma-pool");
		reg(f, c->memdev.base, c->memdev.size);
		cell(f, "phandle", PHANDLE_POOL + i);
		end(f);
	}
	end(f);
}

static void put_gic(struct fdt *f, const struct config *config)
{
	const struct config_range *d = &config->distributor, *c = &config->cpu_interface;
	uint32_t value[8] = { high(d->base), (uint32_t)d->base, high(d->size), (uint32_t)d->size,
			      high(c->base), (uint32_t)c->base, high(c->size), (uint32_t)c->size };

	begin_at(f, "interrupt-controller", d->base);
	text(f, "compatible", "arm,cortex-a15-gic");
	cell(f, "#interrupt-cells", 3);
	flag(f, "interrupt-controller");
	cells(f, "reg", value, 8);
	address_cells(f, 2, 2);
	flag(f, "ranges");
	cell(f, "phandle", PHANDLE_GIC);
	if (config->v2m.size) {
		begin_at(f, "v2m", config->v2m.base);
		text(f, "compatible", "arm,gic-v2m-frame");
		flag(f, "msi-controller");
		reg(f, config->v2m.base, config->v2m.size);
		cell(f, "phandle", PHANDLE_V2M);
		end(f);
	}
	end(f);
}

/*
 * Secure physical, non-secure physical, virtual, hypervisor: the binding goes by position. A guest at
 * EL1 has the second (ptimer.c) and the third.
 */
static void put_timer(struct fdt *f, const struct config *config)
{
	uint32_t flags = ((1u << config->vcpus) - 1) << 8 | LEVEL_LOW;
	uint32_t value[12] = { GIC_PPI, 13, flags, GIC_PPI, 14, flags,
			       GIC_PPI, 11, flags, GIC_PPI, 10, flags };

	begin(f, "timer");
	text(f, "compatible", "arm,armv8-timer");
	cells(f, "interrupts", value, 12);
	flag(f, "always-on");
	end(f);
}

static void put_uart(struct fdt *f, const struct config *config)
{
	uint32_t clocks[2] = { PHANDLE_CLOCK, PHANDLE_CLOCK };

	begin(f, "apb-pclk");
	text(f, "compatible", "fixed-clock");
	cell(f, "#clock-cells", 0);
	cell(f, "clock-frequency", 24000000);
	text(f, "clock-output-names", "clk24mhz");
	cell(f, "phandle", PHANDLE_CLOCK);
	end(f);

	begin_at(f, "pl011", config->pl011);
	keep(f, fdt_property(f->to, "compatible", "arm,pl011\0arm,primecell", 24));
	reg(f, config->pl011, 0x1000);
	interrupt(f, GIC_SPI, SPI(config->pl011_intid), LEVEL_HIGH);
	keep(f, fdt_property(f->to, "clock-names", "uartclk\0apb_pclk", 17));
	cells(f, "clocks", clocks, 2);
	end(f);
}

/* INTA to INTD of device d go to line (pin + d) mod 4; the map has the four devices that differ. */
static void put_interrupt_map(struct fdt *f, uint64_t intx)
{
	static const uint32_t mask[4] = { 0x1800, 0, 0, 7 };
	uint32_t map[16 * 10], *at = map;
	unsigned int device, pin;

	for (device = 0; device < 4; device++) {
		for (pin = 0; pin < 4; pin++, at += 10) {
			uint32_t entry[10] = { device << 11, 0, 0, pin + 1, PHANDLE_GIC, 0, 0,
					       GIC_SPI, SPI(intx + (pin + device) % 4), LEVEL_HIGH };

			memcpy(at, entry, sizeof(entry));
		}
	}
	cells(f, "interrupt-map-mask", mask, 4);
	cells(f, "interrupt-map", map, 16 * 10);
}

struct host {
	struct config_range ecam, window;
	uint64_t intx;
	uint32_t domain, pool;
	bool v2m;
	const char *late;	/* who is to serve it but has not come yet, or NULL */
};

/*
 * The window in two halves, by kind: what is not prefetchable, and what is and may be 64 bits wide. A
 * guest that places each BAR in a range of its kind needs both (the registers of a virtio function
 * are a 64-bit prefetchable BAR). Both are below 4 GiB, so that one without 64-bit PCI addresses can
 * use them, too; the host decodes any BAR in either.
 */
static void put_ranges(struct fdt *f, const struct config_range *window)
{
	static const uint32_t kind[2] = { 0x02000000, 0x43000000 };
	uint64_t half = window->size / 2;
	uint32_t ranges[2 * 7];
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint64_t base = window->base + i * half;
		uint32_t entry[7] = { kind[i], high(base), (uint32_t)base,
				      high(base), (uint32_t)base, high(half), (uint32_t)half };

		memcpy(ranges + i * 7, entry, sizeof(entry));
	}
	cells(f, "ranges", ranges, 2 * 7);
}

static void put_pci_host(struct fdt *f, const struct host *host)
{
	static const uint32_t buses[2] = { 0, 0 };

	begin_at(f, "pcie", host->ecam.base);
	text(f, "compatible", "pci-host-ecam-generic");
	text(f, "device_type", "pci");
	reg(f, host->ecam.base, host->ecam.size);
	cells(f, "bus-range", buses, 2);
	cell(f, "linux,pci-domain", host->domain);
	address_cells(f, 3, 2);
	put_ranges(f, &host->window);
	cell(f, "#interrupt-cells", 1);
	put_interrupt_map(f, host->intx);
	if (host->v2m)
		cell(f, "msi-parent", PHANDLE_V2M);
	flag(f, "dma-coherent");
	if (host->pool)
		cell(f, "memory-region", host->pool);
	if (host->late)
		text(f, "peervisor,late", host->late);
	end(f);
}

static void put_pci(struct fdt *f, const struct config *config,
		    const struct linux_placement *where)
{
	uint32_t domain = 0;
	unsigned int i;

	for (i = 0; i < config->connections; i++) {
		const struct config_connection *c = &config->connection[i];
		struct host host = { c->ecam, c->window, c->intx, domain,
				     has_pool(c) ? PHANDLE_POOL + i : 0, config->v2m.size != 0,
				     where->late >> i & 1 ? c->peer : NULL };

		if (!c->driver)
			continue;
		put_pci_host(f, &host);
		domain++;
	}
	if (config->pci_ecam.size) {
		struct host host = { config->pci_ecam, config->pci_window, config->pci_intx,
				     domain, 0, config->v2m.size != 0, NULL };

		put_pci_host(f, &host);
	}
}

static void copy_node(struct fdt *f, const void *from, int node)
{
	int property, child, length;
	const char *name;
	const void *value;

	fdt_for_each_property_offset(property, from, node) {
		value = fdt_getprop_by_offset(from, property, &name, &length);
		keep(f, value ? fdt_property(f->to, name, value, length) : length);
	}
	fdt_for_each_subnode(child, from, node) {
		begin(f, fdt_get_name(from, child, NULL));
		copy_node(f, from, child);
		end(f);
	}
}

/* Passed-through devices: verbatim, under the root. */
static void put_copied(struct fdt *f, const struct config *config)
{
	int child;

	if (config->nodes < 0)
		return;
	fdt_for_each_subnode(child, config->fdt, config->nodes) {
		begin(f, fdt_get_name(config->fdt, child, NULL));
		copy_node(f, config->fdt, child);
		end(f);
	}
}

static void put_chosen(struct fdt *f, const struct config *config,
		       const struct linux_placement *where)
{
	char uart[32];

	begin(f, "chosen");
	text(f, "bootargs", config->cmdline);
	if (where->seeded)
		keep(f, fdt_property(f->to, "rng-seed", where->seed, sizeof(where->seed)));
	if (config->pl011) {
		snprintf(uart, sizeof(uart), "/pl011@%llx", (unsigned long long)config->pl011);
		text(f, "stdout-path", uart);
	}
	if (where->initrd_size) {
		keep(f, fdt_property_u64(f->to, "linux,initrd-start", where->initrd.value));
		keep(f, fdt_property_u64(f->to, "linux,initrd-end",
					 where->initrd.value + where->initrd_size));
	}
	end(f);
}

int guest_fdt_generate(const struct config *config, const struct linux_placement *where, void *to,
		       int size)
{
	struct fdt f = { to, fdt_create(to, size) };

	keep(&f, fdt_finish_reservemap(to));
	begin(&f, "");
	text(&f, "compatible", "linux,dummy-virt");
	text(&f, "model", "Peervisor virtual machine");
	address_cells(&f, 2, 2);
	cell(&f, "interrupt-parent", PHANDLE_GIC);
	put_chosen(&f, config, where);
	put_cpus(&f, config);
	put_memory(&f, config);
	put_reserved(&f, config);
	put_gic(&f, config);
	put_timer(&f, config);
	if (config->pl011)
		put_uart(&f, config);
	put_pci(&f, config, where);
	put_copied(&f, config);
	end(&f);
	keep(&f, fdt_finish(to));
	return f.error;
}

int guest_fdt_adapt(const struct config *config, const struct linux_placement *where, void *to,
		    int size)
{
	int chosen, error = fdt_open_into((const void *)(uintptr_t)config->dtb.base, to, size);

	if (error)
		return error;
	chosen = fdt_path_offset(to, "/chosen");
	if (chosen < 0)
		chosen = fdt_add_subnode(to, 0, "chosen");
	if (chosen < 0)
		return chosen;
	if (*config->cmdline)
		error = fdt_setprop(to, chosen, "bootargs", config->cmdline,
				    (int)strlen(config->cmdline) + 1);
	if (!error && where->seeded)
		error = fdt_setprop(to, chosen, "rng-seed", where->seed, sizeof(where->seed));
	if (!error && where->initrd_size)
		error = fdt_setprop_u64(to, chosen, "linux,initrd-start", where->initrd.value);
	if (!error && where->initrd_size)
		error = fdt_setprop_u64(to, chosen, "linux,initrd-end",
					where->initrd.value + where->initrd_size);
	return error ? error : fdt_pack(to);
}
