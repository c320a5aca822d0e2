#include "accounts.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "figures.h"
#include "json/json_out.h"

#define REQUEST_TIMEOUT_S 30L
#define HTTP_CREATED 201L
#define RUN_LEN 6
#define BODY_MAX 65000 /* of what a request may have */

struct accounts {
    CURL *curl;
    char *api_url;
    char run[RUN_LEN + 1]; /* part of every name */
    struct account *list;
    size_t n;
};

static size_t keep_body(char *bytes, size_t size, size_t n, void *context)
{
    struct buf *body = context;
    buf_add(body, bytes, size * n);
    return size * n;
}

static struct curl_slist *headers_for(const char *token)
{
    struct buf line = {0};
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (token) {
        buf_printf(&line, "Authorization: Bearer %s", token);
        headers = curl_slist_append(headers, buf_cstr(&line));
    }
    buf_fini(&line);
    return headers;
}

/* Sends JSON and returns the answer, which must be 201. */
static json_t *request(struct accounts *accounts, const char *method, const char *path,
                       const char *token, str body)
{
    struct buf url = {0};
    struct buf answer = {0};
    long status = 0;
    struct curl_slist *headers = headers_for(token);

    buf_printf(&url, "%s%s", accounts->api_url, path);
    curl_easy_setopt(accounts->curl, CURLOPT_URL, buf_cstr(&url));
    curl_easy_setopt(accounts->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(accounts->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(accounts->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
    curl_easy_setopt(accounts->curl, CURLOPT_POSTFIELDS, body.p);
    curl_easy_setopt(accounts->curl, CURLOPT_WRITEFUNCTION, keep_body);
    curl_easy_setopt(accounts->curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(accounts->curl, CURLOPT_TIMEOUT, REQUEST_TIMEOUT_S);
    CURLcode code = curl_easy_perform(accounts->curl);
    curl_easy_getinfo(accounts->curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != HTTP_CREATED)
        die("%s %s: %s, status %ld: %.*s", method, buf_cstr(&url), curl_easy_strerror(code), status,
            STR_ARG(buf_view(&answer)));
    json_t *json = json_loadb(answer.p, answer.n, 0, NULL);
    if (json == NULL)
        die("%s %s: the answer is not JSON", method, buf_cstr(&url));
    curl_slist_free_all(headers);
    buf_fini(&answer);
    buf_fini(&url);
    return json;
}

static void sign_up(struct accounts *accounts, size_t i)
{
    struct account *account = &accounts->list[i];
    struct buf body = {0};
    const char *token;

    (void)snprintf(account->name, sizeof account->name, "b%s-%zu", accounts->run, i);
    json_open(&body, NULL, '{');
    json_put_str(&body, "username", str_of(account->name));
    json_put_str(&body, "password", STR(ACCOUNT_PASSWORD));
    json_close(&body, '}');
    json_t *answer = request(accounts, "POST", "/api/signup", NULL, buf_view(&body));
    if (json_unpack(answer, "{s:s}", "access_token", &token) != 0)
        die("the answer to a sign-up has no access_token");
    account->token = str_dup(str_of(token));
    json_decref(answer);
    buf_fini(&body);
}

struct accounts *accounts_new(const char *api_url, size_t n)
{
    struct accounts *accounts = mem_zalloc(sizeof *accounts);
    struct id id = id_new();

    if (api_url == NULL)
        die("--api is missing");
    accounts->curl = curl_easy_init();
    accounts->api_url = str_dup(str_of(api_url));
    memcpy(accounts->run, id.text, RUN_LEN);
    accounts->list = mem_zalloc(n * sizeof *accounts->list);
    accounts->n = n;
    for (size_t i = 0; i < n; i++)
        sign_up(accounts, i);
    return accounts;
}

void accounts_free(struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->n; i++)
        free(accounts->list[i].token);
    free(accounts->list);
    free(accounts->api_url);
    curl_easy_cleanup(accounts->curl);
    free(accounts);
}

const struct account *account_at(const struct accounts *accounts, size_t i)
{
    return &accounts->list[i];
}

/* A room of as many as fit into one request; returns how many did. */
static size_t open_room(struct accounts *accounts, const struct account *members, size_t n,
                        struct conversation_id *room_out)
{
    struct buf body = {0};
    const char *id;
    size_t taken = 1;

    json_open(&body, NULL, '{');
    json_put_str(&body, "name", STR("Bench"));
    json_open(&body, "members", '[');
    while (taken < n && body.n < BODY_MAX)
        json_put_str(&body, NULL, str_of(members[taken++].name));
    json_close(&body, ']');
    json_close(&body, '}');
    json_t *answer =
        request(accounts, "POST", "/api/conversations", members[0].token, buf_view(&body));
    if (json_unpack(answer, "{s:{s:s}}", "conversation", "id", &id) != 0)
        die("the answer has no conversation.id");
    (void)snprintf(room_out->text, sizeof room_out->text, "%s", id);
    json_decref(answer);
    buf_fini(&body);
    return taken;
}

struct conversation_id accounts_make_room(struct accounts *accounts, size_t first, size_t n)
{
    const struct account *members = &accounts->list[first];
    struct conversation_id room;
    struct buf path = {0};

    for (size_t i = open_room(accounts, members, n, &room); i < n; i++) {
        buf_clear(&path);
        buf_printf(&path, "/api/conversations/%s/members/%s", room.text, members[i].name);
        json_decref(request(accounts, "PUT", buf_cstr(&path), members[0].token, STR("{}")));
    }
    buf_fini(&path);
    return room;
}
