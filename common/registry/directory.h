/* Who is there? The registry as a threaded daemon reads it: once a second while it is asked, not for every question.
 * Thread-safe, on the Redis pool. */
#ifndef CHATAPP_REGISTRY_DIRECTORY_H
#define CHATAPP_REGISTRY_DIRECTORY_H

#include "registry/instance.h"

enum directory_kind { DIRECTORY_CHAT, DIRECTORY_PRESENCE, DIRECTORY_NOTIFICATION, DIRECTORY_KINDS };

struct directory;

struct server_choice {
    char id[ID_LEN + 1];
    char url[INSTANCE_URL_MAX + 1];
};

struct directory *directory_new(void);
void directory_free(struct directory **directory);

/* The server that is to have the next client or request (server_list.h), but not `except`, a URL, or STR_NONE.
 * ERR_NOT_FOUND: none lives that has room. ERR_UNAVAILABLE: Redis cannot tell. */
MUST_USE enum err directory_choose(struct directory *directory, enum directory_kind kind,
                                   str except, struct server_choice *choice_out);
/* The URLs of all of them, each with a space behind it. Nothing when Redis cannot tell. */
void directory_urls(struct directory *directory, enum directory_kind kind, struct buf *out);
/* It did not answer: prefer others until the registry would have dropped it. */
void directory_avoid(struct directory *directory, enum directory_kind kind, str url);

#endif
