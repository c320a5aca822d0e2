#include "json/json_out.h"

/* How a character stands in a string: itself (0), after a backslash, or as \u00XX ('u'). */
static const char ESCAPE[256] = {
    [0 ... '\b' - 1] = 'u',
    ['\b'] = 'b',
    ['\t'] = 't',
    ['\n'] = 'n',
    ['\n' + 1 ... '\f' - 1] = 'u',
    ['\f'] = 'f',
    ['\r'] = 'r',
    ['\r' + 1 ... ' ' - 1] = 'u',
    ['"'] = '"',
    ['<'] = 'u',
    ['\\'] = '\\',
    [0x7F] = 'u',
};

static void add_escape(struct buf *b, unsigned char c)
{
    static const char HEX[] = "0123456789abcdef";

    buf_add_char(b, '\\');
    buf_add_char(b, ESCAPE[c]);
    if (ESCAPE[c] == 'u') {
        const char digits[] = {'0', '0', HEX[c >> 4], HEX[c & 15]};
        buf_add(b, digits, sizeof digits);
    }
}

void json_quote(struct buf *b, str text)
{
    size_t from = 0;

    buf_add_char(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        unsigned char c = (unsigned char)text.p[i];
        if (ESCAPE[c] == 0)
            continue;
        buf_add(b, text.p + from, i - from);
        add_escape(b, c);
        from = i + 1;
    }
    if (text.n > from)
        buf_add(b, text.p + from, text.n - from);
    buf_add_char(b, '"');
}

static void add_comma(struct buf *b)
{
    if (b->n == 0)
        return;
    char last = b->p[b->n - 1];
    if (last != '{' && last != '[' && last != ':')
        buf_add_char(b, ',');
}

/* Up to where the value begins. */
static void begin(struct buf *b, const char *key)
{
    add_comma(b);
    if (key == NULL)
        return;
    buf_add_char(b, '"');
    buf_add_str(b, str_of(key));
    buf_add_str(b, STR("\":"));
}

void json_open(struct buf *b, const char *key, char bracket)
{
    begin(b, key);
    buf_add_char(b, bracket);
}

void json_close(struct buf *b, char bracket)
{
    buf_add_char(b, bracket);
}

void json_put_str(struct buf *b, const char *key, str text)
{
    begin(b, key);
    json_quote(b, text);
}

void json_put_int(struct buf *b, const char *key, int64_t value)
{
    begin(b, key);
    buf_add_i64(b, value);
}

void json_put_bool(struct buf *b, const char *key, bool value)
{
    json_put_raw(b, key, value ? STR("true") : STR("false"));
}

void json_put_raw(struct buf *b, const char *key, str json)
{
    begin(b, key);
    buf_add_str(b, json);
}
