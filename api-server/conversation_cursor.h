/* Where a page of the list of conversations ended: base64url of "time.id". Opaque to clients. Pure. */
#ifndef CHATAPP_API_CONVERSATION_CURSOR_H
#define CHATAPP_API_CONVERSATION_CURSOR_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ids.h"

struct conversation_cursor {
    int64_t time;
    struct conversation_id id;
};

void conversation_cursor_write(int64_t time, str id, struct buf *out);
MUST_USE enum err conversation_cursor_parse(str text, struct conversation_cursor *cursor_out);
/* The order of the list, newest first: <0 when a stands before b. */
int conversation_order(int64_t time_a, str id_a, int64_t time_b, str id_b);

#endif
