/* What a client of a swarm says and does at random. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "match.h"
#include "swarm_client.h"
#include "wait.h"

#define PAUSE_MS 120
#define PAUSE_RETRY_MS 100
#define DOZE_MS 2500
#define LARGE_MAX 15000

static bool by_chance(int one_in)
{
    return rand() % one_in == 0;
}

/* --- messages ---------------------------------------------------------------------------------- */

static void mix_in(uint32_t *hash, const char *text)
{
    for (; *text != '\0'; text++)
        *hash = (*hash ^ (unsigned char)*text) * 16777619U; /* FNV-1a */
}

uint32_t swarm_content(const json_t *record)
{
    static const char *const KEYS[] = {"text", "data", "reply_to", "action", "by", "role"};
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < sizeof KEYS / sizeof KEYS[0]; i++) {
        const json_t *value = json_object_get(record, KEYS[i]);
        if (value == NULL)
            continue;
        char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        mix_in(&hash, KEYS[i]);
        mix_in(&hash, text);
        free(text);
    }
    return hash;
}

static json_t *some_text(const char *id)
{
    switch (rand() % 8) {
    case 0: return json_sprintf("%s: žluťoučký kůň 🐎 \xe2\x80\xa8 \"\\\b\f\n\r\t\x7f", id);
    case 1:
        return by_chance(8) ? json_sprintf("%s %s", id, fmt_repeat('x', rand() % LARGE_MAX))
                            : json_string(id);
    default: return json_sprintf("words of %s", id);
    }
}

static json_t *some_data(const char *id)
{
    return json_pack("{s:s, s:[i,b,n,{s:s}], s:{}}", "of", id, "list", rand(), 1, "å", "\"",
                     "none");
}

static json_t *make_message(const struct talk *t, const char *id)
{
    json_t *frame = json_pack("{s:s, s:s}", "type", "send", "id", id);
    bool with_data = by_chance(5);

    (void)json_object_set_new(frame, t->to[0] ? "to" : "conversation",
                              json_string(t->to[0] ? t->to : t->id));
    if (with_data)
        (void)json_object_set_new(frame, "data", some_data(id));
    if (!with_data || by_chance(2))
        (void)json_object_set_new(frame, "text", some_text(id));
    if (t->highest > 0 && by_chance(6))
        (void)json_object_set_new(frame, "reply_to",
                                  t->last_id[0] && by_chance(2) ? json_string(t->last_id)
                                                                : json_integer(t->highest));
    return frame;
}

static void send_pending(struct swarm_client *c, struct pending *p)
{
    if (!p->forged)
        checker_sent(c->world->checker, c->connection, c->talks[p->talk].id, p->id, p->content);
    p->again_at = 0;
    ws_core_send_text(&c->ws, str_of(p->frame));
}

static void send_new(struct swarm_client *c, struct talk *t, const char *id, bool forged)
{
    json_t *frame = make_message(t, id);
    struct pending *p = &c->pending[c->pending_n++];

    if (forged)
        (void)json_object_set_new(frame, "text", json_string("other words"));
    *p = (struct pending){.talk = (size_t)(t - c->talks),
                          .frame = json_dumps(frame, 0),
                          .content = swarm_content(frame),
                          .forged = forged};
    (void)snprintf(p->id, sizeof p->id, "%s", id);
    json_decref(frame);
    send_pending(c, p);
}

const char *swarm_say(struct swarm_client *c, struct talk *t)
{
    const char *id = fmt("%d.%u", c->number, c->sent++);

    send_new(c, t, id, false);
    return id;
}

void swarm_send_again(struct swarm_client *c, int64_t now_ms)
{
    for (size_t i = 0; i < c->pending_n; i++) {
        if (c->pending[i].again_at == 0 || c->pending[i].again_at > now_ms)
            continue;
        c->world->counts.resends++;
        send_pending(c, &c->pending[i]);
    }
}

static struct pending *find_pending(struct swarm_client *c, const char *id)
{
    for (size_t i = 0; i < c->pending_n; i++)
        if (strcmp(c->pending[i].id, id) == 0)
            return &c->pending[i];
    return NULL;
}

static void forget_pending(struct swarm_client *c, struct pending *p)
{
    free(p->frame);
    memmove(p, p + 1, (size_t)(c->pending + --c->pending_n - p) * sizeof *p);
}

