/* A plain TCP connection, for what no proper client would send. */
#ifndef CHATAPP_HARNESS_RAW_H
#define CHATAPP_HARNESS_RAW_H

#include "base/buf.h"

struct raw {
    int fd;
    struct buf in; /* everything that came */
    bool ended;    /* the server has closed, or reset */
};

struct raw raw_open(int port);
struct raw raw_open_from(const char *address, int port); /* "127.0.0.2", as another client */
void raw_close(struct raw *r);
void raw_send(struct raw *r, str bytes); /* a peer that has closed is fine */
/* Waits up to wait_ms for more bytes or the end; false when neither came. */
bool raw_receive(struct raw *r, int wait_ms);
void raw_receive_to_end(struct raw *r); /* a failed test when the server does not close */
/* Waits for the head of an answer; its status, or 0 when the server closes without one. */
int raw_status(struct raw *r);

/* Connect, send all, wait for the status, close. */
int raw_ask(int port, str request);

#endif
