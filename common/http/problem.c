#include "http/problem.h"

#include <stdio.h>

#include "json/json_out.h"

struct row {
    int status;
    const char *code;
    const char *title;
    const char *detail;
};

static const struct row ROWS[] = {
    [PROBLEM_BAD_REQUEST] = {400, "bad_request", "Bad Request",
                             "The request cannot be understood."},
    [PROBLEM_BAD_JSON] = {400, "bad_json", "Bad Request", "The body must be one JSON object."},
    [PROBLEM_UNAUTHENTICATED] = {401, "unauthenticated", "Unauthorized",
                                 "An access token is needed."},
    [PROBLEM_INVALID_TOKEN] = {401, "invalid_token", "Unauthorized",
                               "The token is not valid, has expired, or its session has ended."},
    [PROBLEM_TOKEN_REUSED] = {401, "token_reused", "Unauthorized",
                              "This refresh token was used before, so its session was ended."},
    [PROBLEM_BAD_CREDENTIALS] = {401, "bad_credentials", "Unauthorized",
                                 "The username or the password is wrong."},
    [PROBLEM_FORBIDDEN] = {403, "forbidden", "Forbidden", "Your role does not allow this."},
    [PROBLEM_NOT_FOUND] = {404, "not_found", "Not Found", "There is nothing here."},
    [PROBLEM_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", "Method Not Allowed",
                                    "The methods that this path has are in Allow."},
    [PROBLEM_USERNAME_TAKEN] = {409, "username_taken", "Conflict", "This username is taken."},
    [PROBLEM_LAST_OWNER] = {409, "last_owner", "Conflict", "A room must keep an owner."},
    [PROBLEM_ROOM_FULL] = {409, "room_full", "Conflict", "The room has no place for more members."},
    [PROBLEM_CONTACT_BLOCKED] = {409, "contact_blocked", "Conflict",
                                 "You block this user; end that first."},
    [PROBLEM_CONTACTS_FULL] = {409, "contacts_full", "Conflict",
                               "You have as many contacts as you may have."},
    [PROBLEM_REQUESTS_FULL] = {409, "requests_full", "Conflict",
                               "This user has too many requests that are not answered yet."},
    [PROBLEM_BLOCKS_FULL] = {409, "blocks_full", "Conflict",
                             "You block as many users as you may block."},
    [PROBLEM_DEVICES_FULL] = {409, "devices_full", "Conflict",
                              "You have as many devices as you may; remove one first."},
    [PROBLEM_TOO_LARGE] = {413, "too_large", "Content Too Large", "The body is over 64 KiB."},
    [PROBLEM_INVALID_FIELD] = {422, "invalid_field", "Unprocessable Content",
                               "A field breaks a rule."},
    [PROBLEM_KEY_REUSED] = {422, "idempotency_key_reused", "Unprocessable Content",
                            "This Idempotency-Key came before, with another request."},
    [PROBLEM_WEAK_PASSWORD] = {422, "weak_password", "Unprocessable Content",
                               "The password is too easy to guess."},
    [PROBLEM_RATE_LIMITED] = {429, "rate_limited", "Too Many Requests",
                              "Too many of these; wait a moment."},
    [PROBLEM_INTERNAL] = {500, "internal", "Internal Server Error",
                          "Something went wrong on our side."},
    [PROBLEM_BAD_GATEWAY] = {502, "bad_gateway", "Bad Gateway",
                             "The server that should answer this did not do so properly."},
    [PROBLEM_GATEWAY_TIMEOUT] = {504, "gateway_timeout", "Gateway Timeout",
                                 "The server that should answer this took too long."},
    [PROBLEM_UNAVAILABLE] = {503, "unavailable", "Service Unavailable",
                             "Not possible now; try again soon."},
};

static void fill(struct http_response *response, const struct row *row, str detail,
                 const char *field)
{
    struct buf *b = &response->body;

    http_response_fini(response);
    response->status = row->status;
    response->content_type = "application/problem+json";
    json_open(b, NULL, '{');
    json_put_str(b, "type", STR("about:blank"));
    json_put_str(b, "title", str_of(row->title));
    json_put_int(b, "status", row->status);
    json_put_str(b, "detail", detail);
    json_put_str(b, "code", str_of(row->code));
    if (field)
        json_put_str(b, "field", str_of(field));
    json_close(b, '}');
}

void problem_answer(struct http_response *response, enum problem problem, const char *detail)
{
    const struct row *row = &ROWS[problem];

    fill(response, row, str_of(detail ? detail : row->detail), NULL);
    if (row->status == 401)
        http_response_header(response, "WWW-Authenticate",
                             problem == PROBLEM_INVALID_TOKEN
                                 ? STR("Bearer error=\"invalid_token\"")
                                 : STR("Bearer"));
    if (problem == PROBLEM_UNAVAILABLE)
        http_response_header(response, "Retry-After", STR("1"));
}

void problem_field(struct http_response *response, enum problem problem, const char *field,
                   const char *why)
{
    struct buf detail = {0};

    buf_printf(&detail, "%s %s", field, why);
    fill(response, &ROWS[problem], buf_view(&detail), field);
    buf_fini(&detail);
}

void problem_rate_limited(struct http_response *response, int64_t wait_ms)
{
    char seconds[24];
    int64_t whole = (wait_ms + 999) / 1000;

    problem_answer(response, PROBLEM_RATE_LIMITED, NULL);
    int n = snprintf(seconds, sizeof seconds, "%lld", (long long)(whole > 1 ? whole : 1));
    http_response_header(response, "Retry-After", str_from(seconds, (size_t)n));
}
