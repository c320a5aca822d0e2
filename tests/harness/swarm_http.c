#include "swarm_http.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "fmt.h"
#include "wait.h"

struct exchange {
    CURL *curl;
    struct curl_slist *headers;
    struct buf text;
    swarm_http_fn *done;
    void *context;
};

struct swarm_http {
    CURLM *multi;
    size_t under_way;
};

struct swarm_http *swarm_http_new(void)
{
    struct swarm_http *http = mem_zalloc(sizeof *http);

    http->multi = curl_multi_init();
    return http;
}

static void exchange_free(struct swarm_http *http, struct exchange *e)
{
    (void)curl_multi_remove_handle(http->multi, e->curl);
    curl_easy_cleanup(e->curl);
    curl_slist_free_all(e->headers);
    buf_fini(&e->text);
    free(e);
    http->under_way--;
}

void swarm_http_free(struct swarm_http *http)
{
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    while (http->under_way > 0 && clock_mono_ms() < deadline) {
        swarm_http_turn(http);
        wait_a_little();
    }
    curl_multi_cleanup(http->multi);
    free(http);
}

static size_t collect(char *bytes, size_t size, size_t n, void *to)
{
    buf_add((struct buf *)to, bytes, size * n);
    return size * n;
}

void swarm_http_ask(struct swarm_http *http, int port, const char *method, const char *path,
                    const char *token, swarm_http_fn *done, void *context)
{
    struct exchange *e = mem_zalloc(sizeof *e);

    *e = (struct exchange){.curl = curl_easy_init(), .done = done, .context = context};
    e->headers = curl_slist_append(NULL, fmt("Authorization: Bearer %s", token));
    (void)curl_easy_setopt(e->curl, CURLOPT_URL, fmt("http://127.0.0.1:%d%s", port, path));
    (void)curl_easy_setopt(e->curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(e->curl, CURLOPT_HTTPHEADER, e->headers);
    (void)curl_easy_setopt(e->curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(e->curl, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
    (void)curl_easy_setopt(e->curl, CURLOPT_WRITEFUNCTION, collect);
    (void)curl_easy_setopt(e->curl, CURLOPT_WRITEDATA, &e->text);
    (void)curl_easy_setopt(e->curl, CURLOPT_PRIVATE, e);
    (void)curl_multi_add_handle(http->multi, e->curl);
    http->under_way++;
}

static void finish(struct swarm_http *http, CURL *curl, CURLcode result)
{
    struct exchange *e = NULL;
    long status = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_PRIVATE, &e);
    if (result == CURLE_OK)
        (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    json_t *answer = e->text.n > 0 ? json_loadb(e->text.p, e->text.n, 0, NULL) : NULL;
    e->done(e->context, (int)status, answer);
    json_decref(answer);
    exchange_free(http, e);
}

void swarm_http_turn(struct swarm_http *http)
{
    int running;
    int left;
    CURLMsg *message;

    if (http->under_way == 0)
        return;
    (void)curl_multi_perform(http->multi, &running);
    while ((message = curl_multi_info_read(http->multi, &left)) != NULL)
        if (message->msg == CURLMSG_DONE)
            finish(http, message->easy_handle, message->data.result);
}

size_t swarm_http_under_way(const struct swarm_http *http)
{
    return http->under_way;
}
