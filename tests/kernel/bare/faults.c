/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults on the machine and the answers to them (ABI 5). */
#include "root.h"

#define HOLE	(ROOT_PAGES + 0x1000)	/* nothing is mapped here */

static seL4_CPtr endpoint, handler;
static volatile seL4_Word reached;

static struct thread faulting(void (*function)(seL4_Word), seL4_Word argument)
{
	reached = 0;
	return root_thread(function, argument, 100, handler);
}

static seL4_Word take(seL4_Word label, seL4_Word length)
{
	seL4_Word badge;
	seL4_MessageInfo_t info = seL4_Recv(endpoint, &badge);

	CHECK_EQUAL(badge, 99);
	CHECK_EQUAL(seL4_MessageInfo_get_label(info), label);
	CHECK_EQUAL(seL4_MessageInfo_get_length(info), length);
	return seL4_GetMR(0);
}

/* Lets it go on; it stops at the brk of thread_exit(). */
static void until_exit(void)
{
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 0));
	CHECK_EQUAL(take(seL4_Fault_VCPUFault, 1), 0xf200003cUL);
}

static void load(seL4_Word address)
{
	reached = *(volatile seL4_Word *)address + 1;
}

static void store(seL4_Word address)
{
	*(volatile seL4_Word *)address = 1;
}

static void page_is_mapped_by_the_handler(void)
{
	struct thread thread = faulting(load, HOLE + 8);

	take(seL4_Fault_VMFault, 4);
	CHECK_EQUAL(seL4_GetMR(1), HOLE + 8);
	CHECK_EQUAL(seL4_GetMR(2), 0);
	CHECK_EQUAL(seL4_GetMR(3) >> 26, 0x24);
	root_map(HOLE);
	until_exit();
	CHECK_EQUAL(reached, 1);
	root_destroy(&thread);
}

static void address_beyond_the_space(void)
{
	struct thread thread = faulting(store, 0x7edcba987650UL);

	take(seL4_Fault_VMFault, 4);
	CHECK_EQUAL(seL4_GetMR(1), 0x7edcba987650UL);
	CHECK_EQUAL(seL4_GetMR(3), 0x92000040UL);
	root_destroy(&thread);
	thread = faulting((void (*)(seL4_Word))0x123456000UL, 0);
	CHECK_EQUAL(take(seL4_Fault_VMFault, 4), 0x123456000UL);
	CHECK_EQUAL(seL4_GetMR(2), 1);
	CHECK_EQUAL(seL4_GetMR(3) >> 26, 0x20);
	root_destroy(&thread);
}

static void system_call(seL4_Word number)
{
	register seL4_Word x0 __asm__("x0") = 11;
	register seL4_Word x7 __asm__("x7") = number;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x7) : "memory");
	reached = x0;
}

static void unknown_system_call(void)
{
	struct thread thread = faulting(system_call, 0xc1);
	seL4_Word ip;

	CHECK_EQUAL(take(seL4_Fault_UnknownSyscall, 13), 11);
	CHECK_EQUAL(seL4_GetMR(12), 0xc1);
	ip = seL4_GetMR(8);
	CHECK_EQUAL(seL4_GetMR(10), ip + 4);
	seL4_SetMR(0, 12);
	seL4_SetMR(8, ip + 4);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 9));
	CHECK_EQUAL(take(seL4_Fault_VCPUFault, 1), 0xf200003cUL);
	CHECK_EQUAL(reached, 12);
	root_destroy(&thread);
}

static void undefined(seL4_Word unused)
{
	__asm__ volatile("udf #0");
	reached = 1;
}

static void hvc(seL4_Word unused)
{
	__asm__ volatile("hvc #0");
}

static void counter(seL4_Word unused)
{
	seL4_Word v;

	__asm__ volatile("mrs %0, cntpct_el0" : "=r"(v));
	reached = v;
}

static void other_exceptions(void)
{
	struct thread thread = faulting(undefined, 0);
	seL4_Word ip = take(seL4_Fault_UserException, 5);

	CHECK_EQUAL(seL4_GetMR(3), 0x02000000);
	CHECK_EQUAL(seL4_GetMR(2) & ~0x100UL, 0x40);
	seL4_SetMR(0, ip + 4);
	seL4_Reply(seL4_MessageInfo_new(0, 0, 0, 1));
	CHECK_EQUAL(take(seL4_Fault_VCPUFault, 1), 0xf200003cUL);
	CHECK_EQUAL(reached, 1);
	root_destroy(&thread);
	thread = faulting(hvc, 0);
	take(seL4_Fault_UserException, 5);
	root_destroy(&thread);
	thread = faulting(counter, 0);
	CHECK_EQUAL(take(seL4_Fault_VCPUFault, 1) >> 26, 0x18);
	root_destroy(&thread);
}

static void simd_flag(void)
{
	struct thread thread = faulting(load, HOLE);

	CHECK_EQUAL(seL4_TCB_SetFlags(thread.tcb, 0, 1).flags, 1);
	root_destroy(&thread);
}

void test_faults(void)
{
	endpoint = root_object(seL4_EndpointObject, 0);
	handler = root_slot();
	CHECK_EQUAL(root_mint(handler, endpoint, 99), 0);
	page_is_mapped_by_the_handler();
	address_beyond_the_space();
	unknown_system_call();
	other_exceptions();
	simd_flag();
}
