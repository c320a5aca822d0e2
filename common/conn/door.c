#include "conn/door.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conn/conn_base.h"

#define EARLY_MAX 64
#define EARLY_BYTES_MAX FRAME_MAX

struct early {
    struct early *next;
    size_t n;
    char text[];
};

struct door {
    struct conn *conn;
    struct claims *claims;
    struct door *next; /* in the server's line, while until_ms is set */
    struct door *prev;
    int64_t until_ms; /* 0: nothing is expected */
    struct early *first;
    struct early *taken;
};

struct door *door_new(struct conn *conn, struct claims *claims)
{
    struct door *door = mem_zalloc(sizeof *door);

    door->conn = conn;
    door->claims = claims;
    return door;
}

void door_free(struct door **door)
{
    struct door *d = *door;

    if (d == NULL)
        return;
    *door = NULL;
    door_auth_came(d);
    while (!str_is_none(door_take(d)))
        ;
    free(d->claims);
    free(d);
}

const struct claims *door_claims(const struct door *door)
{
    return door->claims;
}

/* ---- waiting for auth ---- */

void door_expect_auth(struct door *door, int64_t until_ms)
{
    struct door_line *line = &conn_base(door->conn)->owner->doors;

    door->until_ms = until_ms;
    door->prev = line->last;
    *(line->last ? &line->last->next : &line->first) = door;
    line->last = door;
}

void door_auth_came(struct door *door)
{
    struct door_line *line = &conn_base(door->conn)->owner->doors;

    if (door->until_ms == 0)
        return;
    door->until_ms = 0;
    *(door->prev ? &door->prev->next : &line->first) = door->next;
    *(door->next ? &door->next->prev : &line->last) = door->prev;
    door->next = door->prev = NULL;
}

void door_expire(struct door_line *line, int64_t now_ms)
{
    struct door *door;

    while ((door = line->first) != NULL && door->until_ms <= now_ms) {
        door_auth_came(door);
        ws_close(conn_base(door->conn)->ws, WS_CLOSE_NO_AUTH_IN_TIME, "no auth in time");
    }
}

/* ---- frames before their time ---- */

bool door_keep(struct door *door, str text)
{
    struct early **end = &door->first;
    size_t frames = 1;
    size_t bytes = text.n;

    for (; *end != NULL; end = &(*end)->next) {
        frames++;
        bytes += (*end)->n;
    }
    if (frames > EARLY_MAX || bytes > EARLY_BYTES_MAX)
        return false;
    struct early *e = mem_alloc(sizeof *e + text.n);
    e->next = NULL;
    e->n = text.n;
    memcpy(e->text, text.p, text.n);
    *end = e;
    return true;
}

str door_take(struct door *door)
{
    free(door->taken);
    door->taken = door->first;
    if (door->taken == NULL)
        return STR_NONE;
    door->first = door->taken->next;
    return str_from(door->taken->text, door->taken->n);
}
