/* Devices: registered, listed, replaced, taken over, removed; what is refused, and what of it stays when an account goes. */
#include "story.h"

#define P256DH                                                                                     \
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH "BTBZMqHH6r4Tts7J_aSIgg"
#define PUBLIC_KEY                                                                                 \
    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"

static int setup(void **state)
{
    *state = stack_start((struct stack_options){.api_flags = {"--max-devices-per-user=5"}});
    return 0;
}

static json_t *devices_of(const struct user *u)
{
    return ITEM_OF(user_expect(u, 200, "GET", "/api/devices", NULL), "devices");
}

/* The device's id, as long as fmt()'s. */
static const char *register_device(const struct user *u, const char *body)
{
    json_t *answer = user_expect(u, 201, "POST", "/api/devices", body);

    return fmt("%s", TEXT_OF(ITEM_OF(answer, "device"), "id"));
}

static void set_up_channels(struct stack *s, const char *channels)
{
    (void)redis_do(&s->redis, "HSET push channels %s vapid_public " PUBLIC_KEY, channels);
}

static const char *webpush_at(const char *endpoint)
{
    return fmt("{'channel':'webpush','endpoint':'%s','keys':{'p256dh':'" P256DH "','auth':'" AUTH
               "'}}",
               endpoint);
}

static void who_has_none_has_an_empty_list(void **state)
{
    struct user ann = user_new(*state, "ann");

    assert_int_equal(json_array_size(devices_of(&ann)), 0);
}

static void a_webhook_gets_a_secret_that_is_shown_once(void **state)
{
    struct user ann = user_new(*state, "ann");
    json_t *answer = user_expect(&ann, 201, "POST", "/api/devices",
                                 "{'channel':'webhook','url':'https://hooks.example/a?b=c'}");
    json_t *device = ITEM_OF(answer, "device");

    EXPECT_JSON(device, "{'channel':'webhook','url':'https://hooks.example/a?b=c'}");
    assert_int_equal(strncmp(TEXT_OF(device, "secret"), "whsec_", 6), 0);
    assert_true(INT_OF(device, "created") <= clock_wall_ms());
    const char *id = fmt("%s", TEXT_OF(device, "id"));
    EXPECT_JSON(devices_of(&ann),
                "[{'id':'%s','channel':'webhook','url':'https://hooks.example/a?b=c',"
                "'secret':null}]",
                id);
}

static void a_secret_of_ones_own_is_taken_and_never_shown(void **state)
{
    struct user ann = user_new(*state, "ann");
    json_t *answer = user_expect(&ann, 201, "POST", "/api/devices",
                                 "{'channel':'webhook','url':'https://hooks.example/',"
                                 "'secret':'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'}");

    EXPECT_JSON(answer, "{'device':{'id':'*','secret':null}}");
    EXPECT_JSON(devices_of(&ann), "[{'secret':null}]");
}

static void the_same_endpoint_again_replaces_all_of_the_device(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *body = "{'channel':'webhook','url':'https://hooks.example/same'}";
    const char *id = register_device(&ann, body);
    const char *before = redis_text(&s->redis, "HGET u:{%s}:devices %s", ann.name, id);

    assert_string_equal(register_device(&ann, body), id);
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
    assert_string_not_equal(redis_text(&s->redis, "HGET u:{%s}:devices %s", ann.name, id), before);
}

static void a_subscription_moves_to_whoever_registers_it_last(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    const char *body = webpush_at("https://push.example/shared");

    set_up_channels(s, "webpush");
    const char *id = register_device(&ann, body);
    EXPECT_JSON(devices_of(&ann),
                "[{'id':'%s','channel':'webpush','endpoint':'https://push.example/shared',"
                "'keys.auth':null,'keys.p256dh':null}]",
                id);
    assert_string_equal(register_device(&bob, body), id);
    assert_int_equal(json_array_size(devices_of(&ann)), 0);
    assert_int_equal(json_array_size(devices_of(&bob)), 1);
    (void)user_expect_problem(&ann, 404, "not_found", "DELETE", fmt("/api/devices/%s", id), NULL);
    assert_int_equal(json_array_size(devices_of(&bob)), 1);
    assert_string_equal(register_device(&ann, body), id);
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
    assert_int_equal(json_array_size(devices_of(&bob)), 0);
}

