#include "store/notification.h"

#include <string.h>

#include "base/check.h"
#include "store/keys.h"
#include "store/scripts.h"

#define GROUP STR("deliver")
#define LEFT STR("left") /* who has what was given back */
#define LEFT_IDLE_MS INT64_C(1000000000)

static const char *const STREAM_NAMES[] = {"normal", "high", "low", "flight"};

const char *notify_stream_name(enum notify_stream stream)
{
    return STREAM_NAMES[stream];
}

static enum notify_stream stream_named(str name)
{
    for (size_t i = 0; i < NOTIFY_STREAMS; i++)
        if (str_eq(name, str_of(STREAM_NAMES[i])))
            return (enum notify_stream)i;
    return NOTIFY_NORMAL;
}

static void add_stream_name(struct redis_command *c, enum notify_stream stream)
{
    redis_add(c, str_of(STREAM_NAMES[stream]));
}

static void add_stream(struct redis_command *c, enum notify_stream stream)
{
    redis_add_key(c, KEY_NOTIFY ":", str_of(STREAM_NAMES[stream]), "");
}

static void begin(struct redis_command *c, const struct redis_script *script)
{
    redis_command_script(c, script);
    redis_add_key(c, KEY_NOTIFY, STR(""), "");
}

static void add_keep(struct redis_command *c, const struct notify_keep *keep)
{
    redis_add_int(c, keep->status_ms);
    redis_add_int(c, keep->dead_ms);
    redis_add_int(c, keep->dead_max);
}

/* ---- in ---- */

void notify_accept(struct redis_command *c, const struct new_notification *n,
                   int64_t unfinished_max, const struct notify_keep *keep)
{
    begin(c, &SCRIPT_notify_accept);
    redis_add_key(c, KEY_NOTIFY_N, n->id, "");
    redis_add_key(c, KEY_NOTIFY_ONCE, n->once, "");
    redis_add(c, n->id);
    redis_add(c, n->user);
    add_stream_name(c, n->priority);
    redis_add(c, n->title);
    redis_add(c, n->body);
    redis_add(c, n->event);
    redis_add(c, n->data);
    redis_add(c, n->collapse);
    redis_add_int(c, n->ttl_ms);
    redis_add(c, n->once_hash);
    redis_add_int(c, n->once.n > 0 ? n->once_ms : 0);
    redis_add_int(c, unfinished_max);
    add_keep(c, keep);
    redis_add(c, n->chat);
}

enum notify_accepted notify_accept_answer(const struct redisReply *reply, str *id_out)
{
    str word = reply_word(reply);

    *id_out = reply_str(reply_at(reply, 1));
    if (str_eq(word, STR("ok")))
        return NOTIFY_NEW;
    if (str_eq(word, STR("same")))
        return NOTIFY_SAME;
    if (str_eq(word, STR("reused")))
        return NOTIFY_REUSED;
    return str_eq(word, STR("full")) ? NOTIFY_FULL : NOTIFY_UNKNOWN;
}

/* ---- out ---- */

void notify_any_ended(struct redis_command *c)
{
    redis_command_init(c, "EXISTS");
    redis_add(c, STR(KEY_NOTIFY_ENDED));
}

void notify_take(struct redis_command *c, str me, enum notify_stream stream, int64_t n)
{
    redis_command_init(c, "XREADGROUP");
    redis_add(c, STR("GROUP"));
    redis_add(c, GROUP);
    redis_add(c, me);
    redis_add(c, STR("COUNT"));
    redis_add_int(c, n);
    redis_add(c, STR("STREAMS"));
    add_stream(c, stream);
    redis_add(c, STR(">"));
}

void notify_look(struct redis_command *c, enum notify_stream stream, const str *entries, size_t n,
                 const struct notify_keep *keep)
{
    begin(c, &SCRIPT_notify_look);
    add_stream_name(c, stream);
    add_keep(c, keep);
    for (size_t i = 0; i < n; i++)
        redis_add(c, entries[i]);
}

void notify_due(struct redis_command *c, int64_t n, bool trim, bool groups,
                const struct notify_keep *keep)
{
    begin(c, &SCRIPT_notify_due);
    redis_add_int(c, n);
    add_keep(c, keep);
    redis_add(c, trim ? STR("trim") : STR(""));
    redis_add(c, groups ? STR("groups") : STR(""));
}

void notify_lane_take(struct redis_command *c, str me, str host, int64_t n,
                      const struct notify_keep *keep)
{
    begin(c, &SCRIPT_notify_lane);
    redis_add_key(c, KEY_NOTIFY_LANE, host, "");
    redis_add(c, me);
    redis_add_int(c, n);
    redis_add(c, host);
    add_keep(c, keep);
}

void notify_claim(struct redis_command *c, str me, enum notify_stream stream, int64_t idle_ms,
                  str cursor, int64_t n, const struct notify_keep *keep)
{
    begin(c, &SCRIPT_notify_claim);
    redis_add(c, me);
    add_stream_name(c, stream);
    redis_add_int(c, idle_ms);
    redis_add(c, cursor);
    redis_add_int(c, n);
    add_keep(c, keep);
}

