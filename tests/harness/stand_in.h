/* An HTTP server that stands in for one of ours: a thread of the test, registered in Redis as the service registry says, that
 * answers what it is told to, or does not. */
#ifndef CHATAPP_HARNESS_STAND_IN_H
#define CHATAPP_HARNESS_STAND_IN_H

#include <pthread.h>
#include <stdatomic.h>

#include "redis_server.h"

#define STAND_IN_CONNECTIONS 64

enum stand_in_mood {
    STAND_IN_ANSWERS,       /* with the text below */
    STAND_IN_WAITS,         /* for another mood */
    STAND_IN_BREAKS_BEFORE, /* takes the request, and closes */
    STAND_IN_BREAKS_AMID,   /* … after half of the answer */
    STAND_IN_IS_AWAY        /* nobody listens */
};

struct stand_in {
    int port;
    _Atomic int mood;
    atomic_bool registered; /* says that it lives; else it dies out, but is not taken out */
    atomic_int requests;    /* that came in full */
    atomic_int connections; /* so far */

    const char *answer; /* head, empty line, body; it gets its Content-Length */
    char kind[32];
    char socket[160]; /* Redis's */
    char id[32];
    atomic_bool stopping;
    pthread_t thread;
    pthread_mutex_t lock; /* guards last */
    struct buf last;      /* the latest request, head and body */
    int listen_fd;
};

/* On a free port. Returns once it is registered. */
void stand_in_start(struct stand_in *s, const struct redis_server *redis, const char *kind,
                    const char *answer);
void stand_in_stop(struct stand_in *s); /* takes itself out */
/* The latest request; as long as fmt()'s. */
const char *stand_in_last(struct stand_in *s);

#endif
