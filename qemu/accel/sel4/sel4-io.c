/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The driver VM's side of our PCI functions, on the main loop:
 *
 *   waiting --link up--> functions registered --QEMU runs--> started
 *      ^                                                        |
 *      +--- devices reset, RESET answered <--- RESET read ------+   (from any state)
 *
 * The link is asked for by a timer, so that the monitor and signals work meanwhile.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "exec/address-spaces.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_host.h"
#include "hw/pci-host/gpex.h"
#include "system/runstate.h"
#include "system/system.h"
#include "system/sel4.h"

#define LINK_POLL_MS 20
#define LINK_PATIENCE_MS 2000   /* then say once what is waited for */
#define REQUESTS 16

enum state { WAITING, REGISTERED, STARTED };

static struct {
    PCIBus *bus;
    enum state state;
    bool said;                  /* that the link is not up */
    int64_t waiting_since;
    QEMUTimer *timer;
    bool reset;                 /* a RESET is to be answered */
    uint32_t reset_id;
    Notifier machine_done;
} io;

static void complete(uint32_t id, uint32_t status, uint64_t data)
{
    struct sel4_completion completion = { .id = id, .status = status, .data = data };
    int ret = sel4_call(SEL4_COMPLETE_IO, &completion);

    /* ENOENT: it went with its link. */
    if (ret < 0 && ret != -ENOENT && !sel4_link_lost(ret)) {
        warn_report_once("sel4: an answer was refused: %s", strerror(-ret));
    }
}

static void serve_mmio(const struct sel4_request *request, bool write)
{
    const struct sel4_vm_info *info = &sel4_vm.info;
    uint64_t offset = request->addr - info->window_base;
    uint64_t data = request->data;
    MemTxResult result;

    if (!is_power_of_2(request->len) || request->len > sizeof(data) ||
        offset >= info->window_size || info->window_size - offset < request->len) {
        complete(request->id, EFAULT, 0);
        return;
    }
    /* Both ends are little-endian. */
    if (!write) {
        data = 0;
    }
    result = address_space_rw(&address_space_memory, request->addr, MEMTXATTRS_UNSPECIFIED, &data,
                              request->len, write);
    complete(request->id, result == MEMTX_OK ? 0 : EIO, write ? 0 : data);
}

static void serve_config(const struct sel4_request *request, bool write)
{
    PCIDevice *dev = request->space > UINT16_MAX ? NULL :
        pci_find_device(io.bus, PCI_BUS_NUM(request->space), request->space & 0xff);
    uint64_t data = 0;

    if (!dev) {
        complete(request->id, ENODEV, 0);
        return;
    }
    if (!is_power_of_2(request->len) || request->len > 4 || request->addr % request->len ||
        request->addr >= pci_config_size(dev)) {
        complete(request->id, EFAULT, 0);
        return;
    }
    if (write) {
        pci_host_config_write_common(dev, request->addr, pci_config_size(dev), request->data,
                                     request->len);
    } else {
        data = pci_host_config_read_common(dev, request->addr, pci_config_size(dev), request->len);
    }
    complete(request->id, 0, data);
}

static void serve_reset(const struct sel4_request *request)
{
    io.reset = true;
    io.reset_id = request->id;
    io.state = WAITING;
    /* Guest's: -action reboot=shutdown then ends QEMU, as it says. */
    qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
}

static void serve(const struct sel4_request *request)
{
    switch (request->type) {
    case SEL4_REQ_MMIO_READ:
        serve_mmio(request, false);
        break;
    case SEL4_REQ_MMIO_WRITE:
        serve_mmio(request, true);
        break;
    case SEL4_REQ_CFG_READ:
        serve_config(request, false);
        break;
    case SEL4_REQ_CFG_WRITE:
        serve_config(request, true);
        break;
    case SEL4_REQ_RESET:
        serve_reset(request);
        break;
    default:
        complete(request->id, ENOSYS, 0);
    }
}

static void requests_ready(void *opaque)
{
    struct sel4_request request[REQUESTS];
    int count = sel4_link_read(&sel4_vm.link, request, REQUESTS);

    if (count == -EAGAIN) {
        return;
    }
    if (count < 0) {
        error_report("sel4: no more requests of driver VM '%s': %s", sel4_vm.info.name,
                     strerror(-count));
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        serve(&request[i]);
    }
}

/* False: it cannot be served to a driver VM. */
static bool describe_bars(PCIDevice *dev, struct sel4_vpci_device *is)
{
    for (int i = 0; i < SEL4_VPCI_BARS; i++) {
        const PCIIORegion *region = &dev->io_regions[i];

        if (!region->size) {
            continue;
        }
        if (region->type & PCI_BASE_ADDRESS_SPACE_IO) {
            error_report("sel4: %s has I/O ports in BAR %d, which a driver VM does not have",
                         dev->name, i);
            return false;
        }
        is->bar[i].size = region->size;
        is->bar[i].flags =
            (region->type & PCI_BASE_ADDRESS_MEM_TYPE_64 ? SEL4_BAR_64 : 0) |
            (region->type & PCI_BASE_ADDRESS_MEM_PREFETCH ? SEL4_BAR_PREFETCH : 0);
    }
    return true;
}

