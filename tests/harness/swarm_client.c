#include "swarm_client.h"

#include <stdio.h>
#include <stdlib.h>

#include "fmt.h"
#include "match.h"
#include "wait.h"

#define PAUSE_FIRST_MS 40 /* before connecting again; doubles */
#define PAUSE_MAX_MS 800
#define PAUSE_SEND_MS 40
#define PAUSE_RETRY_MS 100
#define CONNECT_MS 5000

void swarm_client_init(struct swarm_client *c, struct user user, int number,
                       struct checker *checker)
{
    *c =
        (struct swarm_client){.user = user, .number = number, .server = number, .checker = checker};
    c->device = checker_device(checker, user.name);
    c->ws.fd = -1;
    c->ws.state = WS_ENDED;
}

void swarm_client_fini(struct swarm_client *c)
{
    ws_core_fini(&c->ws);
}

static struct talk *find_talk(struct swarm_client *c, const char *id)
{
    for (size_t i = 0; i < c->talks_n; i++)
        if (strcmp(c->talks[i].id, id) == 0)
            return &c->talks[i];
    return NULL;
}

static struct talk *add_talk(struct swarm_client *c, const char *id)
{
    struct talk *t = find_talk(c, id);

    if (t == NULL) {
        if (c->talks_n == SWARM_TALKS_MAX)
            fail_at(HERE, "too many conversations for one client");
        t = &c->talks[c->talks_n++];
        *t = (struct talk){.starts = -1};
        (void)snprintf(t->id, sizeof t->id, "%s", id);
    }
    return t;
}

void swarm_client_talks_in(struct swarm_client *c, const char *conversation, const char *to)
{
    struct talk *t = add_talk(c, conversation);

    t->writes = true;
    if (to != NULL)
        (void)snprintf(t->to, sizeof t->to, "%s", to);
}

void swarm_client_hears_in(struct swarm_client *c, const char *conversation)
{
    (void)add_talk(c, conversation);
}

/* --- connecting ------------------------------------------------------------------------------ */

static int64_t jitter(int64_t ms)
{
    return ms / 2 + rand() % (int)(ms + 1);
}

static void connect_now(struct swarm_client *c, int64_t now_ms)
{
    struct stack *s = c->user.stack;
    int port = s->chat[c->server++ % s->n_chat].port;

    ws_core_fini(&c->ws);
    c->next_at = now_ms + CONNECT_MS;
    c->state = SWARM_CONNECTING;
    if (port == 0 || /* being restarted */
        !ws_core_open(&c->ws, port, "/chat", fmt("Authorization: Bearer %s\r\n", c->user.access)))
        c->ws.state = WS_ENDED;
}

