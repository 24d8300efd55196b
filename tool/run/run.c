/* SPDX-License-Identifier: BSD-2-Clause */
/* The loop of a run: UART to consoles, keys to the UART, ends. */
#include "run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INPUT_ROOM 65536

struct run {
	const struct run_options *options;
	struct manifest *manifest;
	struct machine_process machine;
	struct consoles consoles;
	struct console *shown;
	bool terminal;
	bool ended;
	bool input_closed;
	bool lost;		/* QEMU ended by itself */
	int result;
	bool server_seen;	/* the serial server runs: it listens to labels */
	unsigned int step;	/* the next of options->steps */
	char failure[RUN_FAILURES][256];	/* after which the run went on */
	unsigned int failures;
	int signals;
	long long deadline;	/* ms of the monotonic clock; 0: none */
	char input[INPUT_ROOM];
	size_t input_length;
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ll + t.tv_nsec / 1000000;
}

static void end(struct run *r, int result)
{
	r->ended = true;
	if (!r->result)
		r->result = result;
}

static void flush(struct run *r)
{
	if (fflush(stdout) != 0)
		end(r, 128 + SIGPIPE);
}

static void out(struct run *r, const char *bytes, size_t length)
{
	fwrite(bytes, 1, length, stdout);
	flush(r);
}

/* Lines of our own on a raw terminal need the carriage return. */
static void say(const struct run *r, const char *text)
{
	fprintf(stderr, "%s[peervisor] %s%s", r->terminal ? "\r\n" : "", text,
		r->terminal ? "\r\n" : "\n");
}

static void send_input(struct run *r, const char *bytes, size_t length)
{
	if (length > INPUT_ROOM - r->input_length)
		length = INPUT_ROOM - r->input_length;
	memcpy(r->input + r->input_length, bytes, length);
	r->input_length += length;
}

static void select_console(struct run *r, struct console *c)
{
	char mark[CONSOLE_LABEL + 3];
	size_t n = strlen(c->label);

	r->shown = c;
	if (!r->server_seen || strcmp(c->label, "system") == 0)
		return;
	mark[0] = mark[1] = TERMINAL_SWITCH;	/* two: in step whatever came before */
	memcpy(mark + 2, c->label, n);
	mark[n + 2] = TERMINAL_SWITCH;
	send_input(r, mark, n + 3);
}

/* Types what is due; a console that is not there yet is made, so that its name can be chosen. */
static void send_steps(struct run *r)
{
	const struct run_options *o = r->options;

	for (; r->step < o->step_count && o->steps[r->step].kind == STEP_SEND; r->step++) {
		select_console(r, console_get(&r->consoles, o->steps[r->step].console));
		send_input(r, o->steps[r->step].text, strlen(o->steps[r->step].text));
		send_input(r, "\n", 1);
	}
}

static void look_for_step(struct run *r, const struct console *c, const char *line, size_t length)
{
	if (r->ended || !steps_waiting_for(r->options, r->step, c->label, line, length))
		return;
	if (r->options->steps[r->step].kind == STEP_UNTIL)
		end(r, RUN_OK);
	r->step++;
	send_steps(r);
}

static void on_bytes(void *context, struct console *c, const char *bytes, size_t length)
{
	struct run *r = context;

	if (r->terminal && c == r->shown)
		out(r, bytes, length);
	if (!r->server_seen && strcmp(c->label, "system") != 0) {
		r->server_seen = true;
		select_console(r, r->shown);
	}
	look_for_step(r, c, c->line, c->line_length);
}

static bool all_off(const struct run *r)
{
	const struct manifest_vm *vm;

	for (vm = r->manifest->vms; vm; vm = vm->next)
		if (!vm->off)
			return false;
	return r->manifest->vms != NULL;
}

static struct manifest_vm *vm_of_log(struct run *r, const struct console *c)
{
	struct manifest_vm *vm;

	for (vm = r->manifest->vms; vm; vm = vm->next)
		if (strncmp(c->label, vm->name, strlen(vm->name)) == 0 &&
		    strcmp(c->label + strlen(vm->name), ".log") == 0)
			return vm;
	return NULL;
}

static void vm_ended(struct run *r, struct manifest_vm *vm, enum verdict verdict, const char *line)
{
	char text[256];

	if (verdict == VERDICT_STOPPED) {
		snprintf(text, sizeof(text), "%s %.120s", vm->name, strstr(line, "stopped:"));
		r->result = RUN_FAILED;
		r->ended |= !r->terminal && !r->options->raw;
	} else {
		snprintf(text, sizeof(text), "%s is off", vm->name);
	}
	say(r, text);
	vm->off = true;
	if (all_off(r))
		end(r, RUN_OK);
}

/* Nothing more comes from a system whose kernel, root task or timer server died: no use in waiting. */
static void system_died(struct run *r)
{
	r->ended |= !r->terminal && !r->options->raw;
}

