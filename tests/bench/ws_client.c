#include "ws_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"
#include "figures.h"
#include "ws_frame.h"

/* ---- out ---- */

void ws_client_flush(struct ws_client *client)
{
    struct buf *out = &client->unsent;
    ssize_t n = send(client->fd, out->p, out->n, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        client->state = WS_CLIENT_CLOSED;
        return;
    }
    if (n > 0) {
        memmove(out->p, out->p + n, out->n - (size_t)n);
        out->n -= (size_t)n;
    }
}

static void send_frame(struct ws_client *client, enum ws_opcode opcode, str payload)
{
    bool idle = client->unsent.n == 0;
    ws_frame_add(&client->unsent, opcode, payload);
    if (idle)
        ws_client_flush(client);
}

void ws_client_send(struct ws_client *client, str text)
{
    send_frame(client, WS_TEXT, text);
}

static int connected_socket(const struct sockaddr_in *server, struct in_addr source)
{
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = source};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        die("socket: %s (ulimit -n?)", strerror(errno));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (source.s_addr != htonl(INADDR_ANY) &&
        bind(fd, (const struct sockaddr *)&from, sizeof from) < 0)
        die("bind: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) < 0 && errno != EINPROGRESS)
        die("connect: %s", strerror(errno));
    return fd;
}

void ws_client_open(struct ws_client *client, const struct sockaddr_in *server,
                    struct in_addr source, const char *path, const char *token)
{
    char host[INET_ADDRSTRLEN];
    *client =
        (struct ws_client){.fd = connected_socket(server, source), .state = WS_CLIENT_UPGRADING};

    (void)inet_ntop(AF_INET, &server->sin_addr, host, sizeof host);
    buf_printf(&client->unsent,
               "GET %s HTTP/1.1\r\nHost: %s:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: Y2hhdGFwcC1iZW5jaC1rZQ==\r\n",
               path, host, ntohs(server->sin_port));
    if (token)
        buf_printf(&client->unsent, "Authorization: Bearer %s\r\n", token);
    buf_add_str(&client->unsent, STR("\r\n"));
    ws_client_flush(client);
}

void ws_client_close(struct ws_client *client)
{
    if (client->state != WS_CLIENT_NONE)
        (void)close(client->fd);
    buf_fini(&client->unread);
    buf_fini(&client->unsent);
    *client = (struct ws_client){0};
}

/* ---- in ---- */

static void take_frame(struct ws_client *client, const struct ws_frame *frame,
                       ws_client_text_fn *on_text, void *context)
{
    if (frame->opcode == WS_TEXT && frame->final) {
        on_text(context, client, frame->payload);
    } else if (frame->opcode == WS_PING) {
        send_frame(client, WS_PONG, frame->payload);
    } else if (frame->opcode == WS_CLOSE) {
        unsigned code = frame->payload.n < 2 ? 0
                                             : (unsigned)(unsigned char)frame->payload.p[0] << 8 |
                                                   (unsigned char)frame->payload.p[1];
        note("the server closed a connection with code %u", code);
        client->state = WS_CLIENT_CLOSED;
    } else if (frame->opcode != WS_PONG) {
        die("a frame with opcode %d, final %d", frame->opcode, frame->final);
    }
}

/* How much of the answer to the upgrade was used: all of its head, or nothing yet. */
static size_t take_upgrade(struct ws_client *client, const char *bytes, size_t n)
{
    const char *end = memmem(bytes, n, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    if (!str_starts(str_from(bytes, n), STR("HTTP/1.1 101 ")))
        die("upgrade refused: %.*s", (int)(end - bytes), bytes);
    client->state = WS_CLIENT_OPEN;
    return (size_t)(end - bytes) + 4;
}

static size_t take_bytes(struct ws_client *client, char *bytes, size_t n,
                         ws_client_text_fn *on_text, void *context)
{
    struct ws_frame frame;
    size_t used = 0;
    size_t frame_n;

    if (client->state == WS_CLIENT_UPGRADING)
        used = take_upgrade(client, bytes, n);
    while (client->state == WS_CLIENT_OPEN &&
           (frame_n = ws_frame_next(bytes + used, n - used, &frame)) > 0) {
        used += frame_n;
        take_frame(client, &frame, on_text, context);
    }
    return used;
}

static void keep_rest(struct ws_client *client, const char *rest, size_t n)
{
    if (n == 0 && client->unread.p != NULL)
        buf_fini(&client->unread); /* thousands of clients: no memory while nothing waits */
    buf_clear(&client->unread);
    buf_add(&client->unread, rest, n);
}

void ws_client_read(struct ws_client *client, char *room, size_t room_n, ws_client_text_fn *on_text,
                    void *context)
{
    size_t kept = client->unread.n;
    CHECK(kept < room_n);
    if (kept > 0)
        memcpy(room, client->unread.p, kept);
    ssize_t n = recv(client->fd, room + kept, room_n - kept, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        client->state = WS_CLIENT_CLOSED;
        return;
    }
    size_t total = kept + (size_t)n;
    size_t used = take_bytes(client, room, total, on_text, context);
    keep_rest(client, room + used, total - used);
}
