#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auth/password.h"

#define MS_PER_S 1e3
#define NS_PER_MS 1e6

static const struct password_cost cheap = {.memory_kib = 64, .passes = 1};
static const struct password_cost dearer = {.memory_kib = 128, .passes = 1};
static const struct password_cost standard = {.memory_kib = 65536, .passes = 2};

static int start_sodium(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

/* --- strength -------------------------------------------------------------------------------- */

static enum err strength(const char *password)
{
    return password_check_strength(str_of(password), STR("ada.lovelace"), STR("Countess Byron"));
}

static void common_passwords_are_refused(void **state)
{
    (void)state;
    static const char *const passwords[] = {
        "password",    "password123", "qwertyuiop",   "12345678",    "iloveyou",
        "letmein2024", "P@ssw0rd!",   "1qaz2wsx3edc", "asdfghjkl;",  "abcdefgh",
        "19871204",    "Summer2024!", "football2023", "aaaaaaaaaaaa"};

    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
        assert_int_equal(strength(passwords[i]), ERR_DENIED);
}

static void good_passwords_are_accepted(void **state)
{
    (void)state;
    static const char *const passwords[] = {"correct horse battery staple",
                                            "tr0ub4dor-gr4vity-9",
                                            "jX7#pq2L",
                                            "kp3Lz8Wq1",
                                            "river-moon-7",
                                            "wonderland-9-keys"};

    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
        assert_int_equal(strength(passwords[i]), OK);
}

static void ones_own_names_are_refused(void **state)
{
    (void)state;
    static const char *const passwords[] = {"ada.lovelace",   "ada.lovelace123", "ADA.LOVELACE",
                                            "lovelace",       "lovelace1815",    "ecalevol.ada",
                                            "Countess Byron", "byron1815!",      "chatapp2024"};

    for (size_t i = 0; i < sizeof passwords / sizeof *passwords; i++)
        assert_int_equal(strength(passwords[i]), ERR_DENIED);
}

/* The same text is good for somebody whose name it is not. */
static void a_strange_username_is_known_only_to_be_its_owners(void **state)
{
    (void)state;
    assert_int_equal(password_check_strength(STR("xkvzqjwyth"), STR("bob"), STR("")), OK);
    assert_int_equal(password_check_strength(STR("xkvzqjwyth"), STR("xkvzqjwyth"), STR("")),
                     ERR_DENIED);
    assert_int_equal(password_check_strength(STR("xkvzqjwyth123"), STR("xkvzqjwyth"), STR("")),
                     ERR_DENIED);
    assert_int_equal(password_check_strength(STR("xkvzqjwyth"), STR("bob"), STR("Mr Xkvzqjwyth")),
                     ERR_DENIED);
}

static void names_need_not_be_given(void **state)
{
    (void)state;
    assert_int_equal(password_check_strength(STR("jX7#pq2L"), STR_NONE, STR_NONE), OK);
    assert_int_equal(password_check_strength(STR("password123"), STR_NONE, STR_NONE), ERR_DENIED);
}

static void a_long_name_of_many_words_does_no_harm(void **state)
{
    (void)state;
    char name[4096];

    for (size_t i = 0; i < sizeof name; i++)
        name[i] = "abc "[i % 4];
    assert_int_equal(password_check_strength(STR("jX7#pq2L"), str_from(name, sizeof name),
                                             str_from(name, sizeof name)),
                     OK);
    memset(name, 'x', sizeof name);
    assert_int_equal(password_check_strength(STR("jX7#pq2L"), str_from(name, sizeof name),
                                             str_from(name, sizeof name)),
                     OK);
    memset(name, ' ', sizeof name);
    assert_int_equal(password_check_strength(STR("jX7#pq2L"), str_from(name, sizeof name),
                                             str_from(name, sizeof name)),
                     OK);
}

static void single_letters_in_a_name_do_no_harm(void **state)
{
    (void)state;
    assert_int_equal(
        password_check_strength(STR("kplzwqhx"), STR("k-p.l_z"), STR("k p l z w q h x")), OK);
}

static void an_empty_password_is_refused(void **state)
{
    (void)state;
    assert_int_equal(password_check_strength(STR(""), STR("bob"), STR("")), ERR_DENIED);
    assert_int_equal(password_check_strength(STR_NONE, STR("bob"), STR("")), ERR_DENIED);
}

static void only_what_comes_before_a_nul_counts(void **state)
{
    (void)state;
    assert_int_equal(password_check_strength(STR("password\0jX7#pq2L"), STR("bob"), STR("")),
                     ERR_DENIED);
    assert_int_equal(password_check_strength(STR("\0jX7#pq2L"), STR("bob"), STR("")), ERR_DENIED);
}

static void text_beyond_ascii_is_accepted(void **state)
{
    (void)state;
    assert_int_equal(strength("парольсекрет"), OK);
    assert_int_equal(strength("\xff\xfe\x80\x81\x90\xa0\xb0\xc0"),
                     OK); /* no UTF-8 at all, and no harm */
}

static double cpu_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * MS_PER_S + (double)t.tv_nsec / NS_PER_MS;
}

