#include "arrivals.h"

#include "base/clock.h"
#include "office_state.h"

#define TAKE_MAX 32 /* of one stream at once */
#define DUE_MAX 64  /* at once: one script call holds up everybody else in Redis */
#define PAUSE_MS 20
#define TRIM_EVERY_MS 100

static const enum notify_stream STREAMS[SHARES] = {
    [SHARE_HIGH] = NOTIFY_HIGH, [SHARE_NORMAL] = NOTIFY_NORMAL, [SHARE_LOW] = NOTIFY_LOW};

void arrivals_open(struct office *o)
{
    for (size_t i = 0; i < SHARES; i++)
        o->arrivals.reads[i] = (struct arrivals_read){.office = o, .stream = STREAMS[i]};
}

void arrivals_up(struct office *o)
{
    o->arrivals.plenty = NULL;
    o->arrivals.has_groups = false; /* it may have come back empty */
}

bool arrivals_has_more(const struct office *o)
{
    for (size_t i = 0; i < SHARES; i++)
        if (o->arrivals.full[i])
            return true;
    return false;
}

bool arrivals_is_idle(const struct office *o)
{
    return o->arrivals.under_way == 0;
}

/* ---- not more than can be sent ---- */

static bool is_full(const struct gate *gate, int64_t now_ms)
{
    return gate_has_plenty(gate) && flow_is_fast(&gate->flow, now_ms);
}

void arrivals_fill(struct office *o, struct gate *gate)
{
    if (gate_has_plenty(gate))
        o->arrivals.plenty = gate;
}

void arrivals_forget_gate(struct office *o)
{
    o->arrivals.plenty = NULL;
}

/* There is plenty for a host that works as fast as it can. More of it would have to be parked, which costs more than to
 * leave it in its stream until the host has caught up. But not for long, since behind it may be some for hosts that have
 * time; and not at all when the host is slow, or hangs. */
static bool should_pause(struct arrivals *a)
{
    int64_t now_ms = clock_mono_ms();

    if (a->plenty != NULL && now_ms - a->took_ms < PAUSE_MS && is_full(a->plenty, now_ms))
        return true;
    a->plenty = NULL;
    return false;
}

/* ---- what is new ---- */

static void ask(struct office *o, const struct redis_command *c, redis_reply_fn *done,
                void *context)
{
    if (redis_send(o->redis, c, done, context) == OK)
        o->arrivals.under_way++;
}

static void answered(struct office *o)
{
    if (--o->arrivals.under_way > 0 || o->closing)
        return;
    if (arrivals_has_more(o))
        arrivals_take(o);
    redis_client_flush(o->redis); /* now, so that Redis works while this server delivers */
}

static void looked_at(void *context, const struct redisReply *reply)
{
    struct office *o = context;

    if (reply != NULL && !o->closing)
        intake_begin(o, reply); /* what is lost is claimed in a while */
    answered(o);
}

static void look_at(struct office *o, enum notify_stream stream, const str *entries, size_t n)
{
    struct redis_command c;

    if (n == 0)
        return;
    notify_look(&c, stream, entries, n, &o->keep);
    ask(o, &c, looked_at, o);
}

static void begin(struct office *o, enum notify_stream stream, const struct redisReply *reply)
{
    struct device_asks asks = {0};
    str entries[NOTIFY_LOOK_MAX];
    size_t n = 0;
    int64_t now_ms = clock_wall_ms();

    for (size_t i = 0; i < notify_taken_count(reply); i++) {
        struct notify_task task;
        bool is_all = notify_taken_at(reply, i, stream, &task);
        if (is_all && !o->arrivals.some_ended && task.expires_ms > now_ms) {
            task_begin(o, &task, &asks);
            continue;
        }
        entries[n++] = task.entry;
        if (n == NOTIFY_LOOK_MAX) {
            look_at(o, stream, entries, n);
            n = 0;
        }
    }
    look_at(o, stream, entries, n);
}

static void taken(void *context, const struct redisReply *reply)
{
    struct arrivals_read *r = context;
    struct office *o = r->office;
    struct arrivals *a = &o->arrivals;
    bool *full = &a->full[r - a->reads];

    *full = reply != NULL && notify_taken_count(reply) >= (size_t)r->asked;
    if (reply == NULL)
        a->has_groups =
            false; /* that may be why; what was taken all the same is claimed in a while */
    else if (!o->closing)
        begin(o, r->stream, reply);
    answered(o);
}

static void any_ended(void *context, const struct redisReply *reply)
{
    struct office *o = context;

    o->arrivals.some_ended = reply == NULL || reply_int(reply) != 0;
    answered(o);
}

static void take(struct office *o, int64_t n)
{
    struct arrivals *a = &o->arrivals;
    int64_t counts[SHARES];
    struct redis_command c;

    shares_of(a->full, n, counts);
    notify_any_ended(&c);
    ask(o, &c, any_ended, o);
    for (size_t i = 0; i < SHARES; i++) {
        a->reads[i].asked = counts[i];
        notify_take(&c, str_of(o->me.text), a->reads[i].stream, counts[i]);
        ask(o, &c, taken, &a->reads[i]);
    }
}

void arrivals_take(struct office *o)
{
    struct arrivals *a = &o->arrivals;
    int64_t n = intake_room(o) / SHARES;

    if (a->under_way > 0 || !a->has_groups || !intake_may_take(o) || n < SHARES_MIN ||
        should_pause(a))
        return;
    a->took_ms = clock_mono_ms();
    take(o, n < TAKE_MAX ? n : TAKE_MAX);
}

/* ---- what is due ---- */

static void was_due(void *context, const struct redisReply *reply)
{
    struct office *o = context;

    o->arrivals.due_asked = false;
    if (reply == NULL)
        o->arrivals.has_groups = false;
    if (o->closing)
        return;
    if (reply_int(reply) >= DUE_MAX)
        arrivals_due(o);
    if (reply_int(reply) > 0)
        arrivals_take(o);
}

void arrivals_due(struct office *o)
{
    struct arrivals *a = &o->arrivals;
    int64_t now_ms = clock_mono_ms();
    bool trim = now_ms >= a->trim_due_ms;
    struct redis_command c;

    if (a->due_asked || !intake_may_take(o))
        return;
    notify_due(&c, DUE_MAX, trim, !a->has_groups, &o->keep);
    a->due_asked = redis_send(o->redis, &c, was_due, o) == OK;
    if (!a->due_asked)
        return;
    a->has_groups = true;
    if (trim)
        a->trim_due_ms = now_ms + TRIM_EVERY_MS;
}
