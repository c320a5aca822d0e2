#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "auth/base64url.h"
#include "auth/keyset.h"

/* RFC 8037, appendix A.1 to A.3. */
#define RFC_D "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
#define RFC_X "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define RFC_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define RFC_KID "kPrK_qmxVWaYVA9w"
#define RFC_PUBLIC                                                                                 \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"alg\":\"EdDSA\",\"kid\":\"" RFC_KID    \
    "\",\"x\":\"" RFC_X "\"}"
#define RFC_PRIVATE                                                                                \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X                  \
    "\",\"d\":\"" RFC_D "\"}"

/* --- a folder for each test ------------------------------------------------------------------ */

static char folder[64];
static char path[256];

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/test_keyset.XXXXXX");
    if (sodium_init() < 0 || mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/signing-key", folder);
    return 0;
}

static void remove_tree(const char *name)
{
    char inner[512];
    DIR *dir = opendir(name);

    if (dir == NULL) {
        (void)unlink(name);
        return;
    }
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(inner, sizeof inner, "%s/%s", name, entry->d_name);
        if (entry->d_type == DT_DIR)
            remove_tree(inner);
        else
            (void)unlink(inner);
    }
    (void)closedir(dir);
    (void)rmdir(name);
}

static int remove_folder(void **state)
{
    (void)state;
    remove_tree(folder);
    return 0;
}

static size_t files_in_folder(void)
{
    size_t n = 0;
    DIR *dir = opendir(folder);

    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        n += entry->d_name[0] != '.';
    (void)closedir(dir);
    return n;
}

