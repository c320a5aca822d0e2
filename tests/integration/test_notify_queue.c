/* The queue of notifications against a real Redis, asked as the notification-server asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/ids.h"
#include "fmt.h"
#include "redis/redis_pool.h"
#include "redis_server.h"
#include "store/notification.h"
#include "wait.h"

#define HOUR_MS INT64_C(3600000)

static const struct notify_keep KEEP = {HOUR_MS, 2 * HOUR_MS, 5};

static struct temp_dir dir;
static struct redis_server server;

/* ---- asking */

static struct redisReply *call(const struct redis_command *c)
{
    struct redisReply *reply;

    if (redis_call(c, &reply) != OK)
        fail_at(HERE, "%s failed", c->name);
    return reply;
}

struct given {
    const char *user;
    enum notify_stream priority;
    const char *collapse;
    const char *chat;
    int64_t ttl_ms;
    const char *once;
    const char *hash;
    int64_t unfinished_max;
};

static enum notify_accepted accept(struct given given, struct id *id_out)
{
    struct id id = id_new();
    struct redis_command c;
    str known;
    const struct new_notification n = {
        .id = str_of(id.text),
        .user = given.user ? str_of(given.user) : STR("ann"),
        .priority = given.priority,
        .title = STR("a title"),
        .body = STR("a body"),
        .event = STR(""),
        .data = STR("{\"a\":1}"),
        .collapse = given.collapse ? str_of(given.collapse) : STR(""),
        .chat = given.chat ? str_of(given.chat) : STR(""),
        .ttl_ms = given.ttl_ms ? given.ttl_ms : HOUR_MS,
        .once = given.once ? str_of(given.once) : STR(""),
        .once_hash = given.hash ? str_of(given.hash) : STR("h"),
        .once_ms = HOUR_MS,
    };

    notify_accept(&c, &n, given.unfinished_max, &KEEP);
    struct redisReply *reply = call(&c);
    enum notify_accepted how = notify_accept_answer(reply, &known);
    (void)snprintf(id_out->text, sizeof id_out->text, "%.*s", STR_ARG(known));
    reply_free(reply);
    return how;
}

static struct id accepted(struct given given)
{
    struct id id;

    assert_int_equal(accept(given, &id), NOTIFY_NEW);
    return id;
}

/* A task, its texts as long as fmt()'s. */
struct got {
    size_t n;
    int64_t first; /* of the reply */
    struct notify_task task[64];
    size_t states[64];
    struct notify_state state[64];
};

static str kept(str s)
{
    return str_of(fmt("%.*s", STR_ARG(s)));
}

static void keep_task(struct got *got, struct notify_task t)
{
    size_t i = got->n++;

    assert_true(i < 64);
    got->states[i] = notify_task_states(&t);
    if (got->states[i] > 0) {
        struct notify_state s = notify_task_state(&t, 0);
        got->state[i] = (struct notify_state){kept(s.device), kept(s.state),   s.attempts,
                                              s.time_ms,      kept(s.channel), kept(s.error)};
    }
    t.entry = kept(t.entry);
    t.id = kept(t.id);
    t.device = kept(t.device);
    t.user = kept(t.user);
    t.title = kept(t.title);
    t.body = kept(t.body);
    t.data = kept(t.data);
    t.collapse = kept(t.collapse);
    t.chat = kept(t.chat);
    t.text = kept(t.text);
    got->task[i] = t;
}

static void add_tasks(struct got *got, const struct redis_command *c)
{
    struct redisReply *reply = call(c);

    got->first = reply_int(reply_at(reply, 0));
    for (size_t i = 0; i < notify_task_count(reply); i++)
        keep_task(got, notify_task_at(reply, i));
    reply_free(reply);
}

static struct got read_tasks(const struct redis_command *c)
{
    struct got got = {0};

    add_tasks(&got, c);
    return got;
}

static bool any_ended(void)
{
    struct redis_command c;

    notify_any_ended(&c);
    struct redisReply *reply = call(&c);
    bool any = reply_int(reply) != 0;
    reply_free(reply);
    return any;
}

/* As arrivals.c does it. */
static void take_from(struct got *got, const char *me, enum notify_stream stream, int64_t n)
{
    bool some_ended = any_ended();
    struct redis_command c;

    notify_take(&c, str_of(me), stream, n);
    struct redisReply *reply = call(&c);
    for (size_t i = 0; i < notify_taken_count(reply); i++) {
        struct notify_task task;
        if (notify_taken_at(reply, i, stream, &task) && !some_ended) {
            keep_task(got, task);
            continue;
        }
        notify_look(&c, stream, &task.entry, 1, &KEEP);
        add_tasks(got, &c);
    }
    reply_free(reply);
}

static void do_what_is_due(void)
{
    struct redis_command c;

    notify_due(&c, 64, true, true, &KEEP);
    reply_free(call(&c));
}

/* At most n of each priority. */
static struct got take(const char *me, int64_t n)
{
    static const enum notify_stream STREAMS[] = {NOTIFY_HIGH, NOTIFY_NORMAL, NOTIFY_LOW};
    struct got got = {0};

    do_what_is_due();
    for (size_t i = 0; i < sizeof STREAMS / sizeof *STREAMS; i++)
        take_from(&got, me, STREAMS[i], n);
    return got;
}

static struct got take_lane(const char *me, const char *host, int64_t n)
{
    struct redis_command c;

