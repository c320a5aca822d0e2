#include "chat_settings.h"
#include "server.h"

int main(int argc, char **argv)
{
    struct chat_settings settings;
    int status;

    if (!daemon_start(&CHAT_PROGRAM, argc, argv, &settings, &status))
        return status;
    return server_run(&settings);
}
