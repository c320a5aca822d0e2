/* The Lua scripts against a real Redis, called as the daemons call them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "base/ids.h"
#include "fmt.h"
#include "store/conversation.h"
#include "store/member.h"
#include "store/record.h"
#include "store/scripts.h"
#include "the_redis.h"
#include "wait.h"

#define NOW INT64_C(1790000000000)
#define PERIOD INT64_C(1000) /* NOW begins one */
#define HI ",\"text\":\"hi\"}"

static struct conversation_id conversation; /* of the test at hand */
static str id;

/* ---- asking */

static const char *append_in(str where, const char *user, const char *message_id,
                             const char *content, int64_t time, const char *node)
{
    struct redis_command c;
    struct message m = {str_of(user), str_of(message_id), str_of(content), time};

    conversation_append(&c, where, &m, str_of(node), PERIOD);
    return the_redis_ask(&c);
}

static const char *append_at(int64_t time, const char *user, const char *message_id,
                             const char *content)
{
    return append_in(id, user, message_id, content, time, "here");
}

static const char *append(const char *user, const char *message_id, const char *content)
{
    return append_at(NOW, user, message_id, content);
}

static void append_many(const char *user, int n)
{
    for (int i = 1; i <= n; i++)
        (void)append(user, fmt("%s-%d", user, i), fmt(",\"text\":\"%d\"}", i));
}

static const char *open_direct(const char *user, const char *peer)
{
    struct redis_command c;
    conversation_open_direct(&c, id, str_of(user), str_of(peer), NOW);
    return the_redis_ask(&c);
}

static const char *create_room(const char *owner, const char *members)
{
    struct redis_command c;
    conversation_create_room(&c, id, STR("The room"), str_of(owner), str_of(members), NOW);
    return the_redis_ask(&c);
}

static const char *put_at_most(const char *actor, const char *user, const char *role,
                               int64_t members_max)
{
    struct redis_command c;
    conversation_put_member(&c, id, str_of(actor), str_of(user), str_of(role), NOW, members_max);
    return the_redis_ask(&c);
}

static const char *put(const char *actor, const char *user, const char *role)
{
    return put_at_most(actor, user, role, 0);
}

static const char *take_out(const char *actor, const char *user)
{
    struct redis_command c;
    conversation_remove_member(&c, id, str_of(actor), str_of(user), NOW);
    return the_redis_ask(&c);
}

static const char *mark(const char *user, bool read, int64_t seq)
{
    struct redis_command c;
    conversation_move_marker(&c, id, str_of(user), read, seq);
    return the_redis_ask(&c);
}

static const char *rename_room(const char *actor, const char *name)
{
    struct redis_command c;
    conversation_rename(&c, id, str_of(actor), str_of(name));
    return the_redis_ask(&c);
}

static const char *view_from(const char *user, const char *node)
{
    struct redis_command c;
    conversation_view(&c, id, str_of(user), str_of(node));
    return the_redis_ask(&c);
}

/* "seq: the records' seqs", and " +" when there is more. */
static const char *page(const char *user, bool before, int64_t seq, int64_t limit)
{
    struct redis_command c;
    struct conversation_page p;
    struct record record;

    if (before)
        conversation_page_before(&c, id, str_of(user), seq, limit);
    else
        conversation_page_after(&c, id, str_of(user), seq, limit);
    struct redisReply *reply = the_redis_call(&c);
    enum err err = conversation_paged(reply, &p);
    const char *text = err == OK ? fmt("%lld:", (long long)p.seq) : err_name(err);
    for (size_t i = 0; err == OK && i < p.n; i++) {
        assert_int_equal(record_parse(conversation_page_record(&p, i), &record), OK);
        text = fmt("%s %lld", text, (long long)record.seq);
    }
    if (err == OK && p.more)
        text = fmt("%s +", text);
    reply_free(reply);
    return text;
}

#define BEFORE(seq, limit) page("ann", true, seq, limit)
#define AFTER(seq, limit) page("ann", false, seq, limit)

/* ---- looking into Redis */

static const char *look(const char *command, const char *suffix, const char *rest)
{
    return redis_text(&the_redis, fmt("%s c:{%s}%s %s", command, id.p, suffix, rest));
}

static int64_t count(const char *command, const char *suffix, const char *rest)
{
    return redis_do(&the_redis, fmt("%s c:{%s}%s %s", command, id.p, suffix, rest));
}

static const char *role_of(const char *user)
{
    const char *role = look("HGET", ":members", user);
    return role ? role : "none";
}

static void expect_last_event(const char *action, const char *user, const char *by,
                              const char *role)
{
    const char *record = look("LINDEX", ":log", "-1");
    const char *tail =
        fmt(",\"action\":\"%s\",\"user\":\"%s\",\"by\":\"%s\",\"role\":\"%s\",\"time\":%lld}",
            action, user, by, role, (long long)NOW);
    assert_string_equal(record, fmt("e%s%s", look("HGET", "", "seq"), tail));
}

static void expect_unchanged(int64_t seq)
{
    assert_string_equal(look("HGET", "", "seq"), fmt("%lld", (long long)seq));
    assert_int_equal(count("LLEN", ":log", ""), seq);
}

/* ---- listening */

static redisContext *listen_as(const char *node)
{
    redisContext *ear = redisConnectUnix(the_redis.socket);

    assert_non_null(ear);
    assert_int_equal(ear->err, 0);
    assert_int_equal(redisSetTimeout(ear, (struct timeval){PATIENCE_MS / 1000, 0}), REDIS_OK);
    redisReply *reply = redisCommand(ear, "SUBSCRIBE node:%s", node);
    assert_non_null(reply);
    freeReplyObject(reply);
    return ear;
}

static void expect_bell(redisContext *ear, const char *text)
{
    void *reply = NULL;

    assert_int_equal(redisGetReply(ear, &reply), REDIS_OK);
    assert_int_equal(reply_count(reply), 3);
    str bell = reply_str(reply_at(reply, 2));
    if (!str_eq(bell, str_of(text)))
        fail_msg("%.*s instead of %s", STR_ARG(bell), text);
    freeReplyObject(reply);
}

