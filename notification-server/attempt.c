#include "attempt.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/username.h"
#include "daemon/log.h"
#include "daemon/metrics.h"
#include "office_state.h"
#include "second_look.h"
#include "store/device.h"
#include "task.h"

#define CHANNELS_MAX 16
#define LABELS_MAX 64
#define US_PER_MS 1000
#define TOO_MANY_REQUESTS 429
#define SERVER_ERROR 500
#define UNKNOWN_WAIT_MS 1000 /* while Redis does not say whether it is still wanted */

/* ---- what is counted ---- */

enum { COUNT_DELIVERED, COUNT_RETRY, COUNT_GONE, COUNT_DEAD, COUNTS };

static const char *const COUNT_NAMES[] = {"delivered", "retry", "gone", "dead"};

static struct {
    const struct channel *channel;
    struct metric metrics[COUNTS];
    char labels[COUNTS][LABELS_MAX];
} counts[CHANNELS_MAX];

static struct histogram took = {
    .name = "chatapp_notify_delivery_seconds",
    .help = "From sending a request to its answer",
};
static struct histogram whole = {
    .name = "chatapp_notify_accepted_to_delivered_seconds",
    .help = "From accepting a notification to its delivery to a device",
};

static void setup_count(size_t i, size_t which, const struct channel *channel)
{
    struct metric *m = &counts[i].metrics[which];

    (void)snprintf(counts[i].labels[which], LABELS_MAX, "channel=\"%s\",outcome=\"%s\"",
                   channel->name, COUNT_NAMES[which]);
    *m = (struct metric){
        .name = "chatapp_notify_deliveries_total",
        .labels = counts[i].labels[which],
        .help = "Attempts to deliver, by channel and what came of them",
        .kind = METRIC_COUNTER,
    };
    metric_register(m);
}

void attempt_metrics_setup(void)
{
    const struct channel *channel;

    for (size_t i = 0; i < CHANNELS_MAX && (channel = channel_at(i)) != NULL; i++) {
        counts[i].channel = channel;
        for (size_t which = 0; which < COUNTS; which++)
            setup_count(i, which, channel);
    }
    histogram_register(&took);
    histogram_register(&whole);
}

static void count(const struct attempt *a, size_t which)
{
    for (size_t i = 0; i < CHANNELS_MAX && counts[i].channel != NULL; i++)
        if (counts[i].channel == a->to->channel)
            metric_add(&counts[i].metrics[which], 1);
}

/* ---- its life ---- */

void attempt_init(struct attempt *a, struct task *task, const struct user_device *to,
                  int64_t attempts)
{
    *a = (struct attempt){.task = task, .to = to, .attempts = attempts};
    a->settling = (struct settling){.task = task, .attempt = a};
}

void attempt_fini(struct attempt *a)
{
    CHECK(a->state == ATTEMPT_NEW || a->state == ATTEMPT_ENDED);
    free(a->lane);
}

void attempt_move(struct attempt *to, struct attempt *from)
{
    CHECK(from->state == ATTEMPT_NEW);
    *to = *from;
    to->settling.attempt = to;
}

void attempt_end(struct attempt *a, const char *verdict, const char *error)
{
    a->state = ATTEMPT_ENDED;
    a->verdict = verdict;
    if (error[0] != '\0')
        (void)snprintf(a->error, sizeof a->error, "%s", error);
    settling_send(a->task->office, &a->settling);
}

/* It has not worked; maybe it will. */
static void end_for_now(struct attempt *a, int64_t asked_ms, const char *error)
{
    int64_t wait_ms =
        retry_wait(&a->task->office->retry, a->attempts, asked_ms, randombytes_random());

    if (wait_ms == RETRY_NEVER) {
        count(a, COUNT_DEAD);
        attempt_end(a, "failed", error);
        return;
    }
    count(a, COUNT_RETRY);
    a->wait_ms = wait_ms;
    attempt_end(a, "later", error);
}

