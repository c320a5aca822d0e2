#include "api.h"
#include "handlers.h"

HANDLER(jwks_get)
{
    response->status = 200;
    response->content_type = "application/jwk-set+json";
    response->cache_control = "public, max-age=60";
    response->shared = api_keys_jwks(api_of(request)->keys);
}
