#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "users.h"

#define GRACE 5000
#define WALL 1700000000000 /* the wall clock when the other says 0 */

static struct users USERS;
static unsigned gone;
static unsigned told;

static void on_gone(void *context, struct user *user)
{
    (void)context;
    (void)user;
    gone++;
}

static void on_changed(void *context, struct user *user)
{
    (void)context;
    (void)user;
    told++;
}

static int begin(void **state)
{
    gone = told = 0;
    USERS = (struct users){.grace_ms = GRACE, .gone = on_gone};
    users_init(&USERS);
    *state = &USERS;
    return 0;
}

static int end(void **state)
{
    users_fini(*state);
    return 0;
}

static struct moment at(int64_t ms)
{
    return (struct moment){ms, WALL + ms};
}

/* As the server does: tells, and stores what was told. */
static unsigned flush(struct users *u)
{
    struct user *user;
    unsigned before = told;

    users_flush(u, on_changed, NULL);
    while ((user = users_next_unsaved(u)) != NULL)
        users_release(u, user);
    return told - before;
}

static struct user *come(struct users *u, struct device *d, int64_t ms)
{
    struct user *user = users_hold(u, STR("ann"));

    users_add_device(u, user, d, at(ms));
    users_release(u, user);
    return user;
}

static void who_comes_is_online(void **state)
{
    struct device d = {0};
    struct user *ann = come(*state, &d, 1000);

    assert_int_equal(ann->status, STATUS_OFFLINE); /* not told yet */
    assert_int_equal(flush(*state), 1);
    assert_int_equal(ann->status, STATUS_ONLINE);
    assert_int_equal(ann->since_ms, WALL + 1000);
    assert_int_equal(ann->version, 1);
    assert_ptr_equal(users_get(*state, STR("ann")), ann);
}

static void who_comes_invisible_is_not_told(void **state)
{
    struct device d = {0};
    struct user *ann = come(*state, &d, 0);

    users_say(*state, ann, &d, STATUS_OFFLINE, STR("hidden"), at(0));
    assert_int_equal(flush(*state), 0);
    assert_int_equal(ann->version, 0);
    assert_null(ann->text);
    users_remove_device(*state, ann, &d, at(10));
    assert_int_equal(flush(*state), 0);
    assert_int_equal(gone, 1);
}

static void what_comes_and_goes_between_two_flushes_is_not_told(void **state)
{
    struct device d = {0};
    struct user *ann = come(*state, &d, 0);

    (void)flush(*state);
    users_say(*state, ann, &d, STATUS_BUSY, STR(""), at(1));
    users_say(*state, ann, &d, STATUS_ONLINE, STR(""), at(2));
    assert_int_equal(flush(*state), 0);
    assert_int_equal(ann->version, 1);
}

static void the_most_available_device_counts_with_its_text(void **state)
{
    struct device phone = {0};
    struct device desk = {0};
    struct user *ann = come(*state, &phone, 0);

    users_say(*state, ann, &phone, STATUS_BUSY, STR("driving"), at(1));
    (void)come(*state, &desk, 2);
    users_say(*state, ann, &desk, STATUS_AWAY, STR("lunch"), at(3));
    assert_int_equal(flush(*state), 1);
    assert_int_equal(ann->status, STATUS_AWAY);
    assert_string_equal(ann->text, "lunch");
    users_say(*state, ann, &phone, STATUS_ONLINE, STR(""), at(4));
    assert_int_equal(flush(*state), 1);
    assert_int_equal(ann->status, STATUS_ONLINE);
    assert_null(ann->text);
    users_remove_device(*state, ann, &phone, at(5));
    users_remove_device(*state, ann, &desk, at(5));
}

static void of_two_alike_the_later_one_counts(void **state)
{
    struct device phone = {0};
    struct device desk = {0};
    struct user *ann = come(*state, &phone, 0);

    (void)come(*state, &desk, 0);
    users_say(*state, ann, &desk, STATUS_BUSY, STR("first"), at(1));
    users_say(*state, ann, &phone, STATUS_BUSY, STR("second"), at(2));
    (void)flush(*state);
    assert_string_equal(ann->text, "second");
    users_say(*state, ann, &desk, STATUS_BUSY, STR("third"), at(3));
    (void)flush(*state);
    assert_string_equal(ann->text, "third");
    users_remove_device(*state, ann, &phone, at(4));
    users_remove_device(*state, ann, &desk, at(4));
}

