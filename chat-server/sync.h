/* `sync`: what did I miss since those positions? Answered from the log at the reader's pace, whole or not at all for
 * each conversation; what is delivered meanwhile waits and follows `synced`, so that the run is unbroken. */
#ifndef CHATAPP_CHAT_SYNC_H
#define CHATAPP_CHAT_SYNC_H

#include <stddef.h>

#include "base/str.h"

struct conn;
struct frame_in;

#define SYNC_BEHIND_MAX                                                                            \
    500 /* frames of one conversation; who is further behind pages with `history` */
#define SYNCS_WAITING_MAX 8 /* of one connection */

struct sync_line { /* those whose turn to read will come */
    struct sync *first;
    struct sync *last;
    size_t reading;
};

void sync_request(struct conn *conn, struct frame_in *f);

/* What was sent ahead is written: more may follow. */
void sync_written(struct conn *conn);
/* The connection is going away. */
void sync_forget(struct conn *conn);

#endif
