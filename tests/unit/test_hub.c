#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hub.h"

#define USERS 40
#define ROOMS 30
#define ROUNDS 30000

static unsigned users_gone;
static unsigned rooms_gone;
static char last_user_gone[USERNAME_MAX + 1];
static uint32_t subscriptions_of_last_user_gone;

static void room_gone(void *context, struct room *room)
{
    assert_ptr_equal(context, &rooms_gone);
    assert_int_equal(room->subscriptions_n, 0);
    assert_int_equal(room->holds, 0);
    rooms_gone++;
}

static void user_gone(void *context, struct user *user)
{
    assert_ptr_equal(context, &rooms_gone);
    (void)snprintf(last_user_gone, sizeof last_user_gone, "%s", user->name.text);
    subscriptions_of_last_user_gone = user->subscriptions_n;
    users_gone++;
}

static struct hub new_hub(void)
{
    users_gone = rooms_gone = 0;
    return (struct hub){.room_gone = room_gone, .user_gone = user_gone, .context = &rooms_gone};
}

/* A room's id: 'r' and 24 letters, the last two told by `i`. */
static str room_id(unsigned i)
{
    static char ids[ROOMS][CONVERSATION_ID_LEN + 1];
    (void)snprintf(ids[i], sizeof ids[i], "raaaaaaaaaaaaaaaaaaaaaa%c%c", (char)('a' + i / 26),
                   (char)('a' + i % 26));
    return str_of(ids[i]);
}

static struct conn *conn(size_t i)
{
    static char places[100];
    return (struct conn *)(void *)&places[i];
}

static void nobody_is_here_at_first(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    assert_null(hub_user(&hub, STR("ann")));
    assert_null(hub_room(&hub, room_id(0)));
    hub_fini(&hub);
}

static void a_user_is_here_as_long_as_held(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    char name[] = "ann";
    struct user *ann = hub_hold_user(&hub, str_of(name));
    memset(name, 'x', 3); /* the hub has a copy */
    assert_string_equal(ann->name.text, "ann");
    assert_ptr_equal(hub_user(&hub, STR("ann")), ann);
    assert_ptr_equal(hub_hold_user(&hub, STR("ann")), ann);
    assert_null(hub_user(&hub, STR("an")));
    hub_release_user(&hub, ann);
    assert_ptr_equal(hub_user(&hub, STR("ann")), ann);
    assert_int_equal(users_gone, 0);
    hub_release_user(&hub, ann);
    assert_int_equal(users_gone, 1);
    assert_string_equal(last_user_gone, "ann");
    assert_null(hub_user(&hub, STR("ann")));
    hub_fini(&hub);
}

static void the_longest_name_fits(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    str name = STR("abcdefghijklmnopqrstuvwxyz012345");
    assert_int_equal(name.n, USERNAME_MAX);
    struct user *user = hub_hold_user(&hub, name);
    assert_ptr_equal(hub_user(&hub, name), user);
    hub_release_user(&hub, user);
    hub_fini(&hub);
}

static void a_room_is_here_as_long_as_held(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    struct room *room = hub_hold_room(&hub, room_id(0));
    assert_string_equal(room->id.text, room_id(0).p);
    assert_false(room->live);
    assert_ptr_equal(hub_hold_room(&hub, room_id(0)), room);
    assert_null(hub_room(&hub, room_id(1)));
    hub_release_room(&hub, room);
    assert_ptr_equal(hub_room(&hub, room_id(0)), room);
    hub_release_room(&hub, room);
    assert_int_equal(rooms_gone, 1);
    assert_null(hub_room(&hub, room_id(0)));
    hub_fini(&hub);
}

static void a_subscription_keeps_a_room_without_holds(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    struct user *ann = hub_hold_user(&hub, STR("ann"));
    struct room *room = hub_hold_room(&hub, room_id(0));
    hub_subscribe(ann, room);
    hub_release_room(&hub, room);
    assert_ptr_equal(hub_room(&hub, room_id(0)), room);
    assert_non_null(hub_subscription(ann, room));
    hub_unsubscribe(&hub, ann, room);
    assert_int_equal(rooms_gone, 1);
    assert_null(hub_room(&hub, room_id(0)));
    hub_release_user(&hub, ann);
    hub_fini(&hub);
}

