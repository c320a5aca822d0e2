/* The presence-server's settings: so far the common ones. */
#ifndef CHATAPP_PRESENCE_SETTINGS_H
#define CHATAPP_PRESENCE_SETTINGS_H

#include "daemon/daemon.h"

struct presence_settings {
    struct daemon_settings common; /* first: daemon_start() fills it */
};

extern const struct daemon_program PRESENCE_PROGRAM;

#endif
