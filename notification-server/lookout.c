#include "lookout.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/metrics.h"
#include "lookout_state.h"
#include "round.h"
#include "store/due.h"

#define ROUNDS_MAX 16
#define TAKE_EVERY_MS 100
#define COUNT_EVERY_MS 2000

static struct metric due = {.name = "chatapp_push_marked",
                            .help = "Conversations that were written to and are to be looked at",
                            .kind = METRIC_GAUGE};
static struct histogram late = {.name = "chatapp_push_lag_seconds",
                                .help =
                                    "How much later than --push-delay a conversation is looked at"};

void lookout_metrics_setup(void)
{
    metric_register(&due);
    histogram_register(&late);
    round_metrics_setup();
}

struct lookout *lookout_open(const struct lookout_options *options)
{
    struct lookout *l = mem_zalloc(sizeof *l);

    l->options = *options;
    return l;
}

/* ---- what is due ---- */

static void taken(void *context, const struct redisReply *reply)
{
    struct lookout *l = context;
    struct due_taken t;

    l->taking = false;
    if (!due_taken(reply, &t))
        return; /* what was taken all the same is given out again after the lease */
    l->more = t.more > 0;
    for (size_t i = 0; i < t.n; i++) {
        histogram_observe_us(&late, (t.now_ms - l->options.delay_ms - due_marked_ms(&t, i)) * 1000);
        l->rounds++;
        round_begin(l, due_conversation(&t, i), t.now_ms);
    }
}

static void take(struct lookout *l)
{
    struct redis_command c;
    int64_t room = ROUNDS_MAX - l->rounds;

    if (l->stopped || l->taking || room <= 0)
        return;
    due_take(&c, l->options.delay_ms, l->options.lease_ms, room);
    l->taking = redis_send(l->options.redis, &c, taken, l) == OK;
}

void lookout_round_ended(struct lookout *l)
{
    l->rounds--;
    if (l->more)
        take(l);
}

/* ---- */

static void counted(void *context, const struct redisReply *reply)
{
    (void)context;
    if (reply != NULL)
        metric_set(&due, reply_int(reply));
}

static void count(struct lookout *l)
{
    struct redis_command c;

    due_count(&c);
    (void)!redis_send(l->options.redis, &c, counted, NULL);
}

void lookout_beat(struct lookout *l)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms >= l->take_due_ms) {
        l->take_due_ms = now_ms + TAKE_EVERY_MS;
        take(l);
    }
    if (now_ms < l->count_due_ms)
        return;
    l->count_due_ms = now_ms + COUNT_EVERY_MS;
    count(l);
}

void lookout_stop(struct lookout *l)
{
    l->stopped = true;
}

bool lookout_is_idle(const struct lookout *l)
{
    return l->rounds == 0 && !l->taking;
}

void lookout_close(struct lookout **lookout)
{
    CHECK(lookout_is_idle(*lookout)); /* Redis' client has answered all */
    free(*lookout);
    *lookout = NULL;
}
