/* Several devices of one person, on two chat-servers: each knows what the others sent, read and lost. */
#include "story.h"

#define DEVICES 5

/* A room of Ann, on three devices, and Bob, on two. Both have joined: it is at seq 2. */
struct scene {
    struct stack *stack;
    struct user ann;
    struct user bob;
    struct ws *ann_here, *ann_here_too, *ann_there, *bob_here, *bob_there;
    struct ws *all[DEVICES]; /* these */
    char room[32];
};

static struct scene scene_new(struct stack *s)
{
    struct scene c = {.stack = s, .ann = user_new(s, "ann"), .bob = user_new(s, "bob")};

    (void)snprintf(c.room, sizeof c.room, "%s",
                   room_new(&c.ann, "R", (const struct user *[]){&c.bob, NULL}));
    c.all[0] = c.ann_here = chat_open(&c.ann, 0);
    c.all[1] = c.ann_here_too = chat_open(&c.ann, 0);
    c.all[2] = c.ann_there = chat_open(&c.ann, 1);
    c.all[3] = c.bob_here = chat_open(&c.bob, 0);
    c.all[4] = c.bob_there = chat_open(&c.bob, 1);
    return c;
}

static void say(const struct scene *c, struct ws *ws, const char *id)
{
    ws_send(ws, "{'type':'send','id':'%s','conversation':'%s','text':'x'}", id, c->room);
}

/* The next `n` frames on every device are these messages, or the ack of one's own. */
static void expect_everywhere(const struct scene *c, int first, int n)
{
    for (int i = 0; i < DEVICES; i++)
        for (int seq = first; seq < first + n; seq++)
            ws_expect_next(c->all[i], "{'conversation':'%s','seq':%d}", c->room, seq);
}

static void expect_silence(const struct scene *c)
{
    for (int i = 0; i < DEVICES; i++)
        ws_expect_none(c->all[i], "{}");
}

/* --- messages -------------------------------------------------------------------------------- */

static void every_device_sees_one_sequence(void **state)
{
    enum { MESSAGES = 60 };
    struct scene c = scene_new(*state);

    for (int i = 0; i < MESSAGES; i++)
        say(&c, c.all[i % DEVICES], fmt("m%d", i));
    expect_everywhere(&c, 3, MESSAGES);
    expect_silence(&c);
}

static void an_answer_names_what_it_answers(void **state)
{
    static const char *const ANSWERS[] = {"1", "9007199254740991", "'m1'", "'7'"};
    struct scene c = scene_new(*state);

    for (size_t i = 0; i < sizeof ANSWERS / sizeof ANSWERS[0]; i++) {
        ws_send(c.ann_here,
                "{'type':'send','id':'m%zu','conversation':'%s','text':'x','reply_to':%s}", i,
                c.room, ANSWERS[i]);
        for (int device = 1; device < DEVICES; device++)
            ws_expect_next(c.all[device], "{'type':'message','id':'m%zu','reply_to':%s}", i,
                           ANSWERS[i]);
    }
    json_t *page = user_expect(&c.bob, 200, "GET",
                               fmt("/api/conversations/%s/messages?after=2", c.room), NULL);
    EXPECT_JSON(page,
                "{'messages':[{'reply_to':%s},{'reply_to':%s},{'reply_to':%s},{'reply_to':%s}]}",
                ANSWERS[0], ANSWERS[1], ANSWERS[2], ANSWERS[3]);
}

/* Whichever device and server it comes from; but in another conversation it is another id. */
static void an_id_stands_for_its_content_everywhere(void **state)
{
    static const char *const OTHERS[] = {
        "'text':'one','data':{'n':1},'reply_to':2",
        "'text':'one','data':{'n':1}",
        "'text':'one','data':{'n':2},'reply_to':1",
        "'text':'one','reply_to':1",
        "'data':{'n':1},'reply_to':1",
        "'text':'two','data':{'n':1},'reply_to':1",
        "'text':'one','data':{'n':1},'reply_to':'1'",
    };
    static const char FIRST[] = "'text':'one','data':{'n':1},'reply_to':1";
    struct scene c = scene_new(*state);

    ws_send(c.ann_here, "{'type':'send','id':'i','conversation':'%s',%s}", c.room, FIRST);
    json_t *ack = ws_expect_next(c.ann_here, "{'type':'ack','id':'i','seq':3,'duplicate':null}");
    for (int device = 1; device < DEVICES; device++)
        ws_expect_next(c.all[device], "{'type':'message','id':'i','seq':3}");
    for (size_t i = 0; i < sizeof OTHERS / sizeof OTHERS[0]; i++)
        for (int device = 0; device < 3; device++) {
            ws_send(c.all[device], "{'type':'send','id':'i','conversation':'%s',%s}", c.room,
                    OTHERS[i]);
            ws_expect_next(c.all[device],
                           "{'type':'error','id':'i','code':'id_reused','retry':false}");
        }
    for (int device = 0; device < 3; device++) {
        ws_send(c.all[device], "{'type':'send','id':'i','conversation':'%s',%s}", c.room, FIRST);
        ws_expect_next(c.all[device], "{'type':'ack','seq':3,'time':%lld,'duplicate':true}",
                       INT_OF(ack, "time"));
    }
    expect_silence(&c);
    ws_send(c.ann_there, "{'type':'send','id':'i','to':'%s','text':'two'}", c.bob.name);
    ws_expect(c.ann_there, "{'type':'ack','id':'i','conversation':'%s','seq':1,'duplicate':null}",
              direct_id(&c.ann, &c.bob));
}

