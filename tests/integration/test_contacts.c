/* Contacts: asked for, accepted, turned down, removed; the same from both sides, whatever happens in between. */
#include <hiredis/hiredis.h>
#include <sys/time.h>

#include "contact_scene.h"

#define ROUNDS 60
#define AT_ONCE 6
#define ERASE_BODY "{'password':'" USER_PASSWORD "'}"

/* ---- asking and answering */

static void a_request_is_accepted_by_adding_back(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    EXPECT_JSON(user_expect(&ann, 201, "PUT", contact_path(&bob), NULL),
                "{'contact':{'username':'%s','display_name':'*','state':'requested'}}", bob.name);
    EXPECT_STATES(&ann, &bob, "requested", "incoming");
    EXPECT_JSON(user_expect(&bob, 201, "PUT", contact_path(&ann), NULL),
                "{'contact':{'username':'%s','state':'mutual'}}", ann.name);
    EXPECT_STATES(&ann, &bob, "mutual", "mutual");
    EXPECT_JSON(user_expect(&ann, 200, "PUT", contact_path(&bob), NULL),
                "{'contact':{'username':'%s','state':'mutual'}}", bob.name);
    assert_true(contact_is_visible(mask_of(&ann, &bob)) && contact_is_visible(mask_of(&bob, &ann)));
}

static void a_contact_is_removed_for_both(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    make_mutual(&ann, &bob);
    (void)user_expect(&ann, 204, "DELETE", contact_path(&bob), NULL);
    EXPECT_STATES(&ann, &bob, "none", "none");
    (void)user_expect(&ann, 204, "DELETE", contact_path(&bob), NULL); /* is so already */
    assert_int_equal(
        redis_do(&ann.stack->redis, "EXISTS u:{%s}:contacts u:{%s}:contacts", ann.name, bob.name),
        0);
}

static void a_request_is_taken_back_or_turned_down_and_may_come_again(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    for (int turned_down = 0; turned_down < 2; turned_down++) {
        (void)user_expect(&ann, 201, "PUT", contact_path(&bob), NULL);
        EXPECT_STATES(&ann, &bob, "requested", "incoming");
        (void)user_expect(turned_down ? &bob : &ann, 204, "DELETE",
                          contact_path(turned_down ? &ann : &bob), NULL);
        EXPECT_STATES(&ann, &bob, "none", "none");
    }
}

static void the_list_is_sorted_and_has_names_as_they_are_now(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user zoe = user_new(*state, "zoe");
    struct user bob = user_new(*state, "bob");

    (void)user_expect(&ann, 201, "PUT", contact_path(&zoe), NULL);
    (void)user_expect(&bob, 201, "PUT", contact_path(&ann), NULL);
    (void)user_expect(&bob, 200, "PATCH", "/api/profile",
                      "{'display_name':'B\xc3\xb6\xc3\xb6 \xf0\x9f\x8c\xbb <b>'}");
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/contacts", NULL),
                "{'contacts':[{'username':'%s','state':'incoming',"
                "'display_name':'B\xc3\xb6\xc3\xb6 \xf0\x9f\x8c\xbb <b>'},"
                "{'username':'%s','state':'requested'}]}",
                bob.name, zoe.name);
}

static void many_contacts_are_all_listed(void **state)
{
    struct user ann = user_new(*state, "ann");
    const size_t n = 150;

    for (size_t i = 0; i < n; i++) {
        const char *name = fmt("m%03zu.%s", i, ann.name);
        (void)redis_do(&ann.stack->redis, "HSET u:{%s} password x display_name N%d", name, (int)i);
        (void)user_expect(&ann, 201, "PUT", fmt("/api/contacts/%s", name), NULL);
    }
    json_t *list = ITEM_OF(user_expect(&ann, 200, "GET", "/api/contacts", NULL), "contacts");
    assert_int_equal(json_array_size(list), n);
    for (size_t i = 0; i < n; i++)
        EXPECT_JSON(json_array_get(list, i), "{'username':'m%03zu.%s','display_name':'N%d'}", i,
                    ann.name, (int)i);
}

