#include "own_devices.h"

#include <stdlib.h>

#include "base/mem.h"
#include "daemon/log.h"
#include "redis/redis_pool.h"

#define CHUNK 64
/* A device is on the list a moment before it is claimed; one that stays unclaimed was never to be. */
#define STALE_MS 60000

static int older_first(const void *a, const void *b)
{
    const struct own_device *left = a;
    const struct own_device *right = b;

    if (left->device.created != right->device.created)
        return left->device.created > right->device.created ? 1 : -1;
    return memcmp(left->device.id.p, right->device.id.p,
                  ID_LEN); /* any order, but always the same */
}

static void read_records(struct own_devices *devices)
{
    size_t n = reply_pairs(devices->reply);

    devices->list = mem_array(NULL, n, sizeof *devices->list);
    for (size_t i = 0; i < n; i++) {
        struct own_device *one = &devices->list[devices->n];
        str id = reply_key(devices->reply, i);
        one->record = reply_str(reply_value(devices->reply, i));
        if (device_parse(id, one->record, &one->device) == OK)
            devices->n++;
        else
            log_error("a device's record is none", F_STR("device", id));
    }
}

/* What cannot be done now is done at the next reading. */
static void drop_stale(str user, const struct own_device *one, int64_t now_ms)
{
    struct redis_command c;
    struct redisReply *reply;

    if (now_ms - one->device.created < STALE_MS)
        return;
    device_drop_exact(&c, user, one->device.id, one->record);
    if (redis_call(&c, &reply) == OK)
        reply_free(reply);
}

/* Moves the claimed ones of `n` from `from` on to *kept. */
static enum err keep_claimed(str user, int64_t now_ms, struct own_devices *devices, size_t from,
                             size_t n, size_t *kept)
{
    struct redis_command *commands = mem_array(NULL, n, sizeof *commands);
    struct redisReply *owners[CHUNK];

    for (size_t i = 0; i < n; i++)
        device_owner(&commands[i], devices->list[from + i].device.id);
    enum err err = redis_pipeline(commands, n, owners);
    for (size_t i = 0; i < n && err == OK; i++) {
        const struct own_device one = devices->list[from + i];
        if (str_eq(reply_str(owners[i]), user))
            devices->list[(*kept)++] = one;
        else
            drop_stale(user, &one, now_ms);
        reply_free(owners[i]);
    }
    free(commands);
    return err;
}

enum err own_devices_read(str user, int64_t now_ms, struct own_devices *devices_out)
{
    struct own_devices devices = {0};
    struct redis_command c;
    size_t kept = 0;

    device_list(&c, user);
    enum err err = redis_call(&c, &devices.reply);
    if (err != OK)
        return err;
    read_records(&devices);
    for (size_t from = 0; from < devices.n && err == OK; from += CHUNK)
        err = keep_claimed(user, now_ms, &devices, from,
                           devices.n - from < CHUNK ? devices.n - from : CHUNK, &kept);
    devices.n = kept;
    if (err != OK) {
        own_devices_fini(&devices);
        return err;
    }
    qsort(devices.list, devices.n, sizeof *devices.list, older_first);
    *devices_out = devices;
    return OK;
}

void own_devices_fini(struct own_devices *devices)
{
    free(devices->list);
    reply_free(devices->reply);
    *devices = (struct own_devices){0};
}