static void write_file(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static unsigned mode_of(const char *name)
{
    struct stat status;

    assert_int_equal(stat(name, &status), 0);
    return status.st_mode & 07777U;
}

/* --- vocabulary ------------------------------------------------------------------------------ */

static void open_ok(struct signing_key *key, struct keyset *keys)
{
    struct buf why = {0};

    enum err err = keyset_open_file(path, key, keys, &why);
    if (err != OK)
        fail_msg("%s: %s", err_name(err), buf_cstr(&why));
    assert_int_equal(why.n, 0);
    buf_fini(&why);
}

/* Refused, with the outputs untouched and a sentence that names the path and says `words`. */
static void open_refused(enum err expected, const char *words)
{
    struct signing_key key;
    struct keyset keys;
    struct buf why = {0};

    memset(&key, 0x5A, sizeof key);
    memset(&keys, 0x5A, sizeof keys);
    struct signing_key key_before = key;
    struct keyset keys_before = keys;
    assert_int_equal(keyset_open_file(path, &key, &keys, &why), expected);
    assert_memory_equal(&key, &key_before, sizeof key);
    assert_memory_equal(&keys, &keys_before, sizeof keys);
    assert_non_null(strstr(buf_cstr(&why), path));
    assert_non_null(strstr(buf_cstr(&why), words));
    buf_fini(&why);
}

static void rotate_ok(void)
{
    struct buf why = {0};

    enum err err = keyset_rotate_file(path, &why);
    if (err != OK)
        fail_msg("%s: %s", err_name(err), buf_cstr(&why));
    buf_fini(&why);
}

static void assert_signs_for(const struct signing_key *key, const struct verify_key *verify)
{
    unsigned char signature[crypto_sign_BYTES];

    (void)crypto_sign_detached(signature, NULL, (const unsigned char *)"text", 4, key->secret_key);
    assert_int_equal(crypto_sign_verify_detached(signature, (const unsigned char *)"text", 4,
                                                 verify->public_key),
                     0);
}

static void assert_jwks_refused(str jwks)
{
    struct keyset keys;

    memset(&keys, 0x5A, sizeof keys);
    struct keyset before = keys;
    assert_int_equal(keyset_from_jwks(jwks, &keys), ERR_INVALID);
    assert_memory_equal(&keys, &before, sizeof keys);
}

static void rfc_key(struct signing_key *key_out)
{
    unsigned char seed[crypto_sign_SEEDBYTES];
    size_t n;

    assert_true(base64url_read(STR(RFC_D), seed, sizeof seed, &n));
    assert_int_equal(n, sizeof seed);
    signing_key_from_seed(seed, key_out);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void the_key_of_rfc_8037_has_the_public_key_and_thumbprint_given_there(void **state)
{
    (void)state;
    struct signing_key key;
    struct buf x = {0};
    char thumbprint[KEY_THUMBPRINT_LEN + 1];

    rfc_key(&key);
    base64url_add(&x, key.verify.public_key, sizeof key.verify.public_key);
    assert_string_equal(buf_cstr(&x), RFC_X);
    key_thumbprint(key.verify.public_key, thumbprint);
    assert_string_equal(thumbprint, RFC_THUMBPRINT);
    assert_string_equal(key.verify.kid, RFC_KID);
    buf_fini(&x);
}

static void new_keys_differ(void **state)
{
    (void)state;
    struct signing_key a;
    struct signing_key b;

    signing_key_new(&a);
    signing_key_new(&b);
    assert_string_not_equal(a.verify.kid, b.verify.kid);
    assert_signs_for(&a, &a.verify);
}

static void a_keyset_is_written_as_a_public_jwk_set(void **state)
{
    (void)state;
    struct keyset keys = {.n = 1};
    struct signing_key key;
    struct buf jwks = {0};

    rfc_key(&key);
    keys.keys[0] = key.verify;
    keyset_to_jwks(&keys, &jwks);
    assert_string_equal(buf_cstr(&jwks), "{\"keys\":[" RFC_PUBLIC "]}");
    buf_fini(&jwks);
}

static void a_full_keyset_survives_writing_and_reading(void **state)
{
    (void)state;
    struct keyset keys = {.n = KEYSET_MAX};
    struct keyset read;
    struct signing_key key;
    struct buf jwks = {0};

    for (size_t i = 0; i < KEYSET_MAX; i++) {
        signing_key_new(&key);
        keys.keys[i] = key.verify;
    }
    keyset_to_jwks(&keys, &jwks);
    assert_int_equal(keyset_from_jwks(buf_view(&jwks), &read), OK);
    assert_int_equal(read.n, KEYSET_MAX);
    assert_memory_equal(read.keys, keys.keys, sizeof keys.keys);
    buf_fini(&jwks);
}

static void a_key_is_found_by_its_whole_kid_only(void **state)
{
    (void)state;
    struct keyset keys;

    assert_int_equal(keyset_from_jwks(STR("{\"keys\":[" RFC_PUBLIC "]}"), &keys), OK);
    assert_ptr_equal(keyset_find(&keys, STR(RFC_KID)), &keys.keys[0]);
    assert_null(keyset_find(&keys, STR("kPrK_qmxVWaYVA9")));
    assert_null(keyset_find(&keys, STR(RFC_THUMBPRINT)));
    assert_null(keyset_find(&keys, STR("")));
    assert_null(keyset_find(&keys, STR_NONE));
}

static void keys_of_another_kind_are_skipped(void **state)
{
    (void)state;
    struct keyset keys;

    assert_int_equal(
        keyset_from_jwks(
            STR("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},7,null,\"x\",{},"
                "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" RFC_X "\"},"
                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":\"" RFC_X "\"},"
                "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"ES256\",\"x\":\"" RFC_X
                "\"}," RFC_PUBLIC "],\"more\":1}"),
            &keys),
        OK);
    assert_int_equal(keys.n, 1);
    assert_string_equal(keys.keys[0].kid, RFC_KID);
}

static void a_set_without_a_key_of_ours_is_refused(void **state)
{
    (void)state;
    assert_jwks_refused(STR("{\"keys\":[]}"));
    assert_jwks_refused(STR("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}"));
}

static void what_is_no_jwk_set_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "x",
                                        "[]",
                                        "{}",
                                        "7",
                                        "{\"keys\":{}}",
                                        "{\"keys\":[" RFC_PUBLIC "]",
                                        "[" RFC_PUBLIC "]",
                                        RFC_PUBLIC,
                                        "{\"keys\":[],\"keys\":[" RFC_PUBLIC "]}"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_jwks_refused(str_of(texts[i]));
    assert_jwks_refused(STR_NONE);
}

/* Each a fault in an otherwise good key. */
static void a_damaged_key_is_refused(void **state)
{
    (void)state;
    static const char *const members[] = {
        "\"kid\":\"" RFC_KID "\"",                          /* no x */
        "\"x\":\"" RFC_X "\"",                              /* no kid */
        "\"kid\":\"AAAAAAAAAAAAAAAA\",\"x\":\"" RFC_X "\"", /* another's kid */
        "\"kid\":7,\"x\":\"" RFC_X "\"",
        "\"kid\":\"" RFC_KID "\",\"x\":7",
        "\"kid\":\"" RFC_KID "\",\"x\":\"\"",
        "\"kid\":\"" RFC_KID "\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR\"", /* short */
        "\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X "AAAA\"",                              /* long */
        "\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X "=\"",                                 /* padded */
        "\"kid\":\"" RFC_KID
        "\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp\"", /* stray bits */
        "\"kid\":\"" RFC_KID
        "\",\"x\":\"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo\"", /* not URL-safe */
    };
    char jwks[512];

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        (void)snprintf(jwks, sizeof jwks, "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",%s}]}",
                       members[i]);
        assert_jwks_refused(str_of(jwks));
    }
}

