/* What was accepted is never lost: while providers fail in every way, notification-servers are killed and Redis is
 * restarted, each accepted notification ends delivered, failed (a dead letter) or expired, and one that arrives twice has
 * the same webhook-id. $CHATAPP_NOTIFY_CHAOS says how many. */
#include "story.h"

#include "notifier.h"
#include "redis_proxy.h"

#define DEFAULT_N 300
#define USERS 3
#define FAILING 2
#define PHASES 4
#define ID_MAX 32

struct scene {
    struct stack *stack;
    struct notifier n[2];
    struct receiver r[USERS];
    struct user users[USERS];
    char device[USERS][ID_MAX];
    size_t total;
    size_t accepted;
    char (*ids)[ID_MAX];
};

static const char *const FLAGS[] = {"--ttl-default-s=600", "--delivery-timeout-ms=500",
                                    "--retry-attempts=40", NULL};

/* --- accepting ------------------------------------------------------------------------------- */

/* With the same key until it is accepted: what became of a request that had no answer is unknown. */
static bool try_to_post(struct scene *s, size_t i)
{
    struct notifier *n = &s->n[i % 2];

    n->http.headers = (const char *[]){fmt("Idempotency-Key: chaos-%zu", i), NULL};
    const struct http_answer *a =
        notifier_do(n, "POST", "/notify",
                    fmt("{'user':'%s','body':'number %zu'}", s->users[i % USERS].name, i));
    if (a->status != 202) {
        if (a->status != 503 && a->status != 0)
            fail_at(HERE, "POST /notify: %d", a->status);
        return false;
    }
    (void)snprintf(s->ids[i], ID_MAX, "%s", TEXT_OF(a->json, "id"));
    return true;
}

static void accept_some(struct scene *s, size_t n)
{
    for (size_t i = 0; i < n && s->accepted < s->total; i++) {
        WAIT_UNTIL(try_to_post(s, s->accepted));
        s->accepted++;
    }
}

static size_t requests(struct scene *s)
{
    size_t n = 0;

    for (int i = 0; i < USERS; i++)
        n += receiver_requests(&s->r[i]);
    return n;
}

static void restart(struct scene *s, int which)
{
    daemon_kill9(&s->n[which].daemon);
    daemon_begin(&s->n[which].daemon);
    WAIT_UNTIL(daemon_listens(&s->n[which].daemon));
}

/* --- the end --------------------------------------------------------------------------------- */

struct tally {
    size_t delivered;
    size_t failed;
    size_t expired;
};

static bool has_ended(struct scene *s, size_t i, struct tally *tally)
{
    const struct http_answer *a = notifier_do(&s->n[0], "GET", fmt("/notify/%s", s->ids[i]), NULL);

    if (a->status == 404)
        fail_at(HERE, "number %zu has vanished", i);
    if (a->status != 200 || strcmp(TEXT_OF(a->json, "status"), "queued") == 0)
        return false;
    const char *status = TEXT_OF(a->json, "status");
    if (strcmp(status, "delivered") == 0)
        tally->delivered++;
    else if (strcmp(status, "failed") == 0)
        tally->failed++;
    else if (strcmp(status, "expired") == 0)
        tally->expired++;
    else
        fail_at(HERE, "number %zu is %s", i, status);
    return true;
}

static size_t times_received(struct scene *s, size_t i)
{
    int user = (int)(i % USERS);

    return receiver_times(&s->r[user], fmt("%s_%s", s->ids[i], s->device[user]));
}

static void all_have_ended(struct scene *s)
{
    struct tally tally = {0};
    size_t repeated = 0;
    size_t received = 0;

    for (size_t i = 0; i < s->accepted; i++) {
        struct tally before = tally;
        WAIT_UNTIL(has_ended(s, i, &tally));
        size_t times = times_received(s, i);
        received += times > 0;
        repeated += times > 1;
        if (tally.delivered > before.delivered && times == 0)
            fail_at(HERE, "number %zu is said to be delivered, and is not", i);
    }
    printf("accepted %zu: delivered %zu, failed %zu, expired %zu; received %zu, of those %zu more "
           "than once\n",
           s->accepted, tally.delivered, tally.failed, tally.expired, received, repeated);
    size_t different = 0;
    for (int i = 0; i < USERS; i++)
        different += receiver_delivered(&s->r[i]);
    assert_int_equal(different, received); /* and nothing that was not accepted */
    assert_int_equal(tally.delivered + tally.failed + tally.expired, s->total);
    assert_true(tally.delivered > s->total / 2);
}

static int64_t left_in_queue(struct scene *s)
{
    struct redis_server *redis = &s->stack->redis;

    return redis_do(redis, "XLEN notify:{q}:high") + redis_do(redis, "XLEN notify:{q}:normal") +
           redis_do(redis, "XLEN notify:{q}:low") + redis_do(redis, "XLEN notify:{q}:flight") +
           redis_do(redis, "ZCARD notify:{q}:later") + redis_do(redis, "SCARD notify:{q}:lanes") +
           redis_do(redis, "ZCARD notify:{q}:expiry");
}

