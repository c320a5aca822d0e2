#include "abusers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "ws_frame.h"

#define MANY 500
#define SOME 100
#define BLOCK_BYTES ((size_t)64 * 1024)
#define BIG_TEXT ((size_t)16 * 1024)
#define BIG_RATE 100 /* a second */
#define SMALL_WINDOW 4096
#define TICK_MS 10
#define MS_PER_S 1000

/* ---- one of them ---- */

struct peer {
    int fd;
    size_t at;        /* in what it says over and over */
    struct buf block; /* that */
};

static void dial(struct peer *peer, const struct abusers *abusers)
{
    peer->at = 0;
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer->fd < 0)
        die("socket: %s (ulimit -n?)", strerror(errno));
    if (connect(peer->fd, (const struct sockaddr *)&abusers->server, sizeof abusers->server) < 0)
        die("connect: %s", strerror(errno));
}

static void say(const struct peer *peer, str text)
{
    (void)send(peer->fd, text.p, text.n, MSG_NOSIGNAL);
}

static void ask_for_upgrade(const struct peer *peer, const struct account *account)
{
    struct buf request = {0};

    buf_add_str(&request, STR("GET /chat HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\n"
                              "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: Y2hhdGFwcC1iZW5jaC1rZQ==\r\n"));
    if (account != NULL)
        buf_printf(&request, "Authorization: Bearer %s\r\n", account->token);
    buf_add_str(&request, STR("\r\n"));
    say(peer, buf_view(&request));
    buf_fini(&request);
}

/* Waits until the server has said `word`. */
static void wait_for(const struct peer *peer, const char *word)
{
    char text[BLOCK_BYTES];
    size_t n = 0;
    ssize_t got;

    while (n < sizeof text && (got = recv(peer->fd, text + n, sizeof text - n, 0)) > 0) {
        n += (size_t)got;
        if (memmem(text, n, word, strlen(word)) != NULL)
            return;
    }
    die("an abuser was not let in: %.*s", (int)(n < 200 ? n : 200), text);
}

static void sign_in(struct peer *peer, const struct abusers *abusers, size_t account)
{
    dial(peer, abusers);
    ask_for_upgrade(peer, &abusers->accounts[account]);
    wait_for(peer, "\"ready\"");
}

