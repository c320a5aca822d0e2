/* Rooms over HTTP: who is in, who may do what, and what the list shows. */
#include "story.h"

static const char *member_path(const char *room, const struct user *u)
{
    return fmt("/api/conversations/%s/members/%s", room, u->name);
}

static json_t *details(const struct user *u, const char *id)
{
    return ITEM_OF(user_expect(u, 200, "GET", fmt("/api/conversations/%s", id), NULL),
                   "conversation");
}

static const char *role_in(const struct user *viewer, const char *room, const struct user *u)
{
    json_t *member =
        match_find(ITEM_OF(details(viewer, room), "members"), fmt("{'username':'%s'}", u->name));

    return member ? fmt("%s", TEXT_OF(member, "role")) : "none";
}

static void a_room_has_its_maker_as_owner(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    json_t *answer =
        user_expect(&ann, 201, "POST", "/api/conversations",
                    fmt("{'name':'Caf\xc3\xa9 \xf0\x9f\x8c\xbb','members':['%s']}", bob.name));

    EXPECT_JSON(ITEM_OF(answer, "conversation"), "{'id':'*','kind':'room','name':'Caf\xc3\xa9 "
                                                 "\xf0\x9f\x8c\xbb','members_count':2,'unread':0}");
    const char *room = fmt("%s", TEXT_OF(ITEM_OF(answer, "conversation"), "id"));
    json_t *shown = details(&bob, room);
    EXPECT_JSON(shown, "{'id':'%s','kind':'room','members_count':2,'role':'member','created':'*'}",
                room);
    assert_int_equal(json_array_size(ITEM_OF(shown, "members")), 2);
    assert_string_equal(role_in(&bob, room, &ann), "owner");
    assert_string_equal(role_in(&bob, room, &bob), "member");
}

