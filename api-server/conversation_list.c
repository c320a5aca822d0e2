#include <stdlib.h>

#include "api.h"
#include "ask.h"
#include "base/clock.h"
#include "base/mem.h"
#include "conversation_cursor.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/http_query.h"
#include "http/problem.h"
#include "store/conversation.h"
#include "store/member.h"
#include "store/record.h"
#include "json/json_out.h"

#define LIST_DEFAULT 50
#define LIST_MAX 100
#define CHUNK 64 /* views asked for at once */
#define STALE_MS                                                                                   \
    60000 /* an id whose conversation does not know the user for that long is taken off the list */

struct item {
    str id;
    int64_t time; /* of the last record, else of the making */
    struct conversation_view view;
};

struct list {
    struct redisReply *ids;    /* with times of joining */
    struct redisReply **views; /* what the items borrow from */
    size_t n_ids;
    size_t n;
    struct item *items;
};

static int by_age(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    return conversation_order(x->time, x->id, y->time, y->id);
}

static str id_at(const struct list *list, size_t i)
{
    return reply_str(reply_at(list->ids, 2 * i));
}

static bool load_views(struct http_response *response, str user, struct list *list)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    bool good = true;

    for (size_t from = 0; from < list->n_ids && good; from += CHUNK) {
        size_t n = list->n_ids - from < CHUNK ? list->n_ids - from : CHUNK;
        for (size_t i = 0; i < n; i++)
            conversation_view(&commands[i], id_at(list, from + i), user, STR(""));
        good = ask_all(response, commands, n, list->views + from);
    }
    free(commands);
    return good;
}

/* Left over from a conversation that was never made, or that the user is no member of any more. */
static void forget_stale(const struct list *list, str user, size_t i)
{
    struct redis_command c;

    if (reply_int(reply_at(list->ids, 2 * i + 1)) > clock_wall_ms() - STALE_MS)
        return; /* may be on the way into it */
    user_leave_conversation(&c, user, id_at(list, i));
    (void)!tell(&c);
}

static int64_t time_of(const struct conversation_view *view)
{
    struct record last;
    int64_t time = 0;

    if (view->last.n > 0 && record_parse(view->last, &last) == OK)
        time = record_time(&last);
    return time > 0 ? time : view->created;
}

static bool load(struct http_response *response, str user, struct list *list)
{
    struct redis_command c;

    user_conversations(&c, user);
    if (!ask(response, &c, &list->ids))
        return false;
    list->n_ids = reply_count(list->ids) / 2;
    list->views = mem_zalloc((list->n_ids + 1) * sizeof(struct redisReply *));
    list->items = mem_array(NULL, list->n_ids + 1, sizeof *list->items);
    if (!load_views(response, user, list))
        return false;
    for (size_t i = 0; i < list->n_ids; i++) {
        struct item *item = &list->items[list->n];
        enum err err = conversation_viewed(list->views[i], &item->view);
        if (err == ERR_NOT_FOUND)
            forget_stale(list, user, i);
        if (err != OK)
            continue;
        item->id = id_at(list, i);
        item->time = time_of(&item->view);
        list->n++;
    }
    qsort(list->items, list->n, sizeof *list->items, by_age);
    return true;
}

static void list_fini(struct list *list)
{
    if (list->views)
        replies_free(list->views, list->n_ids);
    free(list->views);
    free(list->items);
    reply_free(list->ids);
}

static size_t first_after(const struct list *list, const struct conversation_cursor *cursor)
{
    size_t i = 0;

    while (i < list->n && conversation_order(list->items[i].time, list->items[i].id, cursor->time,
                                             str_of(cursor->id.text)) <= 0)
        i++;
    return i;
}

static void write_page(struct buf *b, const struct list *list, size_t from, size_t limit)
{
    size_t end = list->n - from > limit ? from + limit : list->n;
    int64_t now_ms = clock_wall_ms();

    json_open(b, NULL, '{');
    json_open(b, "conversations", '[');
    for (size_t i = from; i < end; i++)
        conversation_view_json(b, NULL, list->items[i].id, &list->items[i].view, now_ms);
    json_close(b, ']');
    if (end < list->n) {
        struct buf cursor = {0};
        conversation_cursor_write(list->items[end - 1].time, list->items[end - 1].id, &cursor);
        json_put_str(b, "cursor", buf_view(&cursor));
        buf_fini(&cursor);
    }
    json_close(b, '}');
}

/* False: the answer is filled in. *there_out: a cursor was given. */
static bool read_cursor(const struct http_request *request, struct http_response *response,
                        struct conversation_cursor *cursor_out, bool *there_out)
{
    struct buf storage = {0};
    str text;
    enum err err = http_query_str(request->query, "cursor", &storage, &text);

    *there_out = err == OK;
    if (err == OK)
        err = conversation_cursor_parse(text, cursor_out);
    buf_fini(&storage);
    if (err != ERR_INVALID)
        return true;
    problem_field(response, PROBLEM_INVALID_FIELD, "cursor", "is none of ours");
    return false;
}

HANDLER(conversations_list)
{
    struct conversation_cursor cursor;
    struct list list = {0};
    bool has_cursor;
    int64_t limit;

    if (!http_input_query_int(request, response, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit) ||
        !read_cursor(request, response, &cursor, &has_cursor))
        return;
    if (load(response, caller_of(request), &list)) {
        response->status = 200;
        write_page(&response->body, &list, has_cursor ? first_after(&list, &cursor) : 0,
                   (size_t)limit);
    }
    list_fini(&list);
}