/* Anybody can name a mailbox or a URL, so naming one takes nothing away from who named it before. */
static void an_address_may_be_several_peoples(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *body = "{'channel':'ntfy','url':'https://ntfy.example/family'}";

    assert_string_not_equal(register_device(&ann, body), register_device(&bob, body));
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
    assert_int_equal(json_array_size(devices_of(&bob)), 1);
}

/* As a server leaves it that was killed between the list and the claim. */
static void a_registration_that_was_cut_short_gives_nobody_anything(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    const char *body = webpush_at("https://push.example/cut");

    set_up_channels(s, "webpush");
    const char *id = register_device(&ann, body);
    const char *record = redis_text(&s->redis, "HGET u:{%s}:devices %s", ann.name, id);
    (void)redis_do(&s->redis, "HSET u:{%s}:devices %s %s", bob.name, id, record);
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
    assert_int_equal(json_array_size(devices_of(&bob)), 0);
    assert_string_equal(register_device(&bob, body), id); /* the client tries again */
    assert_int_equal(json_array_size(devices_of(&ann)), 0);
    assert_int_equal(json_array_size(devices_of(&bob)), 1);
}

static void what_others_took_over_is_taken_off_the_list_in_time(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *id = "aaaaaaaaaaaaaaaaaaaaaaaa";

    (void)redis_do(&s->redis, "HSET u:{%s}:devices %s %s", ann.name, id,
                   "{\"channel\":\"ntfy\",\"created\":1,\"fields\":{\"url\":\"https://a/b\"}}");
    (void)redis_do(&s->redis, "HSET u:{%s}:devices %s %s", ann.name, "nonsense", "{}");
    assert_int_equal(json_array_size(devices_of(&ann)), 0);
    assert_int_equal(redis_do(&s->redis, "HEXISTS u:{%s}:devices %s", ann.name, id), 0);
}

static void a_removed_device_is_gone(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *id = register_device(&ann, "{'channel':'ntfy','url':'https://ntfy.example/gone'}");
    const char *path = fmt("/api/devices/%s", id);

    (void)user_expect(&ann, 204, "DELETE", path, NULL);
    (void)user_expect_problem(&ann, 404, "not_found", "DELETE", path, NULL);
    (void)user_expect_problem(&ann, 404, "not_found", "DELETE", "/api/devices/vapid", NULL);
    assert_int_equal(json_array_size(devices_of(&ann)), 0);
    assert_int_equal(redis_do(&s->redis, "EXISTS device:{%s} u:{%s}:devices", id, ann.name), 0);
}

static void nobody_has_more_devices_than_the_limit(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    for (int i = 0; i < 5; i++)
        (void)register_device(&ann, fmt("{'channel':'ntfy','url':'https://ntfy.example/t%d'}", i));
    (void)user_expect_problem(&ann, 409, "devices_full", "POST", "/api/devices",
                              "{'channel':'ntfy','url':'https://ntfy.example/t5'}");
    (void)register_device(&ann, "{'channel':'ntfy','url':'https://ntfy.example/t4'}");
    /* One that somebody else has by now takes no place. */
    (void)redis_do(&s->redis, "HSET u:{%s}:devices %s %s", ann.name, "aaaaaaaaaaaaaaaaaaaaaaaa",
                   "{\"channel\":\"ntfy\",\"created\":1,\"fields\":{\"url\":\"https://a/b\"}}");
    (void)user_expect_problem(&ann, 409, "devices_full", "POST", "/api/devices",
                              "{'channel':'ntfy','url':'https://ntfy.example/t5'}");
    assert_int_equal(redis_do(&s->redis, "HLEN u:{%s}:devices", ann.name), 5);
}

