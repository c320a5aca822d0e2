/* Many WebSocket clients in one thread, on one epoll. */
#ifndef CHATAPP_BENCH_FLEET_H
#define CHATAPP_BENCH_FLEET_H

#include <netinet/in.h>

#include "base/str.h"

struct fleet;

struct fleet_options {
    struct sockaddr_in server;
    size_t clients;
    size_t
        source_addresses; /* connect from 127.0.0.1 … 127.0.0.N in turn; 0: as the kernel likes */
    const char *(*token)(void *context, size_t client);
    /* A text frame for `client` after its `ready`; now_us is when it was read. */
    void (*on_text)(void *context, size_t client, str text, int64_t now_us);
    void *context;
};

struct fleet *fleet_new(const struct fleet_options *options);
void fleet_free(struct fleet *fleet);
/* Connects all, a few dozen at a time, and returns when each has had its `ready`. */
void fleet_sign_in(struct fleet *fleet);
/* Waits up to timeout_ms for something to read, and reads it. A lost connection ends the program. */
void fleet_turn(struct fleet *fleet, int timeout_ms);
void fleet_send(struct fleet *fleet, size_t client, str text);

#endif
