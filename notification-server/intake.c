#include "intake.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "office_state.h"
#include "task.h"

#define CLAIM_MAX 32 /* at once: one script call holds up everybody else in Redis */
#define LANE_MAX 32
#define TASKS_PER_DELIVERY 4 /* so many are in hand for each that may be under way */
#define TASKS_MIN 128
#define LANES_AT_ONCE 256
#define LANES_EVERY_MS 500
#define SWEEP_EVERY_MS 60000
#define FRESH_PER_CLAIM                                                                            \
    4 /* how often a server shows that it is alive before it is taken for dead */
#define SILENT_FACTOR 20

bool intake_may_take(const struct office *o)
{
    return !o->drains && !o->closing && o->may_begin && redis_client_is_up(o->redis);
}

int64_t intake_room(const struct office *o)
{
    return o->intake.tasks_max - (int64_t)o->tasks.n;
}

void intake_begin(struct office *o, const struct redisReply *reply)
{
    struct device_asks asks = {0};

    for (size_t i = 0; i < notify_task_count(reply); i++) {
        struct notify_task task = notify_task_at(reply, i);
        task_begin(o, &task, &asks);
    }
}

static bool is_due(int64_t *due_ms, int64_t every_ms, int64_t now_ms)
{
    if (now_ms < *due_ms)
        return false;
    *due_ms = now_ms + every_ms;
    return true;
}

void intake_open(struct office *o)
{
    int64_t most = TASKS_PER_DELIVERY * o->settings->in_flight_max;

    o->intake.tasks_max = most > TASKS_MIN ? most : TASKS_MIN;
    for (size_t i = 0; i < NOTIFY_STREAMS; i++)
        (void)snprintf(o->intake.cursors[i], sizeof o->intake.cursors[i], "0-0");
    arrivals_open(o);
}

/* ---- lanes ---- */

struct lane_ask {
    struct office *office;
    char name[GATE_NAME_MAX + 1];
};

static void lane_taken(void *context, const struct redisReply *reply)
{
    struct lane_ask *ask = context;
    struct office *o = ask->office;
    struct gate *gate = gates_named(o->gates, str_of(ask->name), clock_mono_ms());

    free(ask);
    if (gate == NULL)
        return;
    gate->asking = false;
    if (reply == NULL || o->closing)
        return;
    gate->parked = reply_int(reply_at(reply, 0)) > 0;
    intake_begin(o, reply);
}

/* Not for each place that becomes free, unless it is the only one. */
static bool is_worth_it(const struct gate *gate, int64_t room)
{
    return 2 * room >= gate->window || gate->in_flight + gate->waiting == 0;
}

void intake_lane(struct office *o, struct gate *gate)
{
    struct redis_command c;

    if (!gate->parked || gate->asking || !intake_may_take(o))
        return;
    int64_t room = gates_room(o->gates, gate, clock_mono_ms());
    if (intake_room(o) < room)
        room = intake_room(o);
    if (room <= 0 || !is_worth_it(gate, room))
        return;
    struct lane_ask *ask = mem_alloc(sizeof *ask);
    ask->office = o;
    (void)snprintf(ask->name, sizeof ask->name, "%s", gate->name);
    notify_lane_take(&c, str_of(o->me.text), str_of(gate->name), room < LANE_MAX ? room : LANE_MAX,
                     &o->keep);
    gate->asking = redis_send(o->redis, &c, lane_taken, ask) == OK;
    if (!gate->asking)
        free(ask);
}

/* Lanes that other servers have filled, or this one before it was started again. */
static void lanes_seen(void *context, const struct redisReply *reply)
{
    struct office *o = context;

    if (o->closing)
        return;
    for (size_t i = 0; i < reply_count(reply); i++) {
        struct gate *gate = gates_named(o->gates, reply_str(reply_at(reply, i)), clock_mono_ms());
        if (gate == NULL)
            continue;
        gate->parked = true;
        intake_lane(o, gate);
    }
}

static void look_at_lanes(struct office *o)
{
    struct redis_command c;

    notify_lanes(&c, LANES_AT_ONCE);
    (void)!redis_send(o->redis, &c, lanes_seen, o);
}

/* ---- what others have left behind ---- */

struct claim {
    struct office *office;
    enum notify_stream stream;
};

static void claim_next(struct office *o, enum notify_stream stream);

