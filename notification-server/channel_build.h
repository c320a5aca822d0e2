/* What most channels' `build` have in common. Pure. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_BUILD_H
#define CHATAPP_NOTIFICATION_CHANNEL_BUILD_H

#include "channel.h"

/* A request to the URL that a user has registered. */
void channel_request_to_users(struct channel_request *request, str url);
/* A request to `base` (of the settings, checked) and `path`. */
void channel_request_to(struct channel_request *request, const char *base, str path);
void channel_request_bearer(struct channel_request *request, const char *scheme, str token);

/* Whole seconds that are left of the notification's life: at least 0, at most `max`, which is also what one that never
 * expires gets. */
int64_t channel_ttl_s(const struct channel_input *input, int64_t max);

#endif
