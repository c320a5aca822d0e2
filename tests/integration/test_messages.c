/* Pages of history over HTTP, and the export. */
#include "story.h"

#define MESSAGES 25

struct hall {
    struct stack *stack;
    struct user ann;
    struct user bob;
    char room[32]; /* 2 member records, then MESSAGES messages: "text 3" is seq 3 */
};

static const char *messages_path(const char *id, const char *query)
{
    return fmt("/api/conversations/%s/messages%s", id, query);
}

/* A page's first and last seq, checked to be dense: "3-7 more" */
static const char *page(const struct hall *h, const char *query)
{
    json_t *answer = user_expect(&h->bob, 200, "GET", messages_path(h->room, query), NULL);
    json_t *list = ITEM_OF(answer, "messages");
    const char *more = json_is_true(ITEM_OF(answer, "more")) ? " more" : "";
    size_t n = json_array_size(list);

    if (n == 0)
        return fmt("empty%s", more);
    long long first = INT_OF(json_array_get(list, 0), "seq");
    for (size_t i = 0; i < n; i++)
        EXPECT_JSON(json_array_get(list, i), "{'seq':%lld,'conversation':'%s','type':'%s'}",
                    first + (long long)i, h->room,
                    first + (long long)i <= 2 ? "member" : "message");
    return fmt("%lld-%lld%s", first, first + (long long)n - 1, more);
}

static void pages_go_both_ways(void **state)
{
    const struct hall *h = *state;

    assert_string_equal(page(h, ""), "1-27");
    assert_string_equal(page(h, "?limit=10"), "18-27 more");
    assert_string_equal(page(h, "?limit=10&before=18"), "8-17 more");
    assert_string_equal(page(h, "?limit=10&before=8"), "1-7");
    assert_string_equal(page(h, "?limit=7&before=8"), "1-7");
    assert_string_equal(page(h, "?before=1"), "empty");
    assert_string_equal(page(h, "?after=0&limit=5"), "1-5 more");
    assert_string_equal(page(h, "?after=20&limit=5"), "21-25 more");
    assert_string_equal(page(h, "?after=22&limit=5"), "23-27");
    assert_string_equal(page(h, "?after=27"), "empty");
    assert_string_equal(page(h, "?after=1000"), "empty");
    assert_string_equal(page(h, "?limit=200"), "1-27");
    assert_string_equal(page(h, "?limit=1"), "27-27 more");
}

/* The newest page may come from a cache: it must never be an old one. */
static void a_page_asked_again_is_never_stale(void **state)
{
    struct hall *h = *state;
    const char *room = room_new(&h->ann, "Fast", (const struct user *[]){&h->bob, NULL});
    struct ws *ws = chat_open(&h->ann, 0);

    for (int seq = 3; seq < 20; seq++) {
        ws_send(ws, "{'type':'send','id':'f%d','conversation':'%s','text':'x'}", seq, room);
        ws_expect(ws, "{'type':'ack','id':'f%d','seq':%d}", seq, seq);
        for (int again = 0; again < 2; again++) {
            json_t *list =
                ITEM_OF(user_expect(&h->bob, 200, "GET", messages_path(room, "?limit=2"), NULL),
                        "messages");
            EXPECT_JSON(json_array_get(list, 1), "{'seq':%d}", seq);
        }
    }
    (void)user_expect(&h->ann, 204, "DELETE",
                      fmt("/api/conversations/%s/members/%s", room, h->bob.name), NULL);
    (void)user_expect_problem(&h->bob, 404, "not_found", "GET", messages_path(room, "?limit=2"),
                              NULL);
}

static void what_was_sent_is_what_is_kept(void **state)
{
    const struct hall *h = *state;

    EXPECT_JSON(user_expect(&h->bob, 200, "GET", messages_path(h->room, "?after=4&limit=1"), NULL),
                "{'messages':[{'type':'message','conversation':'%s','seq':5,'id':'m5','from':'%s','"
                "text':'text 5',"
                "'time':'*'}]}",
                h->room, h->ann.name);
}

static void bad_questions_are_refused(void **state)
{
    const struct hall *h = *state;
    static const char *const CASES[][2] = {
        {"limit", "?limit=0"},
        {"limit", "?limit=201"},
        {"limit", "?limit=ten"},
        {"limit", "?limit="},
        {"before", "?before=x"},
        {"before", "?before=-1"},
        {"after", "?after=-1"},
        {"after", "?after=1.5"},
        {"before", "?before=99999999999999999999"},
        {"*", "?before=5&after=2"},
    };

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct http_answer *a =
            http_do(h->stack, "GET", messages_path(h->room, CASES[i][1]), h->bob.access, NULL);
        if (a->status != 422)
            fail_at(HERE, "%d for %s", a->status, CASES[i][1]);
        EXPECT_JSON(a->json, "{'code':'invalid_field','field':'%s'}", CASES[i][0]);
    }
}

