/* What every integration test includes: cmocka and the whole vocabulary. */
#ifndef CHATAPP_HARNESS_STORY_H
#define CHATAPP_HARNESS_STORY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fmt.h"
#include "match.h"
#include "raw.h"
#include "stack.h"
#include "user.h"
#include "wait.h"
#include "ws.h"

/* A program's main(): `setup` starts the stack in *state, the last case stops it. */
#define STORY(setup, ...)                                                                          \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__, cmocka_unit_test(the_daemons_end_well)};   \
        return cmocka_run_group_tests(tests, setup, NULL);                                         \
    }
#define CASE(function) cmocka_unit_test(function)

#endif