static void who_is_lost_goes_offline_after_the_grace(void **state)
{
    struct device d = {0};
    struct user *ann = come(*state, &d, 0);

    (void)flush(*state);
    users_remove_device(*state, ann, &d, at(1000));
    assert_int_equal(flush(*state), 0);
    users_expire(*state, 1000 + GRACE - 1);
    assert_int_equal(flush(*state), 0);
    assert_int_equal(ann->status, STATUS_ONLINE);
    users_expire(*state, 1000 + GRACE);
    users_flush(*state, on_changed, NULL);
    assert_int_equal(told, 2);
    assert_int_equal(ann->status, STATUS_OFFLINE);
    assert_int_equal(ann->since_ms, WALL + 1000); /* that is when they were last here */
    assert_int_equal(gone, 0);                    /* Redis does not know yet */
    (void)flush(*state);
    assert_int_equal(gone, 1);
    assert_null(users_get(*state, STR("ann")));
}

static void who_is_back_within_the_grace_never_went(void **state)
{
    struct device d = {0};
    struct device again = {0};
    struct user *ann = come(*state, &d, 0);

    (void)flush(*state);
    users_remove_device(*state, ann, &d, at(1000));
    (void)flush(*state);
    assert_ptr_equal(come(*state, &again, 2000), ann);
    assert_int_equal(flush(*state), 0);
    users_expire(*state, 100000);
    assert_int_equal(flush(*state), 0);
    assert_int_equal(ann->version, 1);
}

static void a_lost_device_counts_beside_one_that_is_less_available(void **state)
{
    struct device phone = {0};
    struct device desk = {0};
    struct user *ann = come(*state, &phone, 0);

    users_say(*state, ann, &phone, STATUS_OFFLINE, STR(""), at(0));
    (void)come(*state, &desk, 0);
    users_say(*state, ann, &desk, STATUS_ONLINE, STR("here"), at(1));
    (void)flush(*state);
    users_remove_device(*state, ann, &desk, at(1000));
    assert_int_equal(flush(*state), 0);
    assert_string_equal(ann->text, "here");
    users_expire(*state, 1000 + GRACE);
    assert_int_equal(flush(*state), 1);
    assert_int_equal(ann->status, STATUS_OFFLINE);
    assert_int_equal(ann->since_ms, WALL + 1000);
    assert_int_equal(gone, 0); /* the phone is still there */
}

static void whoever_says_invisible_is_so_at_once(void **state)
{
    struct device phone = {0};
    struct device desk = {0};
    struct user *ann = come(*state, &phone, 0);

    (void)come(*state, &desk, 0);
    (void)flush(*state);
    users_remove_device(*state, ann, &desk, at(1000));
    users_say(*state, ann, &phone, STATUS_OFFLINE, STR(""), at(2000));
    assert_int_equal(flush(*state), 1);
    assert_int_equal(ann->status, STATUS_OFFLINE);
    assert_int_equal(ann->since_ms, WALL + 2000);
}

static void of_several_lost_devices_the_most_available_counts_from_the_last_loss_on(void **state)
{
    struct device phone = {0};
    struct device desk = {0};
    struct user *ann = come(*state, &phone, 0);

    (void)come(*state, &desk, 0);
    users_say(*state, ann, &phone, STATUS_BUSY, STR("driving"), at(1));
    (void)flush(*state);
    users_remove_device(*state, ann, &desk, at(1000));
    users_remove_device(*state, ann, &phone, at(2000));
    assert_int_equal(flush(*state), 0);
    users_expire(*state, 2000 + GRACE - 1);
    assert_int_equal(flush(*state), 0);
    assert_int_equal(ann->status, STATUS_ONLINE);
    users_expire(*state, 2000 + GRACE);
    users_flush(*state, on_changed, NULL);
    assert_int_equal(ann->status, STATUS_OFFLINE);
    assert_int_equal(ann->since_ms, WALL + 2000);
    (void)flush(*state);
    assert_int_equal(gone, 1);
}

