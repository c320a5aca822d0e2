/* What one that is slow, dead or malicious does to the others: nothing. And what happens when a server goes, or Redis. */
#include "story.h"

#include "notifier.h"

struct scene {
    struct stack *stack;
    struct notifier n;
    struct receiver good;
    struct receiver bad;
    struct user ann; /* has the good one */
    struct user bob; /* has the bad one */
};

static bool all_delivered(struct scene *s, size_t n)
{
    return receiver_delivered(&s->good) >= n;
}

/* --- hosts and hosts ------------------------------------------------------------------------- */

static void one_that_hangs_holds_up_nobody(void **state)
{
    struct scene *s = *state;
    size_t before = receiver_delivered(&s->good);

    receiver_hang(&s->bad);
    for (int i = 0; i < 200; i++)
        (void)notify(&s->n, "{'user':'%s','body':'never'}", s->bob.name);
    WAIT_UNTIL(receiver_requests(&s->bad) > 0);
    for (int i = 0; i < 100; i++)
        (void)notify(&s->n, "{'user':'%s','body':'%d'}", s->ann.name, i);
    WAIT_UNTIL(all_delivered(s, before + 100));
    /* It got few of its 200 meanwhile, and they do not stay in the process. */
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_in_hand") < 50);
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_breakers_open") == 1);
    receiver_answer(&s->bad, 204, "");
    WAIT_UNTIL(receiver_delivered(&s->bad) == 200);
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_breakers_open") == 0);
}

/* All at once: more than its gate lets through, and more than may wait in the process. */
static void a_flood_for_one_host_gets_through_its_gate(void **state)
{
    struct scene *s = *state;
    size_t before = receiver_delivered(&s->good);

    receiver_hang(&s->good);
    for (int i = 0; i < 300; i++)
        (void)notify(&s->n, "{'user':'%s','body':'%d'}", s->ann.name, i);
    receiver_answer(&s->good, 204, "");
    WAIT_UNTIL(all_delivered(s, before + 300));
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_queue{where=\"unfinished\"}") == 0);
    assert_int_equal(redis_do(&s->stack->redis, "SCARD notify:{q}:lanes"), 0);
}

/* --- addresses ------------------------------------------------------------------------------- */

static void add_webhook(struct user *u, const char *url)
{
    (void)user_expect(u, 201, "POST", "/api/devices",
                      fmt("{\"channel\":\"webhook\",\"url\":\"%s\"}", url));
}

/* A name that no resolver even asks for fails at once. What the resolver has watched for it is gone by then, so that
 * its number may be anybody's: a connection to Redis, to another host, the next resolver's. */
static void a_name_that_does_not_resolve_harms_nobody(void **state)
{
    struct scene *s = *state;
    struct user cid = user_new(s->stack, "cid");
    size_t before = receiver_delivered(&s->good);

    add_webhook(&cid, "http://"
                      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                      ".example/hook");
    for (int i = 0; i < 5; i++) {
        (void)redis_do(&s->stack->redis, "CLIENT KILL TYPE normal SKIPME yes");
        (void)notify(&s->n, "{'user':'%s','body':'nowhere'}", cid.name);
        (void)notify(&s->n, "{'user':'%s','body':'somewhere'}", s->ann.name);
        WAIT_UNTIL(all_delivered(s, before + (size_t)i + 1));
    }
    assert_true(daemon_metric(&s->n.daemon, "chatapp_notify_deliveries_total{channel=\"webhook\","
                                            "outcome=\"retry\"}") > 0);
}

static void private_addresses_are_never_reached(void **state)
{
    struct scene *s = *state;
    int port = s->good.port;
    const char *const urls[] = {
        fmt("http://127.0.0.1:%d/", port),
        fmt("http://127.1:%d/", port),
        fmt("http://2130706433:%d/", port),
        fmt("http://0x7f.1:%d/", port),
        fmt("http://0177.0.0.1:%d/", port),
        fmt("http://0.0.0.0:%d/", port),
        fmt("http://0:%d/", port),
        fmt("http://[::1]:%d/", port),
        fmt("http://[::ffff:127.0.0.1]:%d/", port),
        fmt("http://[::ffff:7f00:1]:%d/", port),
        fmt("http://localhost:%d/", port), /* a name that resolves to one */
        "http://169.254.169.254/latest/meta-data/",
    };
    struct notifier careful;

    notifier_stop(&s->n);
    notifier_start(&careful, s->stack, "careful",
                   (const char *[]){"--allow-private-urls=false", NULL});
    size_t before = receiver_requests(&s->good);
    size_t connections = receiver_connections(&s->good);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct user eve = user_new(s->stack, "eve");
        add_webhook(&eve, urls[i]); /* the api-server of this test allows it */
        const char *id = notify(&careful, "{'user':'%s','body':'x'}", eve.name);
        WAIT_UNTIL(!notification_is(&careful, id, "queued"));
        json_t *d = delivery(&careful, id);
        if (strcmp(TEXT_OF(d, "status"), "failed") != 0 || INT_OF(d, "attempts") != 1)
            fail_at(HERE, "%s: %s", urls[i], match_show(d));
    }
    assert_int_equal(receiver_requests(&s->good), before);
    assert_int_equal(receiver_connections(&s->good), connections);
    notifier_stop(&careful);
    notifier_start(&s->n, s->stack, "notifier", NULL);
}

