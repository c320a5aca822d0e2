#include "bells.h"

#include "announce.h"
#include "contacts.h"
#include "daemon/log.h"
#include "lookups.h"
#include "news.h"
#include "store/keys.h"
#include "store/presence_bell.h"

static void take_line(struct server *s, const struct node *node, const struct news *news)
{
    struct subject *subject = watch_subject(&s->book, news->user);
    struct user *user = users_get(&s->users, news->user);

    if (subject != NULL)
        watch_news(&s->book, subject,
                   &(struct part_news){.node = node,
                                       .version = news->version,
                                       .time_ms = news->time_ms,
                                       .status = news->status,
                                       .text = news->text});
    if (user != NULL && news->status != STATUS_OFFLINE)
        users_are_elsewhere(&s->users, user);
}

static void take_news(struct server *s, str node_id, int64_t number, str lines)
{
    struct news news;
    bool gap;
    const struct node *node = nodes_news(&s->nodes, node_id, number, clock_mono_ms(), &gap);

    while (node != NULL && news_next(&lines, &news))
        take_line(s, node, &news);
    if (gap)
        lookups_all(s->lookups);
    announce_soon(s->announce);
}

void bells_message(struct server *s, str channel, str payload)
{
    struct presence_bell bell;
    int64_t number;
    str node;
    str lines;

    if (str_eq(channel, STR(CHANNEL_ENDED))) {
        ended_look(s->conns.ended);
    } else if (news_parse(payload, &node, &number, &lines) == OK) {
        if (!str_eq(node, server_node(s)))
            take_news(s, node, number, lines);
    } else if (goodbye_parse(payload, &node) == OK) {
        nodes_leave(&s->nodes, node, clock_mono_ms());
    } else if (presence_bell_parse(payload, &bell) == OK) {
        contacts_changed(s, bell.user, bell.peer);
    } else {
        log_warn("a bell that nobody knows", F_STR("channel", channel));
    }
}
