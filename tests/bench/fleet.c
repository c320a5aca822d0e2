#include "fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "ws_client.h"

#define PATH "/chat"
#define SIGN_IN_WAVE 64
#define EVENTS_MAX 512
#define ROOM_BYTES ((size_t)1024 * 1024)
#define STALLED_MS 20000

struct fleet {
    struct fleet_options options;
    struct ws_client *clients;
    bool *is_ready;
    bool *wants_out;
    size_t opened;
    size_t ready;
    int64_t now_us;
    char *room;
    int epoll;
};

struct fleet *fleet_new(const struct fleet_options *options)
{
    struct fleet *fleet = mem_zalloc(sizeof *fleet);
    fleet->options = *options;
    fleet->clients = mem_zalloc(options->clients * sizeof *fleet->clients);
    fleet->is_ready = mem_zalloc(options->clients * sizeof *fleet->is_ready);
    fleet->wants_out = mem_zalloc(options->clients * sizeof *fleet->wants_out);
    fleet->room = mem_alloc(ROOM_BYTES);
    fleet->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (fleet->epoll < 0)
        die("epoll_create1: %s", strerror(errno));
    return fleet;
}

void fleet_free(struct fleet *fleet)
{
    for (size_t i = 0; i < fleet->opened; i++)
        ws_client_close(&fleet->clients[i]);
    (void)close(fleet->epoll);
    free(fleet->room);
    free(fleet->wants_out);
    free(fleet->is_ready);
    free(fleet->clients);
    free(fleet);
}

static void watch(struct fleet *fleet, size_t client, int operation)
{
    bool out = fleet->clients[client].unsent.n > 0;
    struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0u), .data.u64 = client};
    if (operation == EPOLL_CTL_MOD && fleet->wants_out[client] == out)
        return;
    fleet->wants_out[client] = out;
    if (epoll_ctl(fleet->epoll, operation, fleet->clients[client].fd, &event) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void on_text(void *context, struct ws_client *ws, str text)
{
    struct fleet *fleet = context;
    size_t client = (size_t)(ws - fleet->clients);

    if (fleet->is_ready[client]) {
        fleet->options.on_text(fleet->options.context, client, text, fleet->now_us);
        return;
    }
    if (!str_starts(text, STR("{\"type\":\"ready\"")))
        die("the first frame is not `ready`: %.*s", (int)(text.n < 200 ? text.n : 200), text.p);
    fleet->is_ready[client] = true;
    fleet->ready++;
}

static void serve(struct fleet *fleet, size_t client, uint32_t events)
{
    struct ws_client *ws = &fleet->clients[client];

    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
        fleet->now_us = clock_mono_us();
        ws_client_read(ws, fleet->room, ROOM_BYTES, on_text, fleet);
    }
    if (events & EPOLLOUT)
        ws_client_flush(ws);
    if (ws->state == WS_CLIENT_CLOSED)
        die("connection %zu was lost", client);
    watch(fleet, client, EPOLL_CTL_MOD);
}

void fleet_turn(struct fleet *fleet, int timeout_ms)
{
    struct epoll_event events[EVENTS_MAX];
    int n = epoll_wait(fleet->epoll, events, EVENTS_MAX, timeout_ms);

    if (n < 0 && errno != EINTR)
        die("epoll_wait: %s", strerror(errno));
    for (int i = 0; i < n; i++)
        serve(fleet, events[i].data.u64, events[i].events);
}

static void open_next(struct fleet *fleet)
{
    size_t client = fleet->opened++;
    struct in_addr source = {htonl(INADDR_ANY)};
    if (fleet->options.source_addresses > 0)
        source.s_addr =
            htonl(INADDR_LOOPBACK + (uint32_t)(client % fleet->options.source_addresses));
    ws_client_open(&fleet->clients[client], &fleet->options.server, source, PATH,
                   fleet->options.token(fleet->options.context, client));
    watch(fleet, client, EPOLL_CTL_ADD);
}

void fleet_sign_in(struct fleet *fleet)
{
    int64_t progress_ms = clock_mono_ms();
    size_t ready_then = 0;

    while (fleet->ready < fleet->options.clients) {
        while (fleet->opened < fleet->options.clients &&
               fleet->opened - fleet->ready < SIGN_IN_WAVE)
            open_next(fleet);
        fleet_turn(fleet, 100);
        if (fleet->ready > ready_then) {
            ready_then = fleet->ready;
            progress_ms = clock_mono_ms();
        } else if (clock_mono_ms() - progress_ms > STALLED_MS) {
            die("sign-in stalled: %zu connected, %zu ready", fleet->opened, fleet->ready);
        }
    }
}

void fleet_send(struct fleet *fleet, size_t client, str text)
{
    ws_client_send(&fleet->clients[client], text);
    watch(fleet, client, EPOLL_CTL_MOD);
}
