#include "swarm_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "fmt.h"
#include "match.h"
#include "wait.h"

#define PAUSE_FIRST_MS 40 /* before connecting again; doubles */
#define PAUSE_MAX_MS 800
#define CONNECT_MS 5000

void swarm_client_init(struct swarm_client *c, struct swarm_world *world, struct user user,
                       int number)
{
    *c = (struct swarm_client){
        .world = world, .user = user, .number = number, .server = number, .turn = (unsigned)number};
    c->device = checker_device(world->checker, user.name);
    c->ws.fd = -1;
    c->ws.state = WS_ENDED;
}

void swarm_client_fini(struct swarm_client *c)
{
    ws_core_fini(&c->ws);
    for (size_t i = 0; i < c->pending_n; i++)
        free(c->pending[i].frame);
}

struct talk *swarm_client_talk(struct swarm_client *c, const char *conversation)
{
    for (size_t i = 0; i < c->talks_n; i++)
        if (strcmp(c->talks[i].id, conversation) == 0)
            return &c->talks[i];
    return NULL;
}

struct talk *swarm_client_hears_in(struct swarm_client *c, const char *conversation)
{
    struct talk *t = swarm_client_talk(c, conversation);

    if (t == NULL) {
        if (c->talks_n == SWARM_TALKS_MAX)
            fail_at(HERE, "too many conversations for one client");
        t = &c->talks[c->talks_n++];
        *t = (struct talk){.starts = -1, .sync_from = -1};
        (void)snprintf(t->id, sizeof t->id, "%s", conversation);
    }
    return t;
}

void swarm_client_talks_in(struct swarm_client *c, const char *conversation, const char *to)
{
    struct talk *t = swarm_client_hears_in(c, conversation);

    t->writes = true;
    if (to != NULL)
        (void)snprintf(t->to, sizeof t->to, "%s", to);
}

void swarm_client_send(struct swarm_client *c, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *frame = fmt_json(fmt_v(format, args));
    va_end(args);
    ws_core_send_text(&c->ws, str_of(frame));
}

int64_t swarm_jitter(int64_t ms)
{
    return ms / 2 + rand() % (int)(ms + 1);
}

/* --- connecting -------------------------------------------------------------------------------- */

static void connect_now(struct swarm_client *c, int64_t now_ms)
{
    struct stack *s = c->world->stack;
    int port = s->chat[c->server++ % s->n_chat].port;

    ws_core_fini(&c->ws);
    c->next_at = now_ms + CONNECT_MS;
    c->state = SWARM_CONNECTING;
    c->connection = checker_connection(c->world->checker, c->device);
    c->opened_at = checker_now(c->world->checker);
    c->opened_ms = now_ms;
    swarm_plan_catching_up(c, now_ms);
    const char *header =
        swarm_signs_in_by_frame(c) ? "" : fmt("Authorization: Bearer %s\r\n", c->user.access);
    if (port == 0 || /* being restarted */
        !ws_core_open(&c->ws, port, "/chat", header))
        c->ws.state = WS_ENDED;
}

/* The handshake is done: what can be said before `ready`. */
static void greet(struct swarm_client *c)
{
    if (swarm_signs_in_by_frame(c))
        swarm_client_send(c, "{'type':'auth','token':'%s'}", c->user.access);
    swarm_sync(c);
}

void swarm_client_stops_hearing(struct talk *t)
{
    if (t->starts >= 0 && t->caught_up && t->live > t->complete)
        t->complete = t->live;
    t->starts = -1;
    t->in_ready = t->caught_up = false;
}

void swarm_client_go_down(struct swarm_client *c, int64_t now_ms)
{
    int64_t pause = PAUSE_FIRST_MS << (c->attempts < 5 ? c->attempts : 5);

    for (size_t i = 0; i < c->talks_n; i++) {
        swarm_client_stops_hearing(&c->talks[i]);
        c->talks[i].sync_from = -1;
        c->talks[i].asked = false;
    }
    for (size_t i = 0; i < c->pending_n; i++)
        c->pending[i].again_at = now_ms;
    ws_core_fini(&c->ws);
    c->sync.open = c->page.open = false;
    c->state = SWARM_DOWN;
    c->attempts++;
    c->dozes_until = 0;
    c->next_at = now_ms + swarm_jitter(pause < PAUSE_MAX_MS ? pause : PAUSE_MAX_MS);
}

void swarm_client_act(struct swarm_client *c, int64_t now_ms, bool talking)
{
    if (now_ms < c->dozes_until)
        return;
    switch (c->state) {
    case SWARM_DOWN:
        if (now_ms >= c->next_at)
            connect_now(c, now_ms);
        break;
    case SWARM_CONNECTING:
        if (c->ws.state == WS_ENDED || c->ws.state == WS_REFUSED || now_ms > c->next_at)
            swarm_client_go_down(c, now_ms);
        break;
    case SWARM_UP:
        swarm_catch_up(c, now_ms);
        swarm_send_again(c, now_ms);
        if (talking && now_ms >= c->next_at)
            swarm_speak(c, now_ms);
        break;
    }
}

short swarm_client_events(const struct swarm_client *c)
{
    return c->state == SWARM_DOWN || clock_mono_ms() < c->dozes_until ? 0 : ws_core_events(&c->ws);
}

void swarm_client_read(struct swarm_client *c, int64_t now_ms)
{
    struct ws_frame frame;
    enum ws_state before = c->ws.state;

    ws_core_pump(&c->ws);
    if (before == WS_CONNECTING && c->ws.state == WS_OPEN)
        greet(c);
    while (ws_core_next(&c->ws, &frame))
        if (frame.opcode == WS_TEXT)
            swarm_hear(c, frame.payload, now_ms);
    if (c->ws.state == WS_ENDED || c->ws.state == WS_REFUSED)
        swarm_client_go_down(c, now_ms);
}

/* --- at rest ----------------------------------------------------------------------------------- */

bool swarm_client_settled(const struct swarm_client *c)
{
    if (c->state != SWARM_UP || c->pending_n > 0 || c->sync.open || c->sync.wanted ||
        c->page.open || c->dozes_until > clock_mono_ms())
        return false;
    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].starts >= 0 && !c->talks[i].caught_up)
            return false;
    return true;
}

const char *swarm_client_show(const struct swarm_client *c)
{
    const char *text =
        fmt("%s: state %d, %zu without an ack%s%s%s%s", c->user.name, (int)c->state, c->pending_n,
            c->pending_n ? ", the first is " : "", c->pending_n ? c->pending[0].id : "",
            c->sync.open ? ", waits for `synced`" : "", c->page.open ? ", waits for a page" : "");

    for (size_t i = 0; i < c->talks_n; i++)
        if (c->talks[i].starts >= 0 && !c->talks[i].caught_up)
            text = fmt("%s; %s complete to %lld of %lld", text, c->talks[i].id,
                       (long long)c->talks[i].complete, (long long)c->talks[i].starts);
    return text;
}
