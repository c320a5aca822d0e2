/* The keys of all JSON objects that are open while a text is scanned, innermost last: whether one
 * comes twice is decided when its object closes. Part of json_scan.c, with a file of its own because
 * it must not become slow for hostile input: n keys cost n log n comparisons. */
#ifndef CHATAPP_JSON_JSON_KEYS_H
#define CHATAPP_JSON_JSON_KEYS_H

#include "base/str.h"

struct json_key {
    str text; /* borrowed */
    bool escaped;
};

struct json_keys {
    struct json_key *list;
    size_t n;
    size_t cap;
    bool on_heap;
};

/* Uses `first` (of `n_first` keys, the caller's) until it needs more. */
void json_keys_init(struct json_keys *keys, struct json_key *first, size_t n_first);
void json_keys_fini(struct json_keys *keys);
void json_keys_add(struct json_keys *keys, str text, bool escaped);
/* An object ends; there were `outer` keys when it began. Forgets its keys; false when two are equal. */
bool json_keys_close(struct json_keys *keys, size_t outer);

#endif
