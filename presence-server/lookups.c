#include "lookups.h"

#include <stdlib.h>

#include "announce.h"
#include "base/mem.h"
#include "contacts.h"
#include "daemon/metrics.h"
#include "news.h"
#include "pulse.h"
#include "store/presence.h"

#define ASKING_MAX 256 /* of those that somebody waits for */
#define ASKING_AGAIN_MAX 64
#define TICK_MS 500
#define CYCLE 240     /* ticks until all were read again */
#define LATER_MS 3000 /* they come back within two seconds */
#define ANCIENT_MS                                                                                 \
    60000 /* a server that no beat has named for so long is forgotten in Redis, too */

struct line {
    struct subject *first;
    struct subject *last;
};

struct lookups {
    struct server *server;
    uv_timer_t timer;
    uv_timer_t later;
    struct line now;   /* unknown: somebody waits */
    struct line again; /* known */
    size_t asking;
    size_t at; /* in the book */
};

static struct metric reads = {.name = "chatapp_presence_lookups_total",
                              .help = "Users whose presence was read from Redis",
                              .kind = METRIC_COUNTER};

/* ---- lines ---- */

static void line_up(struct server *s, struct line *line, struct subject *subject)
{
    if (subject->queued || subject->reading)
        return;
    (void)watch_hold(&s->book, username_view(&subject->name));
    subject->queued = true;
    subject->next_queued = NULL;
    *(line->last ? &line->last->next_queued : &line->first) = subject;
    line->last = subject;
}

static struct subject *next(struct line *line)
{
    struct subject *subject = line->first;

    line->first = subject->next_queued;
    if (line->first == NULL)
        line->last = NULL;
    subject->queued = false;
    return subject;
}

/* ---- answers ---- */

/* What a server that is dead left behind is taken away, and counts as the time its user was last here. */
static void tidy(struct server *s, const struct subject *subject, const struct node *node)
{
    struct redis_command c;
    bool ancient = node->beat_ms == 0;

    if (ancient && clock_mono_ms() - node->moved_ms < ANCIENT_MS)
        return;
    presence_put(&c, username_view(&subject->name), str_of(node->id.text), STR(""), node->beat_ms);
    (void)!redis_send(s->redis, &c, NULL, NULL); /* whoever reads it next will do it */
}

static void take_part(struct server *s, struct subject *subject, str id, str value,
                      int64_t *seen_out)
{
    struct news news;
    struct node *node = nodes_get(&s->nodes, id);

    if (node == s->nodes.self || !id_is_valid(id) || news_value_parse(value, &news) != OK)
        return;
    if (node == NULL) {
        node = nodes_presume_dead(&s->nodes, id, clock_mono_ms());
        pulse_soon(s->pulse);
    }
    if (node->state != NODE_DEAD) {
        watch_read_part(&s->book, subject,
                        &(struct part_news){.node = node,
                                            .version = news.version,
                                            .time_ms = news.time_ms,
                                            .status = news.status,
                                            .text = news.text});
        return;
    }
    if (node->beat_ms > *seen_out)
        *seen_out = node->beat_ms;
    tidy(s, subject, node);
}

/* Redis need not have it yet. */
static void take_own_part(struct server *s, struct subject *subject)
{
    const struct user *user = users_get(&s->users, username_view(&subject->name));

    if (user != NULL && user->status != STATUS_OFFLINE)
        watch_read_part(&s->book, subject,
                        &(struct part_news){.node = s->nodes.self,
                                            .version = user->version,
                                            .time_ms = user->since_ms,
                                            .status = user->status,
                                            .text = str_of(user->text)});
}

static void take(struct server *s, struct subject *subject, const struct redisReply *reply)
{
    int64_t seen_ms = 0;

    for (size_t i = 0; i < reply_pairs(reply); i++) {
        str field = reply_key(reply, i);
        const struct redisReply *value = reply_value(reply, i);
        if (!str_eq(field, STR(PRESENCE_SEEN)))
            take_part(s, subject, field, reply_str(value), &seen_ms);
        else if (reply_int(value) > seen_ms)
            seen_ms = reply_int(value);
    }
    take_own_part(s, subject);
    if (watch_read_ends(&s->book, subject, s->nodes.self, seen_ms))
        contacts_known(s, subject);
    announce_soon(s->announce);
}

