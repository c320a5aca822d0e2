#include "http/http_percent.h"

bool http_percent_decode(str text, bool plus_is_space, char *to, size_t *n_out)
{
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '+' && plus_is_space) {
            c = ' ';
        } else if (c == '%') {
            if (text.n - i < 3 || hex_value(text.p[i + 1]) < 0 || hex_value(text.p[i + 2]) < 0)
                return false;
            c = (char)(hex_value(text.p[i + 1]) << 4 | hex_value(text.p[i + 2]));
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7F)
            return false;
        to[n++] = c;
    }
    *n_out = n;
    return str_is_utf8(str_from(to, n));
}
