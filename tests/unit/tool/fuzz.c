/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes the files of a corpus at random and takes them through parser, elaboration and model, all in
 * this process: what crashes, leaks or is undefined ends it (sanitizers), what takes long is killed by
 * the alarm. The text that was tried last lies in the working folder then (fuzz-last.camkes).
 *
 * usage: fuzz GUESTS RUNS SEED FILE...
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tool/model/model.h"

#define TEXT_MAX (64u * 1024u)
#define LAST "fuzz-last.camkes"
#define SECONDS 20

static const char *const words[] = {
	"{", "}", "[", "]", "(", ")", ";", "=", "<-", "->", ".", ",", ":", "\"", "'", "\\", "/*", "*/", "//",
	"component VM vm_a;", "component", "group g {", "configuration {", "composition {", "assembly {",
	"connection seL4Notification c(from a.b, to c.d);", "from", "to", "maybe ", "has mutex m;",
	"uses P p;", "provides P p;", "emits T t;", "consumes T t;", "dataport Buf(4096) d;", "export a.b -> c;",
	"attribute int n = 1;", "attribute string s[];", "struct s { int a; };", "dtb({ \"path\": \".*\" })",
	"hardware;", "control;", "-", "~", "!", "**", "<<", "?", "0x", "99999999999999999999", "1.5", "true",
	"connection seL4DTBHardware c(from a, to b);", "connection ExportRPC x(from a, to b.c);", "struct s a[];",
	"dtb([{}])", "import <VM_Arm/vm_common.camkes>;", "__replaced \"x\";", "__vm_init;", "{ a: [1, { b: 2 }], }",
	"import <std_connector.camkes>;", "connector C { from Event; to Event; }", "a.b.c.d = 1;", "\n", "\xff",
};

static uint64_t state;

/* xorshift64*; the same seed gives the same run. */
static uint32_t below(uint32_t n)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * 2685821657736338717ull) >> 33) % n;
}

struct text {
	char data[TEXT_MAX];
	size_t length;
};

static void insert(struct text *t, size_t at, const char *from, size_t n)
{
	if (t->length + n >= TEXT_MAX)
		return;
	memmove(t->data + at + n, t->data + at, t->length - at);
	memcpy(t->data + at, from, n);
	t->length += n;
}

static void erase(struct text *t, size_t at, size_t n)
{
	n = n < t->length - at ? n : t->length - at;
	memmove(t->data + at, t->data + at + n, t->length - at - n);
	t->length -= n;
}

static void change(struct text *t, const struct text *other)
{
	size_t at = below((uint32_t)t->length + 1), from, n;
	char piece[80];
	const char *word;

	switch (below(6)) {
	case 0:
		word = words[below(sizeof(words) / sizeof(*words))];
		insert(t, at, word, strlen(word));
		break;
	case 1:
		erase(t, at, 1 + below(20));
		break;
	case 2:
		if (at < t->length)
			t->data[at] = (char)below(256);
		break;
	case 3:
		from = below((uint32_t)other->length);
		n = 1 + below(sizeof(piece));
		n = n < other->length - from ? n : other->length - from;
		insert(t, at, other->data + from, n);
		break;
	case 4:		/* the same again, many times */
		n = 1 + below(40);
		n = n < t->length - at ? n : t->length - at;
		memcpy(piece, t->data + at, n);
		for (from = below(30); from; from--)
			insert(t, at, piece, n);
		break;
	default:
		erase(t, at, below((uint32_t)t->length + 1) / 4);
	}
}

/* The preprocessor is another program; its directives are for fuzz.py. */
static void without_directives(struct text *t)
{
	size_t i;

	t->data[t->length] = '\0';
	for (i = 0; i < t->length; i++)
		if (t->data[i] == '#' || t->data[i] == '\0' ||
		    (t->data[i] == '_' && t->data[i + 1] == '_' && t->data[i + 2] != 'v'))
			t->data[i] = ' ';
}

static void try(const struct text *t, const char *guests, FILE *sink)
{
	struct arena a = { 0 };
	struct diagnostics d = { .arena = &a, .out = sink };
	const struct adl_options adl = { .includes = NULL };
	const struct model_options options = { .assembly = LAST, .guests = guests };
	int fd = open(LAST, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct adl_file *file;
	struct model *m = NULL;

	if (fd < 0 || write(fd, t->data, t->length) != (ssize_t)t->length) {
		perror(LAST);
		exit(2);
	}
	close(fd);
	alarm(SECONDS);
	file = adl_load(&a, &d, LAST, &adl);
	if (file && !d.errors)
		m = model_build(&a, &d, file, platform_load(&a, "qemu-arm-virt"), &options);
	if (m)
		memory_plan(m, 4u << 20);
	alarm(0);
	for (struct model_blob *b = m ? m->blobs : NULL; b; b = b->next)
		munmap((void *)(uintptr_t)b->data, b->size);
	arena_free(&a);
	rewind(sink);
}

static struct text *read_text(const char *path)
{
	struct text *t = calloc(1, sizeof(*t));
	FILE *f = fopen(path, "rb");

	if (!t || !f) {
		perror(path);
		exit(2);
	}
	t->length = fread(t->data, 1, TEXT_MAX / 2, f);
	fclose(f);
	return t;
}

int main(int argc, char **argv)
{
	static struct text t;
	struct text **corpus;
	int files = argc - 4, i, n, runs;
	FILE *sink = fopen("/dev/null", "w");

	if (files < 1 || !sink) {
		fputs("usage: fuzz GUESTS RUNS SEED FILE...\n", stderr);
		return 2;
	}
	corpus = calloc((size_t)files, sizeof(struct text *));
	for (i = 0; i < files; i++)
		corpus[i] = read_text(argv[4 + i]);
	runs = atoi(argv[2]);
	state = strtoull(argv[3], NULL, 0) * 2654435761u + 1;
	for (i = 0; i < runs; i++) {
		t = *corpus[below((uint32_t)files)];
		for (n = 1 + (int)below(6); n; n--)
			change(&t, corpus[below((uint32_t)files)]);
		if (i % 200)		/* a process takes as long as a hundred files */
			without_directives(&t);
		try(&t, argv[1], sink);
	}
	for (i = 0; i < files; i++)
		free(corpus[i]);
	free(corpus);
	fclose(sink);
	unlink(LAST);
	printf("seed %s: %d files, no crash, no hang\n", argv[3], runs);
	return 0;
}
