/* Delivering notifications. Fills the queue while the notification-server stands still, lets it go on, and waits until
 * every one has been delivered; or (--pace) puts notifications in one after the other, to see how long each takes, and
 * whether others that never end make a difference; or (--waiting) only looks what the server needs when many wait. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/username.h"
#include "figures.h"
#include "meter.h"
#include "options.h"
#include "process.h"
#include "redis/redis_pool.h"
#include "store/account.h"
#include "store/device.h"
#include "store/notification.h"

#define CHUNK 64
#define US_PER_S 1e6
#define MS_PER_S 1000
#define NS_PER_MS 1000000
#define TTL_MS 600000
#define SETTLE_MS 3000
#define SECRET "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static struct {
    const char *redis, *ports, *hangs, *server, *redis_pids;
    long count, pace, waiting, limit;
} options = {.count = 20000, .limit = 120};

static const struct notify_keep KEEP = {TTL_MS, TTL_MS, 0};

struct receiver {
    char user[USERNAME_MAX + 1];
    struct id device;
};

struct run {
    struct receiver receivers[ADDRESSES_MAX + 1]; /* the last one hangs, if there is one */
    size_t n;
    struct id *ids;
};

/* ---- Redis ---- */

static void open_redis(void)
{
    struct buf url_text = {0};
    struct redis_url url;
    const char *why;

    buf_printf(&url_text, "unix://%s", options.redis);
    if (redis_url_parse(buf_view(&url_text), &url, &why) != OK)
        die("--redis: %s", why);
    redis_pool_open(&url, &(struct redis_pool_options){1, 10000});
    buf_fini(&url_text);
}

static struct redisReply *call(const struct redis_command *c)
{
    struct redisReply *reply;

    if (redis_call(c, &reply) != OK)
        die("Redis: %s failed", c->name);
    return reply;
}

static int64_t depth(enum notify_depth which)
{
    struct redis_command c;

    notify_depths(&c);
    struct redisReply *reply = call(&c);
    int64_t n = reply_int(reply_at(reply, which));
    reply_free(reply);
    return n;
}

/* ---- who gets them ---- */

static void add_device(struct receiver *r, str port)
{
    struct redis_command c;
    struct buf url = {0};
    struct buf record = {0};

    buf_printf(&url, "http://127.0.0.1:%.*s/hook", STR_ARG(port));
    r->device = device_id(STR("webhook"), str_of(r->user), buf_view(&url));
    const struct device device = {
        .channel = STR("webhook"),
        .n = 2,
        .fields = {{STR("url"), buf_view(&url)}, {STR("secret"), STR(SECRET)}}};
    device_write(&device, &record);
    device_put(&c, str_of(r->user), str_of(r->device.text), buf_view(&record), 0);
    reply_free(call(&c));
    device_claim(&c, str_of(r->user), str_of(r->device.text));
    reply_free(call(&c));
    buf_fini(&url);
    buf_fini(&record);
}

static void add_receiver(struct run *run, str port)
{
    struct receiver *r = &run->receivers[run->n++];
    struct redis_command c;
    const struct new_session session = {
        .id = STR("s"), .family = STR("f"), .current = STR("c"), .ttl_ms = TTL_MS};

    (void)snprintf(r->user, sizeof r->user, "bench-%.16s", id_new().text);
    account_create(&c, str_of(r->user), STR("x"), STR(""), &session, clock_wall_ms());
    reply_free(call(&c));
    add_device(r, port);
}

static void add_receivers(struct run *run)
{
    str rest = str_of(options.ports);
    str port;

    while (run->n < ADDRESSES_MAX && str_split(&rest, ',', &port))
        add_receiver(run, port);
    if (run->n == 0)
        die("--ports: at least one");
}

/* ---- notifications ---- */

static void fill_command(struct redis_command *c, const struct receiver *r, const struct id *id)
{
    const struct new_notification n = {
        .id = str_of(id->text),
        .user = str_of(r->user),
        .title = STR("a title"),
        .body = STR("a body of some length, as people write them"),
        .event = STR(""),
        .data = STR(""),
        .collapse = STR(""),
        .ttl_ms = TTL_MS,
        .once = STR(""),
        .once_hash = STR(""),
    };

    notify_accept(c, &n, 0, &KEEP);
}

/* Puts `n` in, for the first `of` receivers in turn. */
static void fill(struct run *run, size_t first, size_t of, long n)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    struct redisReply *replies[CHUNK];

    for (long from = 0; from < n; from += CHUNK) {
        size_t now = n - from < CHUNK ? (size_t)(n - from) : CHUNK;
        for (size_t i = 0; i < now; i++) {
            struct id *id = &run->ids[(size_t)from + i];
            *id = id_new();
            fill_command(&commands[i], &run->receivers[first + ((size_t)from + i) % of], id);
        }
        if (redis_pipeline(commands, now, replies) != OK)
            die("Redis: notify_accept failed");
        for (size_t i = 0; i < now; i++)
            reply_free(replies[i]);
    }
    free(commands);
}

