/* What every server of WebSockets sends: each function appends one JSON object. Pure. */
#ifndef CHATAPP_CONN_FRAME_OUT_H
#define CHATAPP_CONN_FRAME_OUT_H

#include "base/buf.h"

enum error_code {
    ERROR_BAD_JSON,
    ERROR_UNKNOWN_TYPE,
    ERROR_INVALID_FIELD,
    ERROR_NOT_FOUND,
    ERROR_BLOCKED,
    ERROR_ID_REUSED,
    ERROR_RATE_LIMITED,
    ERROR_UNAVAILABLE,
    ERROR_UNAUTHORIZED, /* just before the connection is closed with 4401 */
};

/* `id` STR_NONE and `field` NULL: left out. `retry` follows from the code. */
void frame_out_error(struct buf *out, str id, enum error_code code, const char *field,
                     const char *message);
void frame_out_pong(struct buf *out, str id); /* STR_NONE: without */
/* Begins any frame: {"type":… */
void frame_out_open(struct buf *out, const char *type);

#endif