static void a_hold_keeps_a_room_without_subscriptions(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    struct user *ann = hub_hold_user(&hub, STR("ann"));
    struct room *room = hub_hold_room(&hub, room_id(0));
    hub_subscribe(ann, room);
    hub_unsubscribe(&hub, ann, room);
    assert_int_equal(rooms_gone, 0);
    assert_null(hub_subscription(ann, room));
    hub_release_room(&hub, room);
    assert_int_equal(rooms_gone, 1);
    hub_release_user(&hub, ann);
    hub_fini(&hub);
}

static void subscribing_twice_is_subscribing_once(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    struct user *ann = hub_hold_user(&hub, STR("ann"));
    struct room *room = hub_hold_room(&hub, room_id(0));
    hub_subscribe(ann, room);
    hub_subscribe(ann, room);
    assert_int_equal(ann->subscriptions_n, 1);
    assert_int_equal(room->subscriptions_n, 1);
    hub_unsubscribe(&hub, ann, room);
    hub_unsubscribe(&hub, ann, room); /* nothing left to end */
    assert_int_equal(room->subscriptions_n, 0);
    hub_release_room(&hub, room);
    hub_release_user(&hub, ann);
    hub_fini(&hub);
}

static void the_last_hold_of_a_user_ends_the_subscriptions(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    struct user *ann = hub_hold_user(&hub, STR("ann"));
    struct user *bob = hub_hold_user(&hub, STR("bob"));
    for (unsigned i = 0; i < 5; i++) {
        struct room *room = hub_hold_room(&hub, room_id(i));
        hub_subscribe(ann, room);
        if (i < 2)
            hub_subscribe(bob, room);
        hub_release_room(&hub, room);
    }
    hub_release_user(&hub, ann);
    assert_int_equal(subscriptions_of_last_user_gone, 0);
    assert_int_equal(rooms_gone, 3);
    assert_non_null(hub_room(&hub, room_id(0)));
    assert_int_equal(hub_room(&hub, room_id(0))->subscriptions_n, 1);
    assert_null(hub_room(&hub, room_id(4)));
    hub_release_user(&hub, bob);
    assert_int_equal(rooms_gone, 5);
    hub_fini(&hub);
}

static void a_user_has_the_connections_that_were_added(void **state)
{
    (void)state;
    struct hub hub = new_hub();
    struct user *ann = hub_hold_user(&hub, STR("ann"));
    for (size_t i = 0; i < 10; i++)
        hub_add_conn(ann, conn(i));
    assert_int_equal(ann->conns_n, 10);
    hub_remove_conn(ann, conn(0));
    hub_remove_conn(ann, conn(9));
    hub_remove_conn(ann, conn(4));
    assert_int_equal(ann->conns_n, 7);
    for (size_t i = 0; i < 10; i++) {
        unsigned found = 0;
        for (uint32_t j = 0; j < ann->conns_n; j++)
            found += ann->conns[j] == conn(i);
        assert_int_equal(found, i != 0 && i != 9 && i != 4);
    }
    for (size_t i = 0; i < 10; i++)
        if (i != 0 && i != 9 && i != 4)
            hub_remove_conn(ann, conn(i));
    hub_release_user(&hub, ann);
    hub_fini(&hub);
}

/* --- departures while signing in --- */

struct going {
    struct hub hub;
    struct user *ann;
    struct room *room;
};

static void going_init(struct going *g)
{
    g->hub = new_hub();
    g->ann = hub_hold_user(&g->hub, STR("ann"));
    g->room = hub_hold_room(&g->hub, room_id(0));
}

static void going_fini(struct going *g)
{
    hub_release_room(&g->hub, g->room);
    hub_release_user(&g->hub, g->ann);
    hub_fini(&g->hub);
}

