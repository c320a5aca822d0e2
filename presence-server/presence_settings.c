#include "presence_settings.h"

#include <stddef.h>

#define ROW(member, flag_, fallback_, min_, max_, help_)                                           \
    {                                                                                              \
        .flag = flag_, .type = SETTING_INT, .offset = offsetof(struct presence_settings, member),  \
        .fallback = fallback_, .min = min_, .max = max_, .help = help_                             \
    }

static const struct setting ROWS[] = {
    ROW(offline_grace_s, "offline-grace", "5", 0, 3600,
        "seconds after which a lost connection is told as offline"),
    ROW(node_timeout_s, "node-timeout-s", "10", 1, 25,
        "seconds without a sign of life after which another presence-server counts as dead"),
    ROW(rate_status, "rate-status", "120", 0, 60000000,
        "changes of status a minute and user; 0: no limit"),
    CONN_SETTINGS(struct presence_settings, conn),
};

const struct daemon_program PRESENCE_PROGRAM = {
    .name = "presence-server",
    .summary = "ChatApp's WebSocket server for presence (/presence)",
    .own = {ROWS, sizeof ROWS / sizeof ROWS[0]},
    .env_prefix = "PRESENCE",
    .default_port = "8083",
    .kind = "presence",
    .scheme = "ws",
    .path = "/presence",
};
