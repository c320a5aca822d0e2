#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nodes.h"

#define TIMEOUT 10000
#define GRACE 5000
#define REDIS 1700000000000 /* what Redis' clock says when ours says 0 */

static const struct id SELF = {"aaaaaaaaaaaaaaaaaaaaaaaa"};
static const str OTHER = {"bbbbbbbbbbbbbbbbbbbbbbbb", ID_LEN};

static unsigned died;
static unsigned revived;

static void on_died(void *context, struct node *node)
{
    (void)context;
    assert_int_equal(node->state, NODE_DEAD);
    died++;
}

static void on_revived(void *context, struct node *node)
{
    (void)context;
    assert_int_equal(node->state, NODE_ALIVE);
    revived++;
}

static struct nodes NODES;

static int begin(void **state)
{
    died = revived = 0;
    NODES = (struct nodes){
        .timeout_ms = TIMEOUT, .grace_ms = GRACE, .died = on_died, .revived = on_revived};
    nodes_init(&NODES, &SELF);
    *state = &NODES;
    return 0;
}

static int end(void **state)
{
    nodes_fini(*state);
    return 0;
}

/* Redis is asked at `now`, and says that the other one beat at `beat` (both by our clock). */
static void round_of_beats(struct nodes *n, int64_t beat, bool left, int64_t now)
{
    nodes_beat(n, str_of(SELF.text), REDIS + now, false, REDIS + now, now);
    nodes_beat(n, OTHER, REDIS + beat, left, REDIS + now, now);
    nodes_bury(n, now);
}

static enum node_state other(const struct nodes *n)
{
    return nodes_get(n, OTHER)->state;
}

static void who_beats_lives(void **state)
{
    for (int64_t now = 0; now < 100000; now += 2000)
        round_of_beats(*state, now - 1000, false, now);
    assert_int_equal(other(*state), NODE_ALIVE);
    assert_int_equal(died + revived, 0);
}

static void whose_beat_stands_still_dies_once(void **state)
{
    for (int64_t now = 0; now <= TIMEOUT; now += 2000)
        round_of_beats(*state, 0, false, now);
    assert_int_equal(other(*state), NODE_ALIVE);
    round_of_beats(*state, 0, false, TIMEOUT + 1);
    round_of_beats(*state, 0, false, TIMEOUT + 2000);
    assert_int_equal(other(*state), NODE_DEAD);
    assert_int_equal(died, 1);
}

static void the_time_that_redis_was_away_does_not_count(void **state)
{
    round_of_beats(*state, 0, false, 0);
    nodes_up(*state, 60000);
    round_of_beats(*state, 0, false, 60001);
    assert_int_equal(other(*state), NODE_ALIVE);
    round_of_beats(*state, 0, false, 60000 + TIMEOUT + 1);
    assert_int_equal(other(*state), NODE_DEAD);
}

static void who_beats_again_is_back(void **state)
{
    round_of_beats(*state, 0, false, 0);
    round_of_beats(*state, 0, false, TIMEOUT + 1);
    round_of_beats(*state, TIMEOUT + 1500, false, TIMEOUT + 2000);
    assert_int_equal(other(*state), NODE_ALIVE);
    assert_int_equal(revived, 1);
}

static void one_long_dead_is_not_born_again(void **state)
{
    round_of_beats(*state, -TIMEOUT - 1, false, 0);
    assert_int_equal(other(*state), NODE_DEAD);
    assert_int_equal(died + revived, 0); /* nobody has thought otherwise */
}

static void one_first_heard_of_while_it_lived_has_the_whole_timeout(void **state)
{
    round_of_beats(*state, -9000, false, 0);
    round_of_beats(*state, -9000, false, TIMEOUT);
    assert_int_equal(other(*state), NODE_ALIVE);
    round_of_beats(*state, -9000, false, TIMEOUT + 1);
    assert_int_equal(other(*state), NODE_DEAD);
}

static void who_leaves_has_the_grace(void **state)
{
    round_of_beats(*state, 0, false, 0);
    nodes_leave(*state, OTHER, 1000);
    assert_int_equal(other(*state), NODE_LEAVING);
    nodes_expire(*state, 1000 + GRACE - 1);
    assert_int_equal(died, 0);
    nodes_expire(*state, 1000 + GRACE);
    assert_int_equal(other(*state), NODE_DEAD);
    assert_int_equal(died, 1);
}

