/*   courier ── two webs of connections, to users' URLs and to the operator's (curl_loop.h)
 *      └────── trips: a request each, and the easy handle that sends it; kept and used again */
#include "courier.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "address.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "curl_loop.h"
#include "daemon/daemon.h"

#define HEAD_MAX 32768   /* bytes of an answer's header lines */
#define READ_BUFFER 4096 /* answers are short */
#define SPARE_TRIPS_MAX 256
#define HEADERS_MAX 16 /* more than any channel needs */
#define SMTP_BAD 400

struct trip {
    struct channel_request request; /* first: courier_request() hands it out */
    struct courier *courier;
    struct curl_loop *web;
    courier_done_fn *done;
    void *context;
    CURL *easy; /* that sends it */
    CURL *http; /* the one for HTTP, kept; NULL: not needed yet */
    bool mail;
    struct curl_slist headers[HEADERS_MAX]; /* over the request's lines, not copies of them */
    struct curl_slist *to;
    struct buf head;
    struct buf body;
    size_t sent; /* of a mail */
    bool forbidden;
    bool too_long;
    struct trip *next;
    struct trip *previous;
};

enum { OF_USERS, OF_OPERATOR, WEBS };

struct courier {
    struct courier_options options;
    struct curl_loop *webs[WEBS];
    struct trip *under_way;
    struct trip *spare;
    size_t n_spare;
};

void courier_setup(void)
{
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

/* ---- what curl calls while a trip is under way ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *context)
{
    struct trip *t = context;
    size_t room = CHANNEL_ANSWER_MAX - t->body.n;

    n *= size;
    t->too_long = n > room;
    buf_add(&t->body, bytes, n < room ? n : room);
    return t->too_long ? 0 : n; /* 0: curl ends it */
}

/* Another status line begins: that of the last answer counts (after 100 Continue). */
static size_t on_head(char *bytes, size_t size, size_t n, void *context)
{
    struct trip *t = context;

    n *= size;
    if (str_starts(str_from(bytes, n), STR("HTTP/")))
        buf_clear(&t->head);
    if (n > HEAD_MAX - t->head.n) {
        t->too_long = true;
        return 0;
    }
    buf_add(&t->head, bytes, n);
    return n;
}

static size_t on_mail(char *to, size_t size, size_t n, void *context)
{
    struct trip *t = context;
    str rest = str_skip(buf_view(&t->request.body), t->sent);

    n = n * size < rest.n ? n * size : rest.n;
    if (n > 0)
        memcpy(to, rest.p, n);
    t->sent += n;
    return n;
}

/* curl sends a mail again from the start on another connection when the one that was kept is dead. */
static int on_mail_again(void *context, curl_off_t offset, int origin)
{
    struct trip *t = context;

    if (origin != SEEK_SET || offset < 0 || (size_t)offset > t->request.body.n)
        return CURL_SEEKFUNC_CANTSEEK;
    t->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static curl_socket_t on_socket_wanted(void *context, curlsocktype purpose,
                                      struct curl_sockaddr *address)
{
    struct trip *t = context;

    (void)purpose;
    if (t->request.url_is_users && !t->courier->options.allow_private &&
        !address_is_public(&address->addr)) {
        t->forbidden = true;
        errno = EACCES;
        return CURL_SOCKET_BAD;
    }
    return curl_loop_socket(t->web, address);
}

/* ---- what is the same for all requests ---- */

static void set_common(struct trip *t)
{
    const struct courier_options *o = &t->courier->options;
    CURL *e = t->easy;

    (void)curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    (void)curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)READ_BUFFER);
    (void)curl_easy_setopt(e, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
    (void)curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, t->mail ? "smtp,smtps" : "http,https");
    (void)curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_ms);
    (void)curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
                           (long)(t->mail ? o->mail_timeout_ms : o->timeout_ms));
    (void)curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_socket_wanted);
    (void)curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, t);
    (void)curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_head);
    (void)curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
    /* A name that does not resolve in time must not hold up the loop: its thread is left to end by itself. */
    (void)curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    if (o->ca_file[0] != '\0')
        (void)curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file);
}

