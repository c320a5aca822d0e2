/* Telegram's Bot API (core.telegram.org/bots/api#sendmessage). The user writes to the bot first, and registers the id of
 * that chat. */
#include "channel_answer.h"
#include "channel_build.h"
#include "channel_env.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "json/json_out.h"

#define TEXT_MAX 4096 /* UTF-16 code units */
#define CHAT_ID_MAX 33

static bool is_number(str text)
{
    int64_t number;

    return str_to_i64(text, &number) && number != 0;
}

/* A number, or the @name of a channel: 5 to 32 of [A-Za-z0-9_]. */
static const char *chat_id_problem(str text)
{
    enum { NAME_MIN = 6 };
    bool good = text.n >= NAME_MIN && text.p[0] == '@';

    for (size_t i = 1; i < text.n; i++)
        good = good &&
               ((text.p[i] >= 'a' && text.p[i] <= 'z') || (text.p[i] >= 'A' && text.p[i] <= 'Z') ||
                (text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '_');
    return good || is_number(text) ? NULL : "must be a chat's number as text, or @channelname";
}

static const struct channel_field FIELDS[] = {
    {.name = "chat_id",
     .max = CHAT_ID_MAX,
     .identity = true,
     .number = true,
     .problem = chat_id_problem},
    {.name = NULL},
};

static bool ready(const struct channel_env *env, const char **why_out)
{
    *why_out = "--telegram-token is not set";
    return env->settings->telegram_token[0] != '\0' && env->settings->telegram_url[0] != '\0';
}

static void write_payload(const struct channel_input *input, struct buf *out)
{
    struct buf plain = {0};
    struct buf cut = {0};

    text_add_plain(&plain, input->notification);
    text_add_cut_utf16(&cut, buf_view(&plain), TEXT_MAX);
    json_open(out, NULL, '{');
    json_put_str(out, "chat_id", device_get(input->device, "chat_id"));
    json_put_str(out, "text", buf_view(&cut));
    json_open(out, "link_preview_options", '{');
    json_put_bool(out, "is_disabled", true);
    json_close(out, '}');
    if (input->notification->priority == PRIORITY_LOW)
        json_put_bool(out, "disable_notification", true);
    json_close(out, '}');
    buf_fini(&plain);
    buf_fini(&cut);
}

static const char *base(const struct channel_settings *settings)
{
    return settings->telegram_url;
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    struct buf path = {0};

    if (!ready(input->env, why_out))
        return ERR_INVALID;
    buf_printf(&path, "/bot%s/sendMessage", input->env->settings->telegram_token);
    channel_request_to(request, base(input->env->settings), buf_view(&path));
    channel_request_header(request, "Content-Type", STR("application/json"));
    write_payload(input, &request->body);
    buf_fini(&path);
    return OK;
}

static bool has_any(str description, const char *const *parts)
{
    for (; *parts; parts++)
        if (memmem(description.p, description.n, *parts, strlen(*parts)) != NULL)
            return true;
    return false;
}

/* 403: the bot was blocked or kicked, or the user is deactivated. 401 and 404 are about the bot's token, which is the
 * operator's to put right. A sentence is all that tells a chat that is no more from other 400s, and what is known to pass
 * from other 403s. */
static enum channel_outcome refine(int status, str description, enum channel_outcome outcome)
{
    enum { BAD_REQUEST = 400, FORBIDDEN = 403 };
    static const char *const NO_CHAT[] = {"chat not found",
                                          "user not found",
                                          "PEER_ID_INVALID",
                                          "chat was deleted",
                                          "group chat was upgraded",
                                          "group chat was deactivated",
                                          NULL};
    static const char *const PASSING[] = {"can't send messages to the user", NULL};

    if (status == BAD_REQUEST && has_any(description, NO_CHAT))
        return CHANNEL_GONE;
    if (status == FORBIDDEN && has_any(description, PASSING))
        return CHANNEL_RETRY;
    return outcome;
}

static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 401, .outcome = CHANNEL_RETRY},
        {.status = 403, .outcome = CHANNEL_GONE},
        {.status = 404, .outcome = CHANNEL_RETRY},
        {.status = 0},
    };
    json_t *answer = answer_open(response->body);
    str description = answer_word(answer, "description");
    struct channel_verdict verdict = verdict_of_http(response, RULES, description);

    if (response->result == CHANNEL_ANSWERED)
        verdict.outcome = refine(response->status, description, verdict.outcome);
    if (verdict.outcome == CHANNEL_RETRY && verdict.retry_after_ms == 0)
        verdict.retry_after_ms =
            answer_seconds_ms(json_object_get(answer, "parameters"), "retry_after");
    json_decref(answer);
    return verdict;
}

const struct channel channel_telegram = {.name = "telegram",
                                         .fields = FIELDS,
                                         .payload_max = TEXT_MAX,
                                         .ready = ready,
                                         .base = base,
                                         .build = build,
                                         .judge = judge};
