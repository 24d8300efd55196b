/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor's configuration: docs/bindings.md as a C structure. Slots are cptrs; 0 = absent. */
#ifndef VMM_CONFIG_H
#define VMM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#define CONFIG_RAMS		16	/* RAM, and a window for each backend */
#define CONFIG_VCPUS		8
#define CONFIG_IRQS		48
#define CONFIG_MEMDEVS		16
#define CONFIG_CONNECTIONS	16

struct config_range {
	uint64_t base, size;
};

struct config_ram {
	uint64_t ipa, size, window;
};

struct config_vcpu {
	uint64_t tcb, object, untyped, badge, core;
};

struct config_irq {
	uint64_t handler, badge, intid;
	bool edge;
};

struct config_serial {
	bool present;
	const char *label;
	uint64_t out, in, kick, badge;
};

struct config_connection {
	bool driver;		/* else device */
	bool swiotlb;
	const char *peer;
	uint64_t peer_id;
	uint64_t page_driver, page_device;	/* addresses here */
	uint64_t frame_driver, frame_device;	/* device: slots */
	uint64_t table_untyped, table_slot;	/* device */
	uint64_t badge, signal, downcall;
	struct config_range ecam, window;	/* driver */
	uint64_t intx;
	struct config_range ram;		/* device: the driver VM's */
	struct config_range memdev;		/* in the driver VM */
	uint64_t memdev_local;			/* device: in this VM */
	uint64_t driver_v2m, driver_v2m_first, driver_v2m_count;	/* device */
	struct config_range driver_window;	/* device */
	uint64_t start_timeout;			/* driver: ms, 0 for ever */
	uint64_t request_timeout;		/* driver: ms, 0 for ever */
};

struct config {
	const void *fdt;
	int nodes;		/* offset of /vm/nodes, or -1 */
	const char *name;
	uint64_t id;
	uint64_t cnode, cnode_radix, endpoint, notification, vspace, timer, timer_badge;
	struct config_serial log, console;
	struct config_range kernel, initrd, dtb;	/* base: address here */
	const char *kernel_name, *cmdline;
	struct config_ram ram[CONFIG_RAMS];
	unsigned int rams;
	struct config_vcpu vcpu[CONFIG_VCPUS];
	unsigned int vcpus;
	struct config_range distributor, cpu_interface, v2m;
	uint64_t v2m_first, v2m_count;
	uint64_t pl011, pl011_intid;
	struct config_irq irq[CONFIG_IRQS];
	unsigned int irqs;
	struct config_range memdev[CONFIG_MEMDEVS];
	unsigned int memdevs;
	struct config_range pci_ecam, pci_window;	/* size 0: no host of its own */
	uint64_t pci_intx;
	struct config_connection connection[CONFIG_CONNECTIONS];
	unsigned int connections;
};

/* NULL, or what is wrong, naming node and property (static text; valid until the next call). */
const char *config_read(const void *fdt, struct config *config);

#endif
