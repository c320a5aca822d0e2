#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web_files.h"

static const unsigned char TEXT[] = "hello";
static const unsigned char PACKED[] = "hi";
static const struct web_embedded TABLE[] = {
    {"/a.js", "text/javascript", "0a", TEXT, 5, PACKED, 2},
    {"/index.html", "text/html", "0b", TEXT, 5, NULL, 0},
    {"/ui/a.js", "text/javascript", "0c", TEXT, 0, NULL, 0},
};

static void files_are_found_by_their_path(void **state)
{
    struct web_files *files = web_files_new(TABLE, 3);
    const struct web_file *file = web_files_find(files, STR("/a.js"));

    (void)state;
    assert_true(str_eq(shared_bytes_view(file->plain), STR("hello")));
    assert_true(str_eq(shared_bytes_view(file->packed), STR("hi")));
    assert_string_equal(file->tag, "\"0a\"");
    assert_string_equal(file->packed_tag, "\"0a-gz\"");
    assert_string_equal(web_files_find(files, STR("/"))->path, "/index.html");
    assert_null(web_files_find(files, STR("/"))->packed);
    assert_int_equal(shared_bytes_view(web_files_find(files, STR("/ui/a.js"))->plain).n, 0);
    web_files_free(&files);
    assert_null(files);
    web_files_free(&files);
}

static void nothing_else_is(void **state)
{
    static const char *const PATHS[] = {"",     "/a",          "/a.jsx",  "a.js",  "//a.js", "/ui",
                                        "/ui/", "/ui/../a.js", "/%61.js", "/A.JS", "/a.js/"};
    struct web_files *files = web_files_new(TABLE, 3);

    (void)state;
    for (size_t i = 0; i < sizeof PATHS / sizeof PATHS[0]; i++)
        assert_null(web_files_find(files, str_of(PATHS[i])));
    web_files_free(&files);
}

static void what_is_embedded_is_sorted_and_whole(void **state)
{
    (void)state;
    assert_true(WEB_EMBEDDED_N > 0);
    for (size_t i = 0; i < WEB_EMBEDDED_N; i++) {
        assert_true(i == 0 || strcmp(WEB_EMBEDDED[i - 1].path, WEB_EMBEDDED[i].path) < 0);
        assert_true(WEB_EMBEDDED[i].plain_n > 0);
        assert_true(WEB_EMBEDDED[i].packed_n < WEB_EMBEDDED[i].plain_n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_found_by_their_path),
        cmocka_unit_test(nothing_else_is),
        cmocka_unit_test(what_is_embedded_is_sorted_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