static void a_departure_is_noted_only_while_signing_in(void **state)
{
    (void)state;
    struct going g;
    going_init(&g);
    hub_note_departure(g.ann, g.room, 7);
    assert_false(hub_has_departed(g.ann, g.room, 0));
    hub_sign_in_begins(g.ann);
    assert_false(hub_has_departed(g.ann, g.room, 0)); /* what came before does not count */
    hub_note_departure(g.ann, g.room, 8);
    assert_true(hub_has_departed(g.ann, g.room, 0));
    hub_sign_in_ends(g.ann);
    assert_false(hub_has_departed(g.ann, g.room, 0));
    assert_null(g.ann->departures);
    going_fini(&g);
}

static void only_what_was_read_before_a_departure_is_void(void **state)
{
    (void)state;
    struct going g;
    going_init(&g);
    hub_sign_in_begins(g.ann);
    hub_note_departure(g.ann, g.room, 8);
    assert_true(hub_has_departed(g.ann, g.room, 7));
    assert_false(hub_has_departed(g.ann, g.room, 8)); /* the view knew of it */
    assert_false(hub_has_departed(g.ann, g.room, 9)); /* and of coming back */
    hub_sign_in_ends(g.ann);
    going_fini(&g);
}

static void the_latest_of_several_departures_counts(void **state)
{
    (void)state;
    struct going g;
    going_init(&g);
    hub_sign_in_begins(g.ann);
    for (int64_t seq = 1; seq <= 50; seq++)
        hub_note_departure(g.ann, g.room, seq);
    assert_true(hub_has_departed(g.ann, g.room, 49));
    assert_false(hub_has_departed(g.ann, g.room, 50));
    hub_sign_in_ends(g.ann);
    going_fini(&g);
}

static void a_departure_concerns_one_user_and_one_room(void **state)
{
    (void)state;
    struct going g;
    going_init(&g);
    struct user *bob = hub_hold_user(&g.hub, STR("bob"));
    struct room *other = hub_hold_room(&g.hub, room_id(1));
    hub_sign_in_begins(g.ann);
    hub_sign_in_begins(bob);
    hub_note_departure(g.ann, g.room, 8);
    assert_true(hub_has_departed(g.ann, g.room, 7));
    assert_false(hub_has_departed(g.ann, other, 7));
    assert_false(hub_has_departed(bob, g.room, 7));
    hub_sign_in_ends(bob);
    assert_true(hub_has_departed(g.ann, g.room, 7));
    hub_sign_in_ends(g.ann);
    hub_release_room(&g.hub, other);
    hub_release_user(&g.hub, bob);
    going_fini(&g);
}

static void departures_are_kept_until_the_last_sign_in_ends(void **state)
{
    (void)state;
    struct going g;
    going_init(&g);
    hub_sign_in_begins(g.ann);
    hub_sign_in_begins(g.ann); /* another device */
    hub_note_departure(g.ann, g.room, 8);
    hub_sign_in_ends(g.ann);
    assert_true(hub_has_departed(g.ann, g.room, 7));
    hub_sign_in_ends(g.ann);
    assert_false(hub_has_departed(g.ann, g.room, 7));
    hub_sign_in_begins(g.ann); /* anew, with nothing left over */
    assert_false(hub_has_departed(g.ann, g.room, 7));
    hub_sign_in_ends(g.ann);
    going_fini(&g);
}

/* A room may be forgotten and made again in between: its id counts, not where it lies. */
static void a_departure_outlives_the_room(void **state)
{
    (void)state;
    struct going g;
    going_init(&g);
    hub_sign_in_begins(g.ann);
    struct room *gone = hub_hold_room(&g.hub, room_id(2));
    hub_note_departure(g.ann, gone, 8);
    hub_release_room(&g.hub, gone);
    assert_null(hub_room(&g.hub, room_id(2)));
    struct room *again = hub_hold_room(&g.hub, room_id(2));
    assert_true(hub_has_departed(g.ann, again, 7));
    hub_release_room(&g.hub, again);
    hub_sign_in_ends(g.ann);
    going_fini(&g);
}

