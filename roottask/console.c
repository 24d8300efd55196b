/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <arm/pl011.h>
#include "console.h"
#include "roottask.h"

#define WINDOW		0x7000000000ull
#define PATIENCE	1000000	/* polls for room in the UART before it counts as dead */

/* A PL011 on each platform; one of them is a device here. */
static const uint64_t uarts[] = {
	0x09000000,	/* QEMU virt */
	0xfe201000,	/* Raspberry Pi 4 */
};

static volatile uint32_t *uart;

const char *error_name(int error)
{
	static const char *const names[] = {
		"NoError", "InvalidArgument", "InvalidCapability", "IllegalOperation",
		"RangeError", "AlignmentError", "FailedLookup", "TruncatedMessage",
		"DeleteFirst", "RevokeFirst", "NotEnoughMemory",
	};

	return (unsigned int)error < sizeof(names) / sizeof(names[0]) ? names[error] :
									"unknown error";
}

static uint32_t spec_frame(uint64_t paddr)
{
	const struct spec *spec = &roottask.spec;

	for (uint32_t i = 0; spec->header && i < spec->header->num_objects; i++) {
		const struct capdl_object *object = &spec->objects[i];

		if (object->type == CAPDL_MEMORY && object->size == SEL4_PAGE_BITS &&
		    object->paddr == paddr)
			return roottask.first_slot[i];
	}
	return 0;
}

/* A slot with an unmapped cap to the page, or 0. */
static uint32_t find_frame(void)
{
	for (unsigned int i = 0; i < sizeof(uarts) / sizeof(uarts[0]); i++) {
		uint32_t slot;

		if (!allocator_has(&roottask.allocator, uarts[i], true)) {
			slot = spec_frame(uarts[i]);	/* made already, or not ours */
			if (slot)
				return slot;
			continue;
		}
		slot = cspace_new_slot();
		if (allocator_take_at(&roottask.allocator, uarts[i], seL4_ARM_SmallPageObject,
				      SEL4_PAGE_BITS, slot, 1) == 1)
			return slot;
	}
	return 0;
}

void console_prepare(void)
{
	uint32_t slot = cspace_new_slot();

	objects_make_one(seL4_ARM_SmallPageObject, SEL4_PAGE_BITS, slot);
	memory_map_page(slot, seL4_CapInitThreadVSpace, WINDOW, SEL4_RIGHT_READ, SEL4_ATTR_EXECUTE_NEVER,
			"console");
	if (seL4_CNode_Delete(seL4_CapInitThreadCNode, slot, 64))
		fatal("console: CNode_Delete");
}

uint64_t console_open(void)
{
	uint32_t slot = find_frame();
	seL4_CPtr frame = slot;

	if (!slot)
		return 0;
	if (roottask.open) {
		frame = cspace_early_slot();
		if (seL4_CNode_Copy(seL4_CapInitThreadCNode, frame, 64, roottask.store, slot,
				    roottask.store_radix, seL4_AllRights))
			return 0;
	}
	memory_map_page(frame, seL4_CapInitThreadVSpace, WINDOW,
			SEL4_RIGHT_READ | SEL4_RIGHT_WRITE, SEL4_ATTR_EXECUTE_NEVER, "console");
	uart = (volatile uint32_t *)WINDOW;
	return frame;
}

static void put_char(char c)
{
	for (int i = 0; i < PATIENCE && uart[PL011_FR / 4] & PL011_FR_TXFF; i++)
		;
	uart[PL011_DR / 4] = (unsigned char)c;
}

static void put_string(const char *s)
{
	while (*s)
		put_char(*s++);
}

void console_print(const char *line)
{
	if (!uart)
		return;
	put_string("roottask: ");
	put_string(line);
	put_string("\r\n");
}

void console_close(uint64_t frame)
{
	uart = NULL;
	if (frame)
		seL4_ARM_Page_Unmap(frame);
}

void fatal(const char *format, ...)
{
	static bool dying;
	char line[256];
	va_list args;

	if (!dying) {
		dying = true;
		va_start(args, format);
		vsnprintf(line, sizeof(line), format, args);
		va_end(args);
		if (!uart)
			console_open();
		console_print(line);
	}
	stop();
}

/* Debian's libfdt.a is built with the stack protector: accidents end here. */
uintptr_t __stack_chk_guard = 0x00f0a51e0dead0ffu;
_Noreturn void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	fatal("a stack buffer overflowed");
}