static void strangers_and_former_members_read_nothing(void **state)
{
    struct hall *h = *state;
    struct user eve = user_new(h->stack, "eve");

    (void)user_expect_problem(&eve, 404, "not_found", "GET", messages_path(h->room, ""), NULL);
    (void)http_expect_problem(h->stack, 401, "unauthenticated", "GET", messages_path(h->room, ""),
                              NULL, NULL);
    (void)user_expect(&h->ann, 201, "PUT",
                      fmt("/api/conversations/%s/members/%s", h->room, eve.name), NULL);
    (void)user_expect(&eve, 200, "GET", messages_path(h->room, ""), NULL);
    (void)user_expect(&h->ann, 204, "DELETE",
                      fmt("/api/conversations/%s/members/%s", h->room, eve.name), NULL);
    (void)user_expect_problem(&eve, 404, "not_found", "GET", messages_path(h->room, ""), NULL);
}

static void the_export_holds_everything_about_the_user(void **state)
{
    struct hall *h = *state;
    struct ws *ws = chat_open(&h->ann, 0);

    ws_send(ws, "{'type':'send','id':'d1','to':'%s','text':'just for you'}", h->bob.name);
    ws_expect(ws, "{'type':'ack','id':'d1'}");
    (void)user_expect(&h->ann, 200, "PATCH", "/api/profile", "{'about':'my own words'}");
    json_t *all = user_expect(&h->ann, 200, "GET", "/api/profile/export", NULL);
    EXPECT_JSON(all, "{'profile':{'username':'%s','about':'my own words'},'exported':'*'}",
                h->ann.name);
    assert_non_null(match_find(ITEM_OF(all, "sessions"), fmt("{'id':'%s'}", h->ann.session)));
    json_t *room = match_find(ITEM_OF(all, "conversations"), fmt("{'id':'%s'}", h->room));
    json_t *direct =
        match_find(ITEM_OF(all, "conversations"), fmt("{'id':'%s'}", direct_id(&h->ann, &h->bob)));
    assert_int_equal(json_array_size(ITEM_OF(room, "messages_sent")), MESSAGES);
    EXPECT_JSON(direct, "{'kind':'direct','peer':'%s','messages_sent':[{'text':'just for you'}]}",
                h->bob.name);
    const char *disposition = http_header(&h->stack->http.answer, "Content-Disposition");
    assert_non_null(disposition);
    assert_non_null(strstr(disposition, "attachment"));
    assert_null(strstr(buf_cstr(&h->stack->http.answer.text), "argon2id"));
}

static void the_export_holds_nothing_that_others_wrote(void **state)
{
    struct hall *h = *state;

    (void)user_expect(&h->bob, 200, "GET", "/api/profile/export", NULL);
    assert_null(strstr(buf_cstr(&h->stack->http.answer.text), "text 5"));
    (void)http_expect_problem(h->stack, 401, "unauthenticated", "GET", "/api/profile/export", NULL,
                              NULL);
}

static void a_long_export_is_whole(void **state)
{
    struct hall *h = *state;
    const char *room = room_new(&h->bob, "Long", (const struct user *[]){NULL});
    struct ws *ws = chat_open(&h->bob, 0);

    for (int i = 0; i < 700; i++)
        ws_send(ws, "{'type':'send','id':'L%d','conversation':'%s','text':'%s'}", i, room,
                fmt_repeat((char)('a' + i % 26), 1000));
    ws_expect(ws, "{'type':'ack','id':'L699'}");
    json_t *all = user_expect(&h->bob, 200, "GET", "/api/profile/export", NULL);
    json_t *sent = ITEM_OF(match_find(ITEM_OF(all, "conversations"), fmt("{'id':'%s'}", room)),
                           "messages_sent");
    assert_int_equal(json_array_size(sent), 700);
    for (size_t i = 0; i < 700; i++)
        EXPECT_JSON(json_array_get(sent, i), "{'id':'L%zu','seq':%zu}", i, i + 2);
}

