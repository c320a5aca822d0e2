/* maxmemory is reached, and nothing may be evicted: what would need memory is refused as unavailable and can be tried
 * again, what only reads goes on, nobody loses a connection or a message, and it heals by itself. */
#include "story.h"

static void fill(struct stack *s)
{
    (void)redis_text(&s->redis, "CONFIG SET maxmemory-policy noeviction maxmemory 1");
}

static void make_room(struct stack *s)
{
    (void)redis_text(&s->redis, "CONFIG SET maxmemory 0");
}

static void messages_are_refused_and_can_be_sent_again(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    struct ws *a = chat_open(&ann, 0);
    struct ws *b = chat_open(&bob, 0);

    ws_send(a, "{'type':'send','id':'m1','to':'%s','text':'before'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'m1','seq':1}");
    ws_expect(b, "{'type':'message','seq':1}");
    fill(s);
    ws_send(a, "{'type':'send','id':'m2','to':'%s','text':'meanwhile'}", bob.name);
    ws_expect(a, "{'type':'error','id':'m2','code':'unavailable','retry':true}");
    ws_send(b, "{'type':'history','id':'h','conversation':'%s'}", direct_id(&ann, &bob));
    ws_expect(b, "{'type':'history','id':'h','messages':[{'seq':1}],'more':false}");
    ws_send(b, "{'type':'ping','id':'p'}");
    ws_expect(b, "{'type':'pong','id':'p'}");
    assert_true(daemon_log_has(&s->chat[0], "OOM")); /* the reason is said */
    make_room(s);
    ws_send(a, "{'type':'send','id':'m2','to':'%s','text':'meanwhile'}", bob.name);
    ws_expect(a, "{'type':'ack','id':'m2','seq':2}");
    ws_expect(b, "{'type':'message','seq':2,'text':'meanwhile'}");
}

static void requests_that_write_are_answered_with_503(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    const char *body = "{'username':'cid-the-late','password':'" USER_PASSWORD "'}";

    fill(s);
    http_expect_problem(s, 503, "unavailable", "POST", "/api/signup", NULL, body);
    assert_non_null(http_header(&s->http.answer, "Retry-After"));
    (void)user_expect_problem(&ann, 503, "unavailable", "POST", "/api/conversations",
                              fmt("{'name':'R','members':['%s']}", bob.name));
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)user_expect(&ann, 200, "GET", "/api/conversations", NULL);
    make_room(s);
    (void)http_expect(s, 201, "POST", "/api/signup", NULL, body);
    (void)user_expect(&ann, 201, "POST", "/api/conversations",
                      fmt("{'name':'R','members':['%s']}", bob.name));
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 1});
    return 0;
}

STORY(setup, CASE(messages_are_refused_and_can_be_sent_again),
      CASE(requests_that_write_are_answered_with_503))
