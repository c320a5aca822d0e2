/* How a client of a swarm learns what it has missed: by `sync` before or after `ready`, or by pages
 * of history; with honest positions, or with odd ones, which must do no harm. */
#include <stdio.h>
#include <stdlib.h>

#include "fmt.h"
#include "match.h"
#include "swarm_client.h"
#include "wait.h"

#define LATER_MS 1500
#define PAUSE_RETRY_MS 100
#define FAR 700 /* frames: further behind than a sync goes */
#define KEPT_MS                                                                                    \
    9000 /* for so long after `ready` a sync does not repeat what came since; a little less */
#define UNKNOWN "rzzzzzzzzzzzzzzzzzzzzzzzzz"

enum way {
    RIGHT_BEHIND_AUTH, /* surely before `ready` */
    RIGHT_BEHIND_UPGRADE,
    AFTER_READY,
    LATER, /* live frames come between */
    BY_HISTORY,
    ODDLY,     /* right behind auth, from positions that are too old, or beyond the end */
    STRANGELY, /* after ready, with another epoch and foreign conversations */
    WAYS
};

static enum way way_of(const struct swarm_client *c)
{
    return (enum way)(c->turn % WAYS);
}

bool swarm_signs_in_by_frame(const struct swarm_client *c)
{
    return way_of(c) == RIGHT_BEHIND_AUTH || way_of(c) == ODDLY;
}

void swarm_plan_catching_up(struct swarm_client *c, int64_t now_ms)
{
    c->turn++;
    c->sync.wanted = way_of(c) != BY_HISTORY && c->world->epoch[0] != '\0';
    c->sync.at_ms = way_of(c) == LATER ? now_ms + swarm_jitter(LATER_MS) : now_ms;
    c->sync.open = false;
    c->sync.in_order = swarm_signs_in_by_frame(c);
    c->sync.honest = way_of(c) != STRANGELY;
    c->sync.strange = way_of(c) == STRANGELY;
}

/* --- asking ------------------------------------------------------------------------------------ */

static int64_t position_in(const struct swarm_client *c, const struct talk *t, bool *honest_out)
{
    int64_t back = rand() % FAR;

    *honest_out = c->sync.honest;
    if (way_of(c) != ODDLY)
        return t->complete;
    if (rand() % 6 == 0) {
        *honest_out = false;
        return t->highest + 100000;
    }
    return t->complete > back ? t->complete - back : 0;
}

static void ask_from(struct swarm_client *c, struct talk *t, int64_t position, bool honest)
{
    t->sync_from = position;
    checker_sync(c->world->checker, c->connection,
                 &(struct checker_sync){t->id, position, c->sync.in_order, honest});
}

static void send_sync(struct swarm_client *c, json_t *positions)
{
    json_t *frame = json_pack("{s:s, s:s, s:s, s:o}", "type", "sync", "id", "sync", "epoch",
                              c->sync.honest ? c->world->epoch : "another", "positions", positions);
    char *text = json_dumps(frame, 0);

    ws_core_send_text(&c->ws, str_of(text));
    free(text);
    json_decref(frame);
    c->sync.open = true;
    c->sync.wanted = false;
}

static void sync_all(struct swarm_client *c)
{
    json_t *positions = json_object();

    for (size_t i = 0; i < c->talks_n; i++) {
        bool honest;
        int64_t position = position_in(c, &c->talks[i], &honest);
        ask_from(c, &c->talks[i], position, honest);
        (void)json_object_set_new(positions, c->talks[i].id, json_integer(position));
    }
    if (c->sync.strange) {
        (void)json_object_set_new(positions, c->world->foreign, json_integer(0));
        (void)json_object_set_new(positions, UNKNOWN, json_integer(1));
    }
    send_sync(c, positions);
}

void swarm_sync(struct swarm_client *c)
{
    if (c->sync.wanted && way_of(c) != LATER && way_of(c) != AFTER_READY)
        sync_all(c);
}

/* From a place before where it is: long after `ready` this repeats what came. */
void swarm_sync_late(struct swarm_client *c, struct talk *t)
{
    if (c->sync.open || c->sync.wanted || t->starts < 0 || !t->caught_up)
        return;
    int64_t position = t->live > 5 ? t->live - 5 : 0;
    c->sync.in_order = c->sync.strange = false;
    c->sync.honest = true;
    ask_from(c, t, position, true);
    send_sync(c, json_pack("{s:I}", t->id, (json_int_t)position));
}

/* One page at a time of what came before this connection began. */
static void ask_for_page(struct swarm_client *c, struct talk *t)
{
    t->asked = true;
    t->asked_after = t->complete;
    t->asked_at = checker_now(c->world->checker);
    swarm_client_send(c,
                      "{'type':'history','id':'%s','conversation':'%s','after':%lld,'limit':200}",
                      t->id, t->id, (long long)t->complete);
}

