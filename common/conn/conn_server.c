#include "conn/conn_server.h"

#include <stdlib.h>

#include "conn/conn_base.h"
#include "conn/conn_pace.h"
#include "conn/sessions.h"

#define KIB 1024

static void session_ended(void *context, str user, str session)
{
    const struct conn_server *s = context;

    if (s->kind->has_user(s->context, user))
        sessions_verify(s->sessions, user, session);
}

void conn_server_open(struct conn_server *s, const struct conn_kind *kind,
                      const struct conn_settings *settings, struct ws_daemon *daemon, void *context)
{
    s->kind = kind;
    s->settings = settings;
    s->daemon = daemon;
    s->context = context;
    s->keyring = keyring_open(&daemon->loop, daemon->redis);
    s->ended = ended_open(&daemon->loop, daemon->redis, session_ended, s);
    s->sessions = sessions_open(s);
}

static bool more_is_coming(void *context)
{
    const struct conn_server *s = context;
    return s->kind->more_is_coming(s->context);
}

static void flush_store(void *context)
{
    redis_client_flush(((const struct conn_server *)context)->daemon->redis);
}

enum err conn_server_listen(struct conn_server *s, int listen_fd)
{
    struct ws_options options = {
        .allowed_origins = s->settings->allowed_origins,
        .message_max = FRAME_MAX,
        .queue_max = (size_t)s->settings->queue_max_kib * KIB,
        .connections_max = (size_t)s->settings->max_connections,
        .more_is_coming = s->kind->more_is_coming != NULL ? more_is_coming : NULL,
        .flush_store = flush_store,
        .ping_s = (int)s->settings->ping_interval_s,
    };

    return ws_daemon_listen(s->daemon, listen_fd, &options, &CONN_HANDLERS, s);
}

void conn_server_redis_up(struct conn_server *s)
{
    keyring_refresh(s->keyring);
    ended_look(s->ended);
}

bool conn_server_is_ready(const struct conn_server *s, struct buf *why)
{
    bool ready = keyring_is_ready(s->keyring);

    if (!ready)
        buf_add_str(why, STR("keys: none in Redis yet; is an api-server running?"));
    return ready;
}

void conn_server_tick(struct conn_server *s, int64_t now_ms)
{
    door_expire(&s->doors, now_ms);
    conn_unthrottle(s);
}

void conn_server_close(struct conn_server *s)
{
    keyring_close(&s->keyring);
    ended_close(&s->ended);
    sessions_close(&s->sessions);
}

void conn_server_fini(struct conn_server *s)
{
    free(s->throttled);
    conn_table_fini(&s->table);
    tally_fini(&s->addresses);
}