    notify_lane_take(&c, str_of(me), str_of(host), n, &KEEP);
    return read_tasks(&c);
}

static struct got claim(const char *me, enum notify_stream stream, int64_t idle_ms)
{
    struct redis_command c;

    notify_claim(&c, str_of(me), stream, idle_ms, STR("0-0"), 50, &KEEP);
    return read_tasks(&c);
}

static struct notify_task take_one(const char *me)
{
    struct got got = take(me, 16);

    assert_int_equal(got.n, 1);
    return got.task[0];
}

static const char *settle_as(const struct notify_task *task, const char *device,
                             const char *verdict, bool end, int64_t wait_ms)
{
    struct redis_command c;
    const struct notify_settlement s = {
        .stream = task->stream,
        .entry = task->entry,
        .id = task->id,
        .end = end,
        .all = task->device.n == 0,
        .device = str_of(device),
        .channel = STR("webhook"),
        .verdict = str_of(verdict),
        .attempts = 3,
        .error = STR("status 503"),
        .wait_ms = wait_ms,
        .host = STR("http://one.example:80"),
        .text = task->text,
    };

    notify_settle(&c, &s, &KEEP);
    struct redisReply *reply = call(&c);
    const char *word = fmt("%.*s", STR_ARG(reply_word(reply)));
    reply_free(reply);
    return word;
}

/* Says which ones were not taken, from 1: "1 3". */
static const char *deliver_together(const struct notify_task *tasks, size_t n, const char *device)
{
    struct notify_delivered all[NOTIFY_DELIVERED_MAX];
    struct redis_command c;
    struct buf texts = {0};
    const char *others = "";

    for (size_t i = 0; i < n; i++)
        all[i] = (struct notify_delivered){
            .stream = tasks[i].stream,
            .entry = tasks[i].entry,
            .id = tasks[i].id,
            .device = str_of(device),
            .channel = STR("webhook"),
            .attempts = 1,
            .user = tasks[i].user,
            .collapse = tasks[i].collapse,
        };
    notify_delivered(&c, all, n, &KEEP, &texts);
    struct redisReply *reply = call(&c);
    for (size_t i = 0; i < reply_count(reply); i++)
        others =
            fmt("%s%s%lld", others, i > 0 ? " " : "", (long long)reply_int(reply_at(reply, i)));
    reply_free(reply);
    buf_fini(&texts);
    return others;
}

static const char *settle(const struct notify_task *task, const char *device, const char *verdict)
{
    return settle_as(task, device, verdict, true, 0);
}

static const char *field(const struct id *id, const char *name)
{
    return redis_text(&server, "HGET notify:{q}:n:%s %s", id->text, name);
}

static struct redisReply *read_fields(const struct id *id)
{
    struct redis_command c;

    notify_read(&c, str_of(id->text));
    return call(&c);
}

static const char *status(const struct id *id)
{
    struct redisReply *fields = read_fields(id);
    const char *word = fmt("%.*s", STR_ARG(notify_status(fields)));

    reply_free(fields);
    return word;
}

/* "STATE ATTEMPTS" of each time that the device is told of. */
static const char *states(const struct id *id, const char *device)
{
    struct redisReply *fields = read_fields(id);
    struct notify_state s;
    const char *all = "";

    for (size_t i = 0; i < reply_count(fields) / 2; i++)
        if (notify_field_state(fields, i, &s) && str_eq(s.device, str_of(device)))
            all = fmt("%s%.*s %lld ", all, STR_ARG(s.state), (long long)s.attempts);
    reply_free(fields);
    return all;
}

#define IS(text, expected) assert_string_equal(text, expected)
#define STATE_IS(id, device, text) IS(states(id, device), text)

static int64_t depth(enum notify_depth which)
{
    struct redis_command c;

    notify_depths(&c);
    struct redisReply *reply = call(&c);
    assert_int_equal(reply_count(reply), NOTIFY_DEPTHS);
    int64_t n = reply_int(reply_at(reply, which));
    reply_free(reply);
    return n;
}

/* Nothing of what has ended is left where work is kept. */
static void nothing_is_left(void)
{
    for (int i = 0; i < NOTIFY_DEPTHS; i++)
        if (i != NOTIFY_DEPTH_DEAD && depth((enum notify_depth)i) != 0)
            fail_at(HERE, "depth %d is %lld", i, (long long)depth((enum notify_depth)i));
    assert_int_equal(redis_do(&server, "ZCARD notify:{q}:expiry"), 0);
    assert_int_equal(redis_do(&server, "EXISTS notify:{q}:collapse"), 0);
    assert_int_equal(redis_do(&server, "EXISTS notify:{q}:ended"), 0);
}

/* ---- the cases */

static void what_is_done_with_is_dropped(void **state)
{
    (void)state;
    for (int i = 0; i < 250; i++)
        (void)accepted((struct given){0});
    struct got got[8];
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        got[i] = take("one", 32);
        n += got[i].n;
    }
    assert_int_equal(n, 250);
    for (int i = 7; i >= 0; i--) /* the first one last */
        for (size_t k = got[i].n; k-- > 0;)
            IS(settle(&got[i].task[k], "a", "delivered"), "delivered");
    nothing_is_left();
    assert_int_equal(take("one", 16).n, 0);
    assert_int_equal(redis_do(&server, "XLEN notify:{q}:normal"), 0);
}

