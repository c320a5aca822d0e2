#include "office.h"

#include <pthread.h>
#include <stdlib.h>

#include "attempt.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "office_state.h"
#include "second_look.h"
#include "task.h"

#define BEAT_MS 20 /* so long may lie what another server, or no server, has put in */
#define DEPTHS_EVERY_MS 2000
#define FORGET_EVERY_MS 10000
#define REDIS_IN_FLIGHT_MAX 20000
#define MS_PER_S 1000

/* ---- what is counted ---- */

static struct metric in_flight = {
    .name = "chatapp_notify_in_flight",
    .help = "Deliveries under way",
    .kind = METRIC_GAUGE,
};
static struct metric in_hand = {
    .name = "chatapp_notify_in_hand",
    .help = "Entries of the queue that this server has taken and not settled",
    .kind = METRIC_GAUGE,
};
static struct metric breakers_open = {
    .name = "chatapp_notify_breakers_open",
    .help = "Hosts that are left alone because they failed",
    .kind = METRIC_GAUGE,
};

#define DEPTH(which, text)                                                                         \
    [which] = {.name = "chatapp_notify_queue",                                                     \
               .labels = "where=\"" text "\"",                                                     \
               .help = "What is in the queue in Redis, by where",                                  \
               .kind = METRIC_GAUGE}

static struct metric depths[] = {
    DEPTH(NOTIFY_DEPTH_NORMAL, "normal"), DEPTH(NOTIFY_DEPTH_HIGH, "high"),
    DEPTH(NOTIFY_DEPTH_LOW, "low"),       DEPTH(NOTIFY_DEPTH_IN_HAND, "in_hand"),
    DEPTH(NOTIFY_DEPTH_LATER, "later"),   DEPTH(NOTIFY_DEPTH_LANES, "waiting_hosts"),
    DEPTH(NOTIFY_DEPTH_DEAD, "dead"),     DEPTH(NOTIFY_DEPTH_UNFINISHED, "unfinished"),
};

static void metrics_setup(void)
{
    metric_register(&in_flight);
    metric_register(&in_hand);
    metric_register(&breakers_open);
    for (size_t i = 0; i < NOTIFY_DEPTHS; i++)
        metric_register(&depths[i]);
    attempt_metrics_setup();
    lookout_metrics_setup();
    second_look_metrics_setup();
}

static void depths_told(void *context, const struct redisReply *reply)
{
    (void)context;
    for (size_t i = 0; i < reply_count(reply); i++)
        metric_set(&depths[i], reply_int(reply_at(reply, i)));
}

static void ask_depths(struct office *o)
{
    struct redis_command c;

    notify_depths(&c);
    (void)!redis_send(o->redis, &c, depths_told, NULL);
}

static void show_figures(struct office *o)
{
    metric_set(&in_flight, gates_in_flight(o->gates));
    metric_set(&in_hand, (int64_t)o->tasks.n);
    metric_set(&breakers_open, gates_open_breakers(o->gates));
}

/* ---- the end ---- */

static void close_handles(struct office *o)
{
    settling_close(o);
    uv_close((uv_handle_t *)&o->wake, NULL);
    uv_close((uv_handle_t *)&o->beat, NULL);
}

static void evict_all(struct office *o)
{
    struct gate *gate;
    struct gate_waiter *waiter;
    size_t at = 0;

    while ((gate = gates_each(o->gates, &at)) != NULL)
        while ((waiter = gates_evict(o->gates, gate)) != NULL)
            ((struct attempt *)waiter)->state = ATTEMPT_ENDED;
}

static void drop_all(struct office *o)
{
    struct task *task;
    size_t at = 0;

    evict_all(o);
    while ((task = map_next(&o->tasks, &at)) != NULL) {
        for (size_t i = 0; i < task->n_attempts; i++) {
            struct attempt *a = &task->attempts[i];
            if (a->state == ATTEMPT_UNDER_WAY)
                gates_leave(o->gates, a->gate, GATE_UNKNOWN, 0);
            a->state = ATTEMPT_ENDED;
        }
        task_drop(task);
        at = 0; /* the map has changed */
    }
}