/* With the neutral element as public key, anybody can make a signature that fits. */
static void a_public_key_of_small_order_is_refused(void **state)
{
    (void)state;
    unsigned char neutral[crypto_sign_PUBLICKEYBYTES] = {1};
    char thumbprint[KEY_THUMBPRINT_LEN + 1];
    struct buf x = {0};
    struct buf jwks = {0};

    key_thumbprint(neutral, thumbprint);
    base64url_add(&x, neutral, sizeof neutral);
    buf_printf(&jwks,
               "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%.16s\",\"x\":\"%s\"}]}",
               thumbprint, buf_cstr(&x));
    assert_jwks_refused(buf_view(&jwks));
    buf_fini(&x);
    buf_fini(&jwks);
}

static void more_keys_than_the_limit_are_refused(void **state)
{
    (void)state;
    struct buf jwks = {0};

    buf_add_str(&jwks, STR("{\"keys\":["));
    for (size_t i = 0; i <= KEYSET_MAX; i++)
        buf_add_str(&jwks, i == 0 ? STR(RFC_PUBLIC) : STR("," RFC_PUBLIC));
    buf_add_str(&jwks, STR("]}"));
    assert_jwks_refused(buf_view(&jwks));
    buf_fini(&jwks);
}

static void a_text_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct keyset keys;
    struct buf jwks = {0};

    buf_printf(&jwks, "{\"keys\":[%s]}%*s", RFC_PUBLIC, KEYSET_TEXT_MAX, "");
    assert_int_equal(keyset_from_jwks(str_from(jwks.p, KEYSET_TEXT_MAX), &keys), OK);
    assert_jwks_refused(str_from(jwks.p, KEYSET_TEXT_MAX + 1));
    buf_fini(&jwks);
}

/* --- the file -------------------------------------------------------------------------------- */

static void a_missing_file_is_made_with_one_key_for_its_owner_only(void **state)
{
    (void)state;
    struct signing_key key;
    struct keyset keys;

    mode_t mask = umask(0);
    open_ok(&key, &keys);
    (void)umask(mask);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(keys.n, 1);
    assert_string_equal(keys.keys[0].kid, key.verify.kid);
    assert_signs_for(&key, &keys.keys[0]);
    assert_int_equal(files_in_folder(), 1); /* nothing temporary left */
}

static void the_same_key_comes_back_the_next_time(void **state)
{
    (void)state;
    struct signing_key first;
    struct signing_key again;
    struct keyset keys;

    open_ok(&first, &keys);
    open_ok(&again, &keys);
    assert_memory_equal(&first, &again, sizeof first);
}

