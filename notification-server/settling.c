#include "settling.h"

#include "attempt.h"
#include "base/clock.h"
#include "office_state.h"
#include "task.h"

static void add_outcome(struct notify_settlement *s, const struct attempt *a)
{
    s->device = a->device.id;
    s->channel = a->device.channel;
    s->verdict = str_of(a->verdict);
    s->attempts = a->attempts;
    s->error = str_of(a->error);
    s->wait_ms = a->wait_ms;
    s->host = a->lane ? str_of(a->lane) : STR("");
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

static void heard(void *context, const struct redisReply *reply)
{
    struct settling *s = context;
    struct task *task = s->task;
    struct office *o = task->office;

    if (reply == NULL) {
        keep_for_later(o, s);
        return;
    }
    if (s->attempt != NULL && s->attempt->lane != NULL)
        parked(o, s->attempt);
    if (s->attempt == NULL || task->n_attempts == 1)
        task_done(task);
    else
        task_heard(task);
    office_move(o);
}

/* An entry with one attempt ends with it; one with several when the queue has heard of them all, so that none is lost
 * if a reply is. */
void settling_send(struct office *o, struct settling *s)
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
