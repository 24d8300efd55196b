/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual machine: all that one monitor owns, and its life.
 *
 *	WAITING --every link said start--> RUNNING --reset--> WAITING
 *	RUNNING --system off--> OFF        any --unhandled fault--> STOPPED
 */
#ifndef VMM_VM_H
#define VMM_VM_H

#include "config.h"
#include "connector.h"
#include "deadline.h"
#include "gicv2m.h"
#include "guest_memory.h"
#include "io_proxy.h"
#include "linux_image.h"
#include "mmio.h"
#include "pci.h"
#include "pl011.h"
#include "port.h"
#include "vcpu.h"
#include "vgic.h"
#include "vm_log.h"

enum vm_state {
	VM_WAITING,
	VM_RUNNING,
	VM_OFF,
	VM_STOPPED,
};

/* Why a vCPU left the guest. */
enum vm_exit {
	EXIT_MMIO_READ,
	EXIT_MMIO_WRITE,
	EXIT_DOORBELL,		/* one of the writes: posted, nothing waited for */
	EXIT_WFI,
	EXIT_TIMER,
	EXIT_MAINTENANCE,
	EXIT_SMC,
	EXIT_HVC,
	EXIT_SYSREG,
	EXIT_OTHER,
	EXIT_KINDS
};

/* What a bit of the bound notification means. */
struct vm_source {
	void (*handle)(void *of);
	void *of;
};

/* What the guest can have logged again and again. */
enum vm_report {
	REPORT_FORGED,
	REPORT_ABORT,
	REPORT_UNDEFINED,
	REPORT_SYSREG,
	REPORT_HVC,
	REPORT_RESET,
	REPORT_RESET_LIMIT,
	REPORT_NO_SEED,
	VM_REPORTS
};

struct vm_stats {
	uint64_t exits[EXIT_KINDS];
	uint64_t forged;		/* messages dropped */
	uint64_t register_reads;
	uint64_t events;		/* notifications received */
	uint64_t signals;		/* sent to device VMs */
	uint64_t messages_out, messages_in;
	uint64_t resets;
};

struct vm;

/* A passed-through interrupt, and whose it is when its notification bit arrives. */
struct vm_irq {
	struct vm *vm;
	const struct config_irq *is;
};

struct vm {
	enum vm_state state;
	uint64_t cnode_depth;
	uint64_t counter_offset;
	uint64_t counter_frequency;	/* 0: there is no timer server */

	struct guest_memory memory;
	struct mmio_bus mmio;
	struct vgic gic;
	struct gicv2m v2m;
	struct pl011 uart;
	struct port console, log;
	struct pci_host pci;		/* the own host: connectors sit here */
	struct io_proxy proxy[CONFIG_CONNECTIONS];
	struct connector connector[CONFIG_CONNECTIONS];
	unsigned int proxies, connectors;
	struct vm_irq irq[CONFIG_IRQS];

	struct vcpu vcpu[CONFIG_VCPUS];
	unsigned int vcpus;
	struct vcpu *caller;		/* whose fault can be answered by a reply; NULL: nobody's */
	bool reply;			/* answer it with the next receive: */
	bool reply_done;		/* its instruction is done ... */
	uint64_t reply_value;		/* ... and reads this */
	bool reset_wanted;
	bool off_wanted;

	struct vm_source source[64];
	struct deadlines deadlines;
	struct deadline start;		/* WAITING: when to go on without the missing links */
	bool start_overdue;		/* WAITING: that time is over */
	struct deadline hold;		/* WAITING: resets came too fast, the guest is loaded then */
	bool start_held;		/* WAITING: and not before */
	uint64_t resets_paid;		/* when one reset a second would have made them all */
	uint64_t last_reset;
	bool resets_limited;
	uint32_t reports[VM_REPORTS];	/* how often each was due (vm_log.h) */
	struct vm_stats stats;
	struct config config;		/* last: what each exit uses is near the beginning */
};

/* Reads the configuration and builds everything. False: the reason was logged. */
bool vm_init(struct vm *vm, const void *fdt);
/* Loads the guest when its links allow, else waits for them. */
void vm_start(struct vm *vm);
/* What was asked for (off, reset), and the start of a guest that waits. */
void vm_settle_life(struct vm *vm);
void vm_power_off(struct vm *vm);
void vm_reset(struct vm *vm);
void vm_stop(struct vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));

void vm_listen(struct vm *vm, uint64_t badge, void (*handle)(void *of), void *of);
/* Asks the timer server whether there is a counter, and starts the VM's virtual one. */
void vm_init_time(struct vm *vm);
/* The physical counter; 0: there is none. */
uint64_t vm_now(struct vm *vm);
/* A deadline so much later than now; DEADLINE_NEVER if there is no timer. */
uint64_t vm_after(struct vm *vm, uint64_t ms);
void vm_init_life(struct vm *vm);
/* Once the vCPUs are known. */
void vm_init_deadlines(struct vm *vm);
/* The timer server's signal. */
void vm_deadline(void *vm);
/* Bits of the bound notification. */
void vm_event(struct vm *vm, uint64_t badge);
/* After each event: list registers, who wakes up, what is signalled, the timer. */
void vm_settle(struct vm *vm);

void vm_wait_for_interrupt(struct vm *vm, struct vcpu *vcpu, const struct vcpu_idle *idle);
/* Nothing can come from the guest, and who waits is answered by a reply later. */
bool vm_is_idle(const struct vm *vm);
uint32_t vm_online(const struct vm *vm);
void vm_print_stats(struct vm *vm);

#endif
