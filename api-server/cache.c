#include "cache.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>

#include "base/mem.h"

#define SHARDS 16 /* a power of two */

struct node {
    struct node *chain; /* the bucket's */
    struct node *newer;
    struct node *older;
    struct cached *value;
    uint64_t hash;
    size_t cost;
    size_t key_n;
    char key[];
};

struct shard {
    pthread_mutex_t lock;
    uint64_t generation;
    size_t cost;
    struct node *newest;
    struct node *oldest;
    struct node **buckets;
};

struct cache {
    _Atomic bool on;
    size_t shard_cost_max;
    size_t bucket_mask;
    unsigned char hash_key[crypto_shorthash_KEYBYTES];
    struct shard shards[SHARDS];
};

void cached_init(struct cached *value, void (*free)(struct cached *value))
{
    atomic_init(&value->references, 1);
    value->free = free;
}

void cached_unref(struct cached *value)
{
    if (value && atomic_fetch_sub_explicit(&value->references, 1, memory_order_acq_rel) == 1)
        value->free(value);
}

struct cache *cache_new(size_t cost_max, size_t entries)
{
    struct cache *cache = mem_zalloc(sizeof *cache);
    size_t buckets = 16;

    while (buckets < entries / SHARDS)
        buckets *= 2;
    atomic_init(&cache->on, false);
    cache->shard_cost_max = cost_max / SHARDS > 0 ? cost_max / SHARDS : 1;
    cache->bucket_mask = buckets - 1;
    crypto_shorthash_keygen(cache->hash_key);
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&cache->shards[i].lock, NULL);
        cache->shards[i].buckets = mem_zalloc(buckets * sizeof(struct node *));
    }
    return cache;
}

void cache_free(struct cache **cache)
{
    struct cache *c = *cache;

    *cache = NULL;
    cache_clear(c);
    for (size_t i = 0; i < SHARDS; i++) {
        free(c->shards[i].buckets);
        pthread_mutex_destroy(&c->shards[i].lock);
    }
    free(c);
}

void cache_enable(struct cache *cache, bool on)
{
    atomic_store(&cache->on, false);
    cache_clear(cache);
    atomic_store(&cache->on, on);
}

static uint64_t hash_of(const struct cache *cache, str key)
{
    uint64_t hash;

    _Static_assert(sizeof hash == crypto_shorthash_BYTES, "SipHash gives 64 bits");
    (void)crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key.p, key.n,
                           cache->hash_key);
    return hash;
}

static struct shard *shard_of(struct cache *cache, uint64_t hash)
{
    return &cache->shards[hash & (SHARDS - 1)];
}

/* Where the bucket's chain points to the node, or to its end. */
static struct node **find(const struct cache *cache, struct shard *shard, uint64_t hash, str key)
{
    struct node **at = &shard->buckets[hash / SHARDS & cache->bucket_mask];

    while (*at && !((*at)->hash == hash && str_eq(str_from((*at)->key, (*at)->key_n), key)))
        at = &(*at)->chain;
    return at;
}

static void unlink_used(struct shard *shard, struct node *node)
{
    *(node->newer ? &node->newer->older : &shard->newest) = node->older;
    *(node->older ? &node->older->newer : &shard->oldest) = node->newer;
}

static void link_newest(struct shard *shard, struct node *node)
{
    node->newer = NULL;
    node->older = shard->newest;
    *(shard->newest ? &shard->newest->newer : &shard->oldest) = node;
    shard->newest = node;
}

static void remove_at(struct shard *shard, struct node **at)
{
    struct node *node = *at;

    *at = node->chain;
    unlink_used(shard, node);
    shard->cost -= node->cost;
    cached_unref(node->value);
    free(node);
}

static void remove_oldest(const struct cache *cache, struct shard *shard)
{
    struct node *node = shard->oldest;

    remove_at(shard, find(cache, shard, node->hash, str_from(node->key, node->key_n)));
}

struct cached *cache_get(struct cache *cache, str key, uint64_t *generation_out)
{
    uint64_t hash = hash_of(cache, key);
    struct shard *shard = shard_of(cache, hash);
    struct cached *value = NULL;

    pthread_mutex_lock(&shard->lock);
    *generation_out = shard->generation;
    struct node *node = *find(cache, shard, hash, key);
    if (node && atomic_load_explicit(&cache->on, memory_order_relaxed)) {
        unlink_used(shard, node);
        link_newest(shard, node);
        value = node->value;
        atomic_fetch_add_explicit(&value->references, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&shard->lock);
    return value;
}

static struct node *node_new(uint64_t hash, str key, struct cached *value, size_t cost)
{
    struct node *node = mem_alloc(sizeof *node + key.n);

    *node = (struct node){.value = value, .hash = hash, .cost = cost, .key_n = key.n};
    memcpy(node->key, key.p, key.n);
    atomic_fetch_add_explicit(&value->references, 1, memory_order_relaxed);
    return node;
}

void cache_put(struct cache *cache, str key, struct cached *value, size_t cost, uint64_t generation)
{
    uint64_t hash = hash_of(cache, key);
    struct shard *shard = shard_of(cache, hash);

    pthread_mutex_lock(&shard->lock);
    if (atomic_load(&cache->on) && shard->generation == generation &&
        cost <= cache->shard_cost_max) {
        struct node **at = find(cache, shard, hash, key);
        if (*at)
            remove_at(shard, at);
        while (shard->cost + cost > cache->shard_cost_max)
            remove_oldest(cache, shard);
        struct node *node = node_new(hash, key, value, cost);
        struct node **bucket = &shard->buckets[hash / SHARDS & cache->bucket_mask];
        node->chain = *bucket;
        *bucket = node;
        link_newest(shard, node);
        shard->cost += cost;
    }
    pthread_mutex_unlock(&shard->lock);
}

void cache_drop(struct cache *cache, str key)
{
    uint64_t hash = hash_of(cache, key);
    struct shard *shard = shard_of(cache, hash);

    pthread_mutex_lock(&shard->lock);
    shard->generation++;
    struct node **at = find(cache, shard, hash, key);
    if (*at)
        remove_at(shard, at);
    pthread_mutex_unlock(&shard->lock);
}

void cache_clear(struct cache *cache)
{
    for (size_t i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shards[i];
        pthread_mutex_lock(&shard->lock);
        shard->generation++;
        while (shard->oldest)
            remove_oldest(cache, shard);
        pthread_mutex_unlock(&shard->lock);
    }
}