static void what_is_accepted_is_taken_once_and_ends(void **state)
{
    (void)state;
    struct id id = accepted((struct given){.user = "ann"});

    struct notify_task t = take_one("one");
    IS(t.id.p, id.text);
    IS(t.user.p, "ann");
    IS(t.device.p, "");
    IS(t.title.p, "a title");
    IS(t.body.p, "a body");
    IS(t.data.p, "{\"a\":1}");
    assert_int_equal(t.expires_ms - t.created_ms, HOUR_MS);
    assert_int_equal(take("two", 16).n, 0);
    IS(status(&id), "queued");
    IS(settle(&t, "dev", "delivered"), "delivered");
    IS(status(&id), "delivered");
    STATE_IS(&id, "dev", "delivered 3 ");
    assert_null(field(&id, "text")); /* nobody needs it any more */
    assert_true(redis_do(&server, "PTTL notify:{q}:n:%s", id.text) > 0);
    nothing_is_left();
}

static void nobody_to_send_to_is_suppressed(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("one");

    IS(settle(&t, "", ""), "suppressed");
    IS(status(&id), "suppressed");
    nothing_is_left();
}

static void what_a_message_has_led_to_says_so(void **state)
{
    (void)state;
    struct id id = accepted((struct given){.chat = "d 7 bob"});
    struct notify_task t = take_one("one");

    assert_true(str_eq(t.chat, STR("d 7 bob")));
    IS(settle_as(&t, "phone", "later", true, 0), "queued");
    t = take_one("one"); /* the second time, about one device */
    assert_true(str_eq(t.chat, STR("d 7 bob")));
    IS(settle(&t, "phone", "suppressed"), "suppressed");
    assert_null(field(&id, "chat"));
    id = accepted((struct given){0});
    t = take_one("one");
    assert_int_equal(t.chat.n, 0);
    IS(settle(&t, "phone", "delivered"), "delivered");
    nothing_is_left();
}

static void the_status_follows_from_the_devices(void **state)
{
    static const struct {
        const char *verdicts[3];
        const char *status;
    } ROWS[] = {
        {{"delivered", "delivered", "delivered"}, "delivered"},
        {{"delivered", "gone", "delivered"}, "delivered"},
        {{"delivered", "failed", "gone"}, "partial"},
        {{"delivered", "expired", "delivered"}, "partial"},
        {{"gone", "gone", "gone"}, "failed"},
        {{"failed", "gone", "failed"}, "failed"},
        {{"suppressed", "gone", "suppressed"}, "suppressed"},
        {{"suppressed", "failed", "suppressed"}, "failed"},
        {{"suppressed", "delivered", "suppressed"}, "partial"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct id id = accepted((struct given){0});
        struct notify_task t = take_one("one");
        IS(settle_as(&t, "a", ROWS[i].verdicts[0], false, 0), "queued");
        IS(settle_as(&t, "b", ROWS[i].verdicts[1], false, 0), "queued");
        IS(settle(&t, "c", ROWS[i].verdicts[2]), ROWS[i].status);
        (void)id;
    }
    nothing_is_left();
}

static void a_key_makes_a_repeat_harmless(void **state)
{
    struct id first;
    struct id again;

    (void)state;
    assert_int_equal(accept((struct given){.once = "svc k", .hash = "h1"}, &first), NOTIFY_NEW);
    assert_int_equal(accept((struct given){.once = "svc k", .hash = "h1"}, &again), NOTIFY_SAME);
    IS(first.text, again.text);
    assert_int_equal(accept((struct given){.once = "svc k", .hash = "h2"}, &again), NOTIFY_REUSED);
    assert_int_equal(accept((struct given){.once = "other k", .hash = "h2"}, &again), NOTIFY_NEW);
    struct got got = take("one", 16);
    assert_int_equal(got.n, 2);
    IS(settle(&got.task[0], "a", "delivered"), "delivered");
    IS(settle(&got.task[1], "a", "delivered"), "delivered");
    assert_int_equal(accept((struct given){.once = "svc k", .hash = "h1"}, &again), NOTIFY_SAME);
    nothing_is_left();
}

static void a_full_queue_takes_no_more(void **state)
{
    struct id id;

    (void)state;
    (void)accepted((struct given){.unfinished_max = 1});
    assert_int_equal(accept((struct given){.unfinished_max = 1}, &id), NOTIFY_FULL);
    struct notify_task t = take_one("one");
    assert_int_equal(accept((struct given){.unfinished_max = 1}, &id), NOTIFY_FULL);
    IS(settle(&t, "a", "delivered"), "delivered");
    (void)accepted((struct given){.unfinished_max = 1});
    t = take_one("one");
    IS(settle(&t, "a", "delivered"), "delivered");
    nothing_is_left();
}

static void end_all(struct got *got)
{
    for (size_t i = 0; i < got->n; i++)
        IS(settle(&got->task[i], "a", "delivered"), "delivered");
}

static void what_did_not_work_comes_again_when_it_is_due(void **state)
{
    (void)state;
    struct id id = accepted((struct given){.priority = NOTIFY_HIGH});
    struct notify_task t = take_one("one");

    IS(settle_as(&t, "dev", "later", true, HOUR_MS / 2), "queued");
    assert_int_equal(depth(NOTIFY_DEPTH_HIGH), 0);
    assert_int_equal(depth(NOTIFY_DEPTH_LATER), 1);
    assert_int_equal(take("one", 16).n, 0); /* not due */
    (void)redis_do(&server, "ZADD notify:{q}:later 1 %b", fmt("%s dev", id.text), (size_t)28);
    struct got got = take("one", 16);
    assert_int_equal(got.n, 1);
    IS(got.task[0].device.p, "dev");
    assert_int_equal(got.task[0].stream, NOTIFY_HIGH);
    assert_int_equal(got.states[0], 1);
    IS(got.state[0].state.p, "queued");
    assert_int_equal(got.state[0].attempts, 3);
    IS(got.state[0].error.p, "status 503");
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    nothing_is_left();
}

/* As if its time were over. */
static void make_late(const struct id *id)
{
    (void)redis_do(&server, "HSET notify:{q}:n:%s expires 1", id->text);
    (void)redis_do(&server, "ZADD notify:{q}:expiry 1 %s", id->text);
}

static void waiting_never_goes_beyond_the_end(void **state)
{
    (void)state;
    struct id id = accepted((struct given){.ttl_ms = HOUR_MS});
    struct notify_task t = take_one("one");

    IS(settle_as(&t, "dev", "later", true, 2 * HOUR_MS), "queued");
    const char *due = redis_text(&server, "ZSCORE notify:{q}:later %b", fmt("%s dev", id.text),
                                 (size_t)(ID_LEN + 4));
    assert_int_equal(strtoll(due, NULL, 10), t.expires_ms);
    make_late(&id);
    assert_int_equal(take("one", 16).n, 0);
    IS(status(&id), "expired");
    STATE_IS(&id, "dev", "expired 3 ");
    nothing_is_left();
}

static void one_that_nobody_took_in_time_expires(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});

    make_late(&id);
    assert_int_equal(take("one", 16).n, 0);
    IS(status(&id), "expired");
    nothing_is_left();
}