/* Nothing was rung before what is rung now. */
static void expect_silence(redisContext *ear, const char *node)
{
    assert_int_equal(redis_do(&the_redis, fmt("PUBLISH node:%s over", node)), 1);
    expect_bell(ear, "over");
}

static void register_node(const char *node)
{
    struct redis_command c;

    conversation_add_node(&c, id, str_of(node));
    assert_string_equal(the_redis_ask(&c), "ok");
}

static void expect_nodes(const char *nodes)
{
    const char *text = look("HGET", "", "nodes");
    assert_string_equal(text ? text : "", nodes);
}

/* ---- append */

static void seqs_are_dense_whoever_writes(void **state)
{
    (void)state;
    assert_string_equal(open_direct("ann", "bob"), "created");
    for (int i = 1; i <= 50; i++)
        assert_string_equal(append(i % 3 ? "ann" : "bob", fmt("m%d", i), HI), fmt("%d", i));
    expect_unchanged(50);
}

static void the_record_is_the_tail_that_the_sender_builds(void **state)
{
    (void)state;
    static const char CONTENT[] =
        ",\"text\":\"\xc3\xa9 %d \\\" \\u00e9\",\"data\":{\"time\":1},\"reply_to\":\"x\"}";
    struct buf expected = {0};
    (void)open_direct("a.n-n_1", "bob");
    assert_string_equal(append("a.n-n_1", "A.b_c:d-e", CONTENT), "1");
    buf_printf(&expected, "m1");
    record_add_message_tail(&expected, STR("A.b_c:d-e"), STR("a.n-n_1"), NOW, str_of(CONTENT));
    assert_string_equal(look("LINDEX", ":log", "0"), buf_cstr(&expected));
    assert_string_equal(append_at(NOW + 5, "a.n-n_1", "A.b_c:d-e", CONTENT),
                        fmt("duplicate 1 %lld", (long long)NOW));
    buf_fini(&expected);
}

static void a_repeat_gets_the_same_seq_and_time_and_stores_nothing(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    assert_string_equal(append("ann", "a", HI), "1");
    assert_string_equal(append_at(NOW + 1, "ann", "b", HI), "2");
    for (int i = 0; i < 5; i++) {
        assert_string_equal(append_at(NOW + 10 + i, "ann", "a", HI),
                            fmt("duplicate 1 %lld", (long long)NOW));
        assert_string_equal(append_at(NOW + 10 + i, "ann", "b", HI),
                            fmt("duplicate 2 %lld", (long long)NOW + 1));
    }
    expect_unchanged(2);
    assert_string_equal(append("ann", "c", HI), "3");
}

static void an_id_is_the_senders_own_in_one_conversation(void **state)
{
    (void)state;
    struct redis_command c;
    struct conversation_id other = conversation_id_room();
    (void)open_direct("ann", "bob");
    assert_string_equal(append("ann", "a", HI), "1");
    assert_string_equal(append("bob", "a", HI), "2");
    conversation_open_direct(&c, str_of(other.text), STR("ann"), STR("cyd"), NOW);
    (void)the_redis_ask(&c);
    assert_string_equal(append_in(str_of(other.text), "ann", "a", HI, NOW, "here"), "1");
}

static void an_id_with_other_content_is_reused(void **state)
{
    (void)state;
    static const char STORED[] = ",\"text\":\"hi\",\"reply_to\":7}";
    (void)open_direct("ann", "bob");
    (void)append("ann", "a", STORED);
    assert_string_equal(append("ann", "a", ",\"text\":\"ho\",\"reply_to\":7}"), "id_reused");
    assert_string_equal(append("ann", "a", ",\"text\":\"hi\"}"), "id_reused");
    assert_string_equal(append("ann", "a", ",\"text\":\"hi\",\"reply_to\":77}"), "id_reused");
    assert_string_equal(append("ann", "a", "}"), "id_reused");
    expect_unchanged(1);
    assert_string_equal(append("ann", "a", STORED), fmt("duplicate 1 %lld", (long long)NOW));
}

static void a_suffix_of_the_stored_content_is_other_content(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    (void)append("ann", "a", ",\"text\":\"hi\",\"reply_to\":7}");
    assert_string_equal(append("ann", "a", ",\"reply_to\":7}"), "id_reused");
    (void)append("ann", "b", ",\"reply_to\":7}");
    assert_string_equal(append("ann", "b", ",\"text\":\"hi\",\"reply_to\":7}"), "id_reused");
    expect_unchanged(2);
}

static void a_stranger_cannot_write(void **state)
{
    (void)state;
    assert_string_equal(append("ann", "a", HI), "not_found");
    (void)open_direct("ann", "bob");
    assert_string_equal(append("eve", "a", HI), "not_found");
    assert_string_equal(append("", "a", HI), "not_found");
    expect_unchanged(0);
}

static void an_id_is_known_across_the_end_of_a_period(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    int64_t last = NOW + PERIOD - 1;
    const char *duplicate = fmt("duplicate 1 %lld", (long long)last);
    assert_string_equal(append_at(last, "ann", "a", HI), "1");
    assert_string_equal(append_at(last + 1, "ann", "a", HI), duplicate);
    assert_string_equal(append_at(last + PERIOD, "ann", "a", HI), duplicate);
    assert_string_equal(append_at(last + PERIOD, "ann", "a", ",\"text\":\"ho\"}"), "id_reused");
    assert_string_equal(append_at(last - PERIOD, "ann", "a", HI),
                        duplicate); /* a server whose clock is behind */
    expect_unchanged(1);
}

static void an_id_is_forgotten_after_three_periods(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    assert_string_equal(append("ann", "a", HI), "1");
    assert_string_equal(append_at(NOW + 3 * PERIOD, "ann", "a", ",\"text\":\"ho\"}"), "2");
    expect_unchanged(2);
}

