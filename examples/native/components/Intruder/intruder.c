/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client that does not use its stub: messages that fit no method, and a write where it may only
 * read. The server must refuse each and live; this component ends with the fault.
 */
#include <camkes.h>
#include <peervisor/config.h>
#include <stdio.h>
#include <string.h>

enum { NOTHING, ADD, SUM = 6, GREET = 7, TOTAL = 10, JOIN = 14, MIRROR = 17 };	/* numbers of methods */

static seL4_CPtr server;

static void rubbish(const char *what, seL4_Word label, seL4_Word length, seL4_Word expected)
{
	seL4_MessageInfo_t info = seL4_Call(server, seL4_MessageInfo_new(label, 0, 0, length));

	printf("%s: %s\n", what, seL4_MessageInfo_get_label(info) == expected ? "refused" : "TAKEN");
}

static void lengths(void)
{
	rubbish("no such method", 1000, 0, CE_INVALID_METHOD_INDEX);
	rubbish("a method beyond all", ~0ull >> 12, 4, CE_INVALID_METHOD_INDEX);
	rubbish("too short", ADD, 1, CE_MALFORMED_RPC_PAYLOAD);
	rubbish("too long", ADD, 3, CE_MALFORMED_RPC_PAYLOAD);
	rubbish("too short for the buffer", SUM, 4, CE_MALFORMED_RPC_PAYLOAD);
	rubbish("empty", JOIN, 0, CE_MALFORMED_RPC_PAYLOAD);
	rubbish("half a struct", MIRROR, 0, CE_MALFORMED_RPC_PAYLOAD);
}

/* Lengths in the message that reach beyond it. */
static void contents(void)
{
	static const seL4_Word lengths[] = { 100, 959, 960, 1ull << 32, ~0ull - 7, ~0ull };
	char what[40];

	for (unsigned int i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		seL4_SetMR(0, lengths[i]);
		snprintf(what, sizeof(what), "string of %llx", (unsigned long long)lengths[i]);
		seL4_SetMR(0, lengths[i]);
		rubbish(what, GREET, 2, CE_MALFORMED_RPC_PAYLOAD);
		snprintf(what, sizeof(what), "array of %llx", (unsigned long long)lengths[i]);
		seL4_SetMR(0, lengths[i]);
		rubbish(what, TOTAL, 2, CE_MALFORMED_RPC_PAYLOAD);
	}
	seL4_SetMR(0, 1ull << 60);	/* strings */
	seL4_SetMR(1, 0);
	rubbish("strings without end", JOIN, 4, CE_MALFORMED_RPC_PAYLOAD);
	seL4_SetMR(0, 1);
	seL4_SetMR(1, 0);
	seL4_SetMR(2, 1ull << 40);	/* length of the first */
	rubbish("a long string in an array", JOIN, 5, CE_MALFORMED_RPC_PAYLOAD);
}

int run(void)
{
	server = config_u64(config_node("/interfaces/kinds"), "slot");
	lengths();
	contents();
	printf("the server lives: %d\n", kinds_add(20, 22));
	strcpy((char *)news, "forged");
	printf("a page was writable that should not be\n");
	return 0;
}
