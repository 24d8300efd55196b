/* SPDX-License-Identifier: BSD-2-Clause */
#include "env.h"

#include <arm/pl011.h>
#include <stdarg.h>

#define UART_PADDR	0x9000000ul
#define SANDBOX_BITS	24
#define STACK_SIZE	8192
#define TIMER_PPI	30

seL4_BootInfo *boot;
seL4_CPtr sandbox;
bool test_failed;
seL4_CPtr clock_handler, clock_notification;

static seL4_CPtr first_free, next_free;
static _Alignas(16) char stacks[THREADS_MAX][STACK_SIZE];
static unsigned int threads;

/* Console. */

static void put(char c)
{
	volatile uint32_t *uart = (volatile uint32_t *)CONSOLE_AT;

	while (uart[PL011_FR / 4] & PL011_FR_TXFF)
		;
	uart[PL011_DR / 4] = (unsigned char)c;
}

static void put_hex(seL4_Word v)
{
	int shift = 60;

	while (shift && !(v >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put("0123456789abcdef"[v >> shift & 15]);
}

void say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	for (; *format; format++) {
		if (*format != '%') {
			put(*format);
			continue;
		}
		if (*++format == 's')
			for (const char *s = va_arg(list, const char *); *s; s++)
				put(*s);
		else {		/* %lx, %d */
			if (*format == 'l')
				put_hex(va_arg(list, seL4_Word));
			else
				put_hex((seL4_Word)va_arg(list, int));
			format += *format == 'l';
		}
	}
	va_end(list);
}

void test_fail(const char *file, int line, const char *what, seL4_Word got, seL4_Word want)
{
	for (const char *s = file; *s; s++)
		if (*s == '/')
			file = s + 1;
	test_failed = true;
	say("\n     %s line 0x%x: %s is 0x%lx, should be 0x%lx\n", file, (unsigned int)line, what, got, want);
}

/* Objects. */

seL4_CPtr slot_new(void)
{
	if (next_free == boot->empty.end)
		test_fail(__FILE__, __LINE__, "free slots", 0, 1);
	return next_free++;
}

static seL4_CPtr retype(seL4_CPtr untyped, seL4_Word type, seL4_Word bits)
{
	seL4_CPtr slot = slot_new();
	seL4_Error error = seL4_Untyped_Retype(untyped, type, bits, ROOT_CNODE, 0, 0, slot, 1);

	if (!error)
		return slot;
	test_fail(__FILE__, __LINE__, "seL4_Untyped_Retype()", error, 0);
	return 0;
}

seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits)
{
	return retype(sandbox, type, size_bits);
}

seL4_CPtr device_frame(seL4_Word paddr)
{
	for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++)
		if (boot->untypedList[i].paddr == paddr && boot->untypedList[i].isDevice)
			return retype(boot->untyped.start + i, seL4_ARM_SmallPageObject, 0);
	test_fail(__FILE__, __LINE__, "device untyped at the address", 0, paddr);
	return 0;
}

/* The smallest memory untyped of at least 2^bits, or the largest of all (bits 0). */
static seL4_CPtr memory_untyped(seL4_Word bits)
{
	seL4_CPtr found = 0;
	seL4_Word best = bits ? 64 : 0;

	for (seL4_Word i = 0; i < boot->untyped.end - boot->untyped.start; i++) {
		seL4_Word size = boot->untypedList[i].sizeBits;

		if (boot->untypedList[i].isDevice || (bits ? size < bits || size >= best : size < best))
			continue;
		best = size;
		found = boot->untyped.start + i;
	}
	return found;
}

void sandbox_open(void)
{
	next_free = first_free;
	threads = 0;
	sandbox = retype(memory_untyped(0), seL4_UntypedObject, SANDBOX_BITS);
}

void sandbox_close(void)
{
	seL4_CNode_Revoke(ROOT_CNODE, memory_untyped(0), 64);
	/* Copies of what is not from the sandbox: image frames, device frames, handlers. */
	for (seL4_CPtr slot = first_free; slot < next_free; slot++)
		seL4_CNode_Delete(ROOT_CNODE, slot, 64);
}

seL4_CPtr cap_copy(seL4_CPtr from)
{
	seL4_CPtr slot = slot_new();
	seL4_Error error = seL4_CNode_Copy(ROOT_CNODE, slot, 64, ROOT_CNODE, from, 64,
					   seL4_AllRights);

	if (error)
		test_fail(__FILE__, __LINE__, "seL4_CNode_Copy()", error, 0);
	return slot;
}

seL4_CPtr cap_badge(seL4_CPtr from, seL4_Word badge)
{
	seL4_CPtr slot = slot_new();
	seL4_Error error = seL4_CNode_Mint(ROOT_CNODE, slot, 64, ROOT_CNODE, from, 64,
					   seL4_AllRights, badge);

	if (error)
		test_fail(__FILE__, __LINE__, "seL4_CNode_Mint()", error, 0);
	return slot;
}

void console_init(void)
{
	first_free = next_free = boot->empty.start;
	sandbox = memory_untyped(16);	/* for the tables, which stay */
	space_map(ROOT_SPACE, device_frame(UART_PADDR), CONSOLE_AT, seL4_ReadWrite, 0);
	first_free = next_free;
}

/* Address spaces. */