void swarm_catch_up(struct swarm_client *c, int64_t now_ms)
{
    if (c->sync.wanted && !c->sync.open && now_ms >= c->sync.at_ms)
        sync_all(c);
    if (c->sync.wanted || c->sync.open || now_ms < c->ask_at)
        return;
    for (size_t i = 0; i < c->talks_n; i++) {
        struct talk *t = &c->talks[i];
        if (t->starts >= 0 && !t->caught_up && !t->asked)
            ask_for_page(c, t);
    }
}

/* --- what comes -------------------------------------------------------------------------------- */

static void one_synced(struct swarm_client *c, struct talk *t, const json_t *answer, int64_t now_ms)
{
    bool recovered = json_is_true(ITEM_OF(answer, "recovered"));
    bool repeats = now_ms - c->opened_ms > KEPT_MS || !t->in_ready;
    int64_t seq = INT_OF(answer, "seq");

    checker_synced(c->world->checker, c->connection, t->id, recovered, seq, repeats);
    if (recovered && t->sync_from <= t->complete && seq > t->complete)
        t->complete = seq;
    t->caught_up = t->starts >= 0 && t->complete >= t->starts;
    t->sync_from = -1;
}

static void strange_synced(struct swarm_client *c, const char *conversation, const json_t *answer)
{
    if (!c->sync.strange || json_is_true(ITEM_OF(answer, "recovered")) ||
        INT_OF(answer, "seq") != 0)
        checker_object(c->world->checker, "%s: synced in %s, where nobody is: %s", c->user.name,
                       conversation, match_show(answer));
}

void swarm_on_synced(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    const char *conversation;
    json_t *answer;

    if (strcmp(TEXT_OF(frame, "epoch"), c->world->epoch) != 0)
        checker_object(c->world->checker, "%s: synced in another epoch", c->user.name);
    json_object_foreach(ITEM_OF(frame, "conversations"), conversation, answer)
    {
        struct talk *t = swarm_client_talk(c, conversation);
        if (t != NULL && t->sync_from >= 0)
            one_synced(c, t, answer, now_ms);
        else
            strange_synced(c, conversation, answer);
    }
    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].sync_from >= 0)
            checker_object(c->world->checker, "%s: `synced` does not name %s", c->user.name,
                           c->talks[i].id);
    c->sync.open = false;
    c->world->counts.syncs++;
    c->world->counts.syncs_in_order += c->sync.in_order;
}

void swarm_on_history(struct swarm_client *c, const json_t *frame)
{
    struct talk *t = swarm_client_talk(c, TEXT_OF(frame, "id"));
    const json_t *list = ITEM_OF(frame, "messages");
    size_t n = json_array_size(list);

    if (t == NULL) {
        checker_object(c->world->checker, "%s: a page for nothing: %s", c->user.name,
                       match_show(frame));
        return;
    }
    swarm_tell_page(c, t->id, frame, t->asked_after, t->asked_at);
    if (n > 0 && INT_OF(json_array_get(list, n - 1), "seq") > t->complete)
        t->complete = INT_OF(json_array_get(list, n - 1), "seq");
    t->asked = false;
    t->caught_up = t->complete >= t->starts || !json_is_true(ITEM_OF(frame, "more"));
}

/* --- what fails -------------------------------------------------------------------------------- */

static void sync_failed(struct swarm_client *c, int64_t now_ms)
{
    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].sync_from >= 0) {
            checker_sync_failed(c->world->checker, c->connection, c->talks[i].id);
            c->talks[i].sync_from = -1;
        }
    c->sync.open = false;
    c->sync.wanted = rand() % 2 == 0; /* or with pages */
    c->sync.in_order = false;
    c->sync.at_ms = now_ms + PAUSE_RETRY_MS;
}

static void page_failed(struct swarm_client *c, struct talk *t, const json_t *frame, int64_t now_ms)
{
    bool missing = strcmp(TEXT_OF(frame, "code"), "not_found") == 0;

    c->ask_at = now_ms + PAUSE_RETRY_MS;
    if (missing && !t->comes_and_goes)
        checker_object(c->world->checker, "%s: a member's page of %s is %s", c->user.name, t->id,
                       match_show(frame));
    c->world->counts.refusals += missing;
    if (missing)
        swarm_client_stops_hearing(t);
}

bool swarm_on_failure(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    const char *id = TEXT_OF(frame, "id");
    const char *code = TEXT_OF(frame, "code");
    struct talk *t = swarm_client_talk(c, id);

    if (strcmp(id, "sync") == 0 && json_is_true(ITEM_OF(frame, "retry"))) {
        sync_failed(c, now_ms);
    } else if (strcmp(id, "page") == 0 && c->page.open) {
        c->page.open = false;
        page_failed(c, &c->talks[c->page.talk], frame, now_ms);
    } else if (t != NULL) {
        t->asked = false;
        page_failed(c, t, frame, now_ms);
    } else {
        return strcmp(code, "not_found") == 0; /* a stranger's */
    }
    return true;
}
