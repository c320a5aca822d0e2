#include "conversation_cursor.h"

#include "auth/base64url.h"

#define PLAIN_MAX 64

void conversation_cursor_write(int64_t time, str id, struct buf *out)
{
    struct buf plain = {0};

    buf_add_i64(&plain, time);
    buf_add_char(&plain, '.');
    buf_add_str(&plain, id);
    base64url_add(out, plain.p, plain.n);
    buf_fini(&plain);
}

enum err conversation_cursor_parse(str text, struct conversation_cursor *cursor_out)
{
    char plain[PLAIN_MAX];
    size_t n;
    str time;
    int64_t value;

    if (!base64url_read(text, plain, sizeof plain, &n))
        return ERR_INVALID;
    str rest = str_from(plain, n);
    if (!str_split(&rest, '.', &time) || !str_to_i64(time, &value) ||
        !conversation_id_is_valid(rest))
        return ERR_INVALID;
    cursor_out->time = value;
    memcpy(cursor_out->id.text, rest.p, rest.n);
    cursor_out->id.text[rest.n] = '\0';
    return OK;
}

int conversation_order(int64_t time_a, str id_a, int64_t time_b, str id_b)
{
    if (time_a != time_b)
        return time_a > time_b ? -1 : 1;
    return memcmp(id_a.p, id_b.p, id_a.n < id_b.n ? id_a.n : id_b.n);
}
