/* ntfy (docs.ntfy.sh/publish): the device is a topic's URL, https://ntfy.sh/mytopic. Published as JSON to the server
 * itself, where texts need no header's encoding. */
#include "channel_build.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "channel_url.h"
#include "json/json_out.h"

#define MESSAGE_MAX 4096 /* bytes; more would become an attachment */
#define TOPIC_MAX 64

static str topic_of(const struct channel_url *url)
{
    return url->path.n > 0 ? str_skip(url->path, 1) : STR("");
}

static const char *url_problem(str text)
{
    struct channel_url url;
    const char *problem = channel_url_parse(text, &url);

    if (problem)
        return problem;
    str topic = topic_of(&url);
    bool good = topic.n > 0 && topic.n <= TOPIC_MAX;
    for (size_t i = 0; i < topic.n; i++)
        good =
            good &&
            ((topic.p[i] >= 'a' && topic.p[i] <= 'z') || (topic.p[i] >= 'A' && topic.p[i] <= 'Z') ||
             (topic.p[i] >= '0' && topic.p[i] <= '9') || topic.p[i] == '-' || topic.p[i] == '_');
    return good ? NULL : "must end in one topic of 1 to 64 letters, digits, - and _";
}

/* Who knows a topic can read it, so its URL is as good as a secret; but it is all that tells the user which device it is. */
static const struct channel_field FIELDS[] = {
    {.name = "url",
     .max = CHANNEL_URL_MAX,
     .identity = true,
     .is_url = true,
     .problem = url_problem},
    {.name = NULL},
};

static void write_payload(const struct notification *n, str topic, struct buf *out)
{
    static const int PRIORITIES[] = {
        [PRIORITY_LOW] = 2, [PRIORITY_NORMAL] = 3, [PRIORITY_HIGH] = 4};
    struct buf title = {0};
    struct buf message = {0};

    text_add_cut(&title, n->title, CHANNEL_TITLE_MAX);
    text_add_cut(&message, n->body, MESSAGE_MAX);
    json_open(out, NULL, '{');
    json_put_str(out, "topic", topic);
    if (title.n > 0)
        json_put_str(out, "title", buf_view(&title));
    json_put_str(out, "message", buf_view(&message));
    json_put_int(out, "priority", PRIORITIES[n->priority]);
    json_close(out, '}');
    buf_fini(&title);
    buf_fini(&message);
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    str text = device_get(input->device, "url");
    struct channel_url url;

    if (url_problem(text) != NULL || channel_url_parse(text, &url) != NULL) {
        *why_out = "the device's URL is no topic's";
        return ERR_INVALID;
    }
    /* To the slash before the topic, which is as good as a secret. */
    channel_request_to_users(request, str_from(text.p, (size_t)(url.path.p - text.p) + 1));
    write_payload(input->notification, topic_of(&url), &request->body);
    if (!str_is_none(url.query)) {
        buf_add_char(&request->url, '?');
        buf_add_str(&request->url, url.query);
    }
    channel_request_header(request, "Content-Type", STR("application/json"));
    return OK;
}

static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 404, .outcome = CHANNEL_GONE},
        {.status = 410, .outcome = CHANNEL_GONE},
        {.status = 0},
    };
    return verdict_of_http(response, RULES, STR(""));
}

const struct channel channel_ntfy = {
    .name = "ntfy", .fields = FIELDS, .payload_max = MESSAGE_MAX, .build = build, .judge = judge};
