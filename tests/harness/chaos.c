#include "chaos_victim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fmt.h"
#include "wait.h"

enum fault {
    KILL_CHAT,
    KILL_WORKER,
    KILL_API,
    KILL_REDIS,
    KILL_ALL,
    STOP_CHAT,
    STOP_WORKER,
    STOP_API,
    STOP_REDIS,
    END_CHAT,
    END_API,
    CUT,
    CUT_BEFORE,
    CUT_IN_REQUEST,
    CUT_AFTER,
    CUT_IN_REPLY,
    STALL_REQUESTS,
    STALL_REPLIES,
    FAULTS
};

/* How often each is in the pack. */
static const int COPIES[FAULTS] = {
    [KILL_CHAT] = 2,      [KILL_WORKER] = 2,    [KILL_API] = 1,    [KILL_REDIS] = 2,
    [KILL_ALL] = 1,       [STOP_CHAT] = 1,      [STOP_WORKER] = 1, [STOP_API] = 1,
    [STOP_REDIS] = 2,     [END_CHAT] = 1,       [END_API] = 1,     [CUT] = 3,
    [CUT_BEFORE] = 2,     [CUT_IN_REQUEST] = 1, [CUT_AFTER] = 3,   [CUT_IN_REPLY] = 1,
    [STALL_REQUESTS] = 2, [STALL_REPLIES] = 2,
};
#define PACK_MAX (2 * FAULTS)

struct chaos {
    struct mishaps mishaps;
    struct victim servers[STACK_CHAT_MAX + 1]; /* the api-server is the last */
    int n;
    struct victim redis;
    enum fault pack[PACK_MAX];
    size_t pack_n;
    size_t tried[FAULTS];
    size_t count;
    int64_t next_ms;
};

void chaos_print(const struct chaos *c)
{
    str rest = buf_view(&c->mishaps.log);
    str line;

    while (str_split(&rest, '\n', &line)) /* a message of cmocka's is 1 KiB at most */
        print_message("%.*s\n", STR_ARG(line));
}

static int chance(struct chaos *c, int below)
{
    return mishaps_chance(&c->mishaps, below);
}

static void plan_next(struct chaos *c)
{
    int ms = c->mishaps.options.pause_ms;

    c->next_ms = clock_mono_ms() + ms / 2 + chance(c, ms / 2 + 1);
}

struct chaos *chaos_new(struct stack *s, struct redis_proxy *proxies, struct checker *checker,
                        struct chaos_options options)
{
    struct chaos *c = mem_zalloc(sizeof *c);

    c->mishaps = (struct mishaps){.options = options, .checker = checker};
    for (c->n = 0; c->n <= s->n_chat; c->n++) {
        struct daemon *d = c->n < s->n_chat ? &s->chat[c->n] : &s->api;
        c->servers[c->n] = (struct victim){
            .mishaps = &c->mishaps, .name = d->name, .daemon = d, .proxy = &proxies[c->n]};
    }
    c->redis = (struct victim){.mishaps = &c->mishaps, .name = "Redis", .redis = &s->redis};
    plan_next(c);
    return c;
}

void chaos_free(struct chaos *c)
{
    buf_fini(&c->mishaps.log);
    free(c);
}

/* --- the pack ---------------------------------------------------------------------------------- */

static bool needs_workers(enum fault fault)
{
    return fault == KILL_WORKER || fault == STOP_WORKER;
}

static void shuffle_pack(struct chaos *c)
{
    for (int fault = 0; fault < FAULTS; fault++)
        for (int i = 0; i < COPIES[fault]; i++)
            c->pack[c->pack_n++] = (enum fault)fault;
    for (size_t i = c->pack_n - 1; i > 0; i--) {
        size_t k = (size_t)chance(c, (int)i + 1);
        enum fault swap = c->pack[i];
        c->pack[i] = c->pack[k];
        c->pack[k] = swap;
    }
}

/* --- between them ------------------------------------------------------------------------------ */

static bool disturb(struct chaos *c, enum fault fault)
{
    static const char *const NAMES[FAULTS] = {
        [CUT] = "cut",
        [CUT_BEFORE] = "cut before a request",
        [CUT_IN_REQUEST] = "cut in a request",
        [CUT_AFTER] = "cut before a reply",
        [CUT_IN_REPLY] = "cut in a reply",
        [STALL_REQUESTS] = "requests stall",
        [STALL_REPLIES] = "replies stall",
    };
    const struct victim *v = &c->servers[chance(c, c->n)];

    mishaps_note(&c->mishaps, "%s: between %s and Redis", NAMES[fault], v->name);
    switch (fault) {
    case CUT:
        redis_proxy_cut_soon(v->proxy, (enum redis_proxy_which)(1 + chance(c, REDIS_PROXY_ALL)));
        break;
    case CUT_BEFORE: redis_proxy_fail(v->proxy, REDIS_PROXY_CUT_BEFORE); break;
    case CUT_IN_REQUEST: redis_proxy_fail(v->proxy, REDIS_PROXY_CUT_IN_REQUEST); break;
    case CUT_AFTER: redis_proxy_fail(v->proxy, REDIS_PROXY_CUT_AFTER); break;
    case CUT_IN_REPLY: redis_proxy_fail(v->proxy, REDIS_PROXY_CUT_IN_REPLY); break;
    case STALL_REQUESTS:
    case STALL_REPLIES:
        redis_proxy_stall(v->proxy, fault == STALL_REQUESTS, fault == STALL_REPLIES,
                          100 + chance(c, c->mishaps.options.stop_ms));
        break;
    default: break;
    }
    return true;
}

