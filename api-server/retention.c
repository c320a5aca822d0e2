#include "retention.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "daemon/rounds.h"
#include "redis/redis_pool.h"
#include "store/retention.h"

#define ROUND_MS 1000
#define STEPS_A_ROUND 10  /* 5,000 keys a second: a store of a million in a few minutes */
#define DROPS_A_ROUND 100 /* calls that drop something */
#define DROPS_AT_ONCE 500 /* records: some 50 µs of Redis */
#define MS_PER_DAY INT64_C(86400000)
#define CURSOR_MAX 24

struct retention {
    struct rounds *rounds;
    int64_t keep;
    int64_t days;
    char cursor[CURSOR_MAX];
    int drops_left; /* of this round */
};

static struct metric dropped = {.name = "chatapp_retention_dropped_records_total",
                                .kind = METRIC_COUNTER,
                                .help = "Records of conversations dropped by retention"};

/* What this round does not manage is left to the next time. */
static enum err trim(struct retention *r, str conversation)
{
    int64_t before_ms = r->days > 0 ? clock_wall_ms() - r->days * MS_PER_DAY : 0;
    bool more = true;
    enum err err = OK;

    while (more && err == OK && r->drops_left > 0) {
        struct redis_command c;
        struct redisReply *reply;
        retention_trim(&c, conversation, r->keep, before_ms, DROPS_AT_ONCE);
        err = redis_call(&c, &reply);
        if (err != OK)
            break;
        int64_t n = retention_trimmed(reply, &more);
        r->drops_left -= n > 0;
        metric_add(&dropped, n);
        reply_free(reply);
    }
    return err;
}

static enum err step(struct retention *r)
{
    struct redis_command c;
    struct redisReply *reply;
    str conversation;

    retention_scan(&c, str_of(r->cursor));
    enum err err = redis_call(&c, &reply);
    if (err != OK)
        return err;
    for (size_t i = 0; err == OK && retention_found(reply, i, &conversation); i++)
        err = trim(r, conversation);
    if (err == OK)
        (void)snprintf(r->cursor, sizeof r->cursor, "%.*s", STR_ARG(retention_cursor(reply)));
    reply_free(reply);
    return err;
}

static int64_t make_round(void *context)
{
    struct retention *r = context;

    r->drops_left = DROPS_A_ROUND;
    for (int i = 0; i < STEPS_A_ROUND && r->drops_left > 0; i++)
        if (step(r) != OK || strcmp(r->cursor, "0") == 0) /* Redis is away, or we are through */
            break;
    return ROUND_MS;
}

struct retention *retention_start(const struct api_settings *settings)
{
    metric_register(&dropped);
    if (settings->retention_messages == 0 && settings->retention_days == 0)
        return NULL;
    struct retention *r = mem_zalloc(sizeof *r);
    r->keep = settings->retention_messages;
    r->days = settings->retention_days;
    (void)snprintf(r->cursor, sizeof r->cursor, "0");
    r->rounds = rounds_start(make_round, r);
    return r;
}

void retention_stop(struct retention **retention)
{
    struct retention *r = *retention;

    *retention = NULL;
    if (r == NULL)
        return;
    rounds_stop(&r->rounds);
    free(r);
}
