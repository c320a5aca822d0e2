#include "nodes.h"

#include <stdlib.h>

#include "base/mem.h"

static struct node *add(struct nodes *nodes, str id)
{
    struct node *node = mem_zalloc(sizeof *node);

    memcpy(node->id.text, id.p, ID_LEN);
    node->next = nodes->first;
    nodes->first = node;
    return node;
}

void nodes_init(struct nodes *nodes, const struct id *self)
{
    nodes->self = add(nodes, str_of(self->text));
}

void nodes_fini(struct nodes *nodes)
{
    while (nodes->first != NULL) {
        struct node *node = nodes->first;
        nodes->first = node->next;
        free(node);
    }
}

struct node *nodes_get(const struct nodes *nodes, str id)
{
    struct node *node = nodes->first;

    while (node != NULL && !str_eq(str_of(node->id.text), id))
        node = node->next;
    return node;
}

static void bury(struct nodes *nodes, struct node *node)
{
    node->state = NODE_DEAD;
    nodes->died(nodes->context, node);
}

static void revive(struct nodes *nodes, struct node *node, int64_t now_ms)
{
    node->moved_ms = now_ms;
    if (node->state == NODE_ALIVE)
        return;
    node->state = NODE_ALIVE;
    nodes->revived(nodes->context, node);
}

void nodes_up(struct nodes *nodes, int64_t now_ms)
{
    nodes->up_ms = now_ms;
}

static void leave(struct nodes *nodes, struct node *node, int64_t ago_ms, int64_t now_ms)
{
    if (node->state != NODE_ALIVE)
        return;
    node->state = NODE_LEAVING;
    node->until_ms = now_ms + nodes->grace_ms - ago_ms;
}

void nodes_beat(struct nodes *nodes, str id, int64_t beat_ms, bool left, int64_t redis_now_ms,
                int64_t now_ms)
{
    struct node *node = nodes_get(nodes, id);
    int64_t ago_ms = redis_now_ms - beat_ms;
    bool fresh = node == NULL;

    if (!id_is_valid(id) || node == nodes->self)
        return;
    if (fresh) {
        node = add(nodes, id);
        node->moved_ms = now_ms;
        node->state =
            ago_ms > (left ? nodes->grace_ms : nodes->timeout_ms) ? NODE_DEAD : NODE_ALIVE;
    } else if (!left && beat_ms != node->beat_ms && ago_ms <= nodes->timeout_ms) {
        revive(nodes, node, now_ms);
    }
    node->beat_ms = beat_ms;
    if (left)
        leave(nodes, node, ago_ms, now_ms);
}

struct node *nodes_presume_dead(struct nodes *nodes, str id, int64_t now_ms)
{
    struct node *node = add(nodes, id);

    node->state = NODE_DEAD;
    node->moved_ms = now_ms;
    return node;
}

void nodes_expire(struct nodes *nodes, int64_t now_ms)
{
    for (struct node *node = nodes->first; node != NULL; node = node->next)
        if (node->state == NODE_LEAVING && now_ms >= node->until_ms)
            bury(nodes, node);
}

void nodes_bury(struct nodes *nodes, int64_t now_ms)
{
    for (struct node *node = nodes->first; node != NULL; node = node->next) {
        int64_t since_ms = node->moved_ms > nodes->up_ms ? node->moved_ms : nodes->up_ms;
        if (node->state == NODE_ALIVE && node != nodes->self &&
            now_ms - since_ms > nodes->timeout_ms)
            bury(nodes, node);
    }
}

struct node *nodes_news(struct nodes *nodes, str id, int64_t number, int64_t now_ms, bool *gap_out)
{
    struct node *node = nodes_get(nodes, id);

    *gap_out = false;
    if (!id_is_valid(id) || (node != NULL && node->state == NODE_LEAVING))
        return NULL;
    if (node == NULL)
        node = add(nodes, id);
    *gap_out = node->news != 0 && number != node->news + 1;
    node->news = number;
    if (node != nodes->self)
        revive(nodes, node, now_ms);
    return node;
}

void nodes_leave(struct nodes *nodes, str id, int64_t now_ms)
{
    struct node *node = nodes_get(nodes, id);

    if (node != NULL && node != nodes->self)
        leave(nodes, node, 0, now_ms);
}
