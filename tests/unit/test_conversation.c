#include "redis_story.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/conversation.h"
#include "store/scripts.h"

#define ROOM "raaaaaaaaaaaaaaaaaaaaaaaa"
#define C "c:{" ROOM "}"
#define U "u:{ann}"

/* ---- commands */

/* The script (NULL: none), how many of the arguments are its keys, and all of them with a | between. */
static void expect_command(const struct redis_command *c, const struct redis_script *script,
                           size_t n_keys, const char *args)
{
    expect_sent_with('|', c, n_keys, args);
    assert_ptr_equal(c->script, script);
}

static void append_has_all_that_the_script_wants(void **state)
{
    (void)state;
    struct redis_command c;
    struct message m = {STR("ann"), STR("a1"), STR(",\"text\":\"hi\"}"), 1790000000000};
    conversation_append(&c, STR(ROOM), &m, STR("node1"), 86400000);
    expect_command(&c, &SCRIPT_append, 3,
                   C "|" C ":log|" C ":ids:|ann|a1|1790000000000|"
                     ",\"text\":\"hi\"}|node1|20717|86400000");
}

static void view_and_pages_name_their_keys(void **state)
{
    (void)state;
    struct redis_command c;
    conversation_view(&c, STR(ROOM), STR("ann"), STR("node1"));
    expect_command(&c, &SCRIPT_view, 4, C "|" C ":members|" C ":log|" C ":mute|ann|node1");
    conversation_page_before(&c, STR(ROOM), STR("ann"), 100, 50);
    expect_command(&c, &SCRIPT_page, 2, C "|" C ":log|ann|before|100|50|524288");
    conversation_page_after(&c, STR(ROOM), STR(""), 0, 200);
    expect_command(&c, &SCRIPT_page, 2, C "|" C ":log||after|0|200|524288");
}

static void making_and_changing_name_their_keys(void **state)
{
    (void)state;
    struct redis_command c;
    conversation_open_direct(&c, STR(ROOM), STR("ann"), STR("bob"), 17);
    expect_command(&c, &SCRIPT_direct_open, 2, C "|" C ":members|ann|bob|17");
    conversation_create_room(&c, STR(ROOM), STR("The | room"), STR("ann"), STR("bob cyd"), 17);
    expect_command(&c, &SCRIPT_room_create, 3,
                   C "|" C ":members|" C ":log|The | room|ann|17|bob cyd");
    conversation_rename(&c, STR(ROOM), STR("ann"), STR("New"));
    expect_command(&c, &SCRIPT_room_rename, 2, C "|" C ":members|ann|New");
    conversation_add_node(&c, STR(ROOM), STR("node1"));
    expect_command(&c, &SCRIPT_node_add, 1, C "|node1");
    conversation_remove_node(&c, STR(ROOM), STR("node1"));
    expect_command(&c, &SCRIPT_node_remove, 1, C "|node1");
}

static void members_and_markers_name_their_keys(void **state)
{
    (void)state;
    struct redis_command c;
    conversation_put_member(&c, STR(ROOM), STR("ann"), STR("bob"), STR("admin"), 17, 500);
    expect_command(&c, &SCRIPT_member_put, 3, C "|" C ":members|" C ":log|ann|bob|admin|17|500");
    conversation_remove_member(&c, STR(ROOM), STR("ann"), STR("bob"), 17);
    expect_command(&c, &SCRIPT_member_remove, 5,
                   C "|" C ":members|" C ":log|" C ":mute|" C ":pushed|ann|bob|17");
    conversation_move_marker(&c, STR(ROOM), STR("bob"), true, 7);
    expect_command(&c, &SCRIPT_marker, 1, C "|bob|read|7");
    conversation_move_marker(&c, STR(ROOM), STR("bob"), false, 7);
    expect_command(&c, &SCRIPT_marker, 1, C "|bob|received|7");
}

static void the_users_side_names_the_users_keys(void **state)
{
    (void)state;
    struct redis_command c;
    user_join_conversation(&c, STR("ann"), STR(ROOM), 17);
    expect_command(&c, &SCRIPT_user_join, 3, U "|" U ":conversations|" U ":contacts|" ROOM "|17|");
    user_add_to_conversation(&c, STR("ann"), STR("bob"), STR(ROOM), 17);
    expect_command(&c, &SCRIPT_user_join, 3,
                   U "|" U ":conversations|" U ":contacts|" ROOM "|17|bob");
    user_leave_conversation(&c, STR("ann"), STR(ROOM));
    expect_command(&c, NULL, 0, "ZREM|" U ":conversations|" ROOM);
    user_ring(&c, STR("ann"), STR("C " ROOM));
    expect_command(&c, &SCRIPT_user_ring, 1, U ":nodes|C " ROOM);
    user_sign_in(&c, STR("ann"), STR("aaaaaaaaaaaaaaaaaaaaaaaa"), STR("node1"), 17);
    expect_command(&c, &SCRIPT_sign_in, 4,
                   U "|" U ":session:aaaaaaaaaaaaaaaaaaaaaaaa|" U ":conversations|" U
                     ":nodes|node1|17");
    user_leave_node(&c, STR("ann"), STR("node1"));
    expect_command(&c, NULL, 0, "SREM|" U ":nodes|node1");
}

