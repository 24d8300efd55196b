/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Code for the calls of a procedure, both sides; runtime/include/peervisor/rpc.h says what a message
 * looks like. Where a method's words fit into the message registers both ways and nothing follows
 * them, the IPC buffer is not touched. Names that the code itself needs begin with rpc_.
 */
#include <string.h>

#include "stub.h"

#define REGISTERS 4u

/* A parameter, or the result, on its way in one direction. */
struct item {
	const struct adl_parameter *parameter;	/* NULL: the result */
	const char *name;
	struct stub_type type;
	bool array;
	bool in;
	bool out;
	unsigned int word;			/* of fixed place; a struct has none */
};

struct way {
	struct item items[2 * STUB_WORDS + 1];
	unsigned int count;
	unsigned int words;
	bool data;				/* something follows the fixed words */
};

static void add_item(struct way *w, struct item item)
{
	bool has_word = item.array || item.type.kind != STUB_STRUCT;

	if (w->count == sizeof(w->items) / sizeof(*w->items))
		return;				/* stub_check refused it */
	item.word = w->words;
	w->words += has_word;
	w->data = w->data || item.array || item.type.kind == STUB_STRING ||
		  item.type.kind == STUB_STRUCT;
	w->items[w->count++] = item;
}

static void make_way(struct way *w, const struct adl_method *m, bool reply)
{
	const struct adl_parameter *a;
	struct item item;

	memset(w, 0, sizeof(*w));
	if (reply && strcmp(m->type, "void") != 0)
		add_item(w, (struct item){ .name = "rpc_result", .type = stub_type(m->type), .out = true });
	for (a = m->parameters; a; a = a->next) {
		item = (struct item){ .parameter = a, .name = a->name, .type = stub_type(a->type),
				      .array = a->array };
		item.out = strcmp(a->direction, "out") == 0 || strcmp(a->direction, "inout") == 0;
		item.in = strcmp(a->direction, "out") != 0;
		if (reply ? item.out : item.in)
			add_item(w, item);
	}
}

static bool in_registers(const struct way *request, const struct way *reply)
{
	return !request->data && !reply->data && request->words <= REGISTERS &&
	       reply->words <= REGISTERS;
}

static void parameter(FILE *out, const struct adl_parameter *a)
{
	struct stub_type t = stub_type(a->type);
	bool back = strcmp(a->direction, "out") == 0 || strcmp(a->direction, "inout") == 0;
	const char *space = t.kind == STUB_STRING ? "" : " ";

	if (a->array && back)
		fprintf(out, "size_t *%s_sz, %s%s**%s", a->name, t.c, space, a->name);
	else if (a->array && t.kind == STUB_STRING)
		fprintf(out, "size_t %s_sz, char **%s", a->name, a->name);
	else if (a->array)
		fprintf(out, "size_t %s_sz, const %s *%s", a->name, t.c, a->name);
	else if (back)
		fprintf(out, "%s%s*%s", t.c, space, a->name);
	else if (t.kind == STUB_STRING)
		fprintf(out, "const char *%s", a->name);
	else if (strcmp(a->direction, "refin") == 0)
		fprintf(out, "const %s *%s", t.c, a->name);
	else
		fprintf(out, "%s %s", t.c, a->name);
}

void stub_prototype(FILE *out, const char *interface, const struct adl_method *m)
{
	const struct adl_parameter *a;
	bool is_void = strcmp(m->type, "void") == 0;
	const char *result = is_void ? "void" : stub_type(m->type).c;

	fprintf(out, "%s%s%s_%s(", result, result[strlen(result) - 1] == '*' ? "" : " ", interface,
		m->name);
	for (a = m->parameters; a; a = a->next) {
		parameter(out, a);
		if (a->next)
			fputs(", ", out);
	}
	fprintf(out, "%s)", m->parameters ? "" : "void");
}

/* Does C have a pointer where the caller's value is? */
static const char *value_of(const struct item *i)
{
	bool refin = i->parameter && strcmp(i->parameter->direction, "refin") == 0;

	return i->parameter && (i->out || (refin && i->type.kind != STUB_STRING)) ? "*" : "";
}

