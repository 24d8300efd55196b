/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Doorbells: where a device has an ioeventfd, the driver VM's monitor counts the write and lets the
 * vCPU go on; the module signals the eventfd. A doorbell that the connection has no room for, or
 * lost, arrives as an ordinary write, and QEMU's memory core signals the eventfd itself.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/event_notifier.h"
#include "exec/address-spaces.h"
#include "system/sel4.h"

static bool in_window(const struct sel4_ioeventfd *is)
{
    const struct sel4_vm_info *info = &sel4_vm.info;

    return is->addr >= info->window_base && is->addr - info->window_base < info->window_size;
}

static int doorbell_call(const MemoryRegionSection *section, bool match, uint64_t data,
                         EventNotifier *e, uint32_t flags)
{
    struct sel4_ioeventfd is = {
        .fd = event_notifier_get_fd(e),
        .flags = flags | (match ? SEL4_IOEVENTFD_MATCH : 0),
        .addr = section->offset_within_address_space,
        .datamatch = match ? data : 0,
        .len = int128_get64(section->size),
    };

    return in_window(&is) ? sel4_link_call(&sel4_vm.link, SEL4_IOEVENTFD, &is, is.fd) : 0;
}

static void doorbell_add(MemoryListener *listener, MemoryRegionSection *section, bool match,
                         uint64_t data, EventNotifier *e)
{
    int ret = doorbell_call(section, match, data, e, 0);

    if (ret < 0 && !sel4_link_lost(ret)) {
        warn_report("sel4: the doorbell at 0x%" HWADDR_PRIx " is not posted: %s",
                    section->offset_within_address_space, strerror(-ret));
    }
}

static void doorbell_del(MemoryListener *listener, MemoryRegionSection *section, bool match,
                         uint64_t data, EventNotifier *e)
{
    /* One that add could not install is not there: nothing to say. */
    doorbell_call(section, match, data, e, SEL4_IOEVENTFD_DEASSIGN);
}

static MemoryListener doorbell_listener = {
    .name = "sel4-doorbell",
    .priority = MEMORY_LISTENER_PRIORITY_DEV_BACKEND,
    .eventfd_add = doorbell_add,
    .eventfd_del = doorbell_del,
};

void sel4_doorbell_init(void)
{
    memory_listener_register(&doorbell_listener, &address_space_memory);
}