seL4_CPtr space_new(void)
{
	seL4_CPtr space = object_new(seL4_ARM_VSpaceObject, 0);
	seL4_Error error = seL4_ARM_ASIDPool_Assign(seL4_CapInitThreadASIDPool, space);

	if (error)
		test_fail(__FILE__, __LINE__, "seL4_ARM_ASIDPool_Assign()", error, 0);
	return space;
}

seL4_Error space_map(seL4_CPtr space, seL4_CPtr frame, seL4_Word at, seL4_CapRights_t rights,
		     seL4_Word attributes)
{
	seL4_Error error;
	seL4_CPtr table;

	while ((error = seL4_ARM_Page_Map(frame, space, at, rights, attributes)) ==
	       seL4_FailedLookup && seL4_GetMR(2) > 12) {
		table = slot_new();
		error = seL4_Untyped_Retype(sandbox,
					    seL4_ARM_PageTableObject, 0, ROOT_CNODE, 0, 0, table, 1);
		if (error)
			return error;
		error = seL4_ARM_PageTable_Map(table, space, at, seL4_ARM_Default_VMAttributes);
		if (error)
			return error;
	}
	return error;
}

seL4_CPtr space_page(seL4_CPtr space, seL4_Word at)
{
	seL4_CPtr frame = object_new(seL4_ARM_SmallPageObject, 0);
	seL4_Error error = space_map(space, frame, at, seL4_ReadWrite,
				     seL4_ARM_Default_VMAttributes);

	if (!error)
		return frame;
	test_fail(__FILE__, __LINE__, "space_map()", error, 0);
	return 0;
}

extern char __image_start[];

seL4_CPtr space_twin(void)
{
	seL4_CPtr space = space_new();

	for (seL4_CPtr frame = boot->userImageFrames.start; frame < boot->userImageFrames.end; frame++) {
		seL4_Word at = (seL4_Word)__image_start +
			       (frame - boot->userImageFrames.start) * PAGE;
		seL4_Error error = space_map(space, cap_copy(frame), at, seL4_ReadWrite,
					     seL4_ARM_Default_VMAttributes);

		if (error) {
			test_fail(__FILE__, __LINE__, "space_map()", error, 0);
			return 0;
		}
	}
	return space;
}

/* Threads. */

bool thread_new(struct thread *thread, seL4_CPtr space, seL4_CPtr fault)
{
	seL4_Error error;

	thread->tcb = object_new(seL4_TCBObject, 0);
	thread->space = space;
	error = seL4_TCB_Configure(thread->tcb, fault, ROOT_CNODE, 0, space, 0, 0, 0);
	if (error)
		test_fail(__FILE__, __LINE__, "seL4_TCB_Configure()", error, 0);
	return !error;
}

bool thread_start(const struct thread *thread, void (*entry)(seL4_Word), seL4_Word argument,
		  seL4_Word priority)
{
	seL4_UserContext context = {
		.pc = (seL4_Word)entry,
		.sp = (seL4_Word)stacks[threads++ % THREADS_MAX] + STACK_SIZE,
		.x0 = argument,
	};
	seL4_Error error = seL4_TCB_SetPriority(thread->tcb, seL4_CapInitThreadTCB, priority);

	if (!error)
		error = seL4_TCB_WriteRegisters(thread->tcb, true, 0, SEL4_TCB_REGISTERS, &context);
	if (error)
		test_fail(__FILE__, __LINE__, "seL4_TCB_WriteRegisters()", error, 0);
	return !error;
}

struct message message_wait(seL4_CPtr endpoint)
{
	struct message message;
	seL4_MessageInfo_t info = seL4_Recv(endpoint, &message.badge);

	message.label = seL4_MessageInfo_get_label(info);
	message.length = seL4_MessageInfo_get_length(info);
	return message;
}

void message_reply(seL4_Word length)
{
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, length));
}

/* Clock. */

bool clock_open(void)
{
	seL4_Error error;

	clock_notification = object_new(seL4_NotificationObject, 0);
	clock_handler = slot_new();
	error = seL4_IRQControl_Get(seL4_CapIRQControl, TIMER_PPI, ROOT_CNODE, clock_handler, 64);
	if (!error)
		error = seL4_IRQHandler_SetNotification(clock_handler,
							cap_badge(clock_notification, 1ul << 62));
	if (error)
		test_fail(__FILE__, __LINE__, "clock_open()", error, 0);
	return !error;
}

void clock_close(void)
{
	if (clock_handler) {
		__asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb");
		seL4_CNode_Delete(ROOT_CNODE, clock_handler, 64);
	}
	clock_handler = 0;
}

void clock_start(seL4_Word milliseconds)
{
	seL4_Word frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	__asm__ volatile("msr cntp_cval_el0, %0\n\tmsr cntp_ctl_el0, %1\n\tisb" : :
			 "r"(clock_now() + frequency * milliseconds / 1000), "r"(1ul));
}

/* The level-triggered line must be down before the interrupt is acknowledged. */
void clock_sleep(seL4_Word milliseconds)
{
	clock_start(milliseconds);
	seL4_Wait(clock_notification, NULL);
	__asm__ volatile("msr cntp_ctl_el0, xzr\n\tisb");
	seL4_IRQHandler_Ack(clock_handler);
}
