#include "redis_story.h"

#include <stdlib.h>

#include "store/contact.h"

enum { A = CONTACT_ADDED, M = CONTACT_ADDS_ME, B = CONTACT_BLOCKS, X = CONTACT_BLOCKS_ME };

static void the_state_follows_from_who_added_whom(void **state)
{
    (void)state;
    assert_null(contact_state(0));
    assert_string_equal(contact_state(A), "requested");
    assert_string_equal(contact_state(M), "incoming");
    assert_string_equal(contact_state(A | M), "mutual");
}

static void whom_one_blocks_is_no_contact(void **state)
{
    (void)state;
    for (int others = 0; others < 4; others++) {
        assert_null(contact_state(B | others));
        assert_null(contact_state(B | X | others));
    }
}

static void being_blocked_changes_no_state(void **state)
{
    (void)state;
    assert_null(contact_state(X));
    assert_string_equal(contact_state(X | A), "requested");
    assert_string_equal(contact_state(X | M), "incoming");
    assert_string_equal(contact_state(X | A | M), "mutual");
}

static void only_mutual_contacts_without_a_block_are_visible(void **state)
{
    (void)state;
    for (int mask = 0; mask < 16; mask++)
        assert_int_equal(contact_is_visible(mask), mask == (A | M));
}

static void the_other_side_has_a_copy_of_what_one_decides(void **state)
{
    (void)state;
    assert_int_equal(contact_copy(0), 0);
    assert_int_equal(contact_copy(A), M);
    assert_int_equal(contact_copy(B), X);
    assert_int_equal(contact_copy(A | B | M | X), M | X);
    assert_int_equal(contact_copy(M | X), 0);
}

static void commands_name_their_keys(void **state)
{
    struct redis_command c;

    (void)state;
    contact_change(&c, STR("ann"), STR("bob"), A | M, B, 500);
    expect_sent(&c, 2, "u:{ann} u:{ann}:contacts bob 3 4 500");
    contact_mask(&c, STR("ann"), STR("bob"));
    expect_sent(&c, 0, "HGET u:{ann}:contacts bob");
    contact_list(&c, STR("ann"));
    expect_sent(&c, 0, "HGETALL u:{ann}:contacts");
    contact_forget(&c, STR("ann"), STR("bob"));
    expect_sent(&c, 0, "HDEL u:{ann}:contacts bob");
    direct_block(&c, STR("dxyz"), STR("ann"), true);
    expect_sent(&c, 1, "c:{dxyz} ann 1");
    direct_block(&c, STR("dxyz"), STR("ann"), false);
    expect_sent(&c, 1, "c:{dxyz} ann 0");
    direct_unblock(&c, STR("dxyz"));
    expect_sent(&c, 0, "HDEL c:{dxyz} blocked");
    direct_may_open(&c, STR("dxyz"));
    expect_sent(&c, 0, "HMGET c:{dxyz} kind blocked");
}

static enum err changed(str wire, struct contact_changed *changed_out)
{
    struct redisReply *reply = read_reply(wire);
    enum err err = contact_was_changed(reply, changed_out);

    reply_free(reply);
    return err;
}

static void what_came_of_a_change(void **state)
{
    struct contact_changed c = {-1, -1};

    (void)state;
    assert_int_equal(changed(STR("*1\r\n$9\r\nnot_found\r\n"), &c), ERR_NOT_FOUND);
    assert_int_equal(changed(STR("*1\r\n$4\r\nfull\r\n"), &c), ERR_FULL);
    assert_int_equal(changed(STR("*1\r\n$7\r\nblocked\r\n"), &c), ERR_DENIED);
    assert_int_equal(changed(STR("*1\r\n$2\r\nok\r\n"), &c), ERR_UNAVAILABLE);
    assert_int_equal(changed(STR("-ERR no\r\n"), &c), ERR_UNAVAILABLE);
    assert_int_equal(contact_was_changed(NULL, &c), ERR_UNAVAILABLE);
    assert_int_equal(c.before, -1);
    assert_int_equal(changed(STR("*3\r\n$2\r\nok\r\n:2\r\n:3\r\n"), &c), OK);
    assert_int_equal(c.before, M);
    assert_int_equal(c.after, A | M);
}

static void a_list_is_read_pair_by_pair(void **state)
{
    struct redisReply *list =
        read_reply(STR("*4\r\n$3\r\nbob\r\n$1\r\n3\r\n$3\r\ncyd\r\n$2\r\n12\r\n"));

    (void)state;
    assert_int_equal(contact_list_count(list), 2);
    assert_true(str_eq(contact_list_item(list, 0).peer, STR("bob")));
    assert_int_equal(contact_list_item(list, 0).mask, A | M);
    assert_true(str_eq(contact_list_item(list, 1).peer, STR("cyd")));
    assert_int_equal(contact_list_item(list, 1).mask, B | X);
    reply_free(list);
    assert_int_equal(contact_list_count(NULL), 0);
    assert_int_equal(contact_mask_read(NULL), 0);
}

static enum err may_open(str wire)
{
    struct redisReply *reply = read_reply(wire);
    enum err err = direct_may_open_read(reply);

    reply_free(reply);
    return err;
}

static void a_block_keeps_only_what_is_not_there_from_being_opened(void **state)
{
    (void)state;
    assert_int_equal(may_open(STR("*2\r\n$-1\r\n$-1\r\n")), OK);
    assert_int_equal(may_open(STR("*2\r\n$-1\r\n$3\r\nann\r\n")), ERR_DENIED);
    assert_int_equal(may_open(STR("*2\r\n$6\r\ndirect\r\n$-1\r\n")), OK);
    assert_int_equal(may_open(STR("*2\r\n$6\r\ndirect\r\n$3\r\nann\r\n")), OK);
    assert_int_equal(may_open(STR("-ERR no\r\n")), ERR_UNAVAILABLE);
    assert_int_equal(direct_may_open_read(NULL), ERR_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_follows_from_who_added_whom),
        cmocka_unit_test(whom_one_blocks_is_no_contact),
        cmocka_unit_test(being_blocked_changes_no_state),
        cmocka_unit_test(only_mutual_contacts_without_a_block_are_visible),
        cmocka_unit_test(the_other_side_has_a_copy_of_what_one_decides),
        cmocka_unit_test(commands_name_their_keys),
        cmocka_unit_test(what_came_of_a_change),
        cmocka_unit_test(a_list_is_read_pair_by_pair),
        cmocka_unit_test(a_block_keeps_only_what_is_not_there_from_being_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