static void an_attempt_that_fails_too_late_expires(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("one");

    make_late(&id);
    assert_int_equal(take("two", 16).n, 0); /* somebody has it in hand: nothing is decided */
    IS(status(&id), "queued");
    IS(settle_as(&t, "dev", "later", true, 5), "expired");
    nothing_is_left();
}

static void a_lane_keeps_what_its_host_has_no_time_for(void **state)
{
    struct id id[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        id[i] = accepted((struct given){.priority = i == 3 ? NOTIFY_HIGH : NOTIFY_NORMAL});
    struct got got = take("one", 16);
    assert_int_equal(got.n, 4);
    for (size_t i = 0; i < 4; i++)
        IS(settle(&got.task[i], "dev", "lane"), "queued");
    assert_int_equal(depth(NOTIFY_DEPTH_LANES), 1);
    assert_int_equal(take("one", 16).n, 0);
    got = take_lane("two", "http://one.example:80", 3);
    assert_int_equal(got.n, 3);
    assert_int_equal(got.first, 1);
    IS(got.task[0].id.p, id[3].text); /* high before those that were there earlier */
    assert_int_equal(got.task[0].stream, NOTIFY_FLIGHT);
    IS(got.task[0].device.p, "dev");
    assert_int_equal(depth(NOTIFY_DEPTH_IN_HAND), 3);
    end_all(&(struct got){.n = 0});
    for (size_t i = 0; i < 3; i++)
        IS(settle(&got.task[i], "dev", "delivered"), "delivered");
    got = take_lane("two", "http://one.example:80", 3);
    assert_int_equal(got.n, 1);
    assert_int_equal(got.first, 0);
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    nothing_is_left();
}

static void what_expires_leaves_its_lane(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("one");

    IS(settle(&t, "dev", "lane"), "queued");
    make_late(&id);
    assert_int_equal(take("one", 16).n, 0);
    IS(status(&id), "expired");
    assert_int_equal(redis_do(&server, "EXISTS notify:{q}:lane:http://one.example:80"), 0);
    nothing_is_left();
}

static void a_dead_server_s_work_is_claimed_by_another(void **state)
{
    (void)state;
    struct id a = accepted((struct given){0});
    struct id b = accepted((struct given){0});
    struct got got = take("dead", 16);

    assert_int_equal(got.n, 2);
    assert_int_equal(claim("other", NOTIFY_NORMAL, HOUR_MS).n, 0); /* it may be alive */
    IS(settle_as(&got.task[1], "one", "delivered", false, 0), "queued");
    struct got claimed = claim("other", NOTIFY_NORMAL, 0);
    assert_int_equal(claimed.n, 2);
    IS(claimed.task[0].id.p, a.text);
    assert_int_equal(claimed.states[0], 0);
    IS(claimed.task[1].id.p, b.text);
    assert_int_equal(claimed.states[1], 1); /* what has been done already */
    IS(claimed.state[1].state.p, "delivered");
    IS(settle(&claimed.task[0], "one", "delivered"), "delivered");
    IS(settle(&claimed.task[1], "two", "delivered"), "delivered");
    IS(settle(&got.task[0], "one", "failed"), "delivered"); /* it was not dead after all */
    STATE_IS(&a, "one", "delivered 3 ");
    nothing_is_left();
}

static void what_came_out_of_a_lane_is_claimed_too(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("one");

    IS(settle(&t, "dev", "lane"), "queued");
    assert_int_equal(take_lane("dead", "http://one.example:80", 1).n, 1);
    struct got got = claim("other", NOTIFY_FLIGHT, 0);
    assert_int_equal(got.n, 1);
    IS(got.task[0].id.p, id.text);
    IS(got.task[0].device.p, "dev");
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    nothing_is_left();
}

static void keep_fresh(const char *me, const struct notify_task *t)
{
    struct redis_command c;

    notify_fresh(&c, str_of(me), t->stream, &t->entry, 1);
    reply_free(call(&c));
}

static void a_live_server_keeps_its_own(void **state)
{
    (void)state;
    (void)accepted((struct given){0});
    struct notify_task t = take_one("alive");
    int64_t began_ms = clock_mono_ms();

    WAIT_UNTIL(clock_mono_ms() - began_ms > 300);
    keep_fresh("alive", &t);
    if (claim("other", NOTIFY_NORMAL, 300).n != 0 && clock_mono_ms() - began_ms < 600)
        fail_at(HERE, "was claimed although it is fresh");
    IS(settle(&t, "dev", "delivered"), "delivered");
    keep_fresh("alive", &t); /* of what is done nothing comes back */
    assert_int_equal(claim("other", NOTIFY_NORMAL, 0).n, 0);
    nothing_is_left();
}

static void what_is_given_back_is_claimed_at_once(void **state)
{
    struct redis_command c;

    (void)state;
    (void)accepted((struct given){0});
    struct notify_task t = take_one("one");
    notify_give_back(&c, t.stream, &t.entry, 1);
    reply_free(call(&c));
    struct got got = claim("other", NOTIFY_NORMAL, HOUR_MS);
    assert_int_equal(got.n, 1);
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    notify_sweep(&c, STR("one"), HOUR_MS);
    struct redisReply *reply = call(&c);
    assert_true(reply_int(reply) >= 1); /* the name of who has gone */
    reply_free(reply);
    nothing_is_left();
}

static void a_newer_one_replaces_one_that_waits(void **state)
{
    (void)state;
    struct id old = accepted((struct given){.collapse = "c"});
    struct id other = accepted((struct given){.collapse = "c", .user = "bob"});
    struct id new = accepted((struct given){.collapse = "c"});

    IS(status(&old), "suppressed");
    IS(field(&old, "replaced"), new.text);
    struct got got = take("one", 16);
    assert_int_equal(got.n, 2);
    IS(got.task[0].id.p, other.text);
    IS(got.task[1].id.p, new.text);
    end_all(&got);
    nothing_is_left();
}

static void one_in_hand_is_replaced_when_it_has_not_worked(void **state)
{
    (void)state;
    struct id old = accepted((struct given){.collapse = "c"});
    struct notify_task t = take_one("one");
    struct id new = accepted((struct given){.collapse = "c"});

    IS(status(&old), "queued");
    IS(settle_as(&t, "dev", "later", true, 10), "suppressed");
    assert_int_equal(depth(NOTIFY_DEPTH_LATER), 0);
    t = take_one("one");
    IS(t.id.p, new.text);
    struct id newest = accepted((struct given){.collapse = "c"});
    IS(settle(&t, "dev", "delivered"), "delivered"); /* it was under way */
    t = take_one("one");
    IS(t.id.p, newest.text);
    IS(settle_as(&t, "dev", "later", true, HOUR_MS / 2), "queued");
    struct id last =
        accepted((struct given){.collapse = "c"}); /* one that waits to be tried again */
    IS(status(&newest), "suppressed");
    STATE_IS(&newest, "dev", "suppressed 3 ");
    t = take_one("one");
    IS(t.id.p, last.text);
    IS(settle(&t, "dev", "delivered"), "delivered");
    nothing_is_left();
}

static struct redisReply *dead_page(const char *before, int64_t limit)
{
    struct redis_command c;

    assert_int_equal(notify_dead_page(&c, str_of(before), limit), OK);
    return call(&c);
}

static const char *revive(const struct id *id)
{
    struct redis_command c;

    notify_revive(&c, str_of(id->text));
    struct redisReply *reply = call(&c);
    const char *word = fmt("%.*s", STR_ARG(reply_word(reply)));
    reply_free(reply);
    return word;
}

static void dead_letters_are_kept_and_tried_again(void **state)
{
    (void)state;
    (void)redis_do(&server, "DEL notify:{q}:dead"); /* those of the cases before */
    struct id id = accepted((struct given){.priority = NOTIFY_LOW});
    struct notify_task t = take_one("one");
    IS(settle_as(&t, "good", "delivered", false, 0), "queued");
    IS(settle(&t, "bad", "failed"), "partial");
    assert_non_null(strstr(field(&id, "text"), "a body")); /* still needed */
    struct redisReply *page = dead_page("", 10);
    assert_int_equal(notify_dead_count(page), 1);
    assert_false(notify_dead_more(page));
    assert_memory_equal(notify_dead_id(page, 0).p, id.text, ID_LEN);
    assert_true(str_eq(notify_field(notify_dead_fields(page, 0), "status"), STR("partial")));
    reply_free(page);

    IS(revive(&id), "ok");
    IS(status(&id), "queued");
    assert_int_equal(depth(NOTIFY_DEPTH_DEAD), 0);
    struct got got = take("one", 16);
    assert_int_equal(got.n, 1);
    IS(got.task[0].device.p, "bad"); /* and not the one that has it */
    assert_int_equal(got.state[0].attempts, 0);
    IS(settle(&got.task[0], "bad", "delivered"), "delivered");
    nothing_is_left();
    IS(revive(&id), "not_dead");
    IS(revive(&(struct id){"aaaaaaaaaaaaaaaaaaaaaaaa"}), "not_found");
}

/* One server thought that it had failed, another was only slow. */
static void a_dead_letter_that_has_arrived_is_none(void **state)
{
    (void)state;
    (void)redis_do(&server, "DEL notify:{q}:dead");
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("slow");
    struct got got = claim("other", NOTIFY_NORMAL, 0);
    assert_int_equal(got.n, 1);
    IS(settle(&got.task[0], "dev", "failed"), "failed");
    IS(settle(&t, "dev", "delivered"), "failed");
    IS(revive(&id), "not_dead");
    assert_int_equal(depth(NOTIFY_DEPTH_DEAD), 0);
    STATE_IS(&id, "dev", "delivered 3 ");
    nothing_is_left();
}

static void dead_letters_come_in_pages_and_not_without_end(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) {
        (void)accepted((struct given){0});
        struct notify_task t = take_one("one");
        IS(settle(&t, "bad", "failed"), "failed");
    }
    assert_int_equal(depth(NOTIFY_DEPTH_DEAD), 5); /* KEEP */
    const char *before = "";
    size_t seen = 0;
    for (bool more = true; more;) {
        struct redisReply *page = dead_page(before, 2);
        more = notify_dead_more(page);
        for (size_t i = 0; i < notify_dead_count(page); i++, seen++)
            before = fmt("%.*s-%.*s", STR_ARG(notify_field(notify_dead_fields(page, i), "ended")),
                         STR_ARG(notify_dead_id(page, i)));
        reply_free(page);
    }
    assert_int_equal(seen, 5);
    struct redis_command c;
    assert_int_equal(notify_dead_page(&c, STR("x"), 2), ERR_INVALID);
    assert_int_equal(notify_dead_page(&c, STR("1-x"), 2), ERR_INVALID);
    (void)redis_do(&server, "DEL notify:{q}:dead");
    nothing_is_left();
}

