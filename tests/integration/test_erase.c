/* Leaving for good: everything of the user's own goes, what others received stays. */
#include "story.h"

#define ERASE_BODY "{'password':'" USER_PASSWORD "'}"

static long long keys_of(struct stack *s, const char *name)
{
    return redis_do(&s->redis, "EXISTS u:{%s}:sessions u:{%s}:conversations u:{%s}:nodes", name,
                    name, name);
}

static void only_the_password_s_owner_may(void **state)
{
    struct user ann = user_new(*state, "ann");

    (void)user_expect_problem(&ann, 401, "bad_credentials", "DELETE", "/api/profile",
                              "{'password':'not-the-password-7'}");
    (void)user_expect_problem(&ann, 422, "invalid_field", "DELETE", "/api/profile", "{}");
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
}

static void sessions_profile_and_directory_entry_go(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user phone = user_login(&ann, "phone");
    struct user bob = user_new(s, "bob");

    (void)user_expect(&ann, 200, "PATCH", "/api/profile",
                      "{'display_name':'Ann','about':'secret thing'}");
    (void)user_expect(&ann, 204, "DELETE", "/api/profile", ERASE_BODY);
    (void)user_expect(&ann, 401, "GET", "/api/profile", NULL);
    (void)user_expect(&phone, 401, "GET", "/api/profile", NULL);
    (void)http_expect(s, 401, "POST", "/api/token", NULL,
                      fmt("{'refresh_token':'%s'}", phone.refresh));
    (void)http_expect_problem(s, 401, "bad_credentials", "POST", "/api/login", NULL,
                              fmt("{'username':'%s','password':'" USER_PASSWORD "'}", ann.name));
    (void)user_expect_problem(&bob, 404, "not_found", "GET", fmt("/api/users/%s", ann.name), NULL);
    EXPECT_JSON(user_expect(&bob, 200, "GET", fmt("/api/users?q=%s", ann.name), NULL),
                "{'users':[]}");
    WAIT_UNTIL(keys_of(s, ann.name) == 0);
    assert_int_equal(redis_do(&s->redis, "HEXISTS u:{%s} about", ann.name), 0);
    assert_int_equal(redis_do(&s->redis, "HEXISTS u:{%s} password", ann.name), 0);
}

/* Otherwise somebody else could be taken for the one who left. */
static void the_name_is_not_given_again(void **state)
{
    struct user ann = user_new(*state, "ann");

    (void)user_expect(&ann, 204, "DELETE", "/api/profile", ERASE_BODY);
    (void)http_expect_problem(*state, 409, "username_taken", "POST", "/api/signup", NULL,
                              fmt("{'username':'%s','password':'" USER_PASSWORD "'}", ann.name));
}

static void rooms_go_on_without_them(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Garden", (const struct user *[]){&bob, NULL});

    (void)user_expect(&ann, 204, "DELETE", "/api/profile", ERASE_BODY);
    json_t *answer = user_expect(&bob, 200, "GET", fmt("/api/conversations/%s", room), NULL);
    EXPECT_JSON(ITEM_OF(answer, "conversation"), "{'members_count':1,'role':'owner'}");
    json_t *page = user_expect(&bob, 200, "GET", fmt("/api/conversations/%s/messages", room), NULL);
    assert_non_null(
        match_find(ITEM_OF(page, "messages"), fmt("{'action':'left','user':'%s'}", ann.name)));
    (void)user_expect_problem(&bob, 404, "not_found", "PUT",
                              fmt("/api/conversations/%s/members/%s", room, ann.name), "{}");
}

static bool is_erased(struct stack *s, const struct user *u)
{
    return redis_do(&s->redis, "SISMEMBER erasing %s", u->name) == 0 && keys_of(s, u->name) == 0 &&
           redis_text(&s->redis, "ZSCORE users %s", u->name) == NULL;
}

/* The api-server died right after the point of no return: the user's hash says that the account
 * is erased. */
static void one_that_was_cut_off_is_finished_by_the_next_api_server(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    const char *room = room_new(&ann, "Garden", (const struct user *[]){&bob, NULL});

    daemon_kill9(&s->api);
    (void)redis_do(&s->redis, "SADD erasing %s", ann.name);
    (void)redis_do(&s->redis, "DEL u:{%s}", ann.name);
    (void)redis_do(&s->redis, "HSET u:{%s} created 1790000000000 erased 1790000000001", ann.name);
    daemon_up(&s->api);
    WAIT_UNTIL(is_erased(s, &ann));
    (void)user_expect(&ann, 401, "GET", "/api/profile", NULL);
    (void)http_expect_problem(s, 401, "bad_credentials", "POST", "/api/login", NULL,
                              fmt("{'username':'%s','password':'" USER_PASSWORD "'}", ann.name));
    json_t *answer = user_expect(&bob, 200, "GET", fmt("/api/conversations/%s", room), NULL);
    EXPECT_JSON(ITEM_OF(answer, "conversation"), "{'members_count':1}");
}

/* Before that point nothing has happened, and nobody was told that it had. */
static void one_that_had_not_really_begun_is_not_carried_out(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user dan = user_new(s, "dan");

    daemon_kill9(&s->api);
    (void)redis_do(&s->redis, "SADD erasing %s %s", ann.name, dan.name);
    (void)redis_do(&s->redis, "HDEL u:{%s} password", dan.name);
    daemon_up(&s->api);
    WAIT_UNTIL(is_erased(s, &dan)); /* so it has looked */
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)user_login(&ann, "still here");
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(only_the_password_s_owner_may), CASE(sessions_profile_and_directory_entry_go),
      CASE(the_name_is_not_given_again), CASE(rooms_go_on_without_them),
      CASE(one_that_was_cut_off_is_finished_by_the_next_api_server),
      CASE(one_that_had_not_really_begun_is_not_carried_out))
