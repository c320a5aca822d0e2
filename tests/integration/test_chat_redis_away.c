/* Redis goes away and comes back: nothing is acked meanwhile, and nothing is lost or doubled. */
#include "story.h"

struct pair {
    struct stack *stack;
    struct user ann;
    struct user bob;
    struct ws *a;
    struct ws *b;
    const char *id;
};

static struct pair pair_connected(struct stack *s)
{
    struct pair p = {.stack = s, .ann = user_new(s, "ann"), .bob = user_new(s, "bob")};

    p.a = chat_open(&p.ann, 0);
    p.b = chat_open(&p.bob, 1);
    p.id = direct_id(&p.ann, &p.bob);
    ws_send(p.a, "{'type':'send','id':'before','to':'%s','text':'x'}", p.bob.name);
    ws_expect(p.a, "{'type':'ack','id':'before','seq':1}");
    ws_expect(p.b, "{'type':'message','id':'before'}");
    ws_forget(p.a);
    ws_forget(p.b);
    return p;
}

static void all_ready(struct stack *s)
{
    daemon_wait_ready(&s->api);
    for (int i = 0; i < s->n_chat; i++)
        daemon_wait_ready(&s->chat[i]);
}

/* As a client does: again and again under the same id, until it is acked. */
static json_t *send_until_acked(struct pair *p, const char *id, const char *text)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    for (;;) {
        ws_send(p->a, "{'type':'send','id':'%s','to':'%s','text':'%s'}", id, p->bob.name, text);
        json_t *answer;
        do { /* what was stored after all may come as a message too */
            answer = ws_expect(p->a, "{'id':'%s'}", id);
        } while (strcmp(TEXT_OF(answer, "type"), "message") == 0);
        if (strcmp(TEXT_OF(answer, "type"), "ack") == 0)
            return answer;
        EXPECT_JSON(answer, "{'type':'error','code':'unavailable','retry':true}");
        if (clock_mono_ms() > deadline)
            fail_at(HERE, "still unavailable");
        wait_a_little();
    }
}

static const char *ids_in_history(const struct pair *p)
{
    json_t *list = ITEM_OF(
        user_expect(&p->bob, 200, "GET", fmt("/api/conversations/%s/messages", p->id), NULL),
        "messages");
    struct buf text = {0};

    for (size_t i = 0; i < json_array_size(list); i++)
        buf_printf(&text, "%s%lld:%s", i ? " " : "", INT_OF(json_array_get(list, i), "seq"),
                   TEXT_OF(json_array_get(list, i), "id"));
    const char *ids = fmt("%s", buf_cstr(&text));
    buf_fini(&text);
    return ids;
}

static void without_redis_sending_is_unavailable_and_then_works_again(void **state)
{
    struct stack *s = *state;
    struct pair p = pair_connected(s);

    redis_server_kill9(&s->redis);
    ws_send(p.a, "{'type':'send','id':'lost','to':'%s','text':'x'}", p.bob.name);
    ws_expect(p.a, "{'type':'error','id':'lost','code':'unavailable','retry':true}");
    ws_send(p.a, "{'type':'history','id':'h','conversation':'%s'}", p.id);
    ws_expect(p.a, "{'type':'error','id':'h','code':'unavailable','retry':true}");
    ws_send(p.a, "{'type':'ping','id':'p'}"); /* what needs no Redis works on */
    ws_expect(p.a, "{'type':'pong','id':'p'}");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(http_status_of(s->chat[i].port, "/readyz"), 503);
        assert_int_equal(http_status_of(s->chat[i].port, "/healthz"), 200);
    }
    redis_server_restart(&s->redis);
    all_ready(s);
    EXPECT_JSON(send_until_acked(&p, "lost", "x"), "{'seq':2}");
    ws_expect_next(p.b, "{'type':'message','id':'lost','seq':2}");
    ws_send(p.b, "{'type':'send','id':'answer','to':'%s','text':'x'}", p.ann.name);
    ws_expect(p.a, "{'type':'message','id':'answer','seq':3}");
    assert_string_equal(ids_in_history(&p), "1:before 2:lost 3:answer");
}

/* Whether Redis has stored what was on its way when it stopped answering, nobody can know; sent
 * again, it is there once. */
static void a_redis_that_hangs_doubles_nothing(void **state)
{
    struct stack *s = *state;
    struct pair p = pair_connected(s);

    redis_server_pause(&s->redis);
    ws_send(p.a, "{'type':'send','id':'hung','to':'%s','text':'x'}", p.bob.name);
    ws_expect(p.a, "{'type':'error','id':'hung','code':'unavailable','retry':true}");
    redis_server_go_on(&s->redis);
    EXPECT_JSON(send_until_acked(&p, "hung", "x"), "{'seq':2}");
    ws_expect(p.b, "{'type':'message','id':'hung','seq':2}");
    ws_expect_nothing(p.b, 200);
    assert_string_equal(ids_in_history(&p), "1:before 2:hung");
}

