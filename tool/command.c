/* SPDX-License-Identifier: BSD-2-Clause */
/* Options of the commands, and how an assembly becomes an image. */
#include "command.h"

#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "image/image.h"
#include "run/run.h"
#include "view/view.h"

#define INCLUDES 16

struct settings {
	const char *includes[INCLUDES + 1];
	unsigned int include_count;
	const char *guests;
	const char *platform;
	bool strict;
	struct image_options image;
	struct run_options run;
	struct audit_options audit;
	char **argv;
	int argc;
	char *end;
};

enum {
	OPTION_KERNEL = 256,
	OPTION_BUILD_DIR,
	OPTION_GUESTS,
	OPTION_STRICT,
	OPTION_PRINT,
	OPTION_PLATFORM,
	OPTION_DISK,
	OPTION_NO_TERMINAL,
	OPTION_LOG_DIR,
	OPTION_TIMEOUT,
	OPTION_RAW,
	OPTION_EXPECT,
	OPTION_SEND,
	OPTION_CONSOLE,
	OPTION_QEMU,
	OPTION_READ_ONLY, OPTION_TAKEN_OVER, OPTION_SHARE, OPTION_REQUIRE, OPTION_JSON,
	OPTION_NET
};

#define BUILD_OPTIONS \
	{ "help", no_argument, NULL, 'h' }, \
	{ "verbose", no_argument, NULL, 'v' }, \
	{ "kernel", required_argument, NULL, OPTION_KERNEL }, \
	{ "build-dir", required_argument, NULL, OPTION_BUILD_DIR }, \
	{ "guests", required_argument, NULL, OPTION_GUESTS }, \
	{ "platform", required_argument, NULL, OPTION_PLATFORM }, \
	{ "strict", no_argument, NULL, OPTION_STRICT }

static const struct option build_options[] = {
	BUILD_OPTIONS,
	{ "output", required_argument, NULL, 'o' },
	{ "print-capdl", no_argument, NULL, OPTION_PRINT },
	{ NULL, 0, NULL, 0 },
};

static const struct option run_options[] = {
	BUILD_OPTIONS,
	{ "disk", required_argument, NULL, OPTION_DISK },
	{ "read-only", no_argument, NULL, OPTION_READ_ONLY },
	{ "net", required_argument, NULL, OPTION_NET },
	{ "no-terminal", no_argument, NULL, OPTION_NO_TERMINAL },
	{ "raw", no_argument, NULL, OPTION_RAW },
	{ "expect", required_argument, NULL, OPTION_EXPECT },
	{ "send", required_argument, NULL, OPTION_SEND },
	{ "console", required_argument, NULL, OPTION_CONSOLE },
	{ "log-dir", required_argument, NULL, OPTION_LOG_DIR },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "qemu-arg", required_argument, NULL, OPTION_QEMU },
	{ NULL, 0, NULL, 0 },
};

static const struct option audit_options[] = {
	BUILD_OPTIONS,
	{ "taken-over", required_argument, NULL, OPTION_TAKEN_OVER },
	{ "share", required_argument, NULL, OPTION_SHARE },
	{ "require", required_argument, NULL, OPTION_REQUIRE },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ NULL, 0, NULL, 0 },
};

static const char audit_help[] =
	"usage: peervisor audit ASSEMBLY [QUESTION] [OPTION...]\n"
	"Answers from the capability distribution that `build --print-capdl` prints.\n"
	"Questions (none: each part with all it can do):\n"
	"  --taken-over PART   what an attacker in PART gains, and what stays closed\n"
	"  --share PART PART   which memory two parts share, and with what rights\n"
	"  --require FILE      hold the rules in FILE; one line for each breach\n"
	"  --json              the answer for programs\n"
	"  --strict            with --require: DMA without an SMMU breaks rules, too\n"
	"Options of `build` are accepted. Rules, one a line, `#` begins a comment:\n"
	"  vm_storage !-> vm_network   no information goes from one to the other\n"
	"  vm_a !->> vm_b              nor by way of others, except those in `trust NAME...`\n"
	"  vm_a -> vm_b                some way there must be\n"
	"  vm_a !reads vm_b.ram        also writes, signals, calls; with and without `!`\n"
	"Exit code 0: answered, all rules hold; 1: a rule is broken or the assembly has errors; 2: usage.\n"
	"examples:\n"
	"  peervisor audit examples/two-vms/two-vms.camkes --taken-over vm_storage\n"
	"  peervisor audit examples/two-vms/two-vms.camkes --share vm_storage vm_workload\n"
	"  peervisor audit examples/two-vms/two-vms.camkes --require rules\n";

