#include "chat_settings.h"

#include <stddef.h>

#include "daemon/workers.h"

#define ROW(flag_, type_, member, fallback_, min_, max_, help_)                                    \
    {                                                                                              \
        .flag = flag_, .type = type_, .offset = offsetof(struct chat_settings, member),            \
        .fallback = fallback_, .min = min_, .max = max_, .help = help_                             \
    }

static const struct setting ROWS[] = {
    {.flag = "workers",
     .type = SETTING_INT,
     .offset = offsetof(struct chat_settings, workers),
     .fallback = "1",
     .min = 1,
     .max = WORKERS_MAX,
     .word = "auto",
     .help = "processes on the one port, auto: one a core; every limit is each one's own"},
    ROW("rate-send", SETTING_INT, rate_send, "3000", 0, 60000000,
        "messages a minute and user to a worker; 0: no limit"),
    ROW("id-memory-h", SETTING_INT, id_memory_h, "72", 1, 8760,
        "hours for which a repeated message id is recognised"),
    CONN_SETTINGS(struct chat_settings, conn),
};

const struct daemon_program CHAT_PROGRAM = {
    .name = "chat-server",
    .summary = "ChatApp's WebSocket server for messages (/chat)",
    .own = {ROWS, sizeof ROWS / sizeof ROWS[0]},
    .env_prefix = "CHAT",
    .default_port = "8081",
    .kind = "chat",
    .scheme = "ws",
    .path = "/chat",
};