static void nothing_accepted_is_lost(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < FAILING;
         i++) /* the last one works: servers are killed between an answer and its settling */
        receiver_answer(&s->r[i], 503, "");
    accept_some(s, s->total / PHASES);
    WAIT_UNTIL(requests(s) > 0);
    restart(s, 0);
    accept_some(s, s->total / PHASES / 2);

    size_t before = requests(s);
    for (int i = 0; i < FAILING; i++)
        receiver_hang(&s->r[i]);
    accept_some(s, s->total / PHASES / 2);
    WAIT_UNTIL(requests(s) > before);
    restart(s, 1); /* with requests under way */
    redis_server_kill9(&s->stack->redis);
    redis_server_restart(&s->stack->redis);
    accept_some(s, s->total / PHASES);

    receiver_refuse(&s->r[0]);
    receiver_answer(&s->r[1], 500, "");
    restart(s, 0);
    accept_some(s, s->total);
    for (int i = 0; i < FAILING; i++)
        receiver_answer(&s->r[i], 204, "");
    all_have_ended(s);
    WAIT_UNTIL(left_in_queue(s) == 0);
}

/* --- the way to Redis ------------------------------------------------------------------------- */

#define CUT_N 150
#define CUT_EVERY 3

static bool try_to_post_once(struct notifier *n, const struct user *u, int i, char id_out[ID_MAX])
{
    n->http.headers = (const char *[]){fmt("Idempotency-Key: cut-%d", i), NULL};
    const struct http_answer *a =
        notifier_do(n, "POST", "/notify", fmt("{'user':'%s','body':'%d'}", u->name, i));

    if (a->status != 202)
        return false;
    (void)snprintf(id_out, ID_MAX, "%s", TEXT_OF(a->json, "id"));
    return true;
}

static bool is_delivered(struct notifier *n, const char *id)
{
    const struct http_answer *a = notifier_do(n, "GET", fmt("/notify/%s", id), NULL);

    assert_int_not_equal(a->status, 404);
    return a->status == 200 && strcmp(TEXT_OF(a->json, "status"), "delivered") == 0;
}

/* Again and again a connection breaks, before or after Redis has got what was sent, or with half of the reply. What was
 * taken and never arrived here is claimed, and what was settled without an answer is settled again. */
static void nothing_is_lost_on_the_way_to_redis(void **state)
{
    struct scene *s = *state;
    struct redis_proxy proxy;
    struct notifier n;
    char ids[CUT_N][ID_MAX];

    redis_proxy_start(&proxy, &s->stack->redis);
    for (int i = 0; i < 2; i++)
        notifier_stop(&s->n[i]);
    notifier_start(
        &n, s->stack, "through-proxy",
        (const char *[]){fmt("--redis-url=%s", proxy.url), "--claim-after-ms=500", NULL});
    for (int i = 0; i < CUT_N; i++) {
        if (i % CUT_EVERY == 0)
            redis_proxy_fail(&proxy,
                             (enum redis_proxy_fault)(REDIS_PROXY_CUT_BEFORE + i / CUT_EVERY % 4));
        WAIT_UNTIL(try_to_post_once(&n, &s->users[0], i, ids[i]));
    }
    for (int i = 0; i < CUT_N; i++)
        WAIT_UNTIL(is_delivered(&n, ids[i]));
    for (int i = 0; i < CUT_N; i++)
        assert_true(receiver_times(&s->r[0], fmt("%s_%s", ids[i], s->device[0])) >= 1);
    WAIT_UNTIL(left_in_queue(s) == 0);
    notifier_stop(&n);
    redis_proxy_stop(&proxy);
    for (int i = 0; i < 2; i++)
        notifier_start(&s->n[i], s->stack, fmt("notifier-%d", i), FLAGS);
}

/* --- start and stop -------------------------------------------------------------------------- */

static int setup(void **state)
{
    static struct scene s;
    const char *wanted = getenv("CHATAPP_NOTIFY_CHAOS");

    s.total = wanted ? strtoul(wanted, NULL, 10) : DEFAULT_N;
    s.ids = calloc(s.total, ID_MAX);
    s.stack = stack_start((struct stack_options){.api_flags = {"--allow-private-urls"}});
    redis_server_sync_always(&s.stack->redis);
    for (int i = 0; i < USERS; i++) {
        receiver_start(&s.r[i]);
        s.users[i] = user_new(s.stack, "ann");
        (void)snprintf(s.device[i], ID_MAX, "%s", webhook_new(&s.users[i], &s.r[i], "/"));
    }
    for (int i = 0; i < 2; i++)
        notifier_start(&s.n[i], s.stack, fmt("notifier-%d", i), FLAGS);
    *state = &s;
    return 0;
}

static void all_end_well(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 2; i++)
        notifier_stop(&s->n[i]);
    for (int i = 0; i < USERS; i++)
        receiver_stop(&s->r[i]);
    stack_stop(s->stack);
    free(s->ids);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(nothing_accepted_is_lost),
        CASE(nothing_is_lost_on_the_way_to_redis),
        CASE(all_end_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
