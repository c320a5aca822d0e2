/* A small vocabulary for the channels' tests: a notification and a device, where it goes, what is built of them, and
 * what is made of an answer. */
#ifndef CHATAPP_UNIT_CHANNEL_STORY_H
#define CHATAPP_UNIT_CHANNEL_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "channel.h"
#include "channel_env.h"
#include "channel_place.h"
#include "json/json_in.h"

#define NOW_MS 1790000000000
#define NOTIFICATION_ID "naaaaaaaaaaaaaaaaaaaaaaa"
#define DEVICE_ID "daaaaaaaaaaaaaaaaaaaaaaa"

struct story {
    struct channel_settings settings;
    struct channel_env *env;
    const struct channel *channel;
    struct notification notification;
    struct device device;
    unsigned char random[CHANNEL_RANDOM_N];
    str token;
    struct channel_place place;
    struct channel_request request;
    const char *why;
};

/* Everything that is not set is "". */
static inline struct channel_settings no_settings(void)
{
    return (struct channel_settings){.vapid_key = "",
                                     .vapid_subject = "",
                                     .telegram_url = "https://telegram.test",
                                     .telegram_token = "",
                                     .fcm_url = "https://fcm.test",
                                     .fcm_token_url = "",
                                     .fcm_service_account = "",
                                     .apns_url = "https://apns.test",
                                     .apns_key = "",
                                     .apns_key_id = "",
                                     .apns_team_id = "",
                                     .apns_topic = "",
                                     .smtp_url = "",
                                     .smtp_from = "",
                                     .smtp_user = "",
                                     .smtp_password = "",
                                     .smtp_tls = SMTP_TLS_REQUIRE};
}

/* "hi bob" for bob; `s` must stay where it is. */
static inline void story_begin(struct story *s, const char *channel,
                               const struct channel_settings *settings)
{
    struct buf why = {0};

    *s = (struct story){.settings = *settings, .channel = channel_find(str_of(channel))};
    assert_non_null(s->channel);
    if (channel_env_open(&s->settings, &s->env, &why) != OK)
        fail_msg("%s", buf_cstr(&why));
    s->notification = (struct notification){.id = STR(NOTIFICATION_ID),
                                            .user = STR("bob"),
                                            .title = STR("Alice"),
                                            .body = STR("hi bob"),
                                            .event = STR(""),
                                            .data = STR(""),
                                            .collapse = STR(""),
                                            .priority = PRIORITY_NORMAL,
                                            .created_ms = NOW_MS - 1000,
                                            .expires_ms = NOW_MS + 60000};
    s->device = (struct device){.id = STR(DEVICE_ID), .channel = str_of(channel)};
    for (size_t i = 0; i < sizeof s->random; i++)
        s->random[i] = (unsigned char)i;
}

static inline void story_end(struct story *s)
{
    buf_fini(&s->place.host);
    channel_request_fini(&s->request);
    channel_env_close(&s->env);
}

static inline void story_device(struct story *s, const char *name, const char *value)
{
    s->device.fields[s->device.n++] = (struct device_field){str_of(name), str_of(value)};
}

static inline enum err story_try(struct story *s)
{
    const struct channel_input input = {.env = s->env,
                                        .notification = &s->notification,
                                        .device = &s->device,
                                        .token = s->token,
                                        .now_ms = NOW_MS,
                                        .random = s->random};

    channel_request_clear(&s->request);
    buf_fini(&s->place.host);
    s->place = (struct channel_place){0};
    enum err err = channel_place(s->channel, &s->settings, &s->device, &s->place, &s->why);
    return err == OK ? s->channel->build(&input, &s->request, &s->why) : err;
}

static inline void story_build(struct story *s)
{
    if (story_try(s) != OK)
        fail_msg("not built: %s", s->why);
}

/* "" when there is no such header. */
static inline const char *story_header(const struct story *s, const char *name)
{
    const char *line;
    size_t at = 0;

    while ((line = channel_request_header_at(&s->request, &at)) != NULL)
        if (str_starts(str_of(line), str_of(name)) && line[strlen(name)] == ':')
            return line + strlen(name) + 2;
    return "";
}

/* The body as JSON; json_decref() it. */
static inline json_t *story_json(const struct story *s)
{
    struct json_in in;

    if (json_in_open(buf_view(&s->request.body), &in) != OK)
        fail_msg("no JSON: %.*s", STR_ARG(buf_view(&s->request.body)));
    return in.root;
}

static inline void assert_body(const struct story *s, const char *expected)
{
    if (!str_eq(buf_view(&s->request.body), str_of(expected)))
        fail_msg("got %.*s", STR_ARG(buf_view(&s->request.body)));
}

static inline struct channel_verdict story_answer(const struct story *s, int status,
                                                  const char *headers, const char *body)
{
    const struct channel_response response = {.result = CHANNEL_ANSWERED,
                                              .status = status,
                                              .headers = str_of(headers),
                                              .body = str_of(body),
                                              .now_ms = NOW_MS};
    return s->channel->judge(&response);
}

struct answer_case {
    int status;
    const char *body;
    enum channel_outcome outcome;
};

static inline void assert_judged(const struct story *s, const struct answer_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct channel_verdict v = story_answer(s, cases[i].status, "", cases[i].body);
        if (v.outcome != cases[i].outcome)
            fail_msg("case %zu, status %d %s: outcome %d (%s)", i, cases[i].status, cases[i].body,
                     (int)v.outcome, v.reason);
    }
}

static inline void assert_no_answer_is_tried_again(const struct story *s)
{
    static const enum channel_result RESULTS[] = {CHANNEL_TIMED_OUT, CHANNEL_UNREACHABLE,
                                                  CHANNEL_BAD_TLS, CHANNEL_TOO_LONG};

    for (size_t i = 0; i < sizeof RESULTS / sizeof RESULTS[0]; i++) {
        const struct channel_response response = {
            .result = RESULTS[i], .headers = STR(""), .body = STR(""), .now_ms = NOW_MS};
        assert_int_equal(s->channel->judge(&response).outcome, CHANNEL_RETRY);
    }
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#endif
