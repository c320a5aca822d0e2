#include "swarm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "swarm_state.h"
#include "wait.h"

#define TURN_MS 5
#define SETTLE_MS (6 * PATIENCE_MS) /* after the worst that a slow machine was put through */

/* --- making ------------------------------------------------------------------------------------ */

static void add_device(struct swarm *swarm, struct user user)
{
    swarm_client_init(&swarm->clients[swarm->n], &swarm->world, user, swarm->n);
    swarm->clients[swarm->n].is_first = swarm->n == swarm->devices[swarm->users];
    swarm->n++;
}

struct swarm *swarm_new(struct stack *s, struct checker *checker, int users)
{
    struct swarm *swarm = mem_zalloc(sizeof *swarm);

    swarm->world = (struct swarm_world){
        .stack = s, .checker = checker, .http = swarm_http_new(), .foreign = swarm->foreign};
    swarm->members = swarm_members_new(&swarm->world);
    swarm->clients = mem_zalloc(2 * (size_t)users * sizeof *swarm->clients);
    swarm->devices = mem_zalloc(((size_t)users + 1) * sizeof *swarm->devices);
    swarm->polls = mem_zalloc(2 * (size_t)users * sizeof *swarm->polls);
    for (swarm->users = 0; swarm->users < users; swarm->users++) {
        struct user user = user_new(s, "swarm");
        swarm->devices[swarm->users] = swarm->n;
        add_device(swarm, user);
        if (swarm->users % 2 == 0)
            add_device(swarm, user_login(&user, "other"));
    }
    swarm->devices[users] = swarm->n;
    swarm->outsider = user_new(s, "outsider");
    (void)snprintf(swarm->foreign, sizeof swarm->foreign, "%s",
                   room_new(&swarm->outsider, "Foreign", (const struct user *[]){NULL}));
    return swarm;
}

void swarm_free(struct swarm *swarm)
{
    swarm_http_free(swarm->world.http);
    for (int i = 0; i < swarm->n; i++)
        swarm_client_fini(&swarm->clients[i]);
    swarm_members_free(swarm->members);
    free(swarm->clients);
    free(swarm->devices);
    free(swarm->polls);
    free(swarm);
}

struct swarm_client *swarm_first_device(struct swarm *swarm, int user)
{
    return &swarm->clients[swarm->devices[user]];
}

static const struct user *user_at(struct swarm *swarm, int user)
{
    return &swarm_first_device(swarm, user)->user;
}

/* All of the user's devices are in it, and write. */
static void put_in(struct swarm *swarm, int user, const char *conversation, const char *to,
                   bool guest)
{
    for (int i = swarm->devices[user]; i < swarm->devices[user + 1]; i++) {
        swarm_client_talks_in(&swarm->clients[i], conversation, to);
        swarm_client_talk(&swarm->clients[i], conversation)->comes_and_goes = guest;
    }
}

void swarm_add_room(struct swarm *swarm, int first, int step, int members, int guests)
{
    const struct user **others = mem_array(NULL, (size_t)members, sizeof *others);

    for (int i = 1; i < members; i++)
        others[i - 1] = user_at(swarm, (first + i * step) % swarm->users);
    others[members - 1] = NULL;
    const char *id = room_new(user_at(swarm, first % swarm->users), "Swarm", others);
    for (int i = 0; i < members; i++) {
        int user = (first + i * step) % swarm->users;
        bool guest = i >= members - guests;
        checker_member(swarm->world.checker, id, user_at(swarm, user)->name);
        put_in(swarm, user, id, NULL, guest);
        if (guest)
            swarm_members_add(swarm->members, id, user_at(swarm, first % swarm->users),
                              user_at(swarm, user), true);
    }
    free(others);
}

void swarm_add_direct(struct swarm *swarm, int a, int b)
{
    const char *id = direct_id(user_at(swarm, a), user_at(swarm, b));

    checker_member(swarm->world.checker, id, user_at(swarm, a)->name);
    checker_member(swarm->world.checker, id, user_at(swarm, b)->name);
    put_in(swarm, a, id, user_at(swarm, b)->name, false);
    put_in(swarm, b, id, user_at(swarm, a)->name, false);
}

void swarm_meet(struct swarm *swarm)
{
    int a = rand() % swarm->users;
    int b = rand() % swarm->users;
    struct swarm_client *from = swarm_first_device(swarm, a);

    if (a != b && from->talks_n < SWARM_TALKS_MAX - 1 &&
        swarm_first_device(swarm, b)->talks_n < SWARM_TALKS_MAX - 1 &&
        swarm_client_talk(from, direct_id(&from->user, user_at(swarm, b))) == NULL)
        swarm_add_direct(swarm, a, b);
}

/* --- the loop ---------------------------------------------------------------------------------- */

void swarm_turn(struct swarm *swarm, bool talking)
{
    int64_t now = clock_mono_ms();

    checker_clock(swarm->world.checker, now);
    swarm_members_act(swarm->members, now, talking);
    swarm_http_turn(swarm->world.http);
    for (int i = 0; i < swarm->n; i++) {
        struct swarm_client *c = &swarm->clients[i];
        swarm_client_act(c, now, talking);
        short events = swarm_client_events(c);
        swarm->polls[i] = (struct pollfd){.fd = events ? c->ws.fd : -1, .events = events};
    }
    (void)poll(swarm->polls, (nfds_t)swarm->n, TURN_MS);
    now = clock_mono_ms();
    for (int i = 0; i < swarm->n; i++)
        if (swarm->polls[i].fd >= 0 && swarm->polls[i].revents != 0)
            swarm_client_read(&swarm->clients[i], now);
}

static bool is_settled(const struct swarm *swarm)
{
    for (int i = 0; i < swarm->n; i++)
        if (!swarm_client_settled(&swarm->clients[i]))
            return false;
    return swarm_members_settled(swarm->members) && swarm_http_under_way(swarm->world.http) == 0;
}

void swarm_settle(struct swarm *swarm)
{
    int64_t deadline = clock_mono_ms() + SETTLE_MS;

    while (!is_settled(swarm)) {
        swarm_turn(swarm, false);
        if (clock_mono_ms() < deadline)
            continue;
        for (int i = 0; i < swarm->n; i++)
            if (!swarm_client_settled(&swarm->clients[i]))
                fail_at(HERE, "the clients do not come to rest: %s",
                        swarm_client_show(&swarm->clients[i]));
        fail_at(HERE, "the members do not come to rest");
    }
}

struct swarm_counts swarm_counts(const struct swarm *swarm)
{
    return swarm->world.counts;
}
