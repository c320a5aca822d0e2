#include "token_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api_settings.h"
#include "auth/service_token.h"
#include "base/clock.h"

#define STATUS_BAD_SETTING 2
#define MS_PER_S 1000
#define S_PER_DAY INT64_C(86400)

struct token_settings {
    struct api_settings api; /* first: daemon_start() fills it */
    const char *service;
    const char *audience;
    int64_t days;
};

#define TEXT_ROW(...) TEXT_SETTING(struct token_settings, __VA_ARGS__)

static const struct setting ROWS[] = {
    TEXT_ROW("service", service, "",
             "Name of the service, as logs will have it: 3 to 32 of a-z, 0-9, . _ -"),
    TEXT_ROW("audience", audience, "", "What the token is for: notify"),
    INT_SETTING(struct token_settings, "days", days, "365", 1, 3650, "Days for which it is good"),
};

static int refuse(const char *why)
{
    (void)fprintf(stderr, "api-server token: %s\n", why);
    return STATUS_BAD_SETTING;
}

/* NULL: it is good. */
static const char *look_at(const struct token_settings *settings, struct claims *claims)
{
    str service = str_of(settings->service);
    str audience = str_of(settings->audience);

    if (service.n == 0)
        return "--service: is missing; name the service that will use the token";
    if (username_parse(service, &claims->user) != OK ||
        !str_eq(username_view(&claims->user), service))
        return "--service: must be 3 to 32 of a-z, 0-9, . _ - and begin with a letter or digit";
    if (audience.n == 0)
        return "--audience: is missing; say what the token is for: notify";
    if (!service_audience_is_known(audience))
        return "--audience: must be notify";
    (void)snprintf(claims->audience, sizeof claims->audience, "%s", settings->audience);
    return NULL;
}

static int print_token(const struct token_settings *settings, struct claims *claims)
{
    char *path = api_settings_key_path(&settings->api);
    struct signing_key key;
    struct keyset keys;
    struct buf text = {0};
    bool is_new = access(path, F_OK) != 0; /* perhaps not the one that the servers have */
    enum err err = keyset_open_file(path, &key, &keys, &text);

    if (err == OK && is_new)
        (void)fprintf(stderr, "api-server token: made a new signing key: %s\n", path);
    free(path);
    if (err != OK) {
        (void)fprintf(stderr, "api-server token: --signing-key-file: %s\n", buf_cstr(&text));
        buf_fini(&text);
        return EXIT_FAILURE;
    }
    claims->issued_s = clock_wall_ms() / MS_PER_S;
    claims->expires_s = claims->issued_s + settings->days * S_PER_DAY;
    buf_clear(&text);
    token_make(&key, claims, &text);
    sodium_memzero(&key, sizeof key);
    bool printed = printf("%s\n", buf_cstr(&text)) > 0 && fflush(stdout) == 0;
    sodium_memzero(text.p, text.cap);
    buf_fini(&text);
    return printed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int token_command(int argc, char **argv)
{
    struct daemon_program program = API_PROGRAM;
    struct token_settings settings;
    struct claims claims = {0};
    int status;

    program.name = "api-server token";
    program.summary = "prints a token with which a service may use ChatApp";
    program.more = (struct setting_table){ROWS, sizeof ROWS / sizeof ROWS[0]};
    if (!daemon_start(&program, argc, argv, &settings, &status))
        return status;
    const char *why = look_at(&settings, &claims);
    return why ? refuse(why) : print_token(&settings, &claims);
}