/* Two devices say different things under one id at once: one of them wins, everywhere. */
static void one_of_two_contents_wins(void **state)
{
    enum { ROUNDS = 30 };
    struct scene c = scene_new(*state);

    for (int i = 0; i < ROUNDS; i++) {
        ws_send(c.ann_here, "{'type':'send','id':'i%d','conversation':'%s','text':'here'}", i,
                c.room);
        ws_send(c.ann_there, "{'type':'send','id':'i%d','conversation':'%s','text':'there'}", i,
                c.room);
    }
    for (int i = 0; i < ROUNDS; i++) {
        const char *here = TEXT_OF(ws_expect(c.ann_here, "{'id':'i%d','from':null}", i), "type");
        const char *there = TEXT_OF(ws_expect(c.ann_there, "{'id':'i%d','from':null}", i), "type");
        bool here_won = strcmp(here, "ack") == 0;
        assert_string_equal(here_won ? there : here, "error");
        assert_string_equal(here_won ? here : there, "ack");
        ws_expect(here_won ? c.ann_there : c.ann_here, "{'type':'message','id':'i%d'}", i);
        for (int device = 1; device < DEVICES; device++)
            if (c.all[device] != c.ann_there)
                ws_expect(c.all[device], "{'type':'message','id':'i%d','text':'%s'}", i,
                          here_won ? "here" : "there");
    }
    expect_silence(&c);
}

/* --- read and received ----------------------------------------------------------------------- */

/* In `ready` on both servers and over HTTP. */
static void expect_unread(const struct scene *c, const struct user *u, int seq, int read)
{
    const char *pattern =
        fmt("{'id':'%s','seq':%d,'read':%d,'unread':%d}", c->room, seq, read, seq - read);
    json_t *list = user_expect(u, 200, "GET", "/api/conversations", NULL);

    EXPECT_JSON(list, "{'conversations':[%s]}", pattern);
    for (int chat = 0; chat < 2; chat++) {
        json_t *ready;
        struct ws *ws = chat_open_ready(u, chat, &ready);
        EXPECT_JSON(ready, "{'conversations':[%s]}", pattern);
        stack_hang_up(c->stack, ws);
    }
}

static void mark(const struct scene *c, struct ws *ws, const char *what, int seq)
{
    ws_send(ws, "{'type':'%s','conversation':'%s','seq':%d}", what, c->room, seq);
}

/* `read` and `received`: a seq, or "null". */
static void expect_receipt(const struct scene *c, const struct user *u, const char *read,
                           const char *received)
{
    for (int i = 0; i < DEVICES; i++)
        ws_expect_next(c->all[i],
                       "{'type':'receipt','conversation':'%s','user':'%s','read':%s,'received':%s,"
                       "'seq':null}",
                       c->room, u->name, read, received);
}

static void what_one_device_has_read_all_know(void **state)
{
    struct scene c = scene_new(*state);

    for (int i = 0; i < 5; i++)
        say(&c, c.bob_here, fmt("m%d", i));
    expect_everywhere(&c, 3, 5);
    expect_unread(&c, &c.ann, 7, 2);
    mark(&c, c.ann_here, "received", 4);
    expect_receipt(&c, &c.ann, "null", "4");
    mark(&c, c.ann_there, "read", 5); /* what was read has arrived */
    expect_receipt(&c, &c.ann, "5", "5");
    mark(&c, c.ann_here_too, "received", 7);
    expect_receipt(&c, &c.ann, "null", "7");
    mark(&c, c.ann_here, "read", 6);
    expect_receipt(&c, &c.ann, "6", "null");
    expect_unread(&c, &c.ann, 7, 6);
    expect_unread(&c, &c.bob, 7, 7); /* who writes has read */
}

