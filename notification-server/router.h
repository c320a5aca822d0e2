/* The Router: the one table of what the notification-server answers. All of it is for services. */
#ifndef CHATAPP_NOTIFICATION_ROUTER_H
#define CHATAPP_NOTIFICATION_ROUTER_H

#include "http/http_route.h"

extern const struct http_route NOTIFICATION_ROUTES[];
extern const size_t NOTIFICATION_ROUTES_N;

#endif