static void go_down(struct swarm_client *c, int64_t now_ms)
{
    int64_t pause = PAUSE_FIRST_MS << (c->attempts < 5 ? c->attempts : 5);

    for (size_t i = 0; i < c->talks_n; i++) {
        struct talk *t = &c->talks[i];
        if (t->starts >= 0 && t->caught_up && t->live > t->complete)
            t->complete = t->live;
        t->starts = -1;
        t->caught_up = t->asked = false;
    }
    for (size_t i = 0; i < c->pending_n; i++)
        c->pending[i].again_at = now_ms;
    ws_core_fini(&c->ws);
    c->state = SWARM_DOWN;
    c->attempts++;
    c->next_at = now_ms + jitter(pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
}

/* --- sending --------------------------------------------------------------------------------- */

static void send_pending(struct swarm_client *c, struct pending *p)
{
    const struct talk *t = &c->talks[p->talk];
    const char *target =
        t->to[0] ? fmt("\"to\":\"%s\"", t->to) : fmt("\"conversation\":\"%s\"", t->id);
    const char *frame =
        fmt("{\"type\":\"send\",\"id\":\"%s\",%s,\"text\":\"words of %s\"}", p->id, target, p->id);

    checker_sent(c->checker, c->connection, t->id, p->id);
    p->again_at = 0;
    ws_core_send_text(&c->ws, str_of(frame));
}

static void send_again(struct swarm_client *c, int64_t now_ms)
{
    for (size_t i = 0; i < c->pending_n; i++) {
        if (c->pending[i].again_at == 0 || c->pending[i].again_at > now_ms)
            continue;
        c->resends++;
        send_pending(c, &c->pending[i]);
    }
}

static void send_new(struct swarm_client *c, int64_t now_ms)
{
    size_t talk = (size_t)rand() % c->talks_n;

    if (!c->talks[talk].writes || c->pending_n == SWARM_IN_FLIGHT || now_ms < c->next_at)
        return;
    struct pending *p = &c->pending[c->pending_n++];
    *p = (struct pending){.talk = talk};
    (void)snprintf(p->id, sizeof p->id, "%d.%u", c->number, c->sent++);
    send_pending(c, p);
    c->next_at = now_ms + jitter(PAUSE_SEND_MS);
}

/* One page at a time of what came before this connection began. */
static void ask_for_missed(struct swarm_client *c)
{
    for (size_t i = 0; i < c->talks_n; i++) {
        struct talk *t = &c->talks[i];
        if (t->starts < 0 || t->caught_up || t->asked)
            continue;
        t->asked = true;
        checker_starts(c->checker, c->pages, t->id, t->complete);
        ws_core_send_text(
            &c->ws, str_of(fmt("{\"type\":\"history\",\"id\":\"h%zu\",\"conversation\":\"%s\","
                               "\"after\":%lld,\"limit\":200}",
                               i, t->id, (long long)t->complete)));
    }
}

void swarm_client_act(struct swarm_client *c, int64_t now_ms, bool talking)
{
    switch (c->state) {
    case SWARM_DOWN:
        if (now_ms >= c->next_at)
            connect_now(c, now_ms);
        break;
    case SWARM_CONNECTING:
        if (c->ws.state == WS_ENDED || c->ws.state == WS_REFUSED || now_ms > c->next_at)
            go_down(c, now_ms);
        break;
    case SWARM_UP:
        ask_for_missed(c);
        send_again(c, now_ms);
        if (talking)
            send_new(c, now_ms);
        break;
    }
}

/* --- what comes ------------------------------------------------------------------------------ */

static void reach(struct talk *t, int64_t seq)
{
    if (seq > t->highest)
        t->highest = seq;
}

/* Frames after `seq` of this conversation come on this connection. */
static void conversation_starts(struct swarm_client *c, const json_t *conversation)
{
    struct talk *t = add_talk(c, TEXT_OF(conversation, "id"));

    if (t->starts >= 0)
        return; /* it has changed, that is all */
    t->starts = t->live = INT_OF(conversation, "seq");
    t->caught_up = t->complete >= t->starts;
    checker_starts(c->checker, c->connection, t->id, t->starts);
}

static void on_ready(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    json_t *conversation;
    size_t i;

    c->connection = checker_connection(c->checker, c->device);
    c->pages = checker_connection(c->checker, c->device);
    c->state = SWARM_UP;
    c->attempts = 0;
    c->connects++;
    c->next_at = now_ms;
    json_array_foreach(ITEM_OF(frame, "conversations"), i, conversation)
    {
        conversation_starts(c, conversation);
    }
}

static void saw(struct swarm_client *c, int connection, const json_t *record)
{
    struct talk *t = add_talk(c, TEXT_OF(record, "conversation"));
    bool message = strcmp(TEXT_OF(record, "type"), "message") == 0;
    int64_t seq = INT_OF(record, "seq");

    checker_saw(c->checker, connection, t->id, seq, message ? TEXT_OF(record, "id") : NULL,
                TEXT_OF(record, message ? "from" : "user"));
    reach(t, seq);
}

static void on_record(struct swarm_client *c, const json_t *frame)
{
    saw(c, c->connection, frame);
    find_talk(c, TEXT_OF(frame, "conversation"))->live = INT_OF(frame, "seq");
}

static void on_history(struct swarm_client *c, const json_t *frame)
{
    struct talk *t = find_talk(c, TEXT_OF(frame, "conversation"));
    json_t *record;
    size_t i;

    json_array_foreach(ITEM_OF(frame, "messages"), i, record)
    {
        saw(c, c->pages, record);
        t->complete = INT_OF(record, "seq");
    }
    t->asked = false;
    t->caught_up = t->complete >= t->starts || !json_is_true(ITEM_OF(frame, "more"));
}

static void forget_pending(struct swarm_client *c, size_t i)
{
    memmove(&c->pending[i], &c->pending[i + 1], (c->pending_n - i - 1) * sizeof c->pending[0]);
    c->pending_n--;
}

static void on_ack(struct swarm_client *c, const json_t *frame)
{
    const char *id = TEXT_OF(frame, "id");

    checker_acked(c->checker, id, INT_OF(frame, "seq"));
    reach(add_talk(c, TEXT_OF(frame, "conversation")), INT_OF(frame, "seq"));
    for (size_t i = 0; i < c->pending_n; i++)
        if (strcmp(c->pending[i].id, id) == 0)
            forget_pending(c, i--);
}

static void on_error(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    const char *id = json_string_value(json_object_get(frame, "id"));
    bool retry = json_is_true(ITEM_OF(frame, "retry"));

    c->errors++;
    for (size_t i = 0; id != NULL && i < c->pending_n; i++) {
        if (strcmp(c->pending[i].id, id) != 0)
            continue;
        c->pending[i].again_at = now_ms + PAUSE_RETRY_MS;
        if (!retry) {
            checker_refused(c->checker, id);
            forget_pending(c, i--);
        }
    }
    for (size_t i = 0; id != NULL && i < c->talks_n; i++)
        if (strcmp(id, fmt("h%zu", i)) == 0)
            c->talks[i].asked = false;
}

static void on_frame(struct swarm_client *c, str text, int64_t now_ms)
{
    json_t *frame = json_loadb(text.p, text.n, 0, NULL);

    if (frame == NULL)
        fail_at(HERE, "no JSON: %.*s", STR_ARG(text));
    const char *type = TEXT_OF(frame, "type");
    if (strcmp(type, "ready") == 0)
        on_ready(c, frame, now_ms);
    else if (strcmp(type, "message") == 0 || strcmp(type, "member") == 0)
        on_record(c, frame);
    else if (strcmp(type, "ack") == 0)
        on_ack(c, frame);
    else if (strcmp(type, "history") == 0)
        on_history(c, frame);
    else if (strcmp(type, "conversation") == 0)
        conversation_starts(c, ITEM_OF(frame, "conversation"));
    else if (strcmp(type, "error") == 0)
        on_error(c, frame, now_ms);
    json_decref(frame);
}

short swarm_client_events(const struct swarm_client *c)
{
    return c->state == SWARM_DOWN ? 0 : ws_core_events(&c->ws);
}

void swarm_client_read(struct swarm_client *c, int64_t now_ms)
{
    struct ws_frame frame;

    ws_core_pump(&c->ws);
    while (ws_core_next(&c->ws, &frame))
        if (frame.opcode == WS_TEXT)
            on_frame(c, frame.payload, now_ms);
    if (c->ws.state == WS_ENDED || c->ws.state == WS_REFUSED)
        go_down(c, now_ms);
}

/* --- at rest --------------------------------------------------------------------------------- */

bool swarm_client_settled(const struct swarm_client *c)
{
    if (c->state != SWARM_UP || c->pending_n > 0)
        return false;
    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].starts >= 0 && !c->talks[i].caught_up)
            return false;
    return true;
}

bool swarm_client_reaches_tops(const struct swarm_client *c)
{
    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].highest < c->talks[i].top)
            return false;
    return true;
}

const char *swarm_client_show(const struct swarm_client *c)
{
    const char *text =
        fmt("%s: state %d, %zu without an ack%s%s", c->user.name, (int)c->state, c->pending_n,
            c->pending_n ? ", the first is " : "", c->pending_n ? c->pending[0].id : "");

    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].starts >= 0 && !c->talks[i].caught_up)
            text = fmt("%s; %s complete to %lld of %lld", text, c->talks[i].id,
                       (long long)c->talks[i].complete, (long long)c->talks[i].starts);
    return text;
}