struct bad {
    const char *body;
    const char *field;
};

static void what_is_wrong_is_said_with_the_field_s_name(void **state)
{
    static const struct bad CASES[] = {
        {"{}", "channel"},
        {"{'channel':'pigeon'}", "channel"},
        {"{'channel':'webhook'}", "url"},
        {"{'channel':'webhook','url':''}", "url"},
        {"{'channel':'webhook','url':'ftp://a/'}", "url"},
        {"{'channel':'webhook','url':'https://user:pass@a.example/'}", "url"},
        {"{'channel':'webhook','url':'https://a.example/ b'}", "url"},
        {"{'channel':'webhook','url':'https://a.example/\\u0001'}", "url"},
        {"{'channel':'webhook','url':'http://127.0.0.1/'}", "url"},
        {"{'channel':'webhook','url':'http://2130706433/'}", "url"},
        {"{'channel':'webhook','url':'http://[::ffff:10.0.0.1]/'}", "url"},
        {"{'channel':'webhook','url':'http://169.254.169.254/latest/meta-data/'}", "url"},
        {"{'channel':'webhook','url':'http://localhost:8080/'}", "url"},
        {"{'channel':'webhook','url':'https://a.example/','secret':'short'}", "secret"},
        {"{'channel':'ntfy','url':'https://ntfy.example/'}", "url"},
        {"{'channel':'ntfy','url':'https://ntfy.example/a/b'}", "url"},
        {"{'channel':'gotify','url':'https://gotify.example'}", "token"},
        {"{'channel':'webpush','endpoint':'https://push.example/x'}", "keys.p256dh"},
        {"{'channel':'webpush','endpoint':'https://push.example/x','keys':{}}", "keys.p256dh"},
        {"{'channel':'webpush','endpoint':'https://push.example/x','keys':{'p256dh':'AAAA',"
         "'auth':'" AUTH "'}}",
         "keys.p256dh"},
        {"{'channel':'webpush','endpoint':'https://push.example/x','keys':{'p256dh':'" P256DH
         "','auth':'AAAA'}}",
         "keys.auth"},
        {"{'channel':'email','address':'nobody'}", "address"},
        {"{'channel':'email','address':'a@b.example, c@d.example'}", "address"},
        {"{'channel':'email','address':'a@b.example\\r\\nBcc: c@d.example'}", "address"},
        {"{'channel':'telegram','chat_id':'me'}", "chat_id"},
        {"{'channel':'apns','token':'xyz'}", "token"},
        {"{'channel':'fcm'}", "token"},
    };
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    set_up_channels(s, "webpush");
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        json_t *problem =
            user_expect_problem(&ann, 422, "invalid_field", "POST", "/api/devices", CASES[i].body);
        if (strcmp(TEXT_OF(problem, "field"), CASES[i].field) != 0)
            fail_msg("%s: %s", CASES[i].body, match_show(problem));
    }
    (void)user_expect_problem(&ann, 400, "bad_json", "POST", "/api/devices",
                              "{'channel':'webhook','url':7}");
    (void)user_expect_problem(&ann, 400, "bad_json", "POST", "/api/devices",
                              "{'channel':'webpush','endpoint':'https://a.example/','keys':'x'}");
    assert_int_equal(json_array_size(devices_of(&ann)), 0);
}

static void a_channel_without_credentials_is_refused(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *body = "{'channel':'email','address':'ann@mail.example'}";

    (void)redis_do(&s->redis, "DEL push");
    (void)user_expect_problem(&ann, 503, "unavailable", "POST", "/api/devices", body);
    (void)http_expect_problem(s, 503, "unavailable", "GET", "/api/devices/vapid", ann.access, NULL);
    set_up_channels(s, "webhook");
    json_t *problem = user_expect_problem(&ann, 422, "invalid_field", "POST", "/api/devices", body);
    EXPECT_JSON(problem, "{'field':'channel','detail':'channel is not set up on this server'}");
    (void)redis_do(&s->redis, "HSET push channels %s", "webhook email webpush telegram");
    (void)register_device(&ann, body);
}