void swarm_on_ack(struct swarm_client *c, const json_t *frame)
{
    const char *id = TEXT_OF(frame, "id");
    int64_t seq = INT_OF(frame, "seq");
    struct pending *p = find_pending(c, id);

    if (p == NULL || p->forged) {
        checker_object(c->world->checker, "%s: an ack for %s: %s", c->user.name,
                       p ? "an id that was used before, with other content" : "nothing",
                       match_show(frame));
    } else {
        struct talk *t = &c->talks[p->talk];
        checker_acked(c->world->checker, c->connection, id, seq,
                      json_is_true(json_object_get(frame, "duplicate")));
        (void)snprintf(t->last_id, sizeof t->last_id, "%s", id);
        t->highest = seq > t->highest ? seq : t->highest;
    }
    if (p != NULL)
        forget_pending(c, p);
}

bool swarm_on_refusal(struct swarm_client *c, const json_t *frame, int64_t now_ms)
{
    const char *code = TEXT_OF(frame, "code");
    struct pending *p = find_pending(c, TEXT_OF(frame, "id"));

    if (p == NULL)
        return false;
    if (json_is_true(ITEM_OF(frame, "retry"))) {
        p->again_at = now_ms + PAUSE_RETRY_MS;
        return true;
    }
    bool left = strcmp(code, "not_found") == 0 && c->talks[p->talk].comes_and_goes;
    bool found_out = p->forged && strcmp(code, "id_reused") == 0;
    if (!left && !found_out)
        checker_object(c->world->checker, "%s: refused: %s: %.200s", c->user.name,
                       match_show(frame), p->frame);
    if (!p->forged)
        checker_refused(c->world->checker, p->id);
    c->world->counts.refusals += left;
    c->world->counts.reuses += found_out;
    forget_pending(c, p);
    return true;
}

/* Where the client is no member it seldom tries. */
static void speak(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    (void)now_ms;
    bool may = t->to[0] || t->starts >= 0;
    if (t->writes && (may || by_chance(20)))
        (void)swarm_say(c, t);
}

static void use_id_again(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    (void)now_ms;
    if (t->last_id[0] != '\0' && find_pending(c, t->last_id) == NULL && t->writes)
        send_new(c, t, t->last_id, true);
}

/* --- markers and typing ------------------------------------------------------------------------ */

static void mark(struct swarm_client *c, const struct talk *t, enum checker_marker marker,
                 int64_t seq)
{
    checker_marks(c->world->checker, t->id, c->user.name, marker, seq);
    swarm_client_send(c, "{'type':'%s','conversation':'%s','seq':%lld}",
                      marker == MARKER_READ ? "read" : "received", t->id, (long long)seq);
}

void swarm_read_up_to(struct swarm_client *c, const struct talk *t, int64_t seq)
{
    mark(c, t, MARKER_READ, seq);
}

static void read_some(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    int64_t seq = t->highest - rand() % 3;

    (void)now_ms;
    if (seq > 0 && t->starts >= 0)
        mark(c, t, by_chance(2) ? MARKER_READ : MARKER_RECEIVED, seq);
}

static void type(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    bool active = !by_chance(4);

    (void)now_ms;
    if (active)
        checker_types(c->world->checker, t->id, c->user.name);
    swarm_client_send(c, "{'type':'typing','conversation':'%s','active':%s}", t->id,
                      active ? "true" : "false");
}

/* --- bad habits -------------------------------------------------------------------------------- */

static void doze(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    (void)t;
    c->dozes_until = now_ms + rand() % DOZE_MS;
}

static void vanish(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    (void)t;
    c->attempts = 0;
    swarm_client_go_down(c, now_ms);
}

static void sync_late(struct swarm_client *c, struct talk *t, int64_t now_ms)
{
    (void)now_ms;
    swarm_sync_late(c, t);
}

/* ----------------------------------------------------------------------------------------------- */

static const struct habit {
    int weight;
    bool sends; /* needs a place among the pending messages */
    void (*act)(struct swarm_client *c, struct talk *t, int64_t now_ms);
} HABITS[] = {
    {600, true, speak},       {200, false, read_some},         {80, false, type},
    {40, true, use_id_again}, {50, false, swarm_ask_for_page}, {40, false, swarm_ask_over_http},
    {20, false, sync_late},   {10, false, swarm_trespass},     {5, false, doze},
    {1, false, vanish}};

static const struct habit *some_habit(void)
{
    const struct habit *habit = HABITS;
    int sum = 0;

    for (size_t i = 0; i < sizeof HABITS / sizeof HABITS[0]; i++)
        sum += HABITS[i].weight;
    for (int chance = rand() % sum; chance >= habit->weight; habit++)
        chance -= habit->weight;
    return habit;
}

void swarm_speak(struct swarm_client *c, int64_t now_ms)
{
    const struct habit *habit = some_habit();
    struct talk *t = &c->talks[(size_t)rand() % c->talks_n];

    c->next_at = now_ms + swarm_jitter(PAUSE_MS);
    if (!habit->sends || c->pending_n < SWARM_IN_FLIGHT)
        habit->act(c, t, now_ms);
}
