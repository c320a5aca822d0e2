/* Members of a swarm's rooms who are removed, or leave, and are added again, over HTTP: each change
 * is tried until it is certain to be done. */
#ifndef CHATAPP_HARNESS_SWARM_MEMBERS_H
#define CHATAPP_HARNESS_SWARM_MEMBERS_H

#include "swarm_client.h"

struct swarm_members;

struct swarm_members *swarm_members_new(struct swarm_world *world);
void swarm_members_free(struct swarm_members *members);

/* `user` will come and go; `owner` may do that. `in`: a member now. Both stay the caller's. */
void swarm_members_add(struct swarm_members *members, const char *room, const struct user *owner,
                       const struct user *user, bool in);

/* Starts the changes that it is time for; when not `changing`, only goes on with those that were
 * begun. */
void swarm_members_act(struct swarm_members *members, int64_t now_ms, bool changing);
bool swarm_members_settled(const struct swarm_members *members);
bool swarm_members_is_in(const struct swarm_members *members, const char *room, const char *user);

#endif
