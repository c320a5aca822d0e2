/* The end of a swarm's story: the last words, and what its members can read. */
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "match.h"
#include "swarm.h"
#include "swarm_state.h"
#include "wait.h"

#define GOODBYES 3 /* receipts are not repeated to who was cut off just then */

/* --- the last words ---------------------------------------------------------------------------- */

/* Is the client, for all that was answered, in this conversation of its own? (A direct one does not
 * exist before somebody has said something.) */
static bool is_in(const struct swarm *swarm, const struct swarm_client *c, const struct talk *t)
{
    return t->writes &&
           (!t->comes_and_goes || swarm_members_is_in(swarm->members, t->id, c->user.name));
}

/* Calls for each conversation of each client that is in it. Ends early, and returns false, when the
 * function does. */
typedef bool talk_fn(struct swarm *swarm, struct swarm_client *c, struct talk *t);

static bool each_talk(struct swarm *swarm, talk_fn *call)
{
    for (int i = 0; i < swarm->n; i++)
        for (size_t k = 0; k < swarm->clients[i].talks_n; k++)
            if (is_in(swarm, &swarm->clients[i], &swarm->clients[i].talks[k]) &&
                !call(swarm, &swarm->clients[i], &swarm->clients[i].talks[k]))
                return false;
    return true;
}

static bool wait_for_each(struct swarm *swarm, talk_fn *call)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    bool good;

    while (!(good = each_talk(swarm, call)) && clock_mono_ms() < deadline)
        swarm_turn(swarm, false);
    return good;
}

/* How the last message of a conversation goes. */
struct goodbye {
    const char *conversation;
    struct swarm_client *speaker;
    int64_t seq;
    size_t readers; /* all other members */
};

struct goodbyes {
    struct goodbye *items;
    size_t n;
};

static struct goodbye *find_goodbye(const struct swarm *swarm, const char *conversation)
{
    struct goodbyes *g = swarm->goodbyes;

    for (size_t i = 0; i < g->n; i++)
        if (strcmp(g->items[i].conversation, conversation) == 0)
            return &g->items[i];
    return NULL;
}

static bool may_speak(const struct talk *t)
{
    return t->to[0] != '\0' || t->starts >= 0;
}

/* The first who can is the speaker; the others are counted, one device a user. */
static bool choose_speaker(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    struct goodbyes *g = swarm->goodbyes;
    struct goodbye *goodbye = find_goodbye(swarm, t->id);

    t->farewell = 0;
    t->readers = 0;
    if (!c->is_first)
        return true;
    if (goodbye != NULL) {
        goodbye->readers++;
    } else if (may_speak(t)) {
        g->items = mem_array(g->items, g->n + 1, sizeof *g->items);
        g->items[g->n++] = (struct goodbye){.conversation = t->id, .speaker = c};
    }
    return true;
}

static void speak(struct swarm *swarm, struct goodbye *g)
{
    struct talk *t = swarm_client_talk(g->speaker, g->conversation);

    if (g->speaker->state != SWARM_UP || g->speaker->pending_n == SWARM_IN_FLIGHT || !may_speak(t))
        swarm_settle(swarm);
    (void)swarm_say(g->speaker, t);
}

static bool has_heard(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    const struct goodbye *g = find_goodbye(swarm, t->id);

    (void)c;
    return g != NULL && t->highest >= g->seq;
}

static bool reads(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    const struct goodbye *g = find_goodbye(swarm, t->id);

    if (g != NULL && c->is_first && g->speaker != c)
        swarm_read_up_to(c, t, g->seq);
    return true;
}

static bool expects_readers(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    (void)c;
    t->farewell = find_goodbye(swarm, t->id)->seq;
    return true;
}

static bool has_heard_of_readers(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    (void)c;
    return t->readers == find_goodbye(swarm, t->id)->readers;
}

static bool object_to_deafness(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    const struct goodbye *g = find_goodbye(swarm, t->id);

    if (!has_heard(swarm, c, t))
        checker_object(swarm->world.checker, "%s: a device of %s has %lld, but never hears of %lld",
                       t->id, c->user.name, (long long)t->highest, g ? (long long)g->seq : -1);
    return true;
}

