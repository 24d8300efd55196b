/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * QEMU as the back end of a driver VM that runs elsewhere: it has no vCPU. /dev/sel4
 * (interconnect/sel4_virt.h) brings the driver VM's memory, its accesses to our PCI functions,
 * and takes interrupts.
 *
 *   sel4-all.c     the accelerator: options, opening, the driver VM's facts
 *   sel4-link.c    calls on a VM descriptor: ioctls of /dev/sel4, or a socket for tests
 *   sel4-io.c      functions, requests and resets, on the main loop
 *   sel4-irq.c     MSIs, irqfds and INTx
 *   sel4-doorbell.c  ioeventfds
 *   sel4-stubs.c   KVM's names that are not about interrupts
 */
#ifndef SYSTEM_SEL4_H
#define SYSTEM_SEL4_H

#include "qapi/error.h"
#include "exec/memory.h"
#include "hw/irq.h"
#include "hw/pci/pci_bus.h"
#include "interconnect/sel4_virt.h"

extern bool sel4_allowed;
#define sel4_enabled() (sel4_allowed)

typedef struct Sel4Link {
    int fd;                     /* the VM descriptor, or the socket */
    int request_fd;             /* read() gives requests; non-blocking */
    int memory_fd;              /* mmap gives memdev */
    bool socket;
    QemuMutex lock;             /* socket: one call at a time */
} Sel4Link;

typedef struct Sel4VM {
    Sel4Link link;
    struct sel4_vm_info info;
} Sel4VM;

/* The one driver VM that this process serves; valid once the accelerator is initialised. */
extern Sel4VM sel4_vm;

/* Opens the device, checks its version, gets the VM called @name. */
bool sel4_link_open(Sel4Link *link, const char *device, const char *name, Error **errp);
/* 0 or a negative errno; @fd goes along where the call names a descriptor, else -1. */
int sel4_link_call(Sel4Link *link, unsigned long call, void *arg, int fd);
/* As read(): several requests, or a negative errno. */
int sel4_link_read(Sel4Link *link, struct sel4_request *request, unsigned int count);

static inline int sel4_call(unsigned long call, void *arg)
{
    return sel4_link_call(&sel4_vm.link, call, arg, -1);
}

/* The driver side is gone, or its reset is still to be answered: what fails so is made again. */
static inline bool sel4_link_lost(int ret)
{
    return ret == -ENOTCONN;
}

/* The machine's part: where its PCI bus is. Registers functions and serves requests from then on. */
void sel4_io_init(PCIBus *bus);
/* After the machine's devices were reset, whoever asked for it. */
void sel4_io_devices_reset(void);

void sel4_irq_init(Object *owner);
qemu_irq *sel4_irq_intx(void);

void sel4_doorbell_init(void);

#endif