static void many_are_delivered_together(void **state)
{
    (void)state;
    struct id ids[4];
    ids[0] = accepted((struct given){0});
    ids[1] = accepted((struct given){.priority = NOTIFY_HIGH, .collapse = "a b"});
    ids[2] = accepted((struct given){.user = "bob", .collapse = "room"});
    struct got got = take("one", 16);
    assert_int_equal(got.n, 3);
    ids[3] = accepted((struct given){.user = "bob", .collapse = "room"});

    IS(deliver_together(got.task, got.n, "dev"), "");
    for (int i = 0; i < 3; i++) {
        IS(status(&ids[i]), "delivered");
        STATE_IS(&ids[i], "dev", "delivered 1 ");
        assert_int_equal(redis_do(&server, "HEXISTS notify:{q}:n:%s text", ids[i].text), 0);
        assert_in_range(redis_do(&server, "PTTL notify:{q}:n:%s", ids[i].text), 1, HOUR_MS);
    }
    assert_int_equal(depth(NOTIFY_DEPTH_IN_HAND), 0);
    assert_int_equal(depth(NOTIFY_DEPTH_UNFINISHED), 1);
    IS(redis_text(&server, "HGET notify:{q}:collapse %s", "bob room"), ids[3].text);
    struct notify_task last = take_one("one");
    IS(deliver_together(&last, 1, "dev"), "");
    nothing_is_left();
}

