#include "resync.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/log.h"
#include "delivery.h"
#include "joining.h"
#include "store/conversation.h"
#include "store/keys.h"

#define TICK_MS 2
#define AT_ONCE 200       /* rooms and users a tick */
#define IN_FLIGHT_MAX 500 /* those who talk come first */
#define LATER_MS 2000

/* Names, not pointers: rooms and users may go meanwhile. */
struct resync {
    struct server *server;
    uv_timer_t timer;
    uv_timer_t later;
    struct conversation_id *rooms;
    size_t rooms_n;
    struct username *users;
    size_t users_n;
};

struct lookup {
    struct server *server;
    struct user *user; /* held */
};

static void list_read(void *context, const struct redisReply *reply)
{
    struct lookup l = *(struct lookup *)context;

    free(context);
    for (size_t i = 0; i < reply_count(reply); i++) {
        str id = reply_str(reply_at(reply, i));
        if (conversation_id_is_valid(id))
            joining_begin(l.server, l.user, id, JOINED_UNKNOWN);
    }
    hub_release_user(&l.server->hub, l.user);
}

static void look_up_user(struct server *server, str name)
{
    struct user *user = hub_user(&server->hub, name);
    struct redis_command c;

    if (user == NULL)
        return;
    redis_command_init(&c, "SADD");
    redis_add_key(&c, KEY_USER, name, KEY_NODES);
    redis_add(&c, server_node(server));
    (void)!redis_send(server->redis, &c, NULL, NULL);
    redis_command_init(&c, "ZRANGE");
    redis_add_key(&c, KEY_USER, name, KEY_CONVERSATIONS);
    redis_add_int(&c, 0);
    redis_add_int(&c, -1);
    struct lookup *l = mem_alloc(sizeof *l);
    *l = (struct lookup){server, user};
    user->holds++;
    if (redis_send(server->redis, &c, list_read, l) != OK)
        list_read(l, NULL);
}

static void some(uv_timer_t *timer)
{
    struct resync *r = timer->data;
    struct server *s = r->server;

    for (int i = 0; i < AT_ONCE && redis_client_in_flight(s->redis) < IN_FLIGHT_MAX; i++) {
        if (r->rooms_n > 0) {
            struct room *room = hub_room(&s->hub, str_of(r->rooms[--r->rooms_n].text));
            if (room != NULL)
                delivery_catch_up(s, room);
        } else if (r->users_n > 0) {
            look_up_user(s, username_view(&r->users[--r->users_n]));
        } else {
            (void)uv_timer_stop(timer);
            return;
        }
    }
}

void resync_begin(struct resync *r)
{
    struct hub *hub = &r->server->hub;
    struct room *room;
    struct user *user;
    size_t at = 0;

    r->rooms = mem_array(r->rooms, hub->rooms.n, sizeof r->rooms[0]);
    for (r->rooms_n = 0; (room = map_next(&hub->rooms, &at)) != NULL;)
        r->rooms[r->rooms_n++] = room->id;
    r->users = mem_array(r->users, hub->users.n, sizeof r->users[0]);
    for (r->users_n = 0, at = 0; (user = map_next(&hub->users, &at)) != NULL;)
        r->users[r->users_n++] = user->name;
    if (r->rooms_n + r->users_n > 0)
        log_info("catching up", F_INT("conversations", r->rooms_n), F_INT("users", r->users_n));
    (void)uv_timer_start(&r->timer, some, 0, TICK_MS);
}

static void begin(uv_timer_t *timer)
{
    struct resync *r = timer->data;

    if (uv_is_active((uv_handle_t *)&r->timer)) /* the one under way must come to its end */
        resync_later(r);
    else
        resync_begin(r);
}

void resync_later(struct resync *r)
{
    if (r != NULL && !uv_is_active((uv_handle_t *)&r->later)) /* NULL: the process ends */
        (void)uv_timer_start(&r->later, begin, LATER_MS, 0);
}

struct resync *resync_open(struct server *server)
{
    struct resync *r = mem_zalloc(sizeof *r);

    r->server = server;
    (void)uv_timer_init(&server->daemon.loop, &r->timer);
    r->timer.data = r;
    (void)uv_timer_init(&server->daemon.loop, &r->later);
    r->later.data = r;
    return r;
}

static void timer_closed(uv_handle_t *handle)
{
    struct resync *r = handle->data;
    free(r->rooms);
    free(r->users);
    free(r);
}

void resync_close(struct resync **resync)
{
    uv_close((uv_handle_t *)&(*resync)->later, NULL);
    uv_close((uv_handle_t *)&(*resync)->timer, timer_closed);
    *resync = NULL;
}