static void who_comes_while_redis_is_away_is_told_to_come_back(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    redis_server_kill9(&s->redis);
    WAIT_UNTIL(http_status_of(s->chat[0].port, "/readyz") == 503);
    struct ws *ws = stack_socket(s, 0, fmt("Authorization: Bearer %s\r\n", ann.access));
    if (ws->core.status == 101) {
        while (!ws_ended(ws))
            ws_receive(ws, 1000);
        if (ws->core.close_code >= 4400 || ws->core.close_code == 1000)
            fail_at(HERE, "closed with %d, which means: do not come back", ws->core.close_code);
        assert_null(match_find(ws->queue, "{'type':'ready'}"));
    } else {
        ws_expect_status(ws, 503);
    }
    redis_server_restart(&s->redis);
    all_ready(s);
    (void)chat_open(&ann, 0);
}

static const char *epoch_of(const struct user *u)
{
    json_t *ready;
    struct ws *ws = chat_open_ready(u, 0, &ready);
    const char *epoch = fmt("%s", TEXT_OF(ready, "epoch"));

    ws_close(ws);
    return epoch;
}

/* Clients are sent away when the epoch changes, those that come just then too. */
static bool has_another_epoch(const struct user *u, int chat, const char *before)
{
    struct ws *ws = stack_socket(u->stack, chat, fmt("Authorization: Bearer %s\r\n", u->access));
    json_t *ready = NULL;

    while (ready == NULL && !ws_ended(ws)) {
        ws_receive(ws, PATIENCE_MS);
        ready = match_find(ws->queue, "{'type':'ready'}");
    }
    bool another = ready != NULL && strcmp(TEXT_OF(ready, "epoch"), before) != 0;
    stack_hang_up(u->stack, ws);
    return another;
}

static void restarting_on_the_same_data_is_the_same_epoch(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *before = epoch_of(&ann);

    redis_server_restart(&s->redis);
    all_ready(s);
    assert_string_equal(epoch_of(&ann), before);
    daemon_kill9(&s->chat[0]);
    daemon_up(&s->chat[0]);
    assert_string_equal(epoch_of(&ann), before);
}

static void a_redis_that_came_back_empty_is_a_new_epoch(void **state)
{
    struct stack *s = *state;
    struct pair p = pair_connected(s);
    const char *before = epoch_of(&p.ann);

    redis_server_restart_empty(&s->redis);
    ws_expect_close(p.a, 1012);
    ws_expect_close(p.b, 1012);
    all_ready(s);
    (void)user_expect(&p.ann, 401, "GET", "/api/profile", NULL); /* nobody is known any more */
    struct pair anew = pair_connected(s);                        /* and seq begins at 1 */
    assert_string_not_equal(epoch_of(&anew.ann), before);
}

/* A backup was put back: positions beyond it mean nothing any more. */
static void a_redis_that_came_back_behind_is_a_new_epoch(void **state)
{
    struct stack *s = *state;
    struct pair p = pair_connected(s);
    const char *before = epoch_of(&p.ann);
    const char *aside = fmt("%s/aside", s->dir.path);
    const char *data = fmt("%s/appendonlydir", s->redis.dir);

    redis_server_kill9(&s->redis);
    assert_int_equal(process_run((const char *[]){"cp", "-r", data, aside, NULL}, NULL, NULL, NULL),
                     0);
    redis_server_restart(&s->redis);
    all_ready(s);
    for (int i = 2; i <= 6; i++)
        EXPECT_JSON(send_until_acked(&p, fmt("later%d", i), "x"), "{'seq':%d}", i);
    ws_expect(p.b, "{'type':'message','seq':6}");
    redis_server_kill9(&s->redis);
    temp_dir_remove_tree(data);
    assert_int_equal(process_run((const char *[]){"mv", aside, data, NULL}, NULL, NULL, NULL), 0);
    redis_server_restart(&s->redis);
    all_ready(s);
    ws_send(p.a, "{'type':'send','id':'after','to':'%s','text':'x'}", p.bob.name);
    ws_expect_close(p.a, 1012);
    ws_expect_close(p.b, 1012);
    for (int i = 0; i < s->n_chat; i++)
        WAIT_UNTIL(has_another_epoch(&p.ann, i, before));
}

static int setup(void **state)
{
    *state = stack_start(
        (struct stack_options){.chat_servers = 2, .chat_flags = {"--redis-timeout-ms=500"}});
    redis_server_sync_always(&((struct stack *)*state)->redis);
    return 0;
}

STORY(setup, CASE(without_redis_sending_is_unavailable_and_then_works_again),
      CASE(a_redis_that_hangs_doubles_nothing),
      CASE(who_comes_while_redis_is_away_is_told_to_come_back),
      CASE(restarting_on_the_same_data_is_the_same_epoch),
      CASE(a_redis_that_came_back_empty_is_a_new_epoch),
      CASE(a_redis_that_came_back_behind_is_a_new_epoch))
