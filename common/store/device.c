#include "store/device.h"

#include <stdio.h>

#include "store/keys.h"
#include "store/scripts.h"
#include "json/json_out.h"
#include "json/json_scan.h"

struct id device_id(str channel, str user, str identity)
{
    const str texts[] = {channel, user, identity};

    return id_from(texts, sizeof texts / sizeof texts[0]);
}

/* ---- the record ---- */

void device_write(const struct device *device, struct buf *out)
{
    json_open(out, NULL, '{');
    json_put_str(out, "channel", device->channel);
    json_put_int(out, "created", device->created);
    json_open(out, "fields", '{');
    for (size_t i = 0; i < device->n; i++) {
        char name[DEVICE_NAME_MAX + 1];
        (void)snprintf(name, sizeof name, "%.*s", STR_ARG(device->fields[i].name));
        json_put_str(out, name, device->fields[i].value);
    }
    json_close(out, '}');
    json_close(out, '}');
}

static bool take_field(const struct json_member *member, struct device *device)
{
    if (device->n == DEVICE_FIELDS_MAX)
        return false;
    struct device_field *field = &device->fields[device->n++];
    field->name = member->key;
    return json_plain_string(member, &field->value);
}

static bool take_fields(const struct json_member *member, struct device *device)
{
    struct json_object fields;

    if (member == NULL || json_scan_object(member->raw, &fields) != OK)
        return false;
    for (size_t i = 0; i < fields.n; i++)
        if (!take_field(&fields.members[i], device))
            return false;
    return true;
}

enum err device_parse(str id, str record, struct device *device_out)
{
    struct device device = {.id = id};
    struct json_object object;

    if (record.n > DEVICE_RECORD_MAX || json_scan_object(record, &object) != OK)
        return ERR_INVALID;
    const struct json_member *channel = json_find(&object, "channel");
    const struct json_member *created = json_find(&object, "created");
    if (channel == NULL || !json_plain_string(channel, &device.channel) || created == NULL ||
        !json_member_integer(created, &device.created) ||
        !take_fields(json_find(&object, "fields"), &device))
        return ERR_INVALID;
    *device_out = device;
    return OK;
}

str device_get(const struct device *device, const char *name)
{
    for (size_t i = 0; i < device->n; i++)
        if (str_eq(device->fields[i].name, str_of(name)))
            return device->fields[i].value;
    return STR_NONE;
}

/* ---- commands ---- */

void device_put(struct redis_command *c, str user, str id, str record, int64_t devices_max)
{
    redis_command_script(c, &SCRIPT_device_put);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_DEVICES);
    redis_add(c, id);
    redis_add(c, record);
    redis_add_int(c, devices_max);
}

void device_claim(struct redis_command *c, str user, str id)
{
    redis_command_init(c, "SET");
    redis_add_key(c, KEY_DEVICE, id, KEY_PLAIN);
    redis_add(c, user);
    redis_add(c, STR("GET"));
}

void device_drop(struct redis_command *c, str user, str id)
{
    redis_command_init(c, "HDEL");
    redis_add_key(c, KEY_USER, user, KEY_DEVICES);
    redis_add(c, id);
}

void device_drop_exact(struct redis_command *c, str user, str id, str record)
{
    redis_command_script(c, &SCRIPT_device_drop);
    redis_add_key(c, KEY_USER, user, KEY_DEVICES);
    redis_add(c, id);
    redis_add(c, record);
}

void device_disclaim(struct redis_command *c, str user, str id)
{
    redis_command_script(c, &SCRIPT_device_disclaim);
    redis_add_key(c, KEY_DEVICE, id, KEY_PLAIN);
    redis_add(c, user);
}

void device_list(struct redis_command *c, str user)
{
    redis_command_init(c, "HGETALL");
    redis_add_key(c, KEY_USER, user, KEY_DEVICES);
}

void device_owner(struct redis_command *c, str id)
{
    redis_command_init(c, "GET");
    redis_add_key(c, KEY_DEVICE, id, KEY_PLAIN);
}

void device_count(struct redis_command *c, str user)
{
    redis_command_init(c, "HLEN");
    redis_add_key(c, KEY_USER, user, KEY_DEVICES);
}
