#include "user.h"

#include <stdio.h>

#include "auth/base64url.h"
#include "auth/jws.h"
#include "base/ids.h"
#include "fmt.h"

static void read_session(struct user *u)
{
    char payload[1024];
    struct jws jws;
    size_t n;

    if (jws_split(str_of(u->access), &jws) != OK ||
        !base64url_read(jws.payload, payload, sizeof payload, &n))
        fail_at(HERE, "not a token: %s", u->access);
    json_t *claims = json_loadb(payload, n, 0, NULL);
    (void)snprintf(u->session, sizeof u->session, "%s", TEXT_OF(claims, "sid"));
    json_decref(claims);
}

void user_take_tokens(struct user *u, const json_t *answer)
{
    (void)snprintf(u->access, sizeof u->access, "%s", TEXT_OF(answer, "access_token"));
    (void)snprintf(u->refresh, sizeof u->refresh, "%s", TEXT_OF(answer, "refresh_token"));
    read_session(u);
}

struct user user_new(struct stack *s, const char *base)
{
    struct user u = {.stack = s};

    (void)snprintf(u.name, sizeof u.name, "%s%u", base, ++s->users);
    user_take_tokens(&u,
                     http_expect(s, 201, "POST", "/api/signup", NULL,
                                 fmt("{'username':'%s','password':'" USER_PASSWORD "'}", u.name)));
    return u;
}

struct user user_login(const struct user *u, const char *device)
{
    struct user again = *u;

    user_take_tokens(
        &again, http_expect(u->stack, 200, "POST", "/api/login", NULL,
                            fmt("{'username':'%s','password':'" USER_PASSWORD "','device':'%s'}",
                                u->name, device)));
    return again;
}

struct raw user_begin(const struct user *u, const char *method, const char *path)
{
    struct raw r = raw_open(u->stack->api.port);

    raw_send(&r, str_of(fmt("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
                            "Content-Length: 0\r\nConnection: close\r\n\r\n",
                            method, path, u->access)));
    return r;
}

void user_end_all(struct raw *requests, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        (void)raw_status(&requests[i]);
        raw_receive_to_end(&requests[i]);
        raw_close(&requests[i]);
    }
}

const char *direct_id(const struct user *a, const struct user *b)
{
    return fmt("%s", conversation_id_direct(str_of(a->name), str_of(b->name)).text);
}

const char *room_new(const struct user *owner, const char *name, const struct user *const *members)
{
    struct buf body = {0};

    buf_printf(&body, "{'name':'%s','members':[", name);
    for (size_t i = 0; members[i] != NULL; i++)
        buf_printf(&body, "%s'%s'", i ? "," : "", members[i]->name);
    buf_add_str(&body, STR("]}"));
    json_t *answer = user_expect(owner, 201, "POST", "/api/conversations", buf_cstr(&body));
    buf_fini(&body);
    return fmt("%s", TEXT_OF(ITEM_OF(answer, "conversation"), "id"));
}

static const char *bearer(const struct user *u)
{
    return fmt("Authorization: Bearer %s\r\n", u->access);
}

static struct ws *open_ready(const struct user *u, struct ws *ws, json_t **ready_out)
{
    ws_expect_status(ws, 101);
    json_t *ready =
        ws_expect_next(ws, "{'type':'ready','user':'%s','session':'%s'}", u->name, u->session);
    if (ready_out != NULL)
        *ready_out = ready;
    return ws;
}

struct ws *chat_open_ready(const struct user *u, int chat, json_t **ready_out)
{
    return open_ready(u, stack_socket(u->stack, chat, bearer(u)), ready_out);
}

struct ws *chat_open(const struct user *u, int chat)
{
    return chat_open_ready(u, chat, NULL);
}

struct ws *presence_open_ready(const struct user *u, int presence, json_t **ready_out)
{
    return open_ready(u, stack_presence_socket(u->stack, presence, bearer(u)), ready_out);
}

struct ws *presence_open(const struct user *u, int presence)
{
    return presence_open_ready(u, presence, NULL);
}

void befriend(const struct user *a, const struct user *b)
{
    (void)http_expect(a->stack, 201, "PUT", fmt("/api/contacts/%s", b->name), a->access, NULL);
    (void)http_expect(b->stack, 201, "PUT", fmt("/api/contacts/%s", a->name), b->access, NULL);
}