static void claimed(void *context, const struct redisReply *reply)
{
    struct claim *claim = context;
    struct office *o = claim->office;
    enum notify_stream stream = claim->stream;

    free(claim);
    o->intake.claiming = false;
    if (reply == NULL || o->closing)
        return;
    char *cursor = o->intake.cursors[stream];
    (void)snprintf(cursor, sizeof o->intake.cursors[0], "%.*s",
                   STR_ARG(reply_str(reply_at(reply, 0))));
    intake_begin(o, reply);
    if (strcmp(cursor, "0-0") != 0) /* there is more of it */
        claim_next(o, stream);
    else if (stream + 1 < NOTIFY_STREAMS)
        claim_next(o, stream + 1);
}

static void claim_next(struct office *o, enum notify_stream stream)
{
    struct redis_command c;
    int64_t room = intake_room(o);

    if (o->intake.claiming || !intake_may_take(o) || room <= 0)
        return;
    struct claim *claim = mem_alloc(sizeof *claim);
    *claim = (struct claim){o, stream};
    notify_claim(&c, str_of(o->me.text), stream, o->settings->claim_after_ms,
                 str_of(o->intake.cursors[stream]), room < CLAIM_MAX ? room : CLAIM_MAX, &o->keep);
    o->intake.claiming = redis_send(o->redis, &c, claimed, claim) == OK;
    if (!o->intake.claiming)
        free(claim);
}

/* ---- ours ---- */

typedef void tell_fn(struct office *o, enum notify_stream stream, const str *entries, size_t n);

/* Only what is known here: an entry whose reply was lost is not, and others are to have it. */
static void for_all_entries(struct office *o, enum notify_stream stream, tell_fn *tell)
{
    str entries[NOTIFY_FRESH_MAX];
    const struct task *task;
    size_t n = 0;
    size_t at = 0;

    while ((task = map_next(&o->tasks, &at)) != NULL) {
        if (task->stream != stream)
            continue;
        entries[n++] = task->entry;
        if (n == NOTIFY_FRESH_MAX) {
            tell(o, stream, entries, n);
            n = 0;
        }
    }
    if (n > 0)
        tell(o, stream, entries, n);
}

static void tell_fresh(struct office *o, enum notify_stream stream, const str *entries, size_t n)
{
    struct redis_command c;

    notify_fresh(&c, str_of(o->me.text), stream, entries, n);
    (void)!redis_send(o->redis, &c, NULL, NULL);
}

static void tell_given_back(struct office *o, enum notify_stream stream, const str *entries,
                            size_t n)
{
    struct redis_command c;

    notify_give_back(&c, stream, entries, n);
    (void)!redis_send(o->redis, &c, NULL, NULL);
}

static void keep_fresh(struct office *o)
{
    for (size_t i = 0; i < NOTIFY_STREAMS; i++)
        for_all_entries(o, (enum notify_stream)i, tell_fresh);
}

void intake_give_back(struct office *o)
{
    for (size_t i = 0; i < NOTIFY_STREAMS; i++)
        for_all_entries(o, (enum notify_stream)i, tell_given_back);
}

static void sweep(struct office *o)
{
    struct redis_command c;

    notify_sweep(&c, STR(""), SILENT_FACTOR * o->settings->claim_after_ms);
    (void)!redis_send(o->redis, &c, NULL, NULL);
}

/* ---- when ---- */

void intake_up(struct office *o)
{
    arrivals_up(o);
    o->intake.claim_due_ms = 0;
    o->intake.lanes_due_ms = 0;
    o->intake.fresh_due_ms = 0;
    intake_beat(o);
}

void intake_beat(struct office *o)
{
    int64_t now_ms = clock_mono_ms();
    int64_t after_ms = o->settings->claim_after_ms;

    if (!redis_client_is_up(o->redis) || o->closing)
        return;
    if (is_due(&o->intake.fresh_due_ms, after_ms / FRESH_PER_CLAIM, now_ms))
        keep_fresh(o);
    if (!intake_may_take(o))
        return;
    arrivals_due(o);
    arrivals_take(o);
    if (is_due(&o->intake.lanes_due_ms, LANES_EVERY_MS, now_ms))
        look_at_lanes(o);
    if (is_due(&o->intake.claim_due_ms, after_ms / 2, now_ms))
        claim_next(o, NOTIFY_NORMAL);
    if (is_due(&o->intake.sweep_due_ms, SWEEP_EVERY_MS, now_ms))
        sweep(o);
}
