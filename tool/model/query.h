/* SPDX-License-Identifier: BSD-2-Clause */
/* dtb({...}): looks nodes up in the platform's device tree. */
#ifndef TOOL_QUERY_H
#define TOOL_QUERY_H

#include "model.h"

/*
 * Turns every dtb() in settings and defaults into what it finds:
 * { "query": [{ "this-node-path": "...", PROPERTY: [VALUE, ...], ... }, ...], "dtb-size": [BYTES] }
 */
void query_resolve(struct model *m);

#endif
