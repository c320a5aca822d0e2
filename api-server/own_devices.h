/* A user's devices, as their list and their claims say together (store/device.h). Blocking: one round trip for the list, one
 * for the claims. */
#ifndef CHATAPP_API_OWN_DEVICES_H
#define CHATAPP_API_OWN_DEVICES_H

#include "store/device.h"

struct own_device {
    struct device device;
    str record; /* as it is stored */
};

/* Views into the reply, which it owns. */
struct own_devices {
    size_t n;
    struct own_device *list;
    struct redisReply *reply;
};

/* Those that are the user's, oldest first. Those on the list that somebody else has registered since are taken off it, once
 * they have been there for a while. ERR_UNAVAILABLE: Redis is away; nothing to give back then. */
MUST_USE enum err own_devices_read(str user, int64_t now_ms, struct own_devices *devices_out);
void own_devices_fini(struct own_devices *devices);

#endif
