/* The `send` frame: check it, store it with one script call, ack it and deliver it. */
#ifndef CHATAPP_CHAT_SEND_H
#define CHATAPP_CHAT_SEND_H

#include "conn/conn_table.h"
#include "frames_in.h"
#include "hub.h"
#include "server.h"

struct conn;

/* A message on its way; ends with send_append() or send_fail(). */
struct outgoing {
    struct outgoing *next;
    struct server *server;
    struct user *user; /* held */
    struct conn_ref conn;
    struct conversation_id conversation;
    int64_t time_ms;
    size_t id_n;
    char id[CLIENT_ID_MAX];
    size_t content_n;
    char content[]; /* record_add_content() */
};

void send_message(struct conn *conn, struct frame_in *f);

/* Stores it. The sender's user is subscribed by now, so that the ack comes in its place among the frames. */
void send_append(struct outgoing *out);
/* ERR_NOT_FOUND, ERR_DENIED (a block) or ERR_UNAVAILABLE: tells the sender. */
void send_fail(struct outgoing *out, enum err err);

/* At start. */
void send_register_metrics(void);

#endif
