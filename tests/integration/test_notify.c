/* Notifications from POST /notify to a webhook that has them, and everything that may become of one. */
#include "story.h"

#include "notifier.h"

struct scene {
    struct stack *stack;
    struct notifier n;
    struct receiver r;
};

static const char *id_for(const char *notification, const char *device)
{
    return fmt("%s_%s", notification, device);
}

/* --- what is asked -------------------------------------------------------------------------- */

static void a_notification_is_delivered(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *device = webhook_new(&ann, &s->r, "/hook");

    const char *id =
        notify(&s->n,
               "{'user':'%s','title':'T\u00fcr','body':'It is open','event':'door.open',"
               "'data':{'room':7},'priority':'high'}",
               ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
    EXPECT_JSON(
        notification(&s->n, id),
        "{'id':'%s','user':'%s','status':'delivered','deliveries':[{'device':'%s','channel':"
        "'webhook','status':'delivered','attempts':1,'last_error':null,'time':'*'}]}",
        id, ann.name, device);
    assert_int_equal(receiver_times(&s->r, id_for(id, device)), 1);
    const char *got = receiver_latest(&s->r);
    assert_non_null(strstr(got, "POST /hook HTTP/1.1"));
    assert_non_null(strstr(got, "It is open"));
    assert_non_null(strstr(got, "T\u00fcr"));
    assert_non_null(strstr(got, "\"room\":7"));
    assert_non_null(strstr(got, "webhook-signature: v1,"));
    assert_true(daemon_metric(&s->n.daemon, "chatapp_notify_accepted_total") >= 1);
    assert_true(daemon_metric(&s->n.daemon, "chatapp_notify_deliveries_total{channel=\"webhook\","
                                            "outcome=\"delivered\"}") >= 1);
}

static void every_device_gets_it(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *devices[5];

    for (int i = 0; i < 5; i++)
        devices[i] = webhook_new(&ann, &s->r, fmt("/%d", i));
    const char *id = notify(&s->n, "{'user':'%s','body':'to all'}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
    assert_int_equal(json_array_size(ITEM_OF(notification(&s->n, id), "deliveries")), 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(receiver_times(&s->r, id_for(id, devices[i])), 1);
}

static void who_has_no_device_is_spared(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *id = notify(&s->n, "{'user':'%s','body':'x'}", ann.name);

    WAIT_UNTIL(notification_is(&s->n, id, "suppressed"));
    EXPECT_JSON(notification(&s->n, id), "{'deliveries':[]}");
}

static void refused(struct scene *s, int status, const char *code, const char *field,
                    const char *body)
{
    const struct http_answer *a = notifier_do(&s->n, "POST", "/notify", body);

    if (a->status != status)
        fail_at(HERE, "%s: %d", body, a->status);
    EXPECT_JSON(a->json, "{'code':'%s','status':%d}", code, status);
    if (field != NULL)
        EXPECT_JSON(a->json, "{'field':'%s'}", field);
}

static void bad_input_is_named(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const struct {
        const char *more;
        const char *field;
    } bad[] = {
        {"'title':''", "title"},
        {"'title':'a\\nb'", "title"},
        {"'event':'two words'", "event"},
        {"'priority':'urgent'", "priority"},
        {"'ttl':0", "ttl"},
        {"'ttl':-1", "ttl"},
        {"'ttl':99999999", "ttl"},
        {"'collapse':''", "collapse"},
        {fmt("'collapse':'%s'", fmt_repeat('c', 65)), "collapse"},
        {fmt("'data':{'x':'%s'}", fmt_repeat('d', 17000)), "data"},
    };

    refused(s, 400, "bad_json", NULL, "nonsense");
    refused(s, 400, "bad_json", NULL, fmt("{'user':'%s','body':1}", ann.name));
    refused(s, 400, "bad_json", NULL, fmt("{'user':'%s','body':'x','ttl':'1'}", ann.name));
    refused(s, 400, "bad_json", NULL, fmt("{'user':'%s','body':'x','data':[1]}", ann.name));
    refused(s, 400, "bad_json", NULL, fmt("{'user':'%s','body':'x','body':'y'}", ann.name));
    refused(s, 422, "invalid_field", "user", "{'body':'x'}");
    refused(s, 422, "invalid_field", "user", "{'user':'no name','body':'x'}");
    refused(s, 422, "invalid_field", "user", "{'user':'nobody-here','body':'x'}");
    refused(s, 422, "invalid_field", "body", fmt("{'user':'%s'}", ann.name));
    refused(s, 422, "invalid_field", "body", fmt("{'user':'%s','body':''}", ann.name));
    refused(s, 422, "invalid_field", "body",
            fmt("{'user':'%s','body':'%s'}", ann.name, fmt_repeat('b', 17000)));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(s, 422, "invalid_field", bad[i].field,
                fmt("{'user':'%s','body':'x',%s}", ann.name, bad[i].more));
    assert_int_equal(notifier_do(&s->n, "POST", "/notify", fmt_repeat(' ', 70000))->status, 413);
}

static int status_with(struct scene *s, const char *method, const char *path, const char *token)
{
    return http_at(&s->n.http, s->n.daemon.port, method, path, token, "{'user':'x','body':'x'}")
        ->status;
}

static void only_services_may(void **state)
{
    static const char *const ROUTES[][2] = {
        {"POST", "/notify"},
        {"GET", "/notify/aaaaaaaaaaaaaaaaaaaaaaaa"},
        {"GET", "/notify/dead"},
        {"POST", "/notify/dead/aaaaaaaaaaaaaaaaaaaaaaaa/retry"}};
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");

    for (size_t i = 0; i < 4; i++) {
        const char *method = ROUTES[i][0];
        const char *path = ROUTES[i][1];
        assert_int_equal(status_with(s, method, path, NULL), 401);
        assert_non_null(http_header(&s->n.http.answer, "WWW-Authenticate"));
        assert_int_equal(status_with(s, method, path, "nonsense"), 401);
        assert_int_equal(status_with(s, method, path, ann.access), 403);
        assert_int_equal(
            status_with(s, method, path, service_token(s->stack, "tester", "something")), 401);
        assert_int_equal(status_with(s, method, path, s->n.token), i == 0   ? 422
                                                                   : i == 2 ? 200
                                                                            : 404);
    }
    assert_int_equal(status_with(s, "GET", "/notify", s->n.token), 405);
    assert_int_equal(status_with(s, "GET", "/notify/not-an-id", s->n.token), 404);
}

/* --- once ------------------------------------------------------------------------------------ */

static void the_same_key_is_the_same_notification(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *body = fmt("{'user':'%s','body':'once'}", ann.name);

    const char *first = notify_with_key(&s->n, "key-1", "%s", body);
    assert_string_equal(notify_with_key(&s->n, "key-1", "%s", body), first);
    assert_string_equal(
        notify_with_key(&s->n, "key-1", "{ 'body' : 'once', 'user':'%s' }", ann.name), first);
    assert_string_not_equal(notify_with_key(&s->n, "key-2", "%s", body), first);
    s->n.http.headers = (const char *[]){"Idempotency-Key: key-1", NULL};
    refused(s, 422, "idempotency_key_reused", NULL, fmt("{'user':'%s','body':'other'}", ann.name));
    s->n.http.headers = (const char *[]){"Idempotency-Key: two words", NULL};
    refused(s, 400, "bad_request", NULL, body);
    /* Another service's key is another one. */
    (void)snprintf(s->n.token, sizeof s->n.token, "%s",
                   service_token(s->stack, "another", "notify"));
    assert_string_not_equal(notify_with_key(&s->n, "key-1", "%s", body), first);
    (void)snprintf(s->n.token, sizeof s->n.token, "%s",
                   service_token(s->stack, "tester", "notify"));
}

/* Several with one key on connections of their own, before any answer is read. */
static void of_several_at_once_one_is_accepted(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *body = fmt("{\"user\":\"%s\",\"body\":\"at once\"}", ann.name);
    const char *request = fmt("POST /notify HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                              "Idempotency-Key: at-once\r\nContent-Length: %zu\r\n\r\n%s",
                              s->n.token, strlen(body), body);
    struct raw raw[8];
    const char *first = NULL;

    for (int i = 0; i < 8; i++)
        raw[i] = raw_open(s->n.daemon.port);
    for (int i = 0; i < 8; i++)
        raw_send(&raw[i], str_of(request));
    for (int i = 0; i < 8; i++) {
        assert_int_equal(raw_status(&raw[i]), 202);
        const char *id = NULL;
        WAIT_UNTIL((id = strstr(buf_cstr(&raw[i].in), "\"id\":\"")) != NULL ||
                   (raw_receive(&raw[i], 100), false));
        id = fmt("%.24s", id + 6);
        if (first == NULL)
            first = id;
        assert_string_equal(id, first);
        raw_close(&raw[i]);
    }
}

static void a_newer_one_takes_the_place_of_one_that_waits(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *device = webhook_new(&ann, &s->r, "/c");

    receiver_answer(&s->r, 503, "Retry-After: 1\r\n");
    const char *old = notify(&s->n, "{'user':'%s','body':'1 new','collapse':'count'}", ann.name);
    WAIT_UNTIL(receiver_requests(&s->r) > 0 && strstr(receiver_latest(&s->r), "1 new") != NULL);
    const char *new = notify(&s->n, "{'user':'%s','body':'2 new','collapse':'count'}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, old, "suppressed"));
    EXPECT_JSON(notification(&s->n, old), "{'replaced_by':'%s'}", new);
    receiver_answer(&s->r, 204, "");
    WAIT_UNTIL(notification_is(&s->n, new, "delivered"));
    assert_int_equal(receiver_times(&s->r, id_for(new, device)), 1);
    assert_int_equal(receiver_times(&s->r, id_for(old, device)), 0);
}

/* --- what providers say ---------------------------------------------------------------------- */

static void a_provider_that_is_down_gets_it_later(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *device = webhook_new(&ann, &s->r, "/later");

    receiver_answer(&s->r, 503, "");
    const char *id = notify(&s->n, "{'user':'%s','body':'later'}", ann.name);
    WAIT_UNTIL(json_array_size(ITEM_OF(notification(&s->n, id), "deliveries")) == 1 &&
               INT_OF(delivery(&s->n, id), "attempts") >= 2);
    EXPECT_JSON(delivery(&s->n, id), "{'device':'%s','status':'queued','last_error':'*'}", device);
    receiver_answer(&s->r, 200, "");
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
    assert_int_equal(receiver_times(&s->r, id_for(id, device)), 1);
}

static void retry_after_is_heard(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");

    (void)webhook_new(&ann, &s->r, "/slow-down");
    receiver_answer(&s->r, 429, "Retry-After: 3\r\n");
    const char *id = notify(&s->n, "{'user':'%s','body':'busy'}", ann.name);
    WAIT_UNTIL(json_array_size(ITEM_OF(notification(&s->n, id), "deliveries")) == 1);
    long long failed_ms = INT_OF(delivery(&s->n, id), "time");
    receiver_answer(&s->r, 204, "");
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
    EXPECT_JSON(delivery(&s->n, id), "{'attempts':2}");
    assert_true(INT_OF(delivery(&s->n, id), "time") - failed_ms >=
                2000); /* our own would be 50 ms */
}

static void a_device_that_is_gone_is_removed(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *device = webhook_new(&ann, &s->r, "/gone");

    receiver_answer(&s->r, 410, "");
    const char *id = notify(&s->n, "{'user':'%s','body':'gone'}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "failed"));
    EXPECT_JSON(delivery(&s->n, id), "{'device':'%s','status':'gone','attempts':1}", device);
    WAIT_UNTIL(json_array_size(
                   ITEM_OF(user_expect(&ann, 200, "GET", "/api/devices", NULL), "devices")) == 0);
    receiver_answer(&s->r, 204, "");
    id = notify(&s->n, "{'user':'%s','body':'nobody'}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "suppressed"));
}

static void a_device_removed_meanwhile_is_left_alone(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *device = webhook_new(&ann, &s->r, "/removed");

    receiver_answer(&s->r, 503, "Retry-After: 1\r\n");
    const char *id = notify(&s->n, "{'user':'%s','body':'removed'}", ann.name);
    WAIT_UNTIL(json_array_size(ITEM_OF(notification(&s->n, id), "deliveries")) == 1);
    (void)user_expect(&ann, 204, "DELETE", fmt("/api/devices/%s", device), NULL);
    receiver_answer(&s->r, 204, "");
    WAIT_UNTIL(notification_is(&s->n, id, "failed"));
    EXPECT_JSON(delivery(&s->n, id), "{'status':'gone'}");
    assert_int_equal(receiver_times(&s->r, id_for(id, device)), 0);
}

static void what_expires_is_told_as_expired(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");

    (void)webhook_new(&ann, &s->r, "/expires");
    receiver_answer(&s->r, 503, "Retry-After: 60\r\n");
    const char *id = notify(&s->n, "{'user':'%s','body':'soon over','ttl':5}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "expired"));
    EXPECT_JSON(delivery(&s->n, id), "{'status':'expired','attempts':1}");
    receiver_answer(&s->r, 204, "");
}

static void a_redirect_is_not_followed(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    struct receiver other;

    receiver_start(&other);
    (void)webhook_new(&ann, &s->r, "/redirect");
    receiver_answer(&s->r, 302, fmt("Location: http://127.0.0.1:%d/\r\n", other.port));
    const char *id = notify(&s->n, "{'user':'%s','body':'x','ttl':2}", ann.name);
    WAIT_UNTIL(!notification_is(&s->n, id, "queued"));
    assert_int_equal(receiver_requests(&other), 0);
    receiver_stop(&other);
    receiver_answer(&s->r, 204, "");
}

static void an_answer_without_end_is_cut(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    const char *device = webhook_new(&ann, &s->r, "/flood");

    receiver_flood(&s->r);
    const char *id = notify(&s->n, "{'user':'%s','body':'x'}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "delivered")); /* by its status, 200 */
    EXPECT_JSON(delivery(&s->n, id), "{'device':'%s','attempts':1}", device);
    receiver_answer(&s->r, 204, "");
}

static void connections_are_used_again(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    struct receiver own;

    receiver_start(&own);
    (void)webhook_new(&ann, &own, "/again");
    for (int i = 0; i < 20; i++) {
        const char *id = notify(&s->n, "{'user':'%s','body':'%d'}", ann.name, i);
        WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
    }
    assert_int_equal(receiver_requests(&own), 20);
    assert_int_equal(receiver_connections(&own), 1);
    receiver_stop(&own);
}

/* --- dead letters ---------------------------------------------------------------------------- */

static bool is_dead(struct scene *s, const char *id)
{
    const struct http_answer *a = notifier_do(&s->n, "GET", "/notify/dead?limit=200", NULL);

    assert_int_equal(a->status, 200);
    return match_find(ITEM_OF(a->json, "notifications"), fmt("{'id':'%s'}", id)) != NULL;
}

static void a_dead_letter_can_be_sent_again(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    struct notifier impatient;
    const char *device = webhook_new(&ann, &s->r, "/dead");

    notifier_stop(&s->n);
    notifier_start(&impatient, s->stack, "impatient", (const char *[]){"--retry-attempts=2", NULL});
    receiver_answer(&s->r, 500, "");
    const char *id = notify(&impatient, "{'user':'%s','body':'dead'}", ann.name);
    WAIT_UNTIL(notification_is(&impatient, id, "failed"));
    EXPECT_JSON(delivery(&impatient, id), "{'status':'failed','attempts':2,'last_error':'*'}");
    notifier_stop(&impatient);

    notifier_start(&s->n, s->stack, "notifier", NULL);
    assert_true(is_dead(s, id));
    receiver_answer(&s->r, 204, "");
    const struct http_answer *a =
        notifier_do(&s->n, "POST", fmt("/notify/dead/%s/retry", id), NULL);
    assert_int_equal(a->status, 202);
    EXPECT_JSON(a->json, "{'id':'%s','status':'queued'}", id);
    WAIT_UNTIL(notification_is(&s->n, id, "delivered"));
    assert_false(is_dead(s, id));
    assert_int_equal(receiver_times(&s->r, id_for(id, device)), 1);
    assert_non_null(strstr(receiver_latest(&s->r), "dead")); /* what it said was kept */
    assert_int_equal(notifier_do(&s->n, "POST", fmt("/notify/dead/%s/retry", id), NULL)->status,
                     404);
    assert_int_equal(notifier_do(&s->n, "GET", "/notify/dead?cursor=x", NULL)->status, 422);
    assert_int_equal(notifier_do(&s->n, "GET", "/notify/dead?limit=0", NULL)->status, 422);
}

/* --- start and stop -------------------------------------------------------------------------- */

static int setup(void **state)
{
    static struct scene s;

    s.stack = stack_start((struct stack_options){.api_flags = {"--allow-private-urls"}});
    notifier_start(&s.n, s.stack, "notifier", NULL);
    receiver_start(&s.r);
    *state = &s;
    return 0;
}

/* Its devices may still be there, but this server knows no mail server any more. */
static void a_channel_that_is_no_longer_set_up_ends_in_a_dead_letter(void **state)
{
    struct scene *s = *state;
    struct user ann = user_new(s->stack, "ann");
    struct notifier with;

    notifier_stop(&s->n);
    notifier_start(&with, s->stack, "with",
                   (const char *[]){"--smtp-url=smtp://127.0.0.1:1", "--smtp-from=a@b.test", NULL});
    (void)user_expect(&ann, 201, "POST", "/api/devices",
                      "{\"channel\":\"email\",\"address\":\"ann@b.test\"}");
    notifier_stop(&with);
    notifier_start(&s->n, s->stack, "notifier", NULL);
    const char *id = notify(&s->n, "{'user':'%s','body':'x'}", ann.name);
    WAIT_UNTIL(notification_is(&s->n, id, "failed"));
}

static void all_end_well(void **state)
{
    struct scene *s = *state;

    notifier_stop(&s->n);
    receiver_stop(&s->r);
    stack_stop(s->stack);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_notification_is_delivered),
        CASE(every_device_gets_it),
        CASE(who_has_no_device_is_spared),
        CASE(bad_input_is_named),
        CASE(only_services_may),
        CASE(the_same_key_is_the_same_notification),
        CASE(of_several_at_once_one_is_accepted),
        CASE(a_newer_one_takes_the_place_of_one_that_waits),
        CASE(a_provider_that_is_down_gets_it_later),
        CASE(retry_after_is_heard),
        CASE(a_device_that_is_gone_is_removed),
        CASE(a_device_removed_meanwhile_is_left_alone),
        CASE(what_expires_is_told_as_expired),
        CASE(a_redirect_is_not_followed),
        CASE(an_answer_without_end_is_cut),
        CASE(connections_are_used_again),
        CASE(a_dead_letter_can_be_sent_again),
        CASE(a_channel_that_is_no_longer_set_up_ends_in_a_dead_letter),
        CASE(all_end_well),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
