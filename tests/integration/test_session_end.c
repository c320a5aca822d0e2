/* A session that ends takes its sockets with it, on every chat-server and presence-server, and whatever ended it. */
#include "story.h"

/* Two seconds are promised; a loaded machine under a sanitizer gets some more. */
#define SOON_MS 4000

#define SERVERS 4

/* One connection on each server. */
struct sockets {
    struct ws *ws[SERVERS];
};

static struct sockets connected(const struct user *u)
{
    struct sockets s = {
        {chat_open(u, 0), chat_open(u, 1), presence_open(u, 0), presence_open(u, 1)}};

    return s;
}

static void expect_signed_out(struct sockets *s, int64_t since)
{
    for (int i = 0; i < SERVERS; i++)
        ws_expect_close(s->ws[i], 4401);
    int64_t took = clock_mono_ms() - since;
    if (took > SOON_MS)
        fail_at(HERE, "only after %lld ms", (long long)took);
}

static void expect_still_in(struct sockets *s)
{
    for (int i = 0; i < SERVERS; i++) {
        ws_send(s->ws[i], "{'type':'ping','id':'still'}");
        ws_expect(s->ws[i], "{'type':'pong','id':'still'}");
    }
}

static void logging_out_closes_the_session_s_sockets_only(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user phone = user_login(&ann, "phone");
    struct sockets a = connected(&ann);
    struct sockets p = connected(&phone);
    int64_t since = clock_mono_ms();

    (void)user_expect(&phone, 204, "POST", "/api/logout", NULL);
    expect_signed_out(&p, since);
    expect_still_in(&a);
}

static void ending_it_from_another_device_does(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user phone = user_login(&ann, "phone");
    struct sockets p = connected(&phone);
    int64_t since = clock_mono_ms();

    (void)user_expect(&ann, 204, "DELETE", fmt("/api/sessions/%s", phone.session), NULL);
    expect_signed_out(&p, since);
}

static void a_new_password_closes_all_others(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user phone = user_login(&ann, "phone");
    struct sockets a = connected(&ann);
    struct sockets p = connected(&phone);
    int64_t since = clock_mono_ms();

    (void)user_expect(&ann, 204, "PUT", "/api/profile/password",
                      "{'current_password':'" USER_PASSWORD
                      "','new_password':'another-Staple-41-x'}");
    expect_signed_out(&p, since);
    expect_still_in(&a);
}

static void a_refresh_token_used_twice_closes_them(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct sockets a = connected(&ann);
    const char *body = fmt("{'refresh_token':'%s'}", ann.refresh);

    (void)http_expect(s, 200, "POST", "/api/token", NULL, body);
    expect_still_in(&a); /* refreshing is no reason to be thrown out */
    int64_t since = clock_mono_ms();
    (void)http_expect(s, 401, "POST", "/api/token", NULL, body);
    expect_signed_out(&a, since);
}

static void erasing_the_account_closes_them(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct sockets a = connected(&ann);
    int64_t since = clock_mono_ms();

    (void)user_expect(&ann, 204, "DELETE", "/api/profile", "{'password':'" USER_PASSWORD "'}");
    expect_signed_out(&a, since);
}

/* The api-server was killed after it had noted the end, and before it rang: only the stream
 * tells. */
static void it_is_noticed_without_the_doorbell(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct sockets a = connected(&ann);
    int64_t since = clock_mono_ms();

    (void)redis_do(&s->redis, "XADD ended * user %s session %s", ann.name, ann.session);
    (void)redis_do(&s->redis, "DEL u:{%s}:session:%s", ann.name, ann.session);
    (void)redis_do(&s->redis, "SREM u:{%s}:sessions %s", ann.name, ann.session);
    expect_signed_out(&a, since);
}

/* It ended while the chat-servers could not be told. */
static void it_is_noticed_after_redis_was_away(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct sockets a = connected(&ann);

    (void)redis_do(&s->redis, "CLIENT KILL TYPE normal SKIPME yes");
    (void)redis_do(&s->redis, "CLIENT KILL TYPE pubsub SKIPME yes");
    int64_t since = clock_mono_ms();
    (void)redis_do(&s->redis, "XADD ended * user %s session %s", ann.name, ann.session);
    (void)redis_do(&s->redis, "DEL u:{%s}:session:%s", ann.name, ann.session);
    expect_signed_out(&a, since);
}

static struct ws *socket_to(struct stack *s, int server, const char *headers)
{
    return server < 2 ? stack_socket(s, server, headers)
                      : stack_presence_socket(s, server - 2, headers);
}

static void an_ended_session_does_not_get_in_again(void **state)
{
    struct user ann = user_new(*state, "ann");

    (void)user_expect(&ann, 204, "POST", "/api/logout", NULL);
    for (int i = 0; i < SERVERS; i++) {
        struct ws *ws = socket_to(*state, i, fmt("Authorization: Bearer %s\r\n", ann.access));
        if (ws->core.status == 101) /* the token itself is genuine: only Redis knows better */
            ws_expect_close(ws, 4401);
        else
            ws_expect_status(ws, 401);
        ws = socket_to(*state, i, "");
        ws_send(ws, "{'type':'auth','token':'%s'}", ann.access);
        ws_expect_close(ws, 4401);
    }
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 2, .presence_servers = 2});
    return 0;
}

STORY(setup, CASE(logging_out_closes_the_session_s_sockets_only),
      CASE(ending_it_from_another_device_does), CASE(a_new_password_closes_all_others),
      CASE(a_refresh_token_used_twice_closes_them), CASE(erasing_the_account_closes_them),
      CASE(it_is_noticed_without_the_doorbell), CASE(it_is_noticed_after_redis_was_away),
      CASE(an_ended_session_does_not_get_in_again))
