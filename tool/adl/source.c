/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads files and runs the C preprocessor over them. */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ast.h"
#include "header.h"

#define TEXT_LIMIT (64u << 20)	/* a macro that expands without end stops here */
#define CPP_SECONDS 30		/* until a busy machine has come to it */
#define CPP_CPU_SECONDS 2
#define CPP_MEMORY (512ull << 20)	/* a macro may double itself many times on one line */

char *source_read_file(struct arena *a, const char *path, size_t limit, size_t *length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = 0;
	size_t done = 0;
	char *text;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size > limit) {
		close(fd);
		errno = S_ISDIR(st.st_mode) ? EISDIR : EFBIG;
		return NULL;
	}
	text = arena_alloc(a, (size_t)st.st_size + 1);
	while (done < (size_t)st.st_size) {
		n = read(fd, text + done, (size_t)st.st_size - done);
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	close(fd);
	if (n < 0)
		return NULL;
	*length = done;
	return text;
}

#define ARGUMENTS 96	/* of cpp: folders and macros of the command line among them */

struct child {
	pid_t pid;
	int out;
	int err;
};

/* -dD leaves the definitions of macros in the text, so that an error in one can name its place. */
static void child_run(const char *path, const struct adl_options *options, const char *headers, int out,
		      int err)
{
	const char *argv[ARGUMENTS] = { "cpp", "-undef", "-nostdinc", "-w", "-dD", "-x", "c",
		"-DVIRTIO_COMPOSITION_DEF(a,b)=__virtio_composition(a,b);", "-idirafter", headers };
	const struct rlimit memory = { CPP_MEMORY, CPP_MEMORY };
	const struct rlimit cpu = { CPP_CPU_SECONDS, CPP_CPU_SECONDS };
	const char *const *i;
	size_t n = 10;

	for (i = options->defines; i && *i && n < ARGUMENTS - 4; i++) {
		argv[n++] = "-D";
		argv[n++] = *i;
	}
	for (i = options->includes; i && *i && n < ARGUMENTS - 4; i++) {
		argv[n++] = "-I";
		argv[n++] = *i;
	}
	argv[n++] = path;
	if (dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(126);
	setenv("LC_ALL", "C", 1);
	if (setrlimit(RLIMIT_AS, &memory) < 0 || setrlimit(RLIMIT_CPU, &cpu) < 0)
		_exit(126);
	execvp("cpp", (char *const *)(uintptr_t)argv);
	_exit(127);
}

static bool child_start(struct child *c, const char *path, const struct adl_options *options,
			const char *headers)
{
	int out[2], err[2];

	if (pipe(out) < 0)
		return false;
	if (pipe(err) < 0) {
		close(out[0]);
		close(out[1]);
		return false;
	}
	c->pid = fork();
	if (c->pid == 0) {
		close(out[0]);
		close(err[0]);
		child_run(path, options, headers, out[1], err[1]);
	}
	close(out[1]);
	close(err[1]);
	c->out = out[0];
	c->err = err[0];
	return c->pid > 0;
}

struct buffer {
	char *data;
	size_t length;
	size_t size;
};

/* False: end of file, error, or more than the limit. */
static bool buffer_fill(struct buffer *b, int fd)
{
	char *larger;
	ssize_t n;

	if (b->size - b->length < 65536) {
		if (b->size >= TEXT_LIMIT)
			return false;
		larger = realloc(b->data, b->size * 2 + 131072);
		if (!larger)
			return false;
		b->data = larger;
		b->size = b->size * 2 + 131072;
	}
	n = read(fd, b->data + b->length, b->size - b->length - 1);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	b->length += (size_t)n;
	return true;
}

static time_t monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Collects both streams; false: it took too long. */
static bool child_collect(struct child *c, struct buffer *out, struct buffer *err)
{
	struct pollfd fds[2] = { { .fd = c->out, .events = POLLIN },
				 { .fd = c->err, .events = POLLIN } };
	time_t end = monotonic() + CPP_SECONDS;
	int ready = 1;

	while ((fds[0].fd >= 0 || fds[1].fd >= 0) && ready > 0) {
		ready = monotonic() < end ? poll(fds, 2, CPP_SECONDS * 1000) : 0;
		if (ready < 0 && errno == EINTR) {
			ready = 1;
			continue;
		}
		if (fds[0].revents && !buffer_fill(out, fds[0].fd))
			fds[0].fd = -1;
		if (fds[1].revents && !buffer_fill(err, fds[1].fd))
			fds[1].fd = -1;
	}
	close(c->out);
	close(c->err);
	if (ready <= 0)
		kill(c->pid, SIGKILL);
	return ready > 0;
}

/* cpp's own complaints: `FILE:LINE:COLUMN: fatal error: TEXT` are said in our form. */
static void say_complaints(struct diagnostics *d, struct arena *a, char *text, const char *path,
			   bool installed)
{
	char *line, *save = NULL, *what;
	struct token at = { .kind = TOKEN_END, .text = "" };
	unsigned int number, column;
	char file[512];
	bool said = false;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		what = strstr(line, "error: ");
		if (!what || sscanf(line, "%511[^:]:%u:%u:", file, &number, &column) != 3)
			continue;
		at.file = arena_copy(a, file, strlen(file));
		at.line = number;
		if (strstr(what, "#include nested"))
			diagnostic_error(d, &at,
					 "this file includes itself, without an end; guard it with "
					 "#ifndef NAME, #define NAME, #endif");
		else
			diagnostic_error(d, &at,
					 "the preprocessor says: %s; correct the directive",
					 arena_copy(a, what + 7, strlen(what + 7)));
		said = true;
	}
	if (!said && installed)
		diagnostic_plain(d, "%s: the preprocessor failed or ran out of memory; look for a "
				 "macro that grows without end",
				 path);
	else if (!said)
		diagnostic_plain(d, "%s: the C preprocessor is missing; install cpp", path);
}

