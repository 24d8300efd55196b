/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From crt0.S: the first thread prepares all others, calls what the component's author wrote for
 * the start, lets the others go and becomes the thread of run().
 */
#include <stddef.h>
#include <string.h>
#include <peervisor/config.h>
#include <peervisor/component.h>
#include <peervisor/panic.h>
#include <sel4/sel4.h>
#include "../startup.h"

extern char __tls_base[], __tls_end[], __tdata_start[], __tdata_end[], __tls_pointer[];

_Noreturn void component_start(const void *config, seL4_IPCBuffer *ipc_buffer);
_Noreturn void component_thread(uint64_t number);

#pragma weak pre_init
#pragma weak post_init

/* By a thread's number. */
uint64_t component_thread_pointer[COMPONENT_THREADS];
static struct {
	const struct component_part *part;
	seL4_IPCBuffer *ipc;
	uint64_t start;
} threads[COMPONENT_THREADS];
static unsigned int thread_count;		/* the first thread is number 0 */

const char *get_instance_name(void)
{
	return config_component();
}

static const struct component_part *find_part(const char *name)
{
	const struct component_part *p;

	for (p = component_parts; p->name; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	panic("configuration: thread for '%s', which this program has not", name);
}

/* The block's place is above the stack; what the file gives it is copied while it is pristine. */
static uint64_t make_tls(uint64_t stack_top)
{
	size_t size = (size_t)(__tls_end - __tls_base);
	uint64_t base = (stack_top - size) & ~63ull;

	memcpy((void *)base, __tdata_start, (size_t)(__tdata_end - __tdata_start));
	return base - (uint64_t)(__tls_base - __tls_pointer);
}

static void prepare_threads(void)
{
	int parent = config_find("/threads"), node;
	unsigned int n = 0;

	if (parent < 0)
		return;
	for (node = config_next(parent, -1, "thread@"); node >= 0;
	     node = config_next(parent, node, "thread@")) {
		if (++n == COMPONENT_THREADS)
			panic("more than %d threads", COMPONENT_THREADS - 1);
		threads[n].part = find_part(config_string(node, "name"));
		threads[n].ipc = (seL4_IPCBuffer *)config_u64(node, "ipc");
		threads[n].start = config_u64(node, "start-slot");
		component_thread_pointer[n] = make_tls(config_u64(node, "stack-top"));
	}
	thread_count = n;
}

/* Nobody signals a start notification twice. */
_Noreturn static void stop(uint64_t slot)
{
	for (;;)
		seL4_Wait(slot, NULL);
}

static void initialise(void)
{
	const struct component_part *p;

	if (pre_init)
		pre_init();
	for (p = component_parts; p->name; p++)
		if (p->init)
			p->init();
	if (post_init)
		post_init();
}

void component_start(const void *config, seL4_IPCBuffer *ipc_buffer)
{
	unsigned int i;

	seL4_SetIPCBuffer(ipc_buffer);
	config_init(config);
	log_init();
	heap_init();
	component_lock_init();
	prepare_threads();
	component_connect();
	initialise();
	for (i = 1; i <= thread_count; i++)
		seL4_Signal(threads[i].start);
	component_run();
	stop(config_u64(CONFIG_ROOT, "notification-slot"));
}

void component_thread(uint64_t number)
{
	const struct component_part *p = threads[number].part;

	seL4_SetIPCBuffer(threads[number].ipc);
	if (p->run)
		p->run();
	p->serve();
	stop(threads[number].start);
}