/* Its VM ends with a monitor. Where no VM is left, nothing else ends the run. */
static void component_failed(struct run *r, struct manifest_vm *vm)
{
	if (vm)
		vm->off = true;
	if (all_off(r))
		end(r, RUN_FAILED);
	else if (!r->manifest->vms)
		system_died(r);
}

static void failed(struct run *r, const struct console *c, const char *line, enum verdict verdict)
{
	char text[256];

	snprintf(text, sizeof(text), "%s: %.190s", c->label, line);
	say(r, text);
	r->result = RUN_FAILED;
	if (verdict == VERDICT_DEAD)
		system_died(r);
	else
		component_failed(r, vm_of_log(r, c));
	if (!r->ended && r->failures < RUN_FAILURES)
		memcpy(r->failure[r->failures++], text, sizeof(text));
}

static void watch_line(struct run *r, const struct console *c, const char *line)
{
	enum verdict verdict = verdict_of(c->label, line);
	struct manifest_vm *vm = vm_of_log(r, c);

	if (r->ended)
		return;		/* its last lines are shown, and say nothing more of the run */
	if (verdict == VERDICT_DEAD || verdict == VERDICT_FAILED)
		failed(r, c, line, verdict);
	else if (verdict != VERDICT_NONE && vm && !vm->off)
		vm_ended(r, vm, verdict, line);
}

static void on_line(void *context, struct console *c, const char *line)
{
	struct run *r = context;

	if (!r->terminal && !r->options->raw) {
		printf("%s| %s\n", c->label, line);
		flush(r);
	}
	watch_line(r, c, line);
	look_for_step(r, c, line, strlen(line));
}

/* What is kept of a console, from a line's start. */
static void show_again(struct run *r, const struct console *c)
{
	size_t i = c->kept_total > CONSOLE_KEPT ? c->kept_total - CONSOLE_KEPT : 0;

	while (i && i < c->kept_total && c->kept[(i - 1) % CONSOLE_KEPT] != '\n')
		i++;
	for (; i < c->kept_total; i++)
		fputc(c->kept[i % CONSOLE_KEPT], stdout);
	flush(r);
}

/* "2 of 5" */
static unsigned int position(const struct run *r, const struct console *of, unsigned int *count)
{
	const struct console *c;
	unsigned int n = 0;

	*count = 0;
	for (c = r->consoles.list; c; c = c->next) {
		++*count;
		if (c == of)
			n = *count;
	}
	return n;
}

static void next_console(struct run *r)
{
	struct console *c = r->shown && r->shown->next ? r->shown->next : r->consoles.list;
	unsigned int count, n = position(r, c, &count);
	char text[256];

	select_console(r, c);
	snprintf(text, sizeof(text), "console %s, %u of %u (Ctrl-^ next console, Ctrl-] leave)", c->label, n,
		 count);
	say(r, text);
	show_again(r, c);
}

static void on_keys(struct run *r, const char *keys, size_t length)
{
	size_t i, start = 0;

	for (i = 0; i < length; i++) {
		if (keys[i] != TERMINAL_SWITCH && keys[i] != TERMINAL_LEAVE)
			continue;
		send_input(r, keys + start, i - start);
		start = i + 1;
		if (keys[i] == TERMINAL_SWITCH)
			next_console(r);
		else
			end(r, RUN_OK);
	}
	send_input(r, keys + start, length - start);
}

static void read_input(struct run *r)
{
	char bytes[4096];
	ssize_t n = read(0, bytes, sizeof(bytes));

	if (n <= 0) {
		r->input_closed = true;
		if (r->options->raw && n == 0)
			end(r, RUN_OK);
	} else if (r->terminal) {
		on_keys(r, bytes, (size_t)n);
	} else {
		send_input(r, bytes, (size_t)n);
	}
}

/* False: there was nothing. */
static bool read_uart(void *context)
{
	struct run *r = context;
	char bytes[16384];
	ssize_t n = read(r->machine.uart, bytes, sizeof(bytes));

	if (n > 0) {
		if (r->options->raw)
			out(r, bytes, (size_t)n);
		console_feed(&r->consoles, bytes, (size_t)n);
	} else if (!r->ended && (n == 0 || (errno != EAGAIN && errno != EINTR))) {
		r->lost = true;
		end(r, RUN_FAILED);
	}
	return n > 0;
}

static void write_uart(struct run *r)
{
	ssize_t n = write(r->machine.uart, r->input, r->input_length);

	if (n <= 0)
		return;
	r->input_length -= (size_t)n;
	memmove(r->input, r->input + n, r->input_length);
}