static void one_device_is_told_of_once(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("one");

    assert_int_equal(claim("other", NOTIFY_NORMAL, 0).n, 1);
    IS(deliver_together(&t, 1, "dev"), "");
    IS(settle(&t, "dev", "delivered"), "delivered"); /* the other one has done it, too */
    STATE_IS(&id, "dev", "delivered 1 ");
    IS(settle(&t, "late", "delivered"), "delivered");
    STATE_IS(&id, "late", "delivered 3 ");
    IS(status(&id), "delivered");
    nothing_is_left();
}

/* As after a Redis that came back without its last second: it does not know any more who has what. */
static void forget_what_is_in_hand(const struct got *got)
{
    for (size_t i = 0; i < got->n; i++)
        (void)redis_do(&server, "XACK notify:{q}:normal deliver %s", got->task[i].entry.p);
    (void)redis_do(&server, "XGROUP SETID notify:{q}:normal deliver 0");
}

static void what_redis_has_forgotten_is_not_given_out_again(void **state)
{
    (void)state;
    (void)redis_do(&server, "DEL notify:{q}:normal");
    struct id delivered = accepted((struct given){0});
    struct id later = accepted((struct given){0});
    struct id old = accepted((struct given){.collapse = "c"});
    struct got got = take("one", 16);
    assert_int_equal(got.n, 3);
    forget_what_is_in_hand(&got);
    struct id new = accepted((struct given){.collapse = "c"});
    IS(status(&old), "suppressed"); /* nobody has it, as far as Redis knows */

    IS(deliver_together(got.task, 1, "dev"), "");
    IS(settle_as(&got.task[1], "dev", "later", true, HOUR_MS / 2), "queued");
    IS(deliver_together(&got.task[2], 1, "dev"), "1");
    IS(settle(&got.task[2], "dev", "delivered"), "suppressed");
    struct notify_task last = take_one("one");
    IS(last.id.p, new.text);
    IS(settle(&last, "dev", "delivered"), "delivered");
    STATE_IS(&delivered, "dev", "delivered 1 ");
    STATE_IS(&old, "dev", "delivered 3 ");
    make_late(&later);
    assert_int_equal(take("one", 16).n, 0);
    IS(status(&later), "expired");
    (void)redis_do(&server, "DEL notify:{q}:normal");
    nothing_is_left();
}