static void assert_sizes(FILE *out, const struct way *w, const char *interface, const char *method)
{
	unsigned int i, structs = 0;

	for (i = 0; i < w->count; i++)
		structs += !w->items[i].array && w->items[i].type.kind == STUB_STRUCT;
	if (!structs)
		return;
	fprintf(out, "\t_Static_assert(%uu", w->words);
	for (i = 0; i < w->count; i++)
		if (!w->items[i].array && w->items[i].type.kind == STUB_STRUCT)
			fprintf(out, " + RPC_SIZE(%s)", w->items[i].type.c);
	fprintf(out, " <= RPC_WORDS,\n\t\t\"%s_%s: its parameters do not fit into one message (960 "
		"bytes); use a dataport\");\n", interface, method);
}

/* ---- the caller ---- */

/* A word as the item's type. */
static void decode(FILE *out, const struct item *i, const char *word)
{
	if (i->type.kind == STUB_BOOL)
		fprintf(out, "%s != 0", word);
	else
		fprintf(out, "(%s)%s", i->type.c, word);
}

static void client_registers(FILE *out, const char *interface, const struct adl_method *m,
			     unsigned int label, const struct way *request, const struct way *reply)
{
	unsigned int i, n = request->words > reply->words ? request->words : reply->words;
	char word[24];

	for (i = 0; i < n; i++)
		if (i < request->count)
			fprintf(out, "\tseL4_Word rpc_w%u = (seL4_Word)%s%s;\n", i,
				value_of(&request->items[i]), request->items[i].name);
		else
			fprintf(out, "\tseL4_Word rpc_w%u = 0;\n", i);
	fprintf(out, "\tseL4_MessageInfo_t rpc_i = seL4_CallWithMRs(%s__rpc.slot, rpc_info(%u, %u)",
		interface, label, request->words);
	for (i = 0; i < REGISTERS; i++)
		fprintf(out, i < n ? ", &rpc_w%u" : ", NULL", i);
	fprintf(out, ");\n\n\tif (rpc_unlikely(!rpc_is(rpc_i, 0, %u))) {\n", reply->words);
	fprintf(out, "\t\trpc_failed(&%s__rpc, \"%s\", seL4_MessageInfo_get_label(rpc_i));\n",
		interface, m->name);
	for (i = 0; i < reply->count; i++)
		fprintf(out, "\t\trpc_w%u = %s%s;\n", i, reply->items[i].in ? "(seL4_Word)*" : "0",
			reply->items[i].in ? reply->items[i].name : "");
	fputs("\t}\n", out);
	for (i = reply->count; i > 0; i--) {	/* the result is the first: last */
		const struct item *r = &reply->items[i - 1];

		if (r->parameter)
			fprintf(out, "\t*%s = ", r->name);
		else
			fputs("\treturn ", out);
		snprintf(word, sizeof(word), "rpc_w%u", i - 1);
		decode(out, r, word);
		fputs(";\n", out);
	}
}

/* Length words of strings and arrays, scalars; then the bytes. */
static void put_items(FILE *out, const struct way *w)
{
	const struct item *i;

	for (i = w->items; i < w->items + w->count; i++)
		if (i->array)
			fprintf(out, "\tseL4_SetMR(%u, %s%s_sz);\n", i->word, value_of(i), i->name);
		else if (i->type.kind == STUB_STRING)
			fprintf(out, "\tseL4_SetMR(%u, rpc_length(%s%s));\n", i->word, value_of(i),
				i->name);
		else if (i->type.kind != STUB_STRUCT)
			fprintf(out, "\tseL4_SetMR(%u, (seL4_Word)%s%s);\n", i->word, value_of(i),
				i->name);
	for (i = w->items; i < w->items + w->count; i++) {
		const char *star = value_of(i);

		if (i->array && i->type.kind == STUB_STRING)
			fprintf(out, "\trpc_put_strings(&rpc_c, %s%s, %s%s_sz);\n", star, i->name,
				star, i->name);
		else if (i->array)
			fprintf(out, "\trpc_put(&rpc_c, %s%s, %s%s_sz, sizeof(%s));\n", star,
				i->name, star, i->name, i->type.c);
		else if (i->type.kind == STUB_STRING)
			fprintf(out, "\trpc_put_string(&rpc_c, %s%s, seL4_GetMR(%u));\n", star,
				i->name, i->word);
		else if (i->type.kind == STUB_STRUCT)
			fprintf(out, "\trpc_put(&rpc_c, %s%s, 1, sizeof(%s));\n", *star ? "" : "&",
				i->name, i->type.c);
	}
}