static void only_somebody_else_who_exists_can_be_one(void **state)
{
    static const char *const LISTS[] = {"contacts", "blocks"};
    static const char *const METHODS[] = {"PUT", "DELETE"};
    static const char *const NOBODY[] = {"nobody-of-that-name", "x", "No%20Name", "..%2fx"};
    struct user ann = user_new(*state, "ann");

    for (int i = 0; i < 4; i++) {
        const char *list = LISTS[i / 2];
        const char *method = METHODS[i % 2];
        EXPECT_JSON(user_expect_problem(&ann, 422, "invalid_field", method,
                                        fmt("/api/%s/%s", list, ann.name), NULL),
                    "{'field':'username'}");
        for (size_t n = 0; n < sizeof NOBODY / sizeof NOBODY[0]; n++)
            (void)user_expect_problem(&ann, 404, "not_found", method,
                                      fmt("/api/%s/%s", list, NOBODY[n]), NULL);
        (void)http_expect_problem(ann.stack, 401, "unauthenticated", method,
                                  fmt("/api/%s/%s", list, ann.name), NULL, NULL);
    }
    assert_int_equal(redis_do(&ann.stack->redis, "EXISTS u:{%s}:contacts", ann.name), 0);
    assert_int_equal(redis_do(&ann.stack->redis, "EXISTS u:{nobody-of-that-name}:contacts"), 0);
}

static void names_are_folded(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    (void)user_expect(&ann, 201, "PUT", fmt("/api/contacts/BOB%s", bob.name + 3), NULL);
    EXPECT_STATES(&ann, &bob, "requested", "incoming");
    (void)user_expect_problem(&ann, 422, "invalid_field", "PUT",
                              fmt("/api/contacts/ANN%s", ann.name + 3), NULL);
}

/* ---- the presence-servers hear of it */

static redisContext *listen(struct stack *s)
{
    redisContext *ear = redisConnectUnix(s->redis.socket);

    assert_non_null(ear);
    assert_int_equal(redisSetTimeout(ear, (struct timeval){PATIENCE_MS / 1000, 0}), REDIS_OK);
    redisReply *reply = redisCommand(ear, "SUBSCRIBE presence");
    assert_non_null(reply);
    freeReplyObject(reply);
    return ear;
}

static void expect_heard(redisContext *ear, const struct user *u, const struct user *peer)
{
    void *reply = NULL;

    assert_int_equal(redisGetReply(ear, &reply), REDIS_OK);
    assert_string_equal(((const redisReply *)reply)->element[2]->str,
                        fmt("C %s %s", u->name, peer->name));
    freeReplyObject(reply);
}

static void each_change_is_rung_once_both_sides_have_it(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    redisContext *ear = listen(*state);
    const char *const PATHS[] = {contact_path(&bob), block_path(&bob)};

    for (int i = 0; i < 2; i++) {
        (void)user_expect(&ann, 201, "PUT", PATHS[i], NULL);
        expect_heard(ear, &ann, &bob);
        expect_in_line(&ann, &bob);
    }
    for (int i = 0; i < 2; i++) {
        (void)user_expect(&ann, 204, "DELETE", PATHS[i], NULL);
        expect_heard(ear, &ann, &bob);
    }
    (void)user_expect(&bob, 201, "PUT", contact_path(&ann), NULL);
    expect_heard(ear, &bob, &ann);
    (void)user_expect(&ann, 204, "DELETE", "/api/profile", ERASE_BODY);
    expect_heard(ear, &ann, &bob);
    redisFree(ear);
}

/* ---- limits */

