/* POST /notify: what is answered with 202 is in Redis. */
#include "accept.h"

#include <stdio.h>

#include "app.h"
#include "ask_queue.h"
#include "daemon/metrics.h"
#include "handlers.h"
#include "http/http_input.h"
#include "http/idempotency_key.h"
#include "http/problem.h"
#include "order.h"
#include "store/account.h"
#include "json/json_out.h"

#define ONCE_MAX (USERNAME_MAX + 1 + IDEMPOTENCY_KEY_MAX)
#define MS_PER_S 1000

static struct metric accepted = {
    .name = "chatapp_notify_accepted_total",
    .help = "Notifications accepted, repeats not counted",
    .kind = METRIC_COUNTER,
};
static struct metric refused_full = {
    .name = "chatapp_notify_refused_full_total",
    .help = "Notifications refused because the queue was full",
    .kind = METRIC_COUNTER,
};

void accept_metrics_setup(void)
{
    metric_register(&accepted);
    metric_register(&refused_full);
}

/* False: there is no such user, or it cannot be known; the answer is filled in. */
static bool user_exists(struct http_response *response, const struct order *order)
{
    struct redis_command c;
    struct redisReply *reply;

    account_password(&c, username_view(&order->user));
    if (!ask_queue(response, &c, &reply))
        return false;
    bool exists = !reply_is_nil(reply);
    reply_free(reply);
    if (!exists)
        problem_field(response, PROBLEM_INVALID_FIELD, "user", "is nobody's name");
    return exists;
}

static void answer_queued(struct http_response *response, str id)
{
    char where[sizeof "/notify/" + ID_LEN];

    (void)snprintf(where, sizeof where, "/notify/%.*s", STR_ARG(id));
    response->status = 202;
    http_response_header(response, "Location", str_of(where));
    json_open(&response->body, NULL, '{');
    json_put_str(&response->body, "id", id);
    json_put_str(&response->body, "status", STR("queued"));
    json_close(&response->body, '}');
}

static void answer(struct app *app, struct http_response *response, const struct redisReply *reply)
{
    str id;

    switch (notify_accept_answer(reply, &id)) {
    case NOTIFY_NEW:
        metric_add(&accepted, 1);
        answer_queued(response, id);
        office_wake(app->office);
        break;
    case NOTIFY_SAME: answer_queued(response, id); break;
    case NOTIFY_REUSED: problem_answer(response, PROBLEM_KEY_REUSED, NULL); break;
    case NOTIFY_FULL:
        metric_add(&refused_full, 1);
        problem_answer(response, PROBLEM_UNAVAILABLE, "The queue is full; try again later.");
        break;
    case NOTIFY_UNKNOWN: problem_answer(response, PROBLEM_UNAVAILABLE, NULL); break;
    }
}

static void accept_order(struct http_request *request, struct http_response *response,
                         const struct order *order)
{
    struct app *app = app_of(request);
    const struct notification_settings *settings = &app->settings;
    const struct notify_keep keep = notification_settings_keep(settings);
    char hash[ORDER_HASH_HEX];
    char once[ONCE_MAX + 1] = "";
    struct id id = id_new();
    struct redis_command c;
    struct redisReply *reply;

    order_hash(order, hash);
    if (!str_is_none(request->idempotency_key))
        (void)snprintf(once, sizeof once, "%s %.*s", request->caller.user.text,
                       STR_ARG(request->idempotency_key));
    const struct new_notification n = {
        .id = str_of(id.text),
        .user = username_view(&order->user),
        .priority = order->priority,
        .title = order->title,
        .body = order->body,
        .event = order->event,
        .data = order->data.n > 0 ? buf_view(&order->data) : STR(""),
        .collapse = order->collapse,
        .ttl_ms = order->ttl_s * MS_PER_S,
        .once = str_of(once),
        .once_hash = str_of(hash),
        .once_ms = settings->idempotency_s * MS_PER_S,
    };
    notify_accept(&c, &n, settings->queue_max, &keep);
    if (!ask_queue(response, &c, &reply))
        return;
    answer(app, response, reply);
    reply_free(reply);
}

HANDLER(notification_accept)
{
    const struct notification_settings *settings = &app_of(request)->settings;
    const struct order_limits limits = {settings->content_max, settings->ttl_default_s,
                                        settings->ttl_max_s};
    struct json_in in;
    struct order order;

    if (!idempotency_key_accept(request, response) || !http_input_json(request, response, &in))
        return;
    order_read(&in, &limits, &order);
    if (!http_input_bad(&in, response) && user_exists(response, &order))
        accept_order(request, response, &order);
    order_fini(&order);
    json_in_close(&in);
}
