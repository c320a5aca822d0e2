#include "forward.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <strings.h>

#include "base/check.h"
#include "base/mem.h"
#include "daemon/daemon.h"
#include "forward_headers.h"

#define KEPT_CONNECTIONS 8 /* of each handle: more servers than it talks to in turn */

/* Handles that nobody uses, the latest first: its connections are the freshest. */
struct spare {
    CURL *curl;
    struct spare *next;
};

struct forwarder {
    struct forward_options options;
    pthread_mutex_t lock;
    struct spare *spares;
    _Atomic bool aborted;
};

/* One call. */
struct transfer {
    struct forwarder *forwarder;
    struct http_response *response;
    struct curl_slist *headers;
    bool began;    /* a byte of an answer has come */
    bool has_head; /* all of its head, which libcurl does not insist on */
};

const char *forward_result_name(enum forward_result result)
{
    static const char *const NAMES[] = {
        [FORWARD_ANSWERED] = "answered",   [FORWARD_NOT_SENT] = "not_sent",
        [FORWARD_NO_ANSWER] = "no_answer", [FORWARD_BROKEN] = "broken",
        [FORWARD_LATE] = "late",
    };
    return NAMES[result];
}

/* ---- handles ---- */

struct forwarder *forwarder_new(const struct forward_options *options)
{
    struct forwarder *f = mem_zalloc(sizeof *f);

    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    f->options = *options;
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

void forwarder_free(struct forwarder **forwarder)
{
    struct forwarder *f = *forwarder;

    *forwarder = NULL;
    while (f->spares != NULL) {
        struct spare *spare = f->spares;
        f->spares = spare->next;
        curl_easy_cleanup(spare->curl);
        free(spare);
    }
    pthread_mutex_destroy(&f->lock);
    free(f);
    curl_global_cleanup();
}

void forwarder_abort(struct forwarder *f)
{
    atomic_store(&f->aborted, true);
}

static struct spare *borrow(struct forwarder *f)
{
    pthread_mutex_lock(&f->lock);
    struct spare *spare = f->spares;
    if (spare != NULL)
        f->spares = spare->next;
    pthread_mutex_unlock(&f->lock);
    if (spare == NULL) {
        spare = mem_zalloc(sizeof *spare);
        spare->curl = curl_easy_init();
        CHECK(spare->curl != NULL);
    }
    return spare;
}

static void give_back(struct forwarder *f, struct spare *spare)
{
    curl_easy_reset(spare->curl); /* keeps the connections */
    pthread_mutex_lock(&f->lock);
    spare->next = f->spares;
    f->spares = spare;
    pthread_mutex_unlock(&f->lock);
}

/* ---- the answer ---- */

static str trim(str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = str_skip(s, 1);
    while (s.n > 0 && strchr(" \t\r\n", s.p[s.n - 1]) != NULL)
        s.n--;
    return s;
}

/* One line of the answer's head. With a status line another answer begins: the one before was 100 or the like. */
static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *t = context;
    str rest = str_from(bytes, size * n);
    str name;

    t->began = true;
    t->has_head = trim(rest).n == 0;
    if (str_starts(rest, STR("HTTP/"))) {
        http_response_fini(t->response);
        return size * n;
    }
    (void)str_split(&rest, ':', &name);
    if (!str_is_none(rest))
        forward_header_take(t->response, name, trim(rest));
    return size * n;
}

/* Less than all of it: libcurl gives up. */
static size_t take_body(char *bytes, size_t size, size_t n, void *context)
{
    struct transfer *t = context;

    if (t->response->body.n + size * n > FORWARD_ANSWER_MAX)
        return 0;
    buf_add(&t->response->body, bytes, size * n);
    return size * n;
}

static int look_whether_aborted(void *context, curl_off_t down_total, curl_off_t down,
                                curl_off_t up_total, curl_off_t up)
{
    const struct transfer *t = context;

    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    return atomic_load_explicit(&t->forwarder->aborted, memory_order_relaxed);
}

/* ---- the request ---- */

static void add_header(struct transfer *t, const char *name, str value)
{
    struct buf line = {0};

    if (str_is_none(value))
        return;
    buf_printf(&line, "%s: %.*s", name, STR_ARG(value));
    t->headers = curl_slist_append(t->headers, buf_cstr(&line));
    CHECK(t->headers != NULL);
    buf_fini(&line);
}

static void add_headers(struct transfer *t, const struct http_request *request, str key)
{
    char parent[TRACE_PARENT_LEN + 1];

    trace_parent(&request->trace, parent);
    add_header(t, "Authorization", request->authorization);
    add_header(t, "Content-Type", request->body.n > 0 ? request->content_type : STR_NONE);
    add_header(t, "Idempotency-Key", key);
    add_header(t, "X-Request-Id", str_of(request->trace.request));
    add_header(t, "traceparent", str_of(parent));
    add_header(t, "Expect", STR("")); /* none: the body is small */
}

static void set_request(CURL *curl, const struct http_request *request, const char *base)
{
    struct buf url = {0};
    const char *method = http_method_name(request->method).p;

    buf_printf(&url, "%s%.*s", base, STR_ARG(request->path));
    if (request->query.n > 0)
        buf_printf(&url, "?%.*s", STR_ARG(request->query));
    (void)curl_easy_setopt(curl, CURLOPT_URL, buf_cstr(&url));
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    if (request->method == HTTP_POST) {
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.n);
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                               request->body.n > 0 ? request->body.p : "");
    } else {
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    }
    buf_fini(&url); /* libcurl has copied it */
}

static void set_rules(CURL *curl, struct transfer *t, bool once)
{
    const struct forward_options *options = &t->forwarder->options;

    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* none, whatever the environment says */
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "chatapp-api-server/" CHATAPP_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, (long)KEPT_CONNECTIONS);
    (void)curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, once ? 1L : 0L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)options->total_ms);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, t->headers);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_whether_aborted);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
}

/* ---- what became of it ---- */

static enum forward_result judge(CURL *curl, CURLcode code, const struct transfer *t)
{
    long sent = 0;
    long status = 0;

    (void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK && t->has_head && status >= 200 && status <= 599) {
        t->response->status = (int)status;
        return FORWARD_ANSWERED;
    }
    if (code == CURLE_OPERATION_TIMEDOUT && sent > 0)
        return FORWARD_LATE;
    if (t->began)
        return FORWARD_BROKEN;
    return sent > 0 ? FORWARD_NO_ANSWER : FORWARD_NOT_SENT;
}

enum forward_result forward(struct forwarder *f, const char *base,
                            const struct http_request *request, str key, bool once,
                            struct http_response *response)
{
    struct transfer t = {.forwarder = f, .response = response};
    struct spare *spare;

    if (atomic_load(&f->aborted))
        return FORWARD_NOT_SENT;
    spare = borrow(f);
    add_headers(&t, request, key);
    set_request(spare->curl, request, base);
    set_rules(spare->curl, &t, once);
    CURLcode code = curl_easy_perform(spare->curl);
    enum forward_result result = judge(spare->curl, code, &t);
    if (result != FORWARD_ANSWERED)
        http_response_fini(response);
    give_back(f, spare);
    curl_slist_free_all(t.headers);
    return result;
}
