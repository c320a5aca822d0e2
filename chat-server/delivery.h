/* Delivering a conversation's frames on this server: each once, in the order of seq, without a gap, whether they come
 * from our own append's reply, from another server's bell, or from the log.
 *
 * A frame beyond a gap waits; when the gap has not closed by itself within GAP_MS, what is missing is read from the
 * log, which is the truth. The sender's ack takes the place of its message, so that a client that has seen seq n has
 * seen everything up to n. */
#ifndef CHATAPP_CHAT_DELIVERY_H
#define CHATAPP_CHAT_DELIVERY_H

#include "conn/conn_table.h"
#include "server.h"
#include "store/record.h"
#include "ws/frame.h"

struct origin { /* who sent it, and what to tell them */
    struct conn_ref conn;
    struct frame *ack; /* owned by whoever holds the origin; NULL: no ack */
};

#define ORIGIN_NONE ((struct origin){CONN_NONE, NULL})

/* Takes over the frame's and the ack's reference. A room that is not live on this server just acks. */
void deliver(struct server *server, struct room *room, const struct record *record,
             struct frame *frame, struct origin origin);
/* The frame is made from the record. */
void deliver_record(struct server *server, struct room *room, const struct record *record,
                    struct origin origin);

/* A duplicate's ack: at once, or when its seq has been delivered. Takes over the ack's reference. */
void deliver_ack(struct server *server, struct room *room, int64_t seq, struct origin origin);

/* The room's position and newest record as Redis had them when it registered this server for the room's bells: the
 * room is live from now on. It must have been held since before Redis was asked, so that no bell went unheard. */
void delivery_start(struct server *server, struct room *room, int64_t seq, str last_record);
/* Reads from the log what this server has not delivered yet, and registers for the room's bells: after Redis was
 * away. */
void delivery_catch_up(struct server *server, struct room *room);

void delivery_open(struct server *server);
/* Gives up what waits; for a room that goes away. */
void delivery_forget(struct room *room);

#endif
