#include "http/work_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/mem.h"

struct job {
    work_fn *work;
    void *argument;
};

struct work_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    int nice;
    struct metric *depth;
    size_t head;
    size_t n;
    size_t idle; /* threads that wait for a job, or were just woken for one in the queue */
    size_t queue_max;
    size_t cap;
    struct job *queue; /* a ring of cap */
    size_t n_threads;
    pthread_t *threads;
};

static void show_depth(const struct work_pool *pool)
{
    if (pool->depth != NULL)
        metric_set(pool->depth, (int64_t)pool->n);
}

static bool next(struct work_pool *pool, struct job *job_out)
{
    pthread_mutex_lock(&pool->lock);
    pool->idle++;
    while (pool->n == 0 && !pool->stopping)
        pthread_cond_wait(&pool->wake, &pool->lock);
    pool->idle--;
    bool got = pool->n > 0;
    if (got) {
        *job_out = pool->queue[pool->head];
        pool->head = (pool->head + 1) % pool->cap;
        pool->n--;
        show_depth(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return got;
}

static void *run(void *argument)
{
    struct work_pool *pool = argument;
    struct job job;

    (void)setpriority(PRIO_PROCESS, (id_t)gettid(),
                      pool->nice); /* of this thread alone, on Linux */
    while (next(pool, &job))
        job.work(job.argument);
    return NULL;
}

struct work_pool *work_pool_new(const struct work_pool_options *options)
{
    struct work_pool *pool = mem_zalloc(sizeof *pool);

    CHECK(options->threads > 0 && options->queue_max > 0);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->nice = options->nice;
    pool->depth = options->depth;
    pool->queue_max = options->queue_max;
    pool->cap = options->queue_max + options->threads;
    pool->queue = mem_array(NULL, pool->cap, sizeof *pool->queue);
    pool->n_threads = options->threads;
    pool->threads = mem_array(NULL, pool->n_threads, sizeof *pool->threads);
    for (size_t i = 0; i < pool->n_threads; i++)
        CHECK(pthread_create(&pool->threads[i], NULL, run, pool) == 0);
    return pool;
}

enum err work_pool_submit(struct work_pool *pool, work_fn *work, void *argument)
{
    enum err err = ERR_FULL;

    pthread_mutex_lock(&pool->lock);
    if (pool->n < pool->queue_max + pool->idle && !pool->stopping) {
        size_t at = (pool->head + pool->n) % pool->cap;
        pool->queue[at] = (struct job){work, argument};
        pool->n++;
        show_depth(pool);
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
