/* SPDX-License-Identifier: BSD-2-Clause */
/* Errors that generated code finds: messages that are not what the procedure says, and their like. */
#ifndef CAMKES_ERROR_H
#define CAMKES_ERROR_H

typedef enum camkes_error_type {
	CE_NO_ERROR,
	CE_INVALID_METHOD_INDEX,	/* the other side has no such method */
	CE_MALFORMED_RPC_PAYLOAD,	/* lengths that do not add up */
	CE_ALLOCATION_FAILURE,		/* no heap for what came */
	CE_BUFFER_LENGTH_EXCEEDED,	/* strings or arrays do not fit into one message */
	CE_NOT_CONNECTED,		/* of an interface with `maybe` */
} camkes_error_type_t;

typedef struct camkes_error {
	camkes_error_type_t type;
	const char *instance;
	const char *interface;
	const char *method;		/* "?" if there is none */
	const char *description;
} camkes_error_t;

typedef enum camkes_error_action {
	CEA_DISCARD,	/* a client returns zeros; a server answers with the error and goes on */
	CEA_IGNORE,	/* the same */
	CEA_ABORT,	/* this thread ends */
	CEA_HALT,	/* the same: no component can stop the others */
} camkes_error_action_t;

typedef camkes_error_action_t (*camkes_error_handler_t)(camkes_error_t *error);

/* For all interfaces that have no handler of their own. Without one: a line in the log, CEA_DISCARD. */
camkes_error_handler_t camkes_register_error_handler(camkes_error_handler_t handler);

#endif