static void markers_move_forward_only(void **state)
{
    struct scene c = scene_new(*state);

    for (int i = 0; i < 5; i++)
        say(&c, c.bob_here, fmt("m%d", i));
    expect_everywhere(&c, 3, 5);
    mark(&c, c.ann_here, "read", 5);
    expect_receipt(&c, &c.ann, "5", "5");
    for (int device = 0; device < 3; device++)
        for (int seq = 0; seq <= 5; seq++) {
            mark(&c, c.all[device], "read", seq);
            mark(&c, c.all[device], "received", seq);
        }
    mark(&c, c.bob_there, "received", 7); /* his own messages: it moves only this */
    expect_receipt(&c, &c.bob, "null", "7");
    mark(&c, c.bob_here, "read", 1);
    expect_silence(&c);
    expect_unread(&c, &c.ann, 7, 5);
    expect_unread(&c, &c.bob, 7, 7);
}

static void markers_do_not_pass_the_end(void **state)
{
    struct scene c = scene_new(*state);

    say(&c, c.bob_here, "m1");
    expect_everywhere(&c, 3, 1);
    for (int device = 0; device < 3; device++)
        for (int past = 4; past < 1000; past += 500) {
            mark(&c, c.all[device], "read", past);
            ws_expect_next(c.all[device], "{'type':'error','code':'invalid_field','field':'seq'}");
            mark(&c, c.all[device], "received", past);
            ws_expect_next(c.all[device], "{'type':'error','code':'invalid_field','field':'seq'}");
        }
    expect_silence(&c);
    expect_unread(&c, &c.ann, 3, 2);
    say(&c, c.bob_here, "m2");
    expect_everywhere(&c, 4, 1);
    mark(&c, c.ann_there, "read", 4);
    expect_receipt(&c, &c.ann, "4", "4");
    expect_unread(&c, &c.ann, 4, 4);
}

/* Two devices on two servers at once, one of them backwards: what is told only grows, up to the furthest. */
static void what_is_told_of_a_marker_only_grows(void **state)
{
    enum { MESSAGES = 40, LAST = 2 + MESSAGES };
    struct scene c = scene_new(*state);

    for (int i = 0; i < MESSAGES; i++)
        say(&c, c.bob_here, fmt("m%d", i));
    expect_everywhere(&c, 3, MESSAGES);
    for (int i = 0; i < MESSAGES; i++) {
        mark(&c, c.ann_here, "read", 3 + i);
        mark(&c, c.ann_there, "read", 3 + MESSAGES / 2 - i / 2);
    }
    for (int device = 0; device < DEVICES; device++) {
        long long read = 2;
        while (read < LAST) {
            json_t *receipt = ws_expect_next(
                c.all[device], "{'type':'receipt','user':'%s','read':'*'}", c.ann.name);
            assert_true(INT_OF(receipt, "read") > read);
            read = INT_OF(receipt, "read");
        }
    }
    expect_silence(&c);
    expect_unread(&c, &c.ann, LAST, LAST);
}

/* --- coming and going ------------------------------------------------------------------------ */

static const char *member_path(const struct scene *c, const struct user *u)
{
    return fmt("/api/conversations/%s/members/%s", c->room, u->name);
}

static void a_change_reaches_every_device(void **state)
{
    struct scene c = scene_new(*state);
    struct user cid = user_new(*state, "cid");
    struct ws *cids[] = {chat_open(&cid, 0), chat_open(&cid, 1)};

    (void)user_expect(&c.ann, 201, "PUT", member_path(&c, &cid), NULL);
    for (int i = 0; i < 2; i++) {
        ws_expect_next(cids[i],
                       "{'type':'conversation','conversation':{'id':'%s','kind':'room','name':'R',"
                       "'members_count':3,'seq':2}}",
                       c.room);
        ws_expect_next(cids[i],
                       "{'type':'member','seq':3,'action':'joined','user':'%s','by':'%s',"
                       "'role':'member','time':'*'}",
                       cid.name, c.ann.name);
    }
    expect_everywhere(&c, 3, 1);
    (void)user_expect(&c.ann, 200, "PUT", member_path(&c, &cid), "{'role':'admin'}");
    for (int i = 0; i < 2; i++)
        ws_expect_next(cids[i],
                       "{'type':'member','seq':4,'action':'role','user':'%s','by':'%s',"
                       "'role':'admin'}",
                       cid.name, c.ann.name);
    expect_everywhere(&c, 4, 1);
    (void)user_expect(&cid, 200, "PATCH", fmt("/api/conversations/%s", c.room), "{'name':'S'}");
    for (int i = 0; i < 2; i++)
        ws_expect_next(cids[i], "{'type':'conversation','conversation':{'id':'%s','name':'S'}}",
                       c.room);
    for (int i = 0; i < DEVICES; i++)
        ws_expect_next(c.all[i],
                       "{'type':'conversation','conversation':{'id':'%s','name':'S',"
                       "'members_count':3,'seq':4}}",
                       c.room);
    (void)user_expect(&cid, 204, "DELETE", member_path(&c, &cid), NULL);
    for (int i = 0; i < 2; i++) {
        ws_expect_next(cids[i], "{'type':'member','seq':5,'action':'left','user':'%s'}", cid.name);
        ws_expect_none(cids[i], "{}");
    }
    expect_everywhere(&c, 5, 1);
}

