/* One Redis command, built without allocation, sent by the blocking pool or by the asynchronous client.
 *
 *     struct redis_command c;
 *     redis_command_script(&c, &SCRIPT_append);
 *     redis_add_key(&c, "c:{", id, "}:log");
 *     redis_add(&c, user);
 *     redis_add_int(&c, now_ms);
 */
#ifndef CHATAPP_REDIS_REDIS_COMMAND_H
#define CHATAPP_REDIS_REDIS_COMMAND_H

#include "base/buf.h"
#include "base/str.h"

#define REDIS_ARGS_MAX 32
#define REDIS_SCRATCH 1024 /* for keys and numbers, which are built here */

/* A Lua script, a file of its own (*.lua), embedded at build time. `sha1` is 40 hex digits. All scripts are
 * in REDIS_SCRIPTS, so that they can be loaded at connect. Every script touches the keys of one slot only. */
struct redis_script {
    const char *name;
    const char *sha1;
    str text;
};

extern const struct redis_script
    *const REDIS_SCRIPTS[]; /* made at build time, with REDIS_SCRIPTS_N */
extern const size_t REDIS_SCRIPTS_N;

/* Never copied: args may point into scratch. */
struct redis_command {
    const struct redis_script *script; /* NULL: args[0] is the command's name */
    const char *name;                  /* the script's or the command's, for logs */
    size_t n_keys;                     /* of a script: the first n_keys of args */
    size_t n;
    str args[REDIS_ARGS_MAX];
    char scratch[REDIS_SCRATCH];
    size_t scratch_n;
};

/* Views are borrowed until the command was sent; `name` must stay valid (a literal) until its reply. Too many
 * arguments, or more keys and numbers than scratch holds, is a bug, and stops the process. */
void redis_command_init(struct redis_command *c, const char *name);
void redis_command_script(struct redis_command *c, const struct redis_script *script);
/* prefix + tag + suffix, built in scratch: redis_add_key(&c, "u:{", name, "}:sessions"). For scripts all
 * keys come before all arguments. */
void redis_add_key(struct redis_command *c, const char *prefix, str tag, const char *suffix);
void redis_add(struct redis_command *c, str arg);
void redis_add_int(struct redis_command *c, int64_t value);

/* Appends the command as Redis's protocol (RESP2) wants it: a script becomes EVALSHA sha1 n_keys …
 * `source`: EVAL with the script's text instead (after NOSCRIPT). */
void redis_command_format(const struct redis_command *c, bool source, struct buf *out);

#endif
