#include "chat_settings.h"

#include "daemon/workers.h"

#define INT_ROW(...) INT_SETTING(struct chat_settings, __VA_ARGS__)

static const struct setting ROWS[] = {
    {.flag = "workers",
     .type = SETTING_INT,
     .offset = offsetof(struct chat_settings, workers),
     .fallback = "1",
     .min = 1,
     .max = WORKERS_MAX,
     .word = "auto",
     .help = "Processes on the one port, auto: one a core; every limit is each one's own"},
    INT_ROW("rate-send", rate_send, "3000", 0, 60000000,
            "Messages a minute and user to a worker; 0: no limit"),
    INT_ROW("id-memory-h", id_memory_h, "72", 1, 8760,
            "Hours for which a repeated message id is recognised"),
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
