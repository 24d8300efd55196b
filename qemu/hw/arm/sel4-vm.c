/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The machine of -accel sel4: a driver VM's memory and one PCI bus, without a CPU. Addresses are the
 * driver VM's guest-physical ones.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/pci-host/gpex.h"
#include "hw/resettable.h"
#include "hw/sysbus.h"
#include "system/reset.h"
#include "system/sel4.h"

#define TYPE_SEL4_VM_MACHINE MACHINE_TYPE_NAME("sel4-vm")
OBJECT_DECLARE_SIMPLE_TYPE(Sel4VMMachine, SEL4_VM_MACHINE)

struct Sel4VMMachine {
    MachineState parent_obj;

    GPEXHost gpex;
    MemoryRegion ram;
    MemoryRegion window;
};

/* Only what the driver VM shares is there: a DMA to other addresses fails as on a bus without memory. */
static void ram_init(Sel4VMMachine *s)
{
    const struct sel4_vm_info *info = &sel4_vm.info;

    memory_region_init_ram_from_fd(&s->ram, OBJECT(s), "sel4.ram", info->memdev_size, RAM_SHARED,
                                   sel4_vm.link.memory_fd, info->memdev_base, &error_fatal);
    memory_region_add_subregion(get_system_memory(), info->memdev_base, &s->ram);
}

/*
 * Configuration space is reached by the driver VM's monitor, by bus/device/function: the bridge's
 * ECAM and I/O ports stay unmapped. PCI addresses are guest-physical ones.
 */
static PCIBus *pci_init(Sel4VMMachine *s)
{
    const struct sel4_vm_info *info = &sel4_vm.info;
    SysBusDevice *host = SYS_BUS_DEVICE(&s->gpex);
    qemu_irq *intx = sel4_irq_intx();

    sysbus_realize(host, &error_fatal);
    memory_region_init_alias(&s->window, OBJECT(s), "sel4.window", sysbus_mmio_get_region(host, 1),
                             info->window_base, info->window_size);
    memory_region_add_subregion(get_system_memory(), info->window_base, &s->window);
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        sysbus_connect_irq(host, pin, intx[pin]);
    }
    return PCI_HOST_BRIDGE(host)->bus;
}

static void sel4_vm_init(MachineState *ms)
{
    Sel4VMMachine *s = SEL4_VM_MACHINE(ms);

    if (!sel4_enabled()) {
        error_report("-machine sel4-vm needs -accel sel4,vm=NAME");
        exit(1);
    }
    ram_init(s);
    sel4_irq_init(OBJECT(s));
    sel4_doorbell_init();
    sel4_io_init(pci_init(s));
}

static void sel4_vm_reset(MachineState *ms, ResetType type)
{
    qemu_devices_reset(type);
    sel4_io_devices_reset();
}

static void sel4_vm_instance_init(Object *obj)
{
    object_initialize_child(obj, "gpex", &SEL4_VM_MACHINE(obj)->gpex, TYPE_GPEX_HOST);
}

static void sel4_vm_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "driver VM beside this one (no CPU; with -accel sel4)";
    mc->init = sel4_vm_init;
    mc->reset = sel4_vm_reset;
    mc->max_cpus = 1;
    mc->no_serial = 1;
    mc->no_parallel = 1;
    mc->no_floppy = 1;
    mc->no_cdrom = 1;
    /* Memory is the driver VM's, whatever -m says. */
    mc->default_ram_id = NULL;
}

static const TypeInfo sel4_vm_type = {
    .name = TYPE_SEL4_VM_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(Sel4VMMachine),
    .instance_init = sel4_vm_instance_init,
    .class_init = sel4_vm_class_init,
};

static void sel4_vm_register_types(void)
{
    type_register_static(&sel4_vm_type);
}
type_init(sel4_vm_register_types)
