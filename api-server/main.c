#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_server.h"
#include "router.h"
#include "token_command.h"

/* `api-server rotate-key [--SETTING VALUE]...` is a command of its own, as is `token` (token_command.h), and `routes`,
 * for the test that compares openapi.json with the table. */
static bool takes_command(int *argc, char **argv, const char *command)
{
    if (*argc < 2 || strcmp(argv[1], command) != 0)
        return false;
    memmove(&argv[1], &argv[2], (size_t)(*argc - 1) * sizeof *argv); /* with the NULL at the end */
    (*argc)--;
    return true;
}

static int print_routes(void)
{
    for (size_t i = 0; i < API_ROUTES_N; i++)
        printf("%.*s %s\n", STR_ARG(http_method_name(API_ROUTES[i].method)), API_ROUTES[i].path);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct api_settings settings;
    int status;

    if (takes_command(&argc, argv, "routes"))
        return print_routes();
    if (takes_command(&argc, argv, "token"))
        return token_command(argc, argv);
    bool rotates = takes_command(&argc, argv, "rotate-key");
    if (!daemon_start(&API_PROGRAM, argc, argv, &settings, &status))
        return status;
    return rotates ? api_server_rotate_key(&settings) : api_server_run(&settings);
}
