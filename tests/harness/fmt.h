/* Short-lived text, so that a line of a test can build the text it sends:
 *
 *     http_do(s, "GET", fmt("/api/users/%s", ann.name), ann.access, NULL);
 *
 * What fmt() returns stays as it is for the next 4000 calls: longer than a test case takes. */
#ifndef CHATAPP_HARNESS_FMT_H
#define CHATAPP_HARNESS_FMT_H

#include <stdarg.h>
#include <stddef.h>

const char *fmt(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *fmt_v(const char *format, va_list args) __attribute__((format(printf, 1, 0)));
/* `c` n times. */
const char *fmt_repeat(char c, size_t n);
/* JSON as it is comfortable in C: when there is no double quote in it, single ones stand for
 * double ones. */
const char *fmt_json(const char *json);

#endif
