/* Contacts and blocks: /api/contacts, /api/blocks. */
#include "api.h"
#include "ask.h"
#include "contact_json.h"
#include "handlers.h"
#include "http/problem.h"
#include "rate.h"
#include "relation.h"
#include "store/account.h"
#include "store/contact.h"
#include "json/json_out.h"

/* ---- the lists */

static void list(struct http_request *request, struct http_response *response,
                 enum err (*put)(struct buf *out, str user, const struct redisReply *list))
{
    struct redis_command c;
    struct redisReply *reply;

    contact_list(&c, caller_of(request));
    if (!ask(response, &c, &reply))
        return;
    response->status = 200;
    json_open(&response->body, NULL, '{');
    enum err err = put(&response->body, caller_of(request), reply);
    json_close(&response->body, '}');
    if (err != OK)
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    reply_free(reply);
}

HANDLER(contacts_list)
{
    list(request, response, contacts_json);
}

HANDLER(blocks_list)
{
    list(request, response, blocks_json);
}

/* ---- changing them */

/* What a request is about. */
struct target {
    struct username peer;
    struct redisReply *display_name; /* the peer's */
};

/* False: the answer is filled in. */
static bool find_peer(struct http_request *request, struct http_response *response,
                      struct target *t)
{
    struct redis_command c;

    if (username_parse(request->params[0], &t->peer) != OK) {
        problem_answer(response, PROBLEM_NOT_FOUND, "There is no such user.");
        return false;
    }
    if (str_eq(username_view(&t->peer), caller_of(request))) {
        problem_field(response, PROBLEM_INVALID_FIELD, "username", "must be somebody else's");
        return false;
    }
    account_display_name(&c, username_view(&t->peer));
    if (!ask(response, &c, &t->display_name))
        return false;
    bool known = !reply_is_nil(t->display_name);
    if (!known) {
        reply_free(t->display_name);
        problem_answer(response, PROBLEM_NOT_FOUND, "There is no such user.");
    }
    return known;
}

static void refuse(struct http_response *response, enum relation_result result,
                   enum problem when_full)
{
    switch (result) {
    case RELATION_GONE: problem_answer(response, PROBLEM_INVALID_TOKEN, NULL); break;
    case RELATION_PEER_GONE:
        problem_answer(response, PROBLEM_NOT_FOUND, "There is no such user.");
        break;
    case RELATION_BLOCKED: problem_answer(response, PROBLEM_CONTACT_BLOCKED, NULL); break;
    case RELATION_FULL: problem_answer(response, when_full, NULL); break;
    case RELATION_PEER_FULL: problem_answer(response, PROBLEM_REQUESTS_FULL, NULL); break;
    default: problem_answer(response, PROBLEM_UNAVAILABLE, NULL); break;
    }
}

struct change {
    enum relation_result (*make)(struct relation *r);
    const char *key; /* of the answer; NULL: 204 */
    enum problem when_full;
};

static void answer(struct http_response *response, const struct change *change,
                   const struct relation *r, const struct target *t)
{
    if (change->key == NULL) {
        response->status = 204;
        return;
    }
    response->status = r->is_new ? 201 : 200;
    json_open(&response->body, NULL, '{');
    contact_json(&response->body, change->key, username_view(&t->peer), reply_str(t->display_name),
                 contact_state(r->mask));
    json_close(&response->body, '}');
}

static void make(struct http_request *request, struct http_response *response,
                 const struct change *change)
{
    const struct api_settings *settings = &api_of(request)->settings;
    struct target t;

    if (!rate_take(response, "contacts", caller_of(request), settings->rate_contacts) ||
        !find_peer(request, response, &t))
        return;
    struct relation r = {
        .settings = settings, .user = caller_of(request), .peer = username_view(&t.peer)};
    enum relation_result result = change->make(&r);
    if (result == RELATION_DONE)
        answer(response, change, &r, &t);
    else
        refuse(response, result, change->when_full);
    reply_free(t.display_name);
}

HANDLER(contacts_put)
{
    make(request, response, &(struct change){relation_add, "contact", PROBLEM_CONTACTS_FULL});
}

HANDLER(contacts_remove)
{
    make(request, response, &(struct change){.make = relation_remove});
}

HANDLER(blocks_put)
{
    make(request, response, &(struct change){relation_block, "block", PROBLEM_BLOCKS_FULL});
}

HANDLER(blocks_remove)
{
    make(request, response, &(struct change){.make = relation_unblock});
}