static void missing_directories_are_made_for_the_owner_only(void **state)
{
    (void)state;
    struct signing_key key;
    struct keyset keys;
    char directory[128];

    (void)snprintf(directory, sizeof directory, "%s/a/b", folder);
    (void)snprintf(path, sizeof path, "%s/signing-key", directory);
    open_ok(&key, &keys);
    assert_int_equal(mode_of(directory), 0700);
}

static void a_path_without_a_directory_is_in_the_working_directory(void **state)
{
    (void)state;
    struct signing_key key;
    struct keyset keys;
    char before[512];

    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    (void)snprintf(path, sizeof path, "signing-key");
    open_ok(&key, &keys);
    rotate_ok();
    assert_int_equal(mode_of("signing-key"), 0600);
    assert_int_equal(chdir(before), 0);
}

static void a_file_that_others_may_use_is_refused_with_the_remedy(void **state)
{
    (void)state;
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601, 0644, 0777};
    char remedy[512];

    (void)snprintf(remedy, sizeof remedy, "run chmod 600 %s", path);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_file("{\"keys\":[" RFC_PRIVATE "]}", modes[i]);
        open_refused(ERR_DENIED, remedy);
    }
    assert_int_equal(chmod(path, 0600), 0);
    struct signing_key key;
    struct keyset keys;
    open_ok(&key, &keys);
    assert_string_equal(key.verify.kid, RFC_KID);
    assert_int_equal(chmod(path, 0400), 0);
    open_ok(&key, &keys);
}

static void a_file_that_is_no_key_file_is_refused_and_left_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "nonsense",
        "{}",
        "{\"keys\":[]}",
        "{\"keys\":[" RFC_PUBLIC "]}", /* no private part */
        "{\"keys\":[" RFC_PRIVATE "," RFC_PUBLIC "]}",
        "{\"keys\":[" RFC_PRIVATE ",{\"kty\":\"RSA\"}]}", /* would be lost at the next rotation */
        "{\"keys\":[" RFC_PRIVATE "]",                    /* cut short */
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X
        "\",\"d\":\"AAAAne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}]}", /* d is not of this x */
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X
        "\",\"d\":\"" RFC_D "\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X
        "\",\"d\":\"AAAA\"}]}",
        "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"" RFC_KID "\",\"x\":\"" RFC_X
        "\",\"d\":7}]}",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        write_file(texts[i], 0600);
        open_refused(ERR_INVALID, "is not a signing key file");
        struct stat status;
        assert_int_equal(stat(path, &status), 0);
        assert_int_equal(status.st_size, strlen(texts[i]));
    }
}

static void a_file_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct buf text = {0};

    buf_printf(&text, "{\"keys\":[%s]}%*s", RFC_PRIVATE, KEYSET_TEXT_MAX, "");
    write_file(buf_cstr(&text), 0600);
    open_refused(ERR_INVALID, "too long");
    buf_fini(&text);
}

static void a_directory_or_fifo_in_its_place_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    open_refused(ERR_INVALID, "not a regular file");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    open_refused(ERR_INVALID, "not a regular file");
}

static void a_path_through_a_file_is_refused_by_the_system(void **state)
{
    (void)state;
    write_file("", 0600);
    size_t n = strlen(path);
    (void)snprintf(path + n, sizeof path - n, "/signing-key");
    open_refused(ERR_IO, "Not a directory");
}

static void a_directory_that_cannot_be_made_is_reported(void **state)
{
    (void)state;
    struct signing_key key;
    struct keyset keys;
    struct buf why = {0};

    assert_int_equal(keyset_open_file("/proc/no/such/signing-key", &key, &keys, &why), ERR_IO);
    assert_non_null(strstr(buf_cstr(&why), "/proc/no"));
    buf_fini(&why);
}

static void the_file_of_a_person_with_line_breaks_and_more_members_is_read(void **state)
{
    (void)state;
    struct signing_key key;
    struct keyset keys;

    write_file("\n{ \"made\": \"by hand\",\n  \"keys\": [ " RFC_PRIVATE " ]\n}\n", 0600);
    open_ok(&key, &keys);
    assert_string_equal(key.verify.kid, RFC_KID);
}