static const char *local_type(const struct item *i)
{
	return i->type.kind == STUB_STRING && i->array ? "char **" :
	       i->type.kind == STUB_STRING ? "char *" : i->type.c;
}

/* A variable for each value that comes: rpc_v_NAME, and rpc_n_NAME for the length of an array. */
static void declare_values(FILE *out, const struct way *w)
{
	const struct item *i;

	for (i = w->items; i < w->items + w->count; i++) {
		const char *type = local_type(i);
		bool pointer = type[strlen(type) - 1] == '*';

		if (i->array)
			fprintf(out, "\tsize_t rpc_n_%s = 0;\n", i->name);
		if (i->array && !pointer)
			fprintf(out, "\t%s *rpc_v_%s = NULL;\n", type, i->name);
		else if (pointer)
			fprintf(out, "\t%srpc_v_%s = NULL;\n", type, i->name);
		else if (i->type.kind == STUB_STRUCT)
			fprintf(out, "\t%s rpc_v_%s = { 0 };\n", type, i->name);
		else
			fprintf(out, "\t%s rpc_v_%s = 0;\n", type, i->name);
	}
}

/* Takes what came out of `words` (an expression with %u) and the cursor, as copies on the heap or not. */
static void get_items(FILE *out, const struct way *w, const char *words, bool all_copied)
{
	const struct item *i;
	char word[64];

	for (i = w->items; i < w->items + w->count; i++) {
		bool copy = all_copied || i->out;

		snprintf(word, sizeof(word), "%s%u%s", words, i->word, words[strlen(words) - 1] == '(' ? ")" : "]");
		if (i->array) {
			fprintf(out, "\trpc_n_%s = %s;\n\trpc_v_%s = ", i->name, word, i->name);
			if (i->type.kind == STUB_STRING)
				fprintf(out, "rpc_get_strings(&rpc_c, &rpc_n_%s, %s, &rpc_no_memory);\n",
					i->name, copy ? "true" : "false");
			else
				fprintf(out, "rpc_%s(&rpc_c, rpc_n_%s, sizeof(%s)%s);\n",
					copy ? "copy_array" : "take", i->name, i->type.c,
					copy ? ", &rpc_no_memory" : "");
			if (i->type.kind == STUB_BOOL)
				fprintf(out, "\trpc_make_bools(&rpc_c, rpc_v_%s, rpc_n_%s);\n", i->name,
					i->name);
		} else if (i->type.kind == STUB_STRING) {
			fprintf(out, "\trpc_v_%s = rpc_%s_string(&rpc_c, %s%s);\n", i->name,
				copy ? "copy" : "get", word, copy ? ", &rpc_no_memory" : "");
		} else if (i->type.kind == STUB_STRUCT) {
			fprintf(out, "\trpc_get(&rpc_c, &rpc_v_%s, sizeof(rpc_v_%s));\n", i->name,
				i->name);
		} else {
			fprintf(out, "\trpc_v_%s = ", i->name);
			decode(out, i, word);
			fputs(";\n", out);
		}
	}
}

static void free_items(FILE *out, const struct way *w, const char *indent, bool only_out)
{
	const struct item *i;

	for (i = w->items; i < w->items + w->count; i++) {
		if (i->array && i->type.kind == STUB_STRING && (i->out || !only_out))
			fprintf(out, i->out ? "%srpc_free_strings(rpc_v_%s, rpc_n_%s);\n" :
					      "%sfree(rpc_v_%s);\n", indent, i->name, i->name);
		else if ((i->array || i->type.kind == STUB_STRING) && i->out)
			fprintf(out, "%sfree(rpc_v_%s);\n", indent, i->name);
	}
}

