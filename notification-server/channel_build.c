#include "channel_build.h"

#include "base/check.h"
#include "channel_url.h"

#define MS_PER_S 1000

enum err channel_request_to_users(struct channel_request *request, str url, const char **why_out)
{
    struct channel_url parsed;

    if (channel_url_parse(url, &parsed) != NULL) {
        *why_out = "the device's URL is none";
        return ERR_INVALID;
    }
    buf_add_str(&request->url, url);
    channel_url_host_key(&parsed, &request->host_key);
    request->url_is_users = true;
    return OK;
}

void channel_request_to(struct channel_request *request, const char *base, str path)
{
    struct channel_url parsed;

    CHECK(channel_url_parse(str_of(base), &parsed) == NULL);
    buf_add_str(&request->url, str_of(base));
    buf_add_str(&request->url, path);
    channel_url_host_key(&parsed, &request->host_key);
}

void channel_request_bearer(struct channel_request *request, const char *scheme, str token)
{
    struct buf value = {0};

    buf_printf(&value, "%s %.*s", scheme, STR_ARG(token));
    channel_request_header(request, "Authorization", buf_view(&value));
    buf_fini(&value);
}

int64_t channel_ttl_s(const struct channel_input *input, int64_t max)
{
    if (input->notification->expires_ms == 0)
        return max;
    int64_t left = (input->notification->expires_ms - input->now_ms) / MS_PER_S;
    if (left < 0)
        return 0;
    return left < max ? left : max;
}