static void end_for_good(struct attempt *a, const char *error)
{
    count(a, COUNT_DEAD);
    attempt_end(a, "failed", error);
}

void attempt_park(struct attempt *a)
{
    a->gate->parked = true;
    a->lane = str_dup(str_of(a->gate->name));
    attempt_end(a, "lane", "");
}

/* ---- and back ---- */

static enum gate_result gate_result_of(const struct channel_response *response)
{
    switch (response->result) {
    case CHANNEL_ANSWERED:
    case CHANNEL_TOO_LONG:
        if (response->status == TOO_MANY_REQUESTS)
            return GATE_BUSY;
        return response->status >= SERVER_ERROR ? GATE_FAILED : GATE_WORKED;
    case CHANNEL_FORBIDDEN_ADDRESS: return GATE_UNKNOWN;
    case CHANNEL_TIMED_OUT:
    case CHANNEL_UNREACHABLE:
    case CHANNEL_BAD_TLS: break;
    }
    return GATE_FAILED;
}

/* Off its user's list, unless it was registered anew meanwhile; and then nobody's. */
struct removal {
    struct office *office;
    struct id device;
    char user[USERNAME_MAX + 1];
};

static void removed(void *context, const struct redisReply *reply)
{
    struct removal *r = context;
    struct redis_command c;

    if (reply_int(reply) == 1 && !r->office->closing) {
        device_disclaim(&c, str_of(r->user), str_of(r->device.text));
        (void)!redis_send(r->office->redis, &c, NULL, NULL);
    }
    free(r);
}

/* What gets lost of this is done with the next notification. */
static void remove_device(const struct attempt *a)
{
    struct office *o = a->task->office;
    struct removal *r = mem_alloc(sizeof *r);
    struct redis_command c;

    r->office = o;
    (void)snprintf(r->device.text, sizeof r->device.text, "%.*s", STR_ARG(a->to->device.id));
    (void)snprintf(r->user, sizeof r->user, "%.*s", STR_ARG(a->task->notification.user));
    device_drop_exact(&c, a->task->notification.user, a->to->device.id, a->to->record);
    if (redis_send(o->redis, &c, removed, r) != OK)
        free(r);
    log_info("a device is gone", F_STR("user", a->task->notification.user),
             F_STR("device", a->to->device.id), F_Z("channel", a->to->channel->name));
}

static void settle(struct attempt *a, const struct channel_verdict *verdict, int64_t now_ms)
{
    switch (verdict->outcome) {
    case CHANNEL_DELIVERED:
        count(a, COUNT_DELIVERED);
        histogram_observe_us(&whole, (now_ms - a->task->notification.created_ms) * US_PER_MS);
        attempt_end(a, "delivered", "");
        break;
    case CHANNEL_RETRY: end_for_now(a, verdict->retry_after_ms, verdict->reason); break;
    case CHANNEL_GONE:
        count(a, COUNT_GONE);
        remove_device(a);
        attempt_end(a, "gone", verdict->reason);
        break;
    case CHANNEL_REJECTED: end_for_good(a, verdict->reason); break;
    }
}

/* Its breaker has opened: what waits there goes back to Redis. */
static void clear_gate(struct office *o, struct gate *gate)
{
    struct gate_waiter *waiter;

    while ((waiter = gates_evict(o->gates, gate)) != NULL)
        attempt_park((struct attempt *)waiter);
}

static void answered(void *context, const struct channel_response *response)
{
    struct attempt *a = context;
    struct office *o = a->task->office;
    struct gate *gate = a->gate;
    bool was_open = breaker_is_open(&gate->breaker);
    int64_t now_us = clock_mono_us();

    histogram_observe_us(&took, now_us - a->began_us);
    struct channel_verdict verdict = a->to->channel->judge(response);
    gates_leave(o->gates, gate, gate_result_of(response), now_us / US_PER_MS);
    if (breaker_is_open(&gate->breaker)) {
        if (!was_open)
            log_info("a host is left alone for a while", F_Z("host", gate->name),
                     F_Z("why", verdict.reason));
        clear_gate(o, gate);
    }
    if (verdict.renew_token)
        tokens_forget(o, a->to->channel, a->token_number);
    settle(a, &verdict, response->now_ms);
    office_move(o);
    intake_lane(o, gate);
}