static void the_ids_of_a_period_expire_by_themselves(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    (void)append("ann", "a", HI);
    (void)append("ann", "b", HI);
    const char *key = fmt(":ids:%lld", (long long)(NOW / PERIOD));
    assert_int_equal(count("HLEN", key, ""), 2);
    assert_in_range(count("PTTL", key, ""), PERIOD, 3 * PERIOD);
}

/* Retention drops records from the head of the log. */
static void drop_first(int n)
{
    (void)redis_do(&the_redis, fmt("LPOP c:{%s}:log %d", id.p, n));
}

static void a_repeat_of_a_dropped_record_has_no_time(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    append_many("ann", 10);
    for (int dropped = 1; dropped < 10; dropped++) {
        drop_first(1);
        for (int i = 1; i <= 10; i++) {
            const char *got = append("ann", fmt("ann-%d", i), fmt(",\"text\":\"%d\"}", i));
            assert_string_equal(got,
                                fmt("duplicate %d %lld", i, (long long)(i > dropped ? NOW : 0)));
        }
    }
    assert_string_equal(append("ann", "ann-10", HI), "id_reused");
    drop_first(1);
    assert_string_equal(append("ann", "ann-10", HI), "duplicate 10 0");
    assert_string_equal(append("ann", "new", HI), "11");
    assert_string_equal(append("ann", "ann-10", HI), "duplicate 10 0");
}

static void who_writes_has_read(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    (void)append("bob", "1", HI);
    (void)append("ann", "2", HI);
    assert_string_equal(look("HGET", "", "read:ann"), "2");
    assert_string_equal(look("HGET", "", "read:bob"), "1");
    (void)append("bob", "1", HI); /* a repeat moves nothing */
    assert_string_equal(look("HGET", "", "read:bob"), "1");
}

/* ---- pages */

static void ten_messages(void)
{
    (void)open_direct("ann", "bob");
    append_many("ann", 10);
}

static void pages_go_back_from_a_seq(void **state)
{
    (void)state;
    ten_messages();
    assert_string_equal(BEFORE(SEQ_MAX, 3), "10: 8 9 10 +");
    assert_string_equal(BEFORE(11, 3), "10: 8 9 10 +");
    assert_string_equal(BEFORE(10, 3), "10: 7 8 9 +");
    assert_string_equal(BEFORE(5, 3), "10: 2 3 4 +");
    assert_string_equal(BEFORE(4, 3), "10: 1 2 3");
    assert_string_equal(BEFORE(4, 200), "10: 1 2 3");
    assert_string_equal(BEFORE(2, 200), "10: 1");
    assert_string_equal(BEFORE(1, 200), "10:");
    assert_string_equal(BEFORE(0, 200), "10:");
    assert_string_equal(BEFORE(11, 1), "10: 10 +");
    assert_string_equal(BEFORE(11, 9), "10: 2 3 4 5 6 7 8 9 10 +");
    assert_string_equal(BEFORE(11, 10), "10: 1 2 3 4 5 6 7 8 9 10");
}

static void pages_go_on_from_a_seq(void **state)
{
    (void)state;
    ten_messages();
    assert_string_equal(AFTER(0, 3), "10: 1 2 3 +");
    assert_string_equal(AFTER(3, 3), "10: 4 5 6 +");
    assert_string_equal(AFTER(6, 3), "10: 7 8 9 +");
    assert_string_equal(AFTER(7, 3), "10: 8 9 10");
    assert_string_equal(AFTER(9, 3), "10: 10");
    assert_string_equal(AFTER(10, 3), "10:");
    assert_string_equal(AFTER(SEQ_MAX, 3), "10:");
    assert_string_equal(AFTER(0, 10), "10: 1 2 3 4 5 6 7 8 9 10");
    assert_string_equal(AFTER(0, 9), "10: 1 2 3 4 5 6 7 8 9 +");
    assert_string_equal(AFTER(9, 1), "10: 10");
}

static void pages_have_what_retention_left(void **state)
{
    (void)state;
    ten_messages();
    drop_first(4);
    assert_string_equal(BEFORE(SEQ_MAX, 3), "10: 8 9 10 +");
    assert_string_equal(BEFORE(SEQ_MAX, 6), "10: 5 6 7 8 9 10");
    assert_string_equal(BEFORE(SEQ_MAX, 200), "10: 5 6 7 8 9 10");
    assert_string_equal(BEFORE(7, 1), "10: 6 +");
    assert_string_equal(BEFORE(7, 2), "10: 5 6");
    assert_string_equal(BEFORE(7, 5), "10: 5 6");
    assert_string_equal(BEFORE(6, 5), "10: 5");
    assert_string_equal(BEFORE(5, 5), "10:");
    assert_string_equal(BEFORE(3, 5), "10:");
    assert_string_equal(AFTER(0, 2), "10: 5 6 +");
    assert_string_equal(AFTER(4, 2), "10: 5 6 +");
    assert_string_equal(AFTER(5, 2), "10: 6 7 +");
    assert_string_equal(AFTER(0, 6), "10: 5 6 7 8 9 10");
    assert_string_equal(AFTER(8, 6), "10: 9 10");
    drop_first(6);
    assert_string_equal(BEFORE(SEQ_MAX, 5), "10:");
    assert_string_equal(AFTER(0, 5), "10:");
    assert_string_equal(append("ann", "new", HI), "11");
    assert_string_equal(BEFORE(SEQ_MAX, 5), "11: 11");
    assert_string_equal(AFTER(0, 5), "11: 11");
}

static void pages_are_for_members_and_for_the_servers_themselves(void **state)
{
    (void)state;
    assert_string_equal(BEFORE(SEQ_MAX, 5), "not_found");
    assert_string_equal(page("", true, SEQ_MAX, 5), "0:");
    (void)open_direct("ann", "bob");
    assert_string_equal(BEFORE(SEQ_MAX, 5), "0:");
    assert_string_equal(AFTER(0, 5), "0:");
    append_many("ann", 2);
    assert_string_equal(page("bob", true, SEQ_MAX, 5), "2: 1 2");
    assert_string_equal(page("", false, 0, 5), "2: 1 2");
    assert_string_equal(page("eve", true, SEQ_MAX, 5), "not_found");
    assert_string_equal(page("eve", false, 0, 5), "not_found");
}

