#include "gates.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/map.h"
#include "base/mem.h"

#define GROUPS_MAX 32
#define WINDOW_FIRST 4
#define WAITING_PER_WINDOW                                                                         \
    8 /* so many windows may wait here; a host that does not answer has a small one */
#define FORGET_MS 60000
#define FORGET_OPEN_MS 600000 /* with an open breaker */
#define FORGET_AT_ONCE 256

/* Its gates that are ready, something waits and may go, stand in a ring: each has its turn. */
struct gate_group {
    char *channel;
    int64_t in_flight;
    struct gate *last_ready; /* of the ring; NULL: it is empty */
};

struct gates {
    struct gate_limits limits;
    struct map by_name;
    struct gate_group groups[GROUPS_MAX];
    size_t n_groups;
    size_t turn; /* the group that is next */
    int64_t in_flight;
};

struct gates *gates_new(const struct gate_limits *limits)
{
    struct gates *gates = mem_zalloc(sizeof *gates);

    gates->limits = *limits;
    return gates;
}

static void gate_free(struct gates *gates, struct gate *gate)
{
    CHECK(gate->in_flight == 0 && gate->waiting == 0 && !gate->is_ready && !gate->asking);
    map_remove(&gates->by_name, str_of(gate->name));
    free(gate->name);
    free(gate);
}

/* Finds first what is to go: a map must not change while it is walked through. */
static void forget_some(struct gates *gates, bool (*goes)(const struct gate *, int64_t),
                        int64_t now_ms)
{
    struct gate *going[FORGET_AT_ONCE];
    struct gate *gate;
    size_t n = 0;
    size_t at = 0;

    while (n < FORGET_AT_ONCE && (gate = gates_each(gates, &at)) != NULL)
        if (goes(gate, now_ms))
            going[n++] = gate;
    for (size_t i = 0; i < n; i++)
        gate_free(gates, going[i]);
}

static bool any(const struct gate *gate, int64_t now_ms)
{
    (void)gate;
    (void)now_ms;
    return true;
}

void gates_free(struct gates **gates)
{
    struct gates *g = *gates;

    *gates = NULL;
    while (g->by_name.n > 0)
        forget_some(g, any, 0);
    map_fini(&g->by_name);
    for (size_t i = 0; i < g->n_groups; i++)
        free(g->groups[i].channel);
    free(g);
}

static struct gate_group *group_get(struct gates *gates, str channel)
{
    for (size_t i = 0; i < gates->n_groups; i++)
        if (str_eq(channel, str_of(gates->groups[i].channel)))
            return &gates->groups[i];
    if (gates->n_groups == GROUPS_MAX)
        return NULL;
    struct gate_group *group = &gates->groups[gates->n_groups++];
    group->channel = str_dup(channel);
    return group;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void set_limit(struct gates *gates, struct gate *gate, bool users)
{
    gate->limit = users ? least(gates->limits.per_host, gates->limits.per_channel)
                        : gates->limits.per_channel;
    gate->window = least(gate->window, gate->limit);
}

struct gate *gates_named(struct gates *gates, str name, int64_t now_ms)
{
    struct gate *gate = map_get(&gates->by_name, name);
    str rest = name;
    str channel;

    if (gate != NULL) {
        gate->used_ms = now_ms;
        return gate;
    }
    if (name.n > GATE_NAME_MAX || !str_split(&rest, ' ', &channel) || rest.n == 0)
        return NULL;
    struct gate_group *group = group_get(gates, channel);
    if (group == NULL)
        return NULL;
    gate = mem_zalloc(sizeof *gate);
    gate->name = str_dup(name);
    gate->group = group;
    gate->last = &gate->first;
    gate->used_ms = now_ms;
    gate->flow = flow_new(now_ms);
    gate->window = WINDOW_FIRST;
    set_limit(gates, gate, true);
    map_put(&gates->by_name, str_of(gate->name), gate);
    return gate;
}

struct gate *gates_get(struct gates *gates, str name, bool users, int64_t now_ms)
{
    struct gate *gate = gates_named(gates, name, now_ms);

