/* Conversations and messages put into Redis past the chat-server, by its own scripts, so that they are what it would
 * have stored. For long histories, and for what clients missed. */
#ifndef CHATAPP_BENCH_STORED_H
#define CHATAPP_BENCH_STORED_H

#include "base/ids.h"
#include "pipeline.h"

#define STORED_EPOCH_MAX 64
#define STORED_NODE "bench" /* the chat-server that is said to have stored them */

/* Once a connection, before the others. */
void stored_begin(struct pipeline *pipeline);
/* Opens the direct conversation of two users, whether they have accounts or not. */
struct conversation_id stored_direct(struct pipeline *pipeline, str user, str peer);
/* Replaces `content` by that of a message with a text of `text_n` letters. */
void stored_content(struct buf *content, size_t text_n);
/* Gives a message; taking the reply, which must be an integer, is the caller's. Its id is `number` with an s before,
 * which no bench sends. */
void stored_give(struct pipeline *pipeline, str conversation, str user, int64_t number,
                 str content);
/* `n` messages, numbered 0 … n-1, in turn by both users; returns the last one's seq (0: none) when they are stored. */
int64_t stored_messages(struct pipeline *pipeline, str conversation, str user, str peer, int64_t n,
                        size_t text_n);
/* The store's epoch, which a chat-server has made. */
void stored_epoch(struct pipeline *pipeline, char epoch[STORED_EPOCH_MAX]);

#endif