/* ---- views */

static void expect_view(const char *user, struct conversation_view expected)
{
    struct redis_command c;
    struct conversation_view v;

    conversation_view(&c, id, str_of(user), STR(""));
    struct redisReply *reply = the_redis_call(&c);
    assert_int_equal(conversation_viewed(reply, &v), OK);
    assert_int_equal(v.direct, expected.direct);
    assert_true(str_eq(v.name, expected.name));
    assert_true(str_eq(v.peer, expected.peer));
    assert_true(str_eq(v.role, expected.role));
    assert_true(str_eq(v.last, expected.last));
    assert_int_equal(v.seq, expected.seq);
    assert_int_equal(v.read, expected.read);
    assert_int_equal(v.muted_until, expected.muted_until);
    assert_int_equal(v.members, expected.members);
    assert_int_equal(v.created, NOW);
    reply_free(reply);
}

static void a_direct_conversation_is_seen_from_both_sides(void **state)
{
    (void)state;
    struct redis_command c;
    assert_string_equal(open_direct("ann", "bob"), "created");
    expect_view("ann",
                (struct conversation_view){
                    .direct = true, .peer = STR("bob"), .role = STR("member"), .members = 2});
    assert_string_equal(open_direct("bob", "ann"), "exists");
    (void)append("ann", "a", HI);
    member_mute(&c, id, STR("bob"), NOW + 7);
    assert_string_equal(the_redis_ask(&c), "ok");
    str last = str_of(look("LINDEX", ":log", "0"));
    expect_view("ann", (struct conversation_view){.direct = true,
                                                  .peer = STR("bob"),
                                                  .role = STR("member"),
                                                  .members = 2,
                                                  .seq = 1,
                                                  .read = 1,
                                                  .last = last});
    expect_view("bob", (struct conversation_view){.direct = true,
                                                  .peer = STR("ann"),
                                                  .role = STR("member"),
                                                  .members = 2,
                                                  .seq = 1,
                                                  .last = last,
                                                  .muted_until = NOW + 7});
}

static void a_conversation_with_oneself_has_oneself_as_peer(void **state)
{
    (void)state;
    assert_string_equal(open_direct("ann", "ann"), "created");
    expect_view("ann",
                (struct conversation_view){
                    .direct = true, .peer = STR("ann"), .role = STR("member"), .members = 1});
    assert_string_equal(append("ann", "a", HI), "1");
    assert_string_equal(view_from("bob", ""), "not_found");
}

static void a_room_is_seen_with_name_and_role(void **state)
{
    (void)state;
    (void)create_room("ann", "bob");
    str last = str_of(look("LINDEX", ":log", "-1"));
    expect_view("ann", (struct conversation_view){.name = STR("The room"),
                                                  .role = STR("owner"),
                                                  .members = 2,
                                                  .seq = 2,
                                                  .read = 2,
                                                  .last = last});
    (void)put("ann", "bob", "admin");
    last = str_of(look("LINDEX", ":log", "-1"));
    expect_view("bob", (struct conversation_view){.name = STR("The room"),
                                                  .role = STR("admin"),
                                                  .members = 2,
                                                  .seq = 3,
                                                  .read = 2,
                                                  .last = last});
}

static void a_stranger_sees_nothing(void **state)
{
    (void)state;
    assert_string_equal(view_from("ann", "n1"), "not_found");
    (void)create_room("ann", "bob");
    assert_string_equal(view_from("eve", "n1"), "not_found");
    expect_nodes("");
}

static void a_view_registers_the_node_that_asks(void **state)
{
    (void)state;
    struct redis_command c;
    (void)create_room("ann", "bob");
    (void)view_from("ann", "");
    expect_nodes("");
    (void)view_from("ann", "n1");
    (void)view_from("bob", "n1");
    (void)view_from("bob", "n2");
    expect_nodes("n1 n2");
    conversation_remove_node(&c, id, STR("n1"));
    assert_string_equal(the_redis_ask(&c), "ok");
    expect_nodes("n2");
    (void)view_from("bob", "n21"); /* the one's name begins the other's */
    (void)view_from("bob", "n2");
    expect_nodes("n2 n21");
    conversation_remove_node(&c, id, STR("n2"));
    assert_string_equal(the_redis_ask(&c), "ok");
    conversation_remove_node(&c, id, STR("n3"));
    assert_string_equal(the_redis_ask(&c), "ok");
    expect_nodes("n21");
}

/* ---- rooms */

static void a_room_begins_with_its_members_joining(void **state)
{
    (void)state;
    assert_string_equal(create_room("cyd", "bob ann bob cyd"), "ok 3");
    expect_unchanged(3);
    assert_string_equal(look("LINDEX", ":log", "0"),
                        fmt("e1,\"action\":\"joined\",\"user\":\"cyd\",\"by\":\"cyd\",\"role\":"
                            "\"owner\",\"time\":%lld}",
                            (long long)NOW));
    assert_string_equal(look("LINDEX", ":log", "1"),
                        fmt("e2,\"action\":\"joined\",\"user\":\"bob\",\"by\":\"cyd\",\"role\":"
                            "\"member\",\"time\":%lld}",
                            (long long)NOW));
    expect_last_event("joined", "ann", "cyd", "member");
    assert_int_equal(count("HLEN", ":members", ""), 3);
    assert_string_equal(role_of("cyd"), "owner");
    assert_string_equal(role_of("ann"), "member");
    assert_string_equal(look("HGET", "", "read:ann"), "3");
    assert_string_equal(look("HGET", "", "read:cyd"), "3");
}

static void a_room_may_begin_with_its_owner_alone(void **state)
{
    (void)state;
    assert_string_equal(create_room("ann", ""), "ok 1");
    assert_int_equal(count("HLEN", ":members", ""), 1);
    expect_last_event("joined", "ann", "ann", "owner");
}