static void there_is_an_end_to_contacts_and_to_requests(void **state)
{
    struct stack *s = stack_start((struct stack_options){
        .api_flags = {"--max-contacts=2", "--max-contact-requests=2", "--max-blocks=1"}});
    struct user ann = user_new(s, "ann");
    struct user others[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        others[i] = user_new(s, "bob");
    for (int i = 0; i < 2; i++)
        (void)user_expect(&others[i], 201, "PUT", contact_path(&ann), NULL);
    (void)user_expect_problem(&others[2], 409, "requests_full", "PUT", contact_path(&ann), NULL);
    EXPECT_STATES(&others[2], &ann, "none", "none");
    expect_in_line(&others[2], &ann);
    (void)user_expect(&others[1], 200, "PUT", contact_path(&ann), NULL); /* has asked before */
    (void)user_expect(&ann, 201, "PUT", contact_path(&others[2]), NULL);
    (void)user_expect(&others[2], 201, "PUT", contact_path(&ann), NULL); /* an answer */
    EXPECT_STATES(&others[2], &ann, "mutual", "mutual");
    (void)user_expect(&ann, 204, "DELETE", contact_path(&others[0]), NULL); /* turned down */
    (void)user_expect(&others[3], 201, "PUT", contact_path(&ann), NULL);
    (void)user_expect(&ann, 201, "PUT", contact_path(&others[3]), NULL);
    (void)user_expect_problem(&ann, 409, "contacts_full", "PUT", contact_path(&others[1]), NULL);
    EXPECT_STATES(&ann, &others[1], "incoming", "requested");
    stack_stop(s);
}

static void changes_have_a_rate(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--rate-contacts=3"}});
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    (void)state;
    (void)user_expect(&ann, 201, "PUT", contact_path(&bob), NULL);
    (void)user_expect(&ann, 201, "PUT", block_path(&bob), NULL);
    (void)user_expect(&ann, 204, "DELETE", contact_path(&bob), NULL);
    (void)user_expect_problem(&ann, 429, "rate_limited", "DELETE", block_path(&bob), NULL);
    (void)user_expect(&ann, 200, "GET", "/api/blocks", NULL);
    (void)user_expect(&bob, 201, "PUT", contact_path(&ann), NULL);
    stack_stop(s);
}

/* ---- half done */

/* One side was written, and the api-server died. */
static void what_a_crash_left_half_done_is_healed_by_a_repeat(void **state)
{
    static const struct {
        int own;
        int other;
        const char *method;
        int status;
        const char *after;
    } ROWS[] = {
        {A, 0, "PUT", 200, "requested"},   {A | M, A, "PUT", 200, "mutual"},
        {0, A | M, "DELETE", 204, "none"}, {A | M, 0, "DELETE", 204, "none"},
        {M, A | M, "PUT", 201, "mutual"},  {A, 0, "DELETE", 204, "none"},
        {0, M, "DELETE", 204, "none"},     {0, M, "PUT", 201, "requested"},
    };

    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        struct user ann = user_new(*state, "ann");
        struct user bob = user_new(*state, "bob");
        set_mask(&ann, &bob, ROWS[i].own);
        set_mask(&bob, &ann, ROWS[i].other);
        (void)user_expect(&ann, ROWS[i].status, ROWS[i].method, contact_path(&bob), NULL);
        assert_string_equal(state_of(&ann, &bob), ROWS[i].after);
        expect_in_line(&ann, &bob);
    }
}

static void what_a_crash_left_half_done_is_healed_by_the_other(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    set_mask(&ann, &bob, A); /* he was not told */
    EXPECT_STATES(&ann, &bob, "requested", "none");
    EXPECT_JSON(user_expect(&bob, 201, "PUT", contact_path(&ann), NULL),
                "{'contact':{'state':'mutual'}}");
    EXPECT_STATES(&ann, &bob, "mutual", "mutual");
}

/* ---- at once */

static void two_who_add_each_other_at_once_are_contacts(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct raw requests[2];

    for (int round = 0; round < ROUNDS; round++) {
        requests[0] = user_begin(&ann, "PUT", contact_path(&bob));
        requests[1] = user_begin(&bob, "PUT", contact_path(&ann));
        user_end_all(requests, 2);
        EXPECT_STATES(&ann, &bob, "mutual", "mutual");
        (void)user_expect(round % 2 ? &ann : &bob, 204, "DELETE",
                          contact_path(round % 2 ? &bob : &ann), NULL);
        EXPECT_STATES(&ann, &bob, "none", "none");
    }
}

/* Whatever wins, it is the same from both sides. */
static void whatever_is_done_at_once_both_sides_agree(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct raw requests[AT_ONCE];

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < AT_ONCE; i++) {
            int what = (round * 7 + i * 5 + i * round) % 8;
            const struct user *u = what & 1 ? &ann : &bob;
            const struct user *of = what & 1 ? &bob : &ann;
            requests[i] = user_begin(u, what & 2 ? "PUT" : "DELETE",
                                     what & 4 && round % 2 ? block_path(of) : contact_path(of));
        }
        user_end_all(requests, AT_ONCE);
        expect_in_line(&ann, &bob);
    }
}

