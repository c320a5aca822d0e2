#include "channel_place.h"

#include "channel_url.h"

static const char *url_field(const struct channel *channel)
{
    for (const struct channel_field *f = channel->fields; f->name != NULL; f++)
        if (f->is_url)
            return f->name;
    return NULL;
}

/* A mail server's URL is kept as it is. */
static void of_operator(const char *base, struct channel_place *place)
{
    struct channel_url url;

    if (channel_url_parse(str_of(base), &url) == NULL)
        channel_url_host_key(&url, &place->host);
    else
        buf_add_str(&place->host, str_of(base));
}

enum err channel_place(const struct channel *channel, const struct channel_settings *settings,
                       const struct device *device, struct channel_place *place_out,
                       const char **why_out)
{
    const char *field = url_field(channel);
    struct channel_url url;

    if (field == NULL) {
        of_operator(channel->base(settings), place_out);
        if (place_out->host.n > 0)
            return OK;
        *why_out = "its channel is not set up on this server";
        return ERR_INVALID;
    }
    place_out->is_users = true;
    if (channel_url_parse(device_get(device, field), &url) != NULL) {
        *why_out = "the device's URL is none";
        return ERR_INVALID;
    }
    channel_url_host_key(&url, &place_out->host);
    return OK;
}
