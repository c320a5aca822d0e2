#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "order.h"

static const struct order_limits LIMITS = {
    .content_max = 100, .ttl_default_s = 3600, .ttl_max_s = 7200};

struct reading {
    struct json_in in; /* which the order looks into */
    struct order order;
};

static struct reading read_order(const char *json)
{
    struct reading r;

    assert_int_equal(json_in_open(str_of(json), &r.in), OK);
    order_read(&r.in, &LIMITS, &r.order);
    return r;
}

static void reading_fini(struct reading *r)
{
    order_fini(&r->order);
    json_in_close(&r->in);
}

static struct reading read_good(const char *json)
{
    struct reading r = read_order(json);

    if (json_in_bad(&r.in))
        fail_msg("%s: %s %s", json, r.in.field, r.in.why);
    return r;
}

static void expect_field(const char *json, const char *field)
{
    struct reading r = read_order(json);

    if (!json_in_bad(&r.in) || strcmp(r.in.field, field) != 0)
        fail_msg("%s: %s", json, r.in.field ? r.in.field : "good");
    reading_fini(&r);
}

static void expect_hash(const char *json, char hex_out[ORDER_HASH_HEX])
{
    struct reading r = read_good(json);

    order_hash(&r.order, hex_out);
    reading_fini(&r);
}

static void what_is_not_said_has_a_default(void **state)
{
    struct reading r = read_good("{\"user\":\"Ann\",\"body\":\"x\"}");
    struct order o = r.order;

    (void)state;
    assert_string_equal(o.user.text, "ann");
    assert_int_equal(o.priority, NOTIFY_NORMAL);
    assert_int_equal(o.ttl_s, 3600);
    assert_int_equal(o.title.n + o.event.n + o.data.n + o.collapse.n, 0);
    reading_fini(&r);
}

static void everything_is_read(void **state)
{
    (void)state;
    struct reading r =
        read_good("{\"user\":\"ann\",\"title\":\"T\",\"body\":\"b\\nc\",\"event\":\"a.b:c\","
                  "\"data\":{ \"x\" : [1, 2] },\"collapse\":\"c d\",\"priority\":\"low\","
                  "\"ttl\":7200}");
    struct order o = r.order;
    assert_true(str_eq(o.title, STR("T")));
    assert_true(str_eq(o.body, STR("b\nc"))); /* a body may have lines */
    assert_true(str_eq(o.event, STR("a.b:c")));
    assert_true(str_eq(buf_view(&o.data), STR("{\"x\":[1,2]}")));
    assert_true(str_eq(o.collapse, STR("c d")));
    assert_int_equal(o.priority, NOTIFY_LOW);
    assert_int_equal(o.ttl_s, 7200);
    reading_fini(&r);
}

#define WITH(more) "{\"user\":\"ann\",\"body\":\"x\"," more "}"

static void what_is_bad_is_named(void **state)
{
    char long_body[256];
    char long_data[256];

    (void)state;
    expect_field("{}", "user");
    expect_field("{\"user\":\"x\",\"body\":\"x\"}", "user");
    expect_field("{\"user\":\"ann\"}", "body");
    expect_field("{\"user\":\"ann\",\"body\":\"\"}", "body");
    expect_field(WITH("\"title\":\"\""), "title");
    expect_field(WITH("\"title\":\"a\\rb\""), "title");
    expect_field(WITH("\"event\":\"a b\""), "event");
    expect_field(WITH("\"event\":\"\u00e4\""), "event");
    expect_field(WITH("\"collapse\":\"\\u007f\""), "collapse");
    expect_field(WITH("\"priority\":\"HIGH\""), "priority");
    expect_field(WITH("\"priority\":\"\""), "priority");
    expect_field(WITH("\"ttl\":0"), "ttl");
    expect_field(WITH("\"ttl\":7201"), "ttl");
    expect_field(WITH("\"ttl\":1.5"), "ttl");
    expect_field(WITH("\"data\":\"text\""), "data");
    expect_field(WITH("\"data\":[]"), "data");
    (void)snprintf(long_body, sizeof long_body, "{\"user\":\"ann\",\"body\":\"%0101d\"}", 1);
    expect_field(long_body, "body");
    (void)snprintf(long_data, sizeof long_data, WITH("\"data\":{\"x\":\"%0100d\"}"), 1);
    expect_field(long_data, "data");
}

static void the_limit_is_on_all_of_it_together(void **state)
{
    char text[512];

    (void)state;
    (void)snprintf(text, sizeof text, "{\"user\":\"ann\",\"title\":\"%050d\",\"body\":\"%050d\"}",
                   1, 1);
    struct reading r = read_good(text);
    reading_fini(&r);
    (void)snprintf(text, sizeof text, "{\"user\":\"ann\",\"title\":\"%050d\",\"body\":\"%051d\"}",
                   1, 1);
    expect_field(text, "body");
}

static void the_same_order_has_the_same_hash_however_it_is_written(void **state)
{
    char a[ORDER_HASH_HEX];
    char b[ORDER_HASH_HEX];

    (void)state;
    expect_hash("{\"user\":\"ann\",\"body\":\"\u00e4\",\"data\":{\"x\":1}}", a);
    expect_hash(
        "{ \"data\" : {\"x\":1} , \"body\":\"\\u00e4\", \"user\":\"ANN\", \"priority\":\"normal\"}",
        b);
    assert_string_equal(a, b);
}

static void another_order_has_another_hash(void **state)
{
    static const char *const ORDERS[] = {
        "{\"user\":\"ann\",\"body\":\"x\"}",
        "{\"user\":\"bob\",\"body\":\"x\"}",
        "{\"user\":\"ann\",\"body\":\"y\"}",
        "{\"user\":\"ann\",\"body\":\"x\",\"title\":\"x\"}",
        "{\"user\":\"ann\",\"body\":\"x\",\"event\":\"x\"}",
        "{\"user\":\"ann\",\"body\":\"x\",\"collapse\":\"x\"}",
        "{\"user\":\"ann\",\"body\":\"x\",\"priority\":\"high\"}",
        "{\"user\":\"ann\",\"body\":\"x\",\"ttl\":5}",
        "{\"user\":\"ann\",\"body\":\"x\",\"data\":{}}",
        "{\"user\":\"ann\",\"title\":\"xx\",\"body\":\"x\"}",
        "{\"user\":\"ann\",\"title\":\"x\",\"body\":\"xx\"}",
    };
    enum { N = sizeof ORDERS / sizeof ORDERS[0] };
    char hex[N][ORDER_HASH_HEX];

    (void)state;
    for (size_t i = 0; i < N; i++) {
        expect_hash(ORDERS[i], hex[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(hex[i], hex[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_said_has_a_default),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(what_is_bad_is_named),
        cmocka_unit_test(the_limit_is_on_all_of_it_together),
        cmocka_unit_test(the_same_order_has_the_same_hash_however_it_is_written),
        cmocka_unit_test(another_order_has_another_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