static void a_room_is_made_once(void **state)
{
    (void)state;
    (void)create_room("ann", "bob");
    assert_string_equal(create_room("eve", "ann"), "exists");
    assert_string_equal(role_of("eve"), "none");
    expect_unchanged(2);
}

enum { OWNER, ADMIN, MEMBER, NONE, ROLES };
static const char *const ROLE[] = {"owner", "admin", "member", "none"};

/* A room of its own where zoe is owner, and act and tgt have these roles. */
static void make_room(int actor, int target)
{
    conversation = conversation_id_room();
    (void)create_room("zoe", "");
    if (actor != NONE)
        (void)count("HSET", ":members", fmt("act %s", ROLE[actor]));
    if (target != NONE)
        (void)count("HSET", ":members", fmt("tgt %s", ROLE[target]));
}

static void who_may_put_whom(void **state)
{
    (void)state;
    static const char *const ANSWER[ROLES][ROLES][NONE] = {
        /* of: an owner, an admin, a member, a stranger; each to: owner, admin, member */
        [OWNER] = {{"same", "role", "role"},
                   {"role", "same", "role"},
                   {"role", "role", "same"},
                   {"joined", "joined", "joined"}},
        [ADMIN] = {{"same", "forbidden", "forbidden"},
                   {"forbidden", "same", "forbidden"},
                   {"forbidden", "forbidden", "same"},
                   {"forbidden", "forbidden", "joined"}},
        [MEMBER] = {{"forbidden", "forbidden", "forbidden"},
                    {"forbidden", "forbidden", "forbidden"},
                    {"forbidden", "forbidden", "forbidden"},
                    {"forbidden", "forbidden", "forbidden"}},
        [NONE] = {{"not_found", "not_found", "not_found"},
                  {"not_found", "not_found", "not_found"},
                  {"not_found", "not_found", "not_found"},
                  {"not_found", "not_found", "not_found"}},
    };
    for (int actor = 0; actor < ROLES; actor++)
        for (int target = 0; target < ROLES; target++)
            for (int role = 0; role < NONE; role++) {
                str word = str_of(ANSWER[actor][target][role]);
                bool changes = str_eq(word, STR("role")) || str_eq(word, STR("joined"));
                make_room(actor, target);
                const char *got = put("act", "tgt", ROLE[role]);
                if (!str_starts(str_of(got), word))
                    fail_msg("%s puts %s as %s: %s", ROLE[actor], ROLE[target], ROLE[role], got);
                assert_string_equal(role_of("tgt"), changes ? ROLE[role] : ROLE[target]);
                if (changes) {
                    assert_string_equal(got, fmt("%s 2", word.p));
                    expect_last_event(word.p, "tgt", "act", ROLE[role]);
                } else {
                    expect_unchanged(1);
                }
            }
}

static void who_joins_has_nothing_unread(void **state)
{
    (void)state;
    (void)create_room("ann", "");
    append_many("ann", 3);
    assert_string_equal(put("ann", "bob", "member"), "joined 5");
    assert_string_equal(look("HGET", "", "read:bob"), "5");
    (void)append("ann", "later", HI);
    assert_string_equal(put("ann", "bob", "admin"), "role 7"); /* which reads nothing */
    assert_string_equal(look("HGET", "", "read:bob"), "5");
    assert_string_equal(put("ann", "bob", "admin"), "same 7");
}

static void the_last_owner_stays_owner(void **state)
{
    (void)state;
    (void)create_room("ann", "bob");
    assert_string_equal(put("ann", "ann", "member"), "last_owner");
    assert_string_equal(put("ann", "ann", "owner"), "same 2");
    assert_string_equal(role_of("ann"), "owner");
    expect_unchanged(2);
    assert_string_equal(put("ann", "bob", "owner"), "role 3");
    assert_string_equal(put("ann", "ann", "member"), "role 4");
    assert_string_equal(put("bob", "bob", "admin"), "last_owner");
    assert_string_equal(put("ann", "ann", "owner"), "forbidden");
}

static void a_full_room_takes_no_one_but_still_changes_roles(void **state)
{
    (void)state;
    (void)create_room("ann", "bob");
    assert_string_equal(put_at_most("ann", "cyd", "member", 2), "full");
    assert_string_equal(put_at_most("ann", "cyd", "member", 1), "full");
    assert_string_equal(role_of("cyd"), "none");
    expect_unchanged(2);
    assert_string_equal(put_at_most("ann", "bob", "admin", 2), "role 3");
    assert_string_equal(put_at_most("ann", "cyd", "member", 3), "joined 4");
    assert_string_equal(put_at_most("ann", "dan", "member", 0), "joined 5");
}

static void who_may_take_out_whom(void **state)
{
    (void)state;
    static const char *const ANSWER[ROLES][ROLES] = {
        /* an owner, an admin, a member, a stranger */
        [OWNER] = {"removed", "removed", "removed", "no_member"},
        [ADMIN] = {"forbidden", "forbidden", "removed", "no_member"},
        [MEMBER] = {"forbidden", "forbidden", "forbidden", "no_member"},
        [NONE] = {"not_found", "not_found", "not_found", "not_found"},
    };
    for (int actor = 0; actor < ROLES; actor++)
        for (int target = 0; target < ROLES; target++) {
            str word = str_of(ANSWER[actor][target]);
            bool removed = str_eq(word, STR("removed"));
            make_room(actor, target);
            const char *got = take_out("act", "tgt");
            if (!str_eq(str_of(got), removed ? STR("removed 2") : word))
                fail_msg("%s takes out %s: %s", ROLE[actor], ROLE[target], got);
            assert_string_equal(role_of("tgt"), removed ? "none" : ROLE[target]);
            if (removed)
                expect_last_event("removed", "tgt", "act", ROLE[target]);
            else
                expect_unchanged(1);
        }
}