/* After a failure the results are zero; what also went in keeps its value. */
static void zero_results(FILE *out, const struct way *reply)
{
	const struct item *i;

	for (i = reply->items; i < reply->items + reply->count; i++) {
		if (i->in)
			continue;
		if (!i->parameter)
			fprintf(out, "\t%s\n", i->type.kind == STUB_STRUCT ?
				"memset(&rpc_v_rpc_result, 0, sizeof(rpc_v_rpc_result));" :
				"rpc_v_rpc_result = 0;");
		else if (i->array)
			fprintf(out, "\t*%s_sz = 0;\n\t*%s = NULL;\n", i->name, i->name);
		else
			fprintf(out, "\tmemset(%s, 0, sizeof(*%s));\n", i->name, i->name);
	}
}

static void client_buffer(FILE *out, const char *interface, const struct adl_method *m,
			  unsigned int label, const struct way *request, const struct way *reply)
{
	bool is_void = strcmp(m->type, "void") == 0;
	const struct item *i;

	fprintf(out, "\tstruct rpc_cursor rpc_c = { seL4_GetIPCBuffer()->msg, %u, RPC_WORDS, false };\n"
		"\tseL4_Word rpc_error_ = CE_BUFFER_LENGTH_EXCEEDED;\n\tbool rpc_no_memory = false;\n"
		"\tseL4_MessageInfo_t rpc_i;\n", request->words);
	declare_values(out, reply);
	assert_sizes(out, request, interface, m->name);
	assert_sizes(out, reply, interface, m->name);
	fputc('\n', out);
	put_items(out, request);
	fprintf(out, "\tif (rpc_c.bad)\n\t\tgoto failed;\n"
		"\trpc_i = seL4_Call(%s__rpc.slot, rpc_info(%u, rpc_c.at));\n"
		"\trpc_error_ = seL4_MessageInfo_get_label(rpc_i);\n"
		"\trpc_c = (struct rpc_cursor){ seL4_GetIPCBuffer()->msg, %u,\n"
		"\t\tseL4_MessageInfo_get_length(rpc_i), false };\n"
		"\tif (rpc_error_", interface, label, reply->words);
	if (reply->words)
		fprintf(out, " || rpc_c.end < %u", reply->words);
	fputs(")\n\t\tgoto failed;\n", out);
	get_items(out, reply, "seL4_GetMR(", true);
	fputs("\tif (rpc_no_memory)\n\t\trpc_error_ = CE_ALLOCATION_FAILURE;\n"
	      "\tif (rpc_c.bad || rpc_c.at != rpc_c.end || rpc_no_memory)\n\t\tgoto failed;\n", out);
	for (i = reply->items; i < reply->items + reply->count; i++) {
		if (i->array)
			fprintf(out, "\t*%s_sz = rpc_n_%s;\n", i->name, i->name);
		if (i->parameter)
			fprintf(out, "\t*%s = rpc_v_%s;\n", i->name, i->name);
	}
	fprintf(out, "\treturn%s;\nfailed:\n\trpc_failed(&%s__rpc, \"%s\", rpc_error_);\n",
		is_void ? "" : " rpc_v_rpc_result", interface, m->name);
	free_items(out, reply, "\t", true);
	zero_results(out, reply);
	if (!is_void)
		fputs("\treturn rpc_v_rpc_result;\n", out);
}

void stub_client(FILE *out, const struct adl_interface *i, const struct adl_method *m,
		 unsigned int label)
{
	struct way request, reply;

	make_way(&request, m, false);
	make_way(&reply, m, true);
	stub_prototype(out, i->name, m);
	fputs("\n{\n", out);
	if (in_registers(&request, &reply))
		client_registers(out, i->name, m, label, &request, &reply);
	else
		client_buffer(out, i->name, m, label, &request, &reply);
	fputs("}\n\n", out);
}

/* ---- the provider ---- */

static void argument(FILE *out, const struct item *i)
{
	const struct adl_parameter *a = i->parameter;
	bool refin = strcmp(a->direction, "refin") == 0;

	if (i->array)
		fprintf(out, "%srpc_n_%s, ", i->out ? "&" : "", i->name);
	if (i->out || (refin && !i->array && i->type.kind != STUB_STRING))
		fputc('&', out);
	fprintf(out, "rpc_v_%s", i->name);
}

