/* Redis comes back empty under a crowd that talks over two chat-servers of two workers: all are told
 * so, whoever comes back is told of a new epoch, and nothing of the old one is claimed any more. */
#include "story.h"

#define USERS 8
#define DEVICES 3 /* of each, on both servers: every worker has some of them */
#define SERVERS 2
#define MESSAGES 5

struct person {
    struct user user;
    struct ws *devices[DEVICES];
};

struct crowd {
    struct stack *stack;
    struct person people[USERS];
    char room[32];
    char direct[32]; /* of the first two */
    char epoch[65];
    long long top; /* of the room */
};

static struct person *first(struct crowd *c)
{
    return &c->people[0];
}

static struct ws *connect_device(const struct user *u, int device, json_t **ready_out)
{
    return chat_open_ready(u, device % SERVERS, ready_out);
}

static void crowd_connect(struct crowd *c)
{
    json_t *ready;

    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < DEVICES; k++)
            c->people[i].devices[k] = connect_device(&c->people[i].user, i + k, &ready);
    (void)snprintf(c->epoch, sizeof c->epoch, "%s", TEXT_OF(ready, "epoch"));
}

static void crowd_new(struct crowd *c, struct stack *s)
{
    const struct user *others[USERS] = {NULL};

    *c = (struct crowd){.stack = s};
    for (int i = 0; i < USERS; i++)
        c->people[i].user = user_new(s, "crowd");
    for (int i = 1; i < USERS; i++)
        others[i - 1] = &c->people[i].user;
    (void)snprintf(c->room, sizeof c->room, "%s", room_new(&first(c)->user, "R", others));
    (void)snprintf(c->direct, sizeof c->direct, "%s",
                   direct_id(&first(c)->user, &c->people[1].user));
}

/* Everybody says something, and all is acked. */
static void crowd_talks(struct crowd *c)
{
    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < MESSAGES; k++)
            ws_send(c->people[i].devices[0],
                    "{'type':'send','id':'m%d.%d','conversation':'%s','text':'x'}", i, k, c->room);
    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < MESSAGES; k++) {
            json_t *ack = ws_expect(c->people[i].devices[0], "{'type':'ack','id':'m%d.%d'}", i, k);
            c->top = INT_OF(ack, "seq") > c->top ? INT_OF(ack, "seq") : c->top;
        }
    ws_send(first(c)->devices[0], "{'type':'send','id':'d','to':'%s','text':'x'}",
            c->people[1].user.name);
    ws_expect(first(c)->devices[0], "{'type':'ack','id':'d','seq':1}");
}

/* What is on its way just then may be stored or not, and answered or not. */
static void the_store_is_lost(struct crowd *c)
{
    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < DEVICES; k++)
            ws_send(c->people[i].devices[k],
                    "{'type':'send','id':'late%d.%d','conversation':'%s','text':'x'}", i, k,
                    c->room);
    redis_server_restart_empty(&c->stack->redis);
    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < DEVICES; k++)
            ws_expect_close(c->people[i].devices[k], 1012);
    daemon_wait_ready(&c->stack->api);
    for (int i = 0; i < SERVERS; i++)
        daemon_wait_ready(&c->stack->chat[i]);
}

static void sync_from(struct crowd *c, struct ws *ws, const char *epoch)
{
    ws_send(ws, "{'type':'sync','id':'s','epoch':'%s','positions':{'%s':%lld,'%s':1}}", epoch,
            c->room, c->top / 2, c->direct);
}

/* Waits for the first frame or the end. A worker that was busy with nobody may not have found Redis
 * again yet: then another try. */
static struct ws *knock(struct crowd *c, int device, const char *token)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    for (;;) {
        struct ws *ws = stack_socket(c->stack, device % SERVERS, "");
        ws_send(ws, "{'type':'auth','token':'%s'}", token);
        sync_from(c, ws, c->epoch);
        while (json_array_size(ws->queue) == 0 && !ws_ended(ws))
            ws_receive(ws, 100);
        if (ws->core.close_code != 1013 || clock_mono_ms() > deadline)
            return ws;
        stack_hang_up(c->stack, ws);
    }
}

/* Nobody is known any more: the same names again. */
static void crowd_signs_up_again(struct crowd *c)
{
    for (int i = 0; i < USERS; i++) {
        struct user *u = &c->people[i].user;
        ws_expect_close(knock(c, i, u->access), 4401);
        user_take_tokens(
            u, http_expect(c->stack, 201, "POST", "/api/signup", NULL,
                           fmt("{'username':'%s','password':'" USER_PASSWORD "'}", u->name)));
    }
}

