/* Guessing is slowed down, by address and by account, and keeps nobody out of an account of their own. */
#include "story.h"

#define RATE 6
#define FAR "127.0.0.2"
#define FARTHER "127.0.0.3"

static struct raw begin_login(struct stack *s, const char *from, const char *name,
                              const char *password)
{
    const char *body = fmt("{\"username\":\"%s\",\"password\":\"%s\"}", name, password);
    struct raw r = raw_open_from(from, s->api.port);

    raw_send(&r, str_of(fmt("POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s",
                            strlen(body), body)));
    return r;
}

static int login_from(struct stack *s, const char *from, const char *name, const char *password)
{
    struct raw r = begin_login(s, from, name, password);
    int status = raw_status(&r);

    raw_close(&r);
    return status;
}

/* Until it is refused; how often it was tried. */
static int guess_from(struct stack *s, const char *from, const char *name)
{
    int tried = 0;

    while (login_from(s, from, name, "not-the-password-7") == 401)
        tried++;
    return tried;
}

static void strangers_cannot_keep_the_owner_out(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann"); /* from 127.0.0.1 */

    assert_in_range(guess_from(s, FAR, ann.name), RATE, RATE + 2);
    /* A third place has nothing of its own: the account's guesses are used up. */
    assert_int_equal(login_from(s, FARTHER, ann.name, USER_PASSWORD), 429);
    assert_int_equal(login_from(s, "127.0.0.1", ann.name, USER_PASSWORD), 200);
    assert_int_equal(login_from(s, "127.0.0.1", ann.name, USER_PASSWORD), 200);
    /* And who is in can still change the password. */
    (void)user_expect(
        &ann, 204, "PUT", "/api/profile/password",
        fmt("{'current_password':'" USER_PASSWORD "','new_password':'another-Staple-41-x'}"));
}

static void confirming_is_limited_too(void **state)
{
    struct user ann = user_new(*state, "ann");
    int refused = 0;

    for (int i = 0; i < RATE + 4; i++)
        refused += http_do(ann.stack, "DELETE", "/api/profile", ann.access,
                           "{'password':'not-the-password-7'}")
                       ->status == 429;
    assert_in_range(refused, 2, 4);
}

static void no_address_is_kept_in_plain(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    assert_int_equal(redis_do(&s->redis, "ZCARD u:{%s}:places", ann.name), 1);
    assert_null(redis_text(&s->redis, "ZSCORE u:{%s}:places 127.0.0.1", ann.name));
}

/* A guess that was turned away because too many waited was none. */
static void what_a_full_pool_turns_away_is_not_counted(void **state)
{
    struct stack *s = stack_start((struct stack_options){
        .api_flags = {"--rate-login=6", "--password-hash-memory-kib=65536",
                      "--password-hash-passes=6", "--password-threads=1", "--password-queue=1"}});
    struct user ann = user_new(s, "ann");
    struct raw r[RATE];
    int tried = 0;
    int refused = 0;

    (void)state;
    for (size_t i = 0; i < RATE; i++)
        r[i] = begin_login(s, FAR, ann.name, "not-the-password-7");
    for (size_t i = 0; i < RATE; i++) {
        int status = raw_status(&r[i]);
        tried += status == 401;
        refused += status == 503;
        raw_close(&r[i]);
    }
    assert_true(refused > 0);
    assert_int_equal(tried + refused, RATE);
    tried += guess_from(s, FAR, ann.name);
    assert_in_range(tried, RATE, RATE + 2);
    stack_stop(s);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.api_flags = {"--rate-login=6"}});
    return 0;
}

STORY(setup, CASE(strangers_cannot_keep_the_owner_out), CASE(confirming_is_limited_too),
      CASE(no_address_is_kept_in_plain), CASE(what_a_full_pool_turns_away_is_not_counted))
