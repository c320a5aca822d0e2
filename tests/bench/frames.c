#include "frames.h"

#include <string.h>

#include "base/clock.h"
#include "figures.h"

/* All that is looked for stands before the text, which may hold anything. */
#define HEAD_MAX 256

static str head_of(str text)
{
    return str_from(text.p, text.n < HEAD_MAX ? text.n : HEAD_MAX);
}

/* What follows `name` in the frame. */
static str after(str text, str name)
{
    const char *at = memmem(text.p, text.n, name.p, name.n);
    if (at == NULL)
        die("no %.*s in %.*s", STR_ARG(name), STR_ARG(head_of(text)));
    return str_skip(text, (size_t)(at - text.p) + name.n);
}

static int64_t number_of(str rest)
{
    int64_t value = 0;
    for (size_t i = 0; i < rest.n && rest.p[i] >= '0' && rest.p[i] <= '9'; i++)
        value = value * 10 + (rest.p[i] - '0');
    return value;
}

static str until_quote(str rest)
{
    const char *end = memchr(rest.p, '"', rest.n);
    return end ? str_from(rest.p, (size_t)(end - rest.p)) : rest;
}

struct frame frame_read(str text)
{
    struct frame frame = {.kind = FRAME_OTHER};

    if (str_starts(text, STR("{\"type\":\"message\"")))
        frame.kind = FRAME_MESSAGE;
    else if (str_starts(text, STR("{\"type\":\"ack\"")))
        frame.kind = FRAME_ACK;
    else if (str_starts(text, STR("{\"type\":\"error\"")))
        die("%.*s", STR_ARG(head_of(text)));
    else
        return frame;
    if (frame.kind == FRAME_ACK && memmem(text.p, text.n, "\"duplicate\"", 11))
        die("a message that was sent once is called a duplicate: %.*s", STR_ARG(head_of(text)));
    str head = head_of(text);
    frame.seq = number_of(after(head, STR("\"seq\":")));
    frame.number = number_of(after(head, STR("\"id\":\"")));
    frame.conversation = until_quote(after(head, STR("\"conversation\":\"")));
    return frame;
}

static void add_text(struct buf *out, size_t n)
{
    buf_add_str(out, STR("\"text\":\""));
    memset(buf_reserve(out, n), 'x', n);
    out->n += n;
    buf_add_str(out, STR("\"}"));
}

void frame_send(struct buf *out, int64_t number, const char *where, str target, size_t text_n)
{
    buf_clear(out);
    buf_printf(out, "{\"type\":\"send\",\"id\":\"%ld\",\"%s\":\"%.*s\",", number, where,
               STR_ARG(target));
    add_text(out, text_n);
}

void frame_message(struct buf *out, int64_t number, str conversation, size_t text_n)
{
    buf_clear(out);
    buf_printf(out,
               "{\"type\":\"message\",\"conversation\":\"%.*s\",\"seq\":%ld,\"id\":\"%ld\","
               "\"from\":\"b000000-0\",\"time\":%ld,",
               STR_ARG(conversation), number + 1, number, clock_wall_ms());
    add_text(out, text_n);
}
