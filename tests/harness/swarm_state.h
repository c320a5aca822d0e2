/* What a swarm consists of. Between swarm.c, which keeps it going, and swarm_end.c. */
#ifndef CHATAPP_HARNESS_SWARM_STATE_H
#define CHATAPP_HARNESS_SWARM_STATE_H

#include <poll.h>

#include "swarm_members.h"

struct swarm {
    struct swarm_world world;
    struct swarm_members *members;
    struct swarm_client *clients; /* a user's devices stand together */
    int n;
    int *devices; /* the first of each user's */
    int users;
    struct user outsider;
    char foreign[SWARM_ID_MAX];
    struct pollfd *polls;
    struct goodbyes *goodbyes; /* swarm_end.c: while they are said */
};

struct swarm_client *swarm_first_device(struct swarm *swarm, int user);

#endif
