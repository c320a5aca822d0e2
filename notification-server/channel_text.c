#include "channel_text.h"

#include <sodium.h>
#include <time.h>

#include "auth/base64url.h"
#include "json/json_out.h"

#define COLLAPSE_N 24 /* bytes; 32 characters */
#define MS_PER_S 1000
#define FOUR_BYTES 0xF0 /* the least first byte of a character that takes four */
#define TIME_MAX 32
#define BODY_MIN 64 /* bytes of a body that are worth more than data */

static const str DOTS = {"\xe2\x80\xa6", 3}; /* … */

/* Bytes of the character at the start of `text`. */
static size_t character(str text)
{
    size_t n = 1;

    while (n < text.n && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n++;
    return n;
}

typedef size_t cost_fn(str one);

static size_t cost_bytes(str one)
{
    return one.n;
}

static size_t cost_utf16(str one)
{
    return (unsigned char)one.p[0] >= FOUR_BYTES ? 2 : 1;
}

static size_t cost_json(str one)
{
    struct buf quoted = {0};

    if (one.n > 1)
        return one.n;
    json_quote(&quoted, one);
    size_t n = quoted.n - 2;
    buf_fini(&quoted);
    return n;
}

/* The longest beginning of `text` that costs at most `max`. */
static str beginning(str text, size_t max, cost_fn *cost)
{
    size_t used = 0;
    size_t n = 0;

    while (n < text.n) {
        str rest = str_skip(text, n);
        str one = str_from(rest.p, character(rest));
        used += cost(one);
        if (used > max)
            break;
        n += one.n;
    }
    return str_from(text.p, n);
}

static void add_cut(struct buf *out, str text, size_t max, cost_fn *cost)
{
    size_t dots = cost(DOTS);
    str part = beginning(text, max, cost);

    if (part.n == text.n) {
        buf_add_str(out, text);
    } else if (max >= dots) {
        buf_add_str(out, beginning(text, max - dots, cost));
        buf_add_str(out, DOTS);
    }
}

void text_add_cut(struct buf *out, str text, size_t max)
{
    add_cut(out, text, max, cost_bytes);
}

void text_add_cut_utf16(struct buf *out, str text, size_t max)
{
    add_cut(out, text, max, cost_utf16);
}

void text_add_cut_json(struct buf *out, str text, size_t max)
{
    add_cut(out, text, max, cost_json);
}

void text_add_plain(struct buf *out, const struct notification *notification)
{
    if (notification->title.n > 0) {
        buf_add_str(out, notification->title);
        buf_add_char(out, '\n');
    }
    buf_add_str(out, notification->body);
}

str priority_word(enum priority priority)
{
    static const char *const WORDS[] = {
        [PRIORITY_LOW] = "low", [PRIORITY_NORMAL] = "normal", [PRIORITY_HIGH] = "high"};

    return str_of(WORDS[priority]);
}

static char *put_digits(char *p, int n, int value)
{
    for (int i = n; i-- > 0; value /= 10)
        p[i] = (char)('0' + value % 10);
    return p + n;
}

/* "2026-01-31T12:00:00.000Z", without what strftime() costs for each notification. */
void text_add_time(struct buf *out, int64_t time_ms)
{
    time_t seconds = time_ms / MS_PER_S;
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL)
        return; /* beyond the year 2^31 */
    const struct {
        int n;
        int value;
        char after;
    } parts[] = {{4, tm.tm_year + 1900, '-'},
                 {2, tm.tm_mon + 1, '-'},
                 {2, tm.tm_mday, 'T'},
                 {2, tm.tm_hour, ':'},
                 {2, tm.tm_min, ':'},
                 {2, tm.tm_sec, '.'},
                 {3, (int)(time_ms % MS_PER_S), 'Z'}};
    char *start = buf_reserve(out, TIME_MAX);
    char *p = start;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        p = put_digits(p, parts[i].n, parts[i].value);
        *p++ = parts[i].after;
    }
    out->n += (size_t)(p - start);
}

void text_add_collapse(struct buf *out, const struct notification *notification,
                       const struct device *device)
{
    unsigned char hash[COLLAPSE_N];
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    (void)crypto_generichash_update(&state, (const unsigned char *)device->id.p, device->id.n);
    (void)crypto_generichash_update(&state, (const unsigned char *)"\0", 1);
    (void)crypto_generichash_update(&state, (const unsigned char *)notification->collapse.p,
                                    notification->collapse.n);
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    base64url_add(out, hash, sizeof hash);
}

void payload_put_rest(struct buf *out, const struct notification *notification,
                      const struct payload_part *part)
{
    json_put_str(out, "id", notification->id);
    if (notification->event.n > 0)
        json_put_str(out, "event", notification->event);
    if (!str_is_none(part->data))
        json_put_raw(out, "data", part->data);
    if (part->truncated)
        json_put_bool(out, "truncated", true);
}

/* How long the payload is without its body. */
static size_t frame_size(payload_fn *write, const struct channel_input *input, str data)
{
    const struct payload_part part = {.body = STR(""), .data = data, .truncated = true};
    struct buf out = {0};

    write(input, &part, &out);
    size_t n = out.n;
    buf_fini(&out);
    return n;
}

enum err payload_fit(payload_fn *write, const struct channel_input *input, size_t max,
                     struct buf *out)
{
    const struct notification *n = input->notification;
    struct payload_part part = {.body = n->body, .data = n->data.n > 0 ? n->data : STR_NONE};
    struct buf body = {0};
    size_t start = out->n;

    write(input, &part, out);
    if (out->n - start <= max)
        return OK;
    out->n = start;
    part.truncated = true;
    size_t frame = frame_size(write, input, part.data);
    if (frame + (n->body.n < BODY_MIN ? n->body.n : BODY_MIN) > max) {
        part.data = STR_NONE;
        frame = frame_size(write, input, part.data);
    }
    if (frame > max)
        return ERR_TOO_BIG;
    text_add_cut_json(&body, n->body, max - frame);
    part.body = str_from(body.n > 0 ? body.p : "", body.n);
    write(input, &part, out);
    buf_fini(&body);
    return OK;
}
