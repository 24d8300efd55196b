/* SPDX-License-Identifier: BSD-2-Clause */
/* Built-in texts: what precedes every file, and the built-in imports. */
#include <string.h>

#include "ast.h"

const char prelude_text[] =
	"component VM {\n"
	"    control;\n"
	"    attribute string vm_name;\n"
	"    attribute int vm_id;\n"
	"    attribute int ram_base;\n"
	"    attribute int ram_size = \"256M\";\n"
	"    attribute bool ram_identity = false;\n"
	"    attribute string kernel = \"linux\";\n"
	"    attribute string initrd;\n"
	"    attribute string cmdline;\n"
	"    attribute string dtb;\n"
	"    attribute int num_vcpus = 1;\n"
	"    attribute int affinity = 0;\n"
	"    attribute int priority = 100;\n"
	"    attribute int cpu_weight = 100;\n"
	"    attribute string console = \"pl011\";\n"
	"    attribute int heap_size = \"512K\";\n"
	"    attribute string sharing;\n"
	"    attribute int swiotlb_base;\n"
	"    attribute int swiotlb_size;\n"
	"    attribute int start_timeout = 0;\n"
	"    attribute int request_timeout = 10000;\n"
	"    attribute string untyped_mmios[];\n"
	"    attribute int irqs[];\n"
	"    attribute string dtb_nodes[];\n"
	"    attribute dict pci_devices[];\n"
	"    attribute dict machine_devices[];\n"
	"    attribute dict vm_virtio_devices[];\n"
	"    attribute dict vm_virtio_drivers[];\n"
	"}\n";

/* All that the language's manual and the public projects use; the model says which can be built. */
static const char std_connectors[] =
	"connector seL4RPC { from Procedure; to Procedure; }\n"
	"connector seL4RPCSimple { from Procedure; to Procedure; }\n"
	"connector seL4RPCCall { from Procedures; to Procedures; }\n"
	"connector seL4RPCCallSignal { from Procedures; to Procedure; }\n"
	"connector seL4RPCDataport { from Procedure; to Procedure; }\n"
	"connector seL4RPCDataportSignal { from Procedure; to Procedure; }\n"
	"connector seL4RPCOverMultiSharedData { from Procedures; to Procedure; }\n"
	"connector seL4DirectCall { from Procedures; to Procedure; }\n"
	"connector seL4Asynch { from Event; to Event; }\n"
	"connector seL4AsynchNative { from Event; to Event; }\n"
	"connector seL4Notification { from Events; to Events; }\n"
	"connector seL4NotificationNative { from Events; to Event; }\n"
	"connector seL4NotificationBind { from Events; to Event; }\n"
	"connector seL4SharedData { from Dataports; to Dataports; }\n"
	"connector seL4HardwareMMIO { from Dataport; to hardware Dataport; }\n"
	"connector seL4HardwareInterrupt { from hardware Event; to Event; }\n"
	"connector seL4IOAPICHardwareInterrupt { from hardware Event; to Event; }\n"
	"connector seL4HardwareIOPort { from Procedure; to hardware Procedure; }\n"
	"connector seL4DTBHardware { from Event; to Event; }\n"
	"connector seL4DTBHardwareThreadless { from Event; to Event; }\n"
	"connector seL4DTBHWThreadless { from Event; to Event; }\n"
	"connector seL4VirtQueues { from Procedures; to Procedure; }\n"
	"procedure IOPort { }\n";

static const char global_connectors[] =
	"connector seL4GlobalAsynch { from Events; to Events; }\n"
	"connector seL4GlobalAsynchCallback { from Events; to Events; }\n"
	"connector seL4GlobalAsynchHardwareInterrupt { from hardware Event; to Event; }\n"
	"connector seL4SharedDataWithCaps { from Dataports; to Dataports; }\n"
	"connector seL4TimeServer { from Procedures; to Procedure; }\n"
	"connector seL4SerialServer { from Procedures; to Procedure; }\n"
	"connector seL4GPIOServer { from Procedures; to Procedure; }\n"
	"connector seL4RTC { from Procedure; to Procedure; }\n"
	"connector seL4VMDTBPassthrough { from Event; to Event; }\n"
	"procedure VirtQueueDev { }\n"
	"procedure VirtQueueDrv { }\n"
	"component VirtQueueInit { __replaced \"VIRTIO_COMPOSITION_DEF connects VMs\"; }\n";

#define FILE_SERVER "component FileServer { __replaced \"guest files are part of the image\"; }\n"
#define SERIAL_SERVER \
	"component SerialServer { __replaced \"every VM has a console of its own\"; }\n" \
	"procedure PutChar { }\nprocedure GetChar { }\nprocedure Batch { }\n"
#define TIME_SERVER \
	"component TimeServer { __replaced \"every VM has a timer of its own\"; }\n" \
	"procedure Timer { }\n"
#define VM_COMPONENT "component VM { __vm_init; }\n"

