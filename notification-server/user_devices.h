/* The devices of a user as one answer of Redis had them, looked through once for all tasks of a batch that are for that user.
 * Shared: whoever keeps it holds a reference. */
#ifndef CHATAPP_NOTIFICATION_USER_DEVICES_H
#define CHATAPP_NOTIFICATION_USER_DEVICES_H

#include "channel.h"
#include "redis/redis_reply.h"
#include "store/device.h"

struct user_device {
    struct device device;
    str record;                    /* as it is stored */
    const struct channel *channel; /* NULL: there is no such any more, or the device is removed */
    const char *problem;           /* static: why nothing can be sent to it; or NULL */
    str gate;                      /* the name of its gate (gates.h), unless there is a problem */
    bool is_users;                 /* a user has named that host */
};

struct user_devices {
    size_t refs;
    struct buf text; /* what the devices look into */
    size_t n;
    struct user_device devices[];
};

/* Of a reply to device_list(). Those that are damaged are left out, and logged. */
struct user_devices *user_devices_read(const struct redisReply *reply,
                                       const struct channel_settings *settings);
/* One that was on the list, of which no more than this is known. */
struct user_devices *user_devices_removed(str id, str channel);
struct user_devices *user_devices_ref(struct user_devices *devices);
/* NULL is allowed; *devices is NULL afterwards. */
void user_devices_unref(struct user_devices **devices);

#endif
