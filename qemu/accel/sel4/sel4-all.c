/*
 * SPDX-License-Identifier: GPL-2.0-or-later
 *
 * -accel sel4,vm=NAME: the driver VM called NAME is this QEMU's machine.
 */
#include "qemu/osdep.h"
#include "qemu/accel.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qom/object.h"
#include "hw/boards.h"
#include "hw/pci/msi.h"
#include "migration/blocker.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "system/sel4.h"

#define TYPE_SEL4_ACCEL ACCEL_CLASS_NAME("sel4")
OBJECT_DECLARE_SIMPLE_TYPE(Sel4Accel, SEL4_ACCEL)

struct Sel4Accel {
    AccelState parent_obj;

    char *vm;
    char *device;
};

bool sel4_allowed;
Sel4VM sel4_vm;

static bool info_sane(const struct sel4_vm_info *info)
{
    uint64_t page = qemu_real_host_page_size();

    return info->memdev_size && info->memdev_base % page == 0 && info->memdev_size % page == 0 &&
           info->memdev_base + info->memdev_size > info->memdev_base &&
           info->window_size && info->window_base + info->window_size > info->window_base;
}

/*
 * Legacy virtio would need I/O ports, option ROMs a firmware that runs them. With a SWIOTLB window
 * as the only shared memory the guest must use its DMA API, which is what this feature asks of it.
 */
static void fit_devices(AccelClass *ac, const struct sel4_vm_info *info)
{
    static GlobalProperty always[] = {
        { "virtio-pci", "disable-legacy", "on" },
        { "pci-device", "romfile", "" },
    };
    static GlobalProperty swiotlb[] = {
        { "virtio-device", "iommu_platform", "on" },
    };

    ac->compat_props = g_ptr_array_new();
    compat_props_add(ac->compat_props, always, G_N_ELEMENTS(always));
    if (info->sharing == SEL4_SHARING_SWIOTLB) {
        compat_props_add(ac->compat_props, swiotlb, G_N_ELEMENTS(swiotlb));
    }
}

static bool open_vm(Sel4Accel *s, Error **errp)
{
    struct sel4_vm_info *info = &sel4_vm.info;
    int ret;

    if (!s->vm || !*s->vm) {
        error_setg(errp, "say which driver VM to serve: -accel sel4,vm=NAME");
        return false;
    }
    if (!sel4_link_open(&sel4_vm.link, s->device, s->vm, errp)) {
        return false;
    }
    ret = sel4_call(SEL4_VM_INFO, info);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "cannot ask about VM '%s'", s->vm);
        return false;
    }
    info->name[SEL4_NAME_SIZE - 1] = '\0';
    if (!info_sane(info)) {
        error_setg(errp, "VM '%s' shares no memory or has no PCI window: its connection is not set up",
                   s->vm);
        return false;
    }
    return true;
}

static int sel4_init_machine(MachineState *ms)
{
    Sel4Accel *s = SEL4_ACCEL(ms->accelerator);
    static Error *blocker;
    Error *err = NULL;

    if (!object_dynamic_cast(OBJECT(ms), MACHINE_TYPE_NAME("sel4-vm"))) {
        error_report("sel4: -accel sel4 runs -machine sel4-vm only");
        exit(1);
    }
    if (!open_vm(s, &err)) {
        error_reportf_err(err, "sel4: ");
        exit(1);
    }
    fit_devices(ACCEL_GET_CLASS(s), &sel4_vm.info);

    /* Memory is the driver VM's: not for a balloon to give away, nor for us to save. */
    ram_block_discard_disable(true);
    error_setg(&blocker, "the driver VM runs elsewhere: its state is not QEMU's to save");
    migrate_add_blocker(&blocker, &error_fatal);

    msi_nonbroken = true;
    return 0;
}

static char *get_vm(Object *obj, Error **errp)
{
    return g_strdup(SEL4_ACCEL(obj)->vm);
}

static void set_vm(Object *obj, const char *value, Error **errp)
{
    Sel4Accel *s = SEL4_ACCEL(obj);

    if (strlen(value) >= SEL4_NAME_SIZE) {
        error_setg(errp, "a VM's name has fewer than %d characters", SEL4_NAME_SIZE);
        return;
    }
    g_free(s->vm);
    s->vm = g_strdup(value);
}

static char *get_device(Object *obj, Error **errp)
{
    return g_strdup(SEL4_ACCEL(obj)->device);
}

static void set_device(Object *obj, const char *value, Error **errp)
{
    Sel4Accel *s = SEL4_ACCEL(obj);

    g_free(s->device);
    s->device = g_strdup(value);
}

static void sel4_accel_instance_init(Object *obj)
{
    SEL4_ACCEL(obj)->device = g_strdup(SEL4_DEVICE_PATH);
}

static void sel4_accel_instance_finalize(Object *obj)
{
    Sel4Accel *s = SEL4_ACCEL(obj);

    g_free(s->vm);
    g_free(s->device);
}

static void sel4_accel_class_init(ObjectClass *oc, void *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "seL4";
    ac->init_machine = sel4_init_machine;
    ac->allowed = &sel4_allowed;

    object_class_property_add_str(oc, "vm", get_vm, set_vm);
    object_class_property_set_description(oc, "vm", "name of the driver VM to serve");
    object_class_property_add_str(oc, "device", get_device, set_device);
    object_class_property_set_description(oc, "device",
        "path of the kernel's device, or unix:PATH of a socket that stands in for it");
}

static const TypeInfo sel4_accel_type = {
    .name = TYPE_SEL4_ACCEL,
    .parent = TYPE_ACCEL,
    .instance_size = sizeof(Sel4Accel),
    .instance_init = sel4_accel_instance_init,
    .instance_finalize = sel4_accel_instance_finalize,
    .class_init = sel4_accel_class_init,
};

static void sel4_accel_ops_class_init(ObjectClass *oc, void *data)
{
    /* Mandatory; the machine has no CPU, so nobody calls it. */
    ACCEL_OPS_CLASS(oc)->create_vcpu_thread = dummy_start_vcpu_thread;
}

static const TypeInfo sel4_accel_ops_type = {
    .name = ACCEL_OPS_NAME("sel4"),
    .parent = TYPE_ACCEL_OPS,
    .class_init = sel4_accel_ops_class_init,
    .abstract = true,
};

static void sel4_register_types(void)
{
    type_register_static(&sel4_accel_type);
    type_register_static(&sel4_accel_ops_type);
}
type_init(sel4_register_types);