static void rest_ms(long ms)
{
    const struct timespec time = {ms / MS_PER_S, ms % MS_PER_S * NS_PER_MS};

    (void)nanosleep(&time, NULL);
}

static void signal_server(int number)
{
    if (kill((pid_t)strtol(options.server, NULL, 10), number) != 0)
        die("--server: no such process");
}

static void wait_until_all_ended(void)
{
    while (depth(NOTIFY_DEPTH_UNFINISHED) > 0)
        rest_ms(5);
}

/* Milliseconds from accepting to settling, by Redis' clock. */
static void check_and_time(const struct run *run, long n, struct histogram *took)
{
    struct redis_command c;
    struct notify_state state;

    for (long i = 0; i < n; i++) {
        notify_read(&c, str_of(run->ids[i].text));
        struct redisReply *fields = call(&c);
        if (!str_eq(notify_status(fields), STR("delivered")))
            die("one is %.*s", STR_ARG(notify_status(fields)));
        int64_t created_ms = 0;
        (void)str_to_i64(notify_field(fields, "created"), &created_ms);
        for (size_t k = 0; k < reply_count(fields) / 2; k++)
            if (notify_field_state(fields, k, &state))
                histogram_add(took, (state.time_ms - created_ms) * MS_PER_S);
        reply_free(fields);
    }
}

static void deliver_all(struct run *run)
{
    static struct histogram took;
    struct meter meter = {.server_pids = options.server, .redis_pids = options.redis_pids};

    signal_server(SIGSTOP);
    fill(run, 0, run->n, options.count);
    meter_start(&meter);
    int64_t began_us = clock_mono_us();
    signal_server(SIGCONT);
    wait_until_all_ended();
    double seconds = (double)(clock_mono_us() - began_us) / US_PER_S;
    (void)meter_stop(&meter, "delivery", (double)options.count);
    figure("deliveries_per_s", (double)options.count / seconds);
    check_and_time(run, options.count, &took);
}

/* ---- one after the other ---- */

static void pace(struct run *run, long n, struct histogram *took)
{
    int64_t began_us = clock_mono_us();
    struct redis_command c;

    for (long i = 0; i < n; i++) {
        while (clock_mono_us() - began_us < i * (int64_t)US_PER_S / options.pace)
            rest_ms(1);
        run->ids[i] = id_new();
        fill_command(&c, &run->receivers[(size_t)i % run->n], &run->ids[i]);
        reply_free(call(&c));
    }
    rest_ms(SETTLE_MS);
    check_and_time(run, n, took);
}

/* The same twice: alone, and beside as many again that go to a host which never answers. */
static void pace_beside_one_that_hangs(struct run *run)
{
    static struct histogram alone;
    static struct histogram beside;

    pace(run, options.count, &alone);
    figure_latency("alone", &alone);
    if (options.hangs == NULL)
        return;
    size_t n = run->n;
    add_receiver(run, str_of(options.hangs));
    run->n = n;
    fill(run, n, 1, options.count);
    pace(run, options.count, &beside);
    figure_latency("beside_hanging", &beside);
}

/* ---- many wait ---- */

static void look_at_memory(struct run *run)
{
    double before = process_memory(options.server).anonymous_kib;

    fill(run, 0, 1, options.waiting); /* the only receiver hangs */
    while (depth(NOTIFY_DEPTH_NORMAL) > 0)
        rest_ms(100);
    figure("waiting_notifications", (double)depth(NOTIFY_DEPTH_UNFINISHED));
    figure("memory_before_mib", before / 1024);
    figure("memory_waiting_mib", process_memory(options.server).anonymous_kib / 1024);
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--redis", NULL, &options.redis, "its Unix socket"},
        {"--server", NULL, &options.server, "process id of the notification-server"},
        {"--redis-pids", NULL, &options.redis_pids, "of Redis"},
        {"--ports", NULL, &options.ports, "of the receivers, with commas"},
        {"--hangs", NULL, &options.hangs, "port of one that never answers"},
        {"--count", &options.count, NULL, "notifications"},
        {"--pace", &options.pace, NULL, "of them a second; 0: all at once"},
        {"--waiting", &options.waiting, NULL, "notifications that wait, and nothing else"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run run = {0};

    options_read(argc, argv, rows);
    if (options.redis == NULL || options.server == NULL || options.ports == NULL)
        die("--redis, --server and --ports are needed");
    (void)alarm((unsigned)options.limit);
    run.ids =
        mem_array(NULL, (size_t)(options.count > options.waiting ? options.count : options.waiting),
                  sizeof *run.ids);
    open_redis();
    add_receivers(&run);
    if (options.waiting > 0)
        look_at_memory(&run);
    else if (options.pace > 0)
        pace_beside_one_that_hangs(&run);
    else
        deliver_all(&run);
    redis_pool_close();
    free(run.ids);
    return EXIT_SUCCESS;
}