/* All keys of a script are in one slot of a cluster: the same text in braces. */
static void expect_one_hash_tag(const struct redis_command *c)
{
    assert_true(c->n_keys > 0);
    for (size_t i = 0; i < c->n_keys; i++)
        assert_non_null(memmem(c->args[i].p, c->args[i].n, "{" ROOM "}", sizeof "{" ROOM "}" - 1));
}

static void the_longest_names_and_numbers_fit_into_a_command(void **state)
{
    (void)state;
    struct redis_command c;
    str name = STR("abcdefghijklmnopqrstuvwxyz012345");
    str id = STR("aaaaaaaaaaaaaaaaaaaaaaaa");
    struct message m = {name, STR("a"), STR("}"), INT64_MIN};
    conversation_append(&c, STR(ROOM), &m, id, INT64_MIN);
    expect_one_hash_tag(&c);
    conversation_remove_member(&c, STR(ROOM), name, name, INT64_MIN);
    expect_one_hash_tag(&c);
    conversation_put_member(&c, STR(ROOM), name, name, STR("member"), INT64_MIN, INT64_MIN);
    expect_one_hash_tag(&c);
    user_sign_in(&c, name, id, id, INT64_MIN);
    assert_int_equal(c.n, 6);
}

/* ---- replies */

static void expect_appended(str wire, enum append_result result, int64_t seq, int64_t time)
{
    int64_t seq_got = -1;
    int64_t time_got = -1;
    struct redisReply *reply = read_reply(wire);
    assert_int_equal(conversation_appended(reply, &seq_got, &time_got), result);
    assert_int_equal(time_got, time);
    if (result == APPEND_STORED || result == APPEND_DUPLICATE)
        assert_int_equal(seq_got, seq);
    reply_free(reply);
}

static void what_came_of_an_append(void **state)
{
    (void)state;
    int64_t seq;
    int64_t time;
    expect_appended(STR(":7\r\n"), APPEND_STORED, 7, 0);
    expect_appended(STR("*3\r\n$9\r\nduplicate\r\n:7\r\n:1790000000000\r\n"), APPEND_DUPLICATE, 7,
                    1790000000000);
    expect_appended(STR("*3\r\n$9\r\nduplicate\r\n:7\r\n:0\r\n"), APPEND_DUPLICATE, 7, 0);
    expect_appended(STR("*1\r\n$9\r\nid_reused\r\n"), APPEND_ID_REUSED, 0, 0);
    expect_appended(STR("*1\r\n$9\r\nnot_found\r\n"), APPEND_NOT_FOUND, 0, 0);
    expect_appended(STR("*1\r\n$7\r\nblocked\r\n"), APPEND_BLOCKED, 0, 0);
    assert_int_equal(conversation_appended(NULL, &seq, &time), APPEND_UNAVAILABLE);
}

static void another_answer_to_an_append_is_unavailable(void **state)
{
    (void)state;
    expect_appended(STR("$-1\r\n"), APPEND_UNAVAILABLE, 0, 0);
    expect_appended(STR("-OOM command not allowed\r\n"), APPEND_UNAVAILABLE, 0, 0);
    expect_appended(STR("*0\r\n"), APPEND_UNAVAILABLE, 0, 0);
    expect_appended(STR("*1\r\n$2\r\nok\r\n"), APPEND_UNAVAILABLE, 0, 0);
    expect_appended(STR("+OK\r\n"), APPEND_UNAVAILABLE, 0, 0);
    expect_appended(STR("$9\r\nnot_found\r\n"), APPEND_UNAVAILABLE, 0, 0);
}

#define VIEW(kind, name, muted, peer, last)                                                        \
    STR("*11\r\n$2\r\nok\r\n" kind name "$2\r\n12\r\n$1\r\n5\r\n" muted ":3\r\n" peer last         \
        "$5\r\nadmin\r\n"                                                                          \
        "$2\r\n99\r\n")
