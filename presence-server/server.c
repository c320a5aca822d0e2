#include "server.h"

#include <stdlib.h>

#include "announce.h"
#include "bells.h"
#include "conn.h"
#include "contacts.h"
#include "daemon/metrics.h"
#include "daemon/ops.h"
#include "lookups.h"
#include "pulse.h"
#include "store/keys.h"

#define MS_PER_S 1000

static struct metric users_here = {.name = "chatapp_presence_users",
                                   .help = "Users with a connection to this server, or lately",
                                   .kind = METRIC_GAUGE};
static struct metric subjects = {.name = "chatapp_presence_subjects",
                                 .help = "Users on the lists of contacts of users of this server",
                                 .kind = METRIC_GAUGE};
static struct metric watches = {.name = "chatapp_presence_watches",
                                .help = "Pairs of a user here and a contact whom they may see",
                                .kind = METRIC_GAUGE};

/* ---- Redis ---- */

/* Whatever was said or written meanwhile may have been lost, on either side. */
static void catch_up(struct server *s)
{
    users_all_unsaved(&s->users);
    announce_soon(s->announce);
    lookups_all_later(s->lookups);
    contacts_all(s->contacts);
}

static void redis_up(void *context)
{
    struct server *s = context;

    pulse_redis_up(s->pulse);
    catch_up(s);
}

static void bells_up(void *context)
{
    catch_up(context);
}

static void bell(void *context, str channel, str payload)
{
    bells_message(context, channel, payload);
}

static bool is_ready(void *context, struct buf *why)
{
    const struct server *s = context;

    if (!pulse_is_felt(s->pulse))
        buf_add_str(why, STR("redis: not connected"));
    else
        (void)conn_server_is_ready(&s->conns, why);
    return why->n == 0;
}

/* ---- start and stop ---- */

static void user_gone(void *context, struct user *user)
{
    struct server *s = context;
    watch_forget_all(&s->book, &user->observer);
}

static void tick(void *context, int64_t now_ms)
{
    struct server *s = context;

    nodes_expire(&s->nodes, now_ms);
    users_expire(&s->users, now_ms);
    if (users_have_changed(&s->users))
        announce_soon(s->announce);
    announce_retry(s->announce);
    metric_set(&users_here, (int64_t)s->users.names.n);
    metric_set(&subjects, (int64_t)s->book.subjects.n);
    metric_set(&watches, (int64_t)s->book.watches);
}

static void register_metrics(void)
{
    metric_register(&users_here);
    metric_register(&subjects);
    metric_register(&watches);
}

static const struct conn_events EVENTS = {
    .own_channel = CHANNEL_PRESENCE_NODE,
    .shared_channel = CHANNEL_PRESENCE,
    .redis_up = redis_up,
    .bells_up = bells_up,
    .bell = bell,
    .tick = tick,
};

static enum err open_all(struct server *s, int listen_fd)
{
    s->conns = (struct conn_server){.kind = &PRESENCE_CONN,
                                    .events = &EVENTS,
                                    .settings = &s->settings.conn,
                                    .context = s,
                                    .daemon = &s->daemon};
    enum err err = conn_server_open(&s->conns, &s->settings.common);

    if (err != OK)
        return err;
    s->redis = s->daemon.redis;
    s->users.grace_ms = s->settings.offline_grace_s * MS_PER_S;
    s->users.gone = user_gone;
    s->users.context = s;
    users_init(&s->users);
    s->announce = announce_open(s);
    s->lookups = lookups_open(s);
    s->contacts = contacts_open(s);
    s->pulse = pulse_open(s);
    register_metrics();
    ops_setup(is_ready, s);
    return conn_server_listen(&s->conns, listen_fd);
}

static void close_all(struct server *s)
{
    pulse_close(&s->pulse);
    conn_server_close(&s->conns);
    contacts_close(&s->contacts);
    lookups_close(&s->lookups);
    announce_close(&s->announce);
    ws_daemon_fini(&s->daemon);
    conn_server_fini(&s->conns);
    sign_in_fini(s);
    users_fini(&s->users);
    watch_fini(&s->book);
    nodes_fini(&s->nodes);
    rate_book_fini(&s->status_rates);
}

int server_run(const struct presence_settings *settings, int listen_fd)
{
    static struct server server;

    server.settings = *settings;
    if (open_all(&server, listen_fd) != OK)
        return EXIT_FAILURE; /* the process ends: the system takes back the rest */
    ws_daemon_run(&server.daemon);
    close_all(&server);
    return EXIT_SUCCESS;
}