static void a_chat_of_telegram_may_be_a_number_or_text(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    set_up_channels(s, "telegram");
    const char *id = register_device(&ann, "{'channel':'telegram','chat_id':-1001234567890}");
    EXPECT_JSON(devices_of(&ann), "[{'chat_id':'-1001234567890'}]");
    assert_string_equal(register_device(&ann, "{'channel':'telegram','chat_id':'-1001234567890'}"),
                        id);
    (void)user_expect_problem(&ann, 400, "bad_json", "POST", "/api/devices",
                              "{'channel':'telegram','chat_id':1.5}");
    (void)user_expect_problem(&ann, 422, "invalid_field", "POST", "/api/devices",
                              "{'channel':'telegram','chat_id':0}");
}

static void the_key_of_webpush_is_told(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");

    set_up_channels(s, "webpush");
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/devices/vapid", NULL),
                "{'public_key':'" PUBLIC_KEY "'}");
}

static void a_stranger_neither_sees_nor_removes_a_device(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user eve = user_new(s, "eve");
    const char *id = register_device(&ann, "{'channel':'ntfy','url':'https://ntfy.example/mine'}");

    (void)user_expect_problem(&eve, 404, "not_found", "DELETE", fmt("/api/devices/%s", id), NULL);
    assert_int_equal(json_array_size(devices_of(&eve)), 0);
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
    (void)http_expect_problem(s, 401, "unauthenticated", "GET", "/api/devices", NULL, NULL);
    (void)http_expect_problem(s, 401, "unauthenticated", "POST", "/api/devices", NULL, "{}");
}

static void an_export_has_the_devices_without_their_secrets(void **state)
{
    struct user ann = user_new(*state, "ann");
    json_t *answer;

    (void)register_device(&ann, "{'channel':'webhook','url':'https://hooks.example/export'}");
    (void)register_device(
        &ann, "{'channel':'slack','url':'https://hooks.slack.example/services/T/B/verysecret'}");
    answer = user_expect(&ann, 200, "GET", "/api/profile/export", NULL);
    json_t *list = ITEM_OF(answer, "devices");
    assert_int_equal(json_array_size(list), 2);
    assert_non_null(match_find(list, "{'channel':'webhook','secret':null,"
                                     "'url':'https://hooks.example/export'}"));
    assert_non_null(match_find(list, "{'channel':'slack','url':null}"));
    assert_false(daemon_log_has(&((struct stack *)*state)->api, "whsec_"));
    assert_false(daemon_log_has(&((struct stack *)*state)->api, "verysecret"));
}

static void devices_end_with_the_account_not_with_a_session(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct user phone = user_login(&ann, "phone");
    const char *id =
        register_device(&phone, "{'channel':'ntfy','url':'https://ntfy.example/erase'}");

    (void)user_expect(&phone, 204, "POST", "/api/logout", NULL);
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
    (void)user_expect(&ann, 204, "DELETE", "/api/profile", "{'password':'" USER_PASSWORD "'}");
    assert_int_equal(redis_do(&s->redis, "EXISTS device:{%s} u:{%s}:devices", id, ann.name), 0);
}

/* ---- at once ---- */

#define ROUNDS 40
#define AT_ONCE 6

static struct raw begin_registration(const struct user *u, const char *body)
{
    struct raw r = raw_open(u->stack->api.port);
    const char *json = fmt_json(body);

    raw_send(&r, str_of(fmt("POST /api/devices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                            "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
                            u->access, strlen(json), json)));
    return r;
}

