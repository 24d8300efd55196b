/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Interrupts of the driver VM. A device that runs in an iothread or in vhost signals an eventfd
 * that the module turns into the MSI; a device on the main loop stores its MSI to the GICv2m frame,
 * where a memory region of ours takes it. virtio-pci finds both by KVM's names (variables included),
 * so this file defines them in place of KVM's stubs and no device needs a patch.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/event_notifier.h"
#include "qemu/queue.h"
#include "exec/address-spaces.h"
#include "hw/pci/msi.h"
#include "hw/pci/pci.h"
#include "system/kvm.h"
#include "system/sel4.h"

#define V2M_FRAME_SIZE 0x1000
#define V2M_SETSPI 0x40         /* MSI_SETSPI_NS: GICv2m's one register that a function writes */

KVMState *kvm_state;
bool kvm_allowed;
bool kvm_kernel_irqchip;
bool kvm_split_irqchip;
bool kvm_async_interrupts_allowed;
bool kvm_halt_in_kernel_allowed;
bool kvm_resamplefds_allowed;
bool kvm_msi_via_irqfd_allowed;
bool kvm_gsi_routing_allowed;
bool kvm_gsi_direct_mapping;
bool kvm_readonly_mem_allowed;
bool kvm_msi_use_devid;

/* An eventfd that is to become a route's MSI; @installed once the module has it. */
typedef struct RouteFd {
    EventNotifier *notifier;
    bool installed;
    QLIST_ENTRY(RouteFd) next;
} RouteFd;

/* KVM's "virq": the MSI of one vector of one function. */
typedef struct Route {
    bool used;
    MSIMessage msg;
    QLIST_HEAD(, RouteFd) fds;  /* several: queues may share a vector */
} Route;

static GPtrArray *routes;       /* of Route, by virq; never shrinks */

/* NULL: nobody added it. */
static Route *route_find(int virq)
{
    Route *route = virq >= 0 && virq < routes->len ? g_ptr_array_index(routes, virq) : NULL;

    return route && route->used ? route : NULL;
}

static bool route_valid(const Route *route)
{
    const struct sel4_vm_info *info = &sel4_vm.info;

    return route->msg.address == info->v2m_base + V2M_SETSPI &&
           route->msg.data - info->first_spi < info->spis;
}

static int route_fd_call(const Route *route, const RouteFd *fd, uint32_t flags)
{
    struct sel4_irqfd irqfd = {
        .fd = event_notifier_get_fd(fd->notifier),
        .resamplefd = -1,
        .flags = flags,
        .irq = route->msg.data,
    };

    return sel4_link_call(&sel4_vm.link, SEL4_IRQFD, &irqfd, irqfd.fd);
}

/*
 * A vector that the guest has not programmed yet, or not with an SPI of ours, has nothing to signal:
 * its eventfd waits for route_update. Without a link it is installed by nobody: the reset that
 * follows takes the eventfd away. Neither is an error, since virtio-blk would do without irqfds for
 * good.
 */
static int route_fd_install(Route *route, RouteFd *fd)
{
    int ret;

    if (!route_valid(route)) {
        return 0;
    }
    ret = route_fd_call(route, fd, 0);
    fd->installed = ret == 0;
    if (ret < 0 && !sel4_link_lost(ret)) {
        error_report("sel4: no irqfd for interrupt %u: %s", route->msg.data, strerror(-ret));
        return ret;
    }
    return 0;
}

static void route_fd_remove(Route *route, RouteFd *fd)
{
    if (fd->installed) {
        route_fd_call(route, fd, SEL4_IRQFD_DEASSIGN);
        fd->installed = false;
    }
}

static void route_update(Route *route, MSIMessage msg)
{
    RouteFd *fd;

    if (route->msg.address == msg.address && route->msg.data == msg.data) {
        return;
    }
    QLIST_FOREACH(fd, &route->fds, next) {
        route_fd_remove(route, fd);
    }
    route->msg = msg;
    QLIST_FOREACH(fd, &route->fds, next) {
        route_fd_install(route, fd);
    }
}

