/* The api-server from start to stop. */
#ifndef CHATAPP_API_API_SERVER_H
#define CHATAPP_API_API_SERVER_H

#include "api_settings.h"

/* Until SIGTERM or SIGINT; returns the process's exit status. */
int api_server_run(const struct api_settings *settings);
/* `api-server rotate-key`: puts a new signing key in front; running servers take it up by themselves. */
int api_server_rotate_key(const struct api_settings *settings);

#endif
