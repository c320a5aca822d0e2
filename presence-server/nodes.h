/* Which presence-servers live. Each beats in Redis every few seconds, with Redis' own clock; whose beat has not moved for
 * a while is dead, and what its users were is void. Time in which Redis could not be asked does not count against
 * anybody. One that has drained leaves: its users have the grace of any lost connection to turn up elsewhere.
 *
 *     (first heard of) ──► ALIVE ──no beat for timeout_ms──► DEAD ──beats again──► ALIVE
 *                            └──goodbye──► LEAVING ──grace_ms──► DEAD
 *
 * Pure: no Redis; the time is an argument. A node stays until the end. */
#ifndef CHATAPP_PRESENCE_NODES_H
#define CHATAPP_PRESENCE_NODES_H

#include "base/ids.h"

enum node_state { NODE_ALIVE, NODE_LEAVING, NODE_DEAD };

struct node {
    struct node *next;
    struct id id;
    enum node_state state;
    int64_t beat_ms;  /* its last sign of life, by Redis' clock */
    int64_t moved_ms; /* when that was seen to move, by ours */
    int64_t until_ms; /* LEAVING: when it is over, by ours */
    int64_t news;     /* number of the last piece of news heard from it; 0: none yet */
};

struct nodes {
    struct node *first;
    struct node *self; /* never dead here */
    int64_t timeout_ms;
    int64_t grace_ms;
    int64_t up_ms; /* since when Redis has been answering, by our clock */
    void (*died)(void *context, struct node *node);
    void (*revived)(void *context, struct node *node);
    void *context;
};

/* The rest of *nodes is filled in already. */
void nodes_init(struct nodes *nodes, const struct id *self);
void nodes_fini(struct nodes *nodes);
struct node *nodes_get(const struct nodes *nodes, str id); /* NULL: never heard of */

/* Redis answers (again). */
void nodes_up(struct nodes *nodes, int64_t now_ms);
/* One line of the list in Redis: when it last beat, and whether it has left since; `redis_now_ms` by the same clock. */
void nodes_beat(struct nodes *nodes, str id, int64_t beat_ms, bool left, int64_t redis_now_ms,
                int64_t now_ms);
/* After all of them. */
void nodes_bury(struct nodes *nodes, int64_t now_ms);
/* Whose grace is over. */
void nodes_expire(struct nodes *nodes, int64_t now_ms);

/* Redis names one that was never heard of: taken for dead until it beats. */
struct node *nodes_presume_dead(struct nodes *nodes, str id, int64_t now_ms);

/* News came from it, number `number` since its start: NULL when it has left, or that id is no good. *gap_out: some before
 * were lost. */
struct node *nodes_news(struct nodes *nodes, str id, int64_t number, int64_t now_ms, bool *gap_out);
/* It said goodbye. */
void nodes_leave(struct nodes *nodes, str id, int64_t now_ms);

#endif
