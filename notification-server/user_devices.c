#include "user_devices.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"
#include "channel_place.h"
#include "daemon/log.h"
#include "gates.h"

static struct user_devices *make(size_t n, size_t text_n)
{
    struct user_devices *all = mem_alloc(sizeof *all + n * sizeof all->devices[0]);

    *all = (struct user_devices){.refs = 1};
    (void)buf_reserve(&all->text, text_n + n * GATE_NAME_MAX); /* the views stay good */
    return all;
}

static str keep(struct user_devices *all, str text)
{
    size_t at = all->text.n;

    buf_add_str(&all->text, text);
    return str_from(all->text.p + at, text.n);
}

static void name_gate(struct user_devices *all, struct user_device *d, str host)
{
    size_t at = all->text.n;

    if (d->device.channel.n + 1 + host.n > GATE_NAME_MAX) {
        d->problem = "the host's name is too long";
        return;
    }
    (void)keep(all, d->device.channel);
    buf_add_char(&all->text, ' ');
    (void)keep(all, host);
    d->gate = str_from(all->text.p + at, all->text.n - at);
}

static void find_place(struct user_devices *all, struct user_device *d,
                       const struct channel_settings *settings)
{
    struct channel_place place = {0};

    d->channel = channel_find(d->device.channel);
    if (d->channel == NULL)
        d->problem = "no such channel";
    else if (channel_place(d->channel, settings, &d->device, &place, &d->problem) == OK)
        name_gate(all, d, buf_view(&place.host));
    d->is_users = place.is_users;
    buf_fini(&place.host);
}

static void read_one(struct user_devices *all, str id, str record,
                     const struct channel_settings *settings)
{
    struct user_device *d = &all->devices[all->n];

    *d = (struct user_device){.record = keep(all, record)};
    if (device_parse(keep(all, id), d->record, &d->device) != OK) {
        log_error("a device in Redis is damaged", F_STR("device", id));
        return;
    }
    find_place(all, d, settings);
    all->n++;
}

struct user_devices *user_devices_read(const struct redisReply *reply,
                                       const struct channel_settings *settings)
{
    size_t n = reply_count(reply) / 2;
    size_t text_n = 0;

    for (size_t i = 0; i < 2 * n; i++)
        text_n += reply_str(reply_at(reply, i)).n;
    struct user_devices *all = make(n, text_n);
    for (size_t i = 0; i < n; i++)
        read_one(all, reply_str(reply_at(reply, 2 * i)), reply_str(reply_at(reply, 2 * i + 1)),
                 settings);
    return all;
}

struct user_devices *user_devices_removed(str id, str channel)
{
    struct user_devices *all = make(1, id.n + channel.n);
    struct user_device *d = &all->devices[all->n++];

    *d = (struct user_device){.problem = "the device was removed"};
    d->device.id = keep(all, id);
    d->device.channel = keep(all, channel);
    return all;
}

struct user_devices *user_devices_ref(struct user_devices *devices)
{
    devices->refs++;
    return devices;
}

void user_devices_unref(struct user_devices **devices)
{
    struct user_devices *all = *devices;

    *devices = NULL;
    if (all == NULL || --all->refs > 0)
        return;
    if (all->text.p != NULL)
        sodium_memzero(all->text.p, all->text.n); /* there are secrets and tokens in it */
    buf_fini(&all->text);
    free(all);
}
