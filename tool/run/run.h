/* SPDX-License-Identifier: BSD-2-Clause */
/* `peervisor run`: an image in QEMU, its consoles taken apart, ended when its VMs are off. */
#ifndef TOOL_RUN_H
#define TOOL_RUN_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "../adl/arena.h"
#include "../image/manifest.h"

#define RUN_DISKS 8
#define RUN_NETS 8
#define RUN_EXTRA 32
#define RUN_STEPS 16
#define RUN_FAILURES 16	/* that are told again at the end */
#define CONSOLE_LABEL 64

struct run_disk {
	const char *name;	/* NULL: the only one */
	const char *path;
};

/* Of a run without a person: a text to wait for, a line to type, a text that ends the run. */
enum step_kind { STEP_EXPECT, STEP_SEND, STEP_UNTIL };

struct run_step {
	char console[CONSOLE_LABEL];
	const char *text;
	enum step_kind kind;
};

struct run_options {
	const char *image;
	const char *log_dir;
	const char *console;		/* shown first, or NULL */
	struct run_disk disks[RUN_DISKS];
	unsigned int disk_count;
	const char *nets[RUN_NETS];	/* QEMU's -netdev without an id, for each card in turn */
	unsigned int net_count;
	const char *extra[RUN_EXTRA];	/* further arguments of QEMU */
	unsigned int extra_count;
	struct run_step steps[RUN_STEPS];
	unsigned int step_count;
	unsigned int timeout;		/* seconds, 0: none */
	bool no_terminal;
	bool raw;			/* stdin and stdout are the UART */
	bool read_only;			/* disks are opened read-only (snapshot) */
};

enum { RUN_OK = 0, RUN_FAILED = 1, RUN_USAGE = 2, RUN_TIMEOUT = 124 };

int run_image(struct arena *a, const struct run_options *options);

/* machine.c */
struct machine_process {
	pid_t pid;
	int uart;
	int qmp;
	int locks[RUN_DISKS];
	unsigned int lock_count;
};

/* False: said why. */
bool machine_start(struct arena *a, const struct run_options *o, const struct manifest *m,
		   struct machine_process *p);
/*
 * Asks QEMU to quit by QMP, then insists; gives its wait status. read_uart takes what it still sends
 * meanwhile, to the end; false: that was all for now.
 */
int machine_stop(struct machine_process *p, bool (*read_uart)(void *context), void *context);

/* steps.c */
/* False: not CONSOLE=TEXT, or too many. */
bool steps_add(struct run_options *o, enum step_kind kind, const char *argument);
/* Step number next waits for something that is in this line of this console. */
bool steps_waiting_for(const struct run_options *o, unsigned int next, const char *console,
		       const char *line, size_t length);

/* check.c */
/* Whether the image has the consoles that the options name; said if not. */
bool check_consoles(const struct run_options *o, const struct manifest *m);
/* Makes it, and keeps other runs out of it as long as the descriptor is open; -1: said why not. */
int check_log_folder(const char *folder);

/* verdict.c */
enum verdict {
	VERDICT_NONE,
	VERDICT_OFF,		/* a VM has ended */
	VERDICT_STOPPED,	/* a VM has ended, by its monitor's will */
	VERDICT_FAILED,		/* a component, or a monitor and with it its VM; others go on */
	VERDICT_DEAD,		/* all that there is */
};

enum verdict verdict_of(const char *label, const char *line);

/* console.c */
#define CONSOLE_KEPT 8192

struct console {
	struct console *next;
	char label[CONSOLE_LABEL];
	FILE *log;
	char kept[CONSOLE_KEPT];	/* what is shown again after a switch: a ring */
	size_t kept_total;
	char line[1024];		/* the line so far: for prefixes and for what VMs say */
	size_t line_length;
};

struct consoles {
	struct arena *arena;
	const char *log_dir;
	bool complained;		/* a log cannot be written */
	struct console *list;
	struct console *current;	/* source of the bytes now */
	char label[CONSOLE_LABEL];
	size_t label_length;
	bool in_label;
	void *context;
	/* Called for each byte sequence, and for each finished line. */
	void (*bytes)(void *context, struct console *c, const char *bytes, size_t length);
	void (*line)(void *context, struct console *c, const char *line);
};

struct console *console_get(struct consoles *all, const char *label);
void console_feed(struct consoles *all, const char *bytes, size_t length);
void console_close(struct consoles *all);

/* terminal.c */
#define TERMINAL_COLUMNS 80	/* what programs on a serial line take for granted */
#define TERMINAL_ROWS	24

#define TERMINAL_SWITCH	0x1e	/* Ctrl-^ */
#define TERMINAL_LEAVE	0x1d	/* Ctrl-] */

bool terminal_raw(void);
/* Whether the window is smaller than that. */
bool terminal_small(unsigned int *columns, unsigned int *rows);
void terminal_restore(void);

#endif
