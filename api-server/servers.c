#include "api.h"
#include "handlers.h"
#include "http/http_query.h"
#include "http/problem.h"
#include "json/json_out.h"

/* What a client connects to. */
struct kind {
    const char *name;
    enum directory_kind kind;
    const char *none;
};

static const struct kind KINDS[] = {
    {"chat", DIRECTORY_CHAT, "No chat-server is alive that has room; try again soon."},
    {"presence", DIRECTORY_PRESENCE, "No presence-server is alive that has room; try again soon."},
};
#define KINDS_N (sizeof KINDS / sizeof KINDS[0])

/* Bits of those that are asked for: all, or the one that ?kind= names. 0: it names none. */
static unsigned asked_for(str query)
{
    struct buf storage = {0};
    unsigned asked = 0;
    str name;

    enum err err = http_query_str(query, "kind", &storage, &name);
    for (unsigned i = 0; i < KINDS_N; i++)
        if (err == ERR_NOT_FOUND || (err == OK && str_eq(name, str_of(KINDS[i].name))))
            asked |= 1u << i;
    buf_fini(&storage);
    return asked;
}

static enum err add_choice(struct http_request *request, const struct kind *kind,
                           struct http_response *response)
{
    struct server_choice choice;
    enum err err = directory_choose(api_of(request)->directory, kind->kind, STR_NONE, &choice);

    if (err != OK)
        return err;
    json_open(&response->body, kind->name, '{');
    json_put_str(&response->body, "id", str_of(choice.id));
    json_put_str(&response->body, "url", str_of(choice.url));
    json_close(&response->body, '}');
    return OK;
}

/* A kind of which none can be had is left out: who wants to chat can do so while nobody tells who is present. */
HANDLER(servers_get)
{
    unsigned asked = asked_for(request->query);
    const char *none = NULL;
    bool found = false;

    if (asked == 0) {
        problem_field(response, PROBLEM_INVALID_FIELD, "kind", "must be chat or presence");
        return;
    }
    json_open(&response->body, NULL, '{');
    for (size_t i = 0; i < KINDS_N; i++) {
        if (!(asked & 1u << i))
            continue;
        enum err err = add_choice(request, &KINDS[i], response);
        if (err == OK)
            found = true;
        else if (err == ERR_NOT_FOUND)
            none = KINDS[i].none;
    }
    json_close(&response->body, '}');
    response->status = 200;
    if (!found)
        problem_answer(response, PROBLEM_UNAVAILABLE, none);
}
