#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "notification_server.h"
#include "router.h"

/* `notification-server routes` is for the test that compares openapi.json with the table. */
static int print_routes(void)
{
    for (size_t i = 0; i < NOTIFICATION_ROUTES_N; i++)
        printf("%.*s %s\n", STR_ARG(http_method_name(NOTIFICATION_ROUTES[i].method)),
               NOTIFICATION_ROUTES[i].path);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct notification_settings settings;
    int status;

    if (argc == 2 && strcmp(argv[1], "routes") == 0)
        return print_routes();
    if (!daemon_start(&NOTIFICATION_PROGRAM, argc, argv, &settings, &status))
        return status;
    return notification_server_run(&settings);
}
