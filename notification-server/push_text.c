#include "push_text.h"

#include "grapheme.h"
#include "json/json_out.h"

static const str DOTS = {"\xe2\x80\xa6", 3}; /* … */

static bool is_space(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7F;
}

/* In one line, with a space for each run of spaces, newlines and the like. */
static void squeeze(struct buf *out, str text)
{
    bool space = false;

    for (size_t i = 0; i < text.n; i++) {
        if (is_space(text.p[i])) {
            space = out->n > 0;
            continue;
        }
        if (space)
            buf_add_char(out, ' ');
        space = false;
        buf_add_char(out, text.p[i]);
    }
}

/* At most so many characters and bytes; what was cut ends in "…". */
static void add_cut(struct buf *out, str line, size_t characters, size_t bytes)
{
    size_t fits = 0; /* with the dots */
    size_t n = 0;

    for (size_t used = 0; n < line.n; used++) {
        size_t one = grapheme_length(str_skip(line, n));
        if (used < characters && n + DOTS.n <= bytes)
            fits = n;
        if (used == characters || n + one > bytes) {
            buf_add(out, line.p, fits);
            buf_add_str(out, DOTS);
            return;
        }
        n += one;
    }
    buf_add_str(out, line);
}

static void add_line(struct buf *out, str text, size_t bytes)
{
    struct buf line = {0};

    squeeze(&line, text);
    add_cut(out, buf_view(&line), PUSH_PREVIEW_MAX, bytes);
    buf_fini(&line);
}

static void add_name(struct buf *out, str name)
{
    add_line(out, name, PUSH_NAME_BYTES_MAX);
}

static void add_sender(const struct push_text *t, struct buf *out)
{
    size_t start = out->n;

    add_name(out, t->sender_name);
    if (out->n == start)
        buf_add_str(out, t->sender);
}

void push_text_title(const struct push_text *t, struct buf *out)
{
    size_t start = out->n;

    if (!t->direct)
        add_name(out, t->room);
    if (out->n == start)
        add_sender(t, out);
}

static void add_preview(const struct push_text *t, struct buf *out)
{
    if (!str_is_none(t->text))
        add_line(out, t->text, PUSH_PREVIEW_BYTES_MAX);
}

static void add_count(const struct push_text *t, struct buf *out)
{
    if (t->unread > 1)
        buf_printf(out, "%lld new messages", (long long)t->unread);
    else
        buf_add_str(out, STR("New message"));
    if (t->direct)
        return;
    buf_add_str(out, t->unread > 1 ? STR(", the last from ") : STR(" from "));
    add_sender(t, out);
}

void push_text_body(const struct push_text *t, struct buf *out)
{
    struct buf preview = {0};

    add_preview(t, &preview);
    if (preview.n == 0) {
        add_count(t, out);
    } else {
        if (!t->direct) {
            add_sender(t, out);
            buf_add_str(out, STR(": "));
        }
        buf_add_str(out, buf_view(&preview));
    }
    buf_fini(&preview);
}

void push_text_data(const struct push_text *t, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "conversation", t->conversation);
    json_put_str(out, "kind", t->direct ? STR("direct") : STR("room"));
    if (!t->direct)
        json_put_str(out, "name", t->room);
    json_put_str(out, "from", t->sender);
    if (t->sender_name.n > 0)
        json_put_str(out, "from_name", t->sender_name);
    json_put_int(out, "seq", t->seq);
    json_put_int(out, "unread", t->unread);
    json_close(out, '}');
}
