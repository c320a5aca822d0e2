/* Integers as decimal digits, without printf: sequence numbers are on the message path. */
#ifndef CHATAPP_BASE_DECIMAL_H
#define CHATAPP_BASE_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_MAX 20 /* characters in INT64_MIN */

/* Writes at most DECIMAL_MAX characters and no NUL; returns how many. */
size_t decimal_write(char *to, int64_t value);

#endif