static void set_mail(struct trip *t)
{
    CURL *e = t->easy;

    (void)curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(e, CURLOPT_READFUNCTION, on_mail);
    (void)curl_easy_setopt(e, CURLOPT_READDATA, t);
    (void)curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_mail_again);
    (void)curl_easy_setopt(e, CURLOPT_SEEKDATA, t);
}

/* ---- trips ---- */

static enum channel_result result_of(const struct trip *t, CURLcode code, int status)
{
    if (t->too_long)
        return CHANNEL_TOO_LONG;
    if (t->mail && status >= SMTP_BAD)
        return CHANNEL_ANSWERED;
    switch (code) {
    case CURLE_OK: return CHANNEL_ANSWERED;
    case CURLE_OPERATION_TIMEDOUT: return CHANNEL_TIMED_OUT;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED: return CHANNEL_BAD_TLS;
    default: return t->forbidden ? CHANNEL_FORBIDDEN_ADDRESS : CHANNEL_UNREACHABLE;
    }
}

static void trip_link(struct trip *t)
{
    struct courier *c = t->courier;

    t->previous = NULL;
    t->next = c->under_way;
    if (c->under_way)
        c->under_way->previous = t;
    c->under_way = t;
}

static void trip_unlink(struct trip *t)
{
    if (t->previous)
        t->previous->next = t->next;
    else
        t->courier->under_way = t->next;
    if (t->next)
        t->next->previous = t->previous;
    t->next = t->previous = NULL;
}

static void end_mail(struct trip *t)
{
    if (!t->mail)
        return;
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->to);
    t->to = NULL;
    t->mail = false;
}

static void trip_free(struct trip *t)
{
    channel_request_fini(&t->request);
    end_mail(t);
    curl_easy_cleanup(t->http);
    buf_fini(&t->head);
    buf_fini(&t->body);
    free(t);
}

/* Its easy handle is kept as it is: all that differs between two requests over HTTP is set for each. (The connection is
 * the web's.) */
static void trip_recycle(struct trip *t)
{
    struct courier *c = t->courier;

    if (c->n_spare == SPARE_TRIPS_MAX) {
        trip_free(t);
        return;
    }
    channel_request_clear(&t->request);
    end_mail(t);
    buf_clear(&t->head);
    if (t->body.n > 0)
        sodium_memzero(t->body.p, t->body.n); /* it may have been a token */
    buf_clear(&t->body);
    t->sent = 0;
    t->forbidden = t->too_long = false;
    t->next = c->spare;
    c->spare = t;
    c->n_spare++;
}

static struct trip *trip_new(struct courier *c)
{
    struct trip *t = c->spare;

    if (t != NULL) {
        c->spare = t->next;
        c->n_spare--;
        return t;
    }
    t = mem_zalloc(sizeof *t);
    t->courier = c;
    return t;
}

static void new_easy(struct trip *t)
{
    t->easy = curl_easy_init();
    CHECK(t->easy != NULL);
    set_common(t);
}

static void set_easy(struct trip *t)
{
    t->mail = t->request.transport == CHANNEL_SMTP;
    t->easy = t->mail ? NULL : t->http;
    if (t->easy == NULL)
        new_easy(t);
    if (t->mail)
        set_mail(t);
    else
        t->http = t->easy;
}

static void arrive(void *context, CURLcode code)
{
    struct trip *t = context;
    long status = 0;

    (void)curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_loop_remove(t->web, t->easy);
    const struct channel_response response = {
        .result = result_of(t, code, (int)status),
        .status = (int)status,
        .headers = buf_view(&t->head),
        .body = buf_view(&t->body),
        .now_ms = clock_wall_ms(),
    };
    trip_unlink(t);
    t->done(t->context, &response);
    trip_recycle(t);
}

/* ---- open and close ---- */

struct courier *courier_open(uv_loop_t *loop, const struct courier_options *options)
{
    struct courier *c = mem_zalloc(sizeof *c);

