/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Undefined behaviour, as the compiler finds it at run time (-fsanitize=undefined): each kind has a
 * function that ends the thread with the place in the source. Every record begins with that place.
 */
#include <stdint.h>
#include <peervisor/panic.h>

struct place {
	const char *file;
	uint32_t line;
	uint32_t column;
};

#define UNDEFINED(name, what) \
	_Noreturn void __ubsan_handle_##name##_abort(const struct place *at); \
	void __ubsan_handle_##name##_abort(const struct place *at) \
	{ \
		panic_at(at->file, (int)at->line, "undefined behaviour: " what); \
	}

UNDEFINED(add_overflow, "an addition overflows")
UNDEFINED(sub_overflow, "a subtraction overflows")
UNDEFINED(mul_overflow, "a multiplication overflows")
UNDEFINED(negate_overflow, "a negation overflows")
UNDEFINED(divrem_overflow, "a division by zero or that overflows")
UNDEFINED(shift_out_of_bounds, "a shift by too many bits, or of a negative number")
UNDEFINED(out_of_bounds, "an index outside of its array")
UNDEFINED(type_mismatch_v1, "access by a null or misaligned pointer, or to too small an object")
UNDEFINED(pointer_overflow, "a pointer leaves its object")
UNDEFINED(vla_bound_not_positive, "an array's length is not positive")
UNDEFINED(load_invalid_value, "a value that its type cannot have")
UNDEFINED(nonnull_arg, "a null argument where none may be")
UNDEFINED(nonnull_return_v1, "a null result where none may be")
UNDEFINED(invalid_builtin, "a count of zeros in zero")

_Noreturn void __ubsan_handle_builtin_unreachable(const struct place *at);
_Noreturn void __ubsan_handle_missing_return(const struct place *at);

void __ubsan_handle_builtin_unreachable(const struct place *at)
{
	panic_at(at->file, (int)at->line, "undefined behaviour: what cannot be reached was");
}

void __ubsan_handle_missing_return(const struct place *at)
{
	panic_at(at->file, (int)at->line, "undefined behaviour: a function ends without its value");
}