static void what_is_not_so_simple_is_not_delivered_together(void **state)
{
    (void)state;
    struct id ended = accepted((struct given){0});
    struct id waits = accepted((struct given){0});
    struct id simple = accepted((struct given){0});
    struct got got = take("one", 16);
    assert_int_equal(got.n, 3);
    IS(settle(&got.task[0], "other", "failed"), "failed");
    IS(settle_as(&got.task[1], "other", "later", false, HOUR_MS), "queued");

    IS(deliver_together(got.task, got.n, "dev"), "1 2");
    IS(deliver_together(got.task, got.n, "dev"), "1 2 3");
    IS(status(&ended), "failed");
    assert_int_equal(redis_do(&server, "HEXISTS notify:{q}:n:%s d:dev", ended.text), 0);
    IS(status(&waits), "queued");
    assert_int_equal(redis_do(&server, "HEXISTS notify:{q}:n:%s d:dev", waits.text), 0);
    IS(status(&simple), "delivered");
    assert_int_equal(depth(NOTIFY_DEPTH_IN_HAND), 1);
    IS(settle(&got.task[1], "dev", "delivered"), "queued");
    (void)redis_do(&server, "FLUSHALL");
}

static void a_redis_that_is_full_gives_out_what_it_has(void **state)
{
    (void)state;
    struct id late = accepted((struct given){0});
    struct id id = accepted((struct given){0});
    do_what_is_due(); /* it has made room before for what it needs itself */
    make_late(&late);

    (void)redis_do(&server, "CONFIG SET maxmemory 1");
    struct notify_task t = take_one("one");
    IS(t.id.p, id.text);
    IS(settle_as(&t, "good", "delivered", false, 0), "queued");
    IS(settle(&t, "bad", "gone"), "delivered");
    (void)redis_do(&server, "CONFIG SET maxmemory 0");
    IS(status(&late), "expired");
    IS(status(&id), "delivered");
    nothing_is_left();
}

static void what_is_late_ends_in_a_redis_that_is_full(void **state)
{
    struct redis_command c;
    struct notify_task task;
    str taken[2];

    (void)state;
    struct id late = accepted((struct given){0});
    struct id id = accepted((struct given){0});
    do_what_is_due();
    notify_take(&c, STR("one"), NOTIFY_NORMAL, 16);
    struct redisReply *reply = call(&c);
    assert_int_equal(notify_taken_count(reply), 2);
    for (size_t i = 0; i < 2; i++) {
        assert_true(notify_taken_at(reply, i, NOTIFY_NORMAL, &task));
        taken[i] = kept(task.entry);
    }
    reply_free(reply);
    make_late(&late);
    (void)redis_do(&server, "CONFIG SET maxmemory 1");
    notify_look(&c, NOTIFY_NORMAL, taken, 2, &KEEP);
    struct got got = read_tasks(&c);
    (void)redis_do(&server, "CONFIG SET maxmemory 0");
    assert_int_equal(got.n, 1);
    IS(got.task[0].id.p, id.text);
    IS(status(&late), "expired");
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    nothing_is_left();
}

static void what_was_delivered_is_told_to_a_redis_that_is_full(void **state)
{
    (void)state;
    struct id id = accepted((struct given){.collapse = "c"});
    struct notify_task t = take_one("one");

    (void)redis_do(&server, "CONFIG SET maxmemory 1");
    IS(deliver_together(&t, 1, "dev"), "");
    (void)redis_do(&server, "CONFIG SET maxmemory 0");
    IS(status(&id), "delivered");
    assert_true(redis_do(&server, "PTTL notify:{q}:n:%s", id.text) > 0);
    nothing_is_left();
}

static void two_to_be_collapsed_are_delivered_in_either_order(void **state)
{
    (void)state;
    (void)accepted((struct given){.collapse = "c"});
    struct notify_task older = take_one("one");
    (void)accepted((struct given){.collapse = "c"});
    struct notify_task newer = take_one("one");
    const struct notify_task both[] = {newer, older};

    IS(deliver_together(both, 2, "dev"), "");
    nothing_is_left();
}

static int64_t entries(void)
{
    return redis_do(&server, "XLEN notify:{q}:normal");
}

/* What others say must not pile up in memory behind an entry that somebody has in hand for long. */
static void nothing_piles_up_behind_one_that_takes_long(void **state)
{
    (void)state;
    (void)accepted((struct given){.user = "slow"});
    struct notify_task slow = take_one("one");
    (void)accepted((struct given){0});
    struct notify_task soon = take_one("one");
    IS(settle(&soon, "dev", "delivered"), "delivered");
    assert_int_equal(entries(), 2);
    (void)redis_do(&server, "XCLAIM notify:{q}:normal deliver one 0 %s IDLE 2000 JUSTID",
                   slow.entry.p);
    for (int i = 0; i < 3; i++) {
        (void)accepted((struct given){0});
        struct notify_task t = take_one("one");
        if (i > 0)
            IS(deliver_together(&t, 1, "dev"), "");
        else
            IS(settle(&t, "dev", "delivered"), "delivered");
        assert_int_equal(entries(), 2);
    }
    assert_int_equal(depth(NOTIFY_DEPTH_NORMAL), 0);
    IS(settle(&slow, "dev", "delivered"), "delivered");
    nothing_is_left();
}

