#include "channel.h"

#include <sodium.h>

#define KEPT_MAX 4096 /* bytes of a text that are not given back */

static void fini_secret(struct buf *b)
{
    if (b->p != NULL)
        sodium_memzero(b->p, b->cap);
    buf_fini(b);
}

void channel_request_fini(struct channel_request *request)
{
    fini_secret(&request->url); /* there are tokens in all three */
    fini_secret(&request->headers);
    fini_secret(&request->body);
    buf_fini(&request->from);
    buf_fini(&request->to);
    buf_fini(&request->user);
    fini_secret(&request->password);
}

/* For the next one, which is much the same. A mail's own texts are rare. */
void channel_request_clear(struct channel_request *request)
{
    struct channel_request kept = {
        .url = request->url, .headers = request->headers, .body = request->body};
    struct buf *texts[] = {&kept.url, &kept.headers, &kept.body};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i]->n > 0)
            sodium_memzero(texts[i]->p, texts[i]->n);
        buf_clear(texts[i]);
        if (texts[i]->cap > KEPT_MAX)
            buf_fini(texts[i]);
    }
    request->url = request->headers = request->body = (struct buf){0};
    channel_request_fini(request);
    *request = kept;
}

void channel_request_header(struct channel_request *request, const char *name, str value)
{
    struct buf *to = &request->headers;

    buf_add_str(to, str_of(name));
    buf_add_str(to, STR(": "));
    char *out = buf_reserve(to, value.n + 1);
    for (size_t i = 0; i < value.n; i++) /* what would begin another header stays out */
        if ((unsigned char)value.p[i] >= ' ' && value.p[i] != 0x7F)
            *out++ = value.p[i];
    *out++ = '\0';
    to->n = (size_t)(out - to->p);
}

char *channel_request_header_at(const struct channel_request *request, size_t *at)
{
    if (*at >= request->headers.n)
        return NULL;
    char *line = request->headers.p + *at;
    *at += strlen(line) + 1;
    return line;
}
