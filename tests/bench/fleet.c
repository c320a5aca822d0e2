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

#define CHAT_PATH "/chat"
#define SIGN_IN_WAVE 64
#define EVENTS_MAX 512
#define ROOM_BYTES ((size_t)1024 * 1024)
#define STALLED_MS 20000
#define TURN_MS 10

struct fleet {
    struct fleet_options options;
    struct ws_client *clients;
    bool *is_ready;
    bool *wants_out;
    int64_t *opened_us;
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
    fleet->opened_us = mem_zalloc(options->clients * sizeof *fleet->opened_us);
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
    free(fleet->opened_us);
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

static void is_in(struct fleet *fleet, size_t client)
{
    fleet->is_ready[client] = true;
    fleet->ready++;
    if (fleet->options.on_in)
        fleet->options.on_in(fleet->options.context, client,
                             fleet->now_us - fleet->opened_us[client]);
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
    is_in(fleet, client);
    if (fleet->options.ready_too)
        fleet->options.on_text(fleet->options.context, client, text, fleet->now_us);
}

static void read_client(struct fleet *fleet, size_t client)
{
    struct ws_client *ws = &fleet->clients[client];
    bool was_open = ws->state == WS_CLIENT_OPEN;

    fleet->now_us = clock_mono_us();
    ws_client_read(ws, fleet->room, ROOM_BYTES, on_text, fleet);
    if (was_open || ws->state != WS_CLIENT_OPEN)
        return;
    if (fleet->options.on_open)
        fleet->options.on_open(fleet->options.context, client);
    if (fleet->options.silent)
        is_in(fleet, client);
}

static void serve(struct fleet *fleet, size_t client, uint32_t events)
{
    struct ws_client *ws = &fleet->clients[client];

    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        read_client(fleet, client);
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

void fleet_turn_for(struct fleet *fleet, long seconds)
{
    int64_t end = clock_mono_ms() + seconds * 1000;
    while (clock_mono_ms() < end)
        fleet_turn(fleet, TURN_MS);
}

static void open_next(struct fleet *fleet)
{
    size_t client = fleet->opened++;
    struct in_addr source = {htonl(INADDR_ANY)};
    if (fleet->options.source_addresses > 0)
        source.s_addr =
            htonl(INADDR_LOOPBACK + (uint32_t)(client % fleet->options.source_addresses));
    const struct addresses *servers = &fleet->options.servers;
    fleet->opened_us[client] = clock_mono_us();
    ws_client_open(&fleet->clients[client], &servers->list[client % servers->n], source,
                   fleet->options.path ? fleet->options.path : CHAT_PATH,
                   fleet->options.token(fleet->options.context, client));
    watch(fleet, client, EPOLL_CTL_ADD);
}

void fleet_sign_in(struct fleet *fleet)
{
    int64_t progress_ms = clock_mono_ms();
    size_t ready_then = 0;
    size_t at_once = fleet->options.at_once > 0 ? fleet->options.at_once : SIGN_IN_WAVE;

    while (fleet->ready < fleet->options.clients) {
        while (fleet->opened < fleet->options.clients && fleet->opened - fleet->ready < at_once)
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
