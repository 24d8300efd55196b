/* SPDX-License-Identifier: BSD-2-Clause */
/* What `peervisor new` writes. In texts, @ stands for the name, ^ for the type's name. */
#ifndef TOOL_TEMPLATE_H
#define TOOL_TEMPLATE_H

struct template_file {
	const char *path;
	const char *text;
};

extern const struct template_file template_component[], template_assembly[];	/* ended by NULL */

#endif
