/* SPDX-License-Identifier: BSD-2-Clause */
#include "root.h"

#include <stdarg.h>

#define UART_PHYSICAL	0x09000000UL
#define UART_DATA	0		/* in words */
#define UART_FLAGS	6
#define UART_FULL	0x20u

const seL4_BootInfo *root_info;
seL4_CPtr root_memory;
static seL4_SlotPos next_slot;
static seL4_CPtr probe;	/* a free slot to copy to */
static volatile uint32_t *uart;	/* PL011, so that release kernels are tested, too */
static seL4_Word next_page = ROOT_PAGES + 0x100000;	/* below are the tests' own */

/* What the compiler calls. */
void *memset(void *to, int byte, size_t bytes);

void *memset(void *to, int byte, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((volatile char *)to)[i] = (char)byte;
	return to;
}

static void put(char c)
{
	if (!uart)
		return;
	if (c == '\n')
		put('\r');
	while (uart[UART_FLAGS] & UART_FULL)
		;
	uart[UART_DATA] = (unsigned char)c;
}

static void print_number(seL4_Word v, unsigned int base)
{
	char digits[24];
	unsigned int n = 0;

	do
		digits[n++] = "0123456789abcdef"[v % base];
	while (v /= base);
	while (n)
		put(digits[--n]);
}

void root_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		format++;
		if (*format == 's') {
			for (const char *text = va_arg(args, const char *); *text; text++)
				put(*text);
			continue;
		}
		print_number(va_arg(args, seL4_Word), *format == 'x' ? 16 : 10);
	}
	va_end(args);
}

static _Noreturn void stop(void)
{
	root_print("BARE TESTS FAILED\n");
	for (;;)
		seL4_Yield();
}

void root_check(bool what, const char *text, const char *where, int line)
{
	if (what)
		return;
	root_print("%s:%u: not so: %s\n", where, (seL4_Word)line, text);
	stop();
}

void root_check_equal(seL4_Word a, seL4_Word b, const char *text, const char *where, int line)
{
	if (a == b)
		return;
	root_print("%s:%u: not so: %s (%x, %x)\n", where, (seL4_Word)line, text, a, b);
	stop();
}

seL4_CPtr root_slots(unsigned int count)
{
	seL4_CPtr slot = next_slot;

	next_slot += count;
	return slot;
}

seL4_CPtr root_slot(void)
{
	return root_slots(1);
}

static seL4_Error retype(seL4_CPtr untyped, seL4_ObjectType type, unsigned int bits, seL4_CPtr slot)
{
	return seL4_Untyped_Retype(untyped, type, bits, seL4_CapInitThreadCNode, 0, 0, slot, 1);
}

seL4_CPtr root_object(seL4_ObjectType type, unsigned int bits)
{
	seL4_CPtr slot = root_slot();

	CHECK_EQUAL(retype(root_memory, type, bits, slot), seL4_NoError);
	return slot;
}

/* Cuts untypeds in halves until the page is one of its own. */
seL4_CPtr root_device_page(seL4_Word physical)
{
	for (seL4_Word i = 0; i < root_info->untyped.end - root_info->untyped.start; i++) {
		const seL4_UntypedDesc *at = &root_info->untypedList[i];
		seL4_CPtr untyped = root_info->untyped.start + i, halves;
		unsigned int bits = at->sizeBits;

		if (!at->isDevice || physical < at->paddr ||
		    physical - at->paddr >= 1UL << at->sizeBits)
			continue;
		while (bits > seL4_PageBits) {
			halves = root_slots(2);
			CHECK_EQUAL(retype(untyped, seL4_UntypedObject, --bits, halves), 0);
			CHECK_EQUAL(retype(untyped, seL4_UntypedObject, bits, halves + 1), 0);
			untyped = halves + (physical >> bits & 1);
		}
		halves = root_slot();
		CHECK_EQUAL(retype(untyped, seL4_ARM_SmallPageObject, 0, halves), 0);
		return halves;
	}
	root_check(false, "a device untyped has this page", __func__, __LINE__);
	return 0;
}

seL4_Error root_mint(seL4_CPtr to, seL4_CPtr from, seL4_Word badge)
{
	return seL4_CNode_Mint(seL4_CapInitThreadCNode, to, 64, seL4_CapInitThreadCNode, from, 64,
			       seL4_AllRights, badge);
}