static void a_room_needs_a_name_and_members_that_exist(void **state)
{
    struct user ann = user_new(*state, "ann");
    const char *const cases[][2] = {
        {"name", "{'name':'','members':[]}"},
        {"name", "{'members':[]}"},
        {"name", fmt("{'name':'%s','members':[]}", fmt_repeat('x', 101))},
        {"name", "{'name':'a\\u0000b','members':[]}"},
        {"members", "{'name':'x','members':['nobody-here']}"},
        {"members", "{'name':'x','members':['No Name']}"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct http_answer *a =
            http_do(ann.stack, "POST", "/api/conversations", ann.access, cases[i][1]);
        if (i == 3) { /* NUL is no JSON text of ours at all */
            assert_int_equal(a->status, 400);
            continue;
        }
        if (a->status != 422)
            fail_at(HERE, "%d for %s", a->status, cases[i][1]);
        EXPECT_JSON(a->json, "{'code':'invalid_field','field':'%s'}", cases[i][0]);
    }
    EXPECT_JSON(user_expect(&ann, 200, "GET", "/api/conversations", NULL), "{'conversations':[]}");
}

static void members_named_twice_are_one(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Twice", (const struct user *[]){&bob, &bob, &ann, NULL});

    EXPECT_JSON(details(&ann, room), "{'members_count':2}");
}

static void owners_and_admins_add_members_and_plain_members_do_not(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user cid = user_new(*state, "cid");
    struct user dan = user_new(*state, "dan");
    const char *room = room_new(&ann, "Club", (const struct user *[]){&bob, NULL});

    (void)user_expect_problem(&bob, 403, "forbidden", "PUT", member_path(room, &cid), NULL);
    EXPECT_JSON(user_expect(&ann, 201, "PUT", member_path(room, &cid), NULL),
                "{'member':{'username':'%s','role':'member'}}", cid.name);
    EXPECT_JSON(user_expect(&ann, 200, "PUT", member_path(room, &bob), "{'role':'admin'}"),
                "{'member':{'username':'%s','role':'admin'}}", bob.name);
    (void)user_expect(&bob, 201, "PUT", member_path(room, &dan), NULL);
    (void)user_expect_problem(&bob, 403, "forbidden", "PUT", member_path(room, &cid),
                              "{'role':'owner'}");
    (void)user_expect_problem(&bob, 403, "forbidden", "PUT", member_path(room, &ann),
                              "{'role':'member'}");
    (void)user_expect(&ann, 200, "PUT", member_path(room, &dan),
                      "{'role':'member'}"); /* as it is */
    assert_string_equal(role_in(&dan, room, &bob), "admin");
    EXPECT_JSON(user_expect_problem(&ann, 422, "invalid_field", "PUT", member_path(room, &dan),
                                    "{'role':'king'}"),
                "{'field':'role'}");
}

static void a_new_member_must_exist(void **state)
{
    struct user ann = user_new(*state, "ann");
    const char *room = room_new(&ann, "Club", (const struct user *[]){NULL});

    (void)user_expect_problem(&ann, 404, "not_found", "PUT",
                              fmt("/api/conversations/%s/members/nobody-here", room), NULL);
    EXPECT_JSON(details(&ann, room), "{'members_count':1}");
}

static void leaving_and_removing(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user cid = user_new(*state, "cid");
    const char *room = room_new(&ann, "Club", (const struct user *[]){&bob, &cid, NULL});

    (void)user_expect_problem(&bob, 403, "forbidden", "DELETE", member_path(room, &cid), NULL);
    (void)user_expect(&bob, 204, "DELETE", member_path(room, &bob), NULL);
    (void)user_expect(&ann, 204, "DELETE", member_path(room, &cid), NULL);
    (void)user_expect_problem(&ann, 404, "not_found", "DELETE", member_path(room, &cid), NULL);
    (void)user_expect_problem(&cid, 404, "not_found", "GET", fmt("/api/conversations/%s", room),
                              NULL);
    (void)user_expect_problem(&cid, 404, "not_found", "GET",
                              fmt("/api/conversations/%s/messages", room), NULL);
    EXPECT_JSON(user_expect(&cid, 200, "GET", "/api/conversations", NULL), "{'conversations':[]}");
    EXPECT_JSON(user_expect(&ann, 200, "GET", fmt("/api/conversations/%s/messages", room), NULL),
                "{'messages':[{'seq':1,'type':'member','action':'joined','user':'%s'},"
                "{'seq':2,'action':'joined'},{'seq':3,'action':'joined'},"
                "{'seq':4,'action':'left','user':'%s','by':'%s'},"
                "{'seq':5,'action':'removed','user':'%s','by':'%s'}],'more':false}",
                ann.name, bob.name, bob.name, cid.name, ann.name);
}

static void a_room_is_never_without_an_owner(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user cid = user_new(*state, "cid");
    const char *room = room_new(&ann, "Club", (const struct user *[]){&bob, &cid, NULL});

    (void)user_expect_problem(&ann, 409, "last_owner", "PUT", member_path(room, &ann),
                              "{'role':'member'}");
    (void)user_expect(&ann, 200, "PUT", member_path(room, &cid), "{'role':'admin'}");
    (void)user_expect(&ann, 204, "DELETE", member_path(room, &ann), NULL);
    assert_string_equal(role_in(&bob, room, &cid), "owner");
}

static void a_room_has_a_limit(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--max-room-members=3"}});
    struct user u[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        u[i] = user_new(s, "ann");
    const char *room = room_new(&u[0], "Small", (const struct user *[]){&u[1], NULL});
    (void)user_expect(&u[0], 201, "PUT", member_path(room, &u[2]), NULL);
    (void)user_expect_problem(&u[0], 409, "room_full", "PUT", member_path(room, &u[3]), NULL);
    EXPECT_JSON(user_expect(&u[3], 200, "GET", "/api/conversations", NULL), "{'conversations':[]}");
    int status =
        http_do(s, "POST", "/api/conversations", u[0].access,
                fmt("{'name':'x','members':['%s','%s','%s']}", u[1].name, u[2].name, u[3].name))
            ->status;
    assert_true(status == 409 || status == 422);
    stack_stop(s);
}

static void owners_and_admins_rename(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Old", (const struct user *[]){&bob, NULL});
    const char *path = fmt("/api/conversations/%s", room);

    EXPECT_JSON(user_expect(&ann, 200, "PATCH", path, "{'name':'New'}"),
                "{'conversation':{'name':'New'}}");
    EXPECT_JSON(details(&bob, room), "{'name':'New'}");
    (void)user_expect_problem(&bob, 403, "forbidden", "PATCH", path, "{'name':'Mine'}");
    EXPECT_JSON(user_expect_problem(&ann, 422, "invalid_field", "PATCH", path, "{'name':''}"),
                "{'field':'name'}");
}

static void muting_shows_until_it_is_over(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    const char *room = room_new(&ann, "Loud", (const struct user *[]){&bob, NULL});
    const char *path = fmt("/api/conversations/%s/mute", room);
    long long later = clock_wall_ms() + 3600 * 1000;

    (void)user_expect(&bob, 204, "PUT", path, fmt("{'until':%lld}", later));
    EXPECT_JSON(details(&bob, room), "{'muted_until':%lld}", later);
    EXPECT_JSON(details(&ann, room), "{'muted_until':null}");
    (void)user_expect(&bob, 204, "PUT", path, "{'until':0}");
    EXPECT_JSON(details(&bob, room), "{'muted_until':null}");
    (void)user_expect(&bob, 204, "PUT", path, "{'until':1000}"); /* long over */
    EXPECT_JSON(details(&bob, room), "{'muted_until':null}");
    EXPECT_JSON(user_expect_problem(&bob, 422, "invalid_field", "PUT", path, "{'until':-1}"),
                "{'field':'until'}");
}

/* Every call on a conversation, by somebody who is not in it: as if there were none. */
static void a_stranger_learns_nothing(void **state)
{
    struct user ann = user_new(*state, "ann");
    struct user bob = user_new(*state, "bob");
    struct user eve = user_new(*state, "eve");
    const char *room = room_new(&ann, "Secret", (const struct user *[]){&bob, NULL});
    const char *const ids[] = {room, "raaaaaaaaaaaaaaaaaaaaaaaa", "nonsense",
                               direct_id(&ann, &bob)};
    const char *const calls[][3] = {
        {"GET", "", NULL},
        {"PATCH", "", "{'name':'x'}"},
        {"GET", "/messages", NULL},
        {"GET", "/messages?before=2&limit=1", NULL},
        {"PUT", "/mute", "{'until':0}"},
        {"PUT", fmt("/members/%s", eve.name), NULL},
        {"DELETE", fmt("/members/%s", eve.name), NULL},
        {"DELETE", fmt("/members/%s", ann.name), NULL},
        {"PUT", "/members/nobody-here", NULL},
    };

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const char *first = NULL;
        for (size_t k = 0; k < sizeof ids / sizeof ids[0]; k++) {
            json_t *problem = user_expect_problem(
                &eve, 404, "not_found", calls[i][0],
                fmt("/api/conversations/%s%s", ids[k], calls[i][1]), calls[i][2]);
            const char *detail = fmt("%s", TEXT_OF(problem, "detail"));
            if (first == NULL)
                first = detail;
            assert_string_equal(detail, first); /* not even the words differ */
        }
    }
    EXPECT_JSON(details(&ann, room), "{'members_count':2,'seq':2}");
}

static void the_list_is_paged_newest_first(void **state)
{
    struct user ann = user_new(*state, "ann");
    const char *rooms[7];
    const char *cursor = "";
    int seen = 0;

    for (int i = 0; i < 7; i++) {
        rooms[i] = room_new(&ann, fmt("Room %d", i), (const struct user *[]){NULL});
        int64_t made = clock_wall_ms();
        WAIT_UNTIL(clock_wall_ms() > made); /* times in ms: no two alike */
    }
    while (cursor != NULL) {
        json_t *page =
            user_expect(&ann, 200, "GET", fmt("/api/conversations?limit=3%s", cursor), NULL);
        json_t *list = ITEM_OF(page, "conversations");
        const char *next = json_string_value(json_object_get(page, "cursor"));
        for (size_t i = 0; i < json_array_size(list); i++, seen++)
            assert_string_equal(TEXT_OF(json_array_get(list, i), "id"), rooms[6 - seen]);
        assert_true(json_array_size(list) <= 3);
        cursor = next ? fmt("&cursor=%s", next) : NULL;
    }
    assert_int_equal(seen, 7);
    EXPECT_JSON(user_expect_problem(&ann, 422, "invalid_field", "GET",
                                    "/api/conversations?cursor=nonsense", NULL),
                "{'field':'cursor'}");
    EXPECT_JSON(user_expect_problem(&ann, 422, "invalid_field", "GET",
                                    "/api/conversations?limit=101", NULL),
                "{'field':'limit'}");
}

/* A figure of Redis's own. */
static long long redis_figure(struct stack *s, const char *name)
{
    const char *at = strstr(redis_text(&s->redis, "INFO stats"), name);

    assert_non_null(at);
    return atoll(at + strlen(name) + 1);
}

/* Each room's last record is long, and only those of the page are wanted. */
static void a_page_of_the_list_costs_no_more_than_it_shows(void **state)
{
    enum { ROOMS = 40, LONG = 50000 };
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    const char *text = fmt_repeat('x', LONG);
    const char *rooms[ROOMS];

    for (int i = 0; i < ROOMS; i++) {
        rooms[i] = room_new(&ann, "Long", (const struct user *[]){NULL});
        const char *record = fmt("m2,\"id\":\"a\",\"from\":\"%s\",\"time\":%d,\"text\":\"%s\"}",
                                 ann.name, 1000 + i, text);
        (void)redis_do(&s->redis, "RPUSH c:{%s}:log %s", rooms[i], record);
        (void)redis_do(&s->redis, "HSET c:{%s} seq 2", rooms[i]);
    }
    long long before = redis_figure(s, "total_net_output_bytes");
    json_t *page = user_expect(&ann, 200, "GET", "/api/conversations?limit=2", NULL);
    EXPECT_JSON(page, "{'conversations':[{'id':'%s','last':{'time':%d}},{'id':'%s'}],'cursor':'*'}",
                rooms[ROOMS - 1], 1000 + ROOMS - 1, rooms[ROOMS - 2]);
    assert_in_range(redis_figure(s, "total_net_output_bytes") - before, 2 * LONG, 8 * LONG);
}

static void a_room_of_many_is_made_in_a_few_steps(void **state)
{
    enum { MEMBERS = 100 };
    struct stack *s = *state;
    struct user ann = user_new(s, "ann");
    struct buf names = {0};

    for (int i = 0; i < MEMBERS; i++)
        buf_printf(&names, "%s'%s'", i ? "," : "", user_new(s, "many").name);
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    long long before = redis_figure(s, "total_reads_processed");
    json_t *answer = user_expect(&ann, 201, "POST", "/api/conversations",
                                 fmt("{'name':'Many','members':[%s]}", buf_cstr(&names)));
    EXPECT_JSON(ITEM_OF(answer, "conversation"), "{'members_count':%d}", MEMBERS + 1);
    assert_in_range(redis_figure(s, "total_reads_processed") - before, 1, MEMBERS / 2);
    buf_fini(&names);
}

/* A client that was told to try again would make a second one. */
static void a_room_that_was_made_is_answered_though_it_cannot_be_read_back(void **state)
{
    struct stack *s = stack_start((struct stack_options){0});
    struct user ann = user_new(s, "zoe");
    struct user bob = user_new(s, "bob");

    (void)state;
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)redis_do(&s->redis, "ACL SETUSER default -hgetall"); /* which reads the members */
    const struct http_answer *a = http_do(s, "POST", "/api/conversations", ann.access,
                                          fmt("{'name':'Club','members':['%s']}", bob.name));
    (void)redis_do(&s->redis, "ACL SETUSER default +hgetall");
    assert_int_equal(a->status, 201);
    const char *id = fmt("%s", TEXT_OF(ITEM_OF(a->json, "conversation"), "id"));
    EXPECT_JSON(a->json,
                "{'conversation':{'kind':'room','name':'Club','members_count':2,'seq':2,'read':2,"
                "'unread':0,'role':'owner','created':'*','members':[{'username':'%s','role':"
                "'member'},{'username':'%s','role':'owner'}]}}",
                bob.name, ann.name);
    assert_string_equal(http_header(a, "Location"), fmt("/api/conversations/%s", id));
    assert_string_equal(role_in(&bob, id, &ann), "owner");
    stack_stop(s);
}

