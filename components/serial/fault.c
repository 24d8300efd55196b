/* SPDX-License-Identifier: BSD-2-Clause */
#include "fault.h"

#include <arm/esr.h>
#include <peervisor/config.h>
#include <peervisor/panic.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WORDS	seL4_UnknownSyscall_Length
#define FSC_MISALIGNED	0x21

struct text {
	char *at;
	size_t length;		/* without its zero; always below FAULT_LINE - 1 */
};

/* What does not fit is left out; the line's end always fits. */
static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct text *text, const char *format, ...)
{
	size_t room = FAULT_LINE - 1 - text->length;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text->at + text->length, room, format, args);
	va_end(args);
	if (length > 0)
		text->length += (size_t)length < room ? (size_t)length : room - 1;
}

static int find_thread(seL4_Word badge)
{
	int node = -1;

	while ((node = config_next(CONFIG_ROOT, node, "thread@")) >= 0)
		if (config_u64(node, "badge") == badge)
			break;
	return node;
}

static void add_place(struct text *text, int thread, uint64_t pc)
{
	add(text, " at pc 0x%llx of %s", (unsigned long long)pc, config_string(thread, "program"));
}

/* All stacks lie in one range, and nothing else does but the pages below them that are not there. */
static void add_stack(struct text *text, int thread, uint64_t address)
{
	struct config_pair stacks = config_pair(CONFIG_ROOT, "stacks");

	if (address - stacks.first >= stacks.second)
		return;
	add(text, "; its stack is too small");
	if (config_has(thread, "stack-attribute"))
		add(text, " (%s)", config_string(thread, "stack-attribute"));
}

static const char *why_not_accessed(uint32_t esr)
{
	uint32_t status = ESR_DFSC(esr);

	if (status == FSC_MISALIGNED)
		return "misaligned";
	switch (status & ~3u) {
	case 0: return "beyond all addresses";
	case ESR_DFSC_TRANSLATION: return "nothing is mapped there";
	case ESR_DFSC_PERMISSION: return "not permitted there";
	case ESR_DFSC_EXTERNAL: return "no memory or device answers there";
	default: return "see its ESR";
	}
}

static void add_access(struct text *text, int thread, const uint64_t *mr)
{
	uint32_t esr = (uint32_t)mr[seL4_VMFault_FSR];
	uint64_t address = mr[seL4_VMFault_Addr];
	const char *what = mr[seL4_VMFault_PrefetchFault] ? "jump to" :
			   esr & ESR_DABT_WNR ? "write to" : "read of";

	add(text, "%s address 0x%llx", what, (unsigned long long)address);
	add_place(text, thread, mr[seL4_VMFault_IP]);
	add_stack(text, thread, address);
	add(text, "; %s, ESR 0x%08x", why_not_accessed(esr), esr);
}

static const char *exception_name(uint32_t esr)
{
	switch (ESR_EC(esr)) {
	case ESR_EC_UNKNOWN: return "undefined instruction";
	case ESR_EC_FP: return "floating point, which components have not";
	case ESR_EC_SYSREG: return "access to a system register";
	case ESR_EC_PC_ALIGN: return "jump to a misaligned address";
	case ESR_EC_SP_ALIGN: return "misaligned stack";
	case ESR_EC_BRK: return "trap (brk)";
	default: return "exception";
	}
}

static void add_exception(struct text *text, int thread, const uint64_t *mr)
{
	uint32_t esr = (uint32_t)mr[seL4_UserException_Number];

	add(text, "%s", exception_name(esr));
	add_place(text, thread, mr[seL4_UserException_FaultIP]);
	add(text, "; sp 0x%llx, ESR 0x%08x", (unsigned long long)mr[seL4_UserException_SP], esr);
}

/* All other exceptions. Their message is one word; our kernel puts the pc behind it, others nothing. */
static void add_trap(struct text *text, int thread, const uint64_t *mr)
{
	uint32_t esr = (uint32_t)mr[0];
	uint64_t pc = seL4_GetMR(1);

	add(text, "%s", exception_name(esr));
	if (pc)
		add_place(text, thread, pc);
	else
		add(text, " in %s", config_string(thread, "program"));
	add(text, "; ESR 0x%08x", esr);
}

static void add_capability(struct text *text, int thread, const uint64_t *mr)
{
	add(text, "no capability to %s in slot %llu",
	    mr[seL4_CapFault_InRecvPhase] ? "receive from" : "call",
	    (unsigned long long)mr[seL4_CapFault_Addr]);
	add_place(text, thread, mr[seL4_CapFault_IP]);
}

static void add_system_call(struct text *text, int thread, const uint64_t *mr)
{
	add(text, "unknown system call %lld", (long long)mr[seL4_UnknownSyscall_Syscall]);
	add_place(text, thread, mr[seL4_UnknownSyscall_FaultIP]);
	add(text, "; sp 0x%llx, x0 0x%llx, x1 0x%llx, x2 0x%llx",
	    (unsigned long long)mr[seL4_UnknownSyscall_SP],
	    (unsigned long long)mr[seL4_UnknownSyscall_X0],
	    (unsigned long long)mr[seL4_UnknownSyscall_X1],
	    (unsigned long long)mr[seL4_UnknownSyscall_X2]);
}

static void add_fault(struct text *text, int thread, seL4_Word label, const uint64_t *mr)
{
	switch (label) {
	case seL4_Fault_VMFault:
		add_access(text, thread, mr);
		break;
	case seL4_Fault_UserException:
		add_exception(text, thread, mr);
		break;
	case seL4_Fault_VCPUFault:
		add_trap(text, thread, mr);
		break;
	case seL4_Fault_CapFault:
		add_capability(text, thread, mr);
		break;
	case seL4_Fault_UnknownSyscall:
		add_system_call(text, thread, mr);
		break;
	default:	/* it can send to this endpoint by itself, too */
		add(text, "a message that is no fault, label %llu", (unsigned long long)label);
	}
}

/* How panic_at ends a thread: its line is in the log, or was lost. */
static bool is_told(seL4_Word label, const uint64_t *mr)
{
	return label == seL4_Fault_CapFault && mr[seL4_CapFault_Addr] == PANIC_TOLD;
}

const char *fault_describe(seL4_Word badge, seL4_MessageInfo_t info, char line[FAULT_LINE])
{
	seL4_Word label = seL4_MessageInfo_get_label(info);
	seL4_Word length = seL4_MessageInfo_get_length(info);
	struct text text = { .at = line };
	int thread = find_thread(badge);
	uint64_t mr[WORDS];

	for (seL4_Word i = 0; i < WORDS; i++)
		mr[i] = i < length ? seL4_GetMR(i) : 0;
	if (thread < 0 || is_told(label, mr))
		return NULL;
	add(&text, "%s: error: FAULT in thread '%s'", config_string(thread, "component"),
	    config_string(thread, "thread"));
	if (config_has(thread, "vm"))
		add(&text, " (VM %s)", config_string(thread, "vm"));
	add(&text, ": ");
	if (label == seL4_Fault_CapFault && mr[seL4_CapFault_Addr] == PANIC_UNTOLD)
		add(&text, "PANIC, and its log had no room for the reason");
	else
		add_fault(&text, thread, label, mr);
	strcpy(line + text.length, "\n");
	return config_string(thread, "label");
}
