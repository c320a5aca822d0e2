/* What a client has already and what it can read (RFC 9110, 13.1.2 and 12.5.3). Pure. */
#ifndef CHATAPP_HTTP_HTTP_NEGOTIATE_H
#define CHATAPP_HTTP_HTTP_NEGOTIATE_H

#include <stdbool.h>

#include "base/str.h"

/* Does If-None-Match name `tag` (with its quotes)? The comparison is the weak one. STR_NONE names nothing. */
bool http_names_tag(str if_none_match, str tag);
/* Does Accept-Encoding allow gzip? `gzip;q=0` does not. */
bool http_accepts_gzip(str accept_encoding);

#endif
