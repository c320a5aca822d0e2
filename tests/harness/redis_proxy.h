/* A TCP proxy between a daemon and its redis-server, a process of its own that ends with the test.
 * It tells the daemon's commands connections from the ones that SUBSCRIBE, and can hold back what
 * Redis answers on the former, so that bells overtake replies, for as long as the test wants.
 *
 *     redis_proxy_hold_at(&p, room);          from the next command that names the room …
 *     WAIT_UNTIL(redis_proxy_held(&p) > 0);   … which Redis has run by now
 *     redis_proxy_release(&p);
 *
 * And it can fail in the ways in which a network does, once for each order. It speaks to Redis
 * over its unix socket. */
#ifndef CHATAPP_HARNESS_REDIS_PROXY_H
#define CHATAPP_HARNESS_REDIS_PROXY_H

#include "redis_server.h"

#define REDIS_PROXY_TEXT_MAX 64

struct redis_proxy_control; /* shared with the process */

struct redis_proxy {
    pid_t pid;
    int port;
    char url[64]; /* redis://… */
    struct redis_proxy_control *control;
};

void redis_proxy_start(struct redis_proxy *p, const struct redis_server *redis);
void redis_proxy_stop(struct redis_proxy *p);

/* Holds back all replies from the moment that a command with this text in it goes by ("": at
 * once). Bells go through. */
void redis_proxy_hold_at(struct redis_proxy *p, const char *text);
/* The same from the nth command (or run of them in one write) that names it. */
void redis_proxy_hold_at_nth(struct redis_proxy *p, const char *text, int nth);
/* What is held goes on, and then all is held again from the next command with this text. */
void redis_proxy_hold_next_at(struct redis_proxy *p, const char *text);
size_t redis_proxy_held(const struct redis_proxy *p); /* bytes of replies */
void redis_proxy_release(struct redis_proxy *p); /* they go on, in order, and no more are held */

/* And the bells, whatever becomes of the replies. */
void redis_proxy_hold_bells(struct redis_proxy *p);
size_t redis_proxy_held_bells(const struct redis_proxy *p);
void redis_proxy_release_bells(struct redis_proxy *p);

/* Cuts the connections that subscribe, or the others, or all; returns once that is done, or at
 * once. */
enum redis_proxy_which {
    REDIS_PROXY_COMMANDS = 1,
    REDIS_PROXY_SUBSCRIBERS = 2,
    REDIS_PROXY_ALL = 3
};
void redis_proxy_cut(struct redis_proxy *p, enum redis_proxy_which which);
void redis_proxy_cut_soon(struct redis_proxy *p, enum redis_proxy_which which);

/* The next commands connection on which something goes by is cut. */
enum redis_proxy_fault {
    REDIS_PROXY_CUT_BEFORE = 1, /* Redis gets nothing of it */
    REDIS_PROXY_CUT_IN_REQUEST, /* … half of it, at most a few whole commands */
    REDIS_PROXY_CUT_AFTER,      /* … all of it, and the reply is lost */
    REDIS_PROXY_CUT_IN_REPLY    /* half of the reply comes through */
};
void redis_proxy_fail(struct redis_proxy *p, enum redis_proxy_fault fault);
/* For so long nothing goes through in these directions; then all of it does. */
void redis_proxy_stall(struct redis_proxy *p, bool requests, bool replies, int ms);

#endif
