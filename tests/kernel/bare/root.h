/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bare root task that tests the kernel on the machine: output, memory, threads. Each test is
 * a function of its own file; main.c lists them.
 */
#ifndef TESTS_KERNEL_ROOT_H
#define TESTS_KERNEL_ROOT_H

#include <stdbool.h>
#include <sel4/bootinfo.h>
#include <sel4/faults.h>
#include <sel4/sel4.h>

#define CHECK(what) root_check((what), #what, __func__, __LINE__)
#define CHECK_EQUAL(a, b) \
	root_check_equal((seL4_Word)(a), (seL4_Word)(b), #a " = " #b, __func__, __LINE__)

void root_print(const char *format, ...);	/* %s %x %u, 64 bit */
void root_check(bool what, const char *text, const char *where, int line);
void root_check_equal(seL4_Word a, seL4_Word b, const char *text, const char *where, int line);

extern const seL4_BootInfo *root_info;
extern seL4_CPtr root_memory;		/* a large RAM untyped */

/* A new slot; count new objects, the first one's slot. */
seL4_CPtr root_slot(void);
seL4_CPtr root_slots(unsigned int count);
seL4_CPtr root_object(seL4_ObjectType type, unsigned int bits);
/* A device untyped's frame of 4 KiB at this physical address. */
seL4_CPtr root_device_page(seL4_Word physical);
seL4_Error root_mint(seL4_CPtr to, seL4_CPtr from, seL4_Word badge);
bool root_slot_is_empty(seL4_CPtr slot);
/* Maps a new page for the root (and all its threads); its cap. */
seL4_CPtr root_map(seL4_Word address);
#define ROOT_PAGES	0x10000000UL	/* addresses to map at; the table exists; the first is taken */

struct thread {
	seL4_CPtr tcb;
	seL4_CPtr frame;
	seL4_IPCBuffer *buffer;
};

/*
 * A thread in the root's spaces, running function(argument). It starts when the root, of priority
 * 255, blocks. It must not use the root's IPC buffer: only calls ...WithMRs, and its own buffer.
 */
struct thread root_thread(void (*function)(seL4_Word), seL4_Word argument, seL4_Word priority,
			  seL4_CPtr fault_endpoint);
void root_destroy(struct thread *thread);
_Noreturn void thread_exit(void);

void test_ipc(void);
void test_faults(void);
void test_scheduling(void);
void test_memory(void);
void test_spaces(void);
void test_interrupts(void);
void test_guest(void);

#endif
