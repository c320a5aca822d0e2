/* `api-server token`: a token for a service, from the signing-key file alone. */
#include "story.h"

#include <sys/stat.h>

#include "auth/base64url.h"

static struct temp_dir dir;

struct run {
    int status;
    struct buf out;
    struct buf err;
};

static struct run run_token(const char *const *more)
{
    const char *argv[16] = {daemon_path("api-server"), "token",
                            fmt("--signing-key-file=%s/key", dir.path)};
    struct run r = {0};

    for (size_t i = 3; *more != NULL; i++)
        argv[i] = *more++;
    r.status = process_run(argv, NULL, &r.out, &r.err);
    return r;
}

static void run_fini(struct run *r)
{
    buf_fini(&r->out);
    buf_fini(&r->err);
}

/* The claims, of a token whose signature others check. */
static json_t *claims_of(const char *token)
{
    char text[1024];
    size_t n;
    str rest = str_of(token);
    str part;

    assert_true(str_split(&rest, '.', &part) && str_split(&rest, '.', &part));
    assert_true(base64url_read(part, text, sizeof text, &n));
    json_t *claims = json_loadb(text, n, 0, NULL);
    assert_non_null(claims);
    return claims;
}

static void it_prints_a_token_and_nothing_else(void **state)
{
    struct run r = run_token(
        (const char *[]){"--service", "shop.eu-1", "--audience", "notify", "--days", "30", NULL});

    (void)state;
    assert_int_equal(r.status, 0);
    assert_int_equal(strcspn(buf_cstr(&r.out), "\n"), r.out.n - 1); /* one line */
    json_t *claims = claims_of(buf_cstr(&r.out));
    EXPECT_JSON(claims, "{'iss':'chatapp','aud':'notify','sub':'shop.eu-1','sid':null}");
    assert_int_equal(INT_OF(claims, "exp") - INT_OF(claims, "iat"), 30 * 86400);
    json_decref(claims);
    run_fini(&r);
}

/* What a typing mistake in the path looks like. */
static void it_says_so_when_it_made_the_key(void **state)
{
    struct stat file;
    const char *path = fmt("%s/key", dir.path);

    (void)state;
    (void)remove(path);
    struct run r = run_token((const char *[]){"--service=shop", "--audience=notify", NULL});
    assert_int_equal(r.status, 0);
    assert_non_null(strstr(buf_cstr(&r.err), path));
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    json_t *claims = claims_of(buf_cstr(&r.out));
    assert_int_equal(INT_OF(claims, "exp") - INT_OF(claims, "iat"), 365 * 86400);
    json_decref(claims);
    run_fini(&r);
    r = run_token((const char *[]){"--service=shop", "--audience=notify", NULL});
    assert_int_equal(r.err.n, 0); /* now it is there */
    run_fini(&r);
}

static void mistakes_are_refused_by_the_name_of_the_flag(void **state)
{
    static const struct {
        const char *args[4];
        const char *says;
    } BAD[] = {
        {{"--audience=notify", NULL}, "--service: is missing"},
        {{"--service=shop", NULL}, "--audience: is missing"},
        {{"--service=ab", "--audience=notify", NULL}, "--service: must be"},
        {{"--service=Shop", "--audience=notify", NULL}, "--service: must be"},
        {{"--service=-shop", "--audience=notify", NULL}, "--service: must be"},
        {{"--service=a\"b", "--audience=notify", NULL}, "--service: must be"},
        {{"--service=shop", "--audience=chatapp", NULL}, "--audience: must be notify"},
        {{"--service=shop", "--audience=Notify", NULL}, "--audience: must be notify"},
        {{"--service=shop", "--audience=notify", "--days=0", NULL}, "--days"},
        {{"--service=shop", "--audience=notify", "--days=3651", NULL}, "--days"},
        {{"--service=shop", "--audience=notify", "--days=soon", NULL}, "--days"},
        {{"--service=shop", "--audience=notify", "--day=1", NULL}, "--day"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct run r = run_token(BAD[i].args);
        assert_int_equal(r.status, 2);
        assert_int_equal(r.out.n, 0);
        if (strstr(buf_cstr(&r.err), BAD[i].says) == NULL)
            fail_at(HERE, "case %zu says: %s", i, buf_cstr(&r.err));
        run_fini(&r);
    }
}

static void a_key_file_that_is_none_is_refused(void **state)
{
    (void)state;
    FILE *file = fopen(fmt("%s/bad", dir.path), "we");
    assert_non_null(file);
    (void)fputs("nonsense", file);
    (void)fclose(file);
    assert_int_equal(chmod(fmt("%s/bad", dir.path), 0600), 0);
    struct run r = run_token((const char *[]){"--service=shop", "--audience=notify",
                                              fmt("--signing-key-file=%s/bad", dir.path), NULL});
    assert_int_equal(r.status, 1);
    assert_int_equal(r.out.n, 0);
    assert_non_null(strstr(buf_cstr(&r.err), "--signing-key-file: "));
    run_fini(&r);
}

static int setup(void **state)
{
    (void)state;
    temp_dir_make(&dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    temp_dir_remove(&dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(it_prints_a_token_and_nothing_else),
        CASE(it_says_so_when_it_made_the_key),
        CASE(mistakes_are_refused_by_the_name_of_the_flag),
        CASE(a_key_file_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
