/* The frames of the chat protocol that the benches send and look at. What they send as `id` is a number, their
 * own count of messages. */
#ifndef CHATAPP_BENCH_FRAMES_H
#define CHATAPP_BENCH_FRAMES_H

#include "base/buf.h"

enum frame_kind { FRAME_OTHER, FRAME_ACK, FRAME_MESSAGE };

struct frame {
    enum frame_kind kind;
    int64_t seq;
    int64_t number;
    str conversation;
};

/* Ends the program on an error frame, a duplicate ack, or one without what it must have. */
struct frame frame_read(str text);

/* Replaces the content of `out` by a send frame with a text of `text_n` letters. `where` is "to" or
 * "conversation". */
void frame_send(struct buf *out, int64_t number, const char *where, str target, size_t text_n);
/* The same by a message frame as large as what a chat-server delivers; its seq means nothing. */
void frame_message(struct buf *out, int64_t number, str conversation, size_t text_n);

#endif