    c->options = *options;
    for (size_t i = 0; i < WEBS; i++)
        c->webs[i] = curl_loop_open(loop, (long)options->connections_max, arrive);
    return c;
}

void courier_close(struct courier **courier)
{
    struct courier *c = *courier;
    struct trip *t;

    *courier = NULL;
    while ((t = c->under_way) != NULL) {
        c->under_way = t->next;
        curl_loop_remove(t->web, t->easy);
        trip_free(t);
    }
    while ((t = c->spare) != NULL) {
        c->spare = t->next;
        trip_free(t);
    }
    for (size_t i = 0; i < WEBS; i++)
        curl_loop_close(&c->webs[i]);
    free(c);
}

/* ---- sending ---- */

/* curl waits for no 100 Continue, as bodies are far below 1 MiB. What it is told as a header it formats once, a
 * CURLOPT_USERAGENT twice. */
static struct curl_slist *list_headers(struct trip *t)
{
    static char agent[] = "User-Agent: ChatApp/" CHATAPP_VERSION;
    size_t n = 0;
    size_t at = 0;
    char *line;

    while ((line = channel_request_header_at(&t->request, &at)) != NULL) {
        CHECK(n < HEADERS_MAX - 1);
        t->headers[n] = (struct curl_slist){line, &t->headers[n + 1]};
        n++;
    }
    t->headers[n] = (struct curl_slist){agent, NULL};
    return t->headers;
}

static void address_http(struct trip *t)
{
    struct channel_request *r = &t->request;
    CURL *e = t->easy;
    bool plain = str_starts(buf_view(&r->url), STR("http:"));

    (void)curl_easy_setopt(e, CURLOPT_HTTPHEADER, list_headers(t));
    (void)curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.n);
    (void)curl_easy_setopt(e, CURLOPT_POSTFIELDS, buf_cstr(&r->body));
    (void)curl_easy_setopt(e, CURLOPT_DISALLOW_USERNAME_IN_URL, r->url_is_users ? 1L : 0L);
    (void)curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                           r->http2 && plain ? (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                                             : (long)CURL_HTTP_VERSION_2TLS);
    (void)curl_easy_setopt(e, CURLOPT_PIPEWAIT, r->http2 ? 1L : 0L);
}

static void address_mail(struct trip *t)
{
    struct channel_request *r = &t->request;
    CURL *e = t->easy;

    t->to = curl_slist_append(NULL, buf_cstr(&r->to));
    (void)curl_easy_setopt(e, CURLOPT_MAIL_FROM, buf_cstr(&r->from));
    (void)curl_easy_setopt(e, CURLOPT_MAIL_RCPT, t->to);
    (void)curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->body.n);
    (void)curl_easy_setopt(e, CURLOPT_USE_SSL,
                           r->tls_required ? (long)CURLUSESSL_ALL : (long)CURLUSESSL_TRY);
    if (r->user.n == 0)
        return;
    (void)curl_easy_setopt(e, CURLOPT_USERNAME, buf_cstr(&r->user));
    (void)curl_easy_setopt(e, CURLOPT_PASSWORD, buf_cstr(&r->password));
}

struct channel_request *courier_request(struct courier *c)
{
    return &trip_new(c)->request;
}

void courier_drop(struct courier *c, struct channel_request *request)
{
    struct trip *t = (struct trip *)request;

    CHECK(t->courier == c);
    trip_recycle(t);
}

void courier_send(struct courier *c, struct channel_request *request, courier_done_fn *done,
                  void *context)
{
    struct trip *t = (struct trip *)request;

    CHECK(t->courier == c);
    trip_link(t);
    set_easy(t);
    t->web = c->webs[request->url_is_users ? OF_USERS : OF_OPERATOR];
    t->done = done;
    t->context = context;
    (void)curl_easy_setopt(t->easy, CURLOPT_URL, buf_cstr(&request->url));
    if (t->mail)
        address_mail(t);
    else
        address_http(t);
    curl_loop_add(t->web, t->easy);
}
