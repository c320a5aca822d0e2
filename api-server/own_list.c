#include "own_list.h"

#include <stdlib.h>

#include "ask.h"
#include "base/clock.h"
#include "base/mem.h"
#include "store/conversation.h"
#include "store/member.h"

#define CHUNK 32 /* users asked about at once */

static void put_back(str conversation, str user)
{
    struct redis_command c;

    user_join_conversation(&c, user, conversation, clock_wall_ms());
    (void)!tell(&c);
}

static void drop_chunk(struct redis_command *commands, str conversation,
                       const struct username *users, size_t n)
{
    struct redisReply *replies[2 * CHUNK];

    for (size_t i = 0; i < n; i++) {
        user_leave_conversation(&commands[2 * i], username_view(&users[i]), conversation);
        member_role(&commands[2 * i + 1], conversation, username_view(&users[i]));
    }
    if (redis_pipeline(commands, 2 * n, replies) != OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (!reply_is_nil(replies[2 * i + 1]))
            put_back(conversation, username_view(&users[i]));
    replies_free(replies, 2 * n);
}

void own_list_drop(str conversation, const struct username *users, size_t n)
{
    size_t chunk = n < CHUNK ? n : CHUNK;
    struct redis_command *commands = mem_array(NULL, 2 * chunk + 1, sizeof *commands);

    for (size_t from = 0; from < n; from += chunk)
        drop_chunk(commands, conversation, users + from, n - from < chunk ? n - from : chunk);
    free(commands);
}
