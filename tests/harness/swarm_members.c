#include "swarm_members.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "match.h"
#include "wait.h"

#define STAY_MS 1000 /* about so long in, or out */
#define PAUSE_RETRY_MS 150

/*     IN ──► REMOVING ──204──► OUT ──► ADDING ──201──► IN      (repeats may get 404, and 200) */
enum state { IN, REMOVING, OUT, ADDING };

struct guest {
    struct swarm_world *world;
    char room[SWARM_ID_MAX];
    const struct user *owner;
    const struct user *user;
    enum state state;
    unsigned attempts;
    bool asked;
    int64_t next_at;
};

struct swarm_members {
    struct swarm_world *world;
    struct guest **guests;
    size_t n;
};

struct swarm_members *swarm_members_new(struct swarm_world *world)
{
    struct swarm_members *members = mem_zalloc(sizeof *members);

    members->world = world;
    return members;
}

void swarm_members_free(struct swarm_members *members)
{
    for (size_t i = 0; i < members->n; i++)
        free(members->guests[i]);
    free(members->guests);
    free(members);
}

void swarm_members_add(struct swarm_members *members, const char *room, const struct user *owner,
                       const struct user *user, bool in)
{
    struct guest *g = mem_zalloc(sizeof *g);

    *g = (struct guest){.world = members->world,
                        .owner = owner,
                        .user = user,
                        .state = in ? IN : OUT,
                        .next_at = clock_mono_ms() + swarm_jitter(STAY_MS)};
    (void)snprintf(g->room, sizeof g->room, "%s", room);
    members->guests = mem_array(members->guests, members->n + 1, sizeof g);
    members->guests[members->n++] = g;
}

static void note(const struct guest *g, enum checker_change change)
{
    checker_changes(g->world->checker, g->room, g->user->name, change);
}

static void done(struct guest *g)
{
    bool added = g->state == ADDING;

    g->state = added ? IN : OUT;
    g->next_at = clock_mono_ms() + swarm_jitter(STAY_MS);
    note(g, added ? CHANGE_ADDED : CHANGE_REMOVED);
}

static void answered(void *context, int status, const json_t *answer)
{
    struct guest *g = context;
    bool adding = g->state == ADDING;
    bool repeated = g->attempts > 1 && status == (adding ? 200 : 404);

    g->asked = false;
    g->next_at = clock_mono_ms() + PAUSE_RETRY_MS;
    if (status == (adding ? 201 : 204) || repeated)
        done(g);
    else if (status != 0 && status != 503)
        checker_object(g->world->checker, "%s: %s %s got HTTP %d, attempt %u: %s", g->room,
                       adding ? "adding" : "removing", g->user->name, status, g->attempts,
                       answer ? match_show(answer) : "");
}

/* A member can be removed, or leave. */
static void ask(struct guest *g)
{
    int port = g->world->stack->api.port;
    bool adding = g->state == ADDING;
    const struct user *actor = adding || rand() % 3 > 0 ? g->owner : g->user;

    if (port == 0)
        return; /* being restarted */
    g->asked = true;
    g->attempts++;
    swarm_http_ask(g->world->http, port, adding ? "PUT" : "DELETE",
                   fmt("/api/conversations/%s/members/%s", g->room, g->user->name), actor->access,
                   answered, g);
}

static void begin(struct guest *g)
{
    g->state = g->state == IN ? REMOVING : ADDING;
    g->attempts = 0;
    note(g, g->state == ADDING ? CHANGE_ADDING : CHANGE_REMOVING);
}

void swarm_members_act(struct swarm_members *members, int64_t now_ms, bool changing)
{
    for (size_t i = 0; i < members->n; i++) {
        struct guest *g = members->guests[i];
        bool at_rest = g->state == IN || g->state == OUT;
        if (g->asked || now_ms < g->next_at || (at_rest && !changing))
            continue;
        if (at_rest)
            begin(g);
        ask(g);
    }
}

bool swarm_members_settled(const struct swarm_members *members)
{
    for (size_t i = 0; i < members->n; i++)
        if (members->guests[i]->state != IN && members->guests[i]->state != OUT)
            return false;
    return true;
}

bool swarm_members_is_in(const struct swarm_members *members, const char *room, const char *user)
{
    for (size_t i = 0; i < members->n; i++) {
        const struct guest *g = members->guests[i];
        if (strcmp(g->room, room) == 0 && strcmp(g->user->name, user) == 0)
            return g->state == IN;
    }
    return true; /* one who stays */
}
