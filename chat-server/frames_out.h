/* What only the chat-server sends, apart from stored records (store/record.h): each function appends one JSON object,
 * as in conn/frame_out.h. Pure. */
#ifndef CHATAPP_CHAT_FRAMES_OUT_H
#define CHATAPP_CHAT_FRAMES_OUT_H

#include "conn/frame_out.h"
#include "store/conversation.h"

void frame_out_ack(struct buf *out, str id, str conversation, int64_t seq, int64_t time_ms,
                   bool duplicate);
/* read or received 0: left out. */
void frame_out_receipt(struct buf *out, str conversation, str user, int64_t read, int64_t received);

void frame_out_typing(struct buf *out, str conversation, str user, bool active);
/* now_ms: conversation_view_json(). */
void frame_out_conversation(struct buf *out, str conversation, const struct conversation_view *view,
                            int64_t now_ms);

#endif
