/* A page of a round: members who are silent, and the messages that they have not seen. Pure. */
#ifndef CHATAPP_NOTIFICATION_ROUND_PAGE_H
#define CHATAPP_NOTIFICATION_ROUND_PAGE_H

#include "base/buf.h"
#include "base/username.h"
#include "store/look.h"

struct round;

struct page_record {
    struct round *round;
    int64_t seq;
    struct username from;
    struct buf name; /* of the sender, as people see it */
    struct buf text;
    bool has_text;
};

struct page_member {
    struct round *round;
    struct username user;
    int64_t unread;
    int64_t seen;
    bool has_device;
    unsigned blocked; /* bit i: there is a block between the sender of record i and this member */
    bool settled;
};

struct round_page {
    int64_t seq;
    bool direct;
    struct buf name;
    size_t n_records;
    struct page_record records[LOOK_RECORDS_MAX]; /* newest first, one of each sender */
    size_t n_members;
    struct page_member *members;
};

/* {0} is an empty one; it must be. Damaged records are left out. */
void round_page_fill(struct round_page *page, const struct look_page *from, struct round *round);
void round_page_clear(struct round_page *page);
/* The newest message that the member has not seen and that is not from somebody blocked, or NULL. */
const struct page_record *round_page_news(const struct round_page *page,
                                          const struct page_member *member);
/* The names of those who are settled, with a space between. */
void round_page_settled(const struct round_page *page, struct buf *names);

#endif
