#include "api.h"
#include "ask.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/http_query.h"
#include "http/problem.h"
#include "profile_answer.h"
#include "store/account.h"
#include "json/json_out.h"

#define SEARCH_DEFAULT 20
#define SEARCH_MAX 100

HANDLER(users_get)
{
    struct username user;

    if (username_parse(request->params[0], &user) == OK)
        profile_answer(api_of(request), response, username_view(&user));
    else
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
}

/* Lower case; false when no name can begin like that. */
static bool fold_prefix(str text, char to[USERNAME_MAX])
{
    if (text.n > USERNAME_MAX)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        to[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        bool letter = (to[i] >= 'a' && to[i] <= 'z') || (to[i] >= '0' && to[i] <= '9');
        if (!letter && (i == 0 || !strchr("._-", to[i])))
            return false;
    }
    return true;
}

static enum err add_profiles(struct api *api, struct buf *out, const struct redisReply *names)
{
    struct account_entry *entry;

    for (size_t i = 0; i < reply_count(names); i++) {
        enum err err = account_cache_get(api->accounts, reply_str(reply_at(names, i)), &entry);
        if (err == ERR_NOT_FOUND)
            continue; /* erased, but not out of the directory yet */
        if (err != OK)
            return err;
        json_put_raw(out, NULL, shared_bytes_view(entry->profile));
        account_entry_unref(entry);
    }
    return OK;
}

static void search(struct http_request *request, struct http_response *response, str query,
                   int64_t limit)
{
    char prefix[USERNAME_MAX];
    struct buf storage = {0};
    struct redis_command c;
    struct redisReply *names = NULL;

    if (fold_prefix(query, prefix)) {
        directory_search(&c, str_from(prefix, query.n), limit, &storage);
        bool asked = ask(response, &c, &names);
        buf_fini(&storage);
        if (!asked)
            return;
    }
    response->status = 200;
    json_open(&response->body, NULL, '{');
    json_open(&response->body, "users", '[');
    enum err err = add_profiles(api_of(request), &response->body, names);
    json_close(&response->body, ']');
    json_close(&response->body, '}');
    if (err != OK)
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    reply_free(names);
}

HANDLER(users_search)
{
    struct buf storage = {0};
    str query = STR("");
    int64_t limit;

    if (!http_input_query_int(request, response, "limit", 1, SEARCH_MAX, SEARCH_DEFAULT, &limit))
        return;
    if (http_query_str(request->query, "q", &storage, &query) != OK || query.n == 0)
        problem_field(response, PROBLEM_INVALID_FIELD, "q", "must be the beginning of a username");
    else
        search(request, response, query, limit);
    buf_fini(&storage);
}