    if (gate != NULL)
        set_limit(gates, gate, users);
    return gate;
}

/* ---- the ring ---- */

static void ring_add(struct gate *gate)
{
    struct gate_group *group = gate->group;

    gate->is_ready = true;
    if (group->last_ready == NULL) {
        gate->next_ready = gate;
    } else {
        gate->next_ready = group->last_ready->next_ready;
        group->last_ready->next_ready = gate;
    }
    group->last_ready = gate;
}

/* The one after `before`. */
static void ring_remove(struct gate *before)
{
    struct gate *gate = before->next_ready;
    struct gate_group *group = gate->group;

    before->next_ready = gate->next_ready;
    if (group->last_ready == gate)
        group->last_ready = before == gate ? NULL : before;
    gate->is_ready = false;
}

static void ring_take_out(struct gate *gate)
{
    struct gate *before = gate->next_ready;

    while (before->next_ready != gate)
        before = before->next_ready;
    ring_remove(before);
}

static void make_ready(struct gate *gate)
{
    if (!gate->is_ready && gate->waiting > 0 && gate->in_flight < gate->window &&
        !breaker_is_open(&gate->breaker))
        ring_add(gate);
}

/* ---- through a gate ---- */

static bool has_room(const struct gates *gates, const struct gate_group *group)
{
    return gates->in_flight < gates->limits.total && group->in_flight < gates->limits.per_channel;
}

static void go(struct gates *gates, struct gate *gate)
{
    gate->in_flight++;
    gate->group->in_flight++;
    gates->in_flight++;
    breaker_went(&gate->breaker);
}

static void wait_at(struct gate *gate, struct gate_waiter *waiter)
{
    waiter->next = NULL;
    *gate->last = waiter;
    gate->last = &waiter->next;
    gate->waiting++;
    make_ready(gate);
}

enum gate_answer gates_enter(struct gates *gates, struct gate *gate, struct gate_waiter *waiter,
                             bool from_lane, int64_t now_ms)
{
    gate->used_ms = now_ms;
    if (!breaker_allows(&gate->breaker, now_ms))
        return GATE_PARK;
    if (gate->parked && !from_lane && 2 * gate->waiting >= gate->window)
        return GATE_PARK; /* half of the places are for those in the lane */
    bool probe = breaker_is_open(&gate->breaker);
    if (has_room(gates, gate->group) && (probe || gate->in_flight < gate->window) &&
        gate->waiting == 0) {
        go(gates, gate);
        return GATE_GO;
    }
    if (probe || gate->waiting >= WAITING_PER_WINDOW * gate->window)
        return GATE_PARK;
    wait_at(gate, waiter);
    return GATE_WAIT;
}

bool gate_has_plenty(const struct gate *gate)
{
    return gate->parked || 2 * gate->waiting >= WAITING_PER_WINDOW * gate->window;
}

static void narrow(struct gate *gate)
{
    gate->window = gate->window > 1 ? gate->window / 2 : 1;
}

static void judge(struct gates *gates, struct gate *gate, enum gate_result result, int64_t now_ms)
{
    switch (result) {
    case GATE_WORKED:
        breaker_succeeded(&gate->breaker);
        gate->window = least(gate->window + 1, gate->limit);
        flow_count(&gate->flow, now_ms);
        break;
    case GATE_BUSY:
        breaker_succeeded(&gate->breaker);
        narrow(gate);
        break;
    case GATE_FAILED:
        breaker_failed(&gate->breaker, &gates->limits.breaker, now_ms);
        narrow(gate);
        break;
    case GATE_UNKNOWN: breaker_forget(&gate->breaker); break;
    }
}

void gates_leave(struct gates *gates, struct gate *gate, enum gate_result result, int64_t now_ms)
{
    CHECK(gate->in_flight > 0);
    gate->used_ms = now_ms;
    gate->in_flight--;
    gate->group->in_flight--;
    gates->in_flight--;
    judge(gates, gate, result, now_ms);
    if (gate->is_ready && (breaker_is_open(&gate->breaker) || gate->in_flight >= gate->window))
        ring_take_out(gate);
    make_ready(gate);
}

static struct gate_waiter *pop(struct gate *gate)
{
    struct gate_waiter *waiter = gate->first;

    gate->first = waiter->next;
    if (gate->first == NULL)
        gate->last = &gate->first;
    gate->waiting--;
    return waiter;
}

/* The next of the group's ring; it goes to the end of it, unless it has nothing more to send. */
static struct gate_waiter *next_of(struct gates *gates, struct gate_group *group,
                                   struct gate **gate_out)
{
    struct gate *last = group->last_ready;
    struct gate *gate = last->next_ready;
    struct gate_waiter *waiter = pop(gate);

    go(gates, gate);
    if (gate->waiting == 0 || gate->in_flight >= gate->window)
        ring_remove(last);
    else
        group->last_ready = gate;
    *gate_out = gate;
    return waiter;
}

struct gate_waiter *gates_next(struct gates *gates, struct gate **gate_out)
{
    for (size_t i = 0; i < gates->n_groups; i++) {
        struct gate_group *group = &gates->groups[gates->turn];
        gates->turn = (gates->turn + 1) % gates->n_groups;
        if (group->last_ready != NULL && has_room(gates, group))
            return next_of(gates, group, gate_out);
    }
    return NULL;
}

struct gate_waiter *gates_evict(struct gates *gates, struct gate *gate)
{
    (void)gates;
    if (gate->waiting == 0)
        return NULL;
    struct gate_waiter *waiter = pop(gate);
    if (gate->is_ready && gate->waiting == 0)
        ring_take_out(gate);
    return waiter;
}

int64_t gates_room(const struct gates *gates, const struct gate *gate, int64_t now_ms)
{
    if (!breaker_allows(&gate->breaker, now_ms) || !has_room(gates, gate->group))
        return 0;
    if (breaker_is_open(&gate->breaker))
        return 1;
    int64_t room = 2 * gate->window - gate->in_flight - gate->waiting;
    return room > 0 ? room : 0;
}

int64_t gates_in_flight(const struct gates *gates)
{
    return gates->in_flight;
}

int64_t gates_open_breakers(const struct gates *gates)
{
    const struct gate *gate;
    int64_t n = 0;
    size_t at = 0;

    while ((gate = gates_each(gates, &at)) != NULL)
        n += breaker_is_open(&gate->breaker);
    return n;
}

struct gate *gates_each(const struct gates *gates, size_t *at)
{
    return map_next(&gates->by_name, at);
}

static bool is_idle(const struct gate *gate, int64_t now_ms)
{
    int64_t after = breaker_is_open(&gate->breaker) ? FORGET_OPEN_MS : FORGET_MS;

    return gate->in_flight == 0 && gate->waiting == 0 && !gate->asking && !gate->parked &&
           now_ms - gate->used_ms > after;
}

void gates_forget(struct gates *gates, int64_t now_ms)
{
    forget_some(gates, is_idle, now_ms);
}
