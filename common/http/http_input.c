#include "http/http_input.h"

#include <stdio.h>

#include "http/http_query.h"
#include "http/problem.h"

bool http_input_json(const struct http_request *request, struct http_response *response,
                     struct json_in *in_out)
{
    if (json_in_open(request->body, in_out) == OK)
        return true;
    problem_answer(response, PROBLEM_BAD_JSON, NULL);
    return false;
}

bool http_input_bad(const struct json_in *in, struct http_response *response)
{
    if (!json_in_bad(in))
        return false;
    problem_field(response, in->wrong_type ? PROBLEM_BAD_JSON : PROBLEM_INVALID_FIELD, in->field,
                  in->why);
    return true;
}

bool http_input_query_int(const struct http_request *request, struct http_response *response,
                          const char *name, int64_t min, int64_t max, int64_t fallback,
                          int64_t *value_out)
{
    char why[96];

    if (http_query_int(request->query, name, min, max, fallback, value_out) == OK)
        return true;
    (void)snprintf(why, sizeof why, "must be a whole number from %lld to %lld", (long long)min,
                   (long long)max);
    problem_field(response, PROBLEM_INVALID_FIELD, name, why);
    return false;
}