/* Parts of VM projects: what is needed of them is here, and of the rest the reason why it is not. */
static const struct {
	const char *name;
	const char *text;
} parts[] = {
	{ "VM_Arm/VM.camkes", VM_COMPONENT },
	{ "VM_Arm/vm_common.camkes", VM_COMPONENT FILE_SERVER SERIAL_SERVER TIME_SERVER
	  "assembly { composition { component VM vm; } }\n" },
	{ "FileServer/FileServer.camkes", FILE_SERVER },
	{ "SerialServer/SerialServer.camkes", SERIAL_SERVER },
	{ "TimeServer/TimeServer.camkes", TIME_SERVER },
	{ "seL4VMDTBPassthrough.idl4", "" },
	{ "FileServerInterface.camkes", "" },
	{ "RTC/RTC.camkes", "" },
	{ "PCIConfigIO/PCIConfigIO.camkes", "" },
	{ "GPIOMUXServer/GPIOMUXServer.camkes", "" },
	{ "VM/vm.camkes", "" },
	{ "vm.camkes", "" },
};

const char *prelude_import(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (strcmp(parts[i].name, name) == 0)
			return parts[i].text;
	if (strcmp(name, "std_connector.camkes") == 0)
		return std_connectors;
	if (strcmp(name, "global-connectors.camkes") == 0 ||
	    strcmp(name, "vm-connectors.camkes") == 0 ||
	    strcmp(name, "global-connector.camkes") == 0)
		return global_connectors;
	return NULL;
}

/* What VM projects take in, and this platform has in another way. */
const char *prelude_replaces(const char *name)
{
	static const struct {
		const char *name;
		const char *reason;
	} table[] = {
		{ "FileServer/FileServer.camkes", "guest files are part of the image" },
		{ "SerialServer/SerialServer.camkes", "every VM has a console of its own" },
		{ "TimeServer/TimeServer.camkes", "every VM has a timer of its own" },
		{ "RTC/RTC.camkes", "give the device to a VM by dtb_nodes" },
		{ "PCIConfigIO/PCIConfigIO.camkes", "give the device to a VM by pci_devices" },
		{ "GPIOMUXServer/GPIOMUXServer.camkes", "give the device to a VM by dtb_nodes" },
		{ "VM/vm.camkes", "component VM is built in" },
		{ "vm.camkes", "component VM is built in" },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcmp(name, table[i].name) == 0)
			return table[i].reason;
	return NULL;
}

bool prelude_names_hardware(const char *connector)
{
	return strncmp(connector, "seL4DTBH", 8) == 0;
}

static const char vm_header[] =
	"#ifndef PEERVISOR_VM_H\n"
	"#define PEERVISOR_VM_H\n"
	"#define STRINGIZE(...) #__VA_ARGS__\n"
	"#define VAR_STRINGIZE(...) STRINGIZE(__VA_ARGS__)\n"
	"#define VM_INIT_DEF(...) __vm_init;\n"
	"#define VM_COMPOSITION_DEF(...) __vm_instance __VA_ARGS__;\n"
	"#define VM_PER_VM_COMP_DEF(...) __vm_instance __VA_ARGS__;\n"
	"#define VM_CONFIGURATION_DEF(...)\n"
	"#define VM_PER_VM_CONFIG_DEF(...)\n"
	"#define VM_GENERAL_COMPOSITION_DEF(...)\n"
	"#define VM_GENERAL_CONFIGURATION_DEF(...)\n"
	"#define VM_VIRTUAL_SERIAL_GENERAL_COMPOSITION_DEF(...)\n"
	"#define VM_VIRTUAL_SERIAL_GENERAL_CONFIGURATION_DEF(...)\n"
	"#define VM_VIRTUAL_SERIAL_COMPOSITION_DEF(...)\n"
	"#define VM_VIRTUAL_SERIAL_CONFIGURATION_DEF(...)\n"
	"#define VIRTIO_CONFIGURATION_DEF(...)\n"
	"#define VIRTIO_NOTE(name) __vm_note name \"VIRTIO_COMPOSITION_DEF connects a device VM to a "
	"driver VM, and vm_virtio_devices says what it serves\";\n"
	"#define VIRTIO_NET_COMPOSITION_DEF(...) VIRTIO_NOTE(\"VIRTIO_NET_COMPOSITION_DEF\")\n"
	"#define VIRTIO_NET_CONFIGURATION_DEF(...) VIRTIO_NOTE(\"VIRTIO_NET_CONFIGURATION_DEF\")\n"
	"#define VIRTIO_BLK_COMPOSITION_DEF(...) VIRTIO_NOTE(\"VIRTIO_BLK_COMPOSITION_DEF\")\n"
	"#define VIRTIO_BLK_CONFIGURATION_DEF(...) VIRTIO_NOTE(\"VIRTIO_BLK_CONFIGURATION_DEF\")\n"
	"#define VIRTIO_CONSOLE_COMPOSITION_DEF(...) VIRTIO_NOTE(\"VIRTIO_CONSOLE_COMPOSITION_DEF\")\n"
	"#define VIRTIO_CONSOLE_CONFIGURATION_DEF(...) "
	"VIRTIO_NOTE(\"VIRTIO_CONSOLE_CONFIGURATION_DEF\")\n"
	"#endif\n";

const char *prelude_header(unsigned int n, const char **name)
{
	static const struct {
		const char *name;
		const char *text;
	} table[] = {
		{ "configurations/vm.h", vm_header },
		{ "configurations/connections.h", "" },
		{ "autoconf.h", "" },
		{ "camkesarmvm/gen_config.h", "" },
	};

	if (n >= sizeof(table) / sizeof(*table))
		return NULL;
	*name = table[n].name;
	return table[n].text;
}