/* --- servers come and go --------------------------------------------------------------------- */

static void what_a_killed_server_had_in_hand_is_done_by_another(void **state)
{
    struct scene *s = *state;
    struct notifier other;
    size_t before = receiver_delivered(&s->bad);

    receiver_hang(&s->bad);
    size_t asked = receiver_requests(&s->bad);
    const char *id = notify(&s->n, "{'user':'%s','body':'in hand'}", s->bob.name);
    WAIT_UNTIL(receiver_requests(&s->bad) > asked);
    daemon_kill9(&s->n.daemon);
    receiver_answer(&s->bad, 204, "");
    notifier_start(&other, s->stack, "other", NULL);
    WAIT_UNTIL(notification_is(&other, id, "delivered"));
    assert_int_equal(receiver_delivered(&s->bad), before + 1);
    notifier_stop(&other);
    notifier_stop(&s->n);
    notifier_start(&s->n, s->stack, "notifier", NULL);
}

/* It is not dead, only very slow: somebody else does its work, and nothing is done to it twice in the end. */
static void a_server_that_stands_still_is_taken_for_dead_and_comes_back(void **state)
{
    struct scene *s = *state;
    struct notifier other;

    receiver_hang(&s->bad);
    size_t asked = receiver_requests(&s->bad);
    const char *id = notify(&s->n, "{'user':'%s','body':'stands still'}", s->bob.name);
    WAIT_UNTIL(receiver_requests(&s->bad) > asked);
    process_signal(&s->n.daemon.process, 19);
    receiver_answer(&s->bad, 204, "");
    notifier_start(&other, s->stack, "second", NULL);
    WAIT_UNTIL(notification_is(&other, id, "delivered"));
    process_signal(&s->n.daemon.process, 18);
    const char *again = notify(&s->n, "{'user':'%s','body':'goes on'}", s->bob.name);
    WAIT_UNTIL(notification_is(&s->n, again, "delivered"));
    assert_true(notification_is(&s->n, id, "delivered"));
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_in_hand") == 0);
    notifier_stop(&other);
}

static void several_servers_share_the_work(void **state)
{
    static const char *const DELIVERED =
        "chatapp_notify_deliveries_total{channel=\"webhook\",outcome=\"delivered\"}";
    struct scene *s = *state;
    struct notifier other;
    size_t before = receiver_delivered(&s->good);

    notifier_start(&other, s->stack, "third", NULL);
    double mine = daemon_metric(&s->n.daemon, DELIVERED);
    double sum = 0;
    size_t posted = 0;
    bool both = false;
    while (!both && posted < 500) { /* who takes one in is the first to hear of it */
        (void)notify(posted % 2 ? &s->n : &other, "{'user':'%s','body':'shared'}", s->ann.name);
        posted++;
        WAIT_UNTIL(all_delivered(s, before + posted));
        WAIT_UNTIL((sum = daemon_metric(&s->n.daemon, DELIVERED) - mine +
                          daemon_metric(&other.daemon, DELIVERED)) == (double)posted);
        both = daemon_metric(&s->n.daemon, DELIVERED) > mine &&
               daemon_metric(&other.daemon, DELIVERED) > 0;
    }
    assert_true(both);
    notifier_stop(&other);
}

/* SIGTERM: what is under way may end, what is not is left to others, and the exit status is 0. */
static void a_server_that_ends_finishes_or_gives_back(void **state)
{
    struct scene *s = *state;
    struct notifier ending;

    notifier_stop(&s->n);
    notifier_start(&ending, s->stack, "ending",
                   (const char *[]){"--drain-s=1", "--delivery-timeout-ms=60000",
                                    "--claim-after-ms=600000", NULL});
    receiver_hang(&s->bad);
    size_t asked = receiver_requests(&s->bad);
    const char *ids[20];
    for (int i = 0; i < 20; i++)
        ids[i] = notify(&ending, "{'user':'%s','body':'%d'}", s->bob.name, i);
    WAIT_UNTIL(receiver_requests(&s->bad) > asked);
    assert_int_equal(daemon_terminate(&ending.daemon), 0);
    assert_true(daemon_log_has(&ending.daemon, "given back"));
    notifier_stop(&ending);
    receiver_answer(&s->bad, 204, "");
    /* It was silent for less than would make it dead: given back is what they were. */
    notifier_start(&s->n, s->stack, "notifier", (const char *[]){"--claim-after-ms=600000", NULL});
    for (int i = 0; i < 20; i++)
        WAIT_UNTIL(notification_is(&s->n, ids[i], "delivered"));
}