#define KIND_ROOM "$4\r\nroom\r\n"
#define KIND_DIRECT "$6\r\ndirect\r\n"
#define NONE "$0\r\n\r\n"

static void a_view_of_a_room_is_read(void **state)
{
    (void)state;
    struct conversation_view v;
    struct redisReply *reply =
        read_reply(VIEW(KIND_ROOM, "$5\r\nThe R\r\n", "$2\r\n77\r\n", NONE, NONE));
    assert_int_equal(conversation_viewed(reply, &v), OK);
    assert_false(v.direct);
    assert_true(str_eq(v.name, STR("The R")));
    assert_true(str_eq(v.peer, STR("")));
    assert_true(str_eq(v.role, STR("admin")));
    assert_int_equal(v.last.n, 0);
    assert_int_equal(v.last_frame.n, 0);
    assert_int_equal(v.seq, 12);
    assert_int_equal(v.read, 5);
    assert_int_equal(v.muted_until, 77);
    assert_int_equal(v.members, 3);
    assert_int_equal(v.created, 99);
    reply_free(reply);
}

static void a_view_of_a_direct_conversation_is_read(void **state)
{
    (void)state;
    struct conversation_view v;
    struct redisReply *reply = read_reply(
        VIEW(KIND_DIRECT, NONE, NONE, "$3\r\nbob\r\n", "$22\r\nm12,\"text\":\"the end!\"}\r\n"));
    assert_int_equal(conversation_viewed(reply, &v), OK);
    assert_true(v.direct);
    assert_true(str_eq(v.peer, STR("bob")));
    assert_true(str_eq(v.last, STR("m12,\"text\":\"the end!\"}")));
    assert_int_equal(v.muted_until, 0);
    reply_free(reply);
}

static void expect_not_viewed(str wire, enum err expected)
{
    struct conversation_view v = {.seq = -1};
    struct redisReply *reply = read_reply(wire);
    assert_int_equal(conversation_viewed(reply, &v), expected);
    assert_int_equal(v.seq, -1);
    reply_free(reply);
}

static void a_view_that_is_not_one(void **state)
{
    (void)state;
    struct conversation_view v;
    expect_not_viewed(STR("*1\r\n$9\r\nnot_found\r\n"), ERR_NOT_FOUND);
    expect_not_viewed(STR("*1\r\n$2\r\nok\r\n"), ERR_UNAVAILABLE);
    expect_not_viewed(STR("*2\r\n$2\r\nok\r\n$4\r\nroom\r\n"), ERR_UNAVAILABLE);
    expect_not_viewed(STR("*0\r\n"), ERR_UNAVAILABLE);
    expect_not_viewed(STR("$-1\r\n"), ERR_UNAVAILABLE);
    expect_not_viewed(STR("-LOADING\r\n"), ERR_UNAVAILABLE);
    assert_int_equal(conversation_viewed(NULL, &v), ERR_UNAVAILABLE);
}

static void expect_view_json(const struct conversation_view *v, const char *key,
                             const char *expected)
{
    struct buf out = {0};
    conversation_view_json(&out, key, STR(ROOM), v, 1000);
    assert_string_equal(buf_cstr(&out), expected);
    buf_fini(&out);
}

static void a_room_is_shown_with_name_and_unread(void **state)
{
    (void)state;
    struct conversation_view v = {
        .name = STR("A \"room\""), .seq = 12, .read = 5, .members = 3, .muted_until = 1001};
    expect_view_json(&v, NULL,
                     "{\"id\":\"" ROOM
                     "\",\"kind\":\"room\",\"name\":\"A \\\"room\\\"\",\"members_count\":3,"
                     "\"seq\":12,\"read\":5,\"unread\":7,\"muted_until\":1001}");
}

static void a_direct_one_is_shown_with_its_peer(void **state)
{
    (void)state;
    struct conversation_view v = {
        .direct = true, .peer = STR("bob"), .members = 2, .name = STR("ignored")};
    expect_view_json(&v, "conversation",
                     "\"conversation\":{\"id\":\"" ROOM
                     "\",\"kind\":\"direct\",\"members_count\":2,\"peer\":\"bob\","
                     "\"seq\":0,\"read\":0,\"unread\":0}");
}

static void a_mute_that_is_over_is_not_shown(void **state)
{
    (void)state;
    struct conversation_view v = {.direct = true, .peer = STR("bob"), .muted_until = 1000};
    expect_view_json(&v, NULL,
                     "{\"id\":\"" ROOM
                     "\",\"kind\":\"direct\",\"members_count\":0,\"peer\":\"bob\",\"seq\":0,"
                     "\"read\":0,\"unread\":0}");
}

