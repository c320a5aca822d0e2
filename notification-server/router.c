#include "router.h"

#include "handlers.h"

#define ROUTE(method, path, handler)                                                               \
    {                                                                                              \
        HTTP_##method, path, 0, HTTP_ON_SERVER, NULL, handler, NULL                                \
    }

const struct http_route NOTIFICATION_ROUTES[] = {
    ROUTE(POST, "/notify", notification_accept),
    ROUTE(GET, "/notify/dead", dead_list),
    ROUTE(POST, "/notify/dead/{id}/retry", dead_retry),
    ROUTE(GET, "/notify/{id}", notification_status),
};
const size_t NOTIFICATION_ROUTES_N = sizeof NOTIFICATION_ROUTES / sizeof NOTIFICATION_ROUTES[0];