/* --- many at once ---------------------------------------------------------------------------- */

#define RACERS 8

static void *race(void *arg)
{
    struct signing_key *key = arg;
    struct keyset keys;
    struct buf why = {0};

    if (keyset_open_file(path, key, &keys, &why) != OK)
        *key = (struct signing_key){0};
    buf_fini(&why);
    return NULL;
}

static void threads_that_start_together_agree_on_one_key(void **state)
{
    (void)state;
    struct signing_key keys[RACERS];
    pthread_t threads[RACERS];

    for (int round = 0; round < 20; round++) {
        (void)unlink(path);
        for (size_t i = 0; i < RACERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, race, &keys[i]), 0);
        for (size_t i = 0; i < RACERS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_signs_for(&keys[0], &keys[0].verify);
        for (size_t i = 1; i < RACERS; i++)
            assert_memory_equal(&keys[i], &keys[0], sizeof keys[0]);
        assert_int_equal(files_in_folder(), 1);
    }
}

/* Each child waits until the pipe is closed, opens the file, and writes its kid to `answers`. */
static void racing_process(int start, int answers)
{
    struct signing_key key;
    char byte;

    while (read(start, &byte, 1) < 0 && errno == EINTR)
        ;
    (void)race(&key);
    _exit(write(answers, key.verify.kid, KEY_ID_LEN) == KEY_ID_LEN ? 0 : 1);
}

static void processes_that_start_together_agree_on_one_key(void **state)
{
    (void)state;
    int start[2];
    int answers[2];
    char kids[RACERS][KEY_ID_LEN];

    assert_int_equal(pipe(start), 0);
    assert_int_equal(pipe(answers), 0);
    for (size_t i = 0; i < RACERS; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)close(start[1]);
            racing_process(start[0], answers[1]);
        }
    }
    (void)close(start[1]);
    for (size_t i = 0; i < RACERS; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
        assert_int_equal(read(answers[0], kids[i], KEY_ID_LEN), KEY_ID_LEN);
    }
    assert_int_not_equal(kids[0][0], '\0');
    for (size_t i = 1; i < RACERS; i++)
        assert_memory_equal(kids[i], kids[0], KEY_ID_LEN);
    (void)close(start[0]);
    (void)close(answers[0]);
    (void)close(answers[1]);
}

/* --- rotation -------------------------------------------------------------------------------- */

static void after_a_rotation_the_new_key_signs_and_both_verify(void **state)
{
    (void)state;
    struct signing_key old;
    struct signing_key new;
    struct keyset keys;

    open_ok(&old, &keys);
    rotate_ok();
    open_ok(&new, &keys);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(files_in_folder(), 1);
    assert_int_equal(keys.n, 2);
    assert_string_not_equal(new.verify.kid, old.verify.kid);
    assert_string_equal(keys.keys[0].kid, new.verify.kid);
    assert_signs_for(&new, keyset_find(&keys, str_of(new.verify.kid)));
    assert_signs_for(&old, keyset_find(&keys, str_of(old.verify.kid)));
}

static void only_the_newest_keys_are_kept(void **state)
{
    (void)state;
    struct signing_key key;
    struct keyset keys;
    char kids[KEYSET_MAX + 3][KEY_ID_LEN + 1];
    size_t made = sizeof kids / sizeof *kids;

    for (size_t i = 0; i < made; i++) {
        if (i > 0)
            rotate_ok();
        open_ok(&key, &keys);
        memcpy(kids[i], key.verify.kid, sizeof kids[i]);
        assert_int_equal(keys.n, i + 1 < KEYSET_MAX ? i + 1 : KEYSET_MAX);
    }
    for (size_t i = 0; i < KEYSET_MAX; i++)
        assert_string_equal(keys.keys[i].kid, kids[made - 1 - i]);
}