static void unread_is_never_negative(void **state)
{
    (void)state;
    struct conversation_view v = {.direct = true, .peer = STR("bob"), .seq = 2, .read = 5};
    expect_view_json(&v, NULL,
                     "{\"id\":\"" ROOM
                     "\",\"kind\":\"direct\",\"members_count\":0,\"peer\":\"bob\",\"seq\":2,"
                     "\"read\":5,\"unread\":0}");
}

#define SHOWN                                                                                      \
    "{\"id\":\"" ROOM "\",\"kind\":\"direct\",\"members_count\":0,\"peer\":\"bob\",\"seq\":0,"     \
    "\"read\":0,\"unread\":0"

static void the_last_record_is_shown_as_a_frame(void **state)
{
    (void)state;
    struct conversation_view v = {
        .direct = true, .peer = STR("bob"), .last = STR("m3,\"text\":\"hi\"}")};
    expect_view_json(&v, NULL,
                     SHOWN ",\"last\":{\"type\":\"message\",\"conversation\":\"" ROOM
                           "\",\"seq\":3,\"text\":\"hi\"}}");
    v.last_frame = STR("{\"its\":\"frame\"}");
    expect_view_json(&v, NULL, SHOWN ",\"last\":{\"its\":\"frame\"}}");
}

static void a_damaged_last_record_is_left_out(void **state)
{
    (void)state;
    struct conversation_view v = {
        .direct = true, .peer = STR("bob"), .last = STR("m3,\"text\":\"hi")};
    expect_view_json(&v, NULL, SHOWN "}");
}

/* ---- pages */

static void a_page_is_read(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply =
        read_reply(STR("*5\r\n$2\r\nok\r\n:12\r\n:1\r\n$7\r\nm3,\"a\"}\r\n$7\r\ne4,\"b\"}\r\n"));
    struct buf out = {0};
    assert_int_equal(conversation_paged(reply, &p), OK);
    assert_int_equal(p.seq, 12);
    assert_true(p.more);
    assert_int_equal(p.n, 2);
    assert_true(str_eq(conversation_page_record(&p, 0), STR("m3,\"a\"}")));
    assert_true(str_eq(conversation_page_record(&p, 1), STR("e4,\"b\"}")));
    buf_add_char(&out, '{');
    assert_int_equal(conversation_page_json(&out, STR(ROOM), &p), OK);
    assert_string_equal(buf_cstr(&out),
                        "{\"messages\":[{\"type\":\"message\",\"conversation\":\"" ROOM
                        "\",\"seq\":3,\"a\"},{\"type\":\"member\",\"conversation\":\"" ROOM
                        "\",\"seq\":4,\"b\"}]");
    buf_fini(&out);
    reply_free(reply);
}

static void a_page_may_be_empty(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply = read_reply(STR("*3\r\n$2\r\nok\r\n:12\r\n:0\r\n"));
    struct buf out = {0};
    assert_int_equal(conversation_paged(reply, &p), OK);
    assert_false(p.more);
    assert_int_equal(p.n, 0);
    conversation_page_trim(&p, true);
    assert_false(p.more);
    assert_int_equal(conversation_page_json(&out, STR(ROOM), &p), OK);
    assert_string_equal(buf_cstr(&out), "\"messages\":[]");
    buf_fini(&out);
    reply_free(reply);
}

static void a_page_that_is_not_one(void **state)
{
    (void)state;
    static const struct {
        str wire;
        enum err err;
    } CASES[] = {
        {{"*1\r\n$9\r\nnot_found\r\n", 19}, ERR_NOT_FOUND},
        {{"*2\r\n$2\r\nok\r\n:1\r\n", 16}, ERR_UNAVAILABLE},
        {{"*0\r\n", 4}, ERR_UNAVAILABLE},
        {{":1\r\n", 4}, ERR_UNAVAILABLE},
        {{"-ERR\r\n", 6}, ERR_UNAVAILABLE},
    };
    struct conversation_page p;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct redisReply *reply = read_reply(CASES[i].wire);
        assert_int_equal(conversation_paged(reply, &p), CASES[i].err);
        reply_free(reply);
    }
    assert_int_equal(conversation_paged(NULL, &p), ERR_UNAVAILABLE);
}

static void a_damaged_record_makes_a_page_unavailable(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply =
        read_reply(STR("*5\r\n$2\r\nok\r\n:2\r\n:0\r\n$7\r\nm1,\"a\"}\r\n$5\r\nm2,\"b\r\n"));
    struct buf out = {0};
    assert_int_equal(conversation_paged(reply, &p), OK);
    assert_int_equal(conversation_page_json(&out, STR(ROOM), &p), ERR_UNAVAILABLE);
    buf_fini(&out);
    reply_free(reply);
}