/* However long it has waited before. */
static void what_is_settled_soon_is_dropped_with_the_others(void **state)
{
    (void)state;
    (void)accepted((struct given){0});
    (void)accepted((struct given){0});
    int64_t began_ms = clock_mono_ms();
    WAIT_UNTIL(clock_mono_ms() - began_ms > 1100);
    struct got got = take("one", 16);
    assert_int_equal(got.n, 2);
    IS(deliver_together(&got.task[1], 1, "dev"), "");
    assert_int_equal(entries(), 2);
    IS(deliver_together(&got.task[0], 1, "dev"), "");
    assert_int_equal(take("one", 16).n, 0);
    assert_int_equal(entries(), 0);
    nothing_is_left();
}

static void settling_twice_is_as_settling_once(void **state)
{
    (void)state;
    struct id id = accepted((struct given){0});
    struct notify_task t = take_one("one");

    IS(settle_as(&t, "dev", "later", true, 10), "queued");
    IS(settle_as(&t, "dev", "later", true, 10), "queued");
    IS(field(&id, "open"), "1");
    struct got got;
    WAIT_UNTIL((got = take("one", 16)).n == 1);
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    IS(settle(&got.task[0], "dev", "delivered"), "delivered");
    IS(settle(&got.task[0], "dev", "later"), "delivered");
    nothing_is_left();
}

static void a_redis_that_came_back_empty_works(void **state)
{
    (void)state;
    (void)accepted((struct given){0});
    struct notify_task t = take_one("one");
    (void)redis_do(&server, "FLUSHALL");
    IS(settle(&t, "dev", "delivered"), "unknown");
    assert_int_equal(take("one", 16).n, 0);
    assert_int_equal(claim("one", NOTIFY_FLIGHT, 0).n, 0);
    (void)accepted((struct given){0});
    t = take_one("one");
    IS(settle(&t, "dev", "delivered"), "delivered");
    nothing_is_left();
}

static int setup(void **state)
{
    struct redis_url url;
    const char *why;

    (void)state;
    temp_dir_make(&dir);
    redis_server_start(&server, &dir, false);
    if (redis_url_parse(str_of(server.url), &url, &why) != OK)
        fail_at(HERE, "%s", why);
    redis_pool_open(&url, &(struct redis_pool_options){2, 5000});
    return 0;
}

static void it_ends(void **state)
{
    (void)state;
    redis_pool_close();
    redis_server_stop(&server);
    temp_dir_remove(&dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_accepted_is_taken_once_and_ends),
        cmocka_unit_test(what_is_done_with_is_dropped),
        cmocka_unit_test(nobody_to_send_to_is_suppressed),
        cmocka_unit_test(what_a_message_has_led_to_says_so),
        cmocka_unit_test(the_status_follows_from_the_devices),
        cmocka_unit_test(a_key_makes_a_repeat_harmless),
        cmocka_unit_test(a_full_queue_takes_no_more),
        cmocka_unit_test(what_did_not_work_comes_again_when_it_is_due),
        cmocka_unit_test(waiting_never_goes_beyond_the_end),
        cmocka_unit_test(one_that_nobody_took_in_time_expires),
        cmocka_unit_test(an_attempt_that_fails_too_late_expires),
        cmocka_unit_test(a_lane_keeps_what_its_host_has_no_time_for),
        cmocka_unit_test(what_expires_leaves_its_lane),
        cmocka_unit_test(a_dead_server_s_work_is_claimed_by_another),
        cmocka_unit_test(what_came_out_of_a_lane_is_claimed_too),
        cmocka_unit_test(a_live_server_keeps_its_own),
        cmocka_unit_test(what_is_given_back_is_claimed_at_once),
        cmocka_unit_test(a_newer_one_replaces_one_that_waits),
        cmocka_unit_test(one_in_hand_is_replaced_when_it_has_not_worked),
        cmocka_unit_test(dead_letters_are_kept_and_tried_again),
        cmocka_unit_test(a_dead_letter_that_has_arrived_is_none),
        cmocka_unit_test(dead_letters_come_in_pages_and_not_without_end),
        cmocka_unit_test(many_are_delivered_together),
        cmocka_unit_test(one_device_is_told_of_once),
        cmocka_unit_test(what_redis_has_forgotten_is_not_given_out_again),
        cmocka_unit_test(what_is_not_so_simple_is_not_delivered_together),
        cmocka_unit_test(a_redis_that_is_full_gives_out_what_it_has),
        cmocka_unit_test(what_is_late_ends_in_a_redis_that_is_full),
        cmocka_unit_test(what_was_delivered_is_told_to_a_redis_that_is_full),
        cmocka_unit_test(two_to_be_collapsed_are_delivered_in_either_order),
        cmocka_unit_test(nothing_piles_up_behind_one_that_takes_long),
        cmocka_unit_test(what_is_settled_soon_is_dropped_with_the_others),
        cmocka_unit_test(settling_twice_is_as_settling_once),
        cmocka_unit_test(a_redis_that_came_back_empty_works),
        cmocka_unit_test(it_ends),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
