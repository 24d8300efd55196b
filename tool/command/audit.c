/* SPDX-License-Identifier: BSD-2-Clause */
#include "command.h"

static bool set_taken_over(struct settings *s, const char *const *v)
{
	s->audit.taken_over = v[0];
	return true;
}

static bool set_share(struct settings *s, const char *const *v)
{
	s->audit.share[0] = v[0];
	s->audit.share[1] = v[1];
	return v[1] != NULL;
}

static bool set_surface(struct settings *s, const char *const *v)
{
	return s->audit.surface = true;
}

static bool set_require(struct settings *s, const char *const *v)
{
	s->audit.require = v[0];
	return true;
}

static bool set_json(struct settings *s, const char *const *v)
{
	return s->audit.json = true;
}

static int audit(struct settings *s)
{
	struct diagnostics d;
	struct model *model = NULL;
	struct distribution *distribution;
	int result;

	if (!!s->audit.taken_over + !!s->audit.share[0] + !!s->audit.require + s->audit.surface > 1)
		return option_wrong(&audit_command,
				    "one question at a time: --taken-over, --share, --attack-surface or --require");
	s->audit.strict = s->strict;	/* of the rules here, not of the warnings */
	s->strict = false;
	result = assembly_load(s, s->operands[0], &d, &model);
	if (result)
		return result;
	distribution = image_distribution(model, &s->image);
	if (!distribution)
		return COMMAND_FAILED;
	return audit_run(audit_new(&s->arena, distribution, model->platform), &s->audit, stdout);
}

static const struct option own[] = {
	{ "taken-over", 0, 1, OPTION_TEXT, "PART", "what an attacker in PART gains, and what stays closed",
	  set_taken_over },
	{ "share", 0, 2, OPTION_TEXT, "PART PART", "which memory two parts share, and with what rights",
	  set_share },
	{ "attack-surface", 0, 0, OPTION_TEXT, NULL,
	  "by what each part can be reached; what falls with each guest, with an SMMU and without", set_surface },
	{ "require", 0, 1, OPTION_FILE, "FILE", "hold the rules in FILE; one line for each breach", set_require },
	{ "json", 0, 0, OPTION_TEXT, NULL, "the answer for programs", set_json },
	{ 0 },
};

const struct command audit_command = {
	.name = "audit",
	.what = "say who can do what, and what falls with whom",
	.synopsis = (const char *const[]){ "ASSEMBLY [QUESTION] [OPTION...]", NULL },
	.least = 1, .most = 1, .assembly = true,
	.text = "Answers from the capability distribution that `build --print-capdl` prints, and from nothing else.\n"
		"Without a question: each part with all that it can do. With --require, --strict means that DMA\n"
		"without an SMMU breaks rules, too. Rules, one a line; `#` begins a comment:\n\n"
		"  vm_storage !-> vm_network   no information goes from one to the other\n"
		"  vm_a !->> vm_b              nor by way of others, except those in `trust NAME...`\n"
		"  vm_a -> vm_b                some way there must be\n"
		"  vm_a !reads vm_b.ram        also writes, signals, calls; with and without `!`\n",
	.options = (const struct option *const[]){ own, assembly_options, assembly_image_options, NULL },
	.exits = "0 answered, all rules hold; 1 a rule is broken, or the assembly has errors; 2 wrong usage",
	.examples = (const char *const[]){
		"peervisor audit examples/two-vms/two-vms.camkes --taken-over vm_storage",
		"peervisor audit examples/two-vms/two-vms.camkes --share vm_storage vm_workload",
		"peervisor audit examples/seed/seed.camkes --attack-surface",
		"peervisor audit examples/seed/seed.camkes --require rules", NULL },
	.run = audit,
};
