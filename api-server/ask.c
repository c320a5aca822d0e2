#include "ask.h"

#include "http/problem.h"
#include "store/account.h"

bool ask(struct http_response *response, const struct redis_command *command,
         struct redisReply **reply_out)
{
    return ask_all(response, command, 1, reply_out);
}

bool ask_all(struct http_response *response, const struct redis_command *commands, size_t n,
             struct redisReply **replies_out)
{
    if (redis_pipeline(commands, n, replies_out) == OK)
        return true;
    problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    return false;
}

enum err ask_outcome(struct http_response *response, const struct redis_command *command)
{
    struct redisReply *reply;

    if (!ask(response, command, &reply))
        return ERR_UNAVAILABLE;
    enum err err = account_answer(reply);
    reply_free(reply);
    if (err == ERR_UNAVAILABLE)
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
    return err;
}

enum err tell(const struct redis_command *command)
{
    struct redisReply *reply;
    enum err err = redis_call(command, &reply);

    if (err == OK)
        reply_free(reply);
    return err;
}

void replies_free(struct redisReply **replies, size_t n)
{
    for (size_t i = 0; i < n; i++)
        reply_free(replies[i]);
}
