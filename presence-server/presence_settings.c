#include "presence_settings.h"

#define INT_ROW(...) INT_SETTING(struct presence_settings, __VA_ARGS__)

static const struct setting ROWS[] = {
    INT_ROW("offline-grace", offline_grace_s, "5", 0, 3600,
            "Seconds after which a lost connection is told as offline"),
    INT_ROW("node-timeout-s", node_timeout_s, "10", 1, 25,
            "Seconds without a sign of life after which another presence-server counts as dead"),
    INT_ROW("rate-status", rate_status, "120", 0, 60000000,
            "Changes of status a minute and user; 0: no limit"),
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
