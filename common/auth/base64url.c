#include "auth/base64url.h"

#include <sodium.h>

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

bool base64url_is_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

void base64url_add(struct buf *out, const void *bytes, size_t n)
{
    size_t room = sodium_base64_encoded_len(n, VARIANT); /* counts the NUL, which we do not */

    (void)sodium_bin2base64(buf_reserve(out, room), room, bytes, n, VARIANT);
    out->n += room - 1;
}

bool base64url_read(str text, void *to, size_t max, size_t *n_out)
{
    /* libsodium 1.0.18 takes every byte from 0x80 on for a '_'. */
    for (size_t i = 0; i < text.n; i++)
        if (!base64url_is_char(text.p[i]))
            return false;
    return sodium_base642bin(to, max, text.p, text.n, NULL, n_out, NULL, VARIANT) == 0;
}