static void a_missing_file_is_not_rotated(void **state)
{
    (void)state;
    struct buf why = {0};

    assert_int_equal(keyset_rotate_file(path, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(buf_cstr(&why), path));
    assert_int_equal(files_in_folder(), 0);
    buf_fini(&why);
}

static void a_bad_file_is_not_rotated_away(void **state)
{
    (void)state;
    struct buf why = {0};
    struct stat status;

    write_file("precious", 0600);
    assert_int_equal(keyset_rotate_file(path, &why), ERR_INVALID);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, 8);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keyset_rotate_file(path, &why), ERR_DENIED);
    buf_fini(&why);
}

static void the_file_keeps_its_owner(void **state)
{
    (void)state;
    struct stat status;

    if (geteuid() != 0)
        skip(); /* only root can give files away, and only then does it matter */
    write_file("{\"keys\":[" RFC_PRIVATE "]}", 0600);
    assert_int_equal(chown(path, 12345, 23456), 0);
    rotate_ok();
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_uid, 12345);
    assert_int_equal(status.st_gid, 23456);
}

static void *rotate(void *arg)
{
    struct buf why = {0};

    *(enum err *)arg = keyset_rotate_file(path, &why);
    buf_fini(&why);
    return NULL;
}

static void rotations_at_once_are_all_carried_out(void **state)
{
    (void)state;
    enum err results[KEYSET_MAX - 1];
    pthread_t threads[KEYSET_MAX - 1];
    struct signing_key key;
    struct keyset keys;

    open_ok(&key, &keys);
    for (size_t i = 0; i < KEYSET_MAX - 1; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, rotate, &results[i]), 0);
    for (size_t i = 0; i < KEYSET_MAX - 1; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(results[i], OK);
    }
    open_ok(&key, &keys);
    assert_int_equal(keys.n, KEYSET_MAX);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_of_rfc_8037_has_the_public_key_and_thumbprint_given_there),
        cmocka_unit_test(new_keys_differ),
        cmocka_unit_test(a_keyset_is_written_as_a_public_jwk_set),
        cmocka_unit_test(a_full_keyset_survives_writing_and_reading),
        cmocka_unit_test(a_key_is_found_by_its_whole_kid_only),
        cmocka_unit_test(keys_of_another_kind_are_skipped),
        cmocka_unit_test(a_set_without_a_key_of_ours_is_refused),
        cmocka_unit_test(what_is_no_jwk_set_is_refused),
        cmocka_unit_test(a_damaged_key_is_refused),
        cmocka_unit_test(a_public_key_of_small_order_is_refused),
        cmocka_unit_test(more_keys_than_the_limit_are_refused),
        cmocka_unit_test(a_text_over_the_limit_is_refused),
        FILE_TEST(a_missing_file_is_made_with_one_key_for_its_owner_only),
        FILE_TEST(the_same_key_comes_back_the_next_time),
        FILE_TEST(missing_directories_are_made_for_the_owner_only),
        FILE_TEST(a_path_without_a_directory_is_in_the_working_directory),
        FILE_TEST(a_file_that_others_may_use_is_refused_with_the_remedy),
        FILE_TEST(a_file_that_is_no_key_file_is_refused_and_left_as_it_is),
        FILE_TEST(a_file_over_the_limit_is_refused),
        FILE_TEST(a_directory_or_fifo_in_its_place_is_refused),
        FILE_TEST(a_path_through_a_file_is_refused_by_the_system),
        cmocka_unit_test(a_directory_that_cannot_be_made_is_reported),
        FILE_TEST(the_file_of_a_person_with_line_breaks_and_more_members_is_read),
        FILE_TEST(threads_that_start_together_agree_on_one_key),
        FILE_TEST(processes_that_start_together_agree_on_one_key),
        FILE_TEST(after_a_rotation_the_new_key_signs_and_both_verify),
        FILE_TEST(only_the_newest_keys_are_kept),
        FILE_TEST(a_missing_file_is_not_rotated),
        FILE_TEST(a_bad_file_is_not_rotated_away),
        FILE_TEST(the_file_keeps_its_owner),
        FILE_TEST(rotations_at_once_are_all_carried_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
