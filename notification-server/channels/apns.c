/* Apple's push service (developer.apple.com/documentation/usernotifications/sending-notification-requests-to-apns), with a
 * provider token (establishing-a-token-based-connection-to-apns), which is ours to make: no less than 20 minutes apart, and
 * good for an hour. */
#include <sodium.h>

#include "channel_answer.h"
#include "channel_build.h"
#include "channel_env.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "crypto/jwt.h"
#include "json/json_out.h"

#define TOKEN_MIN 64 /* hexadecimal digits */
#define TOKEN_MAX 200
#define PAYLOAD_MAX 4096
#define MS_PER_S 1000
#define RENEW_MS 2400000  /* 40 minutes */
#define EXPIRE_MS 3540000 /* 59 minutes */

static const char *token_problem(str token)
{
    bool good = token.n >= TOKEN_MIN && token.n % 2 == 0;

    for (size_t i = 0; i < token.n; i++)
        good = good && ((token.p[i] >= '0' && token.p[i] <= '9') ||
                        (token.p[i] >= 'a' && token.p[i] <= 'f') ||
                        (token.p[i] >= 'A' && token.p[i] <= 'F'));
    return good ? NULL : "must be a device token: 64 to 200 hexadecimal digits";
}

static const struct channel_field FIELDS[] = {
    {.name = "token", .max = TOKEN_MAX, .secret = true, .identity = true, .problem = token_problem},
    {.name = NULL},
};

static bool ready(const struct channel_env *env, const char **why_out)
{
    *why_out = "--apns-key is not set";
    return env->has_apns;
}

/* ---- the provider token ---- */

static enum err token_make(const struct channel_env *env, int64_t now_ms,
                           struct channel_token *token, struct channel_request *ask,
                           const char **why_out)
{
    struct buf header = {0};
    struct buf payload = {0};

    (void)ask;
    if (!ready(env, why_out))
        return ERR_INVALID;
    json_open(&header, NULL, '{');
    json_put_str(&header, "alg", STR("ES256"));
    json_put_str(&header, "kid", str_of(env->settings->apns_key_id));
    json_close(&header, '}');
    json_open(&payload, NULL, '{');
    json_put_str(&payload, "iss", str_of(env->settings->apns_team_id));
    json_put_int(&payload, "iat", now_ms / MS_PER_S);
    json_close(&payload, '}');
    jwt_es256(&env->apns, buf_view(&header), buf_view(&payload), &token->text);
    token->renew_ms = now_ms + RENEW_MS;
    token->expires_ms = now_ms + EXPIRE_MS;
    buf_fini(&header);
    buf_fini(&payload);
    return OK;
}

static const struct channel_tokens TOKENS = {.make = token_make};

/* ---- the notification ---- */

static void write_payload(const struct channel_input *input, const struct payload_part *part,
                          struct buf *out)
{
    const struct notification *n = input->notification;
    struct buf title = {0};

    text_add_cut(&title, n->title, CHANNEL_TITLE_MAX);
    json_open(out, NULL, '{');
    json_open(out, "aps", '{');
    json_open(out, "alert", '{');
    if (title.n > 0)
        json_put_str(out, "title", buf_view(&title));
    json_put_str(out, "body", part->body);
    json_close(out, '}');
    if (n->priority != PRIORITY_LOW)
        json_put_str(out, "sound", STR("default"));
    json_close(out, '}');
    payload_put_rest(out, n, part);
    json_close(out, '}');
    buf_fini(&title);
}

/* A UUID that is the same for every try. */
static void add_id(const struct channel_input *input, struct channel_request *request)
{
    unsigned char h[crypto_generichash_BYTES_MIN];
    struct buf text = {0};
    struct buf uuid = {0};

    _Static_assert(sizeof h == 16, "as many bytes as a UUID has");
    buf_printf(&text, "%.*s.%.*s", STR_ARG(input->notification->id), STR_ARG(input->device->id));
    (void)crypto_generichash(h, sizeof h, (const unsigned char *)text.p, text.n, NULL, 0);
    h[6] = (unsigned char)((h[6] & 0x0F) | 0x80); /* version 8 and the variant (RFC 9562) */
    h[8] = (unsigned char)((h[8] & 0x3F) | 0x80);
    buf_printf(&uuid, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", h[0],
               h[1], h[2], h[3], h[4], h[5], h[6], h[7], h[8], h[9], h[10], h[11], h[12], h[13],
               h[14], h[15]);
    channel_request_header(request, "apns-id", buf_view(&uuid));
    buf_fini(&text);
    buf_fini(&uuid);
}

static void add_headers(const struct channel_input *input, struct channel_request *request)
{
    const struct notification *n = input->notification;
    struct buf value = {0};

    channel_request_bearer(request, "bearer", input->token);
    channel_request_header(request, "apns-topic", str_of(input->env->settings->apns_topic));
    channel_request_header(request, "apns-push-type", STR("alert"));
    channel_request_header(request, "apns-priority",
                           n->priority == PRIORITY_LOW ? STR("5") : STR("10"));
    add_id(input, request);
    if (n->expires_ms != 0) {
        buf_add_i64(&value, n->expires_ms / MS_PER_S);
        channel_request_header(request, "apns-expiration", buf_view(&value));
    }
    if (n->collapse.n > 0) {
        buf_clear(&value);
        text_add_collapse(&value, n, input->device);
        channel_request_header(request, "apns-collapse-id", buf_view(&value));
    }
    channel_request_header(request, "Content-Type", STR("application/json"));
    buf_fini(&value);
}

static const char *base(const struct channel_settings *settings)
{
    return settings->apns_url;
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    struct buf path = {0};

    if (!ready(input->env, why_out))
        return ERR_INVALID;
    buf_printf(&path, "/3/device/%.*s", STR_ARG(device_get(input->device, "token")));
    channel_request_to(request, base(input->env->settings), buf_view(&path));
    buf_fini(&path);
    request->http2 = true;
    add_headers(input, request);
    *why_out = "too long for APNs";
    return payload_fit(write_payload, input, PAYLOAD_MAX, &request->body);
}

/* developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns */
static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 410, .outcome = CHANNEL_GONE}, /* Unregistered, ExpiredToken */
        {.status = 400, .word = "BadDeviceToken", .outcome = CHANNEL_GONE},
        {.status = 400, .word = "IdleTimeout", .outcome = CHANNEL_RETRY},
        {.status = 403, .word = "ExpiredProviderToken", CHANNEL_RETRY, .renew_token = true},
        {.status = 403, .word = "InvalidProviderToken", CHANNEL_RETRY, .renew_token = true},
        {.status = 403, .word = "MissingProviderToken", CHANNEL_RETRY, .renew_token = true},
        {.status = 403, .outcome = CHANNEL_RETRY}, /* BadCertificate…, Forbidden: the operator's */
        {.status = 0},
    };
    json_t *answer = answer_open(response->body);
    struct channel_verdict verdict =
        verdict_of_http(response, RULES, answer_word(answer, "reason"));

    json_decref(answer);
    return verdict;
}

const struct channel channel_apns = {.name = "apns",
                                     .fields = FIELDS,
                                     .exclusive = true,
                                     .payload_max = PAYLOAD_MAX,
                                     .ready = ready,
                                     .token = &TOKENS,
                                     .base = base,
                                     .build = build,
                                     .judge = judge};
