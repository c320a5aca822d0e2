#include "order.h"

#include <sodium.h>
#include <stdlib.h>

#define WORD_MAX 64
#define TITLE_MAX 1024
#define ANY_LENGTH (64 * 1024)
#define DATA_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

static bool has_control(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7F)
            return true;
    return false;
}

/* One line of text. */
static str read_line(struct json_in *in, const char *key, size_t max)
{
    str text = json_in_str_optional(in, key, 1, max);

    if (str_is_none(text))
        return STR("");
    if (!json_in_bad(in) && has_control(text))
        json_in_fail(in, key, "must not hold control characters");
    return text;
}

static bool is_word(str s)
{
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '_' || c == ':' || c == '-';
        if (!good)
            return false;
    }
    return true;
}

static str read_event(struct json_in *in)
{
    str event = read_line(in, "event", WORD_MAX);

    if (!json_in_bad(in) && !is_word(event))
        json_in_fail(in, "event", "must be of letters, digits, dot, underscore, colon and dash");
    return event;
}

static void read_user(struct json_in *in, struct username *user_out)
{
    str name = json_in_str(in, "user", 0, ANY_LENGTH);

    if (!json_in_bad(in) && username_parse(name, user_out) != OK)
        json_in_fail(in, "user", "is no username");
}

static enum notify_stream read_priority(struct json_in *in)
{
    str word = json_in_str_optional(in, "priority", 0, ANY_LENGTH);

    if (json_in_bad(in) || str_is_none(word) || str_eq(word, STR("normal")))
        return NOTIFY_NORMAL;
    if (str_eq(word, STR("high")))
        return NOTIFY_HIGH;
    if (!str_eq(word, STR("low")))
        json_in_fail(in, "priority", "must be high, normal or low");
    return NOTIFY_LOW;
}

static void read_data(struct json_in *in, struct buf *out)
{
    const json_t *data = json_object_get(in->root, "data");

    if (json_in_bad(in) || !json_in_has(in, "data"))
        return;
    if (!json_is_object(data)) {
        json_in_fail(in, "data", "must be an object");
        in->wrong_type = true;
        return;
    }
    char *text = json_dumps(data, DATA_FLAGS);
    if (text == NULL)
        json_in_fail(in, "data", "cannot be kept");
    else
        buf_add_str(out, str_of(text));
    free(text);
}

static void check_size(struct json_in *in, const struct order *o, int64_t most)
{
    if (!json_in_bad(in) && (int64_t)(o->title.n + o->body.n + o->event.n + o->data.n) > most)
        json_in_fail(in, o->data.n > o->body.n ? "data" : "body",
                     "is too long, with what else there is to send");
}

void order_read(struct json_in *in, const struct order_limits *limits, struct order *o)
{
    *o = (struct order){.ttl_s = limits->ttl_default_s};
    read_user(in, &o->user);
    o->title = read_line(in, "title", TITLE_MAX);
    o->body = json_in_str(in, "body", 1, ANY_LENGTH);
    o->event = read_event(in);
    read_data(in, &o->data);
    o->collapse = read_line(in, "collapse", WORD_MAX);
    o->priority = read_priority(in);
    if (json_in_has(in, "ttl"))
        o->ttl_s = json_in_int(in, "ttl", 1, limits->ttl_max_s);
    check_size(in, o, limits->content_max);
}

void order_fini(struct order *o)
{
    buf_fini(&o->data);
}

/* With its length, so that no two orders run into one. */
static void hash_text(crypto_generichash_state *state, str text)
{
    uint64_t n = text.n;

    (void)crypto_generichash_update(state, (const unsigned char *)&n, sizeof n);
    (void)crypto_generichash_update(state, (const unsigned char *)text.p, text.n);
}

void order_hash(const struct order *o, char hex_out[ORDER_HASH_HEX])
{
    crypto_generichash_state state;
    unsigned char hash[(ORDER_HASH_HEX - 1) / 2];
    const int64_t numbers[] = {o->priority, o->ttl_s};

    (void)crypto_generichash_init(&state, NULL, 0, sizeof hash);
    hash_text(&state, username_view(&o->user));
    hash_text(&state, o->title);
    hash_text(&state, o->body);
    hash_text(&state, o->event);
    hash_text(&state, buf_view(&o->data));
    hash_text(&state, o->collapse);
    hash_text(&state, str_from((const char *)numbers, sizeof numbers));
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    (void)sodium_bin2hex(hex_out, ORDER_HASH_HEX, hash, sizeof hash);
}