static void the_longest_password_is_judged_quickly(void **state)
{
    (void)state;
    char password[PASSWORD_MAX];

    memset(password, '1', sizeof password);
    double start = cpu_ms();
    assert_int_equal(
        password_check_strength(str_from(password, sizeof password), STR("111"), STR("111 1111")),
        ERR_DENIED);
    double ms = cpu_ms() - start;
    if (ms > 200) /* 10 ms in fact */
        fail_msg("%.1f ms", ms);
}

static void *judge_many(void *arg)
{
    bool *good = arg;

    *good = true;
    for (int i = 0; i < 200 && *good; i++)
        *good = strength("password123") == ERR_DENIED && strength("jX7#pq2L") == OK;
    return NULL;
}

static void several_threads_may_judge_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool good[4];

    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, judge_many, &good[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(good[i]);
    }
}

/* --- hashing --------------------------------------------------------------------------------- */

static void the_right_password_is_verified(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];

    assert_int_equal(password_hash(STR("jX7#pq2L"), &cheap, hash), OK);
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=64,t=1,p=1$", 28), 0);
    assert_int_equal(password_verify(STR("jX7#pq2L"), hash, &cheap), OK);
    assert_int_equal(password_verify(STR("jX7#pq2L"), hash, &dearer),
                     OK); /* the cost is in the hash */
}

static void a_wrong_password_is_refused(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];

    assert_int_equal(password_hash(STR("jX7#pq2L"), &cheap, hash), OK);
    assert_int_equal(password_verify(STR("jX7#pq2M"), hash, &cheap), ERR_DENIED);
    assert_int_equal(password_verify(STR("jX7#pq2L "), hash, &cheap), ERR_DENIED);
    assert_int_equal(password_verify(STR("jX7#pq2"), hash, &cheap), ERR_DENIED);
    assert_int_equal(password_verify(STR("jX7#pq2L\0"), hash, &cheap), ERR_DENIED);
    assert_int_equal(password_verify(STR(""), hash, &cheap), ERR_DENIED);
    assert_int_equal(password_verify(STR_NONE, hash, &cheap), ERR_DENIED);
}

static void every_byte_of_a_long_password_counts(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];
    char password[PASSWORD_MAX];

    memset(password, 'x', sizeof password);
    assert_int_equal(password_hash(str_from(password, sizeof password), &cheap, hash), OK);
    assert_int_equal(password_verify(str_from(password, sizeof password), hash, &cheap), OK);
    password[sizeof password - 1] = 'y';
    assert_int_equal(password_verify(str_from(password, sizeof password), hash, &cheap),
                     ERR_DENIED);
}

static void the_same_password_has_a_new_hash_each_time(void **state)
{
    (void)state;
    char a[PASSWORD_HASH_MAX];
    char b[PASSWORD_HASH_MAX];

    assert_int_equal(password_hash(STR("jX7#pq2L"), &cheap, a), OK);
    assert_int_equal(password_hash(STR("jX7#pq2L"), &cheap, b), OK);
    assert_string_not_equal(a, b);
}

#define SALT "bm8gc3VjaCB1c2VyIQ"
#define DIGEST "bm9ib2R5IGhhcyB0aGlzIHBhc3N3b3JkLCBub2JvZHk"