/* --- one fault --------------------------------------------------------------------------------- */

static bool all_up(const struct chaos *c)
{
    for (int i = 0; i < c->n; i++)
        if (c->servers[i].state != VICTIM_UP)
            return false;
    return c->redis.state == VICTIM_UP;
}

static bool kill_all(struct chaos *c)
{
    if (!all_up(c))
        return false;
    victim_kill(&c->redis);
    for (int i = 0; i < c->n; i++)
        victim_kill(&c->servers[i]);
    return true;
}

static struct victim *choose_victim(struct chaos *c, enum fault fault)
{
    if (fault == KILL_REDIS || fault == STOP_REDIS)
        return &c->redis;
    bool of_api = fault == KILL_API || fault == STOP_API || fault == END_API;
    return &c->servers[of_api ? c->n - 1 : chance(c, c->n - 1)];
}

/* False: not now, as who is to suffer it is not up. */
static bool try_fault(struct chaos *c, enum fault fault)
{
    struct victim *v = choose_victim(c, fault);

    if (fault >= CUT)
        return disturb(c, fault);
    if (fault == KILL_ALL)
        return kill_all(c);
    if (v->state != VICTIM_UP)
        return false;
    switch (fault) {
    case KILL_WORKER: return victim_kill_worker(v);
    case STOP_WORKER: return victim_stop_worker(v);
    case STOP_CHAT:
    case STOP_API:
    case STOP_REDIS: victim_stop(v); break;
    case END_CHAT:
    case END_API: victim_end(v); break;
    default: victim_kill(v); break;
    }
    return true;
}

static void begin_fault(struct chaos *c)
{
    if (c->pack_n == 0)
        shuffle_pack(c);
    for (size_t i = c->pack_n; i > 0; i--) {
        enum fault fault = c->pack[i - 1];
        bool possible = !needs_workers(fault) || victim_has_workers(&c->servers[0]);
        if (possible && !try_fault(c, fault))
            continue;
        c->pack[i - 1] = c->pack[--c->pack_n];
        c->tried[fault]++;
        c->count += possible;
        return;
    }
}

void chaos_act(struct chaos *c, bool more)
{
    for (int i = 0; i < c->n; i++)
        victim_go_on(&c->servers[i]);
    victim_go_on(&c->redis);
    if (!more || clock_mono_ms() < c->next_ms)
        return;
    begin_fault(c);
    plan_next(c);
}

/* --- in the end -------------------------------------------------------------------------------- */

/* One that has ended and is not waited for by its new parent runs no more. */
static bool runs(pid_t pid)
{
    FILE *file = fopen(fmt("/proc/%d/stat", (int)pid), "re");
    char state = 'Z';

    if (file == NULL)
        return false;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = '?';
    (void)fclose(file);
    return state != 'Z';
}

bool chaos_is_over(struct chaos *c)
{
    struct mishaps *m = &c->mishaps;

    while (m->orphans_n > 0 && !runs(m->orphans[m->orphans_n - 1]))
        m->orphans_n--;
    return all_up(c) && m->orphans_n == 0;
}

bool chaos_has_tried_all(const struct chaos *c)
{
    for (int i = 0; i < FAULTS; i++)
        if (c->tried[i] == 0)
            return false;
    return true;
}

size_t chaos_count(const struct chaos *c)
{
    return c->count;
}

static void read_log(struct chaos *c, struct process log, const char *name)
{
    static const char *const SIGNS[] = {"Sanitizer", "runtime error:", "bug: ", "signal=6",
                                        "signal=11"};
    struct buf text = {0};

    log.log_start = 0; /* all of its lives */
    process_log(&log, &text);
    for (size_t i = 0; i < sizeof SIGNS / sizeof SIGNS[0]; i++) {
        const char *sign = strstr(buf_cstr(&text), SIGNS[i]);
        if (sign != NULL)
            checker_object(c->mishaps.checker, "%s: its log has: %.1500s", name, sign);
    }
    buf_fini(&text);
}

void chaos_read_logs(struct chaos *c)
{
    for (int i = 0; i < c->n; i++)
        read_log(c, c->servers[i].daemon->process, c->servers[i].name);
}
