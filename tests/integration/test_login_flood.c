/* Hashing passwords is dear: a flood of logins is refused beyond what can be done, and nobody
 * else waits. */
#include "story.h"

#define FLOOD 60

struct flood {
    struct raw connections[FLOOD];
};

static void begin(struct flood *f, int port, const char *name)
{
    const char *body = fmt("{\"username\":\"%s\",\"password\":\"not-the-password-7\"}", name);
    const char *request = fmt(
        "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);

    for (size_t i = 0; i < FLOOD; i++) {
        f->connections[i] = raw_open(port);
        raw_send(&f->connections[i], str_of(request));
    }
}

static void a_flood_of_logins_is_refused_and_the_others_are_served(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct flood f;
    int tried = 0;
    int refused = 0;

    begin(&f, s->api.port, ann.name);
    int served = 0;
    while (served < 10) { /* while the hashes are computed */
        (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
        (void)http_expect(s, 200, "GET", "/.well-known/jwks.json", NULL, NULL);
        served++;
    }
    size_t waiting = 0;
    for (size_t i = 0; i < FLOOD; i++) {
        (void)raw_receive(&f.connections[i], 0);
        waiting += f.connections[i].in.n == 0;
    }
    assert_true(waiting > 0); /* so the ten were served in the middle of it */
    for (size_t i = 0; i < FLOOD; i++) {
        int status = raw_status(&f.connections[i]);
        tried += status == 401;
        if (status == 503) {
            assert_non_null(strstr(buf_cstr(&f.connections[i].in), "Retry-After: "));
            assert_non_null(strstr(buf_cstr(&f.connections[i].in), "\"unavailable\""));
            refused++;
        }
        raw_close(&f.connections[i]);
    }
    assert_int_equal(tried + refused, FLOOD);
    assert_true(tried > 0);
    assert_true(refused > 0);
    (void)user_login(&ann, "after the flood");
}

/* What it has accepted, it answers, and it does not start what it has not. */
static void stopping_in_the_middle_of_a_flood_is_orderly(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct flood f;
    int answered = 0;

    begin(&f, s->api.port, ann.name);
    (void)raw_status(
        &f.connections[0]); /* tried or refused: which comes first is the threads' choice */
    assert_int_equal(daemon_terminate(&s->api), 0);
    for (size_t i = 0; i < FLOOD; i++) {
        raw_receive_to_end(&f.connections[i]);
        answered += raw_status(&f.connections[i]) != 0;
        raw_close(&f.connections[i]);
    }
    assert_true(answered > 0);
    daemon_up(&s->api);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){
        .api_flags = {"--password-hash-memory-kib=32768", "--password-hash-passes=3",
                      "--password-queue=8", "--drain-s=10"}});
    return 0;
}

STORY(setup, CASE(a_flood_of_logins_is_refused_and_the_others_are_served),
      CASE(stopping_in_the_middle_of_a_flood_is_orderly))
