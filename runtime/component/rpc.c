/* SPDX-License-Identifier: BSD-2-Clause */
/* What the stubs of procedures share and what is rare: strings, copies on the heap, errors. */
#include <stdlib.h>
#include <peervisor/component.h>
#include <peervisor/config.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <peervisor/rpc.h>

#define TOLD	16	/* refused messages that get a line each */

static camkes_error_handler_t common_handler;
static _Thread_local camkes_error_type_t last_error;

camkes_error_handler_t camkes_register_error_handler(camkes_error_handler_t handler)
{
	camkes_error_handler_t old = common_handler;

	common_handler = handler;
	return old;
}

void rpc_put_string(struct rpc_cursor *c, const char *s, seL4_Word length)
{
	char *to = rpc_take(c, length + 1, 1);

	if (!to)
		return;
	if (length)
		memcpy(to, s, length);
	to[length] = '\0';
}

char *rpc_get_string(struct rpc_cursor *c, seL4_Word length)
{
	static char empty[1];
	char *s = length < RPC_BYTES ? rpc_take(c, length + 1, 1) : NULL;

	if (!s) {
		c->bad = true;
		return empty;
	}
	s[length] = '\0';
	return s;
}

void rpc_put_strings(struct rpc_cursor *c, char *const *strings, seL4_Word count)
{
	seL4_Word i, length;

	for (i = 0; i < count && !c->bad; i++) {
		length = rpc_length(strings[i]);
		rpc_put(c, &length, 1, sizeof(length));
		rpc_put_string(c, strings[i], length);
	}
}

char *rpc_copy_string(struct rpc_cursor *c, seL4_Word length, bool *no_memory)
{
	const char *s = rpc_get_string(c, length);
	char *copy;

	if (c->bad)
		length = 0;
	copy = malloc(length + 1);
	if (!copy) {
		*no_memory = true;
		return NULL;
	}
	memcpy(copy, s, length);
	copy[length] = '\0';
	return copy;
}

void *rpc_copy_array(struct rpc_cursor *c, seL4_Word count, seL4_Word size, bool *no_memory)
{
	const void *from = rpc_take(c, count, size);
	void *copy;

	if (!from)
		count = 0;
	copy = malloc(count ? count * size : 1);
	if (!copy)
		*no_memory = true;
	else if (count)
		memcpy(copy, from, count * size);
	return copy;
}

char **rpc_get_strings(struct rpc_cursor *c, size_t *count, bool copies, bool *no_memory)
{
	seL4_Word i, length = 0;
	char **table;

	if (*count > RPC_WORDS / 2) {	/* each takes two words at least */
		c->bad = true;
		*count = 0;
	}
	table = calloc(*count + 1, sizeof(*table));
	if (!table) {
		*no_memory = true;
		return NULL;
	}
	for (i = 0; i < *count && !c->bad && !*no_memory; i++) {
		rpc_get(c, &length, sizeof(length));
		if (c->bad)
			break;
		table[i] = copies ? rpc_copy_string(c, length, no_memory) : rpc_get_string(c, length);
	}
	return table;
}

void rpc_free_strings(char **strings, seL4_Word count)
{
	seL4_Word i;

	for (i = 0; strings && i < count; i++)
		free(strings[i]);
	free(strings);
}

static const char *text_of(camkes_error_type_t type)
{
	static const char *const texts[] = {
		[CE_NO_ERROR] = "no error",
		[CE_INVALID_METHOD_INDEX] = "no such method",
		[CE_MALFORMED_RPC_PAYLOAD] = "the message's length and contents do not fit together",
		[CE_ALLOCATION_FAILURE] = "no room in the heap; give the component more by heap_size",
		[CE_BUFFER_LENGTH_EXCEEDED] = "strings and arrays exceed one message (960 bytes)",
		[CE_NOT_CONNECTED] = "the interface is not connected",
	};

	return (unsigned int)type < sizeof(texts) / sizeof(*texts) ? texts[type] : "an unknown error";
}

/* True: nobody has heard of it, so it is to be logged. */
static bool tell(struct rpc_interface *i, const char *method, camkes_error_type_t type)
{
	camkes_error_handler_t handler = i->handler ? i->handler : common_handler;
	camkes_error_t error = {
		.type = type, .instance = config_component(), .interface = i->name,
		.method = method, .description = text_of(type),
	};
	camkes_error_action_t action;

	if (!handler)
		return true;
	action = handler(&error);
	if (action == CEA_ABORT || action == CEA_HALT)
		panic("%s_%s: %s", i->name, method, error.description);
	return false;
}

/*
 * Label 0 stands for a reply that has not the length or contents it should have; a capability that
 * is gone cannot be told from that.
 */
void rpc_failed(struct rpc_interface *i, const char *method, seL4_Word label)
{
	camkes_error_type_t type = label == 0 || label > CE_NOT_CONNECTED ? CE_MALFORMED_RPC_PAYLOAD :
				   (camkes_error_type_t)label;

	last_error = type;
	if (tell(i, method, type))
		log_error("%s_%s failed: %s", i->name, method, text_of(type));
}

camkes_error_type_t rpc_error(void)
{
	camkes_error_type_t error = last_error;

	last_error = CE_NO_ERROR;
	return error;
}

/* Name of the client with this badge, for the log. */
static const char *client_name(const char *interface, seL4_Word badge)
{
	int node = -1, parent = config_find("/clients");

	while (parent >= 0 && (node = config_next(parent, node, "client@")) >= 0)
		if (config_u64(node, "badge") == badge &&
		    strcmp(config_string(node, "interface"), interface) == 0)
			return config_string(node, "component");
	return "?";
}

seL4_MessageInfo_t rpc_refuse(struct rpc_interface *i, const char *method, camkes_error_type_t type)
{
	static unsigned int told;

	if (tell(i, method, type) && told < TOLD) {
		told++;
		log_warning("%s_%s: refused a message of %s: %s%s", i->name, method,
			    client_name(i->name, i->sender), text_of(type),
			    told == TOLD ? "; no more of these will be told" : "");
	}
	return rpc_info(type, 0);
}

seL4_MessageInfo_t rpc_unanswerable(struct rpc_interface *i, const char *method)
{
	if (tell(i, method, CE_BUFFER_LENGTH_EXCEEDED))
		log_error("%s_%s: cannot answer: %s", i->name, method,
			  text_of(CE_BUFFER_LENGTH_EXCEEDED));
	return rpc_info(CE_BUFFER_LENGTH_EXCEEDED, 0);
}
