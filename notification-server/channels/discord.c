/* Discord's webhooks (discord.com/developers/docs/resources/webhook#execute-webhook). The URL is a secret: who has it can
 * write there. */
#include "channel_answer.h"
#include "channel_build.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "channel_url.h"
#include "json/json_out.h"

#define CONTENT_MAX 2000 /* characters */

static const struct channel_field FIELDS[] = {
    {.name = "url", .max = CHANNEL_URL_MAX, .secret = true, .identity = true, .is_url = true},
    {.name = NULL},
};

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    struct buf plain = {0};
    struct buf cut = {0};

    (void)why_out;
    channel_request_to_users(request, device_get(input->device, "url"));
    text_add_plain(&plain, input->notification);
    text_add_cut_utf16(&cut, buf_view(&plain), CONTENT_MAX);
    json_open(&request->body, NULL, '{');
    json_put_str(&request->body, "content", buf_view(&cut));
    json_open(&request->body, "allowed_mentions", '{'); /* @everyone in a text rings nobody */
    json_open(&request->body, "parse", '[');
    json_close(&request->body, ']');
    json_close(&request->body, '}');
    json_close(&request->body, '}');
    channel_request_header(request, "Content-Type", STR("application/json"));
    buf_fini(&plain);
    buf_fini(&cut);
    return OK;
}

/* 404 is 10015, "Unknown Webhook"; 401 is 50027, "Invalid Webhook Token". */
static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 401, .outcome = CHANNEL_GONE},
        {.status = 404, .outcome = CHANNEL_GONE},
        {.status = 410, .outcome = CHANNEL_GONE},
        {.status = 0},
    };
    json_t *answer = answer_open(response->body);
    struct channel_verdict verdict =
        verdict_of_http(response, RULES, answer_word(answer, "message"));

    if (verdict.outcome == CHANNEL_RETRY && verdict.retry_after_ms == 0)
        verdict.retry_after_ms = answer_seconds_ms(answer, "retry_after");
    json_decref(answer);
    return verdict;
}

const struct channel channel_discord = {.name = "discord",
                                        .fields = FIELDS,
                                        .payload_max = CONTENT_MAX,
                                        .build = build,
                                        .judge = judge};