seL4_CPtr root_map(seL4_Word address)
{
	seL4_CPtr frame = root_object(seL4_ARM_SmallPageObject, 0);

	CHECK_EQUAL(seL4_ARM_Page_Map(frame, seL4_CapInitThreadVSpace, address, seL4_ReadWrite,
				      seL4_ARM_Default_VMAttributes), 0);
	return frame;
}

/* Two pages: the IPC buffer, the stack. */
struct thread root_thread(void (*function)(seL4_Word), seL4_Word argument, seL4_Word priority,
			  seL4_CPtr fault_endpoint)
{
	struct thread thread = { .tcb = root_object(seL4_TCBObject, 0) };
	seL4_UserContext regs = { 0 };
	seL4_Word page = next_page;

	next_page += 0x3000;
	thread.frame = root_map(page);
	root_map(page + 0x1000);
	thread.buffer = (seL4_IPCBuffer *)page;
	CHECK_EQUAL(seL4_TCB_Configure(thread.tcb, fault_endpoint, seL4_CapInitThreadCNode, 0,
				       seL4_CapInitThreadVSpace, 0, page, thread.frame), 0);
	CHECK_EQUAL(seL4_TCB_SetPriority(thread.tcb, seL4_CapInitThreadTCB, priority), 0);
	regs.pc = (seL4_Word)function;
	regs.sp = page + 0x2000;
	regs.x0 = argument;
	regs.x30 = (seL4_Word)thread_exit;
	CHECK_EQUAL(seL4_TCB_WriteRegisters(thread.tcb, 1, 0, 36, &regs), 0);
	return thread;
}

void root_destroy(struct thread *thread)
{
	CHECK_EQUAL(seL4_CNode_Delete(seL4_CapInitThreadCNode, thread->tcb, 64), 0);
}

/* No handler will answer this: the thread stops. */
_Noreturn void thread_exit(void)
{
	for (;;)
		__asm__ volatile("brk #0x3c");
}

static void take_memory(void)
{
	for (seL4_Word i = 0; i < root_info->untyped.end - root_info->untyped.start; i++) {
		const seL4_UntypedDesc *at = &root_info->untypedList[i];

		if (!at->isDevice && at->sizeBits >= 24 && at->sizeBits <= 25)
			root_memory = root_info->untyped.start + i;
	}
	CHECK(root_memory);
}

static void run(const char *name, void (*test)(void))
{
	root_print("%s\n", name);
	test();
}

/* A page on the tests' part of the address space for the UART; before it nothing can be said. */
static void map_uart(void)
{
	seL4_CPtr page = root_device_page(UART_PHYSICAL);

	if (!seL4_ARM_Page_Map(page, seL4_CapInitThreadVSpace, ROOT_PAGES, seL4_ReadWrite, 0))
		uart = (volatile uint32_t *)ROOT_PAGES;
}

bool root_slot_is_empty(seL4_CPtr slot)
{
	return seL4_CNode_Delete(seL4_CapInitThreadCNode, probe, 64) == seL4_NoError &&
	       seL4_CNode_Copy(seL4_CapInitThreadCNode, probe, 64, seL4_CapInitThreadCNode, slot, 64,
			       seL4_AllRights) == seL4_FailedLookup;
}

_Noreturn void root_main(const seL4_BootInfo *info);

_Noreturn void root_main(const seL4_BootInfo *info)
{
	seL4_SetIPCBuffer(info->ipcBuffer);
	root_info = info;
	next_slot = info->empty.start;
	take_memory();
	for (unsigned int level = 0; level < 3; level++) {
		seL4_CPtr table = root_object(seL4_ARM_PageTableObject, 0);

		if (seL4_ARM_PageTable_Map(table, seL4_CapInitThreadVSpace, ROOT_PAGES,
					   seL4_ARM_Default_VMAttributes))
			break;
	}
	map_uart();
	probe = root_slot();
	run("ipc", test_ipc);
	run("faults", test_faults);
	run("scheduling", test_scheduling);
	run("memory", test_memory);
	run("spaces", test_spaces);
	run("interrupts", test_interrupts);
	run("guest", test_guest);
	root_print("BARE TESTS PASSED\n");
	for (;;)
		seL4_Yield();
}
