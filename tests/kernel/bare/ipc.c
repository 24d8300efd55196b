/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls and replies between two threads; capability transfer; a notification. */
#include "root.h"

#define CALLS	1000u

static seL4_CPtr endpoint, badged, ntfn;
static volatile seL4_Word replies, signalled;

static void client(seL4_Word calls)
{
	for (seL4_Word i = 0; i < calls; i++) {
		seL4_Word mr0 = i, mr1 = 2 * i, mr2 = 0, mr3 = 0;
		seL4_MessageInfo_t info = seL4_CallWithMRs(badged, seL4_MessageInfo_new(1, 0, 0, 2),
							   &mr0, &mr1, &mr2, &mr3);

		if (mr0 == 3 * i && seL4_MessageInfo_get_label(info) == 2 &&
		    seL4_MessageInfo_get_length(info) == 1 && mr1 == 2 * i)
			replies++;
	}
	seL4_Signal(ntfn);
}

static void serve(void)
{
	seL4_Word badge, mr0, mr1, mr2, mr3, calls = 0;
	seL4_MessageInfo_t info = seL4_RecvWithMRs(endpoint, &badge, &mr0, &mr1, &mr2, &mr3);

	for (;;) {
		calls++;
		CHECK_EQUAL(badge, 0xbadUL);
		CHECK_EQUAL(seL4_MessageInfo_get_length(info), 2);
		mr0 += mr1;
		if (calls == CALLS)
			break;
		info = seL4_ReplyRecvWithMRs(endpoint, seL4_MessageInfo_new(2, 0, 0, 1), &badge,
					     &mr0, &mr1, &mr2, &mr3);
	}
	seL4_ReplyWithMRs(seL4_MessageInfo_new(2, 0, 0, 1), &mr0, NULL, NULL, NULL);
	seL4_Wait(ntfn, &badge);
	root_print("calls %u, replies %u\n", calls, replies);
	CHECK_EQUAL(replies, CALLS);
}

static struct thread sender;

static void send_caps(seL4_Word unused)
{
	sender.buffer->caps_or_badges[0] = badged;
	sender.buffer->caps_or_badges[1] = ntfn;
	seL4_SendWithMRs(badged, seL4_MessageInfo_new(7, 0, 2, 0), NULL, NULL, NULL, NULL);
}

static void caps_are_transferred(void)
{
	seL4_CPtr slot = root_slot();
	seL4_MessageInfo_t info;
	seL4_Word badge;

	sender = root_thread(send_caps, 0, 1, 0);
	seL4_SetCapReceivePath(seL4_CapInitThreadCNode, slot, 64);
	info = seL4_Recv(endpoint, &badge);
	CHECK_EQUAL(badge, 0xbadUL);
	CHECK_EQUAL(seL4_MessageInfo_get_label(info), 7);
	CHECK_EQUAL(seL4_MessageInfo_get_extraCaps(info), 2);
	CHECK_EQUAL(seL4_MessageInfo_get_capsUnwrapped(info), 1);
	CHECK_EQUAL(seL4_GetBadge(0), 0xbadUL);
	CHECK(!root_slot_is_empty(slot));
	seL4_Signal(slot);
	seL4_Wait(ntfn, &badge);
	root_destroy(&sender);
}

void test_ipc(void)
{
	struct thread thread;

	endpoint = root_object(seL4_EndpointObject, 0);
	ntfn = root_object(seL4_NotificationObject, 0);
	badged = root_slot();
	CHECK_EQUAL(root_mint(badged, endpoint, 0xbad), 0);
	thread = root_thread(client, CALLS, 200, 0);
	serve();
	root_destroy(&thread);
	caps_are_transferred();
}
