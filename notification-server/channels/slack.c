/* Slack's incoming webhooks (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks), which Mattermost and
 * others understand too. The URL is a secret: who has it can write there. */
#include "channel_build.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "channel_url.h"
#include "json/json_out.h"

#define TEXT_MAX 4000 /* characters, as Slack advises */
#define WORD_MAX 64

static const struct channel_field FIELDS[] = {
    {.name = "url", .max = CHANNEL_URL_MAX, .secret = true, .identity = true, .is_url = true},
    {.name = NULL},
};

/* Without this <!channel> in a text would ring everybody. */
static void escape(struct buf *out, str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&': buf_add_str(out, STR("&amp;")); break;
        case '<': buf_add_str(out, STR("&lt;")); break;
        case '>': buf_add_str(out, STR("&gt;")); break;
        default: buf_add_char(out, text.p[i]); break;
        }
    }
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    struct buf plain = {0};
    struct buf cut = {0};
    struct buf escaped = {0};

    (void)why_out;
    channel_request_to_users(request, device_get(input->device, "url"));
    text_add_plain(&plain, input->notification);
    text_add_cut_utf16(&cut, buf_view(&plain), TEXT_MAX);
    escape(&escaped, buf_view(&cut));
    json_open(&request->body, NULL, '{');
    json_put_str(&request->body, "text", buf_view(&escaped));
    json_put_bool(&request->body, "mrkdwn", false);
    json_close(&request->body, '}');
    channel_request_header(request, "Content-Type", STR("application/json"));
    buf_fini(&plain);
    buf_fini(&cut);
    buf_fini(&escaped);
    return OK;
}

/* The body of an error is one word. */
static str word_of(str body)
{
    for (size_t i = 0; i < body.n; i++)
        if (!((body.p[i] >= 'a' && body.p[i] <= 'z') || body.p[i] == '_'))
            return STR("");
    return body.n <= WORD_MAX ? body : STR("");
}

static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 404, .outcome = CHANNEL_GONE}, /* no_service, no_team, channel_not_found */
        {.status = 410, .outcome = CHANNEL_GONE}, /* channel_is_archived */
        {.status = 0, .word = "invalid_token", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "no_active_hooks", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "no_service", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "no_service_id", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "no_team", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "team_disabled", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "user_not_found", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "channel_not_found", .outcome = CHANNEL_GONE},
        {.status = 0, .word = "channel_is_archived", .outcome = CHANNEL_GONE},
        {.status = 0},
    };
    return verdict_of_http(response, RULES, word_of(response->body));
}

const struct channel channel_slack = {
    .name = "slack", .fields = FIELDS, .payload_max = TEXT_MAX, .build = build, .judge = judge};
