#include "redis/redis_uv.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/mem.h"
#include "redis/redis_arena.h"

struct redis_uv {
    redisAsyncContext *ac; /* NULL once hiredis has let go */
    redis_uv_gone_fn *gone;
    void *context;
    uv_poll_t poll;
    uv_prepare_t prepare; /* runs while something waits to be written and the socket is not full */
    int watched;          /* UV_READABLE | UV_WRITABLE, as libuv knows it */
    bool writing;         /* within redisAsyncHandleWrite() */
    int open_handles;
    struct redis_arena replies;
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch(struct redis_uv *u, int events)
{
    if (events == u->watched)
        return;
    u->watched = events;
    CHECK((events ? uv_poll_start(&u->poll, events, on_poll) : uv_poll_stop(&u->poll)) == 0);
}

/* Connects first if that is still under way, and then writes. May free the context. */
static void write_now(struct redis_uv *u)
{
    u->writing = true;
    redisAsyncHandleWrite(u->ac);
    u->writing = false;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct redis_uv *u = prepare->data;

    (void)uv_prepare_stop(prepare);
    write_now(u);
}

/* After an error libuv has stopped watching: nothing would ever come from this socket again. Let hiredis read
 * what had arrived and see the error, and make sure that it is over. */
static void on_error(struct redis_uv *u)
{
    u->watched = 0;
    redisAsyncHandleRead(u->ac);
    if (u->ac != NULL)
        redisAsyncFree(u->ac);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct redis_uv *u = poll->data;

    if (status < 0) {
        on_error(u);
        return;
    }
    if (events & UV_READABLE)
        redisAsyncHandleRead(u->ac);
    if ((events & UV_WRITABLE) && u->ac != NULL)
        write_now(u);
}

static void add_read(void *data)
{
    struct redis_uv *u = data;

    watch(u, u->watched | UV_READABLE);
}

static void del_read(void *data)
{
    struct redis_uv *u = data;

    watch(u, u->watched & ~UV_READABLE);
}

/* Called for each command; within write_now() when the socket is full; and first of all to wait until the
 * socket is connected. */
static void add_write(void *data)
{
    struct redis_uv *u = data;

    if (u->writing || !(u->ac->c.flags & REDIS_CONNECTED))
        watch(u, u->watched | UV_WRITABLE);
    else if (!(u->watched & UV_WRITABLE) && !uv_is_active((uv_handle_t *)&u->prepare))
        (void)uv_prepare_start(&u->prepare, on_prepare);
}

static void del_write(void *data)
{
    struct redis_uv *u = data;

    watch(u, u->watched & ~UV_WRITABLE);
    (void)uv_prepare_stop(&u->prepare);
}

static void on_closed(uv_handle_t *handle)
{
    struct redis_uv *u = handle->data;

    if (--u->open_handles > 0)
        return;
    redis_arena_fini(&u->replies);
    free(u);
}

/* uv_close() stops watching at once, so hiredis may close the socket right after this. */
static void clean_up(void *data)
{
    struct redis_uv *u = data;
    redisAsyncContext *ac = u->ac;

    u->ac = NULL;
    uv_close((uv_handle_t *)&u->poll, on_closed);
    uv_close((uv_handle_t *)&u->prepare, on_closed);
    u->gone(u->context, ac);
}

bool redis_uv_attach(redisAsyncContext *ac, uv_loop_t *loop, redis_uv_gone_fn *gone, void *context)
{
    struct redis_uv *u = mem_zalloc(sizeof *u);

    if (uv_poll_init(loop, &u->poll, ac->c.fd) != 0) {
        free(u);
        return false;
    }
    (void)uv_prepare_init(loop, &u->prepare);
    u->poll.data = u;
    u->prepare.data = u;
    u->open_handles = 2;
    redis_arena_attach(&u->replies, ac->c.reader);
    u->ac = ac;
    u->gone = gone;
    u->context = context;
    ac->ev.data = u;
    ac->ev.addRead = add_read;
    ac->ev.delRead = del_read;
    ac->ev.addWrite = add_write;
    ac->ev.delWrite = del_write;
    ac->ev.cleanup = clean_up;
    return true;
}

void redis_uv_flush(redisAsyncContext *ac)
{
    struct redis_uv *u = ac->ev.data;
    int done = 0;

    if (!uv_is_active((uv_handle_t *)&u->prepare))
        return;
    /* What fails here, on_prepare() finds again, and there it may be told. */
    if (redisBufferWrite(&ac->c, &done) == REDIS_OK && done)
        (void)uv_prepare_stop(&u->prepare);
}