void notify_lanes(struct redis_command *c, int64_t n)
{
    redis_command_init(c, "SRANDMEMBER");
    redis_add(c, STR(KEY_NOTIFY_LANES));
    redis_add_int(c, n);
}

enum { TASK_TEXT, TASK_DEVICE, TASK_STATES };

size_t notify_task_count(const struct redisReply *reply)
{
    size_t n = reply_count(reply);

    return n > 0 ? n - 1 : 0;
}

static str next_word(str *text)
{
    str word = STR("");

    (void)str_split(text, ' ', &word);
    return word;
}

static int64_t next_number(str *text)
{
    int64_t n = 0;

    (void)str_to_i64(next_word(text), &n);
    return n;
}

/* As lib/notify.lua has written it. What does not fit is left empty. */
static void read_text(struct notify_task *t)
{
    str *const texts[] = {&t->user, &t->title,    &t->body, &t->event,
                          &t->data, &t->collapse, &t->chat};
    str rest = t->text;
    str head = STR("");

    (void)str_split(&rest, '\n', &head);
    t->expires_ms = next_number(&head);
    t->id = next_word(&head);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        int64_t n = next_number(&head);
        if (n < 0 || (uint64_t)n > rest.n)
            n = 0;
        *texts[i] = str_from(rest.p, (size_t)n);
        rest = str_skip(rest, (size_t)n);
    }
    t->created_ms = next_number(&head);
    t->priority = stream_named(head);
}

struct notify_task notify_task_at(const struct redisReply *reply, size_t i)
{
    const struct redisReply *element = reply_at(reply, i + 1);
    struct notify_task task = {
        .text = reply_str(reply_at(element, TASK_TEXT)),
        .device = reply_str(reply_at(element, TASK_DEVICE)),
        .reply = element,
    };

    task.stream = stream_named(next_word(&task.text));
    task.entry = next_word(&task.text);
    read_text(&task);
    return task;
}

/* [[stream, [[entry, [field, value …]] …]]], or nil. */
static const struct redisReply *taken(const struct redisReply *reply)
{
    return reply_at(reply_at(reply, 0), 1);
}

size_t notify_taken_count(const struct redisReply *reply)
{
    return reply_count(taken(reply));
}

bool notify_taken_at(const struct redisReply *reply, size_t i, enum notify_stream stream,
                     struct notify_task *task_out)
{
    const struct redisReply *entry = reply_at(taken(reply), i);
    const struct redisReply *fields = reply_at(entry, 1);

    *task_out = (struct notify_task){.stream = stream, .entry = reply_str(reply_at(entry, 0))};
    if (!str_eq(reply_str(reply_at(fields, 0)), STR("t")))
        return false;
    task_out->device = STR("");
    task_out->text = reply_str(reply_at(fields, 1));
    read_text(task_out);
    return true;
}

/* "STATE ATTEMPTS TIME CHANNEL ERROR", of which the last two may be missing. */
static struct notify_state read_state(str device, str record)
{
    struct notify_state s = {.device = device};

    s.state = next_word(&record);
    s.attempts = next_number(&record);
    s.time_ms = next_number(&record);
    s.channel = next_word(&record);
    s.error = record;
    return s;
}

size_t notify_task_states(const struct notify_task *task)
{
    size_t n = reply_count(task->reply);

    return n > TASK_STATES ? (n - TASK_STATES) / 2 : 0;
}

struct notify_state notify_task_state(const struct notify_task *task, size_t i)
{
    size_t at = TASK_STATES + 2 * i;

    return read_state(reply_str(reply_at(task->reply, at)),
                      reply_str(reply_at(task->reply, at + 1)));
}

/* ---- in hand ---- */

static void xclaim(struct redis_command *c, enum notify_stream stream, str who, const str *entries,
                   size_t n)
{
    redis_command_init(c, "XCLAIM");
    add_stream(c, stream);
    redis_add(c, GROUP);
    redis_add(c, who);
    redis_add(c, STR("0"));
    for (size_t i = 0; i < n; i++)
        redis_add(c, entries[i]);
}

void notify_fresh(struct redis_command *c, str me, enum notify_stream stream, const str *entries,
                  size_t n)
{
    xclaim(c, stream, me, entries, n);
    redis_add(c, STR("JUSTID"));
}

void notify_give_back(struct redis_command *c, enum notify_stream stream, const str *entries,
                      size_t n)
{
    xclaim(c, stream, LEFT, entries, n);
    redis_add(c, STR("IDLE"));
    redis_add_int(c, LEFT_IDLE_MS);
    redis_add(c, STR("JUSTID"));
}

void notify_sweep(struct redis_command *c, str me, int64_t idle_ms)
{
    begin(c, &SCRIPT_notify_sweep);
    redis_add(c, me);
    redis_add_int(c, idle_ms);
}

