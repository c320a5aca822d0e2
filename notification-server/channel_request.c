#include "channel.h"

#include <sodium.h>

static void fini_secret(struct buf *b)
{
    if (b->p != NULL)
        sodium_memzero(b->p, b->cap);
    buf_fini(b);
}

void channel_request_fini(struct channel_request *request)
{
    fini_secret(&request->url); /* there are tokens in both */
    fini_secret(&request->headers);
    buf_fini(&request->body);
    buf_fini(&request->from);
    buf_fini(&request->to);
    buf_fini(&request->user);
    fini_secret(&request->password);
    buf_fini(&request->host_key);
}

void channel_request_header(struct channel_request *request, const char *name, str value)
{
    struct buf *to = &request->headers;

    buf_add_str(to, str_of(name));
    buf_add_str(to, STR(": "));
    for (size_t i = 0; i < value.n; i++) /* what would begin another header stays out */
        if ((unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7F)
            buf_add_char(to, value.p[i]);
    buf_add_char(to, '\0');
}

char *channel_request_header_at(const struct channel_request *request, size_t *at)
{
    if (*at >= request->headers.n)
        return NULL;
    char *line = request->headers.p + *at;
    *at += strlen(line) + 1;
    return line;
}