static void a_hash_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const hashes[] = {
        "",
        "jX7#pq2L",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" DIGEST, /* well-formed, of no known password */
        "$argon2id$v=19$m=64,t=1,p=1$AAAA$",
        "$argon2id$v=19$m=64,t=1,p=1$" SALT,
        "$argon2id$v=19$m=64,t=1,p=1$" SALT "$" DIGEST "AAAA",
        "$argon2id$v=19$m=64,t=1,p=2$" SALT "$" DIGEST,
        "$argon2id$v=19$m=1,t=1,p=1$" SALT "$" DIGEST,
        "$argon2id$v=19$m=99999999999,t=1,p=1$" SALT "$" DIGEST, /* must not be tried */
        "$argon2id$v=19$m=64,t=99999999999,p=1$" SALT "$" DIGEST,
        "$argon2id$v=19$t=1,m=64,p=1$" SALT "$" DIGEST,
        "$argon2id$v=16$m=64,t=1,p=1$" SALT "$" DIGEST,
        "$argon2i$v=19$m=64,t=3,p=1$" SALT "$" DIGEST,
    };

    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        assert_int_equal(password_verify(STR("jX7#pq2L"), hashes[i], &cheap), ERR_DENIED);
}

static void a_good_hash_with_more_behind_it_is_refused(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX + 1];

    assert_int_equal(password_hash(STR("jX7#pq2L"), &cheap, hash), OK);
    size_t n = strlen(hash);
    hash[n] = '$';
    hash[n + 1] = '\0';
    assert_int_equal(password_verify(STR("jX7#pq2L"), hash, &cheap), ERR_DENIED);
}

static void libsodium_agrees_on_what_we_verify(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];

    assert_int_equal(password_hash(STR("jX7#pq2L"), &dearer, hash), OK);
    assert_int_equal(crypto_pwhash_str_verify(hash, "jX7#pq2L", 8), 0);
    assert_int_equal(password_verify(STR("jX7#pq2L"), hash, &cheap), OK);
}

static void nobody_has_the_password_of_no_user(void **state)
{
    (void)state;
    assert_int_equal(password_verify(STR("jX7#pq2L"), NULL, &cheap), ERR_DENIED);
    assert_int_equal(password_verify(STR(""), NULL, &cheap), ERR_DENIED);
}

/* In CPU time; *best_ms is the fastest so far. */
static void time_verify(const char *hash, const struct password_cost *cost, double *best_ms)
{
    double start = cpu_ms();
    assert_int_equal(password_verify(STR("jX7#pq2M"), hash, cost), ERR_DENIED);
    double ms = cpu_ms() - start;
    *best_ms = ms < *best_ms ? ms : *best_ms;
}

static bool is_alike(double ms, double other_ms)
{
    return ms > other_ms * 0.7 && ms < other_ms * 1.4;
}

static void no_user_takes_as_long_as_a_wrong_password(void **state)
{
    (void)state;
    static const struct password_cost costs[] = {{.memory_kib = 8192, .passes = 1},
                                                 {.memory_kib = 8192, .passes = 8},
                                                 {.memory_kib = 65536, .passes = 2}};

    for (size_t i = 0; i < sizeof costs / sizeof *costs; i++) {
        char hash[PASSWORD_HASH_MAX];
        assert_int_equal(password_hash(STR("jX7#pq2L"), &costs[i], hash), OK);
        double wrong = 1e9;
        double nobody = 1e9;
        /* In turn, and more often while they differ: what else the machine does must not decide. */
        for (int try = 0; try < 5 || (try < 40 && !is_alike(nobody, wrong)); try++) {
            time_verify(hash, &costs[i], &wrong);
            time_verify(NULL, &costs[i], &nobody);
        }
        print_message("m=%d KiB t=%d: wrong password %.2f ms, no user %.2f ms\n",
                      (int)costs[i].memory_kib, (int)costs[i].passes, wrong, nobody);
        if (!is_alike(nobody, wrong))
            fail_msg("wrong password %.2f ms, no user %.2f ms", wrong, nobody);
    }
}

