/* How the harness says that an expectation failed: with the line of the test that had it. */
#ifndef CHATAPP_HARNESS_FAIL_H
#define CHATAPP_HARNESS_FAIL_H

struct where {
    const char *file;
    int line;
};

#define HERE ((struct where){__FILE__, __LINE__})

/* Ends the running cmocka test as failed. */
_Noreturn void fail_at(struct where where, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
