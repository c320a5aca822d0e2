/* There is a watcher for each file descriptor that curl wants to be watched, until it is closed.
 *
 * Between two requests on one connection curl wants it not to be watched for a moment. That would be two system calls
 * for each request, so it is taken out only when something comes that nobody wants, or when it is closed. Of what curl
 * opens by itself (its resolver's pairs) nobody hears when it is closed: that goes as soon as curl says so. */
#include "curl_loop.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

struct watcher {
    uv_poll_t poll;
    struct curl_loop *loop;
    int fd;
    bool is_connection; /* curl_loop_socket() has made it, so on_close() will close it */
    int wanted;         /* events of libuv's that curl wants */
    int watched;        /* that libuv waits for */
};

struct curl_loop {
    uv_loop_t *uv;
    CURLM *multi;
    curl_loop_ended_fn *ended;
    uv_timer_t timer;
    uv_idle_t
        at_once; /* a timer of 0 ms, set by a timer, would come before libuv looks at any socket, again and again */
    struct watcher **watchers; /* by file descriptor */
    size_t n_watchers;
    size_t handles; /* of libuv's, still to be closed */
};

static void look_for_ended(struct curl_loop *l)
{
    const CURLMsg *message;
    int left;
    void *context;

    while ((message = curl_multi_info_read(l->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result;
        (void)curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &context);
        l->ended(context, code);
    }
}

static void unwatch(struct watcher *w)
{
    w->watched = 0;
    (void)uv_poll_stop(&w->poll);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watcher *w = poll->data;
    struct curl_loop *l = w->loop;
    int flags = status < 0 ? CURL_CSELECT_ERR : 0;
    int running;

    if (status < 0)
        w->watched = 0; /* libuv has stopped it */
    if (w->wanted == 0) {
        unwatch(w);
        return;
    }
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    (void)curl_multi_socket_action(l->multi, w->fd, flags, &running);
    look_for_ended(l);
}

static void time_is_up(struct curl_loop *l)
{
    int running;

    (void)curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look_for_ended(l);
}

static void on_timer(uv_timer_t *timer)
{
    time_is_up(timer->data);
}

static void on_idle(uv_idle_t *idle)
{
    (void)uv_idle_stop(idle);
    time_is_up(idle->data);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *context)
{
    struct curl_loop *l = context;

    (void)multi;
    (void)uv_idle_stop(&l->at_once);
    (void)uv_timer_stop(&l->timer);
    if (timeout_ms == 0)
        (void)uv_idle_start(&l->at_once, on_idle);
    else if (timeout_ms > 0)
        (void)uv_timer_start(&l->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

static void make_room(struct curl_loop *l, size_t n)
{
    if (n <= l->n_watchers)
        return;
    l->watchers = mem_array(l->watchers, n, sizeof(struct watcher *));
    memset(l->watchers + l->n_watchers, 0, (n - l->n_watchers) * sizeof(struct watcher *));
    l->n_watchers = n;
}

static struct watcher *watcher_of(struct curl_loop *l, int fd)
{
    make_room(l, (size_t)fd + 1);
    if (l->watchers[fd] == NULL) {
        struct watcher *w = mem_zalloc(sizeof *w);
        w->loop = l;
        w->fd = fd;
        w->poll.data = w;
        CHECK(uv_poll_init(l->uv, &w->poll, fd) == 0);
        l->watchers[fd] = w;
        l->handles++;
    }
    return l->watchers[fd];
}

static void handle_gone(struct curl_loop *l)
{
    if (--l->handles > 0)
        return;
    free(l->watchers);
    free(l);
}

static void watcher_closed(uv_handle_t *handle)
{
    struct watcher *w = handle->data;
    struct curl_loop *l = w->loop;

    free(w);
    handle_gone(l);
}

/* Before its number is anybody else's. */
static void drop(struct watcher *w)
{
    w->loop->watchers[w->fd] = NULL;
    uv_close((uv_handle_t *)&w->poll, watcher_closed);
}

static int on_watch_wanted(CURL *easy, curl_socket_t fd, int what, void *context, void *none)
{
    struct watcher *w = watcher_of(context, fd);

    (void)easy;
    (void)none;
    w->wanted = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
        w->wanted |= UV_READABLE;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
        w->wanted |= UV_WRITABLE;
    if (w->wanted == 0 && !w->is_connection)
        drop(w);
    if (w->wanted == 0 || w->wanted == w->watched)
        return 0;
    w->watched = w->wanted;
    (void)uv_poll_start(&w->poll, w->watched, on_ready);
    return 0;
}

static int on_close(void *context, curl_socket_t fd)
{
    const struct curl_loop *l = context;

    if ((size_t)fd < l->n_watchers && l->watchers[fd] != NULL)
        drop(l->watchers[fd]);
    return close(fd);
}

curl_socket_t curl_loop_socket(struct curl_loop *l, const struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    if (fd >= 0)
        watcher_of(l, fd)->is_connection = true;
    return fd;
}

struct curl_loop *curl_loop_open(uv_loop_t *loop, long connections_max, curl_loop_ended_fn *ended)
{
    struct curl_loop *l = mem_zalloc(sizeof *l);

    l->uv = loop;
    l->ended = ended;
    l->multi = curl_multi_init();
    CHECK(l->multi != NULL);
    (void)uv_timer_init(loop, &l->timer);
    (void)uv_idle_init(loop, &l->at_once);
    l->timer.data = l->at_once.data = l;
    l->handles = 2;
    (void)curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_watch_wanted);
    (void)curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
    (void)curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    (void)curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
    (void)curl_multi_setopt(l->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    (void)curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, connections_max);
    return l;
}

static void closed(uv_handle_t *handle)
{
    handle_gone(handle->data);
}

void curl_loop_close(struct curl_loop **loop)
{
    struct curl_loop *l = *loop;

    *loop = NULL;
    (void)curl_multi_cleanup(l->multi);
    uv_close((uv_handle_t *)&l->timer, closed);
    uv_close((uv_handle_t *)&l->at_once, closed);
    for (size_t i = 0; i < l->n_watchers; i++)
        if (l->watchers[i] != NULL)
            drop(l->watchers[i]);
}

void curl_loop_add(struct curl_loop *l, CURL *easy)
{
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    (void)curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, l);
    CHECK(curl_multi_add_handle(l->multi, easy) == CURLM_OK);
}

void curl_loop_remove(struct curl_loop *l, CURL *easy)
{
    (void)curl_multi_remove_handle(l->multi, easy);
}
