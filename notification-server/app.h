/* What the handlers of the notification-server's HTTP side have at hand. */
#ifndef CHATAPP_NOTIFICATION_APP_H
#define CHATAPP_NOTIFICATION_APP_H

#include "http/http_request.h"
#include "notification_settings.h"
#include "office.h"
#include "public_keys.h"

struct app {
    struct notification_settings settings;
    struct public_keys *keys;
    struct channel_env *env;
    struct office *office;
};

static inline struct app *app_of(const struct http_request *request)
{
    return request->app;
}

#endif