static const char view_help[] =
	"usage: peervisor view ASSEMBLY -o FILE.svg [OPTION...]\n"
	"Draws VMs, components, connections and hardware as an SVG. Options of `check` are accepted.\n"
	"Arrows go from the device VM to the VM that it serves; `ram`: it reaches all of that VM's memory.\n"
	"example: peervisor view examples/two-vms/two-vms.camkes -o two-vms.svg\n";

static const char build_help[] =
	"usage: peervisor build ASSEMBLY -o IMAGE [OPTION...]\n"
	"  -o, --output FILE   where the image goes; replaced as a whole or not at all\n"
	"  -I FOLDER           where imports are looked for\n"
	"  --guests FOLDER     where guest kernels and file systems are (default: build/guests)\n"
	"  --kernel FILE       another kernel.elf of the same interface\n"
	"  --build-dir FOLDER  where loader, kernel and components are (default: build/target)\n"
	"  --platform NAME     the machine (default, and so far all: qemu-arm-virt)\n"
	"  --strict            warnings are errors\n"
	"  --print-capdl       print every object and who holds what\n"
	"  -v, --verbose       print the memory map\n"
	"example: peervisor build examples/two-vms/two-vms.camkes -o two-vms.img\n";

static const char check_help[] =
	"usage: peervisor check ASSEMBLY [-I FOLDER] [--guests FOLDER] [--strict]\n"
	"Says what is wrong with an assembly; builds nothing.\n";

static const char run_help[] =
	"usage: peervisor run IMAGE|ASSEMBLY [OPTION...]\n"
	"  --disk [NAME=]FILE  raw image behind the disk that the assembly declares\n"
	"  --read-only         what is written to disks is dropped at the end\n"
	"  --net NETDEV        network of the next card, as QEMU's -netdev without id (default: user)\n"
	"  --console NAME      the console shown first\n"
	"  --log-dir FOLDER    each console goes to a file there (default: IMAGE.logs)\n"
	"  --no-terminal       print all consoles, each line with its name\n"
	"  --expect NAME=TEXT  wait for a text on console NAME, then go on with the next of these\n"
	"  --send NAME=LINE    type a line on console NAME\n"
	"  --timeout SECONDS   end the run then, with exit code 124\n"
	"  --raw               stdin and stdout are the machine's UART\n"
	"  --qemu-arg ARG      one more argument of QEMU; may be given several times\n"
	"An assembly is built first; options of `build` are accepted.\n"
	"Keys: Ctrl-^ next console, Ctrl-] leave. Exit code 0: all VMs powered off, or you left; "
	"1: not.\n"
	"example: peervisor run two-vms.img --disk disk.img\n";

/* The project's build folder, from the place of this program: build/host/tool/peervisor. */
static const char *build_folder(struct arena *a, const char *name)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *found;
	struct stat st;
	int up;

	if (n > 0) {
		path[n] = '\0';
		for (up = 0; up < 3; up++)
			dirname(path);
		found = arena_format(a, "%s/%s", path, name);
		if (stat(found, &st) == 0)
			return found;
	}
	return arena_format(a, "build/%s", name);
}

static void defaults(struct arena *a, struct settings *s)
{
	memset(s, 0, sizeof(*s));
	s->platform = "qemu-arm-virt";
	s->guests = build_folder(a, "guests");
	s->image.build_dir = build_folder(a, "target");
}

static bool number(const char *text, unsigned int *n)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*n = (unsigned int)value;
	return *text && !*end && value > 0 && value < 10000000;
}

static bool add_disk(struct settings *s, struct arena *a, const char *text)
{
	const char *equals = strchr(text, '='), *slash = strchr(text, '/');
	struct run_disk *d = &s->run.disks[s->run.disk_count];

	if (s->run.disk_count == RUN_DISKS)
		return false;
	s->run.disk_count++;
	d->path = text;
	if (equals && (!slash || slash > equals)) {
		d->name = arena_copy(a, text, (size_t)(equals - text));
		d->path = equals + 1;
	}
	return true;
}

