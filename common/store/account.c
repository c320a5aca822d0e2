#include "store/account.h"

#include "store/keys.h"
#include "store/scripts.h"
#include "json/json_out.h"

/* ---- commands ---- */

void account_create(struct redis_command *c, str user, str password_hash, str display_name,
                    const struct new_session *session, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_account_create);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
    session_add_key(c, user, session->id);
    redis_add_int(c, now_ms);
    redis_add(c, password_hash);
    redis_add(c, display_name);
    session_add_fields(c, session);
}

void account_read(struct redis_command *c, str user)
{
    redis_command_script(c, &SCRIPT_account_read);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
}

static void get_field(struct redis_command *c, str user, str field)
{
    redis_command_init(c, "HGET");
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add(c, field);
}

void account_created(struct redis_command *c, str user)
{
    get_field(c, user, STR("created"));
}

void account_display_name(struct redis_command *c, str user)
{
    get_field(c, user, STR("display_name"));
}

void account_password(struct redis_command *c, str user)
{
    get_field(c, user, STR("password"));
}

void account_place(struct redis_command *c, str user, str place)
{
    redis_command_init(c, "ZSCORE");
    redis_add_key(c, KEY_USER, user, KEY_PLACES);
    redis_add(c, place);
}

void account_set_password(struct redis_command *c, str user, str old_hash, str new_hash,
                          str keep_session)
{
    redis_command_script(c, &SCRIPT_account_set_password);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
    redis_add(c, old_hash);
    redis_add(c, new_hash);
    redis_add(c, keep_session);
}

void account_erase(struct redis_command *c, str user, str password_hash, int64_t now_ms)
{
    redis_command_script(c, &SCRIPT_account_erase);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    redis_add(c, password_hash);
    redis_add_int(c, now_ms);
}

static void add_change(struct redis_command *c, str field, str value)
{
    if (str_is_none(value))
        return;
    redis_add(c, field);
    redis_add(c, value);
}

void account_update(struct redis_command *c, str user, const struct account_changes *changes)
{
    redis_command_script(c, &SCRIPT_account_update);
    redis_add_key(c, KEY_USER, user, KEY_PLAIN);
    add_change(c, STR("display_name"), changes->display_name);
    add_change(c, STR("about"), changes->about);
    add_change(c, STR("avatar_url"), changes->avatar_url);
}

void account_delete_rest(struct redis_command *c, str user)
{
    redis_command_init(c, "DEL");
    redis_add_key(c, KEY_USER, user, KEY_SESSIONS);
    redis_add_key(c, KEY_USER, user, KEY_CONVERSATIONS);
    redis_add_key(c, KEY_USER, user, KEY_NODES);
    redis_add_key(c, KEY_USER, user, KEY_PLACES);
    redis_add_key(c, KEY_USER, user, KEY_CONTACTS);
    redis_add_key(c, KEY_USER, user, KEY_DEVICES);
    redis_add_key(c, KEY_USER, user, KEY_PRESENCE);
    redis_add_key(c, KEY_USER, user, KEY_HIDDEN);
}

void directory_add(struct redis_command *c, str user)
{
    redis_command_init(c, "ZADD");
    redis_add(c, STR(KEY_USERS));
    redis_add(c, STR("0"));
    redis_add(c, user);
}

void directory_remove(struct redis_command *c, str user)
{
    redis_command_init(c, "ZREM");
    redis_add(c, STR(KEY_USERS));
    redis_add(c, user);
}

void directory_search(struct redis_command *c, str prefix, int64_t limit, struct buf *storage)
{
    size_t n = prefix.n + 1;

    buf_clear(storage);
    buf_add_char(storage, '[');
    buf_add_str(storage, prefix);
    buf_add_char(storage, '[');
    buf_add_str(storage, prefix);
    buf_add_char(storage, '\xff');
    redis_command_init(c, "ZRANGEBYLEX");
    redis_add(c, STR(KEY_USERS));
    redis_add(c, str_from(storage->p, n));
    redis_add(c, str_from(storage->p + n, n + 1));
    redis_add(c, STR("LIMIT"));
    redis_add(c, STR("0"));
    redis_add_int(c, limit);
}

void erasing_change(struct redis_command *c, const char *command, str user)
{
    redis_command_init(c, command);
    redis_add(c, STR(KEY_ERASING));
    redis_add(c, user);
}

void erasing_list(struct redis_command *c)
{
    redis_command_init(c, "SMEMBERS");
    redis_add(c, STR(KEY_ERASING));
}

/* ---- replies ---- */

enum { READ_CREATED = 1, READ_DISPLAY_NAME, READ_ABOUT, READ_AVATAR_URL, READ_SESSIONS };

enum err account_was_read(const struct redisReply *reply, struct account *account_out)
{
    enum err err = account_answer(reply);

    if (err != OK)
        return err;
    if (reply_count(reply) < READ_SESSIONS)
        return ERR_UNAVAILABLE;
    *account_out = (struct account){
        .created = reply_int(reply_at(reply, READ_CREATED)),
        .display_name = reply_str(reply_at(reply, READ_DISPLAY_NAME)),
        .about = reply_str(reply_at(reply, READ_ABOUT)),
        .avatar_url = reply_str(reply_at(reply, READ_AVATAR_URL)),
        .n_sessions = reply_count(reply) - READ_SESSIONS,
        .reply = reply,
    };
    return OK;
}

str account_session(const struct account *account, size_t i)
{
    return reply_str(reply_at(account->reply, READ_SESSIONS + i));
}

enum err account_answer(const struct redisReply *reply)
{
    static const struct {
        str word;
        enum err err;
    } WORDS[] = {
        {{"ok", 2}, OK},
        {{"taken", 5}, ERR_CONFLICT},
        {{"changed", 7}, ERR_CONFLICT},
        {{"reused", 6}, ERR_CONFLICT},
        {{"full", 4}, ERR_FULL},
        {{"denied", 6}, ERR_DENIED},
        {{"not_found", 9}, ERR_NOT_FOUND},
        {{"gone", 4}, ERR_NOT_FOUND},
    };
    str word = reply_word(reply);

    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        if (str_eq(word, WORDS[i].word))
            return WORDS[i].err;
    return ERR_UNAVAILABLE;
}

void account_json(struct buf *out, const char *key, str user, const struct account *account)
{
    json_open(out, key, '{');
    json_put_str(out, "username", user);
    json_put_str(out, "display_name", account->display_name);
    json_put_str(out, "about", account->about);
    json_put_str(out, "avatar_url", account->avatar_url);
    json_put_int(out, "created", account->created);
    json_close(out, '}');
}
