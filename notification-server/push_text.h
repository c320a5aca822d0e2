/* What a push says of new messages in a conversation. Pure.
 *
 *     direct    Ann Smith              room    Garden
 *               are you there?                 Ann Smith: are you there?
 *     without previews
 *               2 new messages                 2 new messages, the last from Ann Smith */
#ifndef CHATAPP_NOTIFICATION_PUSH_TEXT_H
#define CHATAPP_NOTIFICATION_PUSH_TEXT_H

#include "base/buf.h"

#define PUSH_PREVIEW_MAX 160        /* characters as people count them */
#define PUSH_PREVIEW_BYTES_MAX 2000 /* of these; for who piles up marks on a letter */
#define PUSH_NAME_BYTES_MAX 200

/* Views; texts are valid UTF-8. */
struct push_text {
    bool direct;
    str room;        /* its name */
    str sender;      /* of the newest message */
    str sender_name; /* as people see it; "": has none */
    str text;        /* of the newest message; STR_NONE: it has none, or is not to be shown */
    str conversation;
    int64_t seq;
    int64_t unread;
};

void push_text_title(const struct push_text *t, struct buf *out);
void push_text_body(const struct push_text *t, struct buf *out);
/* {conversation, kind, name?, from, from_name, seq, unread} as JSON, for the app. */
void push_text_data(const struct push_text *t, struct buf *out);

#endif
