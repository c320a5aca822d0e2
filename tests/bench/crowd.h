/* Connections that are signed in and silent: everybody is in a room of ten users, every other room's users in a second
 * one. One thread's; on one epoll of its own. */
#ifndef CHATAPP_BENCH_CROWD_H
#define CHATAPP_BENCH_CROWD_H

#include "accounts.h"
#include "options.h"

struct crowd;

/* Makes the accounts and rooms for `n` connections, `per_user` of each user, from `sources` loopback addresses. */
struct crowd *crowd_new(const char *api_url, const struct addresses *servers, size_t n,
                        size_t per_user, size_t sources);
void crowd_free(struct crowd *crowd);
void crowd_sign_in(struct crowd *crowd);
/* For so long, or just once with 0: answers what the server asks. To be called at least every few seconds. */
void crowd_wait(struct crowd *crowd, int64_t ms);

#endif
