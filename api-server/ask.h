/* Redis on behalf of a request: what cannot be asked is answered with 503. */
#ifndef CHATAPP_API_ASK_H
#define CHATAPP_API_ASK_H

#include "http/http_response.h"
#include "redis/redis_pool.h"

/* False: the answer is filled in. Else the reply is the caller's to reply_free(). */
bool ask(struct http_response *response, const struct redis_command *command,
         struct redisReply **reply_out);
bool ask_all(struct http_response *response, const struct redis_command *commands, size_t n,
             struct redisReply **replies_out);
/* The same when only the outcome of a script counts (account_answer()); ERR_UNAVAILABLE is answered already. */
enum err ask_outcome(struct http_response *response, const struct redis_command *command);
/* A command whose answer does not matter. ERR_UNAVAILABLE: it may not have run. */
enum err tell(const struct redis_command *command);

void replies_free(struct redisReply **replies, size_t n);

#endif
