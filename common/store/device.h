/* Where a user's pushes go, in Redis: commands and replies.
 *
 * A device's id is a hash of its channel and of what makes it that device (an endpoint, a token; where several users may
 * have the same, the user too), so whoever registers the same one again replaces it. It is in two slots: on its owner's list, and as a claim that says who its owner is.
 * The claim decides: it is set last when a device is registered, so a device on a list whose claim names somebody else
 * (or nobody) is none of that list's, whatever was interrupted where; whoever reads a list leaves it out, and takes it
 * off. */
#ifndef CHATAPP_STORE_DEVICE_H
#define CHATAPP_STORE_DEVICE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ids.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"

#define DEVICE_FIELDS_MAX 4
#define DEVICE_NAME_MAX 31 /* of a field */
#define DEVICE_RECORD_MAX 8192

struct device_field {
    str name;
    str value;
};

/* Views into the record that device_parse() was given. */
struct device {
    str id;
    str channel;
    int64_t created;
    size_t n;
    struct device_field fields[DEVICE_FIELDS_MAX]; /* in no order; see struct channel_field */
};

/* The id of the device that `channel` knows as `identity`; `user` is STR("") where one user at a time has it. */
struct id device_id(str channel, str user, str identity);

/* The record as it is stored: one JSON object. No value may hold a quote, a backslash, a '<' or a control character. */
void device_write(const struct device *device, struct buf *out);
/* ERR_INVALID: no such record. */
MUST_USE enum err device_parse(str id, str record, struct device *device_out);
/* STR_NONE when the device has no such field. */
str device_get(const struct device *device, const char *name);

/* Puts it on the list: account_answer(); ERR_NOT_FOUND: no such user, ERR_FULL: there are `devices_max` already
 * (0: any number). Then the claim, which answers with the owner before, or nil; when that was another, device_drop()
 * takes it off his list. */
void device_put(struct redis_command *c, str user, str id, str record, int64_t devices_max);
void device_claim(struct redis_command *c, str user, str id);
void device_drop(struct redis_command *c, str user, str id);
/* Takes it off the list only if it is still what `record` says, so that one registered anew meanwhile stays: 1 or 0. */
void device_drop_exact(struct redis_command *c, str user, str id, str record);
/* Gives the claim up, if it is the user's. */
void device_disclaim(struct redis_command *c, str user, str id);

/* All of them: an array of id, record, id, record … Then for each device_owner(): the name its claim has, or nil. */
void device_list(struct redis_command *c, str user);
void device_owner(struct redis_command *c, str id);
/* How many are on the list: a number. */
void device_count(struct redis_command *c, str user);

#endif