static void close_all(struct office *o)
{
    if (o->closing)
        return;
    o->closing = true;
    settling_flush(o);
    redis_client_close(&o->redis);
    courier_close(&o->courier);
    drop_all(o);
    close_handles(o);
}

static void forgotten(void *context, const struct redisReply *reply)
{
    struct office *o = context;

    (void)reply;
    o->left = true;
    if (!o->closing)
        (void)uv_async_send(&o->wake); /* not from within a callback of what is to be closed */
}

/* The last words to Redis, which are answered in their order. */
static void leave(struct office *o)
{
    struct redis_command c;

    if (o->leaving)
        return;
    o->leaving = true;
    settling_flush(o);
    if (o->tasks.n > 0)
        log_warn("given back what has not ended in time", F_INT("entries", o->tasks.n));
    if (redis_client_is_up(o->redis))
        intake_give_back(o);
    notify_sweep(&c, str_of(o->me.text), INT64_MAX / 2);
    if (redis_send(o->redis, &c, forgotten, o) != OK)
        close_all(o);
}

/* What has not been sent goes back into the lanes, where others find it. */
static void drain(struct office *o)
{
    struct gate *gate;
    struct gate_waiter *waiter;
    size_t at = 0;

    o->drains = true;
    lookout_stop(o->lookout);
    while ((gate = gates_each(o->gates, &at)) != NULL)
        while ((waiter = gates_evict(o->gates, gate)) != NULL)
            attempt_park((struct attempt *)waiter);
}

static void look_at_orders(struct office *o)
{
    int64_t close_at_ms = o->close_at_ms;

    if (o->must_drain && !o->drains)
        drain(o);
    if (close_at_ms == 0)
        return;
    bool idle = o->tasks.n == 0 && arrivals_is_idle(o) && lookout_is_idle(o->lookout);
    if (idle || clock_mono_ms() >= close_at_ms)
        leave(o);
    if (o->left || clock_mono_ms() >= close_at_ms + MS_PER_S) /* Redis does not answer */
        close_all(o);
}

/* ---- the loop ---- */

void office_move(struct office *o)
{
    struct gate_waiter *waiter;
    struct gate *gate;

    if (o->drains || o->closing)
        return;
    while ((waiter = gates_next(o->gates, &gate)) != NULL)
        attempt_send((struct attempt *)waiter);
    if (arrivals_has_more(o))
        arrivals_take(o);
}

static void redis_up(void *context)
{
    struct office *o = context;

    o->is_up = true;
    settling_send_all(o);
    intake_up(o);
    office_move(o);
}

static void redis_down(void *context)
{
    ((struct office *)context)->is_up = false;
}

static void look_at_lanes(struct office *o)
{
    struct gate *gate;
    size_t at = 0;

    while ((gate = gates_each(o->gates, &at)) != NULL)
        intake_lane(o, gate);
}

static void forget_gates(struct office *o, int64_t now_ms)
{
    if (now_ms < o->forget_due_ms)
        return;
    o->forget_due_ms = now_ms + FORGET_EVERY_MS;
    arrivals_forget_gate(o);
    gates_forget(o->gates, now_ms);
}

static void on_beat(uv_timer_t *timer)
{
    struct office *o = timer->data;
    int64_t now_ms = clock_mono_ms();

    show_figures(o);
    look_at_orders(o);
    if (o->closing)
        return;
    intake_beat(o);
    if (o->may_begin)
        lookout_beat(o->lookout);
    look_at_lanes(o);
    forget_gates(o, now_ms);
    if (now_ms < o->depths_due_ms)
        return;
    o->depths_due_ms = now_ms + DEPTHS_EVERY_MS;
    ask_depths(o);
    settling_send_all(o);
}

static void on_wake(uv_async_t *wake)
{
    struct office *o = wake->data;

    look_at_orders(o);
    if (!o->closing)
        arrivals_take(o);
}

static void *run(void *argument)
{
    struct office *o = argument;

    (void)uv_run(&o->loop, UV_RUN_DEFAULT);
    return NULL;
}

