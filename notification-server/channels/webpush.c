/* Browsers: RFC 8030 (delivery), RFC 8291 (encryption), RFC 8292 (VAPID). */
#include <sodium.h>

#include "auth/base64url.h"
#include "channel_build.h"
#include "channel_env.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "channel_url.h"
#include "crypto/jwt.h"
#include "crypto/webpush_seal.h"
#include "json/json_out.h"

#define MS_PER_S 1000
#define TTL_MAX_S 2419200  /* four weeks, the longest that push services keep anything */
#define VAPID_LIFE_S 43200 /* at most a day */
#define KEY_TEXT_MAX 128

static bool read_key(str text, unsigned char *to, size_t n)
{
    size_t got;

    while (text.n > 0 && text.p[text.n - 1] == '=') /* some clients pad */
        text.n--;
    return base64url_read(text, to, n, &got) && got == n;
}

static const char *p256dh_problem(str text)
{
    unsigned char point[P256_POINT_N];

    if (read_key(text, point, sizeof point) && p256_is_point(point, sizeof point))
        return NULL;
    return "must be a P-256 public key, 65 bytes in base64url";
}

static const char *auth_problem(str text)
{
    unsigned char auth[WEBPUSH_AUTH_N];

    return read_key(text, auth, sizeof auth) ? NULL : "must be 16 bytes in base64url";
}

static const struct channel_field FIELDS[] = {
    {.name = "endpoint", .max = CHANNEL_URL_MAX, .identity = true, .is_url = true},
    {.name = "keys.p256dh", .max = KEY_TEXT_MAX, .secret = true, .problem = p256dh_problem},
    {.name = "keys.auth", .max = KEY_TEXT_MAX, .secret = true, .problem = auth_problem},
    {.name = NULL},
};

static bool ready(const struct channel_env *env, const char **why_out)
{
    *why_out = "its key is not known yet";
    return atomic_load(&env->vapid) != NULL;
}

/* What a service worker finds in event.data.json(). */
static void write_payload(const struct channel_input *input, const struct payload_part *part,
                          struct buf *out)
{
    const struct notification *n = input->notification;
    struct buf title = {0};

    text_add_cut(&title, n->title, CHANNEL_TITLE_MAX);
    json_open(out, NULL, '{');
    if (title.n > 0)
        json_put_str(out, "title", buf_view(&title));
    json_put_str(out, "body", part->body);
    if (n->collapse.n > 0)
        json_put_str(out, "collapse", n->collapse);
    json_put_int(out, "time", n->created_ms);
    payload_put_rest(out, n, part);
    json_close(out, '}');
    buf_fini(&title);
}

/* The sender's key for this message: of the first random bytes, nearly all of which make one. */
static void own_key(const struct channel_input *input, struct p256_key *key_out)
{
    unsigned char bytes[P256_PRIVATE_N];

    memcpy(bytes, input->random, sizeof bytes);
    while (p256_from_private(bytes, key_out) != OK)
        bytes[0] ^= 0x80; /* below the order, for its first bytes are 0xFF */
    sodium_memzero(bytes, sizeof bytes);
}

static enum err seal(const struct channel_input *input, str text, struct buf *out)
{
    unsigned char p256dh[P256_POINT_N];
    unsigned char auth[WEBPUSH_AUTH_N];
    struct p256_key own;

    _Static_assert(CHANNEL_RANDOM_N >= P256_PRIVATE_N + AES128GCM_SALT_N, "random bytes");
    if (!read_key(device_get(input->device, "keys.p256dh"), p256dh, sizeof p256dh) ||
        !read_key(device_get(input->device, "keys.auth"), auth, sizeof auth))
        return ERR_INVALID;
    own_key(input, &own);
    enum err err = webpush_seal(p256dh, auth, &own, input->random + P256_PRIVATE_N, text, out);
    sodium_memzero(&own, sizeof own);
    return err;
}

/* RFC 8292, section 3: "vapid t=JWT, k=public key". */
static void add_vapid(const struct channel_input *input, const struct channel_url *url,
                      struct channel_request *request)
{
    const struct p256_key *key = &atomic_load(&input->env->vapid)->key;
    str subject = str_of(input->env->settings->vapid_subject);
    struct buf audience = {0};
    struct buf payload = {0};
    struct buf value = {0};

    channel_url_origin(url, &audience);
    json_open(&payload, NULL, '{');
    json_put_str(&payload, "aud", buf_view(&audience));
    json_put_int(&payload, "exp", input->now_ms / MS_PER_S + VAPID_LIFE_S);
    if (subject.n > 0)
        json_put_str(&payload, "sub", subject);
    json_close(&payload, '}');
    buf_add_str(&value, STR("vapid t="));
    jwt_es256(key, STR("{\"typ\":\"JWT\",\"alg\":\"ES256\"}"), buf_view(&payload), &value);
    buf_add_str(&value, STR(", k="));
    base64url_add(&value, key->point, sizeof key->point);
    channel_request_header(request, "Authorization", buf_view(&value));
    buf_fini(&audience);
    buf_fini(&payload);
    buf_fini(&value);
}

static void add_headers(const struct channel_input *input, struct channel_request *request)
{
    const struct notification *n = input->notification;
    struct buf value = {0};

    channel_request_header(request, "Content-Type", STR("application/octet-stream"));
    channel_request_header(request, "Content-Encoding", STR("aes128gcm"));
    channel_request_header(request, "Urgency", priority_word(n->priority));
    buf_add_i64(&value, channel_ttl_s(input, TTL_MAX_S));
    channel_request_header(request, "TTL", buf_view(&value));
    if (n->collapse.n > 0) {
        buf_clear(&value);
        text_add_collapse(&value, n, input->device);
        channel_request_header(request, "Topic", buf_view(&value));
    }
    buf_fini(&value);
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    str endpoint = device_get(input->device, "endpoint");
    struct channel_url url;
    struct buf text = {0};

    if (!ready(input->env, why_out))
        return ERR_UNAVAILABLE;
    channel_request_to_users(request, endpoint);
    if (channel_url_parse(endpoint, &url) != NULL) {
        *why_out = "the device's endpoint is none";
        return ERR_INVALID;
    }
    *why_out = "too long for Web Push";
    enum err err = payload_fit(write_payload, input, WEBPUSH_TEXT_MAX, &text);
    if (err == OK && (err = seal(input, buf_view(&text), &request->body)) != OK)
        *why_out = "the device's keys are none";
    if (err == OK) {
        add_headers(input, request);
        add_vapid(input, &url, request);
    }
    buf_fini(&text);
    return err;
}

static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 404, .outcome = CHANNEL_GONE}, /* RFC 8030, section 7.3 */
        {.status = 410, .outcome = CHANNEL_GONE},
        {.status = 0},
    };
    return verdict_of_http(response, RULES, STR(""));
}

const struct channel channel_webpush = {.name = "webpush",
                                        .fields = FIELDS,
                                        .exclusive = true,
                                        .wants_random = true,
                                        .payload_max = WEBPUSH_BODY_MAX,
                                        .ready = ready,
                                        .build = build,
                                        .judge = judge};
