/* Redis on behalf of a request: what cannot be asked is answered with 503. */
#ifndef CHATAPP_NOTIFICATION_ASK_QUEUE_H
#define CHATAPP_NOTIFICATION_ASK_QUEUE_H

#include "http/http_response.h"
#include "http/problem.h"
#include "redis/redis_pool.h"

/* False: the answer is filled in. Else the reply is the caller's to reply_free(). */
static inline bool ask_queue(struct http_response *response, const struct redis_command *command,
                             struct redisReply **reply_out)
{
    if (redis_call(command, reply_out) == OK)
        return true;
    problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    return false;
}

#endif
