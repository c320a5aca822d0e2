#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "http/work_pool.h"

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int done;
static _Atomic int begun;

/* Takes until the gate is open. */
static void work(void *argument)
{
    (void)argument;
    atomic_fetch_add(&begun, 1);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    atomic_fetch_add(&done, 1);
}

static int close_gate(void **state)
{
    (void)state;
    atomic_store(&done, 0);
    atomic_store(&begun, 0);
    return pthread_mutex_lock(&gate);
}

static void submit_and_await_begin(struct work_pool *pool)
{
    int before = atomic_load(&begun);

    assert_int_equal(work_pool_submit(pool, work, NULL), OK);
    while (atomic_load(&begun) == before)
        (void)sched_yield();
}

static void more_than_the_queue_holds_is_refused(void **state)
{
    struct work_pool *pool =
        work_pool_new(&(struct work_pool_options){.threads = 1, .queue_max = 2});

    (void)state;
    submit_and_await_begin(pool); /* on the thread, no longer in the queue */
    assert_int_equal(work_pool_submit(pool, work, NULL), OK);
    assert_int_equal(work_pool_submit(pool, work, NULL), OK);
    assert_int_equal(work_pool_submit(pool, work, NULL), ERR_FULL);
    pthread_mutex_unlock(&gate);
    work_pool_stop(pool);
    assert_int_equal(atomic_load(&done), 3);
    work_pool_free(&pool);
}

static void what_is_queued_is_finished_before_it_stops(void **state)
{
    struct work_pool *pool =
        work_pool_new(&(struct work_pool_options){.threads = 2, .queue_max = 64});

    (void)state;
    for (int i = 0; i < 64; i++)
        assert_int_equal(work_pool_submit(pool, work, NULL), OK);
    pthread_mutex_unlock(&gate);
    work_pool_stop(pool);
    work_pool_free(&pool);
    assert_int_equal(atomic_load(&done), 64);
    assert_null(pool);
}

static void several_threads_work_at_once(void **state)
{
    struct work_pool *pool =
        work_pool_new(&(struct work_pool_options){.threads = 2, .queue_max = 2});

    (void)state;
    submit_and_await_begin(pool);
    submit_and_await_begin(pool); /* while the first one is still at it */
    pthread_mutex_unlock(&gate);
    work_pool_stop(pool);
    work_pool_free(&pool);
}

static void nothing_is_taken_any_more_once_it_is_stopped(void **state)
{
    struct work_pool *pool =
        work_pool_new(&(struct work_pool_options){.threads = 1, .queue_max = 4});

    (void)state;
    pthread_mutex_unlock(&gate);
    work_pool_stop(pool);
    assert_int_equal(work_pool_submit(pool, work, NULL), ERR_FULL);
    assert_int_equal(atomic_load(&begun), 0);
    work_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(more_than_the_queue_holds_is_refused, close_gate),
        cmocka_unit_test_setup(what_is_queued_is_finished_before_it_stops, close_gate),
        cmocka_unit_test_setup(several_threads_work_at_once, close_gate),
        cmocka_unit_test_setup(nothing_is_taken_any_more_once_it_is_stopped, close_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
