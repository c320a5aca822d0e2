#include "swarm.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "swarm_client.h"
#include "wait.h"

#define TURN_MS 5

struct swarm {
    struct stack *stack;
    struct checker *checker;
    struct swarm_client *clients;
    int n;
};

struct swarm *swarm_new(struct stack *s, struct checker *checker, int n)
{
    struct swarm *swarm = mem_zalloc(sizeof *swarm);

    *swarm = (struct swarm){s, checker, mem_zalloc((size_t)n * sizeof *swarm->clients), n};
    for (int i = 0; i < n; i++)
        swarm_client_init(&swarm->clients[i], user_new(s, "swarm"), i, checker);
    return swarm;
}

void swarm_free(struct swarm *swarm)
{
    for (int i = 0; i < swarm->n; i++)
        swarm_client_fini(&swarm->clients[i]);
    free(swarm->clients);
    free(swarm);
}

void swarm_add_room(struct swarm *swarm, int first, int step, int members)
{
    const struct user **others = mem_array(NULL, (size_t)members, sizeof *others);

    for (int i = 1; i < members; i++)
        others[i - 1] = &swarm->clients[(first + i * step) % swarm->n].user;
    others[members - 1] = NULL;
    const char *id = room_new(&swarm->clients[first].user, "Swarm", others);
    for (int i = 0; i < members; i++) {
        struct swarm_client *client = &swarm->clients[(first + i * step) % swarm->n];
        checker_member(swarm->checker, id, client->user.name, 1, 0);
        swarm_client_talks_in(client, id, NULL);
    }
    free(others);
}

void swarm_add_direct(struct swarm *swarm, int a, int b)
{
    struct swarm_client *from = &swarm->clients[a];
    struct swarm_client *to = &swarm->clients[b];
    const char *id = direct_id(&from->user, &to->user);

    checker_member(swarm->checker, id, from->user.name, 1, 0);
    checker_member(swarm->checker, id, to->user.name, 1, 0);
    swarm_client_talks_in(from, id, to->user.name);
    swarm_client_hears_in(to, id);
}

/* --- the loop -------------------------------------------------------------------------------- */

static void turn(struct swarm *swarm, bool talking)
{
    struct pollfd *polls = mem_zalloc((size_t)swarm->n * sizeof *polls);
    int64_t now = clock_mono_ms();

    for (int i = 0; i < swarm->n; i++) {
        struct swarm_client *c = &swarm->clients[i];
        swarm_client_act(c, now, talking);
        polls[i] = (struct pollfd){.fd = swarm_client_events(c) ? c->ws.fd : -1,
                                   .events = swarm_client_events(c)};
    }
    (void)poll(polls, (nfds_t)swarm->n, TURN_MS);
    now = clock_mono_ms();
    for (int i = 0; i < swarm->n; i++)
        if (polls[i].fd >= 0 && polls[i].revents != 0)
            swarm_client_read(&swarm->clients[i], now);
    free(polls);
}

void swarm_run(struct swarm *swarm, int ms)
{
    int64_t until = clock_mono_ms() + ms;

    while (clock_mono_ms() < until)
        turn(swarm, true);
}

static bool settled(struct swarm *swarm)
{
    turn(swarm, false);
    for (int i = 0; i < swarm->n; i++)
        if (!swarm_client_settled(&swarm->clients[i]))
            return false;
    return true;
}

void swarm_settle(struct swarm *swarm)
{
    int64_t deadline = clock_mono_ms() + 2 * PATIENCE_MS;

    while (!settled(swarm)) {
        if (clock_mono_ms() < deadline)
            continue;
        for (int i = 0; i < swarm->n; i++)
            if (!swarm_client_settled(&swarm->clients[i]))
                fail_at(HERE, "the clients do not come to rest: %s",
                        swarm_client_show(&swarm->clients[i]));
    }
}

/* --- reading back ---------------------------------------------------------------------------- */

/* One page after `seq`; moves it to the page's end, and tells whether there is more. */
static bool read_page(struct swarm *swarm, const struct user *u, const char *id, int64_t *seq)
{
    json_t *page = user_expect(
        u, 200, "GET",
        fmt("/api/conversations/%s/messages?limit=200&after=%lld", id, (long long)*seq), NULL);
    json_t *record;
    size_t i;

    json_array_foreach(ITEM_OF(page, "messages"), i, record)
    {
        bool message = strcmp(TEXT_OF(record, "type"), "message") == 0;
        *seq = INT_OF(record, "seq");
        checker_read(swarm->checker, u->name, id, *seq, message ? TEXT_OF(record, "id") : NULL,
                     TEXT_OF(record, message ? "from" : "user"));
    }
    return json_is_true(ITEM_OF(page, "more"));
}

static int64_t read_history(struct swarm *swarm, const struct user *u, const char *id)
{
    int64_t seq = 0;

    checker_reader(swarm->checker, u->name, id);
    while (read_page(swarm, u, id, &seq))
        ;
    return seq;
}

/* A direct conversation in which nobody has said anything yet does not exist. */
static bool exists(const struct user *u, const char *id)
{
    return http_do(u->stack, "GET", fmt("/api/conversations/%s", id), u->access, NULL)->status ==
           200;
}

static bool all_reach(struct swarm *swarm)
{
    turn(swarm, false);
    for (int i = 0; i < swarm->n; i++)
        if (!swarm_client_reaches_tops(&swarm->clients[i]))
            return false;
    return true;
}

void swarm_read_back(struct swarm *swarm)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    for (int i = 0; i < swarm->n; i++) {
        struct swarm_client *c = &swarm->clients[i];
        for (size_t k = 0; k < c->talks_n; k++)
            if (exists(&c->user, c->talks[k].id))
                c->talks[k].top = read_history(swarm, &c->user, c->talks[k].id);
    }
    while (!all_reach(swarm) &&
           clock_mono_ms() < deadline) /* what never comes, the checker tells better */
        ;
}

struct swarm_counts swarm_counts(const struct swarm *swarm)
{
    struct swarm_counts sum = {0};

    for (int i = 0; i < swarm->n; i++) {
        sum.connects += swarm->clients[i].connects;
        sum.resends += swarm->clients[i].resends;
        sum.errors += swarm->clients[i].errors;
    }
    return sum;
}