/* ---- leaving for good, and taking it all along */

static void who_erases_the_account_is_nobody_s_contact(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user cyd = user_new(*state, "cyd");
    struct user dan = user_new(*state, "dan");

    make_mutual(&ann, &bob);
    (void)user_expect(&ann, 201, "PUT", block_path(&cyd), NULL);
    (void)user_expect(&dan, 201, "PUT", block_path(&ann), NULL);
    (void)user_expect(&ann, 204, "DELETE", "/api/profile", ERASE_BODY);
    WAIT_UNTIL(redis_do(&ann.stack->redis, "SISMEMBER erasing %s", ann.name) == 0);
    assert_string_equal(state_of(&bob, &ann), "none");
    assert_int_equal(mask_of(&bob, &ann), 0);
    assert_int_equal(mask_of(&cyd, &ann), 0);
    assert_false(says_blocked(&ann, &cyd));
    assert_int_equal(redis_do(&ann.stack->redis, "EXISTS u:{%s}:contacts", ann.name), 0);
    assert_false(blocks(&dan, &ann)); /* and is forgotten when the list is read */
    assert_int_equal(mask_of(&dan, &ann), 0);
    assert_false(says_blocked(&dan, &ann));
    (void)user_expect_problem(&bob, 404, "not_found", "PUT", contact_path(&ann), NULL);
}

static void an_erasure_that_was_cut_off_goes_on(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct user cyd = user_new(s, "cyd");

    make_mutual(&ann, &bob);
    make_mutual(&ann, &cyd);
    daemon_kill9(&s->api);
    (void)redis_do(&s->redis, "SADD erasing %s", ann.name);
    (void)redis_do(&s->redis, "HDEL u:{%s} password display_name", ann.name);
    (void)redis_do(&s->redis, "HDEL u:{%s}:contacts %s", bob.name, ann.name); /* got so far */
    daemon_up(&s->api);
    WAIT_UNTIL(redis_do(&s->redis, "SISMEMBER erasing %s", ann.name) == 0);
    assert_int_equal(mask_of(&cyd, &ann), 0);
    assert_int_equal(redis_do(&s->redis, "EXISTS u:{%s}:contacts", ann.name), 0);
}

static void the_export_has_contacts_and_blocks(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user cyd = user_new(*state, "cyd");

    make_mutual(&ann, &bob);
    (void)user_expect(&ann, 201, "PUT", block_path(&cyd), NULL);
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/profile/export", NULL),
                "{'contacts':[{'username':'%s','display_name':'*','state':'mutual'}],"
                "'blocks':[{'username':'%s','display_name':'*'}]}",
                bob.name, cyd.name);
    EXPECT_JSON(user_expect(&cyd, 200, "GET", "/api/profile/export", NULL),
                "{'contacts':[],'blocks':[]}");
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.api_flags = {"--rate-contacts=0"}});
    return 0;
}

STORY(setup, CASE(a_request_is_accepted_by_adding_back), CASE(a_contact_is_removed_for_both),
      CASE(a_request_is_taken_back_or_turned_down_and_may_come_again),
      CASE(the_list_is_sorted_and_has_names_as_they_are_now), CASE(many_contacts_are_all_listed),
      CASE(only_somebody_else_who_exists_can_be_one), CASE(names_are_folded),
      CASE(each_change_is_rung_once_both_sides_have_it),
      CASE(there_is_an_end_to_contacts_and_to_requests), CASE(changes_have_a_rate),
      CASE(what_a_crash_left_half_done_is_healed_by_a_repeat),
      CASE(what_a_crash_left_half_done_is_healed_by_the_other),
      CASE(two_who_add_each_other_at_once_are_contacts),
      CASE(whatever_is_done_at_once_both_sides_agree),
      CASE(who_erases_the_account_is_nobody_s_contact), CASE(an_erasure_that_was_cut_off_goes_on),
      CASE(the_export_has_contacts_and_blocks))
