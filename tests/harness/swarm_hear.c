/* What comes to a client of a swarm. */
#include <stdio.h>

#include "fmt.h"
#include "match.h"
#include "swarm_client.h"

/* Frames after `seq` of this conversation come on this connection. */
static void conversation_starts(struct swarm_client *c, const json_t *conversation, bool in_ready)
{
    struct talk *t = swarm_client_hears_in(c, TEXT_OF(conversation, "id"));

    if (t->starts >= 0)
        return; /* it has changed, that is all */
    t->in_ready = in_ready;
    t->starts = t->live = INT_OF(conversation, "seq");
    t->caught_up = t->complete >= t->starts;
    checker_starts(c->world->checker, c->connection, t->id, t->starts, in_ready);
}

static void check_epoch(struct swarm_client *c, const char *epoch)
{
    struct swarm_world *w = c->world;

    if (w->epoch[0] == '\0')
        (void)snprintf(w->epoch, sizeof w->epoch, "%s", epoch);
    else if (strcmp(w->epoch, epoch) != 0)
        checker_object(w->checker, "%s: the epoch was %s, now it is %s", c->user.name, w->epoch,
                       epoch);
}

static void on_ready(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    json_t *conversation;
    size_t i;

    c->pages = checker_connection(c->world->checker, c->device);
    c->state = SWARM_UP;
    c->attempts = 0;
    c->world->counts.connects++;
    c->next_at = now_ms;
    check_epoch(c, TEXT_OF(frame, "epoch"));
    json_array_foreach(ITEM_OF(frame, "conversations"), i, conversation)
    {
        conversation_starts(c, conversation, true);
        checker_view(c->world->checker, TEXT_OF(conversation, "id"), c->user.name,
                     &(struct checker_view){INT_OF(conversation, "seq"),
                                            INT_OF(conversation, "read"),
                                            INT_OF(conversation, "unread")},
                     c->opened_at);
    }
}

static int action_of(const json_t *record)
{
    const char *action = json_string_value(json_object_get(record, "action"));

    if (action == NULL)
        return ACTION_OTHER;
    if (strcmp(action, "joined") == 0)
        return ACTION_JOINED;
    return strcmp(action, "left") == 0 || strcmp(action, "removed") == 0 ? ACTION_LEFT
                                                                         : ACTION_OTHER;
}

/* What the frame says, as the checker takes it. */
static struct checker_record record_of(const json_t *frame)
{
    bool message = strcmp(TEXT_OF(frame, "type"), "message") == 0;
    struct checker_record r = {.conversation = TEXT_OF(frame, "conversation"),
                               .seq = INT_OF(frame, "seq"),
                               .id = message ? TEXT_OF(frame, "id") : NULL,
                               .from = TEXT_OF(frame, message ? "from" : "user"),
                               .content = swarm_content(frame)};

    r.action = action_of(frame);
    return r;
}

void swarm_saw(struct swarm_client *c, int connection, const json_t *record)
{
    struct checker_record r = record_of(record);
    struct talk *t = swarm_client_hears_in(c, r.conversation);

    checker_saw(c->world->checker, connection, &r);
    if (r.seq > t->highest)
        t->highest = r.seq;
}

void swarm_read_back_one(struct swarm_client *c, const json_t *record)
{
    struct checker_record r = record_of(record);

    checker_read(c->world->checker, c->user.name, &r);
}

static void on_record(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    struct talk *t = swarm_client_hears_in(c, TEXT_OF(frame, "conversation"));
    int64_t seq = INT_OF(frame, "seq");

    (void)now_ms;
    swarm_saw(c, c->connection, frame);
    if (seq <= t->live)
        return; /* of a sync */
    t->live = seq;
    if (action_of(frame) == ACTION_LEFT && strcmp(TEXT_OF(frame, "user"), c->user.name) == 0)
        swarm_client_stops_hearing(t);
}

static int64_t marker_of(const json_t *receipt, const char *marker)
{
    return json_integer_value(json_object_get(receipt, marker));
}

static void on_receipt(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    struct talk *t = swarm_client_hears_in(c, TEXT_OF(frame, "conversation"));

    (void)now_ms;
    checker_receipt(c->world->checker, c->connection, t->id, TEXT_OF(frame, "user"),
                    marker_of(frame, "read"), marker_of(frame, "received"));
    t->readers += t->farewell > 0 && marker_of(frame, "read") >= t->farewell;
}

static void on_typing(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    (void)now_ms;
    checker_typing(c->world->checker, c->connection, TEXT_OF(frame, "conversation"),
                   TEXT_OF(frame, "user"));
}

static void on_conversation(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    (void)now_ms;
    conversation_starts(c, ITEM_OF(frame, "conversation"), false);
}

static void on_ack(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    (void)now_ms;
    swarm_on_ack(c, frame);
}

static void on_history(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    (void)now_ms;
    if (strcmp(TEXT_OF(frame, "id"), "page") == 0)
        swarm_on_page(c, frame);
    else
        swarm_on_history(c, frame);
}

static void on_error(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    static const char *const HARMLESS[] = {"not_found", "unavailable", "rate_limited"};
    const char *code = TEXT_OF(frame, "code");

    c->world->counts.errors++;
    if (json_object_get(frame, "id") != NULL &&
        (swarm_on_refusal(c, frame, now_ms) || swarm_on_failure(c, frame, now_ms)))
        return;
    for (size_t i = 0; i < sizeof HARMLESS / sizeof HARMLESS[0]; i++)
        if (strcmp(code, HARMLESS[i]) == 0)
            return;
    checker_object(c->world->checker, "%s: an error that nothing asked for: %s", c->user.name,
                   match_show(frame));
}

void swarm_hear(struct swarm_client *c, str text, int64_t now_ms)
{
    static const struct {
        const char *type;
        void (*handle)(struct swarm_client *c, const json_t *frame, int64_t now_ms);
    } HANDLERS[] = {{"message", on_record},      {"ack", on_ack},
                    {"receipt", on_receipt},     {"typing", on_typing},
                    {"member", on_record},       {"history", on_history},
                    {"synced", swarm_on_synced}, {"conversation", on_conversation},
                    {"error", on_error},         {"ready", on_ready}};
    json_t *frame = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);

    if (frame == NULL)
        fail_at(HERE, "no JSON: %.*s", STR_ARG(text));
    for (size_t i = 0; i < sizeof HANDLERS / sizeof HANDLERS[0]; i++)
        if (strcmp(TEXT_OF(frame, "type"), HANDLERS[i].type) == 0)
            HANDLERS[i].handle(c, frame, now_ms);
    json_decref(frame);
}
