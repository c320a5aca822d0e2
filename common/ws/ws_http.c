#include "ws/ws_private.h"

#include <strings.h>

#include "daemon/log.h"
#include "daemon/ops.h"
#include "json/json_out.h"

#define CLOSE_CONNECTION (-1) /* to lws: what was written is flushed first */

struct status_text {
    int status;
    const char *title;
    const char *code;
    const char *header; /* complete, or "" */
};

static const struct status_text STATUSES[] = {
    {400, "Bad Request", "bad_handshake", ""},
    {401, "Unauthorized", "unauthorized", "www-authenticate: Bearer\r\n"},
    {403, "Forbidden", "origin_not_allowed", ""},
    {404, "Not Found", "not_found", ""},
    {405, "Method Not Allowed", "method_not_allowed", "allow: GET\r\n"},
    {426, "Upgrade Required", "upgrade_required",
     "upgrade: websocket\r\nsec-websocket-version: 13\r\n"},
    {429, "Too Many Requests", "too_many_connections", "retry-after: 5\r\n"},
    {503, "Service Unavailable", "unavailable", "retry-after: 1\r\n"},
};

#define REFUSED(label)                                                                             \
    {                                                                                              \
        .name = "chatapp_ws_refused_total", .labels = "status=\"" label "\"",                      \
        .kind = METRIC_COUNTER, .help = "Requests refused by the WebSocket server, by HTTP status" \
    }

/* In the order of STATUSES. */
static struct metric refused[] = {REFUSED("400"), REFUSED("401"), REFUSED("403"), REFUSED("404"),
                                  REFUSED("405"), REFUSED("426"), REFUSED("429"), REFUSED("503")};
_Static_assert(sizeof refused / sizeof refused[0] == sizeof STATUSES / sizeof STATUSES[0],
               "a metric for each status");

void ws_http_start(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        metric_register(&refused[i]);
}

static const struct status_text *status_text(int status)
{
    for (size_t i = 0; i < sizeof STATUSES / sizeof STATUSES[0]; i++)
        if (STATUSES[i].status == status)
            return &STATUSES[i];
    return &STATUSES[0];
}

/* A header that lws has no token for; `name` in lower case, with its colon. STR_NONE: none, or too long. */
static str own_header(struct lws *wsi, str name, char *text, int size)
{
    int n = lws_hdr_custom_copy(wsi, text, size, name.p, (int)name.n);
    return n > 0 ? str_from(text, (size_t)n) : STR_NONE;
}

struct trace_ref ws_http_trace(struct lws *wsi)
{
    char id[TRACE_REQUEST_MAX + 1];
    char parent[2 * TRACE_PARENT_LEN];

    return trace_ref_new(own_header(wsi, STR("x-request-id:"), id, sizeof id),
                         own_header(wsi, STR("traceparent:"), parent, sizeof parent));
}

static int respond(struct lws *wsi, int status, const char *title, const char *header,
                   const char *type, str body)
{
    struct buf out = {0};
    struct trace trace;

    if (!trace_current(&trace))
        trace_begin(&trace, STR_NONE, STR_NONE);
    (void)buf_reserve(&out, LWS_PRE);
    out.n = LWS_PRE;
    buf_printf(
        &out,
        "HTTP/1.1 %d %s\r\ncontent-type: %s\r\ncontent-length: %zu\r\ncache-control: no-store\r\n"
        "x-content-type-options: nosniff\r\nx-request-id: %s\r\n%sconnection: close\r\n\r\n",
        status, title, type, body.n, trace.request, header);
    buf_add_str(&out, body);
    (void)lws_write(wsi, (unsigned char *)out.p + LWS_PRE, out.n - LWS_PRE, LWS_WRITE_HTTP_FINAL);
    buf_fini(&out);
    log_debug("request", F_INT("status", status));
    return CLOSE_CONNECTION;
}

int ws_http_refuse(struct lws *wsi, int status)
{
    const struct status_text *s = status_text(status);
    struct buf body = {0};

    metric_add(&refused[s - STATUSES], 1);
    json_open(&body, NULL, '{');
    json_put_str(&body, "type", STR("about:blank"));
    json_put_str(&body, "title", str_of(s->title));
    json_put_int(&body, "status", s->status);
    json_put_str(&body, "code", str_of(s->code));
    json_close(&body, '}');
    int result =
        respond(wsi, s->status, s->title, s->header, "application/problem+json", buf_view(&body));
    buf_fini(&body);
    return result;
}

static int answer_plain(struct lws *wsi, str path)
{
    struct ops_answer answer;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
        return ws_http_refuse(wsi, 405);
    if (!ops_answer(path, &answer))
        return ws_http_refuse(
            wsi, str_eq(path, STR("/chat")) || str_eq(path, STR("/presence")) ? 426 : 404);
    int result = respond(wsi, answer.status, answer.status == 200 ? "OK" : "Service Unavailable",
                         answer.status == 200 ? "" : "retry-after: 1\r\n", answer.content_type,
                         buf_view(&answer.body));
    buf_fini(&answer.body);
    return result;
}

int ws_http_answer(struct lws *wsi, str path)
{
    struct trace_ref trace = ws_http_trace(wsi);

    trace_enter_ref(&trace);
    int result = answer_plain(wsi, path);
    trace_leave();
    trace_ref_fini(&trace);
    return result;
}

str ws_http_header(struct lws *wsi, enum lws_token_indexes token, char *text, size_t size)
{
    int n = lws_hdr_copy(wsi, text, (int)size, token);
    if (n < 0 && lws_hdr_total_length(wsi, token) > 0)
        return STR_NONE;
    return n > 0 ? str_from(text, (size_t)n) : STR("");
}

/* Headers that must not come twice. */
static const enum lws_token_indexes ONCE[] = {WSI_TOKEN_HOST, WSI_TOKEN_ORIGIN, WSI_TOKEN_UPGRADE};

int ws_http_check_upgrade(struct lws *wsi)
{
    char text[64];
    enum { KEY_LENGTH = 24 }; /* 16 bytes in base64 */

    if (lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) <= 0)
        return 405;
    if (!str_eq(ws_http_header(wsi, WSI_TOKEN_HTTP, text, sizeof text), STR("HTTP/1.1")))
        return 400;
    if (!str_eq(ws_http_header(wsi, WSI_TOKEN_VERSION, text, sizeof text), STR("13")))
        return 426;
    if (ws_http_header(wsi, WSI_TOKEN_KEY, text, sizeof text).n != KEY_LENGTH)
        return 400;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 ||
        lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return 400;
    for (size_t i = 0; i < sizeof ONCE / sizeof ONCE[0]; i++)
        if (lws_hdr_copy_fragment(wsi, text, sizeof text, ONCE[i], 1) != -1)
            return 400;
    return lws_hdr_total_length(wsi, WSI_TOKEN_HOST) > 0 ? 0 : 400;
}