/* Discards what came; false: the connection is over. */
static bool read_away(const struct peer *peer)
{
    static char sink[1 << 20];
    ssize_t n = recv(peer->fd, sink, sizeof sink, MSG_DONTWAIT);

    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void hang_up(struct peer *peer)
{
    (void)close(peer->fd);
}

/* ---- those that say too much ---- */

static bool is_whole(const struct peer *peer)
{
    return peer->at == 0;
}

/* As much of its block as is taken, again and again. */
static void speak(struct peer *peer, size_t bytes_max)
{
    size_t left = peer->block.n - peer->at;
    ssize_t n = send(peer->fd, peer->block.p + peer->at, left < bytes_max ? left : bytes_max,
                     MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n > 0)
        peer->at = (peer->at + (size_t)n) % peer->block.n;
}

static void add_sends(struct buf *block, const struct abusers *abusers, int64_t *number)
{
    struct buf text = {0};

    buf_clear(block);
    while (block->n < BLOCK_BYTES) {
        buf_clear(&text);
        buf_printf(&text,
                   "{\"type\":\"send\",\"id\":\"f%ld\",\"conversation\":\"%s\",\"text\":\"x\"}",
                   ++*number, abusers->room.text);
        ws_frame_add(block, WS_TEXT, buf_view(&text));
    }
    buf_fini(&text);
}

/* What comes is read: who did not would be held back by TCP soon. */
static void flood(const struct abusers *abusers, enum ws_opcode opcode, str payload)
{
    struct peer peer = {0};
    int64_t number = 0;

    while (peer.block.n < BLOCK_BYTES && payload.n > 0)
        ws_frame_add(&peer.block, opcode, payload);
    sign_in(&peer, abusers, 0);
    for (;;) {
        struct pollfd p = {.fd = peer.fd, .events = POLLIN | POLLOUT};
        if (payload.n == 0 && is_whole(&peer))
            add_sends(&peer.block, abusers, &number);
        (void)poll(&p, 1, MS_PER_S);
        if (p.revents & POLLOUT)
            speak(&peer, BLOCK_BYTES);
        if ((p.revents & ~POLLOUT) == 0 || read_away(&peer))
            continue;
        hang_up(&peer);
        sign_in(&peer, abusers, 0);
    }
}

static void send_at_full_speed(const struct abusers *abusers)
{
    flood(abusers, WS_TEXT, STR(""));
}

static void ping_at_full_speed(const struct abusers *abusers)
{
    flood(abusers, WS_PING, STR("0123456789012345678901234567890123456789"));
}

static void rave_at_full_speed(const struct abusers *abusers)
{
    flood(abusers, WS_TEXT, STR("{"));
}

/* ---- those that say too little ---- */

/* Whoever was closed begins again. */
static void keep_up(struct peer *peers, size_t n, const struct abusers *abusers,
                    void (*begin)(struct peer *peer, const struct abusers *abusers))
{
    for (size_t i = 0; i < n; i++)
        begin(&peers[i], abusers);
    for (;;) {
        for (size_t i = 0; i < n; i++) {
            if (read_away(&peers[i]))
                continue;
            hang_up(&peers[i]);
            begin(&peers[i], abusers);
        }
        (void)poll(NULL, 0, TICK_MS);
    }
}

static void begin_silent(struct peer *peer, const struct abusers *abusers)
{
    dial(peer, abusers);
    ask_for_upgrade(peer, NULL);
}

static void begin_half_handshake(struct peer *peer, const struct abusers *abusers)
{
    dial(peer, abusers);
    say(peer, STR("GET /chat HTTP/1.1\r\nHost: bench\r\nUpgr"));
}

static void begin_half_frame(struct peer *peer, const struct abusers *abusers)
{
    struct buf frame = {0};
    char *text = mem_zalloc(BLOCK_BYTES);

    sign_in(peer, abusers, 0);
    ws_frame_add(&frame, WS_TEXT, str_from(text, BLOCK_BYTES - 1));
    say(peer, str_from(frame.p, frame.n / 2));
    buf_fini(&frame);
    free(text);
}

static void say_nothing(const struct abusers *abusers)
{
    static struct peer peers[MANY];
    keep_up(peers, MANY, abusers, begin_silent);
}

static void shake_half_hands(const struct abusers *abusers)
{
    static struct peer peers[MANY];
    keep_up(peers, MANY, abusers, begin_half_handshake);
}

static void send_half_frames(const struct abusers *abusers)
{
    static struct peer peers[SOME];
    keep_up(peers, SOME, abusers, begin_half_frame);
}

/* A byte of a frame each in turn, in a packet of its own. */
static void dribble(const struct abusers *abusers, size_t n, int pause_ms)
{
    static struct peer peers[SOME];
    int on = 1;

    for (size_t i = 0; i < n; i++) {
        ws_frame_add(&peers[i].block, WS_TEXT, STR("{\"type\":\"ping\",\"id\":\"slow\"}"));
        sign_in(&peers[i], abusers, 0);
        (void)setsockopt(peers[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    for (;; (void)poll(NULL, 0, pause_ms))
        for (size_t i = 0; i < n; i++) {
            speak(&peers[i], 1);
            if (!is_whole(&peers[i]) || read_away(&peers[i]))
                continue;
            hang_up(&peers[i]);
            sign_in(&peers[i], abusers, 0);
        }
}

static void send_bytes(const struct abusers *abusers)
{
    dribble(abusers, 1, 0);
}

static void send_bytes_slowly(const struct abusers *abusers)
{
    dribble(abusers, SOME, TICK_MS);
}

/* ---- a room with much to read ---- */

static void enter_room(struct peer *peer, const struct abusers *abusers, size_t account, bool reads)
{
    int small = SMALL_WINDOW;

    sign_in(peer, abusers, account);
    if (!reads) /* nor shall the kernel for it */
        (void)setsockopt(peer->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

/* Whoever was given up comes again. */
static void look_after_readers(struct peer *peers, const struct abusers *abusers, bool reads)
{
    for (size_t i = 0; i < ABUSERS_ACCOUNTS; i++) {
        bool this_reads = reads || i == 0;
        struct pollfd p = {.fd = peers[i].fd};
        (void)poll(&p, 1, 0);
        if (this_reads ? read_away(&peers[i]) : p.revents == 0)
            continue;
        hang_up(&peers[i]);
        enter_room(&peers[i], abusers, i, this_reads);
    }
}

static void say_much(struct peer *writer, const struct abusers *abusers, int64_t number)
{
    static char letters[BIG_TEXT];
    struct buf text = {0};

    memset(letters, 'x', sizeof letters);
    buf_printf(&text, "{\"type\":\"send\",\"id\":\"r%ld\",\"conversation\":\"%s\",\"text\":\"",
               number, abusers->room.text);
    buf_add(&text, letters, sizeof letters);
    buf_add_str(&text, STR("\"}"));
    buf_clear(&writer->block);
    ws_frame_add(&writer->block, WS_TEXT, buf_view(&text));
    say(writer, buf_view(&writer->block));
    buf_fini(&text);
}

/* The first account writes at a rate, the others read, or do not. */
static void fill_room(const struct abusers *abusers, bool reads)
{
    struct peer peers[ABUSERS_ACCOUNTS] = {0};
    int64_t start_ms = clock_mono_ms();

    for (size_t i = 0; i < ABUSERS_ACCOUNTS; i++)
        enter_room(&peers[i], abusers, i, reads || i == 0);
    for (int64_t number = 1;; number++) {
        say_much(&peers[0], abusers, number);
        while (clock_mono_ms() < start_ms + number * MS_PER_S / BIG_RATE) {
            look_after_readers(peers, abusers, reads);
            (void)poll(NULL, 0, 1);
        }
    }
}

static void read_much(const struct abusers *abusers)
{
    fill_room(abusers, true);
}

static void never_read(const struct abusers *abusers)
{
    fill_room(abusers, false);
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    void (*run)(const struct abusers *abusers); /* until it is killed */
} KINDS[] = {
    {"sends", send_at_full_speed},
    {"pings", ping_at_full_speed},
    {"garbage", rave_at_full_speed},
    {"silent", say_nothing},
    {"half-hands", shake_half_hands},
    {"half-frames", send_half_frames},
    {"bytes", send_bytes},
    {"slow-bytes", send_bytes_slowly},
    {"reads", read_much}, /* no abuse: what never-reads is compared with */
    {"never-reads", never_read},
};
enum { KINDS_N = sizeof KINDS / sizeof KINDS[0] };

static size_t kind_of(const char *name)
{
    for (size_t i = 0; i < KINDS_N; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return i;
    for (size_t i = 0; i < KINDS_N; i++)
        note("--kind %s", KINDS[i].name);
    die("no such kind: %s", name);
}

pid_t abusers_start(const char *kind, const struct abusers *abusers)
{
    size_t i = kind_of(kind);
    pid_t pid = fork();

    if (pid < 0)
        die("fork: %s", strerror(errno));
    if (pid > 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
    KINDS[i].run(abusers);
    _exit(EXIT_FAILURE);
}

void abusers_stop(pid_t pid)
{
    int status;

    (void)kill(pid, SIGKILL);
    if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
        die("the abusers gave up");
}
