/* What holds whatever is killed: fifty clients talk in rooms and in pairs over two chat-servers,
 * while these and Redis are killed and started again under them; then the checker goes over
 * everything they sent, saw and can read. */
#include "story.h"

#include "checker.h"
#include "swarm.h"

#define CLIENTS 50
#define ROOMS 6
#define ROOM_MEMBERS 12
#define LULL_MS 1000

static void run_until(struct swarm *swarm, bool (*is_up)(void *), void *of)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    while (!is_up(of)) {
        swarm_run(swarm, 20); /* the others talk on meanwhile */
        assert_true(clock_mono_ms() < deadline);
    }
}

static bool chat_is_up(void *chat)
{
    return daemon_listens(chat);
}

static bool redis_is_up(void *redis)
{
    return redis_server_answers(redis);
}

static void kill_chat(struct stack *s, struct swarm *swarm, int chat)
{
    daemon_kill9(&s->chat[chat]);
    s->chat[chat].port = 0;
    swarm_run(swarm, LULL_MS / 4);
    daemon_begin(&s->chat[chat]);
    run_until(swarm, chat_is_up, &s->chat[chat]);
    swarm_run(swarm, LULL_MS);
}

static void kill_redis(struct stack *s, struct swarm *swarm)
{
    redis_server_kill9(&s->redis);
    swarm_run(swarm, LULL_MS / 4);
    redis_server_begin(&s->redis);
    run_until(swarm, redis_is_up, &s->redis);
    swarm_run(swarm, LULL_MS);
}

static void pause_redis(struct stack *s, struct swarm *swarm)
{
    redis_server_pause(&s->redis);
    swarm_run(swarm, LULL_MS / 2);
    redis_server_go_on(&s->redis);
    swarm_run(swarm, LULL_MS / 2);
}

static void kill_everything(struct stack *s, struct swarm *swarm)
{
    redis_server_kill9(&s->redis);
    for (int i = 0; i < s->n_chat; i++) {
        daemon_kill9(&s->chat[i]);
        s->chat[i].port = 0;
    }
    redis_server_begin(&s->redis);
    run_until(swarm, redis_is_up, &s->redis);
    for (int i = 0; i < s->n_chat; i++)
        daemon_begin(&s->chat[i]);
    for (int i = 0; i < s->n_chat; i++)
        run_until(swarm, chat_is_up, &s->chat[i]);
    swarm_run(swarm, LULL_MS);
}

static struct swarm *swarm_of_fifty(struct stack *s, struct checker *checker)
{
    struct swarm *swarm = swarm_new(s, checker, CLIENTS);

    for (int i = 0; i < ROOMS; i++)
        swarm_add_room(swarm, i * 8, 3, ROOM_MEMBERS);
    for (int i = 0; i < CLIENTS; i++) {
        swarm_add_direct(swarm, i, (i + 1) % CLIENTS);
        swarm_add_direct(swarm, i, (i + 7) % CLIENTS);
    }
    return swarm;
}

static void report(struct checker *checker, struct swarm *swarm)
{
    struct checker_counts c = checker_counts(checker);
    struct swarm_counts n = swarm_counts(swarm);

    print_message("%zu sent, %zu acked, %zu without an answer, %zu seen, %zu read back; %zu "
                  "connects, %zu sent again, "
                  "%zu errors\n",
                  c.sent, c.acked, c.unknown, c.seen, c.read, n.connects, n.resends, n.errors);
    /* A run in which nothing happened would prove nothing. */
    assert_true(c.acked > 1000);
    assert_true(c.seen > c.acked);
    assert_true(n.connects > 3 * CLIENTS);
    assert_true(n.resends > 10);
}

static void judge(struct checker *checker)
{
    struct buf findings = {0};
    size_t n = checker_judge(checker, &findings);

    if (n > 0)
        fail_at(HERE, "%zu findings:\n%s", n, buf_cstr(&findings));
    buf_fini(&findings);
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

static void nothing_acked_is_lost_doubled_or_out_of_order(void **state)
{
    struct stack *s = *state;
    struct checker *checker = checker_new();
    struct swarm *swarm = swarm_of_fifty(s, checker);

    swarm_run(swarm, LULL_MS);
    for (int round = 0; round < 2; round++) {
        kill_chat(s, swarm, 0);
        kill_redis(s, swarm);
        kill_chat(s, swarm, 1);
        pause_redis(s, swarm);
        kill_everything(s, swarm);
    }
    swarm_settle(swarm);
    daemon_wait_ready(&s->api);
    swarm_read_back(swarm);
    report(checker, swarm);
    judge(checker);
    a_planted_loss_is_found(checker);
    swarm_free(swarm);
    checker_free(checker);
}

/* Another run each time; $CHATAPP_TEST_SEED repeats one (as far as the machine's timing allows). */
static void seed_chance(void)
{
    const char *given = getenv("CHATAPP_TEST_SEED");
    unsigned seed = given ? (unsigned)strtoul(given, NULL, 10) : (unsigned)clock_wall_ms();

    srand(seed);
    print_message("CHATAPP_TEST_SEED=%u\n", seed);
}

static int setup(void **state)
{
    seed_chance();
    *state = stack_start(
        (struct stack_options){.chat_servers = 2, .chat_flags = {"--redis-timeout-ms=1000"}});
    return 0;
}

STORY(setup, CASE(nothing_acked_is_lost_doubled_or_out_of_order))
