#include "http.h"

#include <curl/curl.h>
#include <strings.h>

#include "fail.h"
#include "fmt.h"
#include "wait.h"

static size_t collect(char *bytes, size_t size, size_t n, void *to)
{
    buf_add((struct buf *)to, bytes, size * n);
    return size * n;
}

/* Keeps only the last answer's headers: after 100 Continue comes another status line. */
static size_t collect_header(char *line, size_t size, size_t n, void *to)
{
    if (str_starts(str_from(line, n), STR("HTTP/")))
        buf_clear(to);
    return collect(line, size, n, to);
}

static void forget_answer(struct http *h)
{
    buf_clear(&h->answer.head);
    buf_clear(&h->answer.text);
    json_decref(h->answer.json);
    h->answer.json = NULL;
    h->answer.status = 0;
}

void http_fini(struct http *h)
{
    curl_easy_cleanup(h->curl);
    forget_answer(h);
    buf_fini(&h->answer.head);
    buf_fini(&h->answer.text);
    *h = (struct http){0};
}

static struct curl_slist *make_headers(const struct http *h, const char *token)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");

    if (token != NULL)
        list = curl_slist_append(list, fmt("Authorization: Bearer %s", token));
    for (const char *const *line = h->headers; line != NULL && *line != NULL; line++)
        list = curl_slist_append(list, *line);
    return list;
}

static void prepare(struct http *h, int port, const char *method, const char *path)
{
    if (h->curl == NULL)
        h->curl = curl_easy_init();
    curl_easy_reset(h->curl); /* options, not the connection */
    (void)curl_easy_setopt(h->curl, CURLOPT_URL, fmt("http://127.0.0.1:%d%s", port, path));
    (void)curl_easy_setopt(h->curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(h->curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(h->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(h->curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
    (void)curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, collect);
    (void)curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, &h->answer.text);
    (void)curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, collect_header);
    (void)curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, &h->answer.head);
    if (strcmp(method, "HEAD") == 0)
        (void)curl_easy_setopt(h->curl, CURLOPT_NOBODY, 1L);
}

const struct http_answer *http_bytes_at(struct http *h, int port, const char *method,
                                        const char *path, const char *token, str body)
{
    long status = 0;

    forget_answer(h);
    prepare(h, port, method, path);
    struct curl_slist *headers = make_headers(h, token);
    h->headers = NULL;
    (void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
    if (!str_is_none(body)) {
        (void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE, (long)body.n);
        (void)curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, body.p);
    }
    if (curl_easy_perform(h->curl) == CURLE_OK)
        (void)curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    h->answer.status = (int)status;
    h->answer.json = json_loadb(buf_cstr(&h->answer.text), h->answer.text.n, JSON_DECODE_ANY, NULL);
    return &h->answer;
}

const struct http_answer *http_at(struct http *h, int port, const char *method, const char *path,
                                  const char *token, const char *body)
{
    return http_bytes_at(h, port, method, path, token, str_of(body ? fmt_json(body) : NULL));
}

const char *http_header(const struct http_answer *answer, const char *name)
{
    str rest = buf_view(&answer->head);
    str line;

    while (str_split(&rest, '\n', &line)) {
        size_t n = strlen(name);
        if (line.n <= n || strncasecmp(line.p, name, n) != 0 || line.p[n] != ':')
            continue;
        const char *value = fmt("%.*s", STR_ARG(str_skip(line, n + 1)));
        value += strspn(value, " ");
        return fmt("%.*s", (int)strcspn(value, "\r"), value);
    }
    return NULL;
}

int http_status_of(int port, const char *path)
{
    struct http http = {0};
    int status = http_at(&http, port, "GET", path, NULL, NULL)->status;

    http_fini(&http);
    return status;
}
