#include "redis/redis_command.h"

#include "base/check.h"
#include "base/decimal.h"

#define HEAD_MAX (1 + DECIMAL_MAX + 2) /* "$123\r\n" */
#define ARGC_MAX                                                                                   \
    (REDIS_ARGS_MAX + 3) /* EVALSHA, its hash and the number of keys come before a script's */

/* Not the whole of it, which is large. */
static void clear(struct redis_command *c, const struct redis_script *script, const char *name)
{
    c->script = script;
    c->name = name;
    c->n_keys = 0;
    c->n = 0;
    c->scratch_n = 0;
}

void redis_command_init(struct redis_command *c, const char *name)
{
    clear(c, NULL, name);
    redis_add(c, str_of(name));
}

void redis_command_script(struct redis_command *c, const struct redis_script *script)
{
    clear(c, script, script->name);
}

void redis_add(struct redis_command *c, str arg)
{
    CHECK(c->n < REDIS_ARGS_MAX);
    c->args[c->n++] = arg;
}

/* `n` bytes of scratch, counted. */
static char *scratch(struct redis_command *c, size_t n)
{
    CHECK(n <= sizeof c->scratch - c->scratch_n);
    char *p = c->scratch + c->scratch_n;
    c->scratch_n += n;
    return p;
}

static char *put(char *p, str s)
{
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    return p + s.n;
}

void redis_add_key(struct redis_command *c, const char *prefix, str tag, const char *suffix)
{
    str before = str_of(prefix);
    str after = str_of(suffix);
    str key = {NULL, before.n + tag.n + after.n};

    if (c->script != NULL) {
        CHECK(c->n == c->n_keys);
        c->n_keys++;
    }
    char *p = scratch(c, key.n);
    key.p = p;
    (void)put(put(put(p, before), tag), after);
    redis_add(c, key);
}

void redis_add_int(struct redis_command *c, int64_t value)
{
    char digits[DECIMAL_MAX];
    str number = {NULL, decimal_write(digits, value)};

    number.p = memcpy(scratch(c, number.n), digits, number.n);
    redis_add(c, number);
}

static char *put_head(char *p, char kind, size_t n)
{
    *p++ = kind;
    p += decimal_write(p, (int64_t)n);
    *p++ = '\r';
    *p++ = '\n';
    return p;
}

static char *put_bulk(char *p, str s)
{
    p = put(put_head(p, '$', s.n), s);
    *p++ = '\r';
    *p++ = '\n';
    return p;
}

void redis_command_format(const struct redis_command *c, bool source, struct buf *out)
{
    const struct redis_script *script = c->script;
    size_t room = HEAD_MAX + ARGC_MAX * (HEAD_MAX + 2);
    str lead[3];
    size_t n_lead = 0;
    char n_keys[DECIMAL_MAX];

    if (script != NULL) {
        lead[n_lead++] = source ? STR("EVAL") : STR("EVALSHA");
        lead[n_lead++] = source ? script->text : str_of(script->sha1);
        lead[n_lead++] = str_from(n_keys, decimal_write(n_keys, (int64_t)c->n_keys));
    }
    for (size_t i = 0; i < n_lead; i++)
        room += lead[i].n;
    for (size_t i = 0; i < c->n; i++)
        room += c->args[i].n;

    char *start = buf_reserve(out, room);
    char *p = put_head(start, '*', n_lead + c->n);
    for (size_t i = 0; i < n_lead; i++)
        p = put_bulk(p, lead[i]);
    for (size_t i = 0; i < c->n; i++)
        p = put_bulk(p, c->args[i]);
    out->n += (size_t)(p - start);
}