/* Every parameter once, in order: those that come in, those that only go out. */
static void all_parameters(struct way *w, const struct adl_method *m)
{
	struct way reply;
	unsigned int i, j, n = 0;
	const struct adl_parameter *a;
	struct way request;

	make_way(&request, m, false);
	make_way(&reply, m, true);
	memset(w, 0, sizeof(*w));
	for (a = m->parameters; a; a = a->next) {
		for (i = 0; i < request.count && request.items[i].parameter != a; i++)
			;
		for (j = 0; j < reply.count && reply.items[j].parameter != a; j++)
			;
		w->items[n++] = i < request.count ? request.items[i] : reply.items[j];
	}
	w->count = n;
}

static void call_method(FILE *out, const char *interface, const struct adl_method *m,
			const struct way *all)
{
	unsigned int i;

	fprintf(out, "\t%s%s_%s(", strcmp(m->type, "void") == 0 ? "" : "rpc_v_rpc_result = ",
		interface, m->name);
	for (i = 0; i < all->count; i++) {
		if (i)
			fputs(", ", out);
		argument(out, &all->items[i]);
	}
	fputs(");\n", out);
}

static void declare_all(FILE *out, const struct adl_method *m, const struct way *all)
{
	struct way result = { .count = 0 };

	declare_values(out, all);
	if (strcmp(m->type, "void") != 0) {
		add_item(&result, (struct item){ .name = "rpc_result", .type = stub_type(m->type) });
		declare_values(out, &result);
	}
}

static void server_registers(FILE *out, const char *interface, const struct adl_method *m,
			     const struct way *request, const struct way *reply,
			     const struct way *all)
{
	unsigned int i;

	declare_all(out, m, all);
	fprintf(out, "\n\tif (rpc_unlikely(seL4_MessageInfo_get_length(rpc_i) != %u))\n"
		"\t\treturn rpc_refuse(&%s__rpc, \"%s\", CE_MALFORMED_RPC_PAYLOAD);\n",
		request->words, interface, m->name);
	get_items(out, request, "rpc_mr[", false);
	call_method(out, interface, m, all);
	for (i = 0; i < reply->count; i++)
		fprintf(out, "\trpc_mr[%u] = (seL4_Word)rpc_v_%s;\n", i, reply->items[i].name);
	fprintf(out, "\treturn rpc_info(0, %u);\n", reply->words);
}

/* As put_items, of the variables of the provider's side. */
static void put_values(FILE *out, const struct way *w)
{
	const struct item *i;

	for (i = w->items; i < w->items + w->count; i++)
		if (i->array)
			fprintf(out, "\tseL4_SetMR(%u, rpc_n_%s);\n", i->word, i->name);
		else if (i->type.kind == STUB_STRING)
			fprintf(out, "\tseL4_SetMR(%u, rpc_length(rpc_v_%s));\n", i->word, i->name);
		else if (i->type.kind != STUB_STRUCT)
			fprintf(out, "\tseL4_SetMR(%u, (seL4_Word)rpc_v_%s);\n", i->word, i->name);
	for (i = w->items; i < w->items + w->count; i++) {
		if (i->array && i->type.kind == STUB_STRING)
			fprintf(out, "\trpc_put_strings(&rpc_c, rpc_v_%s, rpc_n_%s);\n", i->name,
				i->name);
		else if (i->array)
			fprintf(out, "\trpc_put(&rpc_c, rpc_v_%s, rpc_n_%s, sizeof(%s));\n", i->name,
				i->name, i->type.c);
		else if (i->type.kind == STUB_STRING)
			fprintf(out, "\trpc_put_string(&rpc_c, rpc_v_%s, seL4_GetMR(%u));\n",
				i->name, i->word);
		else if (i->type.kind == STUB_STRUCT)
			fprintf(out, "\trpc_put(&rpc_c, &rpc_v_%s, 1, sizeof(rpc_v_%s));\n", i->name,
				i->name);
	}
}