/* ---- out ---- */

static enum err build(const struct attempt *a, str token, struct channel_request *request,
                      const char **why_out)
{
    unsigned char random[CHANNEL_RANDOM_N];
    const struct channel_input input = {
        .env = a->task->office->env,
        .notification = &a->task->notification,
        .device = &a->to->device,
        .token = token,
        .now_ms = clock_wall_ms(),
        .random = random,
    };

    *why_out = "cannot be sent";
    if (a->to->channel->wants_random)
        randombytes_buf(random, sizeof random);
    return a->to->channel->build(&input, request, why_out);
}

/* It does not go after all: what asked for a place has to give it back. */
static void leave_gate(struct attempt *a)
{
    gates_leave(a->task->office->gates, a->gate, GATE_UNKNOWN, clock_mono_ms());
}

static void send_now(struct attempt *a, str token)
{
    struct courier *courier = a->task->office->courier;
    struct channel_request *request = courier_request(courier);
    const char *why;

    a->attempts++;
    if (build(a, token, request, &why) == OK) {
        a->began_us = clock_mono_us();
        courier_send(courier, request, answered, a);
        return;
    }
    courier_drop(courier, request);
    leave_gate(a);
    end_for_good(a, why);
}

void attempt_go_on(struct attempt *a, str token, uint64_t number, const char *why)
{
    a->token_number = number;
    if (!str_is_none(token)) {
        send_now(a, token);
        return;
    }
    a->attempts++;
    leave_gate(a);
    end_for_now(a, 0, why);
}

static void is_wanted(struct attempt *a)
{
    if (a->to->channel->token != NULL)
        tokens_get(a->task->office, a);
    else
        send_now(a, STR_NONE);
}

static void is_not_sent(struct attempt *a, enum second_look what, const char *reason)
{
    leave_gate(a);
    if (what == NOT_WANTED) {
        attempt_end(a, "suppressed", reason);
        return;
    }
    a->wait_ms = UNKNOWN_WAIT_MS;
    attempt_end(a, "later", "redis: unavailable");
}

static void looked(void *context, enum second_look what, const char *reason)
{
    struct attempt *a = context;
    struct office *o = a->task->office;
    struct gate *gate = a->gate;

    if (o->closing)
        return;
    if (what == STILL_WANTED)
        is_wanted(a);
    else
        is_not_sent(a, what, reason);
    office_move(o);
    intake_lane(o, gate);
}

void attempt_send(struct attempt *a)
{
    struct task *t = a->task;
    struct push_origin origin;

    a->state = ATTEMPT_UNDER_WAY;
    if (!push_origin_read(t->chat, &origin))
        is_wanted(a);
    else if (second_look(t->office->redis, t->notification.user, &origin, looked, a) != OK)
        is_not_sent(a, NOT_KNOWN, "");
}

void attempt_start(struct attempt *a)
{
    struct office *o = a->task->office;
    int64_t now_ms = clock_mono_ms();
    bool from_lane = a->task->stream == NOTIFY_FLIGHT;

    if (a->to->problem != NULL) {
        end_for_good(a, a->to->problem);
        return;
    }
    a->gate = gates_get(o->gates, a->to->gate, a->to->is_users, now_ms);
    if (a->gate == NULL) {
        end_for_good(a, "its host cannot have a gate");
        return;
    }
    if (o->drains) {
        attempt_park(a);
        return;
    }
    a->state = ATTEMPT_AT_GATE;
    switch (gates_enter(o->gates, a->gate, &a->waiter, from_lane, now_ms)) {
    case GATE_GO: attempt_send(a); break;
    case GATE_WAIT: break;
    case GATE_PARK: attempt_park(a); break;
    }
    arrivals_fill(o, a->gate);
}