/* One step of it for each piece: what others wrote is passed over, and leaves a space for each page of theirs. */
static void an_export_passes_over_long_histories_step_by_step(void **state)
{
    struct hall *h = *state;
    struct redis_server *redis = &h->stack->redis;
    struct user cid = user_new(h->stack, "cid");
    const char *room = room_new(&h->ann, "Busy", (const struct user *[]){&cid, NULL});
    size_t spaces = 0;

    for (int seq = 3; seq <= 1002; seq++)
        (void)redis_do(redis, "RPUSH c:{%s}:log %s", room,
                       fmt("m%d,\"id\":\"b%d\",\"from\":\"%s\",\"time\":%d,\"text\":\"x\"}", seq,
                           seq, h->ann.name, seq));
    (void)redis_do(redis, "HSET c:{%s} seq 1002", room);
    json_t *all = user_expect(&cid, 200, "GET", "/api/profile/export", NULL);
    EXPECT_JSON(all, "{'conversations':[{'id':'%s','messages_sent':[]}]}", room);
    const char *text = strstr(buf_cstr(&h->stack->http.answer.text), "\"messages_sent\":[");
    for (const char *at = text; *at; at++)
        spaces += *at == ' ';
    assert_in_range(spaces, 5, 6);
}

/* In place of the last record, as when the store lost it and another was stored. */
static void replace_last(struct redis_server *redis, const char *room, const char *text)
{
    (void)redis_text(redis, "RPOP c:{%s}:log", room);
    (void)redis_do(
        redis, "RPUSH c:{%s}:log %s", room,
        fmt("m2,\"id\":\"%s\",\"from\":\"ann\",\"time\":5,\"text\":\"%s\"}", text, text));
    (void)redis_do(redis, "HSET c:{%s} seq 2", room);
}

static bool last_is(const struct user *u, const char *room, const char *text)
{
    json_t *list =
        ITEM_OF(user_expect(u, 200, "GET", messages_path(room, "?limit=1"), NULL), "messages");
    return match_find(list, fmt("{'text':'%s'}", text)) != NULL;
}

static void a_new_epoch_has_pages_of_its_own(void **state)
{
    struct hall *h = *state;
    struct redis_server *redis = &h->stack->redis;
    const char *room = room_new(&h->ann, "Lost", (const struct user *[]){NULL});
    const char *epoch = redis_text(redis, "GET epoch");

    (void)redis_do(redis, "RPUSH c:{%s}:log x", room);
    for (int i = 0; i < 5; i++) {
        const char *text = fmt("turn %d", i);
        replace_last(redis, room, text);
        (void)redis_do(redis, "SET epoch %s", fmt("epoch-%d", i));
        assert_true(last_is(&h->ann, room, text));
        assert_true(last_is(&h->ann, room, text));
    }
    (void)redis_do(redis, "SET epoch %s", epoch);
}

static void pages_are_forgotten_when_the_store_was_away(void **state)
{
    struct hall *h = *state;
    struct redis_server *redis = &h->stack->redis;
    const char *room = room_new(&h->ann, "Away", (const struct user *[]){NULL});

    (void)redis_do(redis, "RPUSH c:{%s}:log x", room);
    replace_last(redis, room, "first");
    assert_true(last_is(&h->ann, room, "first"));
    replace_last(redis, room, "second");
    (void)redis_do(redis, "CLIENT KILL TYPE pubsub");
    WAIT_UNTIL(last_is(&h->ann, room, "second"));
}

static int setup(void **state)
{
    static struct hall h;

    h.stack = stack_start((struct stack_options){.chat_servers = 1});
    h.ann = user_new(h.stack, "ann");
    h.bob = user_new(h.stack, "bob");
    (void)snprintf(h.room, sizeof h.room, "%s",
                   room_new(&h.ann, "Hall", (const struct user *[]){&h.bob, NULL}));
    struct ws *ws = chat_open(&h.ann, 0);
    for (int seq = 3; seq < 3 + MESSAGES; seq++) {
        ws_send(ws, "{'type':'send','id':'m%d','conversation':'%s','text':'text %d'}", seq, h.room,
                seq);
        ws_expect(ws, "{'type':'ack','id':'m%d','seq':%d}", seq, seq);
    }
    *state = &h;
    return 0;
}

static void all_ends_well(void **state)
{
    const struct hall *h = *state;

    stack_stop(h->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pages_go_both_ways),
        CASE(what_was_sent_is_what_is_kept),
        CASE(bad_questions_are_refused),
        CASE(a_page_asked_again_is_never_stale),
        CASE(strangers_and_former_members_read_nothing),
        CASE(the_export_holds_everything_about_the_user),
        CASE(the_export_holds_nothing_that_others_wrote),
        CASE(a_long_export_is_whole),
        CASE(an_export_passes_over_long_histories_step_by_step),
        CASE(a_new_epoch_has_pages_of_its_own),
        CASE(pages_are_forgotten_when_the_store_was_away),
        CASE(all_ends_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