static void server_buffer(FILE *out, const char *interface, const struct adl_method *m,
			  const struct way *request, const struct way *reply, const struct way *all)
{
	char words[300];

	fprintf(out, "\tstruct rpc_cursor rpc_c = { %s__request, %u,\n"
		"\t\tseL4_MessageInfo_get_length(rpc_i), false };\n\tbool rpc_no_memory = false;\n",
		interface, request->words);
	declare_all(out, m, all);
	assert_sizes(out, request, interface, m->name);
	assert_sizes(out, reply, interface, m->name);
	fputc('\n', out);
	if (request->words)
		fprintf(out, "\tif (rpc_c.end < %u)\n"
			"\t\treturn rpc_refuse(&%s__rpc, \"%s\", CE_MALFORMED_RPC_PAYLOAD);\n",
			request->words, interface, m->name);
	fprintf(out, "\trpc_registers_to_buffer(rpc_mr);\n"
		"\tmemcpy(%s__request, seL4_GetIPCBuffer()->msg, rpc_c.end * sizeof(seL4_Word));\n",
		interface);
	snprintf(words, sizeof(words), "%s__request[", interface);
	get_items(out, request, words, false);
	fprintf(out, "\tif (rpc_c.bad || rpc_c.at != rpc_c.end || rpc_no_memory) {\n"
		"\t\trpc_i = rpc_refuse(&%s__rpc, \"%s\",\n"
		"\t\t\trpc_no_memory ? CE_ALLOCATION_FAILURE : CE_MALFORMED_RPC_PAYLOAD);\n"
		"\t\tgoto done;\n\t}\n", interface, m->name);
	call_method(out, interface, m, all);
	fprintf(out, "\trpc_c = (struct rpc_cursor){ seL4_GetIPCBuffer()->msg, %u, RPC_WORDS, false };\n",
		reply->words);
	put_values(out, reply);
	fprintf(out, "\trpc_i = rpc_c.bad ? rpc_unanswerable(&%s__rpc, \"%s\") : rpc_info(0, rpc_c.at);\n"
		"\trpc_buffer_to_registers(rpc_mr);\ndone:\n", interface, m->name);
	free_items(out, all, "\t", false);
	if (strcmp(m->type, "string") == 0)
		fputs("\tfree(rpc_v_rpc_result);\n", out);
	fputs("\treturn rpc_i;\n", out);
}

static void server_method(FILE *out, const char *interface, const struct adl_method *m)
{
	struct way request, reply, all;

	make_way(&request, m, false);
	make_way(&reply, m, true);
	all_parameters(&all, m);
	fprintf(out, "static inline seL4_MessageInfo_t %s_%s__serve(seL4_MessageInfo_t rpc_i,\n"
		"\t\tseL4_Word *rpc_mr)\n{\n", interface, m->name);
	if (in_registers(&request, &reply))
		server_registers(out, interface, m, &request, &reply, &all);
	else
		server_buffer(out, interface, m, &request, &reply, &all);
	fputs("}\n\n", out);
}

void stub_server(FILE *out, const struct adl_interface *i, const struct adl_procedure *p)
{
	const struct adl_method *m;
	unsigned int label = 0;

	fprintf(out, "/* What came, in words that no other call of this thread overwrites. */\n"
		"static seL4_Word %s__request[RPC_WORDS] __attribute__((unused));\n\n", i->name);
	for (m = p->methods; m; m = m->next)
		server_method(out, i->name, m);
	fprintf(out, "static void %s__serve(void)\n{\n\tseL4_MessageInfo_t info;\n"
		"\tseL4_Word mr[4] = { 0 };\n\n"
		"\tinfo = seL4_RecvWithMRs(%s__rpc.slot, &%s__rpc.sender, &mr[0], &mr[1], &mr[2], &mr[3]);\n"
		"\tfor (;;) {\n\t\tswitch (seL4_MessageInfo_get_label(info)) {\n",
		i->name, i->name, i->name);
	for (m = p->methods; m; m = m->next)
		fprintf(out, "\t\tcase %u:\n\t\t\tinfo = %s_%s__serve(info, mr);\n\t\t\tbreak;\n",
			label++, i->name, m->name);
	fprintf(out, "\t\tdefault:\n\t\t\tinfo = rpc_refuse(&%s__rpc, \"?\", CE_INVALID_METHOD_INDEX);\n"
		"\t\t}\n\t\tinfo = seL4_ReplyRecvWithMRs(%s__rpc.slot, info, &%s__rpc.sender, &mr[0],\n"
		"\t\t\t&mr[1], &mr[2], &mr[3]);\n\t}\n}\n\n", i->name, i->name, i->name);
}