static void a_hash_of_another_cost_wants_a_new_one(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];
    struct password_cost more_passes = {.memory_kib = cheap.memory_kib, .passes = cheap.passes + 1};

    assert_int_equal(password_hash(STR("jX7#pq2L"), &cheap, hash), OK);
    assert_false(password_needs_rehash(hash, &cheap));
    assert_true(password_needs_rehash(hash, &dearer));
    assert_true(password_needs_rehash(hash, &more_passes));
    assert_true(password_needs_rehash(hash, &standard));
    assert_true(password_needs_rehash("nonsense", &cheap));
    assert_true(password_needs_rehash("", &cheap));
}

static void the_lowest_cost_works(void **state)
{
    (void)state;
    struct password_cost lowest = {.memory_kib = PASSWORD_MEMORY_KIB_MIN,
                                   .passes = PASSWORD_PASSES_MIN};
    char hash[PASSWORD_HASH_MAX];

    assert_int_equal(password_hash(STR("jX7#pq2L"), &lowest, hash), OK);
    assert_int_equal(password_verify(STR("jX7#pq2L"), hash, &lowest), OK);
    assert_int_equal(password_verify(STR("jX7#pq2L"), NULL, &lowest), ERR_DENIED);
}

/* Room for half of the standard cost's 64 MiB more than there is now. */
static bool limit_memory(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (file == NULL || fscanf(file, "%lu", &pages) != 1)
        return false;
    (void)fclose(file);
    rlim_t most = pages * (rlim_t)sysconf(_SC_PAGESIZE) + (rlim_t)standard.memory_kib * 1024 / 2;
    struct rlimit limit = {.rlim_cur = most, .rlim_max = most};
    return setrlimit(RLIMIT_AS, &limit) == 0;
}

/* In a child: exit status 0 when all three said so. */
static int without_memory(const char *hash)
{
    char made[PASSWORD_HASH_MAX];

    if (!limit_memory())
        return 9;
    if (password_hash(STR("jX7#pq2L"), &standard, made) != ERR_UNAVAILABLE)
        return 1;
    if (password_verify(STR("jX7#pq2L"), hash, &standard) != ERR_UNAVAILABLE)
        return 2;
    return password_verify(STR("jX7#pq2L"), NULL, &standard) == ERR_UNAVAILABLE ? 0 : 3;
}

static void without_memory_the_right_password_is_not_called_wrong(void **state)
{
    (void)state;
    char hash[PASSWORD_HASH_MAX];
    int status;

    assert_int_equal(password_hash(STR("jX7#pq2L"), &standard, hash), OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(without_memory(hash));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_passwords_are_refused),
        cmocka_unit_test(good_passwords_are_accepted),
        cmocka_unit_test(ones_own_names_are_refused),
        cmocka_unit_test(a_strange_username_is_known_only_to_be_its_owners),
        cmocka_unit_test(names_need_not_be_given),
        cmocka_unit_test(a_long_name_of_many_words_does_no_harm),
        cmocka_unit_test(single_letters_in_a_name_do_no_harm),
        cmocka_unit_test(an_empty_password_is_refused),
        cmocka_unit_test(only_what_comes_before_a_nul_counts),
        cmocka_unit_test(text_beyond_ascii_is_accepted),
        cmocka_unit_test(the_longest_password_is_judged_quickly),
        cmocka_unit_test(several_threads_may_judge_at_once),
        cmocka_unit_test(the_right_password_is_verified),
        cmocka_unit_test(a_wrong_password_is_refused),
        cmocka_unit_test(every_byte_of_a_long_password_counts),
        cmocka_unit_test(the_same_password_has_a_new_hash_each_time),
        cmocka_unit_test(a_hash_that_is_none_is_refused),
        cmocka_unit_test(a_good_hash_with_more_behind_it_is_refused),
        cmocka_unit_test(libsodium_agrees_on_what_we_verify),
        cmocka_unit_test(nobody_has_the_password_of_no_user),
        cmocka_unit_test(no_user_takes_as_long_as_a_wrong_password),
        cmocka_unit_test(a_hash_of_another_cost_wants_a_new_one),
        cmocka_unit_test(the_lowest_cost_works),
        cmocka_unit_test(without_memory_the_right_password_is_not_called_wrong),
    };
    return cmocka_run_group_tests(tests, start_sodium, NULL);
}
