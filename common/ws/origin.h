/* May a page from `origin` open a WebSocket here (RFC 6455, 10.2; RFC 6454)? Pure. */
#ifndef CHATAPP_WS_ORIGIN_H
#define CHATAPP_WS_ORIGIN_H

#include <stdbool.h>

#include "base/str.h"

/* No Origin header (no browser) is fine. `allowed`: "" for the same host name as in `host`, any port; "*" for any;
 * else origins with a comma between ("https://a.example,https://b.example:8443"), compared whole. */
bool origin_is_allowed(str origin, str host, str allowed);

#endif
