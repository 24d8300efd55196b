/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs read: the findings in an assembly, the summary of a build. */
#include "command.h"

#include <inttypes.h>
#include <sys/stat.h>

static void text(const char *key, const char *value)
{
	printf("\"%s\": ", key);
	if (value)
		audit_json_string(stdout, value);
	else
		fputs("null", stdout);
}

static void put_findings(const struct diagnostics *d)
{
	const struct diagnostic *one;

	printf("\"errors\": %u, \"warnings\": %u, \"diagnostics\": [", d->errors, d->warnings);
	for (one = d->list; one; one = one->next) {
		fputs(one == d->list ? "\n  {" : ",\n  {", stdout);
		text("kind", one->kind);
		fputs(", ", stdout);
		text("file", one->file);
		printf(", \"line\": %u, \"column\": %zu, ", one->line, one->column);
		text("text", one->text);
		putchar('}');
	}
	fputs(d->list ? "\n]" : "]", stdout);
}

void json_findings(const char *assembly, const struct diagnostics *d)
{
	putchar('{');
	text("assembly", assembly);
	fputs(", ", stdout);
	put_findings(d);
	fputs("}\n", stdout);
}

static void put_vms(const struct model *m)
{
	const struct model_vm *vm;

	fputs(",\n\"vms\": [", stdout);
	for (vm = m->vms; vm; vm = vm->next) {
		fputs(vm == m->vms ? "\n  {" : ",\n  {", stdout);
		text("name", vm->name);
		printf(", \"ram_size\": %" PRIu64 ", \"ram_base\": %" PRIu64 ", \"ram_paddr\": %" PRIu64 ", ",
		       vm->ram_size, vm->ram_base, vm->ram_paddr);
		text("kernel", vm->kernel->path);
		fputs(", ", stdout);
		text("initrd", vm->initrd ? vm->initrd->path : NULL);
		putchar('}');
	}
	fputs("],\n\"components\": [", stdout);
}

static void put_parts(const struct model *m)
{
	const struct model_component *c;
	const struct model_link *l;

	put_vms(m);
	for (c = m->components; c; c = c->next) {
		fputs(c == m->components ? "" : ", ", stdout);
		audit_json_string(stdout, c->instance->name);
	}
	fputs("],\n\"links\": [", stdout);
	for (l = m->links; l; l = l->next) {
		fputs(l == m->links ? "\n  {" : ",\n  {", stdout);
		text("device", l->device->name);
		fputs(", ", stdout);
		text("driver", l->driver->name);
		putchar('}');
	}
	putchar(']');
}

void json_build(const struct settings *s, const struct diagnostics *d, const struct model *m, bool built)
{
	struct stat st;

	putchar('{');
	text("assembly", s->operands[0]);
	fputs(", ", stdout);
	text("image", built ? s->image.output : NULL);
	if (built && stat(s->image.output, &st) == 0)
		printf(", \"bytes\": %lld", (long long)st.st_size);
	fputs(", ", stdout);
	text("platform", s->platform);
	fputs(",\n", stdout);
	put_findings(d);
	if (built)
		put_parts(m);
	fputs("}\n", stdout);
}
