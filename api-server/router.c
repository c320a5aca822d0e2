#include "router.h"

#include "authenticate.h"
#include "handlers.h"

enum { ANYONE, USER, SERVICE };

#define ROUTE(method, path, who, handler)                                                          \
    {                                                                                              \
        HTTP_##method, path, who, HTTP_ON_SERVER, NULL, handler, NULL                              \
    }
/* Hashes a password: checked on the server's thread, handled on the pool. */
#define HASHING(method, path, who, check, handler, undo)                                           \
    {                                                                                              \
        HTTP_##method, path, who, HTTP_ON_POOL, check, handler, undo                               \
    }

/* Answered by another server of ours. */
#define PASSED_ON(method, path, handler)                                                           \
    {                                                                                              \
        HTTP_##method, path, SERVICE, HTTP_ON_WAITING_POOL, gateway_check, handler, NULL           \
    }

const struct http_route API_ROUTES[] = {
    HASHING(POST, "/api/signup", ANYONE, signup_check, signup, signup_undo),
    HASHING(POST, "/api/login", ANYONE, login_check, login, login_undo),
    ROUTE(POST, "/api/token", ANYONE, token_refresh),
    ROUTE(POST, "/api/logout", USER, logout),

    ROUTE(GET, "/api/sessions", USER, sessions_list),
    ROUTE(DELETE, "/api/sessions/{id}", USER, sessions_end),

    ROUTE(GET, "/api/profile", USER, profile_get),
    ROUTE(PATCH, "/api/profile", USER, profile_change),
    HASHING(DELETE, "/api/profile", USER, erase_check, erase, confirm_undo),
    HASHING(PUT, "/api/profile/password", USER, password_change_check, password_change,
            confirm_undo),
    ROUTE(GET, "/api/profile/export", USER, export_profile),

    ROUTE(GET, "/api/users", USER, users_search),
    ROUTE(GET, "/api/users/{username}", USER, users_get),

    ROUTE(GET, "/api/contacts", USER, contacts_list),
    ROUTE(PUT, "/api/contacts/{username}", USER, contacts_put),
    ROUTE(DELETE, "/api/contacts/{username}", USER, contacts_remove),
    ROUTE(GET, "/api/blocks", USER, blocks_list),
    ROUTE(PUT, "/api/blocks/{username}", USER, blocks_put),
    ROUTE(DELETE, "/api/blocks/{username}", USER, blocks_remove),

    ROUTE(POST, "/api/conversations", USER, rooms_create),
    ROUTE(GET, "/api/conversations", USER, conversations_list),
    ROUTE(GET, "/api/conversations/{id}", USER, conversations_get),
    ROUTE(PATCH, "/api/conversations/{id}", USER, rooms_rename),
    ROUTE(PUT, "/api/conversations/{id}/members/{username}", USER, members_put),
    ROUTE(DELETE, "/api/conversations/{id}/members/{username}", USER, members_remove),
    ROUTE(PUT, "/api/conversations/{id}/mute", USER, members_mute),
    ROUTE(GET, "/api/conversations/{id}/messages", USER, messages_page),

    ROUTE(GET, "/api/servers", USER, servers_get),

    PASSED_ON(POST, "/notify", gateway_notify),
    PASSED_ON(GET, "/notify/dead", gateway_read),
    PASSED_ON(POST, "/notify/dead/{id}/retry", gateway_act),
    PASSED_ON(GET, "/notify/{id}", gateway_read),

    ROUTE(GET, "/api/devices", USER, devices_list),
    ROUTE(POST, "/api/devices", USER, devices_register),
    ROUTE(GET, "/api/devices/vapid", USER, devices_vapid),
    ROUTE(DELETE, "/api/devices/{id}", USER, devices_remove),

    ROUTE(GET, "/.well-known/jwks.json", ANYONE, jwks_get),
};
const size_t API_ROUTES_N = sizeof API_ROUTES / sizeof API_ROUTES[0];

bool router_admit(struct http_request *request, const struct http_route *route,
                  struct http_response *response)
{
    switch (route->who) {
    case USER: return authenticate(request, response);
    case SERVICE: return authenticate_service(request, response);
    default: return true;
    }
}
