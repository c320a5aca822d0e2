#include "settling.h"

#include <stdlib.h>
#include <string.h>

#include "attempt.h"
#include "base/clock.h"
#include "base/mem.h"
#include "office_state.h"
#include "task.h"

#define TOGETHER_MS 1

static void add_outcome(struct notify_settlement *s, const struct attempt *a)
{
    s->device = a->to->device.id;
    s->channel = a->to->device.channel;
    s->verdict = str_of(a->verdict);
    s->attempts = a->attempts;
    s->error = str_of(a->error);
    s->wait_ms = a->wait_ms;
    s->host = a->lane ? str_of(a->lane) : STR("");
    if (strcmp(a->verdict, "delivered") != 0)
        s->text = a->task->text;
}

static void keep_for_later(struct office *o, struct settling *s)
{
    struct settlings *all = &o->unsettled;

    s->next = NULL;
    if (all->first == NULL)
        all->last = &all->first;
    *all->last = s;
    all->last = &s->next;
}

/* From now on its lane is known to have something in it. */
static void parked(struct office *o, const struct attempt *a)
{
    struct gate *gate = gates_named(o->gates, str_of(a->lane), clock_mono_ms());

    if (gate != NULL)
        gate->parked = true;
}

static void told(struct office *o, const struct settling *s)
{
    struct task *task = s->task;

    if (s->attempt != NULL && s->attempt->lane != NULL)
        parked(o, s->attempt);
    if (s->attempt == NULL || task->n_attempts == 1)
        task_done(task);
    else
        task_heard(task);
}

static void heard(void *context, const struct redisReply *reply)
{
    struct settling *s = context;
    struct office *o = s->task->office;

    if (reply == NULL) {
        keep_for_later(o, s);
        return;
    }
    told(o, s);
    office_move(o);
}

/* An entry with one attempt ends with it; one with several when the queue has heard of them all, so that none is lost
 * if a reply is. */
static void send_alone(struct office *o, struct settling *s)
{
    const struct task *task = s->task;
    struct redis_command c;
    struct notify_settlement settlement = {
        .stream = task->stream,
        .entry = task->entry,
        .id = task->notification.id,
        .all = task->device[0] == '\0',
        .end = s->attempt == NULL || task->n_attempts == 1,
    };

    if (s->attempt != NULL)
        add_outcome(&settlement, s->attempt);
    notify_settle(&c, &settlement, &o->keep);
    if (redis_send(o->redis, &c, heard, s) != OK)
        keep_for_later(o, s);
}

/* ---- together ---- */

/* What was told, to be found again with the reply. */
struct together {
    struct office *office;
    size_t n;
    struct settling *settlings[];
};

/* The next time each for itself: if one of them was the reason, it is no longer the others' business. */
static void keep_all_for_later(struct together *t)
{
    for (size_t i = 0; i < t->n; i++) {
        t->settlings[i]->alone = true;
        keep_for_later(t->office, t->settlings[i]);
    }
    free(t);
}

static void heard_together(void *context, const struct redisReply *reply)
{
    struct together *t = context;
    struct office *o = t->office;

    if (reply == NULL) {
        keep_all_for_later(t);
        return;
    }
    for (size_t i = 0; i < reply_count(reply); i++) {
        int64_t number = reply_int(reply_at(reply, i));
        if (number >= 1 && (size_t)number <= t->n)
            t->settlings[number - 1]->alone = true;
    }
    for (size_t i = 0; i < t->n; i++) {
        if (t->settlings[i]->alone)
            send_alone(o, t->settlings[i]);
        else
            told(o, t->settlings[i]);
    }
    free(t);
    office_move(o);
}

static struct notify_delivered delivered_of(const struct settling *s)
{
    const struct task *task = s->task;

    return (struct notify_delivered){
        .stream = task->stream,
        .entry = task->entry,
        .id = task->notification.id,
        .device = s->attempt->to->device.id,
        .channel = s->attempt->to->device.channel,
        .attempts = s->attempt->attempts,
        .user = task->notification.user,
        .collapse = task->notification.collapse,
    };
}

void settling_flush(struct office *o)
{
    struct settlings *all = &o->unsettled;
    struct notify_delivered delivered[NOTIFY_DELIVERED_MAX];
    size_t n = all->n_delivered;
    struct redis_command c;

    (void)uv_timer_stop(&all->soon);
    if (n == 0)
        return;
    struct together *t = mem_alloc(sizeof *t + n * sizeof(struct settling *));
    t->office = o;
    t->n = n;
    for (size_t i = 0; i < n; i++) {
        t->settlings[i] = all->delivered[i];
        delivered[i] = delivered_of(all->delivered[i]);
    }
    all->n_delivered = 0;
    notify_delivered(&c, delivered, n, &o->keep, &all->texts);
    if (redis_send(o->redis, &c, heard_together, t) != OK)
        keep_all_for_later(t);
    redis_client_flush(
        o->redis); /* now, so that Redis works while this server goes on delivering */
}

static void on_soon(uv_timer_t *timer)
{
    settling_flush(timer->data);
}

static void add_delivered(struct office *o, struct settling *s)
{
    struct settlings *all = &o->unsettled;

    if (all->n_delivered == 0)
        (void)uv_timer_start(&all->soon, on_soon, TOGETHER_MS, 0);
    all->delivered[all->n_delivered++] = s;
    if (all->n_delivered == NOTIFY_DELIVERED_MAX)
        settling_flush(o);
}

static bool can_be_told_together(const struct settling *s)
{
    const struct task *task = s->task;

    return !s->alone && s->attempt != NULL && task->n_attempts == 1 && task->n_states == 0 &&
           task->device[0] == '\0' && strcmp(s->attempt->verdict, "delivered") == 0;
}

/* ---- */

void settling_send(struct office *o, struct settling *s)
{
    if (can_be_told_together(s))
        add_delivered(o, s);
    else
        send_alone(o, s);
}

void settling_send_all(struct office *o)
{
    struct settling *s = o->unsettled.first;

    o->unsettled.first = NULL;
    while (s != NULL) {
        struct settling *next = s->next;
        settling_send(o, s);
        s = next;
    }
}

void settling_open(struct office *o)
{
    (void)uv_timer_init(&o->loop, &o->unsettled.soon);
    o->unsettled.soon.data = o;
}

void settling_close(struct office *o)
{
    o->unsettled.n_delivered = 0;
    uv_close((uv_handle_t *)&o->unsettled.soon, NULL);
    buf_fini(&o->unsettled.texts);
}
