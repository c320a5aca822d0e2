#include "auth/base64.h"

#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_ORIGINAL

void base64_add(struct buf *out, const void *bytes, size_t n)
{
    size_t room = sodium_base64_encoded_len(n, VARIANT); /* counts the NUL, which we do not */

    (void)sodium_bin2base64(buf_reserve(out, room), room, bytes, n, VARIANT);
    out->n += room - 1;
}

bool base64_read(str text, void *to, size_t max, size_t *n_out)
{
    for (size_t i = 0; i < text.n; i++) /* libsodium 1.0.18 takes bytes from 0x80 on for digits */
        if ((unsigned char)text.p[i] >= 0x80)
            return false;
    return sodium_base642bin(to, max, text.p, text.n, NULL, n_out, NULL, VARIANT) == 0;
}
