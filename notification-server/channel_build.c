#include "channel_build.h"

#define MS_PER_S 1000

void channel_request_to_users(struct channel_request *request, str url)
{
    buf_add_str(&request->url, url);
    request->url_is_users = true;
}

void channel_request_to(struct channel_request *request, const char *base, str path)
{
    buf_add_str(&request->url, str_of(base));
    buf_add_str(&request->url, path);
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
