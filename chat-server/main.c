#include "chat_settings.h"
#include "daemon/workers.h"
#include "server.h"

static int work(const void *settings, int listen_fd)
{
    return server_run(settings, listen_fd);
}

int main(int argc, char **argv)
{
    struct chat_settings settings;
    int status;

    if (!daemon_start(&CHAT_PROGRAM, argc, argv, &settings, &status))
        return status;
    return workers_run(&settings.common, settings.workers, work, &settings);
}
