#include "task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/mem.h"
#include "office_state.h"
#include "store/device.h"

#define SPARE_MAX 512
#define SPARE_TEXTS_MAX 2048 /* bytes: with more, or many devices, one is not kept */

/* ---- made and freed ---- */

static void free_task(struct task *t)
{
    free(t->attempts);
    buf_fini(&t->texts);
    free(t);
}

void spare_tasks_free(struct spare_tasks *spare)
{
    struct task *t;

    while ((t = spare->first) != NULL) {
        spare->first = t->next_spare;
        free_task(t);
    }
    spare->n = 0;
}

static void let_go(struct task *t)
{
    struct spare_tasks *spare = &t->office->spare_tasks;

    for (size_t i = 0; i < t->n_attempts; i++)
        attempt_fini(&t->attempts[i]);
    user_devices_unref(&t->devices);
    free(t->states);
    if (spare->n == SPARE_MAX || t->texts.cap > SPARE_TEXTS_MAX || t->attempts_max > 1) {
        free_task(t);
        return;
    }
    t->next_spare = spare->first;
    spare->first = t;
    spare->n++;
}

static struct task *blank_task(struct office *o)
{
    struct spare_tasks *spare = &o->spare_tasks;
    struct task *t = spare->first;

    if (t == NULL) {
        t = mem_zalloc(sizeof *t);
    } else {
        spare->first = t->next_spare;
        spare->n--;
        buf_clear(&t->texts);
        *t = (struct task){
            .texts = t->texts, .attempts = t->attempts, .attempts_max = t->attempts_max};
    }
    t->office = o;
    return t;
}

static void make_room(struct task *t, size_t n)
{
    if (n <= t->attempts_max)
        return;
    t->attempts = mem_array(t->attempts, n, sizeof *t->attempts);
    t->attempts_max = n;
}

static enum priority priority_of(enum notify_stream stream)
{
    return stream == NOTIFY_HIGH  ? PRIORITY_HIGH
           : stream == NOTIFY_LOW ? PRIORITY_LOW
                                  : PRIORITY_NORMAL;
}

/* The same part of the text in our copy of it. */
static str copied(const struct task *t, const struct notify_task *from, str part)
{
    return part.n == 0 ? STR("") : str_from(t->texts.p + (part.p - from->text.p), part.n);
}

static void copy_notification(struct task *t, const struct notify_task *from)
{
    (void)buf_reserve(&t->texts, from->text.n + 1); /* the views stay good */
    buf_add_str(&t->texts, from->text);
    t->text = buf_view(&t->texts);
    t->notification = (struct notification){
        .id = copied(t, from, from->id),
        .user = copied(t, from, from->user),
        .title = copied(t, from, from->title),
        .body = copied(t, from, from->body),
        .event = copied(t, from, from->event),
        .data = copied(t, from, from->data),
        .collapse = copied(t, from, from->collapse),
        .priority = priority_of(from->priority),
        .created_ms = from->created_ms,
        .expires_ms = from->expires_ms,
    };
    t->chat = copied(t, from, from->chat);
    t->priority = from->priority;
}

static void copy_states(struct task *t, const struct notify_task *from)
{
    t->n_states = notify_task_states(from);
    if (t->n_states == 0)
        return;
    t->states = mem_array(NULL, t->n_states, sizeof *t->states);
    for (size_t i = 0; i < t->n_states; i++) {
        struct notify_state state = notify_task_state(from, i);
        (void)snprintf(t->states[i].device, sizeof t->states[i].device, "%.*s",
                       STR_ARG(state.device));
        t->states[i].attempts = state.attempts;
        if (from->device.n > 0)
            (void)snprintf(t->channel, sizeof t->channel, "%.*s", STR_ARG(state.channel));
    }
}

static void write_name(const struct notify_task *from, char name_out[TASK_NAME_MAX])
{
    str stream = str_of(notify_stream_name(from->stream));

    CHECK(stream.n + 1 + from->entry.n < TASK_NAME_MAX);
    memcpy(name_out, stream.p, stream.n);
    name_out[stream.n] = ' ';
    memcpy(name_out + stream.n + 1, from->entry.p, from->entry.n);
    name_out[stream.n + 1 + from->entry.n] = '\0';
}

static struct task *new_task(struct office *o, const struct notify_task *from, const char *name)
{
    struct task *t = blank_task(o);

    memcpy(t->name, name, TASK_NAME_MAX);
    t->stream = from->stream;
    t->entry = str_skip(str_of(t->name), strlen(notify_stream_name(from->stream)) + 1);
    copy_notification(t, from);
    copy_states(t, from);
    if (from->device.n > 0)
        (void)snprintf(t->device, sizeof t->device, "%.*s", STR_ARG(from->device));
    t->end = (struct settling){.task = t};
    map_put(&o->tasks, str_of(t->name), t);
    return t;
}

