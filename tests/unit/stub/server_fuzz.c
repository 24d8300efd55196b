/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The generated server of examples/native and the example's own methods under a stream of messages
 * that nobody checked: sanitizers watch, every answer must be one that a client understands.
 */
#include <setjmp.h>
#include "runtime.h"
#include "Server-stub.h"

#define MESSAGES	1000000u

static jmp_buf enough;
static unsigned int messages, good, refused;
static char bulk_memory[65536], news_memory[4096];
static board_t board_memory;

static void check_answer(const struct fake_call *call)
{
	if (call->length > RPC_WORDS || call->label > CE_NOT_CONNECTED || call->extra_caps ||
	    (call->label && call->length)) {
		fprintf(stderr, "answer: label %llu, %llu words\n", (unsigned long long)call->label,
			(unsigned long long)call->length);
		abort();
	}
	if (call->label)
		refused++;
	else
		good++;
}

static int answer(const struct fake_call *call, struct sel4_trap *trap)
{
	seL4_Word label = next_random() % 30, length;

	if (call->number != SEL4_SYS_RECV && call->number != SEL4_SYS_REPLY_RECV)
		return 0;
	if (call->number == SEL4_SYS_REPLY_RECV)
		check_answer(call);
	if (++messages == MESSAGES)
		longjmp(enough, 1);
	length = fill_message(trap);
	if (label > 26)
		label = interesting() & 0xfffffffffffffull;
	trap->x0 = EVENT_ENDPOINT | 1;
	trap->info = rpc_info(label, length).words[0];
	return 1;
}

int main(void)
{
	fake_reset();
	fake_hook = answer;
	bulk = bulk_memory;
	news = (Buf *)news_memory;
	board = &board_memory;
	component_dataports[0] = (struct component_dataport){ (void **)&bulk, sizeof(bulk_memory), 3, "bulk" };
	if (!setjmp(enough))
		kinds__serve();
	printf("%u messages: %u good, %u refused, %u lines of log\n", messages, good, refused, logged);
	return good > 1000 && refused > 1000 && logged <= refused ? 0 : 1;
}
