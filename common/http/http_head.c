#include "http/http_head.h"

#include <microhttpd.h>
#include <strings.h>

#include "daemon/proxies.h"
#include "http/problem.h"

struct head {
    struct http_request *request;
    str request_id;
    str traceparent;
    str forwarded_for;
    str length;
    str encoding;
    size_t lengths;
    size_t encodings;
    size_t hosts;
    bool waits; /* Expect */
};

static bool is(str name, str known)
{
    return name.n == known.n && strncasecmp(name.p, known.p, known.n) == 0;
}

static void note(struct head *head, str name, str value)
{
    if (is(name, STR("Host"))) {
        head->request->host = value;
        head->hosts++;
    } else if (is(name, STR("Authorization"))) {
        head->request->authorization = value;
        head->request->authorizations++;
    } else if (is(name, STR("Origin"))) {
        head->request->origin = value;
    } else if (is(name, STR("X-Request-Id"))) {
        head->request_id = value;
    } else if (is(name, STR("traceparent"))) {
        head->traceparent = value;
    } else if (is(name, STR("X-Forwarded-For"))) {
        head->forwarded_for = value; /* of several the last: that of the proxy next to us */
    } else if (is(name, STR("Content-Type"))) {
        head->request->content_type = value;
    } else if (is(name, STR("Idempotency-Key"))) {
        head->request->idempotency_key = value;
    } else if (is(name, STR("If-None-Match"))) {
        head->request->if_none_match = value;
    } else if (is(name, STR("Accept-Encoding"))) {
        head->request->accept_encoding = value;
    } else if (is(name, STR("Content-Length"))) {
        head->length = value;
        head->lengths++;
    } else if (is(name, STR("Transfer-Encoding"))) {
        head->encoding = value;
        head->encodings++;
    } else if (is(name, STR("Expect"))) {
        head->waits = true;
    }
}

static enum MHD_Result each(void *context, enum MHD_ValueKind kind, const char *name, size_t name_n,
                            const char *value, size_t value_n)
{
    (void)kind;
    note(context, str_from(name, name_n), value ? str_from(value, value_n) : STR(""));
    return MHD_YES;
}

static bool is_ambiguous(const struct head *head)
{
    return head->lengths > 1 || head->encodings > 1 || head->hosts > 1 ||
           (head->lengths > 0 && head->encodings > 0) ||
           (head->encodings > 0 && !is(head->encoding, STR("chunked")));
}

static enum http_verdict judge_length(struct http_conn *conn, const struct head *head)
{
    int64_t length;

    if (head->lengths == 0 || (str_to_i64(head->length, &length) && length <= HTTP_BODY_MAX))
        return HTTP_HEAD_GOOD;
    if (!str_to_i64(head->length, &length))
        return HTTP_HEAD_GOOD; /* libmicrohttpd has read it, so it is a number with zeros in front */
    if (length <= HTTP_DISCARD_MAX && !head->waits)
        return HTTP_HEAD_TOO_LARGE;
    problem_answer(&conn->response, PROBLEM_TOO_LARGE, NULL);
    return HTTP_HEAD_REFUSED;
}

/* Whose request it is, when it came through a proxy that is trusted. */
static void find_client(struct http_conn *conn, str forwarded_for)
{
    char client[INET6_ADDRSTRLEN];

    conn->client = conn->address;
    if (!str_is_none(forwarded_for) && trusted_proxies.n > 0) {
        proxies_client(&trusted_proxies, str_of(conn->address.text), forwarded_for, client);
        http_address_parse(client, &conn->client);
    }
    conn->request.client = str_of(conn->client.text);
    conn->request.block = str_of(conn->client.block);
}

enum http_verdict http_head_read(struct http_conn *conn, const char *method, const char *url)
{
    struct http_request *request = &conn->request;
    struct head head = {.request = request};

    request->method = http_method_parse(str_of(method));
    request->head = strcmp(method, "HEAD") == 0;
    conn->options = strcmp(method, "OPTIONS") == 0;
    request->path = str_of(url);
    request->query = buf_view(&conn->query);
    request->authorization = STR_NONE;
    request->authorizations = 0;
    request->origin = STR_NONE;
    request->content_type = STR_NONE;
    request->idempotency_key = STR_NONE;
    request->host = STR_NONE;
    request->if_none_match = STR_NONE;
    request->accept_encoding = STR_NONE;
    (void)MHD_get_connection_values_n(conn->mhd, MHD_HEADER_KIND, each, &head);
    find_client(conn, head.forwarded_for);
    trace_begin(&request->trace, head.request_id, head.traceparent);
    if (is_ambiguous(&head)) {
        problem_answer(&conn->response, PROBLEM_BAD_REQUEST,
                       "The length of the request or its host is ambiguous.");
        return HTTP_HEAD_REFUSED;
    }
    return judge_length(conn, &head);
}
