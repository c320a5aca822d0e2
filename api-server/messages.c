/* Pages of history. Every request asks Redis, in one pipeline, whether the caller is a member and what state the log
 * is in. A page made at the same state is sent again as it is; else the newest page comes from LRANGE in that
 * pipeline, and other pages from a script. */
#include "api.h"
#include "ask.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "store/conversation.h"
#include "store/member.h"
#include "store/record.h"
#include "json/json_out.h"

#define NOT_GIVEN (-1)

enum { ASK_ROLE, ASK_STATE, ASK_LENGTH, ASK_EPOCH, ASK_PAGE, ASK_N };

static bool is_newest(const struct page_query *query)
{
    return query->before == NOT_GIVEN && query->after == NOT_GIVEN;
}

static bool read_query(const struct http_request *request, struct http_response *response,
                       struct page_query *to)
{
    to->conversation = request->params[0];
    if (!http_input_query_int(request, response, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &to->limit) ||
        !http_input_query_int(request, response, "before", 1, SEQ_MAX, NOT_GIVEN, &to->before) ||
        !http_input_query_int(request, response, "after", 0, SEQ_MAX, NOT_GIVEN, &to->after))
        return false;
    if (to->before == NOT_GIVEN || to->after == NOT_GIVEN)
        return true;
    problem_field(response, PROBLEM_INVALID_FIELD, "after", "cannot be given together with before");
    return false;
}

/* ---- asking ---- */

static void script_command(struct redis_command *c, const struct page_query *q, str user)
{
    if (q->after != NOT_GIVEN)
        conversation_page_after(c, q->conversation, user, q->after, q->limit);
    else
        conversation_page_before(c, q->conversation, user,
                                 q->before == NOT_GIVEN ? SEQ_MAX : q->before, q->limit);
}

/* The first `n` of ASK_…. */
static bool ask_state(struct http_response *response, const struct page_query *q, str user,
                      size_t n, struct redisReply **replies)
{
    struct redis_command commands[ASK_N];

    member_role(&commands[ASK_ROLE], q->conversation, user);
    log_state(&commands[ASK_STATE], q->conversation);
    log_length(&commands[ASK_LENGTH], q->conversation);
    store_epoch(&commands[ASK_EPOCH]);
    if (n > ASK_PAGE && is_newest(q))
        log_newest(&commands[ASK_PAGE], q->conversation, q->limit);
    else if (n > ASK_PAGE)
        script_command(&commands[ASK_PAGE], q, user);
    return ask_all(response, commands, n, replies);
}

static struct log_state state_of(struct redisReply *const *replies)
{
    struct log_state state = {
        .seq = reply_int(reply_at(replies[ASK_STATE], 0)),
        .created = reply_int(reply_at(replies[ASK_STATE], 1)),
        .kept = reply_int(replies[ASK_LENGTH]),
    };
    str epoch = reply_str(replies[ASK_EPOCH]);

    if (epoch.n > 0) /* nil until a chat-server has made one */
        memcpy(state.epoch, epoch.p, epoch.n < ID_LEN ? epoch.n : ID_LEN);
    return state;
}

/* ---- reading ---- */

static bool record_seq(const struct conversation_page *page, size_t i, int64_t *seq_out)
{
    struct record record;

    if (record_parse(conversation_page_record(page, i), &record) != OK)
        return false;
    *seq_out = record.seq;
    return true;
}

/* The pipeline is not one step: the records must prove that nothing happened in between. */
static bool newest_page(const struct redisReply *records, const struct log_state *state,
                        int64_t limit, struct conversation_page *page_out)
{
    struct conversation_page page = {
        .seq = state->seq,
        .more = state->kept > limit,
        .n = reply_count(records),
        .reply = records,
    };
    int64_t first = 0;
    int64_t last = 0;

    if (page.n != (size_t)(page.more ? limit : state->kept))
        return false;
    if (page.n > 0 && (!record_seq(&page, 0, &first) || !record_seq(&page, page.n - 1, &last)))
        return false;
    if (last != state->seq || (page.n > 0 && last - first + 1 != (int64_t)page.n))
        return false;
    *page_out = page;
    return true;
}

static struct shared_bytes *render(const struct page_query *q, struct conversation_page *page)
{
    struct buf json = {0};

    conversation_page_trim(page, q->after == NOT_GIVEN);
    json_open(&json, NULL, '{');
    if (conversation_page_json(&json, q->conversation, page) != OK) {
        buf_fini(&json);
        return NULL;
    }
    json_put_bool(&json, "more", page->more);
    json_close(&json, '}');
    return shared_bytes_take(&json);
}

/* ---- answering ---- */

static void answer_page(struct http_response *response, const struct page_query *q,
                        struct conversation_page *page)
{
    response->shared = render(q, page);
    if (response->shared)
        response->status = 200;
    else
        problem_answer(response, PROBLEM_INTERNAL, "A stored record is damaged.");
}

static void answer_from_script(struct http_response *response, const struct page_query *q,
                               const struct redisReply *reply, struct conversation_page *page)
{
    enum err err = conversation_paged(reply, page);

    if (err == OK)
        answer_page(response, q, page);
    else
        problem_answer(response, err == ERR_NOT_FOUND ? PROBLEM_NOT_FOUND : PROBLEM_UNAVAILABLE,
                       NULL);
}

static void answer_with_script(struct http_response *response, const struct page_query *q, str user)
{
    struct redis_command c;
    struct redisReply *reply;
    struct conversation_page page;

    script_command(&c, q, user);
    if (!ask(response, &c, &reply))
        return;
    answer_from_script(response, q, reply, &page);
    reply_free(reply);
}

static void answer_fresh(struct api *api, struct http_response *response,
                         const struct page_query *q, str user, uint64_t generation)
{
    struct redisReply *replies[ASK_N];
    struct conversation_page page = {.seq = -1}; /* answer_with_script() has its own */

    if (!ask_state(response, q, user, ASK_N, replies))
        return;
    struct log_state state = state_of(replies);
    if (reply_is_nil(replies[ASK_ROLE]))
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
    else if (!is_newest(q))
        answer_from_script(response, q, replies[ASK_PAGE], &page);
    else if (newest_page(replies[ASK_PAGE], &state, q->limit, &page))
        answer_page(response, q, &page);
    else
        answer_with_script(response, q, user);
    if (response->status == 200 && page.seq == state.seq)
        page_cache_put(api->pages, q, &state, response->shared, generation);
    replies_free(replies, ASK_N);
}

/* False: the page that was kept is of no use any more. */
static bool answer_kept(struct http_response *response, const struct page_query *q, str user,
                        const struct page *page)
{
    struct redisReply *replies[ASK_PAGE];

    if (!ask_state(response, q, user, ASK_PAGE, replies))
        return true;
    struct log_state state = state_of(replies);
    bool member = !reply_is_nil(replies[ASK_ROLE]);
    replies_free(replies, ASK_PAGE);
    if (!member) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return true;
    }
    if (!log_state_eq(&state, &page->state))
        return false;
    response->status = 200;
    response->shared = shared_bytes_ref(page->body);
    return true;
}

HANDLER(messages_page)
{
    struct api *api = api_of(request);
    str user = caller_of(request);
    struct page_query query;
    uint64_t generation;

    if (!conversation_id_is_valid(request->params[0])) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    if (!read_query(request, response, &query))
        return;
    struct page *page = page_cache_get(api->pages, &query, &generation);
    bool answered = page && answer_kept(response, &query, user, page);
    if (page)
        cached_unref(&page->cached);
    if (!answered)
        answer_fresh(api, response, &query, user, generation);
}
