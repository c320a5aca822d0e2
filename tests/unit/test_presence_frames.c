#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "presence_frames.h"

static void assert_frame(struct buf *out, const char *expected)
{
    assert_string_equal(buf_cstr(out), expected);
    buf_fini(out);
}

static void somebody_here_has_no_last_seen(void **state)
{
    struct buf out = {0};
    (void)state;

    frame_out_presence(&out,
                       &(struct presence_view){STR("ann"), STATUS_BUSY, STR("say \"hi\""), 99}, 7);
    assert_frame(&out, "{\"type\":\"presence\",\"user\":\"ann\",\"status\":\"busy\","
                       "\"text\":\"say \\\"hi\\\"\",\"time\":7}");
}

static void who_is_offline_has_one_if_it_is_known(void **state)
{
    struct buf out = {0};
    (void)state;

    frame_out_presence(&out, &(struct presence_view){STR("ann"), STATUS_OFFLINE, STR_NONE, 99}, 7);
    assert_frame(&out, "{\"type\":\"presence\",\"user\":\"ann\",\"status\":\"offline\","
                       "\"last_seen\":99,\"time\":7}");
    frame_out_presence(&out, &(struct presence_view){STR("ann"), STATUS_OFFLINE, STR_NONE, 0}, 7);
    assert_frame(&out,
                 "{\"type\":\"presence\",\"user\":\"ann\",\"status\":\"offline\",\"time\":7}");
}

static void contacts_have_a_state(void **state)
{
    struct buf out = {0};
    (void)state;

    frame_out_contact(&out, STR("bob"), "mutual");
    assert_frame(&out, "{\"type\":\"contact\",\"user\":\"bob\",\"state\":\"mutual\"}");
    frame_out_contact(&out, STR("bob"), NULL);
    assert_frame(&out, "{\"type\":\"contact\",\"user\":\"bob\",\"state\":\"none\"}");
}

static void ready_lists_all_contacts(void **state)
{
    struct buf out = {0};
    (void)state;

    frame_out_ready_open(&out, STR("ann"), STR("s1"));
    frame_out_ready_contact(&out, &(struct presence_view){STR("bob"), STATUS_ONLINE, STR(""), 5});
    frame_out_ready_contact(&out, &(struct presence_view){STR("cat"), STATUS_OFFLINE, STR(""), 5});
    frame_out_ready_close(&out);
    assert_frame(&out, "{\"type\":\"ready\",\"user\":\"ann\",\"session\":\"s1\",\"contacts\":["
                       "{\"user\":\"bob\",\"status\":\"online\"},"
                       "{\"user\":\"cat\",\"status\":\"offline\",\"last_seen\":5}]}");
    frame_out_ready_open(&out, STR("ann"), STR("s1"));
    frame_out_ready_close(&out);
    assert_frame(&out, "{\"type\":\"ready\",\"user\":\"ann\",\"session\":\"s1\",\"contacts\":[]}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(somebody_here_has_no_last_seen),
        cmocka_unit_test(who_is_offline_has_one_if_it_is_known),
        cmocka_unit_test(contacts_have_a_state),
        cmocka_unit_test(ready_lists_all_contacts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
