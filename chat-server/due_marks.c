#include "due_marks.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/metrics.h"
#include "server.h"
#include "store/due.h"

#define AGAIN_MAX 1000 /* at a time */

static struct metric made = {.name = "chatapp_chat_due_marks_total",
                             .kind = METRIC_COUNTER,
                             .help = "Conversations marked as written to, for pushes"};

void due_marks_register_metrics(void)
{
    metric_register(&made);
}

/* One on its way, or to be made again. */
struct mark {
    struct server *server;
    struct conversation_id conversation;
};

static str conversation_of(const struct mark *mark)
{
    return str_of(mark->conversation.text);
}

/* Takes it over. */
static void make_again(struct mark *mark)
{
    struct due_marks *marks = &mark->server->due_marks;

    if (map_get(&marks->unsure, conversation_of(mark)) == NULL)
        map_put(&marks->unsure, conversation_of(mark), mark);
    else
        free(mark);
}

static struct mark *mark_new(struct server *server, str conversation)
{
    struct mark *mark = mem_zalloc(sizeof *mark);

    mark->server = server;
    memcpy(mark->conversation.text, conversation.p, conversation.n);
    return mark;
}

static void marked(void *context, const struct redisReply *reply)
{
    struct mark *mark = context;

    if (reply == NULL) {
        make_again(mark);
        return;
    }
    metric_add(&made, 1);
    free(mark);
}

/* Takes it over. False: it could not be sent. */
static bool send_mark(struct mark *mark)
{
    struct server *server = mark->server;
    int64_t timeout_ms = server->settings.conn.redis_timeout_ms;
    struct redis_command c;

    /* The client looks at times a few times per time-out. */
    due_mark(&c, conversation_of(mark), timeout_ms + timeout_ms / 2 + DUE_MARGIN_MS);
    if (redis_send(server->redis, &c, marked, mark) == OK)
        return true;
    make_again(mark);
    return false;
}

void due_marks_before(struct server *server, str conversation)
{
    struct due_marks *marks = &server->due_marks;
    struct room *room = hub_room(&server->hub, conversation);
    int64_t now_ms = clock_mono_ms();

    if (room != NULL && room->marked_over == marks->connection &&
        now_ms - room->marked_ms < DUE_TRUST_MS)
        return;
    if (!redis_client_is_up(server->redis))
        return; /* nor can the append be sent */
    if (send_mark(mark_new(server, conversation)) && room != NULL) {
        room->marked_over = marks->connection;
        room->marked_ms = now_ms;
    }
}

void due_marks_unsure(struct server *server, str conversation)
{
    make_again(mark_new(server, conversation));
}

void due_marks_up(struct server *server)
{
    server->due_marks.connection++;
    due_marks_tick(server);
}

void due_marks_tick(struct server *server)
{
    struct due_marks *marks = &server->due_marks;
    size_t at = 0;
    struct mark *mark;

    if (marks->unsure.n == 0 || !redis_client_is_up(server->redis))
        return;
    for (int i = 0; i < AGAIN_MAX && (mark = map_next(&marks->unsure, &at)) != NULL; i++) {
        map_remove(&marks->unsure, conversation_of(mark));
        at--; /* another may have moved there */
        if (!send_mark(mark))
            return;
    }
}

void due_marks_fini(struct due_marks *marks)
{
    size_t at = 0;
    struct mark *mark;

    while ((mark = map_next(&marks->unsure, &at)) != NULL)
        free(mark);
    map_fini(&marks->unsure);
}