static void anyone_may_leave(void **state)
{
    (void)state;
    for (int role = 0; role < NONE; role++) {
        make_room(role, NONE);
        assert_string_equal(take_out("act", "act"), "left 2");
        assert_string_equal(role_of("act"), "none");
        assert_string_equal(role_of("zoe"), "owner");
        expect_last_event("left", "act", "act", ROLE[role]);
    }
}

static void who_is_out_leaves_no_traces(void **state)
{
    (void)state;
    struct redis_command c;
    (void)create_room("ann", "bob");
    member_mute(&c, id, STR("bob"), NOW);
    (void)the_redis_ask(&c);
    (void)mark("bob", true, 2);
    assert_string_equal(take_out("ann", "bob"), "removed 3");
    assert_null(look("HGET", "", "read:bob"));
    assert_null(look("HGET", "", "received:bob"));
    assert_null(look("HGET", ":mute", "bob"));
    assert_string_equal(append("bob", "a", HI), "not_found");
    assert_string_equal(page("bob", true, SEQ_MAX, 5), "not_found");
}

static void an_admin_inherits_the_room(void **state)
{
    (void)state;
    (void)create_room("zoe", "ann bob cyd dan");
    (void)put("zoe", "dan", "admin");
    (void)put("zoe", "cyd", "admin");
    assert_string_equal(take_out("zoe", "zoe"), "left 9"); /* left is 8, the heir's role 9 */
    assert_string_equal(role_of("cyd"), "owner");
    assert_string_equal(role_of("dan"), "admin");
    assert_string_equal(role_of("ann"), "member");
    expect_last_event("role", "cyd", "zoe", "owner");
    expect_unchanged(9);
}

static void without_an_admin_the_first_member_by_name_inherits(void **state)
{
    (void)state;
    (void)create_room("zoe", "dan bob eve");
    assert_string_equal(take_out("zoe", "zoe"), "left 6");
    assert_string_equal(role_of("bob"), "owner");
    assert_string_equal(role_of("dan"), "member");
    expect_last_event("role", "bob", "zoe", "owner");
}

static void there_is_no_heir_while_there_is_an_owner(void **state)
{
    (void)state;
    (void)create_room("zoe", "ann bob");
    (void)put("zoe", "bob", "owner");
    assert_string_equal(take_out("zoe", "zoe"), "left 5");
    assert_string_equal(role_of("ann"), "member");
    assert_string_equal(role_of("bob"), "owner");
}

static void the_last_one_to_leave_leaves_an_empty_room(void **state)
{
    (void)state;
    (void)create_room("ann", "");
    assert_string_equal(take_out("ann", "ann"), "left 2");
    assert_int_equal(count("HLEN", ":members", ""), 0);
    assert_string_equal(put("ann", "ann", "owner"), "not_found");
    assert_string_equal(create_room("ann", ""), "exists");
}

static void a_direct_conversation_has_no_roles(void **state)
{
    (void)state;
    (void)open_direct("ann", "bob");
    assert_string_equal(put("ann", "cyd", "member"), "forbidden");
    assert_string_equal(put("ann", "bob", "admin"), "forbidden");
    assert_string_equal(take_out("ann", "bob"), "forbidden");
    assert_string_equal(take_out("ann", "ann"), "forbidden");
    assert_string_equal(rename_room("ann", "x"), "forbidden");
    assert_string_equal(put("eve", "eve", "member"), "not_found");
    assert_int_equal(count("HLEN", ":members", ""), 2);
    expect_unchanged(0);
}

static void owners_and_admins_rename(void **state)
{
    (void)state;
    static const char *const ANSWER[] = {"ok", "ok", "forbidden", "not_found"};
    for (int actor = 0; actor < ROLES; actor++) {
        make_room(actor, NONE);
        assert_string_equal(rename_room("act", "New\xc3\xa9"), ANSWER[actor]);
        assert_string_equal(look("HGET", "", "name"), actor <= ADMIN ? "New\xc3\xa9" : "The room");
        expect_unchanged(1);
    }
}

/* ---- markers */

static void markers_only_move_forward(void **state)
{
    (void)state;
    ten_messages();
    assert_string_equal(mark("bob", false, 5), "moved");
    assert_string_equal(mark("bob", false, 5), "same");
    assert_string_equal(mark("bob", false, 4), "same");
    assert_string_equal(mark("bob", false, 0), "same");
    assert_string_equal(look("HGET", "", "received:bob"), "5");
    assert_string_equal(look("HGET", "", "read:bob"), "0");
    assert_string_equal(mark("bob", false, 10), "moved");
    assert_string_equal(look("HGET", "", "received:bob"), "10");
}

static void what_was_read_was_received(void **state)
{
    (void)state;
    ten_messages();
    assert_string_equal(mark("bob", true, 7), "moved");
    assert_string_equal(look("HGET", "", "read:bob"), "7");
    assert_string_equal(look("HGET", "", "received:bob"), "7");
    assert_string_equal(mark("bob", false, 9), "moved");
    assert_string_equal(mark("bob", true, 8), "moved");
    assert_string_equal(look("HGET", "", "read:bob"), "8");
    assert_string_equal(look("HGET", "", "received:bob"), "9");
    assert_string_equal(mark("bob", true, 8), "same");
}

static void a_marker_cannot_pass_the_last_seq(void **state)
{
    (void)state;
    ten_messages();
    assert_string_equal(mark("bob", true, 11), "invalid_field");
    assert_string_equal(mark("bob", false, SEQ_MAX), "invalid_field");
    assert_int_equal(count("EXISTS", ":received", ""), 0);
    drop_first(10); /* what retention dropped can be read all the same */
    assert_string_equal(mark("bob", true, 10), "moved");
}

static void a_stranger_has_no_markers(void **state)
{
    (void)state;
    assert_string_equal(mark("eve", true, 1), "not_found");
    ten_messages();
    assert_string_equal(mark("eve", true, 1), "not_found");
    assert_string_equal(mark("eve", true, 11), "not_found");
    assert_int_equal(count("HEXISTS", "", "read:eve"), 0);
}

