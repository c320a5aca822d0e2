/* The presence-server's settings: the common ones and its own. */
#ifndef CHATAPP_PRESENCE_SETTINGS_H
#define CHATAPP_PRESENCE_SETTINGS_H

#include "conn/conn_settings.h"
#include "daemon/daemon.h"

struct presence_settings {
    struct daemon_settings common; /* first: daemon_start() fills it */
    struct conn_settings conn;
    int64_t offline_grace_s;
    int64_t node_timeout_s;
    int64_t rate_status; /* changes a minute and user */
};

extern const struct daemon_program PRESENCE_PROGRAM;

#endif