static void read_signal(struct run *r)
{
	struct signalfd_siginfo info;

	if (read(r->signals, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGCHLD)
		return;	/* a dead QEMU shows as the end of its UART, after its last words */
	say(r, "ended by a signal");
	end(r, 128 + (int)info.ssi_signo);
}

static void drop_monitor(struct run *r, struct pollfd *fd)
{
	char bytes[4096];

	if (read(r->machine.qmp, bytes, sizeof(bytes)) <= 0)
		fd->fd = -1;	/* events and answers: nothing to learn from them */
}

static int time_left(struct run *r)
{
	long long left;

	if (!r->deadline)
		return -1;
	left = r->deadline - now_ms();
	if (left > 0)
		return left > 3600000 ? 3600000 : (int)left;
	say(r, "the time limit is reached");
	end(r, RUN_TIMEOUT);
	return 0;
}

static void loop(struct run *r)
{
	struct pollfd fds[5] = {
		{ .fd = r->machine.uart }, { .fd = r->signals, .events = POLLIN },
		{ .fd = r->machine.qmp, .events = POLLIN }, { .fd = 0, .events = POLLIN },
		{ .fd = 1 },	/* nobody reads any more: `peervisor run ... | head` */
	};
	bool reads_input = r->terminal || r->options->raw;
	int ms;

	while (!r->ended) {
		fds[0].events = (short)(POLLIN | (r->input_length ? POLLOUT : 0));
		fds[3].fd = reads_input && !r->input_closed && r->input_length < INPUT_ROOM / 2
				    ? 0
				    : -1;
		ms = time_left(r);
		if (r->ended || (poll(fds, 5, ms) < 0 && errno != EINTR))
			break;
		if (fds[1].revents)
			read_signal(r);
		if (fds[4].revents & POLLERR)
			end(r, 128 + SIGPIPE);
		if (fds[0].revents & (POLLIN | POLLHUP))
			read_uart(r);
		if (fds[0].revents & POLLOUT)
			write_uart(r);
		if (fds[2].fd >= 0 && fds[2].revents)
			drop_monitor(r, &fds[2]);
		if (fds[3].fd >= 0 && fds[3].revents)
			read_input(r);
	}
}

static bool open_signals(struct run *r)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	r->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals >= 0;
}

static void open_consoles(struct arena *a, struct run *r)
{
	const struct manifest_vm *vm;

	r->consoles.arena = a;
	r->consoles.log_dir = r->options->log_dir;
	r->consoles.context = r;
	r->consoles.bytes = on_bytes;
	r->consoles.line = on_line;
	for (vm = r->manifest->vms; vm; vm = vm->next)
		if (vm->console)
			console_get(&r->consoles, vm->name);
	if (r->options->console)
		r->shown = console_get(&r->consoles, r->options->console);
	else
		r->shown = console_get(&r->consoles, r->manifest->first_console ?
				       r->manifest->first_console : "system");
}

static void announce(struct run *r)
{
	char text[CONSOLE_LABEL + 128];
	unsigned int columns, rows;

	snprintf(text, sizeof(text), "console %s. Keys: Ctrl-^ next console, Ctrl-] leave",
		 r->shown->label);
	say(r, text);
	if (!terminal_small(&columns, &rows))
		return;
	snprintf(text, sizeof(text), "this window is %ux%u; programs of the guests write for %ux%u", columns, rows,
		 TERMINAL_COLUMNS, TERMINAL_ROWS);
	say(r, text);
}

static void explain_end(const struct run *r, int status)
{
	unsigned int i;
	char text[128];

	for (i = 0; i < r->failures; i++)
		say(r, r->failure[i]);
	if (!r->lost)
		return;
	if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "QEMU ended by itself, by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(text, sizeof(text), "QEMU ended by itself, with code %d", WEXITSTATUS(status));
	say(r, text);
}

int run_image(struct arena *a, const struct run_options *options)
{
	struct run *r = ARENA_NEW(a, struct run);
	int status, folder = -1;

	r->options = options;
	r->manifest = manifest_read(a, options->image);
	if (!r->manifest)
		return RUN_FAILED;
	if (!check_consoles(options, r->manifest))
		return RUN_USAGE;
	if (options->log_dir && (folder = check_log_folder(options->log_dir)) < 0)
		return RUN_FAILED;
	if (!open_signals(r) || !machine_start(a, options, r->manifest, &r->machine))
		return RUN_FAILED;
	r->deadline = options->timeout ? now_ms() + options->timeout * 1000ll : 0;
	open_consoles(a, r);
	r->terminal = !options->no_terminal && !options->raw && isatty(1) && terminal_raw();
	if (r->terminal)
		announce(r);
	if (!options->raw)
		select_console(r, r->shown);
	send_steps(r);
	loop(r);
	status = machine_stop(&r->machine, read_uart, r);
	console_close(&r->consoles);
	explain_end(r, status);
	terminal_restore();
	if (WIFEXITED(status) && WEXITSTATUS(status) && !r->result)
		r->result = RUN_FAILED;
	if (!options->raw && options->log_dir)
		fprintf(stderr, "[peervisor] console logs: %s\n", options->log_dir);
	if (folder >= 0)
		close(folder);
	return r->result;
}
