/* The Router: the one table of what the api-server answers, and who may ask. */
#ifndef CHATAPP_API_ROUTER_H
#define CHATAPP_API_ROUTER_H

#include "http/http_route.h"

extern const struct http_route API_ROUTES[];
extern const size_t API_ROUTES_N;

/* For http_server_options.admit: routes for users need a bearer token whose session is alive, those for services a
 * service's. */
bool router_admit(struct http_request *request, const struct http_route *route,
                  struct http_response *response);

#endif