void task_done(struct task *t)
{
    map_remove(&t->office->tasks, str_of(t->name));
    let_go(t);
}

void task_drop(struct task *t)
{
    task_done(t);
}

/* ---- its devices ---- */

/* Those of somebody else are left out, but for the one that the task is about. */
static void leave_out_others(struct task *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->n_attempts; i++) {
        struct attempt *a = &t->attempts[i];
        if (a->not_theirs && t->device[0] == '\0')
            attempt_fini(a);
        else
            attempt_move(&t->attempts[kept++], a);
    }
    t->n_attempts = kept;
}

static void begin_attempts(struct task *t)
{
    size_t n = t->n_attempts;

    for (size_t i = 0; i < n; i++) {
        struct attempt *a = &t->attempts[i];
        if (a->not_theirs)
            attempt_end(a, "gone", "the device belongs to another user");
        else
            attempt_start(a);
    }
}

/* All questions are answered. */
static void asked(struct task *t)
{
    if (t->asks > 0)
        return;
    if (t->lost || t->office->closing) {
        task_drop(t); /* it is claimed again in a while */
        return;
    }
    leave_out_others(t);
    if (t->n_attempts == 0)
        settling_send(t->office, &t->end);
    else
        begin_attempts(t);
}

/* Taking them off the list is for who reads it in peace (own_devices.h). */
static void owner_told(void *context, const struct redisReply *reply)
{
    struct attempt *a = context;
    struct task *t = a->task;

    t->asks--;
    if (reply == NULL)
        t->lost = true;
    else
        a->not_theirs = !str_eq(reply_str(reply), t->notification.user);
    asked(t);
}

/* Only of those that one user at a time has: the ids of the others are their users' own. */
static void ask_owners(struct task *t)
{
    struct redis_command c;

    for (size_t i = 0; i < t->n_attempts; i++) {
        const struct user_device *to = t->attempts[i].to;
        if (to->channel == NULL || !to->channel->exclusive)
            continue;
        device_owner(&c, to->device.id);
        if (redis_send(t->office->redis, &c, owner_told, &t->attempts[i]) == OK)
            t->asks++;
        else
            t->lost = true;
    }
}

static const struct task_state *state_of(const struct task *t, str device)
{
    for (size_t i = 0; i < t->n_states; i++)
        if (str_eq(device, str_of(t->states[i].device)))
            return &t->states[i];
    return NULL;
}

/* Is this device of the user's one that the task is about? */
static bool is_about(const struct task *t, str device)
{
    if (t->device[0] != '\0')
        return str_eq(device, str_of(t->device));
    return state_of(t, device) == NULL; /* else it has been seen to */
}

static void add_attempt(struct task *t, const struct user_device *to)
{
    const struct task_state *state = state_of(t, to->device.id);

    attempt_init(&t->attempts[t->n_attempts++], t, to, state ? state->attempts : 0);
}

/* The one that the task is about is no more on its user's list. */
static void add_removed(struct task *t)
{
    t->devices = user_devices_removed(str_of(t->device), str_of(t->channel));
    make_room(t, 1);
    add_attempt(t, &t->devices->devices[0]);
    attempt_end(&t->attempts[0], "gone", t->devices->devices[0].problem);
}

static void add_attempts(struct task *t, struct user_devices *devices)
{
    t->devices = user_devices_ref(devices);
    make_room(t, devices->n);
    for (size_t i = 0; i < devices->n; i++)
        if (is_about(t, devices->devices[i].device.id))
            add_attempt(t, &devices->devices[i]);
}

void task_devices(struct task *t, struct user_devices *devices)
{
    t->asks--;
    t->lost = devices == NULL;
    if (!t->lost)
        add_attempts(t, devices);
    if (t->n_attempts == 0 && t->device[0] != '\0' && !t->lost && !t->office->closing) {
        user_devices_unref(&t->devices);
        add_removed(t);
        return;
    }
    ask_owners(t);
    asked(t);
}

void task_begin(struct office *o, const struct notify_task *from, struct device_asks *asks)
{
    char name[TASK_NAME_MAX] = "";

    write_name(from, name);
    if (map_get(&o->tasks, str_of(name)) != NULL)
        return;
    struct task *t = new_task(o, from, name);
    if (device_asks_add(asks, o, t) == OK)
        t->asks++;
    else
        task_drop(t);
}

void task_heard(struct task *t)
{
    t->heard++;
    CHECK(t->heard <= t->n_attempts);
    if (t->heard == t->n_attempts)
        settling_send(t->office, &t->end);
}
