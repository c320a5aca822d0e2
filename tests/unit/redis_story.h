/* For tests of commands and replies without a Redis: what it would be sent, and what becomes of what it says. */
#ifndef CHATAPP_UNIT_REDIS_STORY_H
#define CHATAPP_UNIT_REDIS_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "redis/redis_command.h"
#include "redis/redis_reply.h"

/* A script has n_keys keys, which come first; `words` are all, with a space between. */
static inline void expect_sent_with(char between, const struct redis_command *c, size_t n_keys,
                                    const char *words)
{
    struct buf text = {0};

    for (size_t i = 0; i < c->n; i++) {
        if (i > 0)
            buf_add_char(&text, between);
        buf_add_str(&text, c->args[i]);
    }
    assert_string_equal(buf_cstr(&text), words);
    assert_int_equal(c->n_keys, n_keys);
    buf_fini(&text);
}

static inline void expect_sent(const struct redis_command *c, size_t n_keys, const char *words)
{
    expect_sent_with(' ', c, n_keys, words);
}

/* What hiredis makes of these bytes; the caller's to reply_free(). */
static inline struct redisReply *read_reply(str wire)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    assert_int_equal(redisReaderFeed(reader, wire.p, wire.n), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    redisReaderFree(reader);
    return reply;
}

#endif
