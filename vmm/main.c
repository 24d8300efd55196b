/* SPDX-License-Identifier: BSD-2-Clause */
/* The monitor of one virtual machine: starts it, then answers faults and events for ever. */
#include <peervisor/config.h>
#include <sel4/sel4.h>

#include "exits.h"
#include "vm.h"

static struct vm vm;

int main(void);

static seL4_MessageInfo_t receive(seL4_Word *badge, struct exit_message *m)
{
	seL4_CPtr endpoint = vm.config.endpoint;

	seL4_MessageInfo_t info = seL4_MessageInfo_new(0, 0, 0, vm.reply_done);
	bool reply = vm.reply;

	if (!reply && vm.config.notification && vm_is_idle(&vm)) {
		seL4_Wait(vm.config.notification, badge);	/* the reply stays possible */
		return info;
	}
	vm.caller = NULL;
	vm.reply = vm.reply_done = false;
	if (!reply)
		return seL4_RecvWithMRs(endpoint, badge, &m->mr[0], &m->mr[1], &m->mr[2],
					&m->mr[3]);
	m->mr[0] = vm.reply_value;
	return seL4_ReplyRecvWithMRs(endpoint, info, badge, &m->mr[0], &m->mr[1], &m->mr[2],
				     &m->mr[3]);
}

int main(void)
{
	struct exit_message message = { 0 };
	seL4_MessageInfo_t info;
	seL4_Word badge;

	if (vm_init(&vm, config_fdt()))
		vm_start(&vm);
	else
		vm_stop(&vm, "the configuration cannot be used");

	for (;;) {
		vm_settle(&vm);
		info = receive(&badge, &message);
		if (badge >> 63) {
			message.label = seL4_MessageInfo_get_label(info);
			message.length = seL4_MessageInfo_get_length(info);
			exits_handle(&vm, badge, &message);
		} else {
			vm_event(&vm, badge);
		}
	}
}
