#include "notification_server.h"

int main(int argc, char **argv)
{
    struct notification_settings settings;
    int status;

    if (!daemon_start(&NOTIFICATION_PROGRAM, argc, argv, &settings, &status))
        return status;
    return notification_server_run(&settings);
}
