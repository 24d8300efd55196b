/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Procedure calls, as the generated stubs make and take them.
 *
 * A request's label is the method's number, a reply's label is 0 or a camkes_error_type_t. The words
 * are: each scalar, and the length of each string or array, one word each in the order of the
 * parameters (a reply begins with the value that is returned); then the bytes of strings, arrays
 * and structs, each filled up to whole words. Neither side believes a length of the other.
 */
#ifndef PEERVISOR_RPC_H
#define PEERVISOR_RPC_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <camkes/error.h>
#include <peervisor/event.h>
#include <sel4/sel4.h>

#define RPC_WORDS	120u
#define RPC_BYTES	(RPC_WORDS * 8u)
#define RPC_SIZE(type)	((sizeof(type) + 7u) / 8u)	/* words of a struct */

#define rpc_unlikely(condition)	__builtin_expect(!!(condition), 0)

struct rpc_interface {
	const char *name;
	seL4_CPtr slot;
	camkes_error_handler_t handler;
	seL4_Word sender;		/* a server's: badge of the call that is being served */
};

/* The bytes of a message: `at` of `end` words are taken. Serves for writing and reading. */
struct rpc_cursor {
	seL4_Word *words;
	seL4_Word at;
	seL4_Word end;
	bool bad;			/* something did not fit */
};

/* The next `count` elements of `size` bytes, or NULL: there is no room. */
static inline void *rpc_take(struct rpc_cursor *c, seL4_Word count, seL4_Word size)
{
	seL4_Word words;
	void *bytes;

	if (count > RPC_BYTES / size) {
		c->bad = true;
		return NULL;
	}
	words = (count * size + 7) / 8;
	if (words > c->end - c->at) {
		c->bad = true;
		return NULL;
	}
	bytes = &c->words[c->at];
	c->at += words;
	return bytes;
}

static inline void rpc_put(struct rpc_cursor *c, const void *from, seL4_Word count, seL4_Word size)
{
	void *to = rpc_take(c, count, size);

	if (count && !from)
		c->bad = true;
	else if (to && count)
		memcpy(to, from, count * size);
}

static inline void rpc_get(struct rpc_cursor *c, void *to, seL4_Word size)
{
	const void *from = rpc_take(c, 1, size);

	if (from)
		memcpy(to, from, size);
}

/* What came as bools is 0 or 1 from here on: anything else would be undefined. */
static inline void rpc_make_bools(const struct rpc_cursor *c, void *bytes, seL4_Word count)
{
	unsigned char *b = bytes;
	seL4_Word i;

	for (i = 0; !c->bad && b && i < count; i++)
		b[i] = b[i] != 0;
}

/* A string's length for its word; NULL counts as "". */
static inline seL4_Word rpc_length(const char *s)
{
	return s ? strnlen(s, RPC_BYTES) : 0;
}

void rpc_put_string(struct rpc_cursor *c, const char *s, seL4_Word length);
/* In place, ended by a zero that is written here; "" if it is bad. */
char *rpc_get_string(struct rpc_cursor *c, seL4_Word length);
/* Each string is preceded by a word with its length. */
void rpc_put_strings(struct rpc_cursor *c, char *const *strings, seL4_Word count);
/*
 * A table on the heap; with `copies` its strings too, else they lie in the message. *count becomes 0
 * if there cannot be so many: from then on it is the table's length.
 */
char **rpc_get_strings(struct rpc_cursor *c, size_t *count, bool copies, bool *no_memory);
void rpc_free_strings(char **strings, seL4_Word count);
/* Copies on the heap, for the receiver to free; NULL only when *no_memory is set. */
char *rpc_copy_string(struct rpc_cursor *c, seL4_Word length, bool *no_memory);
void *rpc_copy_array(struct rpc_cursor *c, seL4_Word count, seL4_Word size, bool *no_memory);

/* Of a client: the call did not work. Tells the handler; the results are zero. */
void rpc_failed(struct rpc_interface *i, const char *method, seL4_Word label);
/* The error of this thread's last failed call since it was asked for; CE_NO_ERROR: none. */
camkes_error_type_t rpc_error(void);
/* Of a server: what came is not what the procedure says. Tells the handler; gives the reply. */
seL4_MessageInfo_t rpc_refuse(struct rpc_interface *i, const char *method, camkes_error_type_t type);
/* Also of a server: its own answer does not fit. */
seL4_MessageInfo_t rpc_unanswerable(struct rpc_interface *i, const char *method);

static inline seL4_MessageInfo_t rpc_info(seL4_Word label, seL4_Word length)
{
	return seL4_MessageInfo_new(label, 0, 0, length);
}

/* True if the word is exactly this label and length, no capabilities. */
static inline bool rpc_is(seL4_MessageInfo_t info, seL4_Word label, seL4_Word length)
{
	return info.words[0] == rpc_info(label, length).words[0];
}

static inline void rpc_registers_to_buffer(const seL4_Word *mr)
{
	seL4_SetMR(0, mr[0]);
	seL4_SetMR(1, mr[1]);
	seL4_SetMR(2, mr[2]);
	seL4_SetMR(3, mr[3]);
}

static inline void rpc_buffer_to_registers(seL4_Word *mr)
{
	mr[0] = seL4_GetMR(0);
	mr[1] = seL4_GetMR(1);
	mr[2] = seL4_GetMR(2);
	mr[3] = seL4_GetMR(3);
}

#endif
