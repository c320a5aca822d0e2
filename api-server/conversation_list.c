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
#include "own_list.h"
#include "store/conversation.h"
#include "store/member.h"
#include "json/json_out.h"

#define LIST_DEFAULT 50
#define LIST_MAX 100
#define CHUNK 64 /* conversations asked about at once */
#define STALE_MS                                                                                   \
    60000 /* an id whose conversation does not know the user for that long is taken off the list */

struct item {
    str id;
    int64_t time; /* of the last record, else of the making */
};

struct list {
    struct redisReply *ids; /* with times of joining; what the items borrow from */
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
    return reply_key(list->ids, i);
}

/* Left over from a conversation that was never made, or that the user is no member of any more. */
static void forget_stale(const struct list *list, const struct username *user, size_t i)
{
    if (reply_int(reply_value(list->ids, i)) <= clock_wall_ms() - STALE_MS)
        own_list_drop(id_at(list, i), user, 1); /* else it may be on the way into it */
}

static void take_times(struct list *list, const struct username *user, size_t from, size_t n,
                       struct redisReply *const *replies)
{
    for (size_t i = 0; i < n; i++) {
        struct item *item = &list->items[list->n];
        enum err err = conversation_last_timed(replies[i], &item->time);
        if (err == ERR_NOT_FOUND)
            forget_stale(list, user, from + i);
        if (err != OK)
            continue;
        item->id = id_at(list, from + i);
        list->n++;
    }
}

static bool load_times(struct http_response *response, const struct username *user,
                       struct list *list)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    struct redisReply *replies[CHUNK];
    bool good = true;

    for (size_t from = 0; from < list->n_ids && good; from += CHUNK) {
        size_t n = list->n_ids - from < CHUNK ? list->n_ids - from : CHUNK;
        for (size_t i = 0; i < n; i++)
            conversation_last_time(&commands[i], id_at(list, from + i), username_view(user));
        good = ask_all(response, commands, n, replies);
        if (good) {
            take_times(list, user, from, n, replies);
            replies_free(replies, n);
        }
    }
    free(commands);
    return good;
}

/* All of them, for a user may be in thousands, but of each only what it takes to sort them. */
static bool load(struct http_response *response, const struct username *user, struct list *list)
{
    struct redis_command c;

    user_conversations(&c, username_view(user));
    if (!ask(response, &c, &list->ids))
        return false;
    list->n_ids = reply_pairs(list->ids);
    list->items = mem_array(NULL, list->n_ids + 1, sizeof *list->items);
    if (!load_times(response, user, list))
        return false;
    qsort(list->items, list->n, sizeof *list->items, by_age);
    return true;
}

static void list_fini(struct list *list)
{
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

/* Who was taken out of a conversation since it was sorted does not see it. */
static bool write_views(struct http_response *response, str user, const struct item *items,
                        size_t n)
{
    struct redis_command *commands = mem_array(NULL, CHUNK, sizeof *commands);
    struct redisReply *replies[CHUNK];
    struct conversation_view view;

    for (size_t i = 0; i < n; i++)
        conversation_view(&commands[i], items[i].id, user, STR(""));
    bool good = ask_all(response, commands, n, replies);
    free(commands);
    for (size_t i = 0; good && i < n; i++) {
        if (conversation_viewed(replies[i], &view) == OK)
            conversation_view_json(&response->body, NULL, items[i].id, &view, clock_wall_ms());
        reply_free(replies[i]);
    }
    return good;
}

static void write_page(struct http_response *response, str user, const struct list *list,
                       size_t from, size_t limit)
{
    size_t end = list->n - from > limit ? from + limit : list->n;
    struct buf *b = &response->body;

    json_open(b, NULL, '{');
    json_open(b, "conversations", '[');
    for (; from < end; from += CHUNK)
        if (!write_views(response, user, list->items + from,
                         end - from < CHUNK ? end - from : CHUNK))
            return;
    json_close(b, ']');
    if (end < list->n) {
        struct buf cursor = {0};
        conversation_cursor_write(list->items[end - 1].time, list->items[end - 1].id, &cursor);
        json_put_str(b, "cursor", buf_view(&cursor));
        buf_fini(&cursor);
    }
    json_close(b, '}');
    response->status = 200;
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
    if (load(response, &request->caller.user, &list))
        write_page(response, caller_of(request), &list,
                   has_cursor ? first_after(&list, &cursor) : 0, (size_t)limit);
    list_fini(&list);
}
