/* What a client may register, and what then stands in Redis: any text as the body of POST /api/devices. What was taken can be
 * stored, read again, and pushed to. */
#include <sodium.h>

#include "base/check.h"
#include "channel_env.h"
#include "channel_place.h"
#include "channel_url.h"
#include "device_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS 1790000000000

static const struct channel_settings SETTINGS = {
    .vapid_key = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw",
    .vapid_subject = "",
    .telegram_url = "https://telegram.test",
    .telegram_token = "1:a",
    .fcm_url = "https://fcm.test",
    .fcm_token_url = "",
    .fcm_service_account = "",
    .apns_url = "https://apns.test",
    .apns_key = "",
    .apns_key_id = "",
    .apns_team_id = "",
    .apns_topic = "",
    .smtp_url = "smtp://mail.test",
    .smtp_from = "chat@mail.test",
    .smtp_user = "",
    .smtp_password = "",
};

static void push(const struct channel_env *env, const struct channel *channel,
                 const struct device *device)
{
    static const unsigned char RANDOM[CHANNEL_RANDOM_N] = {1};
    const struct notification notification = {.id = STR("n1"),
                                              .user = STR("ann"),
                                              .title = STR("t"),
                                              .body = STR("b"),
                                              .event = STR(""),
                                              .data = STR("{}"),
                                              .collapse = STR("c"),
                                              .created_ms = NOW_MS};
    const struct channel_input input = {.env = env,
                                        .notification = &notification,
                                        .device = device,
                                        .token = STR("token"),
                                        .now_ms = NOW_MS,
                                        .random = RANDOM};
    struct channel_place place = {0};
    struct channel_request request = {0};
    const char *why = NULL;
    const char *line;
    size_t at = 0;

    if (channel->ready == NULL || channel->ready(env, &why)) {
        CHECK(channel_place(channel, &SETTINGS, device, &place, &why) == OK && place.host.n > 0);
        CHECK(channel->build(&input, &request, &why) == OK);
        while ((line = channel_request_header_at(&request, &at)) != NULL)
            CHECK(strpbrk(line, "\r\n") == NULL);
        CHECK(request.url.n > 0 && request.body.n > 0);
    }
    buf_fini(&place.host);
    channel_request_fini(&request);
}

static void store_and_push(const struct channel_env *env, const struct device_input *taken)
{
    struct buf record = {0};
    struct device device;

    device_write(&taken->device, &record);
    CHECK(device_parse(taken->device.id, buf_view(&record), &device) == OK);
    CHECK(device.n == taken->device.n && str_eq(device.channel, taken->device.channel));
    push(env, taken->channel, &device);
    buf_fini(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct channel_env *env;
    struct device_input input = {.user = STR("ann"), .now_ms = NOW_MS};
    struct buf why = {0};
    struct json_in in;

    if (env == NULL)
        CHECK(sodium_init() >= 0 && channel_env_open(&SETTINGS, &env, &why) == OK);
    (void)channel_url_problem(str_from((const char *)data, size), false);
    if (json_in_open(str_from((const char *)data, size), &in) != OK)
        return 0;
    device_input_read(&in, &input);
    if (!json_in_bad(&in))
        store_and_push(env, &input);
    device_input_fini(&input);
    json_in_close(&in);
    return 0;
}
