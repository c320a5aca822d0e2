#include "news.h"

#include "base/username.h"

void news_begin(struct buf *out, str node, int64_t number)
{
    buf_add_str(out, STR("D "));
    buf_add_str(out, node);
    buf_add_char(out, ' ');
    buf_add_i64(out, number);
}

void news_value(struct buf *out, const struct news *news)
{
    buf_add_i64(out, news->version);
    buf_add_char(out, ' ');
    buf_add_char(out, status_letter(news->status));
    buf_add_char(out, ' ');
    buf_add_i64(out, news->time_ms);
    buf_add_char(out, ' ');
    buf_add_str(out, news->text);
}

void news_add(struct buf *out, const struct news *news)
{
    buf_add_char(out, '\n');
    buf_add_str(out, news->user);
    buf_add_char(out, ' ');
    news_value(out, news);
}

enum err news_value_parse(str text, struct news *news_out)
{
    struct news news = {.user = STR_NONE};
    str version;
    str letter;
    str time;

    if (!str_split(&text, ' ', &version) || !str_to_i64(version, &news.version) ||
        !str_split(&text, ' ', &letter) || !status_from_letter(letter, &news.status) ||
        !str_split(&text, ' ', &time) || !str_to_i64(time, &news.time_ms) || str_is_none(text))
        return ERR_INVALID;
    if (news.version < 1 || news.time_ms < 0 || !str_is_utf8(text) ||
        status_text_fault(text) != NULL)
        return ERR_INVALID;
    news.text = text;
    *news_out = news;
    return OK;
}

enum err news_parse(str text, str *node_out, int64_t *number_out, str *lines_out)
{
    str lines = text;
    str first;
    str kind;
    str node;
    int64_t number;

    if (!str_split(&lines, '\n', &first) || !str_split(&first, ' ', &kind) ||
        !str_eq(kind, STR("D")) || !str_split(&first, ' ', &node) || node.n == 0 ||
        !str_to_i64(first, &number) || number < 1)
        return ERR_INVALID;
    *node_out = node;
    *number_out = number;
    *lines_out = lines;
    return OK;
}

bool news_next(str *lines, struct news *news_out)
{
    str line;
    str user;

    while (str_split(lines, '\n', &line)) {
        if (!str_split(&line, ' ', &user) || !username_is_kept(user) ||
            news_value_parse(line, news_out) != OK)
            continue;
        news_out->user = user;
        return true;
    }
    return false;
}

void goodbye(struct buf *out, str node)
{
    buf_add_str(out, STR("Q "));
    buf_add_str(out, node);
}

enum err goodbye_parse(str text, str *node_out)
{
    str kind;

    if (!str_split(&text, ' ', &kind) || !str_eq(kind, STR("Q")) || text.n == 0)
        return ERR_INVALID;
    *node_out = text;
    return OK;
}
