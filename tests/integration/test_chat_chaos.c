/* What holds whatever is killed: a crowd talks in rooms and in pairs over two chat-servers of two
 * workers, while these, the api-server and Redis are killed, stopped and cut off at random; then
 * the checker goes over everything they sent, saw and can read.
 *
 * $CHATAPP_CHAOS_SECONDS says for how long (scripts/test chaos: ten minutes). $CHATAPP_TEST_SEED
 * repeats the faults of a run, as far as the machine's timing allows. */
#include "story.h"

#include "chaos.h"
#include "checker.h"
#include "swarm.h"

#define USERS 24
#define SERVERS 2
#define SECONDS_DEFAULT 25
#define SECONDS_LONG 120 /* from then on people are stopped for as long as may be asked for */
#define STOP_MS 1500
#define STOP_LONG_MS 5000
#define TINY_ROOMS 6
#define PAUSE_MS 800
#define MEET_MS 900
#define ACKED_USUALLY 1500 /* at least */
#define LULL_MS 1000
#define CALM_MS 3000
#define ROUND_MS 30000

static struct redis_proxy proxies[SERVERS + 1]; /* the last is the api-server's */
static unsigned seed;
static struct chaos *under_way; /* for telling what was done when the test fails half-way */

/* --- the whole ----------------------------------------------------------------------------------- */

static int seconds(void)
{
    const char *given = getenv("CHATAPP_CHAOS_SECONDS");

    return given ? atoi(given) : SECONDS_DEFAULT;
}

static void make_conversations(struct swarm *swarm)
{
    swarm_add_room(swarm, 0, 1, 16, 8); /* a busy one */
    swarm_add_room(swarm, 3, 5, 8, 5);
    swarm_add_room(swarm, 7, 7, 8, 5);
    swarm_add_room(swarm, 11, 3, 6, 0);
    for (int i = 0; i < TINY_ROOMS; i++) /* often nobody else of it is on the same server */
        swarm_add_room(swarm, 4 + i, 11, 2, 1);
    for (int i = 0; i < USERS; i += 2)
        swarm_add_direct(swarm, i, (i + 7) % USERS);
}

static void run(struct swarm *swarm, struct chaos *chaos, int ms, bool faults)
{
    int64_t until = clock_mono_ms() + ms;

    while (clock_mono_ms() < until) {
        chaos_act(chaos, faults);
        swarm_turn(swarm, true);
    }
}

/* Until then, and at least until each kind of fault has come. */
static void run_chaos(struct swarm *swarm, struct chaos *chaos, int64_t until_ms)
{
    int64_t deadline = until_ms + 3 * PATIENCE_MS;

    while (clock_mono_ms() < until_ms ||
           (!chaos_has_tried_all(chaos) && clock_mono_ms() < deadline)) {
        run(swarm, chaos, MEET_MS, true);
        swarm_meet(swarm);
    }
}

/* The last bells are missed; what happens in the calm after that, no later fault helps to hear of. */
static void end_chaos(struct stack *s, struct swarm *swarm, struct chaos *chaos)
{
    int64_t deadline = clock_mono_ms() + 3 * PATIENCE_MS;

    while (!chaos_is_over(chaos)) {
        run(swarm, chaos, LULL_MS, false);
        if (clock_mono_ms() > deadline)
            fail_at(HERE, "not everything is up again, or a worker lives without its parent");
    }
    daemon_wait_ready(&s->api);
    for (int i = 0; i < s->n_chat; i++) {
        daemon_wait_ready(&s->chat[i]);
        redis_proxy_cut_soon(&proxies[i], REDIS_PROXY_SUBSCRIBERS);
    }
    run(swarm, chaos, CALM_MS, false);
    swarm_settle(swarm);
}

/* After each, all must hear of all again, also those whom the chaos has left connected. */
static void run_rounds(struct stack *s, struct swarm *swarm, struct chaos *chaos)
{
    int64_t until = clock_mono_ms() + seconds() * 1000;

    do {
        int64_t round_ends = clock_mono_ms() + ROUND_MS;
        run_chaos(swarm, chaos, round_ends < until ? round_ends : until);
        end_chaos(s, swarm, chaos);
        swarm_say_goodbye(swarm);
    } while (clock_mono_ms() < until);
}

static void report(const struct checker *checker, const struct swarm *swarm,
                   const struct chaos *chaos)
{
    struct checker_counts c = checker_counts(checker);
    struct swarm_counts n = swarm_counts(swarm);

    print_message("%zu faults; %zu sent, %zu acked, %zu without an answer, %zu sent again, %zu ids "
                  "used again; %zu seen, %zu read back\n",
                  chaos_count(chaos), c.sent, c.acked, c.unknown, n.resends, n.reuses, c.seen,
                  c.read);
    print_message("%zu connects, %zu syncs (%zu before ready; %zu conversations recovered, %zu "
                  "not), %zu pages, %zu lists, %zu errors\n",
                  n.connects, n.syncs, n.syncs_in_order, c.recovered, c.not_recovered, n.pages,
                  n.lists, n.errors);
    print_message("%zu changes of members, %zu refusals, %zu receipts, %zu views, %zu typing\n",
                  c.changes, n.refusals, c.receipts, c.views, c.typing);
}

