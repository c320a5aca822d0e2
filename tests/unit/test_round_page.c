#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "round_page.h"

#define RECORDS 3
#define MEMBERS 3

/* ---- a reply as look.lua makes it */

static redisReply *text(const char *s)
{
    redisReply *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->type = REDIS_REPLY_STRING;
    r->str = strdup(s);
    r->len = strlen(s);
    return r;
}

static redisReply *whole(long long n)
{
    redisReply *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->type = REDIS_REPLY_INTEGER;
    r->integer = n;
    return r;
}

static redisReply *list(redisReply **items, size_t n)
{
    redisReply *r = calloc(1, sizeof *r);

    assert_non_null(r);
    r->type = REDIS_REPLY_ARRAY;
    r->elements = n;
    r->element = calloc(n + 1, sizeof *r->element);
    assert_non_null(r->element);
    memcpy(r->element, items, n * sizeof *items);
    return r;
}

static redisReply *reply_with(redisReply *records, redisReply *members)
{
    redisReply *parts[] = {text("ok"),   whole(9000),    whole(0), text("0"), whole(12), whole(12),
                           text("room"), text("Garden"), whole(1), whole(2),  records,   members};

    return list(parts, sizeof parts / sizeof parts[0]);
}

static redisReply *usual(void)
{
    redisReply *records[RECORDS] = {
        text("m12,\"id\":\"c\",\"from\":\"cid\",\"time\":3,\"data\":{\"a\":1}}"),
        text("m11,\"id\":\"b\",\"from\":\"bob\",\"time\":2,\"text\":\"a \\\"b\\\" \\u00e9\"}"),
        text("m9,\"id\":\"a\",\"from\":\"ann\",\"time\":1,\"text\":\"hi\"}"),
    };
    redisReply *members[] = {text("dan"), whole(5),    whole(0), text("eve"), whole(2),
                             whole(10),   text("fay"), whole(1), whole(11)};

    return reply_with(list(records, RECORDS), list(members, sizeof members / sizeof members[0]));
}

static void fill(struct round_page *page, redisReply *reply)
{
    struct look_page from;

    *page = (struct round_page){0};
    assert_int_equal(look_page(reply, &from), OK);
    round_page_fill(page, &from, NULL);
    freeReplyObject(reply);
}

/* ---- */

static void a_page_outlives_its_reply(void **state)
{
    struct round_page page;

    (void)state;
    fill(&page, usual());
    assert_int_equal(page.seq, 12);
    assert_false(page.direct);
    assert_true(str_eq(buf_view(&page.name), STR("Garden")));
    assert_int_equal(page.n_records, RECORDS);
    assert_false(page.records[0].has_text);
    assert_string_equal(page.records[1].from.text, "bob");
    assert_true(page.records[1].has_text);
    assert_true(str_eq(buf_view(&page.records[1].text), str_of("a \"b\" \u00e9")));
    assert_int_equal(page.n_members, MEMBERS);
    assert_string_equal(page.members[0].user.text, "dan");
    assert_int_equal(page.members[0].unread, 5);
    assert_int_equal(page.members[1].seen, 10);
    round_page_clear(&page);
    assert_int_equal(page.n_members, 0);
}

static void the_newest_unseen_message_is_the_news(void **state)
{
    struct round_page page;

    (void)state;
    fill(&page, usual());
    struct page_member *m = &page.members[0];
    assert_int_equal(round_page_news(&page, m)->seq, 12);
    m->blocked = 1;
    assert_int_equal(round_page_news(&page, m)->seq, 11);
    m->blocked = 1 | 2;
    assert_int_equal(round_page_news(&page, m)->seq, 9);
    m->seen = 9;
    assert_null(round_page_news(&page, m));
    m->blocked = 1 | 2 | 4;
    m->seen = 0;
    assert_null(round_page_news(&page, m));
    round_page_clear(&page);
}

static void who_is_settled_is_listed(void **state)
{
    struct round_page page;
    struct buf names = {0};

    (void)state;
    fill(&page, usual());
    round_page_settled(&page, &names);
    assert_int_equal(names.n, 0);
    page.members[0].settled = page.members[2].settled = true;
    round_page_settled(&page, &names);
    assert_true(str_eq(buf_view(&names), STR("dan fay")));
    buf_fini(&names);
    round_page_clear(&page);
}

static void what_is_damaged_is_left_out(void **state)
{
    redisReply *records[] = {
        text("nonsense"),
        text(
            "e8,\"action\":\"joined\",\"user\":\"x\",\"by\":\"x\",\"role\":\"member\",\"time\":1}"),
        text("m7,\"id\":\"a\",\"time\":1,\"text\":\"from nobody\"}"),
        text("m6,\"id\":\"a\",\"from\":\"ann\",\"time\":1,\"text\":\"open}"),
        text("m5,\"id\":\"a\",\"from\":\"ann\",\"time\":1,\"text\":\"good\"}"),
    };
    redisReply *members[] = {
        text(""), whole(1), whole(0),    text("a-name-that-is-longer-than-any-name-can-be"),
        whole(1), whole(0), text("dan"), whole(1),
        whole(0)};
    struct round_page page;

    (void)state;
    fill(&page, reply_with(list(records, sizeof records / sizeof records[0]),
                           list(members, sizeof members / sizeof members[0])));
    assert_int_equal(page.n_records, 1);
    assert_int_equal(page.records[0].seq, 5);
    assert_int_equal(page.n_members, 1);
    assert_string_equal(page.members[0].user.text, "dan");
    round_page_clear(&page);
}

static void nonsense_is_no_page(void **state)
{
    struct look_page from;
    redisReply *short_one[] = {text("ok"), whole(1)};
    redisReply *none[] = {text("not_found")};
    redisReply *r = list(short_one, 2);

    (void)state;
    assert_int_equal(look_page(NULL, &from), ERR_UNAVAILABLE);
    assert_int_equal(look_page(r, &from), ERR_UNAVAILABLE);
    freeReplyObject(r);
    r = list(none, 1);
    assert_int_equal(look_page(r, &from), ERR_NOT_FOUND);
    freeReplyObject(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_outlives_its_reply),
        cmocka_unit_test(the_newest_unseen_message_is_the_news),
        cmocka_unit_test(who_is_settled_is_listed),
        cmocka_unit_test(what_is_damaged_is_left_out),
        cmocka_unit_test(nonsense_is_no_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
