#include "channel_env.h"

#include <sodium.h>
#include <stdlib.h>

#include "auth/base64url.h"
#include "base/mem.h"
#include "channel_mail.h"
#include "channel_url.h"
#include "json/json_in.h"

/* ---- the key of webpush ---- */

enum err vapid_key_read(str text, struct p256_key *key_out)
{
    unsigned char private_key[P256_PRIVATE_N];
    size_t n;
    enum err err = ERR_INVALID;

    if (base64url_read(text, private_key, sizeof private_key, &n) && n == sizeof private_key)
        err = p256_from_private(private_key, key_out);
    sodium_memzero(private_key, sizeof private_key);
    return err;
}

void vapid_key_write(const struct p256_key *key, struct buf *out)
{
    base64url_add(out, key->private_key, sizeof key->private_key);
}

void channel_env_set_vapid(struct channel_env *env, const struct p256_key *key)
{
    struct vapid_key *next = mem_zalloc(sizeof *next);

    next->key = *key;
    next->before = atomic_load(&env->vapid);
    atomic_store(&env->vapid, next);
}

/* ---- settings ---- */

static enum err bad(struct buf *why, const char *setting, const char *what)
{
    buf_printf(why, "--%s: %s", setting, what);
    return ERR_INVALID;
}

static bool is_set(const char *text)
{
    return text[0] != '\0';
}

static enum err check_url(const char *setting, const char *text, struct buf *why)
{
    struct channel_url url;
    size_t n = strlen(text);

    if (n == 0)
        return OK;
    const char *problem = channel_url_parse(str_from(text, n), &url);
    if (problem == NULL && text[n - 1] == '/')
        problem = "must not end in a slash";
    return problem ? bad(why, setting, problem) : OK;
}

static enum err check_urls(const struct channel_settings *s, struct buf *why)
{
    const struct {
        const char *setting;
        const char *text;
    } urls[] = {
        {"telegram-url", s->telegram_url},
        {"fcm-url", s->fcm_url},
        {"fcm-token-url", s->fcm_token_url},
        {"apns-url", s->apns_url},
    };

    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++)
        if (check_url(urls[i].setting, urls[i].text, why) != OK)
            return ERR_INVALID;
    return OK;
}

static enum err open_vapid(struct channel_env *env, struct buf *why)
{
    const struct channel_settings *s = env->settings;
    str subject = str_of(s->vapid_subject);
    struct p256_key key;

    if (subject.n > 0 && !str_starts(subject, STR("mailto:")) &&
        !str_starts(subject, STR("https://")))
        return bad(why, "vapid-subject", "must be a mailto: or https: URL");
    if (!is_set(s->vapid_key))
        return OK;
    if (vapid_key_read(str_of(s->vapid_key), &key) != OK)
        return bad(why, "vapid-key", "must be the 32 bytes of a P-256 private key in base64url");
    channel_env_set_vapid(env, &key);
    sodium_memzero(&key, sizeof key);
    return OK;
}

static enum err take_member(struct json_in *in, const char *name, struct buf *to)
{
    enum { MEMBER_MAX = 16384 };
    str value = json_in_str(in, name, 1, MEMBER_MAX);

    if (json_in_bad(in))
        return ERR_INVALID;
    buf_add_str(to, value);
    return OK;
}

static enum err read_account(struct json_in *in, struct fcm_account *account)
{
    struct buf pem = {0};
    enum err err = take_member(in, "private_key", &pem);

    if (err == OK)
        err = rsa_key_from_pem(buf_view(&pem), &account->key);
    if (pem.p != NULL)
        sodium_memzero(pem.p, pem.n);
    buf_fini(&pem);
    if (err != OK || take_member(in, "project_id", &account->project) != OK ||
        take_member(in, "client_email", &account->email) != OK ||
        take_member(in, "private_key_id", &account->key_id) != OK)
        return ERR_INVALID;
    return take_member(in, "token_uri", &account->token_url);
}

static enum err open_fcm(struct channel_env *env, struct buf *why)
{
    struct json_in in;
    struct buf ignored = {0};

    if (!is_set(env->settings->fcm_service_account))
        return OK;
    enum err err = json_in_open(str_of(env->settings->fcm_service_account), &in);
    if (err == OK) {
        err = read_account(&in, &env->fcm);
        json_in_close(&in);
    }
    if (err == OK && is_set(env->settings->fcm_token_url)) {
        buf_clear(&env->fcm.token_url);
        buf_add_str(&env->fcm.token_url, str_of(env->settings->fcm_token_url));
    }
    if (err == OK)
        err = check_url("fcm-token-url", buf_cstr(&env->fcm.token_url), &ignored);
    buf_fini(&ignored);
    if (err != OK)
        return bad(why, "fcm-service-account",
                   "must be the JSON of a service account's key: project_id, private_key_id, "
                   "private_key (RSA, in PEM), client_email, token_uri");
    env->has_fcm = true;
    return OK;
}

static enum err open_apns(struct channel_env *env, struct buf *why)
{
    const struct channel_settings *s = env->settings;

    if (!is_set(s->apns_key))
        return OK;
    if (p256_from_pem(str_of(s->apns_key), &env->apns) != OK)
        return bad(why, "apns-key", "must be a P-256 private key in PEM");
    if (!is_set(s->apns_key_id))
        return bad(why, "apns-key-id", "is missing, while --apns-key is there");
    if (!is_set(s->apns_team_id))
        return bad(why, "apns-team-id", "is missing, while --apns-key is there");
    if (!is_set(s->apns_topic))
        return bad(why, "apns-topic", "is missing, while --apns-key is there");
    env->has_apns = true;
    return OK;
}

static bool is_mail_url(str url)
{
    bool good = str_starts(url, STR("smtp://")) || str_starts(url, STR("smtps://"));

    for (size_t i = 0; i < url.n; i++)
        good = good && url.p[i] > ' ' && url.p[i] < 0x7F && url.p[i] != '@';
    return good;
}

static enum err check_smtp(const struct channel_settings *s, struct buf *why)
{
    if (!is_set(s->smtp_url))
        return OK;
    if (!is_mail_url(str_of(s->smtp_url)))
        return bad(why, "smtp-url", "must be smtp://host[:port] or smtps://host[:port]");
    if (mail_address_problem(str_of(s->smtp_from)) != NULL)
        return bad(why, "smtp-from", "must be an e-mail address, while --smtp-url is there");
    return OK;
}

enum err channel_env_open(const struct channel_settings *settings, struct channel_env **env_out,
                          struct buf *why)
{
    struct channel_env *env = mem_zalloc(sizeof *env);
    enum err err = check_urls(settings, why);

    env->settings = settings;
    if (err == OK)
        err = check_smtp(settings, why);
    if (err == OK)
        err = open_vapid(env, why);
    if (err == OK)
        err = open_fcm(env, why);
    if (err == OK)
        err = open_apns(env, why);
    if (err != OK)
        channel_env_close(&env);
    else
        *env_out = env;
    return err;
}

static void free_vapid(struct vapid_key *key)
{
    while (key) {
        struct vapid_key *before = key->before;
        sodium_memzero(key, sizeof *key);
        free(key);
        key = before;
    }
}

void channel_env_close(struct channel_env **env)
{
    struct channel_env *e = *env;

    *env = NULL;
    free_vapid(atomic_load(&e->vapid));
    buf_fini(&e->fcm.project);
    buf_fini(&e->fcm.email);
    buf_fini(&e->fcm.token_url);
    buf_fini(&e->fcm.key_id);
    rsa_key_free(&e->fcm.key);
    sodium_memzero(e, sizeof *e);
    free(e);
}
