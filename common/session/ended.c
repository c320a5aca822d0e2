#include "session/ended.h"

#include <stdlib.h>

#include "base/ids.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "store/keys.h"

#define LOOK_MS 1000
#define BATCH 1000
#define REMEMBERED 4096 /* sessions; a sign-in takes far less time than so many take to end */
#define STREAM_ID_MAX 48

struct ended {
    struct redis_client *redis;
    ended_fn *on_ended;
    void *context;
    uv_timer_t timer;
    char last[STREAM_ID_MAX]; /* "" until the stream's end was found */
    char remembered[REMEMBERED][ID_LEN + 1];
    size_t next;
    size_t n; /* how many of them are filled */
    bool asking;
    bool again; /* the bell rang while asking */
    bool closing;
    bool timer_closed;
};

static void maybe_free(struct ended *e)
{
    if (e->closing && e->timer_closed && !e->asking)
        free(e);
}

static void remember(struct ended *e, str session)
{
    if (session.n != ID_LEN)
        return;
    memcpy(e->remembered[e->next], session.p, ID_LEN);
    e->next = (e->next + 1) % REMEMBERED;
    if (e->n < REMEMBERED)
        e->n++;
}

bool ended_has(const struct ended *e, str session)
{
    for (size_t i = 0; i < e->n && session.n == ID_LEN; i++)
        if (memcmp(e->remembered[i], session.p, ID_LEN) == 0)
            return true;
    return false;
}

static void keep_last(struct ended *e, str id)
{
    if (id.n == 0 || id.n >= sizeof e->last)
        return;
    memcpy(e->last, id.p, id.n);
    e->last[id.n] = '\0';
}

/* An entry: [id, [ "user", name, "session", id ]]. */
static void take_entry(struct ended *e, const struct redisReply *entry)
{
    const struct redisReply *fields = reply_at(entry, 1);
    str user = STR("");
    str session = STR("");

    for (size_t i = 0; i < reply_pairs(fields); i++) {
        str name = reply_key(fields, i);
        if (str_eq(name, STR("user")))
            user = reply_str(reply_value(fields, i));
        if (str_eq(name, STR("session")))
            session = reply_str(reply_value(fields, i));
    }
    keep_last(e, reply_str(reply_at(entry, 0)));
    remember(e, session);
    e->on_ended(e->context, user, session);
}

static void taken(void *context, const struct redisReply *reply)
{
    struct ended *e = context;
    size_t n = reply_count(reply);

    e->asking = false;
    if (e->closing) {
        maybe_free(e);
        return;
    }
    for (size_t i = 0; i < n; i++)
        take_entry(e, reply_at(reply, i));
    if (n == BATCH || e->again)
        ended_look(e);
}

/* At start the sessions that ended before are of no interest: sign-in asks Redis itself. */
static void end_found(void *context, const struct redisReply *reply)
{
    struct ended *e = context;

    e->asking = false;
    if (e->closing) {
        maybe_free(e);
        return;
    }
    if (reply == NULL)
        return;
    str newest = reply_str(reply_at(reply_at(reply, 0), 0));
    keep_last(e, newest.n > 0 ? newest : STR("0-0"));
}

void ended_look(struct ended *e)
{
    struct redis_command c;
    char from[STREAM_ID_MAX + 1];

    e->again = e->asking;
    if (e->asking)
        return;
    if (e->last[0] == '\0') {
        redis_command_init(&c, "XREVRANGE");
        redis_add(&c, STR(KEY_ENDED));
        redis_add(&c, STR("+"));
        redis_add(&c, STR("-"));
        redis_add(&c, STR("COUNT"));
        redis_add_int(&c, 1);
        e->asking = redis_send(e->redis, &c, end_found, e) == OK;
        return;
    }
    (void)snprintf(from, sizeof from, "(%s", e->last);
    redis_command_init(&c, "XRANGE");
    redis_add(&c, STR(KEY_ENDED));
    redis_add(&c, str_of(from));
    redis_add(&c, STR("+"));
    redis_add(&c, STR("COUNT"));
    redis_add_int(&c, BATCH);
    e->asking = redis_send(e->redis, &c, taken, e) == OK;
}

static void tick(uv_timer_t *timer)
{
    ended_look(timer->data);
}

struct ended *ended_open(uv_loop_t *loop, struct redis_client *redis, ended_fn *on_ended,
                         void *context)
{
    struct ended *e = mem_zalloc(sizeof *e);

    e->redis = redis;
    e->on_ended = on_ended;
    e->context = context;
    (void)uv_timer_init(loop, &e->timer);
    e->timer.data = e;
    (void)uv_timer_start(&e->timer, tick, LOOK_MS, LOOK_MS);
    return e;
}

static void timer_closed(uv_handle_t *handle)
{
    struct ended *e = handle->data;
    e->timer_closed = true;
    maybe_free(e);
}

void ended_close(struct ended **ended)
{
    struct ended *e = *ended;
    *ended = NULL;
    e->closing = true;
    uv_close((uv_handle_t *)&e->timer, timer_closed);
}
