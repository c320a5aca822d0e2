/* Assertions that stay on in release builds: for our own bugs, never for input. */
#ifndef CHATAPP_BASE_CHECK_H
#define CHATAPP_BASE_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            (void)fprintf(stderr, "bug: %s:%d: %s\n", __FILE__, __LINE__, #condition);             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
