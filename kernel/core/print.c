/* SPDX-License-Identifier: BSD-2-Clause */
/* Text on the kernel's console. */
#include <stdarg.h>

#include <kernel/arch.h>
#include <kernel/print.h>

static void print_string(const char *s)
{
	while (*s)
		arch_putc(*s++);
}

struct number_form {
	unsigned int base, width;
	char pad;
};

static void print_number(u64 v, bool negative, struct number_form form)
{
	char digits[24];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[v % form.base];
		v /= form.base;
	} while (v);
	if (negative)
		digits[n++] = '-';
	for (unsigned int i = n; i < form.width; i++)
		arch_putc(form.pad);
	while (n)
		arch_putc(digits[--n]);
}

static const char *parse_form(const char *f, struct number_form *form, bool *is_long)
{
	*form = (struct number_form){ .base = 10, .pad = ' ' };
	if (*f == '0') {
		form->pad = '0';
		f++;
	}
	while (*f >= '0' && *f <= '9')
		form->width = form->width * 10 + (unsigned int)(*f++ - '0');
	*is_long = *f == 'l';
	while (*f == 'l')
		f++;
	return f;
}

static void print_value(char kind, struct number_form form, bool is_long, va_list *args)
{
	s64 value;

	switch (kind) {
	case 'd':
		value = is_long ? va_arg(*args, long) : va_arg(*args, int);
		print_number(value < 0 ? 0 - (u64)value : (u64)value, value < 0, form);
		break;
	case 'x':
		form.base = 16;
		/* fall through */
	case 'u':
		print_number(is_long ? va_arg(*args, u64) : va_arg(*args, unsigned int), false,
			     form);
		break;
	case 'p':
		form.base = 16;
		print_number((u64)va_arg(*args, void *), false, form);
		break;
	case 's':
		print_string(va_arg(*args, const char *));
		break;
	case 'c':
		arch_putc((char)va_arg(*args, int));
		break;
	default:
		arch_putc(kind);
	}
}

static void print_list(const char *f, va_list *args)
{
	struct number_form form;
	bool is_long;

	for (; *f; f++) {
		if (*f != '%') {
			arch_putc(*f);
			continue;
		}
		f = parse_form(f + 1, &form, &is_long);
		if (!*f)
			return;
		print_value(*f, form, is_long, args);
	}
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_list(format, &args);
	va_end(args);
}

void print_stop(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_list(format, &args);
	va_end(args);
	print_string("\n");
	arch_halt();
}

void print_panic(const char *format, ...)
{
	va_list args;

	print_string("kernel bug: ");
	va_start(args, format);
	print_list(format, &args);
	va_end(args);
	print_string("\n");
	arch_halt();
}