static bool add_net(struct settings *s, const char *text)
{
	if (s->run.net_count == RUN_NETS)
		return false;
	s->run.nets[s->run.net_count++] = text;
	return true;
}

static bool run_option(struct settings *s, struct arena *a, int option)
{
	switch (option) {
	case OPTION_DISK: return add_disk(s, a, optarg);
	case OPTION_READ_ONLY: return s->run.read_only = true;
	case OPTION_NET: return add_net(s, optarg);
	case OPTION_NO_TERMINAL: return s->run.no_terminal = true;
	case OPTION_RAW: return s->run.raw = true;
	case OPTION_EXPECT: return steps_add(&s->run, false, optarg);
	case OPTION_SEND: return steps_add(&s->run, true, optarg);
	case OPTION_CONSOLE: s->run.console = optarg; return true;
	case OPTION_LOG_DIR: s->run.log_dir = optarg; return true;
	case OPTION_TIMEOUT: return number(optarg, &s->run.timeout);
	case OPTION_QEMU:
		if (s->run.extra_count == RUN_EXTRA)
			return false;
		s->run.extra[s->run.extra_count++] = optarg;
		return true;
	default: return false;
	}
}

static bool audit_option(struct settings *s, struct arena *a, int option)
{
	switch (option) {
	case OPTION_TAKEN_OVER: s->audit.taken_over = optarg; return true;
	case OPTION_REQUIRE: s->audit.require = optarg; return true;
	case OPTION_JSON: return s->audit.json = true;
	case OPTION_SHARE:	/* two words: the second is the next argument */
		if (optind >= s->argc)
			return false;
		s->audit.share[0] = optarg;
		s->audit.share[1] = s->argv[optind++];
		return true;
	default: return run_option(s, a, option);
	}
}

static bool one_option(struct settings *s, struct arena *a, int option)
{
	switch (option) {
	case 'v': return s->image.verbose = true;
	case 'o': s->image.output = optarg; return true;
	case 'I':
		if (s->include_count == INCLUDES)
			return false;
		s->includes[s->include_count++] = optarg;
		return true;
	case OPTION_KERNEL: s->image.kernel = optarg; return true;
	case OPTION_BUILD_DIR: s->image.build_dir = optarg; return true;
	case OPTION_GUESTS: s->guests = optarg; return true;
	case OPTION_PLATFORM: s->platform = optarg; return true;
	case OPTION_STRICT: return s->strict = true;
	case OPTION_PRINT: return s->image.print_capdl = true;
	default: return audit_option(s, a, option);
	}
}

