/* Firebase Cloud Messaging, HTTP v1 (firebase.google.com/docs/reference/fcm/rest/v1/projects.messages), with an OAuth token
 * for the service account (RFC 7523; developers.google.com/identity/protocols/oauth2/service-account). */
#include <sodium.h>

#include "channel_answer.h"
#include "channel_build.h"
#include "channel_env.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "crypto/jwt.h"
#include "json/json_out.h"

#define TOKEN_MAX 4096
#define PAYLOAD_MAX 4096 /* bytes of notification and data; all of the body is held to it */
#define TTL_MAX_S 2419200
#define MS_PER_S 1000
#define ASSERTION_S 3600
#define RENEW_BEFORE_MS 300000 /* a token's end */
#define SCOPE "https://www.googleapis.com/auth/firebase.messaging"
#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="

static const char *token_problem(str token)
{
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] <= ' ' || token.p[i] > '~')
            return "must be a registration token";
    return NULL;
}

static const struct channel_field FIELDS[] = {
    {.name = "token", .max = TOKEN_MAX, .secret = true, .identity = true, .problem = token_problem},
    {.name = NULL},
};

static bool ready(const struct channel_env *env, const char **why_out)
{
    *why_out = "--fcm-service-account is not set";
    return env->has_fcm;
}

/* ---- the token ---- */

static void make_assertion(const struct fcm_account *account, int64_t now_s, struct buf *out)
{
    struct buf header = {0};
    struct buf payload = {0};

    json_open(&header, NULL, '{');
    json_put_str(&header, "alg", STR("RS256"));
    json_put_str(&header, "typ", STR("JWT"));
    json_put_str(&header, "kid", buf_view(&account->key_id));
    json_close(&header, '}');
    json_open(&payload, NULL, '{');
    json_put_str(&payload, "iss", buf_view(&account->email));
    json_put_str(&payload, "scope", STR(SCOPE));
    json_put_str(&payload, "aud", buf_view(&account->token_url));
    json_put_int(&payload, "iat", now_s);
    json_put_int(&payload, "exp", now_s + ASSERTION_S);
    json_close(&payload, '}');
    jwt_rs256(account->key, buf_view(&header), buf_view(&payload), out);
    buf_fini(&header);
    buf_fini(&payload);
}

static enum err token_make(const struct channel_env *env, int64_t now_ms,
                           struct channel_token *token, struct channel_request *ask,
                           const char **why_out)
{
    (void)token;
    if (!ready(env, why_out))
        return ERR_INVALID;
    struct buf url = {0};
    buf_add_str(&url, buf_view(&env->fcm.token_url));
    channel_request_to(ask, buf_cstr(&url), STR(""));
    buf_fini(&url);
    channel_request_header(ask, "Content-Type", STR("application/x-www-form-urlencoded"));
    buf_add_str(&ask->body, STR(GRANT));
    make_assertion(&env->fcm, now_ms / MS_PER_S, &ask->body);
    return OK;
}

static enum err take_token(const json_t *answer, int64_t now_ms, struct channel_token *token)
{
    str text = answer_word(answer, "access_token");
    int64_t life_ms = answer_seconds_ms(answer, "expires_in");

    if (text.n == 0 || life_ms == 0)
        return ERR_UNAVAILABLE;
    buf_add_str(&token->text, text);
    token->expires_ms = now_ms + life_ms;
    token->renew_ms =
        life_ms > 2 * RENEW_BEFORE_MS ? token->expires_ms - RENEW_BEFORE_MS : now_ms + life_ms / 2;
    return OK;
}

/* 400 and 401 say that the account or its key is no good: invalid_grant, invalid_client (RFC 6749, section 5.2). */
static enum err token_read(const struct channel_response *response, struct channel_token *token,
                           const char **why_out)
{
    enum { OK_STATUS = 200, BAD = 400, DENIED = 401 };

    *why_out = "Google gives no OAuth token now";
    if (response->result != CHANNEL_ANSWERED)
        return ERR_UNAVAILABLE;
    if (response->status == BAD || response->status == DENIED) {
        *why_out = "Google refuses the service account";
        return ERR_DENIED;
    }
    if (response->status != OK_STATUS)
        return ERR_UNAVAILABLE;
    json_t *answer = answer_open(response->body);
    enum err err = take_token(answer, response->now_ms, token);
    json_decref(answer);
    return err;
}

static const struct channel_tokens TOKENS = {.make = token_make, .read = token_read};

/* ---- the message ---- */

/* Values of "data" are strings, whatever they hold. */
static void put_data(const struct channel_input *input, const struct payload_part *part,
                     struct buf *out)
{
    const struct notification *n = input->notification;

    json_open(out, "data", '{');
    json_put_str(out, "id", n->id);
    if (n->event.n > 0)
        json_put_str(out, "event", n->event);
    if (!str_is_none(part->data))
        json_put_str(out, "data", part->data);
    if (part->truncated)
        json_put_str(out, "truncated", STR("true"));
    json_close(out, '}');
}

