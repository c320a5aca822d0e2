#include "conn/conn_pace.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"

#define LOAD_MAX 64 /* all connections of a user together stay below --redis-in-flight-max */
#define REFUSALS_MAX 32

void conn_load(struct conn *conn, uint32_t load)
{
    struct conn_base *base = conn_base(conn);

    base->load += load;
    if (base->load >= LOAD_MAX)
        ws_pause(base->ws);
}

void conn_unload(struct conn_server *server, struct conn_ref ref, uint32_t load)
{
    struct conn *conn = conn_get(server, ref);

    if (conn == NULL)
        return;
    struct conn_base *base = conn_base(conn);
    CHECK(base->load >= load);
    base->load -= load;
    if (base->load < LOAD_MAX / 2 && !base->throttled)
        ws_resume(base->ws);
}

void conn_refuse(struct conn *conn, str id, const char *message)
{
    struct conn_base *base = conn_base(conn);
    struct conn_server *s = base->owner;

    conn_error(conn, id, ERROR_RATE_LIMITED, NULL, message);
    if (++base->refusals < REFUSALS_MAX || base->throttled)
        return;
    base->throttled = true;
    ws_pause(base->ws);
    s->throttled = mem_array(s->throttled, s->throttled_n + 1, sizeof s->throttled[0]);
    s->throttled[s->throttled_n++] = base->ref;
}

bool conn_allows_frame(struct conn *conn, str id)
{
    struct conn_base *base = conn_base(conn);

    if (rate_allow(&base->frames, base->owner->settings->rate_frames, clock_mono_us()))
        return true;
    conn_refuse(conn, id, "too many frames; slow down");
    return false;
}

void conn_unthrottle(struct conn_server *server)
{
    while (server->throttled_n > 0) {
        struct conn *conn = conn_get(server, server->throttled[--server->throttled_n]);
        if (conn == NULL)
            continue;
        struct conn_base *base = conn_base(conn);
        base->throttled = false;
        base->refusals = 0;
        if (base->load < LOAD_MAX)
            ws_resume(base->ws);
    }
}