static void it_works_without_anybody_to_tell(void **state)
{
    (void)state;
    struct hub hub = {0};
    struct user *ann = hub_hold_user(&hub, STR("ann"));
    struct room *room = hub_hold_room(&hub, room_id(0));
    hub_subscribe(ann, room);
    hub_release_room(&hub, room);
    hub_release_user(&hub, ann);
    hub_fini(&hub);
}

/* Both lists of each subscription name it where it says it stands. */
static void expect_lists_whole(const struct user *user, const struct room *room, bool subscribed)
{
    const struct subscription *s = hub_subscription(user, room);
    assert_int_equal(s != NULL, subscribed);
    if (s == NULL)
        return;
    assert_true(s->user == user && s->room == room);
    assert_true(s->in_user < user->subscriptions_n && user->subscriptions[s->in_user] == s);
    assert_true(s->in_room < room->subscriptions_n && room->subscriptions[s->in_room] == s);
}

static void a_random_walk_agrees_with_a_plain_reference(void **state)
{
    (void)state;
    static bool plain[USERS][ROOMS];
    struct user *users[USERS];
    struct room *rooms[ROOMS];
    struct hub hub = new_hub();
    unsigned seed = 7;

    for (unsigned u = 0; u < USERS; u++) {
        char name[16];
        (void)snprintf(name, sizeof name, "user%u", u);
        users[u] = hub_hold_user(&hub, str_of(name));
    }
    for (unsigned r = 0; r < ROOMS; r++)
        rooms[r] = hub_hold_room(&hub, room_id(r));
    for (unsigned round = 0; round < ROUNDS; round++) {
        seed = seed * 1664525 + 1013904223;
        unsigned u = (seed >> 8) % USERS;
        unsigned r = (seed >> 16) % ROOMS;
        if (plain[u][r])
            hub_unsubscribe(&hub, users[u], rooms[r]);
        else
            hub_subscribe(users[u], rooms[r]);
        plain[u][r] = !plain[u][r];
        expect_lists_whole(users[u], rooms[r], plain[u][r]);
        if (round % 1000 == 0)
            for (unsigned i = 0; i < USERS * ROOMS; i++)
                expect_lists_whole(users[i / ROOMS], rooms[i % ROOMS], plain[i / ROOMS][i % ROOMS]);
    }
    for (unsigned r = 0; r < ROOMS; r++) {
        uint32_t n = 0;
        for (unsigned u = 0; u < USERS; u++)
            n += plain[u][r];
        assert_int_equal(rooms[r]->subscriptions_n, n);
        hub_release_room(&hub, rooms[r]);
    }
    for (unsigned u = 0; u < USERS; u++)
        hub_release_user(&hub, users[u]);
    assert_int_equal(rooms_gone, ROOMS);
    assert_int_equal(users_gone, USERS);
    hub_fini(&hub);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_here_at_first),
        cmocka_unit_test(a_user_is_here_as_long_as_held),
        cmocka_unit_test(the_longest_name_fits),
        cmocka_unit_test(a_room_is_here_as_long_as_held),
        cmocka_unit_test(a_subscription_keeps_a_room_without_holds),
        cmocka_unit_test(a_hold_keeps_a_room_without_subscriptions),
        cmocka_unit_test(subscribing_twice_is_subscribing_once),
        cmocka_unit_test(the_last_hold_of_a_user_ends_the_subscriptions),
        cmocka_unit_test(a_user_has_the_connections_that_were_added),
        cmocka_unit_test(a_departure_is_noted_only_while_signing_in),
        cmocka_unit_test(only_what_was_read_before_a_departure_is_void),
        cmocka_unit_test(the_latest_of_several_departures_counts),
        cmocka_unit_test(a_departure_concerns_one_user_and_one_room),
        cmocka_unit_test(departures_are_kept_until_the_last_sign_in_ends),
        cmocka_unit_test(a_departure_outlives_the_room),
        cmocka_unit_test(it_works_without_anybody_to_tell),
        cmocka_unit_test(a_random_walk_agrees_with_a_plain_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