static void put_android(const struct channel_input *input, str collapse, struct buf *out)
{
    struct buf ttl = {0};

    buf_printf(&ttl, "%llds", (long long)channel_ttl_s(input, TTL_MAX_S));
    json_open(out, "android", '{');
    if (collapse.n > 0)
        json_put_str(out, "collapse_key", collapse);
    json_put_str(out, "priority",
                 input->notification->priority == PRIORITY_LOW ? STR("NORMAL") : STR("HIGH"));
    json_put_str(out, "ttl", buf_view(&ttl));
    json_close(out, '}');
    buf_fini(&ttl);
}

static void put_apns(const struct channel_input *input, str collapse, struct buf *out)
{
    json_open(out, "apns", '{');
    json_open(out, "headers", '{');
    json_put_str(out, "apns-priority",
                 input->notification->priority == PRIORITY_LOW ? STR("5") : STR("10"));
    if (collapse.n > 0)
        json_put_str(out, "apns-collapse-id", collapse);
    json_close(out, '}');
    json_close(out, '}');
}

static void write_payload(const struct channel_input *input, const struct payload_part *part,
                          struct buf *out)
{
    struct buf title = {0};
    struct buf collapse = {0};

    text_add_cut(&title, input->notification->title, CHANNEL_TITLE_MAX);
    if (input->notification->collapse.n > 0)
        text_add_collapse(&collapse, input->notification, input->device);
    json_open(out, NULL, '{');
    json_open(out, "message", '{');
    json_put_str(out, "token", device_get(input->device, "token"));
    json_open(out, "notification", '{');
    if (title.n > 0)
        json_put_str(out, "title", buf_view(&title));
    json_put_str(out, "body", part->body);
    json_close(out, '}');
    put_data(input, part, out);
    put_android(input, buf_view(&collapse), out);
    put_apns(input, buf_view(&collapse), out);
    json_close(out, '}');
    json_close(out, '}');
    buf_fini(&title);
    buf_fini(&collapse);
}

static const char *base(const struct channel_settings *settings)
{
    return settings->fcm_url;
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    struct buf path = {0};

    if (!ready(input->env, why_out))
        return ERR_INVALID;
    buf_printf(&path, "/v1/projects/%.*s/messages:send",
               STR_ARG(buf_view(&input->env->fcm.project)));
    channel_request_to(request, base(input->env->settings), buf_view(&path));
    buf_fini(&path);
    channel_request_bearer(request, "Bearer", input->token);
    channel_request_header(request, "Content-Type", STR("application/json"));
    *why_out = "too long for FCM";
    /* The limit is for notification and data; the token comes on top. */
    return payload_fit(write_payload, input, PAYLOAD_MAX + device_get(input->device, "token").n,
                       &request->body);
}

/* ---- the answer ---- */

#define BAD_TOKEN "invalid registration token"

static bool has_violation(const json_t *detail, str field)
{
    const json_t *violation;
    size_t i;

    json_array_foreach(json_object_get(detail, "fieldViolations"), i, violation)
    {
        if (str_eq(answer_word(violation, "field"), field))
            return true;
    }
    return false;
}

/* error.details has FCM's own "errorCode"; without it error.status is all there is. */
static str code_of(const json_t *error)
{
    str code = answer_word(error, "status");
    const json_t *detail;
    size_t i;

    json_array_foreach(json_object_get(error, "details"), i, detail)
    {
        if (has_violation(detail, STR("message.token")))
            return STR(BAD_TOKEN);
        str own = answer_word(detail, "errorCode");
        if (own.n > 0)
            code = own;
    }
    return code;
}

/* A token that never was one has the code of all bad arguments (firebase.google.com/docs/cloud-messaging/error-codes), and
 * only the sentence, or the field, tells it from them. */
static str word_of(const json_t *error)
{
    static const char TOKEN[] = "registration token";
    str code = code_of(error);
    str message = answer_word(error, "message");

    if (str_eq(code, STR("INVALID_ARGUMENT")) &&
        memmem(message.p, message.n, TOKEN, sizeof TOKEN - 1) != NULL)
        return STR(BAD_TOKEN);
    return code;
}

/* firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode */
static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 404, .word = "UNREGISTERED", .outcome = CHANNEL_GONE},
        {.status = 400, .word = BAD_TOKEN, .outcome = CHANNEL_GONE},
        {.status = 403, .word = "SENDER_ID_MISMATCH", .outcome = CHANNEL_REJECTED},
        {.status = 401, .word = "THIRD_PARTY_AUTH_ERROR", .outcome = CHANNEL_RETRY},
        {.status = 401, .outcome = CHANNEL_RETRY, .renew_token = true},
        {.status = 403, .outcome = CHANNEL_RETRY}, /* the account may not send: the operator's */
        {.status = 404, .word = "NOT_FOUND", .outcome = CHANNEL_GONE},
        {.status = 404, .outcome = CHANNEL_RETRY}, /* not FCM's answer: --fcm-url leads elsewhere */
        {.status = 0},
    };
    json_t *answer = answer_open(response->body);
    struct channel_verdict verdict =
        verdict_of_http(response, RULES, word_of(json_object_get(answer, "error")));

    json_decref(answer);
    return verdict;
}

const struct channel channel_fcm = {.name = "fcm",
                                    .fields = FIELDS,
                                    .exclusive = true,
                                    .payload_max = PAYLOAD_MAX,
                                    .ready = ready,
                                    .token = &TOKENS,
                                    .base = base,
                                    .build = build,
                                    .judge = judge};
