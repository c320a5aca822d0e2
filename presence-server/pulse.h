/* That this server lives, said in Redis every few seconds; and, in the same breath, which others do (nodes.h). */
#ifndef CHATAPP_PRESENCE_PULSE_H
#define CHATAPP_PRESENCE_PULSE_H

#include "server.h"

struct pulse;

struct pulse *pulse_open(struct server *server);
/* Says goodbye. */
void pulse_close(struct pulse **pulse);
/* Redis is there (again). */
void pulse_redis_up(struct pulse *pulse);
/* Asks now: there is a server that is not known. */
void pulse_soon(struct pulse *pulse);
/* It has been said once. */
bool pulse_is_felt(const struct pulse *pulse);

#endif
