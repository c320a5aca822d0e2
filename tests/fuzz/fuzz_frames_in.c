/* What a client may send: any text, through the parser and every getter. */
#include "base/check.h"
#include "frames_in.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_in f;

    if (frame_in_parse(str_from((const char *)data, size), &f) != OK)
        return 0;
    str id = frame_in_id(&f);
    CHECK(str_is_none(id) || (id.n >= 1 && id.n <= CLIENT_ID_MAX));
    (void)frame_in_conversation(&f);
    (void)frame_in_user(&f, "to");
    (void)frame_in_plain(&f, "token");
    (void)frame_in_int(&f, "seq", 0, 100, 7);
    str text = frame_in_text(&f);
    str object = frame_in_data(&f);
    str reply_to = frame_in_reply_to(&f);
    if (f.field == NULL) /* all is well: then what is stored is JSON */
        CHECK((str_is_none(text) || json_check(text) == OK) &&
              (str_is_none(object) || json_check(object) == OK) &&
              (str_is_none(reply_to) || json_check(reply_to) == OK));
    return 0;
}
