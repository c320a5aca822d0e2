#include "presence_settings.h"

const struct daemon_program PRESENCE_PROGRAM = {
    .name = "presence-server",
    .summary =
        "ChatApp's WebSocket server for presence (/presence); for now health and metrics only",
    .env_prefix = "PRESENCE",
    .default_port = "8083",
};
