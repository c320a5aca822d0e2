/* The presence-server and its event loop. It does not serve /presence yet: only /healthz, /readyz and /metrics. */
#ifndef CHATAPP_PRESENCE_SERVER_H
#define CHATAPP_PRESENCE_SERVER_H

#include "presence_settings.h"

/* Runs until SIGTERM or SIGINT; returns the exit status. */
int server_run(const struct presence_settings *settings, int listen_fd);

#endif
