/* Gotify (gotify.net/docs/pushmsg): the URL of somebody's server, and the token of an application there. */
#include "channel_build.h"
#include "channel_judge.h"
#include "channel_text.h"
#include "channel_url.h"
#include "json/json_out.h"

#define TOKEN_MAX 128

static const char *token_problem(str token)
{
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] <= ' ' || token.p[i] > '~')
            return "must be printable ASCII";
    return NULL;
}

static const char *url_problem(str text)
{
    struct channel_url url;
    const char *problem = channel_url_parse(text, &url);

    if (problem == NULL && !str_is_none(url.query))
        problem = "must be the server's URL, without a query";
    return problem;
}

static const struct channel_field FIELDS[] = {
    {.name = "url",
     .max = CHANNEL_URL_MAX,
     .identity = true,
     .is_url = true,
     .problem = url_problem},
    {.name = "token", .max = TOKEN_MAX, .secret = true, .identity = true, .problem = token_problem},
    {.name = NULL},
};

static void write_payload(const struct notification *n, struct buf *out)
{
    static const int PRIORITIES[] = {
        [PRIORITY_LOW] = 2, [PRIORITY_NORMAL] = 5, [PRIORITY_HIGH] = 8};

    json_open(out, NULL, '{');
    if (n->title.n > 0)
        json_put_str(out, "title", n->title);
    json_put_str(out, "message", n->body);
    json_put_int(out, "priority", PRIORITIES[n->priority]);
    if (n->data.n > 0) { /* a key of "extras" is <namespace>::<action> */
        json_open(out, "extras", '{');
        json_put_raw(out, "chatapp::data", n->data);
        json_close(out, '}');
    }
    json_close(out, '}');
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    str url = device_get(input->device, "url");

    (void)why_out;
    channel_request_to_users(request, url);
    buf_add_str(&request->url, url.p[url.n - 1] == '/' ? STR("message") : STR("/message"));
    channel_request_header(request, "X-Gotify-Key", device_get(input->device, "token"));
    channel_request_header(request, "Content-Type", STR("application/json"));
    write_payload(input->notification, &request->body);
    return OK;
}

/* 401 is what an application that was deleted there answers. */
static struct channel_verdict judge(const struct channel_response *response)
{
    static const struct status_rule RULES[] = {
        {.status = 401, .outcome = CHANNEL_GONE},
        {.status = 404, .outcome = CHANNEL_GONE},
        {.status = 410, .outcome = CHANNEL_GONE},
        {.status = 0},
    };
    return verdict_of_http(response, RULES, STR(""));
}

const struct channel channel_gotify = {
    .name = "gotify", .fields = FIELDS, .build = build, .judge = judge};
