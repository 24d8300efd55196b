/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sel4/fake.h>

struct message {
	seL4_Word badge;
	seL4_MessageInfo_t info;
	seL4_Word mr[SEL4_MSG_MAX_LENGTH];
};

struct fake_call fake_calls[FAKE_MAX_CALLS];
unsigned int fake_num_calls;
int (*fake_hook)(const struct fake_call *call, struct sel4_trap *trap);

static struct message queue[FAKE_MAX_QUEUE];
static unsigned int queue_head, queue_tail;
static seL4_IPCBuffer ipc_buffer;

void fake_reset(void)
{
	memset(fake_calls, 0, sizeof(fake_calls));
	memset(&ipc_buffer, 0, sizeof(ipc_buffer));
	fake_num_calls = 0;
	fake_hook = NULL;
	queue_head = queue_tail = 0;
	seL4_SetIPCBuffer(&ipc_buffer);
}

void fake_queue_message(seL4_Word badge, seL4_MessageInfo_t info, const seL4_Word *mr)
{
	struct message *message = &queue[queue_tail % FAKE_MAX_QUEUE];
	seL4_Word length = seL4_MessageInfo_get_length(info);

	if (queue_tail - queue_head == FAKE_MAX_QUEUE || length > SEL4_MSG_MAX_LENGTH) {
		fprintf(stderr, "fake: queue full or message too long\n");
		abort();
	}
	message->badge = badge;
	message->info = info;
	if (length)
		memcpy(message->mr, mr, length * sizeof(*mr));
	queue_tail++;
}

const struct fake_call *fake_last(long number, long label)
{
	for (unsigned int i = fake_num_calls; i-- > 0;) {
		const struct fake_call *call = &fake_calls[i];

		if (call->number == number && (label == -1 || call->label == (seL4_Word)label))
			return call;
	}
	return NULL;
}

static struct fake_call *record(long number, const struct sel4_trap *trap)
{
	seL4_MessageInfo_t info = {{trap->info}};
	struct fake_call *call;

	if (fake_num_calls == FAKE_MAX_CALLS)
		fake_num_calls = 0;
	call = &fake_calls[fake_num_calls++];
	memset(call, 0, sizeof(*call));
	call->number = number;
	call->cptr = trap->x0;
	call->label = seL4_MessageInfo_get_label(info);
	call->length = seL4_MessageInfo_get_length(info);
	call->extra_caps = seL4_MessageInfo_get_extraCaps(info);
	for (seL4_Word i = 0; i < call->length && i < SEL4_MSG_MAX_LENGTH; i++)
		call->mr[i] = i < SEL4_MSG_REGISTERS ? trap->mr[i] : seL4_GetMR(i);
	for (seL4_Word i = 0; i < call->extra_caps; i++)
		call->caps[i] = seL4_GetCap(i);
	return call;
}

static void receive(long number, struct sel4_trap *trap)
{
	const struct message *message;

	if (queue_head == queue_tail) {
		if (number != SEL4_SYS_NB_RECV) {
			fprintf(stderr, "fake: receive would block for ever\n");
			abort();
		}
		trap->x0 = 0;
		return;
	}
	message = &queue[queue_head++ % FAKE_MAX_QUEUE];
	trap->x0 = message->badge;
	trap->info = message->info.words[0];
	for (seL4_Word i = 0; i < seL4_MessageInfo_get_length(message->info); i++) {
		if (i < SEL4_MSG_REGISTERS)
			trap->mr[i] = message->mr[i];
		else
			seL4_SetMR(i, message->mr[i]);
	}
}

void sel4_trap(long number, struct sel4_trap *trap)
{
	const struct fake_call *call = record(number, trap);

	if (fake_hook && fake_hook(call, trap))
		return;
	if (number == SEL4_SYS_RECV || number == SEL4_SYS_NB_RECV ||
	    number == SEL4_SYS_REPLY_RECV) {
		receive(number, trap);
	} else if (number == SEL4_SYS_CALL) {
		trap->x0 = 0;
		trap->info = 0;
	}
}
