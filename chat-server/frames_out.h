/* What the server sends, apart from stored records (store/record.h): each function appends one JSON object. Pure. */
#ifndef CHATAPP_CHAT_FRAMES_OUT_H
#define CHATAPP_CHAT_FRAMES_OUT_H

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
void frame_out_ack(struct buf *out, str id, str conversation, int64_t seq, int64_t time_ms,
                   bool duplicate);
void frame_out_pong(struct buf *out, str id); /* STR_NONE: without */
/* read or received 0: left out. */
void frame_out_receipt(struct buf *out, str conversation, str user, int64_t read, int64_t received);

void frame_out_typing(struct buf *out, str conversation, str user, bool active);

#endif