/* What a device of somebody sees who is removed and added again and again while others talk: from each
 * `conversation` on everything, up to the removal and no further. */
struct guest {
    struct ws *ws;
    bool inside;
    long long seq;
    int times;
};

static void guest_sees(struct guest *g, const struct user *u, const json_t *frame)
{
    const char *type = TEXT_OF(frame, "type");

    if (strcmp(type, "conversation") == 0) {
        long long seq = INT_OF(ITEM_OF(frame, "conversation"), "seq");
        if (g->inside && seq > g->seq)
            fail_at(HERE, "what is between %lld and %lld?", g->seq, seq);
        if (!g->inside)
            g->seq = seq;
        g->times += !g->inside;
        g->inside = true;
        return;
    }
    if (!g->inside || INT_OF(frame, "seq") != g->seq + 1)
        fail_at(HERE, "%s after %lld: %s", g->inside ? "inside" : "outside", g->seq,
                match_show(frame));
    g->seq++;
    if (strcmp(type, "member") == 0 && strcmp(TEXT_OF(frame, "user"), u->name) == 0)
        g->inside = strcmp(TEXT_OF(frame, "action"), "removed") != 0;
}

static void removed_and_added_while_others_talk(void **state)
{
    enum { ROUNDS = 10, EACH = 30 };
    struct scene c = scene_new(*state);
    struct user cid = user_new(*state, "cid");
    struct guest guests[] = {{.ws = chat_open(&cid, 0)}, {.ws = chat_open(&cid, 1)}};
    int sent = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EACH; i++)
            say(&c, c.all[i % DEVICES], fmt("m%d", sent++));
        (void)user_expect(&c.ann, 201, "PUT", member_path(&c, &cid), NULL);
        for (int i = 0; i < EACH; i++)
            say(&c, c.all[i % DEVICES], fmt("m%d", sent++));
        (void)user_expect(&c.ann, 204, "DELETE", member_path(&c, &cid), NULL);
    }
    (void)user_expect(&c.ann, 201, "PUT", member_path(&c, &cid), NULL);
    int last = 2 + sent + 2 * ROUNDS + 1;
    for (int g = 0; g < 2; g++) {
        while (!guests[g].inside || guests[g].seq < last)
            guest_sees(&guests[g], &cid, ws_take(guests[g].ws));
        assert_in_range(guests[g].times, 1, ROUNDS + 1);
        ws_expect_none(guests[g].ws, "{'seq':'*'}");
    }
}

/* From the moment that the removal is answered, whatever was on its way. */
static void who_was_removed_hears_nothing_said_afterwards(void **state)
{
    struct scene c = scene_new(*state);

    for (int i = 0; i < 50; i++)
        say(&c, c.ann_here, fmt("m%d", i));
    (void)user_expect(&c.ann, 204, "DELETE", member_path(&c, &c.bob), NULL);
    for (int i = 0; i < 50; i++)
        ws_send(c.ann_there, "{'type':'send','id':'a%d','conversation':'%s','text':'after'}", i,
                c.room);
    ws_expect(c.ann_there, "{'type':'ack','id':'a49'}");
    json_t *said_after = match_pattern(HERE, "{'text':'after'}");
    for (int device = 3; device < DEVICES; device++) {
        json_t *frame;
        do {
            frame = ws_take(c.all[device]);
            if (match(frame, said_after))
                fail_at(HERE, "heard: %s", match_show(frame));
        } while (strcmp(TEXT_OF(frame, "type"), "member") != 0);
        EXPECT_JSON(frame, "{'action':'removed','user':'%s'}", c.bob.name);
        ws_expect_nothing(c.all[device], 200); /* what another server might still send */
    }
    json_decref(said_after);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.chat_servers = 2});
    return 0;
}

STORY(setup, CASE(every_device_sees_one_sequence), CASE(an_answer_names_what_it_answers),
      CASE(an_id_stands_for_its_content_everywhere), CASE(one_of_two_contents_wins),
      CASE(what_one_device_has_read_all_know), CASE(markers_move_forward_only),
      CASE(markers_do_not_pass_the_end), CASE(what_is_told_of_a_marker_only_grows),
      CASE(a_change_reaches_every_device), CASE(removed_and_added_while_others_talk),
      CASE(who_was_removed_hears_nothing_said_afterwards))
