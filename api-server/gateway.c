#include "gateway.h"

#include "api.h"
#include "daemon/log.h"
#include "forward_headers.h"
#include "handlers.h"
#include "http/problem.h"

#define UNKNOWN "It may have been acted on. Send it again with the same Idempotency-Key, or look."

bool gateway_may_retry(enum forward_result result, bool repeatable)
{
    switch (result) {
    case FORWARD_NOT_SENT: return true;
    case FORWARD_NO_ANSWER: return repeatable;
    case FORWARD_ANSWERED:
    case FORWARD_BROKEN:
    case FORWARD_LATE: return false; /* another would take as long */
    }
    return false;
}

static void answer_failure(struct http_response *response, enum forward_result result)
{
    static const struct {
        enum problem problem;
        const char *detail;
    } ANSWERS[] = {
        [FORWARD_NOT_SENT] = {PROBLEM_UNAVAILABLE,
                              "No notification-server can be reached; try again soon."},
        [FORWARD_NO_ANSWER] = {PROBLEM_BAD_GATEWAY,
                               "The notification-server did not answer. " UNKNOWN},
        [FORWARD_BROKEN] = {PROBLEM_BAD_GATEWAY,
                            "The notification-server's answer broke off. " UNKNOWN},
        [FORWARD_LATE] = {PROBLEM_GATEWAY_TIMEOUT,
                          "The notification-server took too long. " UNKNOWN},
    };
    problem_answer(response, ANSWERS[result].problem, ANSWERS[result].detail);
}

static void log_failure(const char *url, enum forward_result result)
{
    log_warn("a notification-server did not answer", F_Z("url", url),
             F_Z("result", forward_result_name(result)));
}

/* ANSWERED, or what became of the last try: NOT_SENT also when there is nobody to try. */
static enum forward_result try_servers(const struct http_request *request, str key, bool repeatable,
                                       struct http_response *response)
{
    struct api *api = api_of(request);
    enum forward_result result = FORWARD_NOT_SENT;
    struct server_choice first;
    struct server_choice second;

    if (directory_choose(api->directory, DIRECTORY_NOTIFICATION, STR_NONE, &first) != OK)
        return FORWARD_NOT_SENT;
    result = forward(api->forwarder, first.url, request, key, !repeatable, response);
    if (result == FORWARD_ANSWERED)
        return result;
    log_failure(first.url, result);
    directory_avoid(api->directory, DIRECTORY_NOTIFICATION, str_of(first.url));
    if (!gateway_may_retry(result, repeatable) ||
        directory_choose(api->directory, DIRECTORY_NOTIFICATION, str_of(first.url), &second) != OK)
        return result;
    enum forward_result again =
        forward(api->forwarder, second.url, request, key, !repeatable, response);
    if (again != FORWARD_ANSWERED)
        log_failure(second.url, again);
    /* What the first may have done is not undone by the second's being away. */
    return again == FORWARD_NOT_SENT ? result : again;
}

static void pass_on(struct http_request *request, struct http_response *response, str key,
                    bool repeatable)
{
    enum forward_result result = try_servers(request, key, repeatable, response);

    if (result != FORWARD_ANSWERED)
        answer_failure(response, result);
}

/* ---- on the server's thread ---- */

static bool is_sane_target(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] <= ' ' || text.p[i] > '~')
            return false;
    return true;
}

HANDLER(gateway_check)
{
    if (!is_sane_target(request->path) || !is_sane_target(request->query))
        problem_answer(response, PROBLEM_BAD_REQUEST, "The path is badly encoded.");
    else if (!forward_value_is_sane(request->idempotency_key) ||
             !forward_value_is_sane(request->content_type))
        problem_answer(response, PROBLEM_BAD_REQUEST,
                       "A header has characters that none may have.");
}

/* ---- on the waiting pool ---- */

HANDLER(gateway_read)
{
    pass_on(request, response, STR_NONE, true);
}

HANDLER(gateway_notify)
{
    struct id own;
    str key = request->idempotency_key;

    if (str_is_none(key)) {
        own = id_new();
        key = str_of(own.text);
    }
    pass_on(request, response, key, true);
}

HANDLER(gateway_act)
{
    pass_on(request, response, request->idempotency_key, false);
}
