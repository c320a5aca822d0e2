/* A member's own list and the room's members are changed in two steps: whoever else is at it at the same moment, a
 * member always finds the room on the list. */
#include "story.h"

#define ROUNDS 150
#define AT_ONCE 4

struct club {
    struct stack *stack;
    struct user ann; /* the owner */
    struct user bob; /* a plain member */
    struct user vic; /* comes and goes */
    char room[32];
};

static const char *member_path(const struct club *c)
{
    return fmt("/api/conversations/%s/members/%s", c->room, c->vic.name);
}

static bool listed(const struct club *c)
{
    return redis_text(&c->stack->redis, "ZSCORE u:{%s}:conversations %s", c->vic.name, c->room) !=
           NULL;
}

static bool is_member(const struct club *c)
{
    return redis_do(&c->stack->redis, "HEXISTS c:{%s}:members %s", c->room, c->vic.name) == 1;
}

static void list_since(const struct club *c, const char *ms)
{
    (void)redis_do(&c->stack->redis, "ZADD u:{%s}:conversations %s %s", c->vic.name, ms, c->room);
}

static void club_open(struct club *c, struct stack *s)
{
    c->stack = s;
    c->ann = user_new(s, "ann");
    c->bob = user_new(s, "bob");
    c->vic = user_new(s, "vic");
    (void)snprintf(c->room, sizeof c->room, "%s",
                   room_new(&c->ann, "Club", (const struct user *[]){&c->bob, NULL}));
}

/* Who may not add anybody must not touch the list either: it may be the owner's addition that put the room there. */
static void a_refused_addition_leaves_the_list_alone(void **state)
{
    struct club c;

    club_open(&c, *state);
    (void)user_expect_problem(&c.bob, 403, "forbidden", "PUT", member_path(&c), NULL);
    assert_false(listed(&c));
    list_since(&c, "1000");
    (void)user_expect_problem(&c.bob, 403, "forbidden", "PUT", member_path(&c), NULL);
    assert_true(listed(&c));
    (void)user_expect(&c.ann, 200, "PUT",
                      fmt("/api/conversations/%s/members/%s", c.room, c.bob.name),
                      "{'role':'admin'}");
    (void)user_expect_problem(&c.bob, 403, "forbidden", "PUT", member_path(&c), "{'role':'admin'}");
    assert_true(listed(&c));
}

static void an_addition_repeated_mends_the_list(void **state)
{
    static const char *const BODIES[] = {NULL, "{'role':'member'}", "{'role':'admin'}"};
    struct club c;

    club_open(&c, *state);
    (void)user_expect(&c.ann, 201, "PUT", member_path(&c), NULL);
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        (void)redis_do(&c.stack->redis, "DEL u:{%s}:conversations", c.vic.name);
        (void)user_expect(&c.ann, 200, "PUT", member_path(&c), BODIES[i]);
        assert_true(listed(&c));
    }
}

static void adding_and_removing_at_once(void **state)
{
    struct raw requests[AT_ONCE];
    struct club c;
    int stayed = 0;

    club_open(&c, *state);
    for (int round = 0; round < ROUNDS; round++) {
        (void)user_expect(&c.ann, is_member(&c) ? 200 : 201, "PUT", member_path(&c), NULL);
        for (size_t i = 0; i < AT_ONCE; i++)
            requests[i] = user_begin(&c.ann, i % 2 ? "PUT" : "DELETE", member_path(&c));
        user_end_all(requests, AT_ONCE);
        if (!is_member(&c))
            continue;
        stayed++;
        if (!listed(&c))
            fail_at(HERE, "round %d: a member, but not on the list", round);
    }
    assert_true(stayed > 0);
}

/* An entry left over from long ago is cleaned up while its user becomes a member. */
static void adding_and_cleaning_up_at_once(void **state)
{
    struct raw requests[AT_ONCE];
    struct club c;

    club_open(&c, *state);
    for (int round = 0; round < ROUNDS; round++) {
        list_since(&c, "1000");
        for (size_t i = 0; i < AT_ONCE; i++)
            requests[i] = i == 1 ? user_begin(&c.ann, "PUT", member_path(&c))
                                 : user_begin(&c.vic, "GET", "/api/conversations");
        user_end_all(requests, AT_ONCE);
        assert_true(is_member(&c));
        if (!listed(&c))
            fail_at(HERE, "round %d: a member, but not on the list", round);
        (void)user_expect(&c.ann, 204, "DELETE", member_path(&c), NULL);
        assert_false(listed(&c));
    }
}

static void what_is_left_over_is_cleaned_up(void **state)
{
    struct club c;

    club_open(&c, *state);
    list_since(&c, "1000");
    EXPECT_JSON(user_expect(&c.vic, 200, "GET", "/api/conversations", NULL),
                "{'conversations':[]}");
    assert_false(listed(&c));
    list_since(&c, fmt("%lld", (long long)clock_wall_ms())); /* may be on the way into it */
    (void)user_expect(&c.vic, 200, "GET", "/api/conversations", NULL);
    assert_true(listed(&c));
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(a_refused_addition_leaves_the_list_alone),
      CASE(an_addition_repeated_mends_the_list), CASE(adding_and_removing_at_once),
      CASE(adding_and_cleaning_up_at_once), CASE(what_is_left_over_is_cleaned_up))
