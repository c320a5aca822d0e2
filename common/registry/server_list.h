/* The live servers of one kind, and which of them is to serve the next client: of two that chance names, the less
 * loaded one (the power of two choices), which spreads better than chance and, unlike always taking the least loaded,
 * does not send everybody to one server when what is known of the load is a second old. Pure.
 *
 * Load is the connections that a server told of, which are a second or two old, or those that it had a few seconds ago and
 * the clients that were sent to it since, whichever is more: so it does not matter whether these have connected yet, and
 * nobody is counted twice. A loop that is late makes all of them count for more. Who told of as many connections as it takes
 * is full, and is not chosen; who will have as many when all have come that are expected is chosen when there are no others.
 * Servers under one URL (workers) are one: their loads are added, and so is what they take. */
#ifndef CHATAPP_REGISTRY_SERVER_LIST_H
#define CHATAPP_REGISTRY_SERVER_LIST_H

#include "registry/instance.h"

#define SERVER_LIST_MAX 256 /* URLs; more are left out */

/* For so long a client that was sent somewhere is expected there: longer than a server's word is old. */
#define SENT_FOR_MS 3000

/* How many clients were sent where, and when: a ring of short periods, of more than SENT_FOR_MS together. */
#define SENT_PERIOD_MS 100
#define SENT_PERIODS 32

struct sent {
    int64_t period; /* the latest, counted since the clock began */
    uint32_t counts[SENT_PERIODS];
};

/* What a server said before. */
struct told {
    int64_t ms;
    int64_t connections;
};
#define TOLD_MAX 8 /* one a second: they reach back beyond SENT_FOR_MS */

struct server {
    char url[INSTANCE_URL_MAX + 1];
    char id[ID_LEN + 1];    /* of its least loaded instance */
    int64_t id_connections; /* that one's */
    int64_t connections;    /* of all its instances, as are the next two */
    int64_t connections_max;
    int64_t told_ms_sum;
    int64_t instances;
    int64_t lag_ms;         /* the latest one's */
    int64_t avoid_until_ms; /* it did not answer */
    struct sent sent;
    size_t told_n;
    struct told told[TOLD_MAX]; /* the oldest first, without the latest */
};

struct server_list {
    size_t n;
    struct server v[SERVER_LIST_MAX];
};

/* told_ms: when the instance said so, by the same clock as all other times here, a monotonic one. */
void server_list_add(struct server_list *list, const struct instance *instance, int64_t told_ms);
/* A newer list of the same kind goes on where the old one was: what was sent and told, who is avoided. */
void server_list_take_over(struct server_list *list, const struct server_list *old);
/* Chooses, and counts it as sent. `except`: a URL that has been tried, or STR_NONE. Those that are to be avoided are taken
 * only when there are no others. `random` is any number. NULL: there is none, or all that there are told that they are full. */
const struct server *server_list_choose(struct server_list *list, str except, int64_t now_ms,
                                        uint32_t random);
/* It did not answer: others are better for a while. */
void server_list_avoid(struct server_list *list, str url, int64_t until_ms);

#endif
