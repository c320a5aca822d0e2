/* A few users who all see each other come, go and change on three presence-servers, while those are killed and lose
 * touch with Redis. Once it is quiet, everybody sees everybody as they are. */
#include "presence_scene.h"

#define USERS 6
#define SERVERS 3
#define SLOTS 18
#define STEPS 300
#define KILL_EACH 100
#define CUT_EACH 7

static const char *const WORDS[] = {"invisible", "busy", "away", "online"};
static const char *const SEEN[] = {"offline", "busy", "away", "online"};

struct slot { /* a connection, or none */
    struct ws *ws;
    int user;
    int server;
    int status;       /* index of WORDS */
    int views[USERS]; /* of SEEN */
};

struct chaos {
    struct stack *s;
    struct user users[USERS];
    struct slot slots[SLOTS];
    unsigned random;
};

static unsigned draw(struct chaos *c, unsigned n)
{
    c->random = c->random * 1103515245 + 12345;
    return (c->random >> 16) % n;
}

/* ---- what a connection sees ---- */

static int user_called(const struct chaos *c, const char *name)
{
    for (int i = 0; i < USERS; i++)
        if (strcmp(c->users[i].name, name) == 0)
            return i;
    fail_at(HERE, "who is %s?", name);
}

static int seen_as(const char *word)
{
    int i = 0;

    while (strcmp(SEEN[i], word) != 0)
        i++;
    return i;
}

static void see(const struct chaos *c, struct slot *slot, const json_t *what)
{
    slot->views[user_called(c, TEXT_OF(what, "user"))] = seen_as(TEXT_OF(what, "status"));
}

static void look(const struct chaos *c, struct slot *slot)
{
    size_t i;
    const json_t *frame;

    ws_receive(slot->ws, 0);
    json_array_foreach(slot->ws->queue, i, frame)
    {
        const char *type = TEXT_OF(frame, "type");
        if (strcmp(type, "presence") == 0)
            see(c, slot, frame);
        else if (strcmp(type, "contact") == 0)
            fail_at(HERE, "nobody has changed contacts: %s", match_show(frame));
    }
    ws_forget(slot->ws);
}

static void look_everywhere(struct chaos *c)
{
    for (int i = 0; i < SLOTS; i++)
        if (c->slots[i].ws != NULL)
            look(c, &c->slots[i]);
}

/* ---- what they are ---- */

static int truth(const struct chaos *c, int user)
{
    int best = 0;

    for (int i = 0; i < SLOTS; i++)
        if (c->slots[i].ws != NULL && c->slots[i].user == user && c->slots[i].status > best)
            best = c->slots[i].status;
    return best;
}

static bool all_see_the_truth(struct chaos *c)
{
    bool good = true;

    look_everywhere(c);
    for (int i = 0; i < SLOTS; i++)
        for (int user = 0; user < USERS && c->slots[i].ws != NULL; user++)
            good = good && (user == c->slots[i].user || c->slots[i].views[user] == truth(c, user));
    return good;
}

/* ---- what they do ---- */

static void hang_up(struct chaos *c, struct slot *slot)
{
    stack_hang_up(c->s, slot->ws);
    slot->ws = NULL;
}

static void come_in(struct chaos *c, struct slot *slot)
{
    const struct user *u = &c->users[slot->user = (int)draw(c, USERS)];
    json_t *ready = NULL;
    size_t i;
    const json_t *contact;

    slot->server = (int)draw(c, SERVERS);
    while (ready == NULL) { /* it may be refused while Redis is away */
        slot->ws = stack_presence_socket(c->s, slot->server,
                                         fmt("Authorization: Bearer %s\r\n", u->access));
        WAIT_UNTIL((ws_receive(slot->ws, 10), json_array_size(slot->ws->queue) > 0) ||
                   ws_ended(slot->ws));
        if (json_array_size(slot->ws->queue) > 0)
            ready = ws_expect_next(slot->ws, "{'type':'ready'}");
        else
            hang_up(c, slot);
    }
    slot->status = 3;
    assert_int_equal(json_array_size(ITEM_OF(ready, "contacts")), USERS - 1);
    json_array_foreach(ITEM_OF(ready, "contacts"), i, contact) see(c, slot, contact);
}

static void change(struct chaos *c, struct slot *slot)
{
    slot->status = (int)draw(c, 4);
    ws_send(slot->ws, "{'type':'status','status':'%s','text':'%u'}", WORDS[slot->status],
            draw(c, 1000));
}

static void kill_one(struct chaos *c)
{
    int server = (int)draw(c, SERVERS);

    daemon_kill9(&c->s->presence[server]);
    for (int i = 0; i < SLOTS; i++)
        if (c->slots[i].ws != NULL && c->slots[i].server == server)
            hang_up(c, &c->slots[i]);
    daemon_up(&c->s->presence[server]);
}

static void step(struct chaos *c, int number)
{
    struct slot *slot = &c->slots[draw(c, SLOTS)];

    if (slot->ws == NULL)
        come_in(c, slot);
    else if (draw(c, 4) == 0)
        hang_up(c, slot);
    else
        change(c, slot);
    if (number % KILL_EACH == KILL_EACH - 1)
        kill_one(c);
    if (number % CUT_EACH == CUT_EACH - 1)
        (void)redis_do(&c->s->redis, "CLIENT KILL TYPE %s SKIPME yes",
                       draw(c, 5) ? "pubsub" : "normal");
    look_everywhere(c);
}

static void after_all_of_it_everybody_sees_everybody_as_they_are(void **state)
{
    struct chaos *c = *state;

    for (int i = 0; i < USERS; i++) {
        c->users[i] = user_new(c->s, "user");
        for (int j = 0; j < i; j++)
            befriend(&c->users[i], &c->users[j]);
    }
    for (int i = 0; i < STEPS; i++)
        step(c, i);
    WAIT_UNTIL(all_see_the_truth(c));
    for (int i = 0; i < SLOTS; i++) { /* and one device after the other leaves */
        if (c->slots[i].ws != NULL)
            hang_up(c, &c->slots[i]);
        if (i % 6 == 5)
            WAIT_UNTIL(all_see_the_truth(c));
    }
}

static int setup(void **state)
{
    static struct chaos chaos = {.random = 4711};

    chaos.s = stack_start(
        (struct stack_options){.presence_servers = SERVERS,
                               .presence_flags = {"--offline-grace=1", "--node-timeout-s=2"}});
    *state = &chaos;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct chaos *c = *state;

    stack_stop(c->s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(after_all_of_it_everybody_sees_everybody_as_they_are),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
