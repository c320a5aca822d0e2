#include "http/work_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"
#include "daemon/metrics.h"

#define NICE 10

struct job {
    work_fn *work;
    void *argument;
};

struct work_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    size_t head;
    size_t n;
    size_t queue_max;
    struct job *queue; /* a ring */
    size_t n_threads;
    pthread_t *threads;
};

static struct metric depth = {
    .name = "chatapp_http_pool_queue",
    .help = "Requests that wait for a thread to hash their password",
    .kind = METRIC_GAUGE,
};

static bool next(struct work_pool *pool, struct job *job_out)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->n == 0 && !pool->stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    bool got = pool->n > 0;
    if (got) {
        *job_out = pool->queue[pool->head];
        pool->head = (pool->head + 1) % pool->queue_max;
        metric_set(&depth, (int64_t)--pool->n);
    }
    pthread_mutex_unlock(&pool->lock);
    return got;
}

static void *run(void *argument)
{
    struct work_pool *pool = argument;
    struct job job;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE); /* of this thread alone, on Linux */
    while (next(pool, &job))
        job.work(job.argument);
    return NULL;
}

static void register_depth(void)
{
    metric_register(&depth);
}

struct work_pool *work_pool_new(size_t threads, size_t queue_max)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct work_pool *pool = mem_zalloc(sizeof *pool);

    CHECK(threads > 0 && queue_max > 0);
    (void)pthread_once(&once, register_depth);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->queue_max = queue_max;
    pool->queue = mem_array(NULL, queue_max, sizeof *pool->queue);
    pool->n_threads = threads;
    pool->threads = mem_array(NULL, threads, sizeof *pool->threads);
    for (size_t i = 0; i < threads; i++)
        CHECK(pthread_create(&pool->threads[i], NULL, run, pool) == 0);
    return pool;
}

enum err work_pool_submit(struct work_pool *pool, work_fn *work, void *argument)
{
    enum err err = ERR_FULL;

    pthread_mutex_lock(&pool->lock);
    if (pool->n < pool->queue_max && !pool->stopping) {
        size_t at = (pool->head + pool->n) % pool->queue_max;
        pool->queue[at] = (struct job){work, argument};
        metric_set(&depth, (int64_t)++pool->n);
        pthread_cond_signal(&pool->wake);
        err = OK;
    }
    pthread_mutex_unlock(&pool->lock);
    return err;
}

void work_pool_stop(struct work_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_threads; i++)
        (void)pthread_join(pool->threads[i], NULL);
}

void work_pool_free(struct work_pool **pool)
{
    struct work_pool *p = *pool;

    *pool = NULL;
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
    free(p->threads);
    free(p->queue);
    free(p);
}