static void the_goodbye_may_be_read_in_redis_instead(void **state)
{
    round_of_beats(*state, 0, false, 0);
    round_of_beats(*state, 1000, true, 3000);
    assert_int_equal(other(*state), NODE_LEAVING);
    nodes_expire(*state, 1000 + GRACE - 1);
    assert_int_equal(died, 0);
    nodes_expire(*state, 1000 + GRACE);
    assert_int_equal(died, 1);
    round_of_beats(*state, 1000, true, 60000); /* and stays there for days */
    assert_int_equal(other(*state), NODE_DEAD);
    assert_int_equal(died + revived, 1);
}

static void who_left_before_we_came_is_dead(void **state)
{
    round_of_beats(*state, -GRACE - 1, true, 0);
    assert_int_equal(other(*state), NODE_DEAD);
}

static void who_left_a_moment_before_still_has_the_rest_of_the_grace(void **state)
{
    round_of_beats(*state, -1000, true, 0);
    assert_int_equal(other(*state), NODE_LEAVING);
    nodes_expire(*state, GRACE - 1000 - 1);
    assert_int_equal(died, 0);
    nodes_expire(*state, GRACE - 1000);
    assert_int_equal(died, 1);
}

static void one_named_by_a_user_is_dead_until_it_beats(void **state)
{
    assert_int_equal(nodes_presume_dead(*state, OTHER, 0)->state, NODE_DEAD);
    round_of_beats(*state, -TIMEOUT - 1, false, 10);
    assert_int_equal(other(*state), NODE_DEAD);
    round_of_beats(*state, 2000, false, 2010);
    assert_int_equal(other(*state), NODE_ALIVE);
    assert_int_equal(revived, 1);
}

static void news_is_a_sign_of_life(void **state)
{
    bool gap;

    assert_non_null(nodes_news(*state, OTHER, 1, 0, &gap));
    assert_int_equal(other(*state), NODE_ALIVE);
    round_of_beats(*state, 0, false, TIMEOUT - 1);
    assert_non_null(nodes_news(*state, OTHER, 2, TIMEOUT, &gap));
    round_of_beats(*state, 0, false, TIMEOUT + 5000);
    assert_int_equal(other(*state), NODE_ALIVE);
}

static void news_of_who_has_left_is_void(void **state)
{
    bool gap;

    round_of_beats(*state, 0, false, 0);
    nodes_leave(*state, OTHER, 0);
    assert_null(nodes_news(*state, OTHER, 1, 1, &gap));
}

static void lost_news_shows(void **state)
{
    bool gap;

    (void)nodes_news(*state, OTHER, 5, 0, &gap); /* where it was when we came */
    assert_false(gap);
    (void)nodes_news(*state, OTHER, 6, 0, &gap);
    assert_false(gap);
    (void)nodes_news(*state, OTHER, 8, 0, &gap);
    assert_true(gap);
    (void)nodes_news(*state, OTHER, 9, 0, &gap);
    assert_false(gap);
}

static void bad_ids_are_nobody(void **state)
{
    struct nodes *n = *state;
    bool gap;

    nodes_beat(n, STR("seen"), REDIS, false, REDIS, 0);
    assert_null(nodes_get(n, STR("seen")));
    assert_null(nodes_news(n, STR("x"), 1, 0, &gap));
    nodes_leave(n, OTHER, 0);
    assert_null(nodes_get(n, OTHER));
}

static void this_server_never_dies_here(void **state)
{
    struct nodes *n = *state;

    nodes_beat(n, str_of(SELF.text), REDIS, true, REDIS + 100000, 100000);
    nodes_leave(n, str_of(SELF.text), 100000);
    nodes_bury(n, 200000);
    nodes_expire(n, 300000);
    assert_int_equal(n->self->state, NODE_ALIVE);
}

#define NODES_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NODES_TEST(who_beats_lives),
        NODES_TEST(whose_beat_stands_still_dies_once),
        NODES_TEST(the_time_that_redis_was_away_does_not_count),
        NODES_TEST(who_beats_again_is_back),
        NODES_TEST(one_long_dead_is_not_born_again),
        NODES_TEST(one_first_heard_of_while_it_lived_has_the_whole_timeout),
        NODES_TEST(who_leaves_has_the_grace),
        NODES_TEST(the_goodbye_may_be_read_in_redis_instead),
        NODES_TEST(who_left_before_we_came_is_dead),
        NODES_TEST(who_left_a_moment_before_still_has_the_rest_of_the_grace),
        NODES_TEST(one_named_by_a_user_is_dead_until_it_beats),
        NODES_TEST(news_is_a_sign_of_life),
        NODES_TEST(news_of_who_has_left_is_void),
        NODES_TEST(lost_news_shows),
        NODES_TEST(bad_ids_are_nobody),
        NODES_TEST(this_server_never_dies_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