static void a_better_one_lost_later_counts_instead(void **state)
{
    struct device phone = {0};
    struct device desk = {0};
    struct user *ann = come(*state, &phone, 0);

    (void)come(*state, &desk, 0);
    users_say(*state, ann, &phone, STATUS_BUSY, STR("driving"), at(1));
    users_say(*state, ann, &desk, STATUS_AWAY, STR("lunch"), at(2));
    (void)flush(*state);
    users_remove_device(*state, ann, &phone, at(1000));
    users_remove_device(*state, ann, &desk, at(2000));
    assert_int_equal(flush(*state), 0);
    assert_string_equal(ann->text, "lunch");
    users_expire(*state, 2000 + GRACE - 1);
    assert_int_equal(flush(*state), 0);
}

static void whoever_turns_up_elsewhere_needs_no_grace_here(void **state)
{
    struct device d = {0};
    struct user *ann = come(*state, &d, 0);

    (void)flush(*state);
    users_are_elsewhere(*state, ann); /* as well: that is no reason to go */
    assert_int_equal(flush(*state), 0);
    users_remove_device(*state, ann, &d, at(1000));
    users_are_elsewhere(*state, ann);
    assert_int_equal(flush(*state), 1);
    assert_int_equal(gone, 1);
}

static void without_a_grace_it_is_told_at_once(void **state)
{
    struct users *u = *state;
    struct device d = {0};

    u->grace_ms = 0;
    struct user *ann = come(u, &d, 0);
    (void)flush(u);
    users_remove_device(u, ann, &d, at(10));
    users_expire(u, 10);
    assert_int_equal(flush(u), 1);
    assert_int_equal(gone, 1);
}

static void versions_rise_over_all_users(void **state)
{
    struct device a = {0};
    struct device b = {0};
    struct user *ann = come(*state, &a, 0);
    struct user *bob = users_hold(*state, STR("bob"));

    (void)flush(*state);
    users_add_device(*state, bob, &b, at(1));
    users_release(*state, bob);
    (void)flush(*state);
    users_say(*state, ann, &a, STATUS_AWAY, STR(""), at(2));
    (void)flush(*state);
    assert_int_equal(bob->version, 2);
    assert_int_equal(ann->version, 3);
}

static void a_redis_that_lost_all_is_given_those_who_show(void **state)
{
    struct device a = {0};
    struct device b = {0};
    struct user *ann = come(*state, &a, 0);
    struct user *bob = users_hold(*state, STR("bob"));

    users_add_device(*state, bob, &b, at(1));
    users_say(*state, bob, &b, STATUS_OFFLINE, STR(""), at(1));
    (void)flush(*state);
    users_all_unsaved(*state);
    users_all_unsaved(*state); /* twice does no harm */
    assert_ptr_equal(users_next_unsaved(*state), ann);
    assert_null(users_next_unsaved(*state));
    users_release(*state, ann);
    users_release(*state, bob);
}

static void the_unsaved_come_in_their_order(void **state)
{
    struct users *u = *state;
    struct user *ann = users_hold(u, STR("ann"));
    struct user *bob = users_hold(u, STR("bob"));

    users_unsaved(u, ann);
    users_unsaved(u, bob);
    assert_ptr_equal(users_next_unsaved(u), ann);
    users_unsaved(u, ann); /* Redis did not take it */
    assert_ptr_equal(users_next_unsaved(u), bob);
    assert_ptr_equal(users_next_unsaved(u), ann);
    assert_null(users_next_unsaved(u));
    for (int i = 0; i < 2; i++) {
        users_release(u, ann);
        users_release(u, bob);
    }
}

#define USERS_TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        USERS_TEST(who_comes_is_online),
        USERS_TEST(who_comes_invisible_is_not_told),
        USERS_TEST(what_comes_and_goes_between_two_flushes_is_not_told),
        USERS_TEST(the_most_available_device_counts_with_its_text),
        USERS_TEST(of_two_alike_the_later_one_counts),
        USERS_TEST(who_is_lost_goes_offline_after_the_grace),
        USERS_TEST(who_is_back_within_the_grace_never_went),
        USERS_TEST(a_lost_device_counts_beside_one_that_is_less_available),
        USERS_TEST(whoever_says_invisible_is_so_at_once),
        USERS_TEST(of_several_lost_devices_the_most_available_counts_from_the_last_loss_on),
        USERS_TEST(a_better_one_lost_later_counts_instead),
        USERS_TEST(whoever_turns_up_elsewhere_needs_no_grace_here),
        USERS_TEST(without_a_grace_it_is_told_at_once),
        USERS_TEST(versions_rise_over_all_users),
        USERS_TEST(a_redis_that_lost_all_is_given_those_who_show),
        USERS_TEST(the_unsaved_come_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
