#include "channel.h"

/* A channel is a line here, and the file channels/<name>.c, which defines channel_<name>. */
#define CHANNELS(X)                                                                                \
    X(webhook) X(webpush) X(ntfy) X(gotify) X(email) X(slack) X(discord) X(telegram) X(fcm) X(apns)

#define DECLARE(name) extern const struct channel channel_##name;
#define ROW(name) &channel_##name,
#define LISTED(name) " " #name

CHANNELS(DECLARE)

static const struct channel *const TABLE[] = {CHANNELS(ROW) NULL};

const char CHANNEL_NAME_RULE[] = "must be one of:" CHANNELS(LISTED);

const struct channel *channel_find(str name)
{
    for (size_t i = 0; TABLE[i] != NULL; i++)
        if (str_eq(name, str_of(TABLE[i]->name)))
            return TABLE[i];
    return NULL;
}

const struct channel *channel_at(size_t i)
{
    return TABLE[i];
}
