#include "base/decimal.h"

#include <string.h>

size_t decimal_write(char *to, int64_t value)
{
    char digits[DECIMAL_MAX];
    size_t n = 0;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    do {
        digits[sizeof digits - ++n] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        digits[sizeof digits - ++n] = '-';
    memcpy(to, digits + sizeof digits - n, n);
    return n;
}
