#include "presence_settings.h"
#include "server.h"

int main(int argc, char **argv)
{
    struct presence_settings settings;
    int status;

    if (!daemon_start(&PRESENCE_PROGRAM, argc, argv, &settings, &status))
        return status;
    return server_run(&settings);
}