static void rooms_are_made_at_a_rate(void **state)
{
    struct stack *s = stack_start((struct stack_options){.api_flags = {"--rate-rooms=3"}});
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");

    (void)state;
    (void)user_expect_problem(&ann, 422, "invalid_field", "POST", "/api/conversations",
                              "{'name':''}"); /* costs nothing */
    for (int i = 0; i < 3; i++)
        (void)room_new(&ann, "Club", (const struct user *[]){&bob, NULL});
    (void)user_expect_problem(&ann, 429, "rate_limited", "POST", "/api/conversations",
                              "{'name':'One more'}");
    const char *after = http_header(&s->http.answer, "Retry-After");
    assert_non_null(after);
    assert_in_range(atoi(after), 1, 60);
    (void)room_new(&bob, "Mine", (const struct user *[]){NULL}); /* others are not held up */
    json_t *list = user_expect(&ann, 200, "GET", "/api/conversations", NULL);
    assert_int_equal(json_array_size(ITEM_OF(list, "conversations")), 3);
    stack_stop(s);
}

/* Not to be told from there being nobody of that name. */
static void a_search_that_cannot_be_answered_says_so(void **state)
{
    struct stack *s = stack_start((struct stack_options){0});
    struct user ann = user_new(s, "ann");
    struct user bob = user_new(s, "bob");
    const char *path = fmt("/api/users?q=%s", bob.name);

    (void)state;
    (void)user_expect(&ann, 200, "GET", "/api/profile", NULL);
    (void)redis_do(&s->redis, "ACL SETUSER default -smembers"); /* of which bob's sessions */
    int status = http_do(s, "GET", path, ann.access, NULL)->status;
    (void)redis_do(&s->redis, "ACL SETUSER default +smembers");
    assert_int_equal(status, 503);
    EXPECT_JSON(user_expect(&ann, 200, "GET", path, NULL), "{'users':[{'username':'%s'}]}",
                bob.name);
    stack_stop(s);
}

static int setup(void **state)
{
    *state = stack_start((struct stack_options){0});
    return 0;
}

STORY(setup, CASE(a_room_has_its_maker_as_owner), CASE(a_room_needs_a_name_and_members_that_exist),
      CASE(members_named_twice_are_one),
      CASE(owners_and_admins_add_members_and_plain_members_do_not), CASE(a_new_member_must_exist),
      CASE(leaving_and_removing), CASE(a_room_is_never_without_an_owner), CASE(a_room_has_a_limit),
      CASE(owners_and_admins_rename), CASE(muting_shows_until_it_is_over),
      CASE(a_stranger_learns_nothing), CASE(the_list_is_paged_newest_first),
      CASE(a_page_of_the_list_costs_no_more_than_it_shows),
      CASE(a_room_of_many_is_made_in_a_few_steps),
      CASE(a_room_that_was_made_is_answered_though_it_cannot_be_read_back),
      CASE(rooms_are_made_at_a_rate), CASE(a_search_that_cannot_be_answered_says_so))