/* The one operand; NULL: done (*result), help was printed or usage was wrong. */
static const char *parse(struct settings *s, struct arena *a, int argc, char **argv,
			 const struct option *options, const char *help, int *result)
{
	int option;

	defaults(a, s);
	s->argc = argc;
	s->argv = argv;
	*result = 2;
	while ((option = getopt_long(argc, argv, "hvo:I:", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			*result = 0;
			return NULL;
		}
		if (option == '?' || !one_option(s, a, option)) {
			if (option != '?')
				fprintf(stderr, "peervisor: bad option value '%s'\n",
					optarg ? optarg : "");
			fputs(help, stderr);
			return NULL;
		}
	}
	if (optind != argc - 1) {
		fprintf(stderr, "peervisor: %s\n",
			optind == argc ? "what? Name a file" : "one file at a time");
		fputs(help, stderr);
		return NULL;
	}
	if (!s->image.kernel)
		s->image.kernel = arena_format(a, "%s/kernel/kernel.elf", s->image.build_dir);
	return argv[optind];
}

static int load_model(struct arena *a, const struct settings *s, const char *path,
		      struct diagnostics *d, struct model **model)
{
	const struct adl_options adl = { .includes = s->includes };
	const struct model_options options = { .assembly = path, .guests = s->guests };
	struct platform *platform = platform_load(a, s->platform);
	struct adl_file *file;

	*d = (struct diagnostics){ .arena = a, .out = stderr, .strict = s->strict };
	if (!platform) {
		fprintf(stderr, "peervisor: platform '%s' is not known; qemu-arm-virt is\n",
			s->platform);
		return 2;
	}
	file = adl_load(a, d, path, &adl);
	if (!file || d->errors)
		return 1;
	*model = model_build(a, d, file, platform, &options);
	return *model ? 0 : 1;
}

static int build(struct arena *a, const struct settings *s, const char *path)
{
	struct diagnostics d;
	struct model *model = NULL;
	int result = load_model(a, s, path, &d, &model);

	if (!result && (!image_build(model, &s->image) || d.errors))
		result = 1;
	if (result == 1 && d.errors)
		fprintf(stderr, "peervisor: %u error%s in %s; nothing was built\n", d.errors,
			d.errors == 1 ? "" : "s", path);
	return result;
}

int command_build(int argc, char **argv)
{
	struct arena a = { 0 };
	struct settings s;
	int result;
	const char *path = parse(&s, &a, argc, argv, build_options, build_help, &result);

	if (path && !s.image.output && !s.image.print_capdl) {
		fputs("peervisor: where to? Give -o IMAGE\n", stderr);
		result = 2;
	} else if (path) {
		result = build(&a, &s, path);
	}
	arena_free(&a);
	return result;
}

int command_check(int argc, char **argv)
{
	struct arena a = { 0 };
	struct settings s;
	struct diagnostics d;
	struct model *model = NULL;
	int result;
	const char *path = parse(&s, &a, argc, argv, build_options, check_help, &result);

	if (path)
		result = load_model(&a, &s, path, &d, &model);
	if (path && !result && !memory_plan(model, 4u << 20))
		result = 1;
	arena_free(&a);
	return result;
}

static bool is_assembly(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot && strcmp(dot, ".camkes") == 0;
}

static const char *stem(struct arena *a, const char *path)
{
	const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');

	return dot && (!slash || dot > slash) ? arena_copy(a, path, (size_t)(dot - path)) : path;
}

/* examples/x/x.camkes is built to build/x.img. */
static int build_for_run(struct arena *a, struct settings *s, const char *path)
{
	const char *name = stem(a, path), *slash = strrchr(name, '/');

	s->image.output = arena_format(a, "%s.img", build_folder(a, slash ? slash + 1 : name));
	s->run.image = s->image.output;
	return build(a, s, path);
}

int command_run(int argc, char **argv)
{
	struct arena a = { 0 };
	struct settings s;
	int result;
	const char *path = parse(&s, &a, argc, argv, run_options, run_help, &result);

	if (path) {
		s.run.image = path;
		result = is_assembly(path) ? build_for_run(&a, &s, path) : 0;
		if (!s.run.log_dir)
			s.run.log_dir = arena_format(&a, "%s.logs", stem(&a, s.run.image));
		if (!result)
			result = run_image(&a, &s.run);
	}
	arena_free(&a);
	return result;
}

static int audit(struct arena *a, struct settings *s, const char *path)
{
	struct diagnostics d;
	struct model *model = NULL;
	struct distribution *distribution;
	int result;

	s->audit.strict = s->strict;	/* of the rules here, not of the warnings */
	s->strict = false;
	result = load_model(a, s, path, &d, &model);
	if (result)
		return result;
	distribution = image_distribution(model, &s->image);
	if (!distribution)
		return 1;
	return audit_run(audit_new(a, distribution, model->platform), &s->audit, stdout);
}

int command_audit(int argc, char **argv)
{
	struct arena a = { 0 };
	struct settings s;
	int result;
	const char *path = parse(&s, &a, argc, argv, audit_options, audit_help, &result);

	if (path && !!s.audit.taken_over + !!s.audit.share[0] + !!s.audit.require > 1) {
		fputs("peervisor: one question at a time: --taken-over, --share or --require\n", stderr);
		result = 2;
	} else if (path) {
		result = audit(&a, &s, path);
	}
	arena_free(&a);
	return result;
}

int command_view(int argc, char **argv)
{
	struct arena a = { 0 };
	struct settings s;
	struct diagnostics d;
	struct model *model = NULL;
	int result;
	const char *path = parse(&s, &a, argc, argv, build_options, view_help, &result);

	if (path && !s.image.output) {
		fputs("peervisor: where to? Give -o FILE.svg\n", stderr);
		result = 2;
	} else if (path) {
		result = load_model(&a, &s, path, &d, &model);
		if (!result && (!memory_plan(model, 4u << 20) || !view_write(model, s.image.output)))
			result = 1;
	}
	arena_free(&a);
	return result;
}
