/* What the stories of contacts and of blocks share: asking for them, and looking at both sides in Redis. */
#ifndef CHATAPP_INTEGRATION_CONTACT_SCENE_H
#define CHATAPP_INTEGRATION_CONTACT_SCENE_H

#include "store/contact.h"
#include "story.h"

enum { A = CONTACT_ADDED, M = CONTACT_ADDS_ME, B = CONTACT_BLOCKS, X = CONTACT_BLOCKS_ME };

static inline const char *contact_path(const struct user *of)
{
    return fmt("/api/contacts/%s", of->name);
}

static inline const char *block_path(const struct user *of)
{
    return fmt("/api/blocks/%s", of->name);
}

static inline void make_mutual(const struct user *a, const struct user *b)
{
    (void)user_expect(a, 201, "PUT", contact_path(b), NULL);
    (void)user_expect(b, 201, "PUT", contact_path(a), NULL);
}

/* The state of `of` on u's list, or "none". */
static inline const char *state_of(const struct user *u, const struct user *of)
{
    json_t *list = ITEM_OF(user_expect(u, 200, "GET", "/api/contacts", NULL), "contacts");
    const json_t *item = match_find(list, fmt("{'username':'%s'}", of->name));

    return item ? fmt("%s", TEXT_OF(item, "state")) : "none";
}

#define EXPECT_STATES(u, of, own, other)                                                           \
    do {                                                                                           \
        assert_string_equal(state_of(u, of), own);                                                 \
        assert_string_equal(state_of(of, u), other);                                               \
    } while (0)

static inline bool blocks(const struct user *u, const struct user *of)
{
    json_t *list = ITEM_OF(user_expect(u, 200, "GET", "/api/blocks", NULL), "blocks");

    return match_find(list, fmt("{'username':'%s'}", of->name)) != NULL;
}

/* What u keeps of `of`. */
static inline int mask_of(const struct user *u, const struct user *of)
{
    const char *mask = redis_text(&u->stack->redis, "HGET u:{%s}:contacts %s", u->name, of->name);

    return mask ? atoi(mask) : 0;
}

/* As a crash after half of a change leaves it. */
static inline void set_mask(const struct user *u, const struct user *of, int mask)
{
    (void)redis_do(&u->stack->redis, "HSET u:{%s}:contacts %s %d", u->name, of->name, mask);
}

static inline int kept(int mask)
{
    return mask == X ? 0 : mask;
}

static inline bool says_blocked(const struct user *u, const struct user *of)
{
    const char *names = redis_text(&u->stack->redis, "HGET c:{%s} blocked", direct_id(u, of));

    return names != NULL && strstr(fmt(" %s ", names), fmt(" %s ", u->name)) != NULL;
}

/* Each side's copy says what the other has decided. */
static inline void expect_in_line(const struct user *u, const struct user *v)
{
    int a = mask_of(u, v);
    int b = mask_of(v, u);

    assert_int_equal(b, kept((b & (A | B)) | contact_copy(a)));
    assert_int_equal(a, kept((a & (A | B)) | contact_copy(b)));
    assert_int_equal(says_blocked(u, v), (a & B) != 0);
    assert_int_equal(says_blocked(v, u), (b & B) != 0);
}

#endif