static bool object_to_silence(struct swarm *swarm, struct swarm_client *c, struct talk *t)
{
    if (!has_heard_of_readers(swarm, c, t))
        checker_object(swarm->world.checker,
                       "%s: a device of %s has heard of %zu readers of %lld instead of %zu", t->id,
                       c->user.name, t->readers, (long long)t->farewell,
                       find_goodbye(swarm, t->id)->readers);
    return true;
}

/* All have heard the last messages; have they heard that all have read them? */
static bool read_all(struct swarm *swarm)
{
    (void)each_talk(swarm, expects_readers);
    (void)each_talk(swarm, reads);
    return wait_for_each(swarm, has_heard_of_readers);
}

/* True: nothing is left to try. */
static bool say_goodbye(struct swarm *swarm, bool last)
{
    struct goodbyes g = {0};
    bool good = true;

    swarm->goodbyes = &g;
    (void)each_talk(swarm, choose_speaker);
    for (size_t i = 0; i < g.n; i++)
        speak(swarm, &g.items[i]);
    swarm_settle(swarm);
    for (size_t i = 0; i < g.n; i++)
        g.items[i].seq = swarm_client_talk(g.items[i].speaker, g.items[i].conversation)->highest;
    if (!wait_for_each(swarm, has_heard))
        (void)each_talk(swarm, object_to_deafness);
    else
        good = read_all(swarm);
    if (!good && last)
        (void)each_talk(swarm, object_to_silence);
    free(g.items);
    return good;
}

void swarm_say_goodbye(struct swarm *swarm)
{
    int tries = GOODBYES;

    while (tries-- > 0 && !say_goodbye(swarm, tries == 0))
        ;
}

/* --- reading back ------------------------------------------------------------------------------ */

/* One page after `seq`; moves it to the page's end, and tells whether there is more. */
static bool read_page(struct swarm *swarm, struct swarm_client *c, const struct talk *t,
                      int64_t *seq)
{
    const struct http_answer *a =
        http_do(swarm->world.stack, "GET",
                fmt("/api/conversations/%s/messages?limit=200&after=%lld", t->id, (long long)*seq),
                c->user.access, NULL);
    json_t *record;
    size_t i;

    if (a->status != 200) {
        if (a->status != 404 || is_in(swarm, c, t))
            checker_object(swarm->world.checker, "%s: the history of %s got HTTP %d", t->id,
                           c->user.name, a->status);
        return false;
    }
    json_array_foreach(ITEM_OF(a->json, "messages"), i, record)
    {
        swarm_read_back_one(c, record);
        *seq = INT_OF(record, "seq");
    }
    return json_is_true(ITEM_OF(a->json, "more"));
}

static void read_history(struct swarm *swarm, struct swarm_client *c, const struct talk *t)
{
    int64_t seq = 0;

    checker_reader(swarm->world.checker, c->user.name, t->id);
    while (read_page(swarm, c, t, &seq))
        ;
}

static void read_list(struct swarm *swarm, struct swarm_client *c)
{
    int64_t asked_at = checker_now(swarm->world.checker);
    json_t *list = ITEM_OF(user_expect(&c->user, 200, "GET", "/api/conversations?limit=100", NULL),
                           "conversations");

    for (size_t i = 0; i < c->talks_n; i++) {
        const struct talk *t = &c->talks[i];
        json_t *item = match_find(list, fmt("{'id':'%s'}", t->id));
        if ((item != NULL) != is_in(swarm, c, t))
            checker_object(swarm->world.checker, "%s: is %son the list of %s", t->id,
                           item ? "" : "not ", c->user.name);
        if (item == NULL)
            continue;
        struct checker_view view = {INT_OF(item, "seq"), INT_OF(item, "read"),
                                    INT_OF(item, "unread")};
        checker_view(swarm->world.checker, t->id, c->user.name, &view, asked_at);
        if (view.unread != 0)
            checker_object(swarm->world.checker, "%s: %s has read all, but %lld are unread", t->id,
                           c->user.name, (long long)view.unread);
    }
}

void swarm_read_back(struct swarm *swarm)
{
    for (int user = 0; user < swarm->users; user++) {
        struct swarm_client *c = swarm_first_device(swarm, user);
        for (size_t i = 0; i < c->talks_n; i++)
            read_history(swarm, c, &c->talks[i]);
        read_list(swarm, c);
    }
}
