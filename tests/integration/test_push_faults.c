/* A push comes, and comes once, whatever is killed, cut or restarted between the message and it. */
#include "push_scene.h"
#include "redis_proxy.h"

/* ---- whatever is down */

/* The notification-server is killed when the nth command about the conversation has been run, and its reply is on the
 * way: taken, looked at, accepted, settled. */
static void killed_at(int nth)
{
    struct scene s = begin();
    struct notifier n;
    struct daemon killed;
    struct redis_proxy proxy;
    struct ws *bob = chat_open(&s.bob, 0);

    redis_proxy_start(&proxy, &s.stack->redis);
    open_with(bob, &s.ann, "hi");
    redis_proxy_hold_at_nth(&proxy, s.direct.text, nth);
    daemon_init(&killed, "notification-server", fmt("notification-server-killed-%d", nth),
                &s.stack->dir, proxy.url, (const char *[]){AT_ONCE, NULL});
    daemon_begin(&killed); /* which need not get ready before it comes to this */
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0);
    daemon_kill9(&killed);
    daemon_fini(&killed);
    redis_proxy_stop(&proxy);
    start(&n, &s);
    WAIT_UNTIL(receiver_delivered(&s.r) == 1);
    wait_soon(&s, s.direct.text);
    assert_int_equal(receiver_delivered(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

static void killed_at_any_step_it_comes_once(void **state)
{
    (void)state;
    for (int nth = 1; nth <= 4; nth++)
        killed_at(nth);
}

static void a_chat_server_that_is_killed_has_marked(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct redis_proxy proxy;
    int number = s.stack->n_chat;

    (void)state;
    redis_proxy_start(&proxy, &s.stack->redis);
    stack_add_chat(s.stack, proxy.url, NULL);
    struct ws *bob = chat_open(&s.bob, number);
    open_with(bob, &s.ann, "one");
    start(&n, &s);
    WAIT_UNTIL(receiver_delivered(&s.r) == 1);
    wait_for_rest(&s, s.direct.text); /* so the mark has gone */
    redis_proxy_hold_at(&proxy, "\"two\"");
    ws_send(bob, "{'type':'send','id':'two','conversation':'%s','text':'two'}", s.direct.text);
    WAIT_UNTIL(redis_proxy_held(&proxy) > 0); /* stored, and nobody has heard of it */
    daemon_kill9(&s.stack->chat[number]);
    WAIT_UNTIL(receiver_delivered(&s.r) == 2);
    assert_non_null(strstr(receiver_latest(&s.r), "\"two\""));
    notifier_stop(&n);
    redis_proxy_stop(&proxy);
    end(&s);
}

/* As a client does: the same id until it is acked. */
static void send_until_acked(struct ws *ws, const char *conversation, const char *id)
{
    for (;;) {
        ws_send(ws, "{'type':'send','id':'%s','conversation':'%s','text':'%s'}", id, conversation,
                id);
        json_t *answer = ws_expect(ws, "{'id':'%s'}", id);
        if (strcmp(TEXT_OF(answer, "type"), "ack") == 0)
            return;
        wait_a_little();
    }
}

/* The connection breaks while a message is on its way: nobody knows what became of it, nor of its mark. */
static void a_broken_connection_loses_no_mark(void **state)
{
    static const enum redis_proxy_fault FAULTS[] = {REDIS_PROXY_CUT_AFTER, REDIS_PROXY_CUT_IN_REPLY,
                                                    REDIS_PROXY_CUT_IN_REQUEST,
                                                    REDIS_PROXY_CUT_BEFORE};
    static const char *const TEXTS[] = {"fault-1", "fault-2", "fault-3", "fault-4"};
    struct scene s = begin();
    struct notifier n;
    struct redis_proxy proxy;
    int number = s.stack->n_chat;

    (void)state;
    redis_proxy_start(&proxy, &s.stack->redis);
    stack_add_chat(s.stack, proxy.url, NULL);
    struct ws *bob = chat_open(&s.bob, number);
    open_with(bob, &s.ann, "0");
    start(&n, &s);
    WAIT_UNTIL(receiver_delivered(&s.r) == 1);
    for (size_t i = 0; i < sizeof FAULTS / sizeof FAULTS[0]; i++) {
        wait_soon(&s, s.direct.text); /* it trusts in a mark that is gone: only another helps */
        redis_proxy_fail(&proxy, FAULTS[i]);
        send_until_acked(bob, s.direct.text, TEXTS[i]);
        WAIT_UNTIL(strstr(receiver_latest(&s.r), TEXTS[i]) != NULL);
    }
    notifier_stop(&n);
    redis_proxy_stop(&proxy);
    end(&s);
}

static void redis_restarted_it_comes(void **state)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);

    (void)state;
    redis_server_sync_always(&s.stack->redis);
    start_with(&n, &s, (const char *[]){"--push-delay=2", NULL});
    open_with(bob, &s.ann, "hi");
    redis_server_kill9(&s.stack->redis);
    redis_server_restart(&s.stack->redis);
    WAIT_UNTIL(receiver_delivered(&s.r) == 1);
    wait_soon(&s, s.direct.text);
    assert_int_equal(receiver_delivered(&s.r), 1);
    notifier_stop(&n);
    end(&s);
}

#define MANY 40

/* Bob writes to that many people, each with a webhook. */
static void write_to_many(struct scene *s, struct ws *bob, struct conversation_id *conversations)
{
    for (int i = 0; i < MANY; i++) {
        struct user member = user_new(s->stack, "member");
        (void)webhook_new(&member, &s->r, fmt("/%d", i));
        open_with(bob, &member, "hi");
        conversations[i] = conversation_id_direct(str_of(s->bob.name), str_of(member.name));
    }
}

static void wait_for_many(struct scene *s, const struct conversation_id *conversations)
{
    WAIT_UNTIL(receiver_delivered(&s->r) == MANY);
    for (int i = 0; i < MANY; i++)
        wait_soon(s, conversations[i].text);
    assert_int_equal(receiver_requests(&s->r), MANY);
}

static void two_servers_send_one_each(void **state)
{
    struct scene s = begin();
    struct notifier n[2];
    struct ws *bob = chat_open(&s.bob, 0);
    struct conversation_id conversations[MANY];

    (void)state;
    start(&n[0], &s);
    start(&n[1], &s);
    write_to_many(&s, bob, conversations);
    wait_for_many(&s, conversations);
    notifier_stop(&n[0]);
    notifier_stop(&n[1]);
    end(&s);
}

/* All is written before there is a server: more than it looks at at once. */
static void started_later_with(const char *flag)
{
    struct scene s = begin();
    struct notifier n;
    struct ws *bob = chat_open(&s.bob, 0);
    struct conversation_id conversations[MANY];

    write_to_many(&s, bob, conversations);
    start_with(&n, &s, (const char *[]){AT_ONCE, flag, NULL});
    wait_for_many(&s, conversations);
    notifier_stop(&n);
    end(&s);
}

static void all_waits_until_there_is_a_server(void **state)
{
    (void)state;
    started_later_with(NULL);
}

/* What does not fit into the queue is not forgotten. */
static void a_full_queue_delays(void **state)
{
    (void)state;
    started_later_with("--queue-max=15");
}

STORY(start_stack, CASE(killed_at_any_step_it_comes_once),
      CASE(a_chat_server_that_is_killed_has_marked), CASE(a_broken_connection_loses_no_mark),
      CASE(redis_restarted_it_comes), CASE(two_servers_send_one_each),
      CASE(all_waits_until_there_is_a_server), CASE(a_full_queue_delays))
