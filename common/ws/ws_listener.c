#include "ws/ws_listener.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "daemon/log.h"

#define WAITING_MAX                                                                                \
    4096 /* accepted: the kernel's queue is short, and who does not fit tries again seconds later */
#define TAKES_PER_TURN 64 /* then those already connected get their turn */
#define PAUSE_MS 100      /* after running out of file descriptors */

struct ws_listener {
    uv_poll_t poll;
    uv_timer_t pause;
    uv_idle_t turn; /* runs while somebody waits */
    int waiting[WAITING_MAX];
    size_t first;
    size_t n;
    int open_handles;
    int fd;
    ws_accepted_fn *accepted;
    void *context;
};

static void resume(uv_timer_t *timer);

static void take_some(uv_idle_t *turn)
{
    struct ws_listener *l = turn->data;

    for (int i = 0; i < TAKES_PER_TURN && l->n > 0; i++) {
        int fd = l->waiting[l->first];
        l->first = (l->first + 1) % WAITING_MAX;
        l->n--;
        l->accepted(l->context, fd);
    }
    if (l->n == 0)
        (void)uv_idle_stop(turn);
}

static void wait(struct ws_listener *l, int fd)
{
    l->waiting[(l->first + l->n++) % WAITING_MAX] = fd;
    if (!uv_is_active((uv_handle_t *)&l->turn))
        (void)uv_idle_start(&l->turn, take_some);
}

static void accept_some(uv_poll_t *poll, int status, int events)
{
    struct ws_listener *l = poll->data;
    (void)status;
    (void)events;

    while (l->n < WAITING_MAX) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            wait(l, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn("no file descriptor left for a new connection", F_INT("errno", errno));
            (void)uv_poll_stop(&l->poll); /* it would spin: the connection stays in the queue */
            (void)uv_timer_start(&l->pause, resume, PAUSE_MS, 0);
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

static void resume(uv_timer_t *timer)
{
    ws_listener_accept(timer->data);
}

struct ws_listener *ws_listener_open(uv_loop_t *loop, int fd, ws_accepted_fn *accepted,
                                     void *context)
{
    struct ws_listener *l = mem_zalloc(sizeof *l);
    int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* those accepted inherit it */
    l->fd = fd;
    l->accepted = accepted;
    l->context = context;
    l->open_handles = 3;
    (void)uv_poll_init(loop, &l->poll, fd);
    (void)uv_timer_init(loop, &l->pause);
    (void)uv_idle_init(loop, &l->turn);
    l->poll.data = l;
    l->pause.data = l;
    l->turn.data = l;
    return l;
}

void ws_listener_accept(struct ws_listener *l)
{
    (void)uv_poll_start(&l->poll, UV_READABLE, accept_some);
}

static void handle_closed(uv_handle_t *handle)
{
    struct ws_listener *l = handle->data;
    if (--l->open_handles > 0)
        return;
    free(l);
}

void ws_listener_close(struct ws_listener **listener)
{
    struct ws_listener *l = *listener;
    if (l == NULL)
        return;
    *listener = NULL;
    (void)uv_poll_stop(&l->poll);
    (void)close(l->fd);
    for (; l->n > 0; l->n--, l->first = (l->first + 1) % WAITING_MAX)
        (void)close(l->waiting[l->first]);
    uv_close((uv_handle_t *)&l->poll, handle_closed);
    uv_close((uv_handle_t *)&l->turn, handle_closed);
    uv_close((uv_handle_t *)&l->pause, handle_closed);
}