/* --- Redis ----------------------------------------------------------------------------------- */

static void without_redis_nothing_is_accepted_and_it_goes_on_by_itself(void **state)
{
    struct scene *s = *state;

    redis_server_kill9(&s->stack->redis);
    const struct http_answer *a =
        notifier_do(&s->n, "POST", "/notify", fmt("{'user':'%s','body':'x'}", s->ann.name));
    assert_int_equal(a->status, 503);
    EXPECT_JSON(a->json, "{'code':'unavailable'}");
    assert_non_null(http_header(a, "Retry-After"));
    assert_int_equal(notifier_do(&s->n, "GET", "/notify/aaaaaaaaaaaaaaaaaaaaaaaa", NULL)->status,
                     503);
    assert_int_equal(notifier_do(&s->n, "GET", "/notify/dead", NULL)->status, 503);
    WAIT_UNTIL(http_status_of(s->n.daemon.port, "/readyz") == 503);
    assert_int_equal(http_status_of(s->n.daemon.port, "/healthz"), 200);
    redis_server_restart(&s->stack->redis);
    daemon_wait_ready(&s->n.daemon);
    const char *id = notify(&s->n, "{'user':'%s','body':'again'}", s->ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
}

/* The provider has it, and Redis cannot be told: it is told when it is back. */
static void what_was_delivered_meanwhile_is_settled_when_redis_is_back(void **state)
{
    struct scene *s = *state;
    size_t asked = receiver_requests(&s->bad);
    size_t before = receiver_delivered(&s->bad);

    receiver_hold(&s->bad);
    const char *id = notify(&s->n, "{'user':'%s','body':'meanwhile'}", s->bob.name);
    WAIT_UNTIL(receiver_requests(&s->bad) > asked);
    redis_server_kill9(&s->stack->redis);
    receiver_answer(&s->bad, 204, "");
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_in_flight") == 0);
    redis_server_restart(&s->stack->redis);
    WAIT_UNTIL(daemon_metric(&s->n.daemon, "chatapp_notify_in_hand") == 0);
    daemon_wait_ready(&s->n.daemon);
    assert_true(notification_is(&s->n, id, "delivered"));
    EXPECT_JSON(delivery(&s->n, id), "{'attempts':1}");
    assert_int_equal(receiver_delivered(&s->bad), before + 1);
}

/* Last: accounts and devices are gone too. */
static void a_redis_that_comes_back_empty_is_put_to_use(void **state)
{
    struct scene *s = *state;

    redis_server_kill9(&s->stack->redis);
    redis_server_restart_empty(&s->stack->redis);
    daemon_wait_ready(&s->stack->api);
    daemon_wait_ready(&s->n.daemon);
    struct user new = user_new(s->stack, "new");
    (void)webhook_new(&new, &s->good, "/");
    const char *id = NULL;
    WAIT_UNTIL(http_status_of(s->n.daemon.port, "/readyz") == 200);
    id = notify(&s->n, "{'user':'%s','body':'fresh'}", new.name);
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
}

static int setup(void **state)
{
    static struct scene s;

    s.stack = stack_start((struct stack_options){.api_flags = {"--allow-private-urls"}});
    notifier_start(&s.n, s.stack, "notifier", NULL);
    receiver_start(&s.good);
    receiver_start(&s.bad);
    s.ann = user_new(s.stack, "ann");
    s.bob = user_new(s.stack, "bob");
    (void)webhook_new(&s.ann, &s.good, "/");
    (void)webhook_new(&s.bob, &s.bad, "/");
    *state = &s;
    return 0;
}

static void all_end_well(void **state)
{
    struct scene *s = *state;

    notifier_stop(&s->n);
    receiver_stop(&s->good);
    receiver_stop(&s->bad);
    stack_stop(s->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_that_hangs_holds_up_nobody),
        CASE(a_flood_for_one_host_gets_through_its_gate),
        CASE(a_name_that_does_not_resolve_harms_nobody),
        CASE(private_addresses_are_never_reached),
        CASE(what_a_killed_server_had_in_hand_is_done_by_another),
        CASE(a_server_that_stands_still_is_taken_for_dead_and_comes_back),
        CASE(several_servers_share_the_work),
        CASE(a_server_that_ends_finishes_or_gives_back),
        CASE(without_redis_nothing_is_accepted_and_it_goes_on_by_itself),
        CASE(what_was_delivered_meanwhile_is_settled_when_redis_is_back),
        CASE(a_redis_that_comes_back_empty_is_put_to_use),
        CASE(all_end_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
