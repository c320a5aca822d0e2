/* Many WebSocket clients in one thread, on one epoll. */
#ifndef CHATAPP_BENCH_FLEET_H
#define CHATAPP_BENCH_FLEET_H

#include <netinet/in.h>

#include "base/str.h"
#include "options.h"

struct fleet;

struct fleet_options {
    struct addresses servers; /* one client after another connects to them in turn */
    const char *path;         /* NULL: /chat */
    bool silent;              /* no `ready` comes: after the upgrade a client is in */
    size_t clients;
    size_t at_once; /* connecting at the same time; 0: a few dozen */
    size_t
        source_addresses; /* connect from 127.0.0.1 … 127.0.0.N in turn; 0: as the kernel likes */
    const char *(*token)(void *context, size_t client); /* may give NULL: none */
    /* NULL or: its upgrade was accepted; the same read may have brought its `ready` too. */
    void (*on_open)(void *context, size_t client);
    /* NULL or: it is in, took_us after it began to connect. */
    void (*on_in)(void *context, size_t client, int64_t took_us);
    bool ready_too; /* on_text is given `ready`, too */
    /* A text frame for `client` after it is in; now_us is when it was read. */
    void (*on_text)(void *context, size_t client, str text, int64_t now_us);
    void *context;
};

struct fleet *fleet_new(const struct fleet_options *options);
void fleet_free(struct fleet *fleet);
/* Connects all, some at a time, and returns when all are in. */
void fleet_sign_in(struct fleet *fleet);
/* Waits up to timeout_ms for something to read, and reads it. A lost connection ends the program. */
void fleet_turn(struct fleet *fleet, int timeout_ms);
/* The same, for so many seconds. */
void fleet_turn_for(struct fleet *fleet, long seconds);
void fleet_send(struct fleet *fleet, size_t client, str text);

#endif
