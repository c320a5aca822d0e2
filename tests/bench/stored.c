#include "stored.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "figures.h"
#include "store/conversation.h"
#include "store/keys.h"
#include "store/scripts.h"

#define ID_PERIOD_MS INT64_C(259200000) /* 72 h, as the chat-server has it unless told otherwise */
#define ON_THEIR_WAY 1000               /* messages */

void stored_begin(struct pipeline *pipeline)
{
    pipeline_load(pipeline, &SCRIPT_append);
    pipeline_load(pipeline, &SCRIPT_direct_open);
    pipeline_load(pipeline, &SCRIPT_user_join);
}

struct conversation_id stored_direct(struct pipeline *pipeline, str user, str peer)
{
    struct conversation_id conversation = conversation_id_direct(user, peer);
    str id = str_of(conversation.text);
    struct redis_command command;

    user_join_conversation(&command, user, id, clock_wall_ms());
    pipeline_call(pipeline, &command);
    user_join_conversation(&command, peer, id, clock_wall_ms());
    pipeline_call(pipeline, &command);
    conversation_open_direct(&command, id, user, peer, clock_wall_ms());
    pipeline_call(pipeline, &command);
    return conversation;
}

void stored_content(struct buf *content, size_t text_n)
{
    buf_clear(content);
    buf_add_str(content, STR(",\"text\":\""));
    memset(buf_reserve(content, text_n), 'x', text_n);
    content->n += text_n;
    buf_add_str(content, STR("\"}"));
}

void stored_give(struct pipeline *pipeline, str conversation, str user, int64_t number, str content)
{
    struct redis_command command;
    char id[24];

    (void)snprintf(id, sizeof id, "s%ld", number);
    struct message message = {
        .user = user, .id = str_of(id), .content = content, .time_ms = clock_wall_ms()};
    conversation_append(&command, conversation, &message, STR(STORED_NODE), ID_PERIOD_MS);
    pipeline_give(pipeline, &command);
}

static int64_t take_seq(struct pipeline *pipeline)
{
    redisReply *reply = pipeline_take(pipeline);
    if (reply->type != REDIS_REPLY_INTEGER)
        die("a message was not stored");
    int64_t seq = reply->integer;
    freeReplyObject(reply);
    return seq;
}

int64_t stored_messages(struct pipeline *pipeline, str conversation, str user, str peer, int64_t n,
                        size_t text_n)
{
    struct buf content = {0};
    int64_t taken = 0;
    int64_t seq = 0;

    stored_content(&content, text_n);
    for (int64_t i = 0; i < n; i++) {
        stored_give(pipeline, conversation, i % 2 ? peer : user, i, buf_view(&content));
        for (; i - taken >= ON_THEIR_WAY; taken++)
            (void)take_seq(pipeline);
    }
    for (; taken < n; taken++)
        seq = take_seq(pipeline);
    buf_fini(&content);
    return seq;
}

void stored_epoch(struct pipeline *pipeline, char epoch[STORED_EPOCH_MAX])
{
    struct redis_command command;

    redis_command_init(&command, "GET");
    redis_add(&command, STR(KEY_EPOCH));
    pipeline_give(pipeline, &command);
    redisReply *reply = pipeline_take(pipeline);
    if (reply->type != REDIS_REPLY_STRING || reply->len >= STORED_EPOCH_MAX)
        die("the store has no epoch");
    (void)snprintf(epoch, STORED_EPOCH_MAX, "%s", reply->str);
    freeReplyObject(reply);
}
