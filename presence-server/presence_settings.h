/* The presence-server's settings: the common ones. */
#ifndef CHATAPP_PRESENCE_SETTINGS_H
#define CHATAPP_PRESENCE_SETTINGS_H

#include "conn/conn_settings.h"
#include "daemon/daemon.h"

struct presence_settings {
    struct daemon_settings common; /* first: daemon_start() fills it */
    struct conn_settings conn;
};

extern const struct daemon_program PRESENCE_PROGRAM;

#endif
