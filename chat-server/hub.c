#include "hub.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"

#define FIRST_CAPACITY 2

static str room_key(const struct room *room)
{
    return str_from(room->id.text, CONVERSATION_ID_LEN);
}

/* An array of pointers that grows by doubling. */
static void append(void ***items, uint32_t *n, uint32_t *cap, void *item)
{
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : FIRST_CAPACITY;
        *items = mem_array(*items, *cap, sizeof(void *));
    }
    (*items)[(*n)++] = item;
}

struct user *hub_user(struct hub *hub, str name)
{
    return map_get(&hub->users, name);
}

struct user *hub_hold_user(struct hub *hub, str name)
{
    struct user *user = hub_user(hub, name);
    if (user == NULL) {
        user = mem_zalloc(sizeof *user);
        CHECK(name.n <= USERNAME_MAX);
        memcpy(user->name.text, name.p, name.n);
        map_put(&hub->users, username_view(&user->name), user);
    }
    user->holds++;
    return user;
}

static void free_user(struct user *user)
{
    CHECK(user->signing_in == 0);
    free(user->conns);
    free(user->subscriptions);
    free(user);
}

void hub_release_user(struct hub *hub, struct user *user)
{
    CHECK(user->holds > 0);
    if (--user->holds > 0)
        return;
    CHECK(user->conns_n == 0);
    while (user->subscriptions_n > 0)
        hub_unsubscribe(hub, user, user->subscriptions[user->subscriptions_n - 1]->room);
    if (hub->user_gone != NULL)
        hub->user_gone(hub->context, user);
    map_remove(&hub->users, username_view(&user->name));
    free_user(user);
}

struct room *hub_room(struct hub *hub, str id)
{
    return map_get(&hub->rooms, id);
}

struct room *hub_hold_room(struct hub *hub, str id)
{
    struct room *room = hub_room(hub, id);
    if (room == NULL) {
        room = mem_zalloc(sizeof *room);
        CHECK(id.n == CONVERSATION_ID_LEN);
        memcpy(room->id.text, id.p, id.n);
        map_put(&hub->rooms, room_key(room), room);
    }
    room->holds++;
    return room;
}

static void drop_room_if_unused(struct hub *hub, struct room *room)
{
    if (room->holds > 0 || room->subscriptions_n > 0)
        return;
    if (hub->room_gone != NULL)
        hub->room_gone(hub->context, room);
    map_remove(&hub->rooms, room_key(room));
    free(room->subscriptions);
    free(room);
}

void hub_release_room(struct hub *hub, struct room *room)
{
    CHECK(room->holds > 0);
    room->holds--;
    drop_room_if_unused(hub, room);
}

void hub_add_conn(struct user *user, struct conn *conn)
{
    append((void ***)&user->conns, &user->conns_n, &user->conns_cap, conn);
}

void hub_remove_conn(struct user *user, struct conn *conn)
{
    for (uint32_t i = 0; i < user->conns_n; i++) {
        if (user->conns[i] == conn) {
            user->conns[i] = user->conns[--user->conns_n];
            return;
        }
    }
    CHECK(false); /* it must be one of the user's */
}

/* Looks through the shorter of the two lists. */
struct subscription *hub_subscription(const struct user *user, const struct room *room)
{
    bool by_user = user->subscriptions_n <= room->subscriptions_n;
    struct subscription **list = by_user ? user->subscriptions : room->subscriptions;
    uint32_t n = by_user ? user->subscriptions_n : room->subscriptions_n;

    for (uint32_t i = 0; i < n; i++)
        if (list[i]->user == user && list[i]->room == room)
            return list[i];
    return NULL;
}

void hub_subscribe(struct user *user, struct room *room)
{
    if (hub_subscription(user, room) != NULL)
        return;
    struct subscription *s = mem_alloc(sizeof *s);
    *s = (struct subscription){user, room, user->subscriptions_n, room->subscriptions_n};
    append((void ***)&user->subscriptions, &user->subscriptions_n, &user->subscriptions_cap, s);
    append((void ***)&room->subscriptions, &room->subscriptions_n, &room->subscriptions_cap, s);
}

void hub_unsubscribe(struct hub *hub, struct user *user, struct room *room)
{
    struct subscription *s = hub_subscription(user, room);
    if (s == NULL)
        return;
    struct subscription *last = user->subscriptions[--user->subscriptions_n];
    user->subscriptions[s->in_user] = last;
    last->in_user = s->in_user;
    last = room->subscriptions[--room->subscriptions_n];
    room->subscriptions[s->in_room] = last;
    last->in_room = s->in_room;
    free(s);
    drop_room_if_unused(hub, room);
}

void hub_sign_in_begins(struct user *user)
{
    user->signing_in++;
}

void hub_sign_in_ends(struct user *user)
{
    CHECK(user->signing_in > 0);
    if (--user->signing_in > 0)
        return;
    free(user->departures);
    user->departures = NULL;
    user->departures_n = 0;
}

void hub_note_departure(struct user *user, const struct room *room, int64_t seq)
{
    if (user->signing_in == 0)
        return;
    user->departures =
        mem_array(user->departures, user->departures_n + 1, sizeof user->departures[0]);
    user->departures[user->departures_n++] = (struct departure){room->id, seq};
}

bool hub_has_departed(const struct user *user, const struct room *room, int64_t seq)
{
    for (uint32_t i = 0; i < user->departures_n; i++)
        if (user->departures[i].seq > seq &&
            str_eq(str_of(user->departures[i].id.text), room_key(room)))
            return true;
    return false;
}

void hub_fini(struct hub *hub)
{
    CHECK(hub->users.n == 0 && hub->rooms.n == 0);
    map_fini(&hub->users);
    map_fini(&hub->rooms);
}