static char *preprocess(struct arena *a, struct diagnostics *d, const char *path,
			const struct adl_options *options, const char *headers, size_t *length)
{
	struct buffer out = { 0 }, err = { 0 };
	struct child c;
	char *text = NULL;
	int status = 0;
	bool intime;

	if (!child_start(&c, path, options, headers)) {
		diagnostic_plain(d, "cannot start cpp: %s", strerror(errno));
		return NULL;
	}
	intime = child_collect(&c, &out, &err);
	while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!intime || WIFSIGNALED(status)) {
		diagnostic_plain(
			d,
			"%s: the preprocessor took longer than %d s; look for a file that includes "
			"itself or a macro that grows without end",
			path, CPP_CPU_SECONDS);
	} else if (out.length >= TEXT_LIMIT) {
		diagnostic_plain(
			d,
			"%s: more than 64 MiB after the preprocessor; look for a macro that "
			"grows without end",
			path);
	} else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		if (err.length)
			err.data[err.length] = '\0';
		say_complaints(d, a, err.length ? err.data : (char[]){ "" }, path,
			       !WIFEXITED(status) || WEXITSTATUS(status) != 127);
	} else {
		text = arena_copy(a, out.data ? out.data : "", out.length);
		*length = out.length;
	}
	free(out.data);
	free(err.data);
	return text;
}

/* A file without directives and macros is what cpp would make of it; running that costs 10 ms. */
static bool needs_cpp(const char *text, size_t length)
{
	return strlen(text) != length || strchr(text, '#') || strstr(text, "__") ||
	       strstr(text, "VIRTIO_COMPOSITION_DEF") || strstr(text, "\\\n") ||
	       strstr(text, "\\\r");
}

static char *run_cpp(struct arena *a, struct diagnostics *d, const char *path,
		     const struct adl_options *options, struct source *s)
{
	char headers[HEADER_PATH], *text;

	if (!header_write(headers)) {
		diagnostic_plain(d, "no folder for the built-in headers: %s; set TMPDIR to one that "
				 "can be written", strerror(errno));
		return NULL;
	}
	s->headers = arena_copy(a, headers, strlen(headers));
	text = preprocess(a, d, path, options, headers, &s->length);
	header_remove(headers);
	return text;
}

struct source *source_load(struct arena *a, struct diagnostics *d, const char *path,
			   const struct adl_options *options)
{
	struct source *s = ARENA_NEW(a, struct source);
	struct stat st;

	if (stat(path, &st) < 0) {
		diagnostic_plain(d, "%s: %s; name an assembly file (.camkes)", path,
				 strerror(errno));
		return NULL;
	}
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)TEXT_LIMIT) {
		diagnostic_plain(d, "%s: %s; name an assembly file (.camkes)", path,
				 S_ISREG(st.st_mode) ? "larger than 64 MiB" : "not a regular file");
		return NULL;
	}
	s->path = path;
	s->text = source_read_file(a, path, TEXT_LIMIT, &s->length);
	if (!s->text) {
		diagnostic_plain(d, "%s: %s; make it readable", path, strerror(errno));
		return NULL;
	}
	if ((options->defines && options->defines[0]) || needs_cpp(s->text, s->length))
		s->text = run_cpp(a, d, path, options, s);
	if (!s->text)
		return NULL;
	source_tokenize(a, d, s);
	return s;
}

struct source *source_builtin(struct arena *a, struct diagnostics *d, const char *name,
			      const char *text)
{
	struct source *s = ARENA_NEW(a, struct source);

	s->path = name;
	s->text = text;
	s->length = strlen(text);
	source_tokenize(a, d, s);
	return s;
}
