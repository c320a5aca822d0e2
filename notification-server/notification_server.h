/* The notification-server from start to stop. */
#ifndef CHATAPP_NOTIFICATION_NOTIFICATION_SERVER_H
#define CHATAPP_NOTIFICATION_NOTIFICATION_SERVER_H

#include "notification_settings.h"

/* Until SIGTERM or SIGINT; returns the process's exit status. */
int notification_server_run(const struct notification_settings *settings);

#endif
