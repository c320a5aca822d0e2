#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api_keys.h"

static char folder[64];
static char path[128];
static bool rotate_now; /* just before the file is looked at next */

/* In place of the C library's. */
int stat(const char *restrict name, struct stat *restrict to)
{
    struct buf why = {0};

    if (rotate_now) {
        rotate_now = false;
        assert_int_equal(keyset_rotate_file(path, &why), OK);
    }
    return fstatat(AT_FDCWD, name, to, 0);
}

static int setup(void **state)
{
    struct signing_key signing;
    struct keyset keys;
    struct buf why = {0};

    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_api_keys.XXXXXX");
    if (sodium_init() < 0 || mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/signing-key", folder);
    return keyset_open_file(path, &signing, &keys, &why) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder);
}

/* Else it would be taken for the one that was read. */
static void a_file_that_changes_while_it_is_opened_is_read_anew(void **state)
{
    struct api_keys *keys;
    struct keyset published;
    struct buf why = {0};

    (void)state;
    rotate_now = true;
    assert_int_equal(api_keys_open(path, &keys, &why), OK);
    assert_false(rotate_now);
    struct shared_bytes *jwks = api_keys_jwks(keys);
    assert_int_equal(keyset_from_jwks(shared_bytes_view(jwks), &published), OK);
    assert_int_equal(published.n, 2);
    shared_bytes_unref(jwks);
    api_keys_free(&keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_that_changes_while_it_is_opened_is_read_anew),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