/* A page of records 1..n, each of `size` bytes. */
static struct redisReply *page_of(size_t n, size_t size, struct conversation_page *page_out)
{
    struct buf wire = {0};

    buf_printf(&wire, "*%zu\r\n$2\r\nok\r\n:%zu\r\n:0\r\n", n + 3, n);
    for (size_t i = 1; i <= n; i++) {
        buf_printf(&wire, "$%zu\r\nm%03zu,", size, i);
        memset(buf_reserve(&wire, size), 'x', size);
        wire.n += size - 6;
        buf_printf(&wire, "}\r\n");
    }
    struct redisReply *reply = read_reply(buf_view(&wire));
    assert_int_equal(conversation_paged(reply, page_out), OK);
    buf_fini(&wire);
    return reply;
}

/* The page's records are those from `first` to `last`. */
static void expect_records(const struct conversation_page *p, size_t first, size_t last)
{
    assert_int_equal(p->n, last - first + 1);
    for (size_t i = 0; i < p->n; i++) {
        char begin[8];
        (void)snprintf(begin, sizeof begin, "m%03zu,", first + i);
        assert_true(str_starts(conversation_page_record(p, i), str_of(begin)));
    }
}

static void a_page_within_the_bytes_stays_whole(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply = page_of(4, PAGE_BYTES_MAX / 4, &p);
    conversation_page_trim(&p, true);
    expect_records(&p, 1, 4);
    conversation_page_trim(&p, false);
    expect_records(&p, 1, 4);
    assert_false(p.more);
    reply_free(reply);
}

static void a_page_before_keeps_its_end(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply = page_of(10, PAGE_BYTES_MAX / 4, &p);
    conversation_page_trim(&p, true);
    expect_records(&p, 7, 10);
    assert_true(p.more);
    conversation_page_trim(&p, true);
    expect_records(&p, 7, 10);
    reply_free(reply);
}

static void a_page_after_keeps_its_beginning(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply = page_of(10, PAGE_BYTES_MAX / 4 + 1, &p);
    conversation_page_trim(&p, false);
    expect_records(&p, 1, 3);
    assert_true(p.more);
    reply_free(reply);
}

static void one_record_is_always_kept(void **state)
{
    (void)state;
    struct conversation_page p;
    struct redisReply *reply = page_of(2, PAGE_BYTES_MAX + 1, &p);
    conversation_page_trim(&p, true);
    expect_records(&p, 2, 2);
    assert_true(p.more);
    reply_free(reply);
    reply = page_of(2, PAGE_BYTES_MAX + 1, &p);
    conversation_page_trim(&p, false);
    expect_records(&p, 1, 1);
    reply_free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(append_has_all_that_the_script_wants),
        cmocka_unit_test(view_and_pages_name_their_keys),
        cmocka_unit_test(making_and_changing_name_their_keys),
        cmocka_unit_test(members_and_markers_name_their_keys),
        cmocka_unit_test(the_users_side_names_the_users_keys),
        cmocka_unit_test(the_longest_names_and_numbers_fit_into_a_command),
        cmocka_unit_test(what_came_of_an_append),
        cmocka_unit_test(another_answer_to_an_append_is_unavailable),
        cmocka_unit_test(a_view_of_a_room_is_read),
        cmocka_unit_test(a_view_of_a_direct_conversation_is_read),
        cmocka_unit_test(a_view_that_is_not_one),
        cmocka_unit_test(a_room_is_shown_with_name_and_unread),
        cmocka_unit_test(a_direct_one_is_shown_with_its_peer),
        cmocka_unit_test(a_mute_that_is_over_is_not_shown),
        cmocka_unit_test(unread_is_never_negative),
        cmocka_unit_test(the_last_record_is_shown_as_a_frame),
        cmocka_unit_test(a_damaged_last_record_is_left_out),
        cmocka_unit_test(a_page_is_read),
        cmocka_unit_test(a_page_may_be_empty),
        cmocka_unit_test(a_page_that_is_not_one),
        cmocka_unit_test(a_damaged_record_makes_a_page_unavailable),
        cmocka_unit_test(a_page_within_the_bytes_stays_whole),
        cmocka_unit_test(a_page_before_keeps_its_end),
        cmocka_unit_test(a_page_after_keeps_its_beginning),
        cmocka_unit_test(one_record_is_always_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