static void open_redis(struct office *o)
{
    struct redis_url url;
    const char *why;

    CHECK(redis_url_parse(str_of(o->settings->daemon.redis_url), &url, &why) == OK);
    o->redis = redis_client_open(&o->loop, &url,
                                 &(struct redis_client_options){
                                     .in_flight_max = REDIS_IN_FLIGHT_MAX,
                                     .timeout_ms = (int)o->settings->redis_timeout_ms,
                                     .on_up = redis_up,
                                     .on_down = redis_down,
                                     .context = o,
                                 });
}

static void open_courier(struct office *o)
{
    const struct notification_settings *s = o->settings;

    o->courier = courier_open(&o->loop, &(struct courier_options){
                                            .connect_ms = s->connect_ms,
                                            .timeout_ms = s->timeout_ms,
                                            .mail_timeout_ms = s->mail_timeout_ms,
                                            .connections_max = s->in_flight_max,
                                            .allow_private = s->allow_private_urls,
                                            .ca_file = s->tls_ca_file,
                                        });
}

static void pushes_accepted(void *context)
{
    struct office *o = context;

    if (!o->closing)
        arrivals_take(o);
}

static void open_lookout(struct office *o)
{
    const struct notification_settings *s = o->settings;

    o->lookout = lookout_open(&(struct lookout_options){
        .redis = o->redis,
        .delay_ms = s->push_delay_s * MS_PER_S,
        .lease_ms = s->claim_after_ms,
        .preview = s->push_preview,
        .ttl_ms = s->push_ttl_s * MS_PER_S,
        .once_ms = s->idempotency_s * MS_PER_S,
        .unfinished_max = s->queue_max,
        .keep = o->keep,
        .on_accepted = pushes_accepted,
        .context = o,
    });
}

static void open_rules(struct office *o)
{
    const struct notification_settings *s = o->settings;

    o->keep = notification_settings_keep(s);
    o->retry = (struct retry_policy){s->retry_first_ms, s->retry_longest_ms,
                                     s->retry_after_max_s * MS_PER_S, s->retry_attempts};
    o->gates = gates_new(&(struct gate_limits){
        .total = s->in_flight_max,
        .per_channel = s->per_channel,
        .per_host = s->per_host,
        .breaker = {s->breaker_failures, s->breaker_first_ms, s->breaker_longest_ms},
    });
}

struct office *office_open(const struct notification_settings *settings,
                           const struct channel_env *env)
{
    struct office *o = mem_zalloc(sizeof *o);

    o->settings = settings;
    o->env = env;
    o->me = id_new();
    metrics_setup();
    CHECK(uv_loop_init(&o->loop) == 0);
    CHECK(uv_async_init(&o->loop, &o->wake, on_wake) == 0);
    (void)uv_timer_init(&o->loop, &o->beat);
    o->wake.data = o->beat.data = o;
    (void)uv_timer_start(&o->beat, on_beat, BEAT_MS, BEAT_MS);
    settling_open(o);
    open_rules(o);
    open_courier(o);
    open_redis(o);
    intake_open(o);
    open_lookout(o);
    CHECK(pthread_create(&o->thread, NULL, run, o) == 0);
    return o;
}

/* ---- for other threads ---- */

void office_wake(struct office *o)
{
    (void)uv_async_send(&o->wake);
}

void office_begin(struct office *o)
{
    if (o->may_begin)
        return;
    o->may_begin = true;
    office_wake(o);
}

bool office_is_ready(const struct office *o)
{
    return o->is_up && o->may_begin;
}

void office_drain(struct office *o)
{
    o->must_drain = true;
    office_wake(o);
}

void office_close(struct office **office, int64_t until_ms)
{
    struct office *o = *office;

    *office = NULL;
    o->must_drain = true;
    o->close_at_ms = until_ms > 0 ? until_ms : 1;
    office_wake(o);
    CHECK(pthread_join(o->thread, NULL) == 0);
    CHECK(uv_loop_close(&o->loop) == 0);
    gates_free(&o->gates);
    tokens_fini(&o->tokens);
    lookout_close(&o->lookout);
    map_fini(&o->tasks);
    spare_tasks_free(&o->spare_tasks);
    free(o);
}
