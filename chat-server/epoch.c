#include "epoch.h"

#include "conn.h"
#include "daemon/log.h"
#include "delivery.h"
#include "joining.h"
#include "store/keys.h"
#include "store/scripts.h"

static void forget_positions(struct server *server)
{
    struct room *room;
    size_t at = 0;

    while ((room = map_next(&server->hub.rooms, &at)) != NULL) {
        delivery_forget(room);
        room->live = false;
        room->delivered = room->heard = 0;
    }
}

/* Who was in what means as little. */
static void forget_subscriptions(struct server *server)
{
    struct user *user;
    size_t at = 0;

    while ((user = map_next(&server->hub.users, &at)) != NULL)
        while (user->subscriptions_n > 0)
            hub_unsubscribe(&server->hub, user,
                            user->subscriptions[user->subscriptions_n - 1]->room);
}

static void begin_anew(struct server *server)
{
    server->epochs++;
    joining_give_up(server);
    forget_positions(server);
    forget_subscriptions(server);
    conn_close_all(server, WS_CLOSE_RESTART, "the store has begun a new epoch");
}

static void was_read(void *context, const struct redisReply *reply)
{
    struct server *server = context;
    str epoch = reply_str(reply);

    if (epoch.n == 0 || epoch.n >= EPOCH_MAX || str_eq(epoch, str_of(server->epoch)))
        return;
    bool changed = server->epoch[0] != '\0';
    memcpy(server->epoch, epoch.p, epoch.n);
    server->epoch[epoch.n] = '\0';
    if (changed) {
        log_warn("the store lost data: new epoch", F_STR("epoch", epoch));
        begin_anew(server);
    }
}

static void ask(struct server *server, str known)
{
    struct redis_command c;
    struct id fresh = id_new();

    redis_command_script(&c, &SCRIPT_epoch);
    redis_add_key(&c, KEY_EPOCH, STR(""), "");
    redis_add(&c, known);
    redis_add(&c, str_of(fresh.text));
    (void)!redis_send(server->redis, &c, was_read, server); /* asked again when Redis is back */
}

void epoch_read(struct server *server)
{
    ask(server, STR(""));
}

void epoch_lost(struct server *server)
{
    ask(server, str_of(server->epoch));
}