static void of_many_who_register_one_at_once_one_has_it(void **state)
{
    struct stack *s = *state;
    struct user users[AT_ONCE];
    struct raw requests[AT_ONCE];

    set_up_channels(s, "webpush");
    for (size_t i = 0; i < AT_ONCE; i++)
        users[i] = user_new(s, "race");
    for (int round = 0; round < ROUNDS; round++) {
        const char *body = webpush_at(fmt("https://push.example/race%d", round % 2));
        size_t owners = 0;
        for (size_t i = 0; i < AT_ONCE; i++)
            requests[i] = begin_registration(&users[i], body);
        user_end_all(requests, AT_ONCE);
        for (size_t i = 0; i < AT_ONCE; i++)
            owners +=
                match_find(devices_of(&users[i]),
                           fmt("{'endpoint':'https://push.example/race%d'}", round % 2)) != NULL;
        if (owners != 1)
            fail_at(HERE, "round %d: %zu have it", round, owners);
    }
}

static void who_registers_one_several_times_at_once_has_it_once(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct raw requests[AT_ONCE];
    const char *body = "{'channel':'ntfy','url':'https://ntfy.example/again'}";

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < AT_ONCE; i++)
            requests[i] = begin_registration(&ann, body);
        user_end_all(requests, AT_ONCE);
        assert_int_equal(json_array_size(devices_of(&ann)), 1);
    }
}

static void an_account_that_is_erased_meanwhile_leaves_nothing(void **state)
{
    struct stack *s = *state;
    struct raw requests[AT_ONCE];

    for (int round = 0; round < ROUNDS / 4; round++) {
        struct user ann = user_new(s, "ann");
        const char *body = "{'channel':'ntfy','url':'https://ntfy.example/erased'}";
        const char *id = register_device(&ann, body);
        for (size_t i = 0; i < AT_ONCE; i++)
            requests[i] = begin_registration(&ann, body);
        (void)user_expect(&ann, 204, "DELETE", "/api/profile", "{'password':'" USER_PASSWORD "'}");
        user_end_all(requests, AT_ONCE);
        assert_int_equal(redis_do(&s->redis, "EXISTS device:{%s} u:{%s}:devices", id, ann.name), 0);
    }
}

static void without_redis_it_is_unavailable_and_works_again_afterwards(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *body = "{'channel':'ntfy','url':'https://ntfy.example/away'}";

    (void)user_expect(&ann, 200, "GET", "/api/devices", NULL);
    redis_server_kill9(&s->redis);
    (void)user_expect_problem(&ann, 503, "unavailable", "POST", "/api/devices", body);
    redis_server_restart(&s->redis);
    WAIT_UNTIL(http_do(s, "POST", "/api/devices", ann.access, body)->status == 201);
    assert_int_equal(json_array_size(devices_of(&ann)), 1);
}

STORY(setup, CASE(who_has_none_has_an_empty_list), CASE(a_webhook_gets_a_secret_that_is_shown_once),
      CASE(a_secret_of_ones_own_is_taken_and_never_shown),
      CASE(the_same_endpoint_again_replaces_all_of_the_device),
      CASE(a_subscription_moves_to_whoever_registers_it_last),
      CASE(an_address_may_be_several_peoples),
      CASE(a_registration_that_was_cut_short_gives_nobody_anything),
      CASE(what_others_took_over_is_taken_off_the_list_in_time), CASE(a_removed_device_is_gone),
      CASE(nobody_has_more_devices_than_the_limit),
      CASE(what_is_wrong_is_said_with_the_field_s_name),
      CASE(a_channel_without_credentials_is_refused),
      CASE(a_chat_of_telegram_may_be_a_number_or_text), CASE(the_key_of_webpush_is_told),
      CASE(a_stranger_neither_sees_nor_removes_a_device),
      CASE(an_export_has_the_devices_without_their_secrets),
      CASE(devices_end_with_the_account_not_with_a_session),
      CASE(of_many_who_register_one_at_once_one_has_it),
      CASE(who_registers_one_several_times_at_once_has_it_once),
      CASE(an_account_that_is_erased_meanwhile_leaves_nothing),
      CASE(without_redis_it_is_unavailable_and_works_again_afterwards))
