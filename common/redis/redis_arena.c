#include "redis/redis_arena.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define BLOCK 16384
#define ALIGNMENT 16
#ifdef __SANITIZE_ADDRESS__ /* which then sees who looks at a reply that is over */
#define KEPT 0
#else
#define KEPT 1 /* blocks */
#endif

struct redis_arena_block {
    struct redis_arena_block *before;
    size_t size;
    _Alignas(ALIGNMENT) char bytes[];
};

/* hiredis says only which reply is to be freed. */
struct object {
    struct redis_arena *arena;
    redisReply reply;
};

static void add_block(struct redis_arena *a, size_t at_least)
{
    size_t size = at_least > BLOCK ? at_least : BLOCK;
    struct redis_arena_block *block = mem_alloc(sizeof *block + size);

    block->before = a->block;
    block->size = size;
    a->block = block;
    a->used = 0;
}

static void *take(struct redis_arena *a, size_t n)
{
    n = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (a->block == NULL || n > a->block->size - a->used)
        add_block(a, n);
    void *p = a->block->bytes + a->used;
    a->used += n;
    return p;
}

static void drop_newest(struct redis_arena *a)
{
    struct redis_arena_block *block = a->block;

    a->block = block->before;
    free(block);
}

/* The oldest block is the one that is kept, unless a long text was the first thing in it. */
static void clear(struct redis_arena *a)
{
    while (a->block != NULL && (KEPT == 0 || a->block->before != NULL || a->block->size > BLOCK))
        drop_newest(a);
    a->used = 0;
}

static redisReply *make(const redisReadTask *task, int type)
{
    struct object *o = take(task->privdata, sizeof *o);

    *o = (struct object){.arena = task->privdata, .reply = {.type = type}};
    if (task->parent != NULL)
        ((redisReply *)task->parent->obj)->element[task->idx] = &o->reply;
    return &o->reply;
}

static void *make_string(const redisReadTask *task, char *text, size_t n)
{
    redisReply *reply = make(task, task->type); /* an error or a status, too */

    reply->str = take(task->privdata, n + 1);
    memcpy(reply->str, text, n);
    reply->str[n] = '\0';
    reply->len = n;
    return reply;
}

static void *make_array(const redisReadTask *task, int n)
{
    redisReply *reply = make(task, REDIS_REPLY_ARRAY);
    size_t size = (size_t)n * sizeof(redisReply *);

    if (n <= 0)
        return reply;
    reply->element = take(task->privdata, size);
    memset(reply->element, 0, size);
    reply->elements = (size_t)n;
    return reply;
}

static void *make_integer(const redisReadTask *task, long long value)
{
    redisReply *reply = make(task, REDIS_REPLY_INTEGER);

    reply->integer = value;
    return reply;
}

static void *make_nil(const redisReadTask *task)
{
    return make(task, REDIS_REPLY_NIL);
}

static void free_reply(void *reply)
{
    clear(((struct object *)((char *)reply - offsetof(struct object, reply)))->arena);
}

static redisReplyObjectFunctions functions = {make_string, make_array, make_integer, make_nil,
                                              free_reply};

void redis_arena_attach(struct redis_arena *arena, redisReader *reader)
{
    reader->fn = &functions;
    reader->privdata = arena;
}

void redis_arena_fini(struct redis_arena *arena)
{
    while (arena->block != NULL)
        drop_newest(arena);
    arena->used = 0;
}
