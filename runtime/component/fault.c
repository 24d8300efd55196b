/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that receives the faults of the component's other threads and says which, what and
 * where. It gives no answer: the thread that faulted has ended, the others go on.
 */
#include <peervisor/component.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <sel4/sel4.h>

static const char *exception_name(seL4_Word syndrome)
{
	switch (syndrome >> 26) {
	case 0x00: return "undefined instruction";
	case 0x07: return "floating point, which components have not";
	case 0x22: return "misaligned pc";
	case 0x26: return "misaligned stack";
	case 0x3c: return "trap (brk)";
	default: return "exception";
	}
}

static void tell(seL4_MessageInfo_t info, seL4_Word badge)
{
	const char *thread = component_thread_name((unsigned int)(badge & 0xffff) - 1);
	seL4_Word pc = seL4_GetMR(0), access = seL4_GetMR(1), syndrome = seL4_GetMR(3);
	const char *program = config_string(CONFIG_ROOT, "program");
	struct config_pair stacks = config_pair(CONFIG_ROOT, "stacks");

	switch (seL4_MessageInfo_get_label(info)) {
	case seL4_Fault_VMFault:
		log_error("FAULT in thread '%s': %s address 0x%llx at pc 0x%llx of %s%s", thread,
			  seL4_GetMR(2) ? "jump to" : syndrome & 0x40 ? "write to" : "read of",
			  (unsigned long long)access, (unsigned long long)pc, program,
			  access - stacks.first < stacks.second ?
				  "; its stack is too small (_stack_size)" : "");
		break;
	case seL4_Fault_UserException:
		log_error("FAULT in thread '%s': %s at pc 0x%llx of %s", thread,
			  exception_name(syndrome), (unsigned long long)pc, program);
		break;
	case seL4_Fault_VCPUFault:	/* all other exceptions; the message has no pc */
		log_error("FAULT in thread '%s' of %s: %s, syndrome 0x%llx", thread, program,
			  exception_name(pc), (unsigned long long)pc);
		break;
	case seL4_Fault_CapFault:
		if (access == seL4_CapNull)	/* how panic_at ends a thread, after its line */
			break;
		log_error("FAULT in thread '%s': no capability in slot %llu at pc 0x%llx of %s",
			  thread, (unsigned long long)access, (unsigned long long)pc, program);
		break;
	default:
		log_error("FAULT in thread '%s': unknown system call at pc 0x%llx of %s", thread,
			  (unsigned long long)pc, program);
	}
}

void component_fault_serve(void)
{
	seL4_CPtr endpoint = config_u64(CONFIG_ROOT, "fault-endpoint-slot");
	seL4_MessageInfo_t info;
	seL4_Word badge;

	for (;;) {
		info = seL4_Recv(endpoint, &badge);
		if (badge & EVENT_ENDPOINT)
			tell(info, badge);
	}
}