/* ---- the user's side */

static const char *join_at(int64_t time)
{
    struct redis_command c;
    user_join_conversation(&c, STR("ann"), id, time);
    return the_redis_ask(&c);
}

static void only_who_exists_joins(void **state)
{
    (void)state;
    assert_string_equal(join_at(NOW), "not_found");
    (void)redis_do(&the_redis, "HSET u:{ann} display_name Ann"); /* as an erased one */
    assert_string_equal(join_at(NOW), "not_found");
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:conversations"), 0);
    (void)redis_do(&the_redis, "HSET u:{ann} password x");
    assert_string_equal(join_at(NOW), "ok");
    assert_string_equal(join_at(NOW + 5), "ok");
    assert_string_equal(redis_text(&the_redis, fmt("ZSCORE u:{ann}:conversations %s", id.p)),
                        fmt("%lld", (long long)NOW));
}

static void a_user_leaves_the_list_as_well(void **state)
{
    (void)state;
    struct redis_command c;
    (void)redis_do(&the_redis, "HSET u:{ann} password x");
    (void)join_at(NOW);
    user_leave_conversation(&c, STR("ann"), id);
    assert_string_equal(the_redis_ask(&c), "1");
    assert_string_equal(the_redis_ask(&c), "0");
}

static const char *sign_in(void)
{
    struct redis_command c;
    user_sign_in(&c, STR("ann"), STR("s1"), STR("n1"), NOW);
    return the_redis_ask(&c);
}

static void signing_in_needs_a_session_and_an_account(void **state)
{
    (void)state;
    struct redis_command c;
    assert_string_equal(sign_in(), "gone");
    (void)redis_do(&the_redis, "HSET u:{ann}:session:s1 created 1");
    assert_string_equal(sign_in(), "gone");
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:nodes"), 0);
    (void)redis_do(&the_redis, "HSET u:{ann} password x");
    assert_string_equal(sign_in(), "ok");
    assert_int_equal(redis_do(&the_redis, "SISMEMBER u:{ann}:nodes n1"), 1);
    assert_string_equal(redis_text(&the_redis, "HGET u:{ann}:session:s1 last_used"),
                        fmt("%lld", (long long)NOW));
    (void)join_at(NOW);
    (void)redis_do(&the_redis, "ZADD u:{ann}:conversations 1 older");
    assert_string_equal(sign_in(), fmt("ok older %s", id.p));
    user_leave_node(&c, STR("ann"), STR("n1"));
    assert_string_equal(the_redis_ask(&c), "1");
    (void)redis_do(&the_redis, "DEL u:{ann}:session:s1");
    assert_string_equal(sign_in(), "gone");
    assert_int_equal(redis_do(&the_redis, "EXISTS u:{ann}:nodes"), 0);
}

/* ---- epoch */

static const char *epoch(const char *known, const char *fresh)
{
    struct redis_command c;

    redis_command_script(&c, &SCRIPT_epoch);
    redis_add_key(&c, "epoch", STR(""), "");
    redis_add(&c, str_of(known));
    redis_add(&c, str_of(fresh));
    struct redisReply *reply = the_redis_call(&c);
    const char *text = fmt("%.*s", STR_ARG(reply_str(reply)));
    reply_free(reply);
    return text;
}

static void the_epoch_is_changed_by_the_first_who_finds_a_loss(void **state)
{
    (void)state;
    assert_string_equal(epoch("", "e1"), "e1");
    assert_string_equal(epoch("", "e2"), "e1");   /* another server starts */
    assert_string_equal(epoch("e1", "e3"), "e3"); /* one finds that data was lost */
    assert_string_equal(epoch("e1", "e4"), "e3"); /* the other, too */
    (void)redis_do(&the_redis, "DEL epoch");
    assert_string_equal(epoch("e3", "e5"), "e5"); /* all was lost */
    assert_string_equal(redis_text(&the_redis, "GET epoch"), "e5");
}

/* ---- bells */

static void a_message_rings_the_other_nodes_with_its_record(void **state)
{
    (void)state;
    redisContext *one = listen_as("n1");
    redisContext *two = listen_as("n2");
    (void)open_direct("ann", "bob");
    (void)view_from("ann", "n1");
    (void)view_from("bob", "n2");
    assert_string_equal(append_in(id, "ann", "a", ",\"text\":\"a b\"}", NOW, "n1"), "1");
    expect_bell(two, fmt("L %s %s", id.p, look("LINDEX", ":log", "0")));
    expect_silence(one, "n1");
    (void)append_in(id, "ann", "a", ",\"text\":\"a b\"}", NOW, "n1"); /* a repeat rings nobody */
    (void)append_in(id, "ann", "a", HI, NOW, "n1");
    (void)append_in(id, "eve", "a", HI, NOW, "n1");
    expect_silence(two, "n2");
    expect_nodes("n1 n2");
    redisFree(one);
    redisFree(two);
}

static void a_node_is_not_added_to_what_does_not_exist(void **state)
{
    (void)state;
    register_node("n1");
    assert_int_equal(count("EXISTS", "", ""), 0);
}

static void a_node_that_nobody_listens_for_is_forgotten(void **state)
{
    (void)state;
    redisContext *one = listen_as("n1");
    (void)open_direct("ann", "bob");
    register_node("n1");
    register_node("dead");
    register_node("gone");
    register_node("here"); /* the caller's own is not rung, and stays, listening or not */
    (void)append("ann", "a", HI);
    expect_bell(one, fmt("L %s %s", id.p, look("LINDEX", ":log", "0")));
    expect_nodes("n1 here");
    redisFree(one);
    WAIT_UNTIL(redis_do(&the_redis, "PUBLISH node:n1 still") == 0);
    (void)append("ann", "b", HI);
    expect_nodes("here");
}

static const char *log_bell(int back)
{
    return fmt("L %s %s", id.p, look("LINDEX", ":log", fmt("-%d", back)));
}

