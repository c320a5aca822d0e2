#include "presence_settings.h"

static const struct setting ROWS[] = {CONN_SETTINGS(struct presence_settings, conn)};

const struct daemon_program PRESENCE_PROGRAM = {
    .name = "presence-server",
    .summary =
        "ChatApp's WebSocket server for presence (/presence); for now health and metrics only",
    .own = {ROWS, sizeof ROWS / sizeof ROWS[0]},
    .env_prefix = "PRESENCE",
    .default_port = "8083",
    .kind = "presence",
    .scheme = "ws",
    .path = "/presence",
};
