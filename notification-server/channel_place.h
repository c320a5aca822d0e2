/* Where a device's requests go: what limits count by, and known before anything is built. Pure. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_PLACE_H
#define CHATAPP_NOTIFICATION_CHANNEL_PLACE_H

#include "channel.h"

struct channel_place {
    struct buf host; /* scheme://host:port; buf_fini() it */
    bool is_users;   /* a user has chosen it; else it is the operator's setting */
};

/* *place_out is {0} before. ERR_INVALID: the device has a URL that is none, or the operator has set none;
 * *why_out is static. */
MUST_USE enum err channel_place(const struct channel *channel,
                                const struct channel_settings *settings,
                                const struct device *device, struct channel_place *place_out,
                                const char **why_out);

#endif
