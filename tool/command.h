/* SPDX-License-Identifier: BSD-2-Clause */
/* The tool's commands. Exit codes: 0 done, 1 it cannot be done (said why), 2 wrong usage. */
#ifndef TOOL_COMMAND_H
#define TOOL_COMMAND_H

int command_build(int argc, char **argv);
int command_check(int argc, char **argv);
int command_run(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_view(int argc, char **argv);

#endif
