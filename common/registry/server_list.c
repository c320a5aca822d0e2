#include "registry/server_list.h"

#include <stdio.h>

/* A loop is always late by a little, more so on a busy machine; that says nothing yet. */
#define LAG_USUAL_MS 100
#define ANY_NUMBER INT32_MAX /* of connections */

/* ---- what was sent ---- */

static void sent_turn_to(struct sent *sent, int64_t period)
{
    int64_t steps = period - sent->period;

    if (steps > SENT_PERIODS)
        steps = SENT_PERIODS;
    for (int64_t i = 0; i < steps; i++)
        sent->counts[(uint64_t)(period - i) % SENT_PERIODS] = 0;
    if (steps > 0)
        sent->period = period;
}

static void sent_add(struct sent *sent, int64_t now_ms)
{
    sent_turn_to(sent, now_ms / SENT_PERIOD_MS);
    sent->counts[(uint64_t)sent->period % SENT_PERIODS]++;
}

static int64_t sent_since(const struct sent *sent, int64_t since_ms)
{
    int64_t first = since_ms / SENT_PERIOD_MS + 1;
    int64_t sum = 0;

    for (int64_t period = first; period <= sent->period; period++)
        sum += sent->counts[(uint64_t)period % SENT_PERIODS];
    return sum;
}

/* ---- the list ---- */

static struct server *find(struct server_list *list, str url)
{
    for (size_t i = 0; i < list->n; i++)
        if (str_eq(str_of(list->v[i].url), url))
            return &list->v[i];
    return NULL;
}

static void name_after(struct server *server, const struct instance *instance)
{
    (void)snprintf(server->id, sizeof server->id, "%s", instance->id);
    server->id_connections = instance->connections;
}

void server_list_add(struct server_list *list, const struct instance *instance, int64_t told_ms)
{
    struct server *server = find(list, str_of(instance->url));

    if (server == NULL) {
        if (list->n == SERVER_LIST_MAX)
            return;
        server = &list->v[list->n++];
        *server = (struct server){0};
        (void)snprintf(server->url, sizeof server->url, "%s", instance->url);
        name_after(server, instance);
    } else if (instance->connections < server->id_connections) {
        name_after(server, instance);
    }
    server->instances++;
    server->connections += instance->connections;
    server->connections_max +=
        instance->connections_max > 0 ? instance->connections_max : ANY_NUMBER;
    server->told_ms_sum += told_ms;
    if (instance->lag_ms > server->lag_ms)
        server->lag_ms = instance->lag_ms;
}

static struct told latest(const struct server *server)
{
    return (struct told){server->told_ms_sum / server->instances, server->connections};
}

/* The latest word of `old` becomes the last of the past, unless it is the latest still. */
static void take_past(struct server *server, const struct server *old)
{
    struct told last = latest(old);
    size_t drop = old->told_n == TOLD_MAX;

    server->told_n = old->told_n - drop;
    memcpy(server->told, old->told + drop, server->told_n * sizeof server->told[0]);
    if (last.ms < latest(server).ms)
        server->told[server->told_n++] = last;
}

void server_list_take_over(struct server_list *list, const struct server_list *old)
{
    for (size_t i = 0; i < old->n; i++) {
        struct server *server = find(list, str_of(old->v[i].url));
        if (server == NULL)
            continue;
        server->sent = old->v[i].sent;
        server->avoid_until_ms = old->v[i].avoid_until_ms;
        take_past(server, &old->v[i]);
    }
}

void server_list_avoid(struct server_list *list, str url, int64_t until_ms)
{
    struct server *server = find(list, url);

    if (server != NULL)
        server->avoid_until_ms = until_ms;
}

/* ---- choosing ---- */

static int64_t between(struct told a, struct told b, int64_t ms)
{
    return a.connections + (b.connections - a.connections) * (ms - a.ms) / (b.ms - a.ms);
}

/* How many it had then, as far as it told: between two words, in proportion. */
static int64_t connections_at(const struct server *server, int64_t ms)
{
    struct told after = latest(server);

    for (size_t i = server->told_n; i-- > 0 && after.ms > ms;) {
        struct told before = server->told[i];
        if (before.ms <= ms)
            return between(before, after, ms);
        after = before;
    }
    return after.connections;
}

static int64_t clients_of(const struct server *server, int64_t now_ms)
{
    int64_t since_ms = now_ms - SENT_FOR_MS;
    int64_t expected = connections_at(server, since_ms) + sent_since(&server->sent, since_ms);

    return expected > server->connections ? expected : server->connections;
}

static int64_t load_of(const struct server *server, int64_t now_ms)
{
    return (1 + clients_of(server, now_ms)) *
           (server->lag_ms > LAG_USUAL_MS ? server->lag_ms : LAG_USUAL_MS);
}

/* What is asked of a server, a little less each time that none is like that. Whoever was sent to it may never connect, or be
 * there again and be counted twice: so that it is expected to be full makes others better, and is no reason to refuse. */
enum demand { ROOM_FOR_EXPECTED, ROOM, ROOM_THOUGH_AVOIDED, DEMANDS };

static bool meets(const struct server *server, enum demand demand, int64_t now_ms)
{
    if (demand < ROOM_THOUGH_AVOIDED && server->avoid_until_ms > now_ms)
        return false;
    return (demand == ROOM_FOR_EXPECTED ? clients_of(server, now_ms) : server->connections) <
           server->connections_max;
}

/* Indices of those that may be taken. */
static size_t candidates(const struct server_list *list, str except, int64_t now_ms,
                         enum demand demand, size_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        if (!str_eq(str_of(list->v[i].url), except) && meets(&list->v[i], demand, now_ms))
            out[n++] = i;
    return n;
}

/* Two different ones of n, from one number. */
static void draw_two(size_t n, uint32_t random, size_t *a_out, size_t *b_out)
{
    enum { HALF = 16, MASK = 0xFFFF };

    *a_out = (random & MASK) % n;
    *b_out = (random >> HALF) % (n - 1);
    if (*b_out >= *a_out)
        ++*b_out;
}

const struct server *server_list_choose(struct server_list *list, str except, int64_t now_ms,
                                        uint32_t random)
{
    size_t of[SERVER_LIST_MAX];
    size_t a = 0;
    size_t b = 0;
    size_t n = 0;

    for (enum demand demand = 0; n == 0 && demand < DEMANDS; demand++)
        n = candidates(list, except, now_ms, demand, of);
    if (n == 0)
        return NULL;
    if (n > 1)
        draw_two(n, random, &a, &b);
    struct server *first = &list->v[of[a]];
    struct server *second = &list->v[of[b]];
    struct server *chosen = load_of(second, now_ms) < load_of(first, now_ms) ? second : first;
    sent_add(&chosen->sent, now_ms);
    return chosen;
}
