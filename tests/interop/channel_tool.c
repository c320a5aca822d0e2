/* What the channels build, on a pipe, for tests against other implementations.
 *
 *     channel_tool [--apns-key-file … and whatever else the notification-server has for its channels] <<EOF
 *     {"channel":"webpush","now":1790000000000,"token":"…"?,"device":{"endpoint":"…",…},
 *      "notification":{"id","title"?,"body","event"?,"data"?,"collapse"?,"priority"?,"expires"?}}
 *     EOF
 *         prints {"err","why"?,"url","host","headers":[line …],"body":base64url,"from","to"}
 *     the same with {"channel","now"} alone
 *         prints the channel's token, {"token","renew","expires"}, or the request that asks for one */
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/base64url.h"
#include "channel.h"
#include "channel_env.h"
#include "channel_place.h"
#include "json/json_in.h"
#include "json/json_out.h"

#define INPUT_MAX 262144

struct tool_settings {
    struct channel_settings channels;
};

static const struct setting ROWS[] = {CHANNEL_SETTINGS(struct tool_settings, channels)};

static int fail(const char *why)
{
    (void)fprintf(stderr, "channel_tool: %s\n", why);
    return 2;
}

static str text_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_string(value) ? str_from(json_string_value(value), json_string_length(value))
                                 : STR("");
}

static enum priority priority_of(str word)
{
    if (str_eq(word, STR("high")))
        return PRIORITY_HIGH;
    return str_eq(word, STR("low")) ? PRIORITY_LOW : PRIORITY_NORMAL;
}

static struct notification read_notification(const json_t *from, int64_t now_ms)
{
    return (struct notification){
        .id = text_of(from, "id"),
        .user = STR("alice"),
        .title = text_of(from, "title"),
        .body = text_of(from, "body"),
        .event = text_of(from, "event"),
        .data = text_of(from, "data"),
        .collapse = text_of(from, "collapse"),
        .priority = priority_of(text_of(from, "priority")),
        .created_ms = now_ms,
        .expires_ms = json_integer_value(json_object_get(from, "expires")),
    };
}

static struct device read_device(json_t *from, str channel)
{
    struct device device = {.id = STR("daaaaaaaaaaaaaaaaaaaaaaa"), .channel = channel};
    const char *name;
    json_t *value;

    json_object_foreach(from, name, value)
    {
        if (device.n < DEVICE_FIELDS_MAX)
            device.fields[device.n++] =
                (struct device_field){str_of(name), str_of(json_string_value(value))};
    }
    return device;
}

static void put_request(struct buf *out, const struct channel_request *request)
{
    struct buf body = {0};
    const char *line;
    size_t at = 0;

    json_put_str(out, "url", buf_view(&request->url));
    json_open(out, "headers", '[');
    while ((line = channel_request_header_at(request, &at)) != NULL)
        json_put_str(out, NULL, str_of(line));
    json_close(out, ']');
    base64url_add(&body, request->body.p, request->body.n);
    json_put_str(out, "body", buf_view(&body));
    json_put_str(out, "from", buf_view(&request->from));
    json_put_str(out, "to", buf_view(&request->to));
    buf_fini(&body);
}

static void build(const struct channel *channel, const struct channel_env *env, const json_t *from,
                  int64_t now_ms, struct buf *out)
{
    struct notification notification =
        read_notification(json_object_get(from, "notification"), now_ms);
    struct device device = read_device(json_object_get(from, "device"), str_of(channel->name));
    unsigned char random[CHANNEL_RANDOM_N];
    const struct channel_input input = {.env = env,
                                        .notification = &notification,
                                        .device = &device,
                                        .token = text_of(from, "token"),
                                        .now_ms = now_ms,
                                        .random = random};
    struct channel_place place = {0};
    struct channel_request request = {0};
    const char *why = "";

    randombytes_buf(random, sizeof random);
    enum err err = channel_place(channel, env->settings, &device, &place, &why);
    if (err == OK)
        err = channel->build(&input, &request, &why);
    json_put_str(out, "err", str_of(err_name(err)));
    if (err == OK) {
        json_put_str(out, "host", buf_view(&place.host));
        put_request(out, &request);
    } else {
        json_put_str(out, "why", str_of(why));
    }
    buf_fini(&place.host);
    channel_request_fini(&request);
}

static void make_token(const struct channel *channel, const struct channel_env *env, int64_t now_ms,
                       struct buf *out)
{
    struct channel_token token = {0};
    struct channel_request ask = {0};
    const char *why = "";
    enum err err = channel->token->make(env, now_ms, &token, &ask, &why);

    json_put_str(out, "err", str_of(err_name(err)));
    if (token.text.n > 0) {
        json_put_str(out, "token", buf_view(&token.text));
        json_put_int(out, "renew", token.renew_ms);
        json_put_int(out, "expires", token.expires_ms);
    } else if (err == OK) {
        put_request(out, &ask);
    }
    buf_fini(&token.text);
    channel_request_fini(&ask);
}

static int run(const struct channel_env *env, const json_t *from)
{
    const struct channel *channel = channel_find(text_of(from, "channel"));
    int64_t now_ms = json_integer_value(json_object_get(from, "now"));
    struct buf out = {0};

    if (channel == NULL)
        return fail("no such channel");
    json_open(&out, NULL, '{');
    if (json_object_get(from, "notification"))
        build(channel, env, from, now_ms, &out);
    else if (channel->token)
        make_token(channel, env, now_ms, &out);
    json_close(&out, '}');
    (void)puts(buf_cstr(&out));
    buf_fini(&out);
    return 0;
}

int main(int argc, char **argv)
{
    static char input[INPUT_MAX];
    const struct setting_table table = {ROWS, sizeof ROWS / sizeof ROWS[0]};
    struct tool_settings settings;
    struct channel_env *env;
    struct buf why = {0};
    struct json_in in;

    if (sodium_init() < 0)
        return 1;
    if (settings_load(&table, 1, argc, argv, &settings, &why) != OK ||
        channel_env_open(&settings.channels, &env, &why) != OK)
        return fail(buf_cstr(&why));
    size_t n = fread(input, 1, sizeof input, stdin);
    if (json_in_open(str_from(input, n), &in) != OK)
        return fail("no JSON object on standard input");
    int status = run(env, in.root);
    json_in_close(&in);
    channel_env_close(&env);
    return status;
}