struct read {
    struct lookups *lookups;
    struct server *server;
    struct subject *subject; /* held */
};

static void pump(struct lookups *l);
static void look_again(struct lookups *l, struct subject *subject);

static void fail(struct server *s, struct subject *subject)
{
    watch_read_fails(subject);
    if (!subject->known)
        contacts_unknown(s, subject);
}

static void was_read(void *context, const struct redisReply *reply)
{
    struct read r = *(struct read *)context;

    free(context);
    if (reply != NULL)
        take(r.server, r.subject, reply);
    else
        fail(r.server, r.subject);
    if (r.server->lookups == NULL) { /* the process ends */
        watch_release(&r.server->book, r.subject);
        return;
    }
    if (r.subject->again)
        look_again(r.lookups, r.subject);
    watch_release(&r.server->book, r.subject);
    r.lookups->asking--;
    pump(r.lookups);
}

/* ---- asking ---- */

/* False: Redis cannot take it at the moment. */
static bool ask(struct lookups *l, struct line *line)
{
    struct server *s = l->server;
    struct subject *subject = line->first;
    struct redis_command c;
    struct read *r = mem_alloc(sizeof *r);

    *r = (struct read){l, s, subject};
    presence_read(&c, username_view(&subject->name));
    if (redis_send(s->redis, &c, was_read, r) != OK) {
        free(r);
        return false;
    }
    (void)next(line);
    subject->again = false;
    watch_read_begins(&s->book, subject);
    metric_add(&reads, 1);
    l->asking++;
    return true;
}

static void pump(struct lookups *l)
{
    while (l->now.first != NULL && l->asking < ASKING_MAX && ask(l, &l->now))
        ;
    while (l->again.first != NULL && l->asking < ASKING_AGAIN_MAX && ask(l, &l->again))
        ;
}

void lookups_now(struct lookups *l, struct subject *subject)
{
    line_up(l->server, &l->now, subject);
    pump(l);
}

static void look_again(struct lookups *l, struct subject *subject)
{
    subject->again = subject->reading;
    if (subject->watchers_n > 0)
        line_up(l->server, subject->known ? &l->again : &l->now, subject);
}

void lookups_all(struct lookups *l)
{
    struct subject *subject;
    size_t at = 0;

    while ((subject = map_next(&l->server->book.subjects, &at)) != NULL)
        look_again(l, subject);
    pump(l);
}

/* Redis is away: nobody should wait for it. Those who are watched will be read when it is back. */
static void give_up(struct lookups *l)
{
    struct server *s = l->server;

    while (l->now.first != NULL) {
        struct subject *subject = next(&l->now);
        contacts_unknown(s, subject);
        watch_release(&s->book, subject);
    }
}

static void all_now(uv_timer_t *timer)
{
    lookups_all(timer->data);
}

void lookups_all_later(struct lookups *l)
{
    pump(l); /* those that somebody waits for */
    (void)uv_timer_start(&l->later, all_now, LATER_MS, 0);
}

static void tick(uv_timer_t *timer)
{
    struct lookups *l = timer->data;
    const struct map *subjects = &l->server->book.subjects;
    size_t share = subjects->n / CYCLE + 1;

    if (!redis_client_is_up(l->server->redis)) {
        give_up(l);
        return;
    }
    for (size_t i = 0; i < share; i++) {
        struct subject *subject = map_next(subjects, &l->at);
        if (subject == NULL) {
            l->at = 0;
            break;
        }
        look_again(l, subject);
    }
    pump(l);
}

struct lookups *lookups_open(struct server *server)
{
    struct lookups *l = mem_zalloc(sizeof *l);

    l->server = server;
    (void)uv_timer_init(&server->daemon.loop, &l->timer);
    l->timer.data = l;
    (void)uv_timer_start(&l->timer, tick, TICK_MS, TICK_MS);
    (void)uv_timer_init(&server->daemon.loop, &l->later);
    l->later.data = l;
    metric_register(&reads);
    return l;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* What waits in the lines stays with the book. */
void lookups_close(struct lookups **lookups)
{
    uv_close((uv_handle_t *)&(*lookups)->later, NULL);
    uv_close((uv_handle_t *)&(*lookups)->timer, timer_closed);
    *lookups = NULL;
}
