/* The chat-server's settings: the common ones and its own. */
#ifndef CHATAPP_CHAT_SETTINGS_H
#define CHATAPP_CHAT_SETTINGS_H

#include "conn/conn_settings.h"
#include "daemon/daemon.h"

struct chat_settings {
    struct daemon_settings common; /* first: daemon_start() fills it */
    int64_t workers;               /* SETTING_WORD: as many as there are cores */
    struct conn_settings conn;     /* of one worker, as are all limits */
    int64_t rate_send;             /* messages a minute and user */
    int64_t id_memory_h;
};

extern const struct daemon_program CHAT_PROGRAM;

#endif
