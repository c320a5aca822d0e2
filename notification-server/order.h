/* What POST /notify asks for, read and checked. Pure. */
#ifndef CHATAPP_NOTIFICATION_ORDER_H
#define CHATAPP_NOTIFICATION_ORDER_H

#include "base/buf.h"
#include "base/username.h"
#include "store/notification.h"
#include "json/json_in.h"

#define ORDER_HASH_HEX 65

struct order_limits {
    int64_t content_max;
    int64_t ttl_default_s;
    int64_t ttl_max_s;
};

struct order {
    struct username user;
    enum notify_stream priority;
    str title; /* views into the request, and into `data` */
    str body;
    str event;
    str collapse;
    struct buf data;
    int64_t ttl_s;
};

/* Marks the first field that is bad in *in. order_fini() in any case. */
void order_read(struct json_in *in, const struct order_limits *limits, struct order *order_out);
void order_fini(struct order *order);
/* A hash of all of it, in hex: two orders with the same one are the same. */
void order_hash(const struct order *order, char hex_out[ORDER_HASH_HEX]);

#endif
