#include "pulse.h"

#include <stdlib.h>

#include "announce.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "lookups.h"
#include "news.h"
#include "store/presence.h"
#include "store/presence_bell.h"

#define MS_PER_S 1000
#define BEATS_PER_TIMEOUT 5
#define FORGET_MS (INT64_C(7) * 24 * 3600 * MS_PER_S)

struct pulse {
    struct server *server;
    uv_timer_t timer;
    int64_t felt_ms; /* when Redis last answered; 0: never */
    bool asking;
    bool closed; /* the timer */
    bool again;
};

static struct metric alive = {.name = "chatapp_presence_servers",
                              .help = "Presence-servers that live, this one included",
                              .kind = METRIC_GAUGE};

/* ---- others ---- */

static void died(void *context, struct node *node)
{
    struct server *s = context;

    log_info("a presence-server is gone", F_Z("node", node->id.text));
    watch_node_died(&s->book, node, node->beat_ms);
    announce_soon(s->announce);
}

/* What it says of its users has been left out where it was read. */
static void revived(void *context, struct node *node)
{
    struct server *s = context;

    log_info("a presence-server is back", F_Z("node", node->id.text));
    lookups_all(s->lookups);
}

static void count_alive(const struct nodes *nodes)
{
    int64_t n = 0;

    for (const struct node *node = nodes->first; node != NULL; node = node->next)
        n += node->state != NODE_DEAD;
    metric_set(&alive, n);
}

/* ---- beats ---- */

static void beat(struct pulse *p);

/* Who has not been heard of for a while may have been taken for dead. */
static void feel(struct pulse *p, int64_t now_ms)
{
    struct server *s = p->server;

    if (p->felt_ms != 0 && now_ms - p->felt_ms > s->nodes.timeout_ms / 2) {
        users_all_unsaved(&s->users);
        announce_soon(s->announce);
    }
    p->felt_ms = now_ms;
}

/* After pulse_close(): the timer's end and an answer that was on its way come in any order. */
static void free_when_both_ended(struct pulse *p)
{
    if (p->closed && !p->asking)
        free(p);
}

static void answered(void *context, const struct redisReply *reply)
{
    struct pulse *p = context;
    struct server *s = p->server;
    int64_t now_ms = clock_mono_ms();
    int64_t redis_now_ms = presence_beat_now(reply);

    p->asking = false;
    if (s->pulse == NULL) { /* the process ends */
        free_when_both_ended(p);
        return;
    }
    for (size_t i = 0; redis_now_ms > 0 && i < presence_beat_count(reply); i++) {
        struct presence_beat b = presence_beat_item(reply, i);
        nodes_beat(&s->nodes, b.node, b.time_ms, b.left, redis_now_ms, now_ms);
    }
    if (redis_now_ms > 0) {
        nodes_bury(&s->nodes, now_ms);
        feel(p, now_ms);
    }
    count_alive(&s->nodes);
    if (p->again)
        beat(p);
}

static void beat(struct pulse *p)
{
    struct redis_command c;

    p->again = p->asking;
    if (p->asking)
        return;
    presence_beat(&c, server_node(p->server), false, FORGET_MS);
    p->asking = redis_send(p->server->redis, &c, answered, p) == OK;
}

static void tick(uv_timer_t *timer)
{
    beat(timer->data);
}

void pulse_redis_up(struct pulse *p)
{
    nodes_up(&p->server->nodes, clock_mono_ms());
    beat(p);
}

void pulse_soon(struct pulse *p)
{
    if (p != NULL) /* else the process ends */
        beat(p);
}

bool pulse_is_felt(const struct pulse *p)
{
    return p->felt_ms != 0;
}

struct pulse *pulse_open(struct server *server)
{
    struct pulse *p = mem_zalloc(sizeof *p);
    int64_t timeout_ms = server->settings.node_timeout_s * MS_PER_S;
    uint64_t interval_ms = (uint64_t)timeout_ms / BEATS_PER_TIMEOUT;

    p->server = server;
    server->nodes = (struct nodes){.timeout_ms = timeout_ms,
                                   .grace_ms = server->settings.offline_grace_s * MS_PER_S,
                                   .died = died,
                                   .revived = revived,
                                   .context = server};
    nodes_init(&server->nodes, &server->conns.node);
    (void)uv_timer_init(&server->daemon.loop, &p->timer);
    p->timer.data = p;
    (void)uv_timer_start(&p->timer, tick, interval_ms, interval_ms);
    metric_register(&alive);
    return p;
}

/* ---- the end ---- */

static void say_goodbye(struct server *s)
{
    struct redis_command c;
    struct buf text = {0};

    presence_beat(&c, server_node(s), true, FORGET_MS);
    (void)!redis_send(s->redis, &c, NULL, NULL); /* else it will be missed */
    goodbye(&text, server_node(s));
    presence_ring(&c, buf_view(&text));
    (void)!redis_send(s->redis, &c, NULL, NULL);
    buf_fini(&text);
}

static void timer_closed(uv_handle_t *handle)
{
    struct pulse *p = handle->data;

    p->closed = true;
    free_when_both_ended(p);
}

void pulse_close(struct pulse **pulse)
{
    struct pulse *p = *pulse;

    *pulse = NULL;
    say_goodbye(p->server);
    uv_close((uv_handle_t *)&p->timer, timer_closed);
}
