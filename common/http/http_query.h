/* Query parameters (a=1&b=x%20y, + for a space). Unknown ones are ignored; one that is there twice is bad. Pure. */
#ifndef CHATAPP_HTTP_HTTP_QUERY_H
#define CHATAPP_HTTP_HTTP_QUERY_H

#include "base/buf.h"
#include "base/err.h"

/* On OK *value_out is decoded into *storage, which must outlive it. ERR_NOT_FOUND: no such parameter. ERR_INVALID:
 * badly encoded, or there twice. */
MUST_USE enum err http_query_str(str query, const char *name, struct buf *storage, str *value_out);

/* `fallback` when it is missing. ERR_INVALID: also when it is no decimal integer within min..max. */
MUST_USE enum err http_query_int(str query, const char *name, int64_t min, int64_t max,
                                 int64_t fallback, int64_t *value_out);

#endif
