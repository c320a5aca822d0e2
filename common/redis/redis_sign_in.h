/* What every new connection says first: AUTH when there is a password, SELECT when it is not database 0. */
#ifndef CHATAPP_REDIS_REDIS_SIGN_IN_H
#define CHATAPP_REDIS_REDIS_SIGN_IN_H

#include "redis/redis_command.h"
#include "redis/redis_url.h"

#define REDIS_SIGN_IN_MAX 2

/* Returns how many; each is to be answered +OK. They borrow from *url. */
size_t redis_sign_in(const struct redis_url *url, struct redis_command commands[REDIS_SIGN_IN_MAX]);

#endif