/* A run in which nothing happened would prove nothing. (On a very slow machine less does.) */
static void enough_has_happened(const struct checker *checker, const struct swarm *swarm)
{
    struct checker_counts c = checker_counts(checker);
    struct swarm_counts n = swarm_counts(swarm);

    assert_true(c.acked > 100 && c.seen > c.acked && n.connects > USERS && n.resends > 0);
    if (c.acked < ACKED_USUALLY)
        return;
    assert_true(n.reuses > 0 && n.syncs_in_order > 0 && n.pages > 0 && n.lists > 0);
    assert_true(c.recovered > 0 && c.not_recovered > 0 && c.changes > 0 && n.refusals > 0);
    assert_true(c.receipts > 0 && c.views > 0 && c.typing > 0);
}

static void judge(struct checker *checker)
{
    struct buf findings = {0};
    size_t n = checker_judge(checker, &findings);
    str rest = buf_view(&findings);
    str line;

    while (str_split(&rest, '\n', &line)) /* a message of cmocka's is 1 KiB at most */
        print_error("%.*s\n", STR_ARG(line));
    buf_fini(&findings);
    if (n > 0)
        fail_at(HERE, "%zu findings, seed %u", n, seed);
}

/* Otherwise the silence above would prove nothing. */
static void a_planted_loss_is_found(struct checker *checker)
{
    struct buf findings = {0};

    assert_true(checker_plant_loss(checker));
    assert_true(checker_judge(checker, &findings) > 0);
    assert_non_null(strstr(buf_cstr(&findings), "was acked as seq"));
    buf_fini(&findings);
}

static void whatever_is_killed_every_promise_is_kept(void **state)
{
    struct stack *s = *state;
    struct checker *checker = checker_new();
    struct swarm *swarm = swarm_new(s, checker, USERS);
    struct chaos *chaos = chaos_new(
        s, proxies, checker,
        (struct chaos_options){.seed = seed,
                               .pause_ms = PAUSE_MS,
                               .stop_ms = seconds() >= SECONDS_LONG ? STOP_LONG_MS : STOP_MS});

    under_way = chaos;
    make_conversations(swarm);
    run(swarm, chaos, LULL_MS, false);
    run_rounds(s, swarm, chaos);
    swarm_read_back(swarm);
    chaos_read_logs(chaos);
    report(checker, swarm, chaos);
    judge(checker);
    enough_has_happened(checker, swarm);
    under_way = NULL;
    a_planted_loss_is_found(checker);
    chaos_free(chaos);
    swarm_free(swarm);
    checker_free(checker);
}

static int tell_what_was_done(void **state)
{
    (void)state;
    if (under_way != NULL)
        chaos_print(under_way);
    return 0;
}

/* --- the daemons ------------------------------------------------------------------------------- */

static void seed_chance(void)
{
    const char *given = getenv("CHATAPP_TEST_SEED");

    seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_wall_ms();
    srand(seed);
    print_message("CHATAPP_TEST_SEED=%u\n", seed);
}

/* With a proxy of its own between it and Redis. */
static void start_behind_proxy(struct stack *s, struct daemon *d, struct redis_proxy *proxy,
                               const char *program, const char *name, const char *const *flags)
{
    redis_proxy_start(proxy, &s->redis);
    daemon_init(d, program, name, &s->dir, proxy->url, flags);
    daemon_launch(d);
}

static int setup(void **state)
{
    static const char *const API[] = {"--log-level=info", "--access-token-s=86400", NULL};
    static const char *const CHAT[SERVERS][8] = {
        {"--log-level=info", "--workers=2", "--redis-timeout-ms=1000", "--queue-max-kib=64", NULL},
        {"--log-level=info", "--workers=2", "--ping-interval-s=2", NULL}};

    seed_chance();
    struct stack *s = stack_start((struct stack_options){0});
    (void)daemon_terminate(&s->api);
    daemon_fini(&s->api);
    redis_server_sync_always(&s->redis);
    start_behind_proxy(s, &s->api, &proxies[SERVERS], "api-server", "api-server", API);
    for (; s->n_chat < SERVERS; s->n_chat++)
        start_behind_proxy(s, &s->chat[s->n_chat], &proxies[s->n_chat], "chat-server",
                           fmt("chat-server-%d", s->n_chat), CHAT[s->n_chat]);
    daemon_wait_ready(&s->api);
    for (int i = 0; i < SERVERS; i++)
        daemon_wait_ready(&s->chat[i]);
    *state = s;
    return 0;
}

/* The last one, as the proxies have to be there while the daemons end. */
static void the_proxies_end_too(void **state)
{
    (void)state;
    for (int i = 0; i <= SERVERS; i++)
        redis_proxy_stop(&proxies[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(whatever_is_killed_every_promise_is_kept, tell_what_was_done),
        CASE(the_daemons_end_well),
        CASE(the_proxies_end_too),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
