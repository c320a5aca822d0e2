/* Where hiredis puts the replies of an asynchronous connection. It frees each before it reads the next, so all objects of a
 * reply come from blocks that are given back at once; the first is kept. (hiredis by itself asks malloc twice for each
 * object.) */
#ifndef CHATAPP_REDIS_REDIS_ARENA_H
#define CHATAPP_REDIS_REDIS_ARENA_H

#include <hiredis/hiredis.h>

struct redis_arena_block;

struct redis_arena {
    struct redis_arena_block *block; /* the newest, and through it the others */
    size_t used;                     /* of it */
};

/* {0} before. The reader's replies come from it from now on; it must stay until the reader is freed. */
void redis_arena_attach(struct redis_arena *arena, redisReader *reader);
void redis_arena_fini(struct redis_arena *arena);

#endif