static void expect_nothing_recovered(struct crowd *c, struct ws *ws, const char *epoch,
                                     long long direct_seq)
{
    ws_expect_next(ws,
                   "{'type':'synced','id':'s','epoch':'%s','conversations':{"
                   "'%s':{'recovered':false,'seq':0},'%s':{'recovered':false,'seq':%lld}}}",
                   epoch, c->room, c->direct, direct_seq);
}

/* The old sync goes right behind `auth`, as a client does that does not know yet. Returns the new
 * epoch. */
static const char *comes_back(struct crowd *c, struct person *p, int device)
{
    struct ws *ws = knock(c, device, p->user.access);
    json_t *ready = ws_expect_next(ws, "{'type':'ready','conversations':[]}");
    const char *epoch = fmt("%s", TEXT_OF(ready, "epoch"));
    assert_string_not_equal(epoch, c->epoch);
    expect_nothing_recovered(c, ws, epoch, 0);
    p->devices[device % DEVICES] = ws;
    return epoch;
}

static void nothing_is_there(struct crowd *c, struct ws *ws)
{
    ws_send(ws, "{'type':'history','id':'h','conversation':'%s'}", c->room);
    ws_expect_next(ws, "{'type':'error','id':'h','code':'not_found'}");
    ws_send(ws, "{'type':'send','id':'m0.0','conversation':'%s','text':'x'}", c->room);
    ws_expect_next(ws, "{'type':'error','id':'m0.0','code':'not_found'}");
    ws_send(ws, "{'type':'read','conversation':'%s','seq':1}", c->room);
    ws_expect_next(ws, "{'type':'error','code':'not_found'}");
}

/* As a client does: again under the same id when it may not have been stored. */
static void first_word_anew(struct ws *ws, const struct user *to)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    json_t *answer;

    do {
        ws_send(ws, "{'type':'send','id':'d','to':'%s','text':'x'}", to->name);
        answer = ws_expect(ws, "{'id':'d'}");
    } while (json_is_true(json_object_get(answer, "retry")) && clock_mono_ms() < deadline);
    EXPECT_JSON(answer, "{'type':'ack','seq':1}");
}

/* The direct conversation has its old name, and begins anew. */
static void the_first_two_begin_anew(struct crowd *c, const char *epoch)
{
    first_word_anew(first(c)->devices[0], &c->people[1].user);
    for (int i = 0; i < DEVICES; i++)
        ws_expect(c->people[1].devices[i], "{'type':'message','conversation':'%s','seq':1}",
                  c->direct);
    for (int i = 0; i < DEVICES; i++) {
        struct ws *ws = connect_device(&c->people[1].user, i, NULL);
        sync_from(c, ws, c->epoch);
        expect_nothing_recovered(c, ws, epoch, 1);
        ws_send(ws, "{'type':'sync','id':'s','epoch':'%s','positions':{'%s':7}}", epoch, c->direct);
        ws_expect_next(ws, "{'type':'synced','conversations':{'%s':{'recovered':false,'seq':1}}}",
                       c->direct);
    }
}

static void an_emptied_store_is_told_to_everybody(void **state)
{
    struct crowd c;
    const char *epoch = NULL;

    crowd_new(&c, *state);
    crowd_connect(&c);
    crowd_talks(&c);
    the_store_is_lost(&c);
    crowd_signs_up_again(&c);
    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < DEVICES; k++) {
            const char *told = comes_back(&c, &c.people[i], i * DEVICES + k);
            if (epoch != NULL)
                assert_string_equal(told, epoch);
            epoch = told;
        }
    for (int i = 0; i < USERS; i++)
        for (int k = 0; k < DEVICES; k++)
            nothing_is_there(&c, c.people[i].devices[k]);
    the_first_two_begin_anew(&c, epoch);
}

/* Twice in a row: the second time they have only just come back. */
static void and_again(void **state)
{
    an_emptied_store_is_told_to_everybody(state);
}

/* A busy disk may make Redis slow, which is not the story here. */
static int setup(void **state)
{
    *state = stack_start((struct stack_options){
        .chat_servers = SERVERS, .chat_flags = {"--workers=2", "--redis-timeout-ms=20000"}});
    return 0;
}

STORY(setup, CASE(an_emptied_store_is_told_to_everybody), CASE(and_again))
