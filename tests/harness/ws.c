#include "ws.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "fmt.h"
#include "match.h"
#include "wait.h"

/* --- reading --------------------------------------------------------------------------------- */

static void queue_text(struct ws *ws, str text)
{
    json_t *frame =
        str_is_utf8(text) ? json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL) : NULL;

    if (frame == NULL)
        fail_at(HERE, "the server sent something that is no JSON: %.*s", STR_ARG(text));
    (void)json_array_append_new(ws->queue, frame);
}

static void note_frame(struct ws *ws, const struct ws_frame *frame)
{
    if (frame->opcode == WS_TEXT)
        queue_text(ws, frame->payload);
    if (frame->opcode == WS_BINARY)
        fail_at(HERE, "the server sent a binary frame");
    if (frame->opcode == WS_PING)
        ws->pings++;
    if (frame->opcode == WS_PONG) {
        ws->pongs++;
        (void)snprintf(ws->pong, sizeof ws->pong, "%.*s", STR_ARG(frame->payload));
    }
}

void ws_receive(struct ws *ws, int wait_ms)
{
    struct pollfd p = {.fd = ws->core.fd, .events = ws_core_events(&ws->core)};
    struct ws_frame frame;

    if (p.events != 0)
        (void)poll(&p, 1, wait_ms);
    ws_core_pump(&ws->core);
    while (ws_core_next(&ws->core, &frame))
        note_frame(ws, &frame);
}

bool ws_ended(const struct ws *ws)
{
    return ws->core.state == WS_ENDED || ws->core.state == WS_REFUSED;
}

/* Until `deadline`; false when it has passed, or the connection is over. */
static bool receive_more(struct ws *ws, int64_t deadline)
{
    int64_t left = deadline - clock_mono_ms();

    if (left <= 0 || ws_ended(ws))
        return false;
    ws_receive(ws, (int)left);
    return true;
}

/* --- connecting ------------------------------------------------------------------------------ */

static struct ws *decide(struct ws *ws)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    ws->queue = json_array();
    ws->taken = json_array();
    while (ws->core.state == WS_CONNECTING)
        if (!receive_more(ws, deadline))
            fail_at(HERE, "no answer to the handshake");
    return ws;
}

struct ws *ws_new(int port, const char *path, const char *headers)
{
    struct ws *ws = mem_zalloc(sizeof *ws);

    if (!ws_core_open(&ws->core, port, path, headers))
        fail_at(HERE, "no socket");
    return decide(ws);
}

struct ws *ws_new_raw(int port, str request)
{
    struct ws *ws = mem_zalloc(sizeof *ws);

    if (!ws_core_open_raw(&ws->core, port, request))
        fail_at(HERE, "no socket");
    return decide(ws);
}

void ws_free(struct ws *ws)
{
    ws_core_fini(&ws->core);
    json_decref(ws->queue);
    json_decref(ws->taken);
    free(ws);
}

/* --- sending --------------------------------------------------------------------------------- */

void ws_send_text(struct ws *ws, str text)
{
    ws_core_send_text(&ws->core, text);
}

void ws_send(struct ws *ws, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = fmt_json(fmt_v(format, args));
    va_end(args);
    ws_send_text(ws, str_of(text));
}

void ws_close(struct ws *ws)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    ws_core_close(&ws->core, 1000);
    while (!ws_ended(ws))
        if (!receive_more(ws, deadline))
            fail_at(HERE, "the server does not close");
}

/* --- expecting ------------------------------------------------------------------------------- */

static json_t *take_from_queue(struct ws *ws, size_t i)
{
    json_t *frame = json_array_get(ws->queue, i);

    (void)json_array_append(ws->taken, frame);
    (void)json_array_remove(ws->queue, i);
    return frame;
}

static const char *outcome(const struct ws *ws)
{
    if (!ws_ended(ws))
        return "connection open";
    if (ws->core.state == WS_REFUSED)
        return fmt("refused with %d", ws->core.status);
    return ws->core.close_code ? fmt("closed with %d", ws->core.close_code) : "connection lost";
}

/* From item *i on, which moves past what was looked at. */
static json_t *take_match(struct ws *ws, const json_t *pattern, size_t *i)
{
    for (; *i < json_array_size(ws->queue); (*i)++)
        if (match(json_array_get(ws->queue, *i), pattern))
            return take_from_queue(ws, *i);
    return NULL;
}

json_t *ws_expect_at(struct where where, struct ws *ws, const char *format, ...)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    size_t looked_at = 0;
    json_t *found;
    va_list args;

    va_start(args, format);
    const char *text = fmt_v(format, args);
    va_end(args);
    json_t *pattern = match_pattern(where, text);
    while ((found = take_match(ws, pattern, &looked_at)) == NULL)
        if (!receive_more(ws, deadline))
            break;
    json_decref(pattern);
    if (found == NULL)
        fail_at(where, "no frame %s\n(%s); queued: %s", text, outcome(ws), match_show(ws->queue));
    return found;
}

json_t *ws_expect_next_at(struct where where, struct ws *ws, const char *format, ...)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    va_list args;

    va_start(args, format);
    const char *text = fmt_v(format, args);
    va_end(args);
    while (json_array_size(ws->queue) == 0)
        if (!receive_more(ws, deadline))
            fail_at(where, "no frame at all instead of %s (%s)", text, outcome(ws));
    json_t *frame = take_from_queue(ws, 0);
    expect_json_at(where, frame, "%s", text);
    return frame;
}

void ws_expect_close_at(struct where where, struct ws *ws, int code)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    while (!ws_ended(ws) && !(ws->core.manual && ws->core.close_code != 0))
        if (!receive_more(ws, deadline))
            fail_at(where, "not closed (expected %d, close frame %d); queued: %s", code,
                    ws->core.close_code, match_show(ws->queue));
    if (ws->core.close_code != code)
        fail_at(where, "expected close code %d, got %d; queued: %s", code, ws->core.close_code,
                match_show(ws->queue));
}

void ws_expect_status_at(struct where where, struct ws *ws, int status)
{
    if (ws->core.status != status)
        fail_at(where, "expected the handshake to be answered with %d, got %d", status,
                ws->core.status);
}

void ws_expect_none_at(struct where where, struct ws *ws, const char *format, ...)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;
    unsigned pongs = ws->pongs;
    va_list args;

    va_start(args, format);
    const char *text = fmt_v(format, args);
    va_end(args);
    ws_core_send(&ws->core, WS_PING, STR("none?"));
    while (ws->pongs == pongs)
        if (!receive_more(ws, deadline))
            fail_at(where, "no answer to a ping (%s)", outcome(ws));
    json_t *found = match_find(ws->queue, text);
    if (found != NULL)
        fail_at(where, "a frame that should not be: %s", match_show(found));
}

void ws_expect_nothing_at(struct where where, struct ws *ws, int ms)
{
    int64_t deadline = clock_mono_ms() + ms;

    while (json_array_size(ws->queue) == 0 && receive_more(ws, deadline))
        ;
    if (json_array_size(ws->queue) != 0)
        fail_at(where, "frames that should not be: %s", match_show(ws->queue));
}

void ws_forget(struct ws *ws)
{
    ws_receive(ws, 0);
    (void)json_array_clear(ws->queue);
}