static void membership_rings_with_each_record(void **state)
{
    (void)state;
    redisContext *one = listen_as("n1");
    (void)create_room("ann", "bob");
    register_node("n1");
    (void)put("ann", "cyd", "member");
    expect_bell(one, log_bell(1));
    (void)put("ann", "cyd", "admin");
    expect_bell(one, log_bell(1));
    (void)put("ann", "cyd", "admin");
    (void)put("bob", "cyd", "member");
    (void)put("ann", "ann", "member");
    expect_silence(one, "n1");
    (void)take_out("ann", "bob");
    expect_bell(one, log_bell(1));
    (void)take_out("ann", "ann"); /* cyd inherits */
    expect_bell(one, log_bell(2));
    expect_bell(one, log_bell(1));
    (void)take_out("ann", "cyd");
    expect_silence(one, "n1");
    redisFree(one);
}

static void a_new_name_rings(void **state)
{
    (void)state;
    redisContext *one = listen_as("n1");
    (void)create_room("ann", "bob");
    register_node("n1");
    (void)rename_room("bob", "No");
    expect_silence(one, "n1");
    (void)rename_room("ann", "New");
    expect_bell(one, fmt("C %s", id.p));
    redisFree(one);
}

static void a_marker_rings_with_what_moved(void **state)
{
    (void)state;
    redisContext *one = listen_as("n1");
    ten_messages();
    register_node("n1");
    (void)mark("bob", false, 3);
    expect_bell(one, fmt("R %s bob - 3", id.p));
    (void)mark("bob", true, 2);
    expect_bell(one, fmt("R %s bob 2 -", id.p));
    (void)mark("bob", true, 9);
    expect_bell(one, fmt("R %s bob 9 9", id.p));
    (void)mark("bob", true, 9);
    (void)mark("bob", false, 8);
    (void)mark("bob", true, 11);
    (void)mark("eve", true, 1);
    expect_silence(one, "n1");
    redisFree(one);
}

static void a_user_is_rung_wherever_connected(void **state)
{
    (void)state;
    struct redis_command c;
    redisContext *one = listen_as("n1");
    redisContext *two = listen_as("n2");
    (void)redis_do(&the_redis, "SADD u:{ann}:nodes n1 n2 dead");
    user_ring(&c, STR("ann"), STR("J ann x 0"));
    assert_string_equal(the_redis_ask(&c), "ok");
    expect_bell(one, "J ann x 0");
    expect_bell(two, "J ann x 0");
    assert_int_equal(redis_do(&the_redis, "SCARD u:{ann}:nodes"), 2);
    user_ring(&c, STR("bob"), STR("J bob x 0"));
    assert_string_equal(the_redis_ask(&c), "ok");
    expect_silence(one, "n1");
    redisFree(one);
    redisFree(two);
}

/* ---- */

static int begin(void **state)
{
    (void)state;
    (void)redis_do(&the_redis, "FLUSHALL");
    conversation = conversation_id_room();
    id = str_from(conversation.text, CONVERSATION_ID_LEN);
    return 0;
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(seqs_are_dense_whoever_writes),
        TEST(the_record_is_the_tail_that_the_sender_builds),
        TEST(a_repeat_gets_the_same_seq_and_time_and_stores_nothing),
        TEST(an_id_is_the_senders_own_in_one_conversation),
        TEST(an_id_with_other_content_is_reused),
        TEST(a_suffix_of_the_stored_content_is_other_content),
        TEST(a_stranger_cannot_write),
        TEST(an_id_is_known_across_the_end_of_a_period),
        TEST(an_id_is_forgotten_after_three_periods),
        TEST(the_ids_of_a_period_expire_by_themselves),
        TEST(a_repeat_of_a_dropped_record_has_no_time),
        TEST(who_writes_has_read),
        TEST(pages_go_back_from_a_seq),
        TEST(pages_go_on_from_a_seq),
        TEST(pages_have_what_retention_left),
        TEST(pages_are_for_members_and_for_the_servers_themselves),
        TEST(a_direct_conversation_is_seen_from_both_sides),
        TEST(a_conversation_with_oneself_has_oneself_as_peer),
        TEST(a_room_is_seen_with_name_and_role),
        TEST(a_stranger_sees_nothing),
        TEST(a_view_registers_the_node_that_asks),
        TEST(a_room_begins_with_its_members_joining),
        TEST(a_room_may_begin_with_its_owner_alone),
        TEST(a_room_is_made_once),
        TEST(who_may_put_whom),
        TEST(who_joins_has_nothing_unread),
        TEST(the_last_owner_stays_owner),
        TEST(a_full_room_takes_no_one_but_still_changes_roles),
        TEST(who_may_take_out_whom),
        TEST(anyone_may_leave),
        TEST(who_is_out_leaves_no_traces),
        TEST(an_admin_inherits_the_room),
        TEST(without_an_admin_the_first_member_by_name_inherits),
        TEST(there_is_no_heir_while_there_is_an_owner),
        TEST(the_last_one_to_leave_leaves_an_empty_room),
        TEST(a_direct_conversation_has_no_roles),
        TEST(owners_and_admins_rename),
        TEST(markers_only_move_forward),
        TEST(what_was_read_was_received),
        TEST(a_marker_cannot_pass_the_last_seq),
        TEST(a_stranger_has_no_markers),
        TEST(only_who_exists_joins),
        TEST(a_user_leaves_the_list_as_well),
        TEST(signing_in_needs_a_session_and_an_account),
        TEST(the_epoch_is_changed_by_the_first_who_finds_a_loss),
        TEST(a_message_rings_the_other_nodes_with_its_record),
        TEST(a_node_is_not_added_to_what_does_not_exist),
        TEST(a_node_that_nobody_listens_for_is_forgotten),
        TEST(membership_rings_with_each_record),
        TEST(a_new_name_rings),
        TEST(a_marker_rings_with_what_moved),
        TEST(a_user_is_rung_wherever_connected),
    };
    return cmocka_run_group_tests(tests, the_redis_start_with_pool, the_redis_stop_with_pool);
}