int kvm_irqchip_add_msi_route(KVMRouteChange *c, int vector, PCIDevice *dev)
{
    Route *route;
    int virq;

    for (virq = 0; route_find(virq); virq++) {
    }
    if (virq == routes->len) {
        g_ptr_array_add(routes, g_new0(Route, 1));
    }
    route = g_ptr_array_index(routes, virq);
    route->used = true;
    if (dev) {
        route->msg = pci_get_msi_message(dev, vector);
    }
    return virq;
}

int kvm_irqchip_update_msi_route(KVMState *s, int virq, MSIMessage msg, PCIDevice *dev)
{
    Route *route = route_find(virq);

    if (!route) {
        return -EINVAL;
    }
    route_update(route, msg);
    return 0;
}

void kvm_irqchip_release_virq(KVMState *s, int virq)
{
    Route *route = route_find(virq);
    RouteFd *fd, *next;

    if (!route) {
        return;
    }
    QLIST_FOREACH_SAFE(fd, &route->fds, next, next) {
        route_fd_remove(route, fd);
        g_free(fd);
    }
    memset(route, 0, sizeof(*route));
}

int kvm_irqchip_add_irqfd_notifier_gsi(KVMState *s, EventNotifier *n, EventNotifier *rn, int virq)
{
    Route *route = route_find(virq);
    RouteFd *fd;
    int ret;

    if (!route || rn) {
        return -EINVAL;
    }
    fd = g_new0(RouteFd, 1);
    fd->notifier = n;
    ret = route_fd_install(route, fd);
    if (ret < 0) {
        g_free(fd);
        return ret;
    }
    QLIST_INSERT_HEAD(&route->fds, fd, next);
    return 0;
}

int kvm_irqchip_remove_irqfd_notifier_gsi(KVMState *s, EventNotifier *n, int virq)
{
    Route *route = route_find(virq);
    RouteFd *fd, *next;

    if (!route) {
        return 0;
    }
    QLIST_FOREACH_SAFE(fd, &route->fds, next, next) {
        if (fd->notifier == n) {
            route_fd_remove(route, fd);
            QLIST_REMOVE(fd, next);
            g_free(fd);
        }
    }
    return 0;
}

/* Routes are installed as they change. */
void kvm_irqchip_commit_routes(KVMState *s)
{
}

static uint64_t v2m_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void v2m_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    struct sel4_msi msi = { .address = sel4_vm.info.v2m_base + addr, .data = data };
    int ret;

    if (addr != V2M_SETSPI) {
        return;
    }
    ret = sel4_call(SEL4_SIGNAL_MSI, &msi);
    if (ret < 0 && !sel4_link_lost(ret)) {
        warn_report_once("sel4: a function's MSI %u was refused: %s", msi.data, strerror(-ret));
    }
}

static const MemoryRegionOps v2m_ops = {
    .read = v2m_read,
    .write = v2m_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void intx_set(void *opaque, int line, int level)
{
    struct sel4_irqline is = {
        .line = line,
        .action = level ? SEL4_IRQLINE_SET : SEL4_IRQLINE_CLEAR,
    };
    int ret = sel4_call(SEL4_SET_IRQLINE, &is);

    if (ret < 0 && !sel4_link_lost(ret)) {
        warn_report_once("sel4: INT%c was refused: %s", 'A' + line, strerror(-ret));
    }
}

qemu_irq *sel4_irq_intx(void)
{
    return qemu_allocate_irqs(intx_set, NULL, PCI_NUM_PINS);
}

void sel4_irq_init(Object *owner)
{
    MemoryRegion *frame = g_new0(MemoryRegion, 1);

    routes = g_ptr_array_new();
    kvm_msi_via_irqfd_allowed = true;

    memory_region_init_io(frame, owner, &v2m_ops, NULL, "sel4.v2m", V2M_FRAME_SIZE);
    memory_region_add_subregion(get_system_memory(), sel4_vm.info.v2m_base, frame);
}
