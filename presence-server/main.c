#include "daemon/workers.h"
#include "presence_settings.h"
#include "server.h"

static int work(const void *settings, int listen_fd)
{
    return server_run(settings, listen_fd);
}

int main(int argc, char **argv)
{
    struct presence_settings settings;
    int status;

    if (!daemon_start(&PRESENCE_PROGRAM, argc, argv, &settings, &status))
        return status;
    return workers_run(&settings.common, 1, work, &settings);
}
