/* A user's profile, and what others see of it. */
#include "story.h"

static void a_profile_changes_field_by_field(void **state)
{
    struct user ann = user_new(*state, "ann");

    (void)user_expect(
        &ann, 200, "PATCH", "/api/profile",
        "{'display_name':'Ann L.','about':'hello','avatar_url':'https://example.org/a.png'}");
    EXPECT_JSON(user_expect(&ann, 200, "PATCH", "/api/profile", "{'about':'bye'}"),
                "{'username':'%s','display_name':'Ann "
                "L.','about':'bye','avatar_url':'https://example.org/a.png'}",
                ann.name);
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/profile", NULL),
                "{'username':'%s','display_name':'Ann "
                "L.','about':'bye','avatar_url':'https://example.org/a.png'}",
                ann.name);
}

static void null_and_empty_clear_a_field(void **state)
{
    struct user ann = user_new(*state, "ann");

    (void)user_expect(&ann, 200, "PATCH", "/api/profile",
                      "{'about':'hello','avatar_url':'https://example.org/a.png'}");
    (void)user_expect(&ann, 200, "PATCH", "/api/profile", "{'about':null,'avatar_url':''}");
    json_t *profile = user_expect(&ann, 200, "GET", "/api/profile", NULL);
    const char *about = json_string_value(json_object_get(profile, "about"));
    const char *avatar = json_string_value(json_object_get(profile, "avatar_url"));
    assert_true(about == NULL || about[0] == '\0');
    assert_true(avatar == NULL || avatar[0] == '\0');
}

static void every_language_fits(void **state)
{
    struct user ann = user_new(*state, "ann");
    const char *name = "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0 \xe5\xae\x89 \xf0\x9f\x90\x8e "
                       "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d <b>&";

    (void)user_expect(&ann, 200, "PATCH", "/api/profile", fmt("{'display_name':'%s'}", name));
    assert_string_equal(
        TEXT_OF(user_expect(&ann, 200, "GET", "/api/profile", NULL), "display_name"), name);
}

static void rules_for_the_fields_are_kept(void **state)
{
    struct user ann = user_new(*state, "ann");
    const char *const cases[][2] = {
        {"display_name", "{'display_name':'a\\nb'}"},
        {"display_name", fmt("{'display_name':'%s'}", fmt_repeat('x', 65))},
        {"about", fmt("{'about':'%s'}", fmt_repeat('x', 1025))},
        {"avatar_url", "{'avatar_url':'javascript:alert(1)'}"},
        {"avatar_url", "{'avatar_url':'not a url'}"},
        {"avatar_url", fmt("{'avatar_url':'https://example.org/%s'}", fmt_repeat('x', 512))},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        EXPECT_JSON(
            user_expect_problem(&ann, 422, "invalid_field", "PATCH", "/api/profile", cases[i][1]),
            "{'field':'%s'}", cases[i][0]);
}

static void others_see_the_public_profile(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");

    (void)user_expect(&ann, 200, "PATCH", "/api/profile", "{'display_name':'Ann','about':'me'}");
    json_t *seen = user_expect(&bob, 200, "GET", fmt("/api/users/%s", ann.name), NULL);
    EXPECT_JSON(seen, "{'username':'%s','display_name':'Ann','about':'me','password':null}",
                ann.name);
    EXPECT_JSON(user_expect(&bob, 200, "GET", fmt("/api/users/%c%s", 'A', ann.name + 1), NULL),
                "{'username':'%s'}", ann.name);
    (void)user_expect_problem(&bob, 404, "not_found", "GET", "/api/users/nobody-here", NULL);
}

static void a_change_is_seen_at_once_through_every_api_server(void **state)
{
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct daemon second;

    daemon_init(&second, "api-server", "api-server-2", &s->dir, s->redis.url, NULL);
    daemon_up(&second);
    for (int i = 0; i < 20; i++) {
        const char *about = fmt("version %d", i);
        struct http http = {0};
        (void)user_expect(&ann, 200, "PATCH", "/api/profile", fmt("{'about':'%s'}", about));
        assert_string_equal(TEXT_OF(user_expect(&ann, 200, "GET", "/api/profile", NULL), "about"),
                            about);
        WAIT_UNTIL(
            strcmp(
                TEXT_OF(http_at(&http, second.port, "GET", "/api/profile", ann.access, NULL)->json,
                        "about"),
                about) == 0);
        http_fini(&http);
    }
    assert_int_equal(daemon_terminate(&second), 0);
    daemon_fini(&second);
}

static const char *names_of(json_t *users)
{
    struct buf text = {0};

    for (size_t i = 0; i < json_array_size(users); i++)
        buf_printf(&text, "%s%s", i ? " " : "", TEXT_OF(json_array_get(users, i), "username"));
    const char *names = fmt("%s", buf_cstr(&text));
    buf_fini(&text);
    return names;
}

static const char *search(const struct user *u, const char *query)
{
    return names_of(
        ITEM_OF(user_expect(u, 200, "GET", fmt("/api/users?%s", query), NULL), "users"));
}

static void users_are_found_by_the_beginning_of_their_name(void **state)
{
    struct stack *s = *state;
    struct user me = user_new(s, "me.");
    static const char *const NAMES[] = {"zoe", "zoe.b", "zoe-a", "zoey", "zob"};

    for (size_t i = 0; i < 5; i++)
        (void)http_expect(s, 201, "POST", "/api/signup", NULL,
                          fmt("{'username':'%s','password':'" USER_PASSWORD "'}", NAMES[i]));
    assert_string_equal(search(&me, "q=zoe"), "zoe zoe-a zoe.b zoey");
    assert_string_equal(search(&me, "q=ZOE&limit=2"), "zoe zoe-a");
    assert_string_equal(search(&me, "q=zoe%2Eb"), "zoe.b");
    assert_string_equal(search(&me, "q=zzz"), "");
    assert_string_equal(search(&me, "q=zo&unknown=1&limit=1"), "zob");
}

static void a_bad_search_is_refused(void **state)
{
    struct user me = user_new(*state, "me.");
    static const char *const CASES[][2] = {{"limit", "q=a&limit=0"},
                                           {"limit", "q=a&limit=100000"},
                                           {"limit", "q=a&limit=x"},
                                           {"limit", "q=a&limit=-1"},
                                           {"limit", "q=a&limit=99999999999999999999"}};

    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++)
        EXPECT_JSON(user_expect_problem(&me, 422, "invalid_field", "GET",
                                        fmt("/api/users?%s", CASES[i][1]), NULL),
                    "{'field':'%s'}", CASES[i][0]);
    /* What stands in the pattern is text, never a pattern or a range. */
    static const char *const ODD[] = {"*",   "%5B", "%5Ba", "%28a", "-",
                                      "%2B", "%FF", "%00",  "%7D",  "%20"};
    for (size_t i = 0; i < sizeof ODD / sizeof ODD[0]; i++) {
        const struct http_answer *a =
            http_do(me.stack, "GET", fmt("/api/users?q=%s", ODD[i]), me.access, NULL);
        assert_true(a->status == 200 || a->status == 422 || a->status == 400);
        if (a->status == 200)
            assert_string_equal(names_of(ITEM_OF(a->json, "users")), "");
    }
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(a_profile_changes_field_by_field), CASE(null_and_empty_clear_a_field),
      CASE(every_language_fits), CASE(rules_for_the_fields_are_kept),
      CASE(others_see_the_public_profile), CASE(a_change_is_seen_at_once_through_every_api_server),
      CASE(users_are_found_by_the_beginning_of_their_name), CASE(a_bad_search_is_refused))
