/* Rate limits, shared by all servers. A full minute's allowance may be used at once, and comes back evenly. */
#ifndef CHATAPP_STORE_LIMIT_H
#define CHATAPP_STORE_LIMIT_H

#include "redis/redis_command.h"

/* `who_key`: "login:203.0.113.9". Takes `units`: 0 only looks whether one could be had, a negative number gives back.
 * The reply is 0, or how many ms to wait. */
void limit_take(struct redis_command *c, str who_key, int64_t per_minute, int64_t units);

#endif