void notify_settle(struct redis_command *c, const struct notify_settlement *s,
                   const struct notify_keep *keep)
{
    begin(c, &SCRIPT_notify_settle);
    redis_add_key(c, KEY_NOTIFY_N, s->id, "");
    add_stream_name(c, s->stream);
    redis_add(c, s->entry);
    redis_add(c, s->id);
    redis_add(c, s->end ? STR("end") : STR("more"));
    redis_add(c, s->all ? STR("all") : STR("one"));
    add_keep(c, keep);
    if (s->device.n == 0)
        return;
    redis_add(c, s->device);
    redis_add(c, s->verdict);
    redis_add(c, s->channel.n > 0 ? s->channel : STR("-"));
    redis_add_int(c, s->attempts);
    redis_add(c, s->error);
    redis_add_int(c, s->wait_ms);
    redis_add(c, s->host);
    redis_add(c, s->all ? s->text : STR(""));
}

static void write_delivered(const struct notify_delivered *d, struct buf *out)
{
    const str before[] = {str_of(STREAM_NAMES[d->stream]), d->entry, d->id, d->device};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        buf_add_str(out, before[i]);
        buf_add_char(out, ' ');
    }
    buf_add_i64(out, d->attempts);
    buf_add_char(out, ' ');
    buf_add_str(out, d->channel);
    if (d->collapse.n == 0)
        return;
    buf_add_char(out, '\n');
    buf_add_str(out, d->user);
    buf_add_char(out, ' ');
    buf_add_str(out, d->collapse);
}

void notify_delivered(struct redis_command *c, const struct notify_delivered *all, size_t n,
                      const struct notify_keep *keep, struct buf *texts)
{
    size_t ends[NOTIFY_DELIVERED_MAX];
    size_t at = 0;

    CHECK(n <= NOTIFY_DELIVERED_MAX);
    buf_clear(texts);
    for (size_t i = 0; i < n; i++) {
        write_delivered(&all[i], texts);
        ends[i] = texts->n;
    }
    begin(c, &SCRIPT_notify_delivered);
    redis_add_int(c, keep->status_ms);
    for (size_t i = 0; i < n; at = ends[i++])
        redis_add(c, str_from(texts->p + at, ends[i] - at));
}

/* ---- what people ask ---- */

void notify_read(struct redis_command *c, str id)
{
    redis_command_init(c, "HGETALL");
    redis_add_key(c, KEY_NOTIFY_N, id, "");
}

enum err notify_dead_page(struct redis_command *c, str before, int64_t limit)
{
    str time = STR("");
    int64_t time_ms;

    if (before.n > 0 &&
        (!str_split(&before, '-', &time) || !str_to_i64(time, &time_ms) || !id_is_valid(before)))
        return ERR_INVALID;
    begin(c, &SCRIPT_notify_dead);
    redis_add(c, time);
    redis_add(c, before);
    redis_add_int(c, limit);
    return OK;
}

size_t notify_dead_count(const struct redisReply *page)
{
    size_t n = reply_count(page);

    return n > 0 ? (n - 1) / 2 : 0;
}

bool notify_dead_more(const struct redisReply *page)
{
    return reply_int(reply_at(page, 0)) == 1;
}

str notify_dead_id(const struct redisReply *page, size_t i)
{
    return reply_str(reply_at(page, 1 + 2 * i));
}

const struct redisReply *notify_dead_fields(const struct redisReply *page, size_t i)
{
    return reply_at(page, 2 + 2 * i);
}

void notify_revive(struct redis_command *c, str id)
{
    begin(c, &SCRIPT_notify_revive);
    redis_add_key(c, KEY_NOTIFY_N, id, "");
    redis_add(c, id);
}

str notify_field(const struct redisReply *fields, const char *name)
{
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (str_eq(reply_str(reply_at(fields, i)), str_of(name)))
            return reply_str(reply_at(fields, i + 1));
    return STR_NONE;
}

/* "WORD …", or "delivered TIME DEVICE ATTEMPTS CHANNEL" (lib/notify.lua). */
str notify_status(const struct redisReply *fields)
{
    str status = notify_field(fields, "status");

    return next_word(&status);
}

static bool read_only_device(str status, struct notify_state *state_out)
{
    *state_out = (struct notify_state){.state = next_word(&status)};
    if (!str_eq(state_out->state, STR("delivered")) || status.n == 0)
        return false;
    state_out->time_ms = next_number(&status);
    state_out->device = next_word(&status);
    state_out->attempts = next_number(&status);
    state_out->channel = status;
    state_out->error = STR("");
    return true;
}

bool notify_field_state(const struct redisReply *fields, size_t i, struct notify_state *state_out)
{
    str name = reply_str(reply_at(fields, 2 * i));
    str value = reply_str(reply_at(fields, 2 * i + 1));

    if (str_eq(name, STR("status")))
        return read_only_device(value, state_out);
    if (!str_starts(name, STR("d:")))
        return false;
    *state_out = read_state(str_skip(name, 2), value);
    return true;
}

bool notify_ended(const struct redisReply *fields, int64_t *time_ms_out)
{
    struct notify_state state;

    if (!read_only_device(notify_field(fields, "status"), &state))
        return str_to_i64(notify_field(fields, "ended"), time_ms_out);
    *time_ms_out = state.time_ms;
    return true;
}

void notify_depths(struct redis_command *c)
{
    begin(c, &SCRIPT_notify_depths);
}
