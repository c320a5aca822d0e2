/* What other presence-servers say, and what Redis keeps of it: whatever is accepted comes back when it is written again. */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/username.h"
#include "news.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check_line(const struct news *news)
{
    struct buf value = {0};
    struct news again;

    CHECK(username_is_kept(news->user));
    CHECK(status_text_fault(news->text) == NULL);
    news_value(&value, news);
    CHECK(news_value_parse(buf_view(&value), &again) == OK);
    CHECK(again.version == news->version && again.status == news->status);
    CHECK(again.time_ms == news->time_ms && str_eq(again.text, news->text));
    buf_fini(&value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    str text = str_from((const char *)data, n);
    struct news news;
    int64_t number;
    str node;
    str lines;

    if (goodbye_parse(text, &node) == OK)
        CHECK(node.n > 0);
    if (news_parse(text, &node, &number, &lines) != OK)
        return 0;
    CHECK(number > 0);
    while (news_next(&lines, &news))
        check_line(&news);
    return 0;
}
