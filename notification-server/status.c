/* What became of a notification, and the dead letters. */
#include <stdio.h>

#include "app.h"
#include "ask_queue.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/http_query.h"
#include "http/problem.h"
#include "json/json_out.h"

#define PAGE_MAX 200
#define PAGE_DEFAULT 50

static void put_delivery(struct buf *b, const struct notify_state *s)
{
    json_open(b, NULL, '{');
    json_put_str(b, "device", s->device);
    json_put_str(b, "channel", s->channel);
    json_put_str(b, "status", s->state);
    json_put_int(b, "attempts", s->attempts);
    if (s->error.n > 0)
        json_put_str(b, "last_error", s->error);
    json_put_int(b, "time", s->time_ms);
    json_close(b, '}');
}

static void put_time(struct buf *b, const struct redisReply *fields, const char *name)
{
    int64_t time_ms;

    if (str_to_i64(notify_field(fields, name), &time_ms))
        json_put_int(b, name, time_ms);
}

static void put_notification(struct buf *b, str id, const struct redisReply *fields)
{
    str replaced = notify_field(fields, "replaced");
    struct notify_state state;
    int64_t ended_ms;

    json_open(b, NULL, '{');
    json_put_str(b, "id", id);
    json_put_str(b, "user", notify_field(fields, "user"));
    json_put_str(b, "status", notify_status(fields));
    put_time(b, fields, "created");
    put_time(b, fields, "expires");
    if (notify_ended(fields, &ended_ms))
        json_put_int(b, "ended", ended_ms);
    if (!str_is_none(replaced))
        json_put_str(b, "replaced_by", replaced);
    json_open(b, "deliveries", '[');
    for (size_t i = 0; i < reply_count(fields) / 2; i++)
        if (notify_field_state(fields, i, &state))
            put_delivery(b, &state);
    json_close(b, ']');
    json_close(b, '}');
}

/* False: no id, and the answer is filled in. */
static bool has_id(const struct http_request *request, struct http_response *response)
{
    if (id_is_valid(request->params[0]))
        return true;
    problem_answer(response, PROBLEM_NOT_FOUND, NULL);
    return false;
}

HANDLER(notification_status)
{
    str id = request->params[0];
    struct redis_command c;
    struct redisReply *reply;

    if (!has_id(request, response))
        return;
    notify_read(&c, id);
    if (!ask_queue(response, &c, &reply))
        return;
    if (reply_count(reply) == 0) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
    } else {
        response->status = 200;
        put_notification(&response->body, id, reply);
    }
    reply_free(reply);
}

/* ---- dead letters ---- */

static void put_page(struct buf *b, const struct redisReply *page)
{
    size_t n = notify_dead_count(page);
    char cursor[64];

    json_open(b, NULL, '{');
    json_open(b, "notifications", '[');
    for (size_t i = 0; i < n; i++)
        put_notification(b, notify_dead_id(page, i), notify_dead_fields(page, i));
    json_close(b, ']');
    if (notify_dead_more(page) && n > 0) {
        (void)snprintf(cursor, sizeof cursor, "%.*s-%.*s",
                       STR_ARG(notify_field(notify_dead_fields(page, n - 1), "ended")),
                       STR_ARG(notify_dead_id(page, n - 1)));
        json_put_str(b, "cursor", str_of(cursor));
    }
    json_close(b, '}');
}

static void answer_page(struct http_response *response, const struct redis_command *c)
{
    struct redisReply *page;

    if (!ask_queue(response, c, &page))
        return;
    response->status = 200;
    put_page(&response->body, page);
    reply_free(page);
}

HANDLER(dead_list)
{
    struct buf storage = {0};
    struct redis_command c;
    int64_t limit;
    str cursor = STR("");

    if (!http_input_query_int(request, response, "limit", 1, PAGE_MAX, PAGE_DEFAULT, &limit))
        return;
    enum err err = http_query_str(request->query, "cursor", &storage, &cursor);
    if (err == ERR_NOT_FOUND)
        cursor = STR("");
    if (err == ERR_INVALID || notify_dead_page(&c, cursor, limit) != OK)
        problem_field(response, PROBLEM_INVALID_FIELD, "cursor", "is not one of ours");
    else
        answer_page(response, &c);
    buf_fini(&storage);
}

HANDLER(dead_retry)
{
    str id = request->params[0];
    struct redis_command c;
    struct redisReply *reply;

    if (!has_id(request, response))
        return;
    notify_revive(&c, id);
    if (!ask_queue(response, &c, &reply))
        return;
    if (str_eq(reply_word(reply), STR("ok"))) {
        response->status = 202;
        json_open(&response->body, NULL, '{');
        json_put_str(&response->body, "id", id);
        json_put_str(&response->body, "status", STR("queued"));
        json_close(&response->body, '}');
        office_wake(app_of(request)->office);
    } else {
        problem_answer(response, PROBLEM_NOT_FOUND, "There is no such dead letter.");
    }
    reply_free(reply);
}
