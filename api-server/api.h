/* What the handlers of the api-server work with: request->app. */
#ifndef CHATAPP_API_API_H
#define CHATAPP_API_API_H

#include "account_cache.h"
#include "api_keys.h"
#include "api_settings.h"
#include "auth/password.h"
#include "forward.h"
#include "http/http_request.h"
#include "page_cache.h"
#include "registry/directory.h"
#include "token_cache.h"
#include "web_files.h"

struct api {
    struct api_settings settings;
    struct password_cost password_cost;
    int64_t session_ttl_ms;
    struct api_keys *keys;
    struct token_cache *tokens;
    struct account_cache *accounts;
    struct page_cache *pages;
    struct directory *directory;
    struct forwarder *forwarder;
    struct web_files *web; /* NULL: none is served */
};

static inline struct api *api_of(const struct http_request *request)
{
    return request->app;
}

static inline str caller_of(const struct http_request *request)
{
    return username_view(&request->caller.user);
}

#endif
