#include "devices.h"

#include "api.h"
#include "ask.h"
#include "base/clock.h"
#include "channel.h"
#include "device_input.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/problem.h"
#include "store/account.h"
#include "store/push.h"
#include "json/json_out.h"

/* ---- as JSON ---- */

static const struct channel_field *field_of(const struct channel *channel, str name)
{
    for (const struct channel_field *f = channel ? channel->fields : NULL; f && f->name; f++)
        if (str_eq(name, str_of(f->name)))
            return f;
    return NULL;
}

/* `made`: the field whose value was made here and is shown this once, or NULL. */
static void device_json(struct buf *out, const char *key, const struct device *device,
                        const char *made)
{
    const struct channel *channel = channel_find(device->channel);

    json_open(out, key, '{');
    json_put_str(out, "id", device->id);
    json_put_str(out, "channel", device->channel);
    json_put_int(out, "created", device->created);
    for (size_t i = 0; i < device->n; i++) {
        const struct channel_field *field = field_of(channel, device->fields[i].name);
        if (field && (!field->secret || field->name == made))
            json_put_str(out, field->name, device->fields[i].value);
    }
    json_close(out, '}');
}

void devices_json(struct buf *out, const struct own_devices *devices)
{
    json_open(out, "devices", '[');
    for (size_t i = 0; i < devices->n; i++)
        device_json(out, NULL, &devices->list[i].device, NULL);
    json_close(out, ']');
}

HANDLER(devices_list)
{
    struct own_devices devices;

    if (own_devices_read(caller_of(request), clock_wall_ms(), &devices) != OK) {
        problem_answer(response, PROBLEM_UNAVAILABLE, NULL);
        return;
    }
    json_open(&response->body, NULL, '{');
    devices_json(&response->body, &devices);
    json_close(&response->body, '}');
    response->status = 200;
    own_devices_fini(&devices);
}

/* ---- POST /api/devices ---- */

/* Which channels are set up, the notification-servers know. */
static bool is_set_up(struct http_response *response, const struct channel *channel)
{
    struct redis_command c;
    struct redisReply *reply;

    if (channel->ready == NULL)
        return true;
    push_setup(&c);
    if (!ask(response, &c, &reply))
        return false;
    bool known = !reply_is_nil(reply_at(reply, PUSH_CHANNELS));
    bool good =
        known && push_has_channel(reply_str(reply_at(reply, PUSH_CHANNELS)), str_of(channel->name));
    reply_free(reply);
    if (!known)
        problem_answer(response, PROBLEM_UNAVAILABLE,
                       "No notification-server has said yet which channels there are.");
    else if (!good)
        problem_field(response, PROBLEM_INVALID_FIELD, "channel", "is not set up on this server");
    return good;
}

static enum err put(struct http_request *request, struct http_response *response,
                    const struct device *device)
{
    struct buf record = {0};
    struct redis_command c;

    device_write(device, &record);
    device_put(&c, caller_of(request), device->id, buf_view(&record),
               api_of(request)->settings.devices_max);
    enum err err = ask_outcome(response, &c);
    buf_fini(&record);
    return err;
}

/* What others have registered since takes no place any more. */
static void tidy(str user)
{
    struct own_devices devices;

    if (own_devices_read(user, clock_wall_ms(), &devices) == OK)
        own_devices_fini(&devices);
}

/* Whoever is erased in between has given up his claims before this one (erasing.c), so it is given up here. */
static bool claim(struct http_response *response, str user, str id)
{
    enum { CLAIM, PASSWORD, N };
    struct redis_command commands[N];
    struct redisReply *replies[N];

    device_claim(&commands[CLAIM], user, id);
    account_password(&commands[PASSWORD], user);
    if (!ask_all(response, commands, N, replies))
        return false;
    bool erased = reply_is_nil(replies[PASSWORD]);
    replies_free(replies, N);
    if (!erased)
        return true;
    device_disclaim(&commands[CLAIM], user, id);
    (void)!tell(&commands[CLAIM]);
    problem_answer(response, PROBLEM_INVALID_TOKEN, NULL);
    return false;
}

/* On the owner's list, then claimed (store/device.h). */
static bool store(struct http_request *request, struct http_response *response,
                  const struct device *device)
{
    enum err err = put(request, response, device);

    if (err == ERR_FULL) {
        tidy(caller_of(request));
        err = put(request, response, device);
    }
    if (err == ERR_FULL)
        problem_answer(response, PROBLEM_DEVICES_FULL, NULL);
    else if (err == ERR_NOT_FOUND)
        problem_answer(response, PROBLEM_INVALID_TOKEN, NULL); /* erased meanwhile */
    if (err != OK)
        return false;
    return claim(response, caller_of(request), device->id);
}

HANDLER(devices_register)
{
    struct device_input input = {.allow_private_urls = api_of(request)->settings.allow_private_urls,
                                 .user = caller_of(request),
                                 .now_ms = clock_wall_ms()};
    struct json_in in;

    if (!http_input_json(request, response, &in))
        return;
    device_input_read(&in, &input);
    if (!http_input_bad(&in, response) && is_set_up(response, input.channel) &&
        store(request, response, &input.device)) {
        json_open(&response->body, NULL, '{');
        device_json(&response->body, "device", &input.device, input.made_field);
        json_close(&response->body, '}');
        response->status = 201;
    }
    device_input_fini(&input);
    json_in_close(&in);
}

/* ---- the others ---- */

/* Without its claim it is none any more, so that comes first. */
HANDLER(devices_remove)
{
    str id = request->params[0];
    struct redis_command commands[2];
    struct redisReply *replies[2];

    if (!id_is_valid(id)) {
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    device_disclaim(&commands[0], caller_of(request), id);
    device_drop(&commands[1], caller_of(request), id);
    if (!ask_all(response, commands, 2, replies))
        return;
    if (reply_int(replies[0]) == 1)
        response->status = 204;
    else
        problem_answer(response, PROBLEM_NOT_FOUND, NULL);
    replies_free(replies, 2);
}

HANDLER(devices_vapid)
{
    struct redis_command c;
    struct redisReply *reply;

    (void)request;
    push_setup(&c);
    if (!ask(response, &c, &reply))
        return;
    str key = reply_str(reply_at(reply, PUSH_VAPID_PUBLIC));
    if (str_is_none(key)) {
        problem_answer(response, PROBLEM_UNAVAILABLE,
                       "No notification-server has made the key yet.");
    } else {
        json_open(&response->body, NULL, '{');
        json_put_str(&response->body, "public_key", key);
        json_close(&response->body, '}');
        response->status = 200;
    }
    reply_free(reply);
}
