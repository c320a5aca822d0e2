/* Any program with a URL of its own, told as Standard Webhooks describes (standardwebhooks.com, version 1.0.0). */
#include <sodium.h>

#include "auth/base64.h"
#include "channel_build.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "channel_url.h"
#include "json/json_out.h"

#define SECRET_PREFIX "whsec_"
#define SECRET_MIN 24 /* bytes, as the specification has it */
#define SECRET_MAX 64
#define SECRET_MADE 32
#define MS_PER_S 1000
#define PAYLOAD_USUAL 512 /* bytes: so that it need not grow */

static bool secret_read(str secret, unsigned char bytes_out[SECRET_MAX], size_t *n_out)
{
    return str_starts(secret, STR(SECRET_PREFIX)) &&
           base64_read(str_skip(secret, sizeof SECRET_PREFIX - 1), bytes_out, SECRET_MAX, n_out) &&
           *n_out >= SECRET_MIN;
}

static const char *secret_problem(str secret)
{
    unsigned char bytes[SECRET_MAX];
    size_t n;
    bool good = secret_read(secret, bytes, &n);

    sodium_memzero(bytes, sizeof bytes);
    return good ? NULL : "must be whsec_ and 24 to 64 bytes in base64";
}

static void secret_make(struct buf *out)
{
    unsigned char bytes[SECRET_MADE];

    randombytes_buf(bytes, sizeof bytes);
    buf_add_str(out, STR(SECRET_PREFIX));
    base64_add(out, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

static const struct channel_field FIELDS[] = {
    {.name = "url", .max = CHANNEL_URL_MAX, .identity = true, .is_url = true},
    {.name = "secret",
     .max = 128,
     .optional = true,
     .secret = true,
     .problem = secret_problem,
     .make = secret_make},
    {.name = NULL},
};

static void put_if_any(struct buf *out, const char *key, str text)
{
    if (text.n > 0)
        json_put_str(out, key, text);
}

static void write_payload(const struct notification *n, struct buf *out, struct buf *scratch)
{
    buf_clear(scratch);
    text_add_time(scratch, n->created_ms);
    (void)buf_reserve(out, PAYLOAD_USUAL);
    json_open(out, NULL, '{');
    json_put_str(out, "type", n->event.n > 0 ? n->event : STR("notification"));
    json_put_str(out, "timestamp", buf_view(scratch));
    json_open(out, "data", '{');
    json_put_str(out, "id", n->id);
    json_put_str(out, "user", n->user);
    put_if_any(out, "title", n->title);
    json_put_str(out, "body", n->body);
    put_if_any(out, "event", n->event);
    if (n->data.n > 0)
        json_put_raw(out, "data", n->data);
    put_if_any(out, "collapse", n->collapse);
    json_put_str(out, "priority", priority_word(n->priority));
    json_close(out, '}');
    json_close(out, '}');
}

/* webhook-id is the same for every try, so that who gets one twice can tell. */
static void sign(const struct channel_input *input, const unsigned char *secret, size_t secret_n,
                 struct channel_request *request, struct buf *scratch)
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    buf_clear(scratch);
    buf_add_str(scratch, input->notification->id);
    buf_add_char(scratch, '_');
    buf_add_str(scratch, input->device->id);
    channel_request_header(request, "webhook-id", buf_view(scratch));
    buf_add_char(scratch, '.');
    size_t before = scratch->n;
    buf_add_i64(scratch, input->now_ms / MS_PER_S);
    channel_request_header(request, "webhook-timestamp", str_skip(buf_view(scratch), before));
    buf_add_char(scratch, '.');
    crypto_auth_hmacsha256_init(&state, secret, secret_n);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)scratch->p, scratch->n);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)request->body.p, request->body.n);
    crypto_auth_hmacsha256_final(&state, mac);
    buf_clear(scratch);
    buf_add_str(scratch, STR("v1,"));
    base64_add(scratch, mac, sizeof mac);
    channel_request_header(request, "webhook-signature", buf_view(scratch));
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    unsigned char secret[SECRET_MAX];
    struct buf scratch = {0};
    size_t secret_n;

    channel_request_to_users(request, device_get(input->device, "url"));
    if (!secret_read(device_get(input->device, "secret"), secret, &secret_n)) {
        *why_out = "the device's secret is none";
        return ERR_INVALID;
    }
    write_payload(input->notification, &request->body, &scratch);
    channel_request_header(request, "Content-Type", STR("application/json"));
    sign(input, secret, secret_n, request, &scratch);
    buf_fini(&scratch);
    sodium_memzero(secret, sizeof secret);
    return OK;
}

/* Whatever else goes wrong at the other end may be put right there, so it is tried again. */
static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 404, .outcome = CHANNEL_GONE},
        {.status = 410, .outcome = CHANNEL_GONE},
        {.status = 0},
    };
    struct channel_verdict verdict = verdict_of_http(response, RULES, STR(""));

    if (verdict.outcome == CHANNEL_REJECTED && response->result != CHANNEL_FORBIDDEN_ADDRESS)
        verdict.outcome = CHANNEL_RETRY;
    return verdict;
}

const struct channel channel_webhook = {
    .name = "webhook", .fields = FIELDS, .build = build, .judge = judge};
