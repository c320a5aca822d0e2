#include "notifier.h"

#include <stdio.h>
#include <stdlib.h>

#include "auth/token.h"
#include "fmt.h"
#include "wait.h"

#define TOKEN_LIFE_S 3600
#define MS_PER_S 1000
#define IDS_KEPT 4096

const char *service_token(const struct stack *s, const char *name, const char *audience)
{
    struct claims claims = {.issued_s = clock_wall_ms() / MS_PER_S};
    struct signing_key key;
    struct keyset keys;
    struct buf why = {0};
    struct buf token = {0};

    if (keyset_open_file(fmt("%s/signing-key", s->dir.path), &key, &keys, &why) != OK)
        fail_at(HERE, "%s", buf_cstr(&why));
    if (username_parse(str_of(name), &claims.user) != OK)
        fail_at(HERE, "%s is no name", name);
    (void)snprintf(claims.audience, sizeof claims.audience, "%s", audience);
    claims.expires_s = claims.issued_s + TOKEN_LIFE_S;
    token_make(&key, &claims, &token);
    const char *kept = fmt("%s", buf_cstr(&token));
    buf_fini(&token);
    return kept;
}

/* Tests wait for long between making a thing and asking for it: longer than fmt() keeps its texts. */
static const char *keep_id(const char *id)
{
    static char kept[IDS_KEPT][ID_LEN + 1];
    static size_t next;
    char *to = kept[next++ % IDS_KEPT];

    (void)snprintf(to, sizeof kept[0], "%s", id);
    return to;
}

void notifier_start(struct notifier *n, struct stack *s, const char *name, const char *const *flags)
{
    *n = (struct notifier){.stack = s};
    daemon_init(&n->daemon, "notification-server", name, &s->dir, s->redis.url, flags);
    daemon_up(&n->daemon);
    (void)snprintf(n->token, sizeof n->token, "%s", service_token(s, "tester", "notify"));
}

void notifier_stop(struct notifier *n)
{
    bool runs = process_alive(&n->daemon.process);
    int status = runs ? daemon_terminate(&n->daemon) : n->daemon.process.status;

    http_fini(&n->http);
    if (status != 0 && (runs || status != 128 + 9)) {
        struct buf log = {0};
        process_log(&n->daemon.process, &log);
        (void)fprintf(stderr, "%s\n", buf_cstr(&log) + (log.n > 6000 ? log.n - 6000 : 0));
        fail_at(HERE, "%s ended with %d", n->daemon.name, status);
    }
    daemon_fini(&n->daemon);
}

const char *webhook_new(const struct user *u, const struct receiver *r, const char *path)
{
    const char *body =
        fmt("{\"channel\":\"webhook\",\"url\":\"http://127.0.0.1:%d%s\"}", r->port, path);
    json_t *answer = user_expect(u, 201, "POST", "/api/devices", body);

    return keep_id(TEXT_OF(ITEM_OF(answer, "device"), "id"));
}

const struct http_answer *notifier_do(struct notifier *n, const char *method, const char *path,
                                      const char *body)
{
    return http_at(&n->http, n->daemon.port, method, path, n->token, body);
}

const char *notify_at(struct where where, struct notifier *n, const char *key, const char *body)
{
    const char *headers[] = {key ? fmt("Idempotency-Key: %s", key) : NULL, NULL};

    n->http.headers = headers;
    const struct http_answer *a = notifier_do(n, "POST", "/notify", body);
    if (a->status != 202)
        fail_at(where, "POST /notify: %d %s", a->status, buf_cstr(&n->http.answer.text));
    expect_json_at(where, a->json, "{'id':'*','status':'queued'}");
    return keep_id(TEXT_OF(a->json, "id"));
}

json_t *notification_at(struct where where, struct notifier *n, const char *id)
{
    const struct http_answer *a = notifier_do(n, "GET", fmt("/notify/%s", id), NULL);

    if (a->status != 200)
        fail_at(where, "GET /notify/%s: %d %s", id, a->status, buf_cstr(&n->http.answer.text));
    return a->json;
}

bool notification_is(struct notifier *n, const char *id, const char *status)
{
    return strcmp(TEXT_OF(notification(n, id), "status"), status) == 0;
}

json_t *delivery_at(struct where where, struct notifier *n, const char *id)
{
    json_t *first = json_array_get(ITEM_OF(notification_at(where, n, id), "deliveries"), 0);

    if (first == NULL)
        fail_at(where, "%s has no delivery", id);
    return first;
}