static void describe_msix(PCIDevice *dev, struct sel4_vpci_device *is)
{
    uint32_t table;

    is->msix_bar = SEL4_VPCI_NO_MSIX;
    if (!msix_present(dev)) {
        return;
    }
    table = pci_get_long(dev->config + dev->msix_cap + PCI_MSIX_TABLE);
    is->msix_bar = table & PCI_MSIX_FLAGS_BIRMASK;
    is->msix_offset = table & ~PCI_MSIX_FLAGS_BIRMASK;
    is->msix_entries = dev->msix_entries_nr;
}

static bool describe(PCIDevice *dev, struct sel4_vpci_device *is)
{
    if (IS_PCI_BRIDGE(dev)) {
        error_report("sel4: %s is a bridge: functions sit on the one bus that a driver VM sees",
                     dev->name);
        return false;
    }
    *is = (struct sel4_vpci_device) {
        .bdf = PCI_BUILD_BDF(pci_dev_bus_num(dev), dev->devfn),
        .vendor = pci_get_word(dev->config + PCI_VENDOR_ID),
        .device = pci_get_word(dev->config + PCI_DEVICE_ID),
        .class_code = pci_get_long(dev->config + PCI_CLASS_REVISION) >> 8,
        .revision = dev->config[PCI_REVISION_ID],
    };
    describe_msix(dev, is);
    return describe_bars(dev, is);
}

/* 0 or a negative errno; what nothing can mend ends QEMU. */
static int function_register(PCIDevice *dev)
{
    struct sel4_vpci_device is;
    int ret;

    if (!describe(dev, &is)) {
        exit(1);
    }
    ret = sel4_call(SEL4_CREATE_VPCI_DEVICE, &is);
    if (ret < 0 && !sel4_link_lost(ret)) {
        error_report("sel4: driver VM '%s' does not take %s at %02x.%x: %s", sel4_vm.info.name,
                     dev->name, PCI_SLOT(dev->devfn), PCI_FUNC(dev->devfn), strerror(-ret));
        exit(1);
    }
    return ret;
}

static int functions_register(void)
{
    for (int devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *dev = io.bus->devices[devfn];
        int ret;

        /* The bridge that the driver VM sees is its monitor's own. */
        if (!dev || object_dynamic_cast(OBJECT(dev), TYPE_GPEX_ROOT_DEVICE)) {
            continue;
        }
        ret = function_register(dev);
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static void wait_for_link(void)
{
    io.said = false;
    io.waiting_since = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
    timer_mod(io.timer, io.waiting_since);
}

static void start(void)
{
    int ret;

    if (io.state != REGISTERED || !runstate_is_running()) {
        return;
    }
    ret = sel4_call(SEL4_START_VM, NULL);
    if (ret == 0) {
        io.state = STARTED;
    } else if (!sel4_link_lost(ret)) {
        error_report("sel4: driver VM '%s' does not start: %s", sel4_vm.info.name, strerror(-ret));
        exit(1);
    }
}

static bool link_up(void)
{
    struct sel4_vm_info info;
    int ret = sel4_call(SEL4_VM_INFO, &info);
    int64_t now = qemu_clock_get_ms(QEMU_CLOCK_REALTIME);

    if (ret == 0 && info.link == SEL4_LINK_UP) {
        return true;
    }
    if (!io.said && ret == 0 && info.link == SEL4_LINK_FAILED) {
        warn_report("sel4: the connection to driver VM '%s' failed: the kernel's log says which rule "
                    "was broken; waiting for its restart", sel4_vm.info.name);
        io.said = true;
    } else if (!io.said && now - io.waiting_since >= LINK_PATIENCE_MS) {
        info_report("sel4: waiting for the monitor of driver VM '%s'", sel4_vm.info.name);
        io.said = true;
    }
    return false;
}

/* A link that goes meanwhile brings a RESET, and the timer starts anew after that. */
static void link_poll(void *opaque)
{
    if (io.state != WAITING || io.reset) {
        return;
    }
    if (!link_up() || functions_register() < 0) {
        timer_mod(io.timer, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + LINK_POLL_MS);
        return;
    }
    io.state = REGISTERED;
    start();
}

void sel4_io_devices_reset(void)
{
    if (io.reset) {
        io.reset = false;
        complete(io.reset_id, 0, 0);
        wait_for_link();
    } else if (io.state == STARTED) {
        warn_report("sel4: devices were reset behind the back of driver VM '%s': reset that VM too",
                    sel4_vm.info.name);
    }
}

static void run_state_changed(void *opaque, bool running, RunState state)
{
    start();
}

static void machine_done(Notifier *notifier, void *data)
{
    qemu_set_fd_handler(sel4_vm.link.request_fd, requests_ready, NULL, NULL);
    wait_for_link();
}

void sel4_io_init(PCIBus *bus)
{
    io.bus = bus;
    io.timer = timer_new_ms(QEMU_CLOCK_REALTIME, link_poll, NULL);
    io.machine_done.notify = machine_done;
    qemu_add_machine_init_done_notifier(&io.machine_done);
    qemu_add_vm_change_state_handler(run_state_changed, NULL);
}
