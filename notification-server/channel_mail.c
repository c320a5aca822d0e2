#include "channel_mail.h"

#include <time.h>

#include "auth/base64.h"

#define LOCAL_MAX 64
#define LABEL_MAX 63
#define PLAIN_MAX 60 /* bytes of a value that fit on the line as they are */
/* 52 characters in base64, and 12 around them: with the name before the first one under the 76 of RFC 2047. */
#define WORD_BYTES 39
#define LINE_BYTES 57 /* 76 characters */
#define MS_PER_S 1000
#define DATE_MAX 48

/* atext of RFC 5322 and RFC 6531. */
static bool is_of_local(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c >= 0x80 || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_of_label(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c >= 0x80 || c == '-';
}

/* Parts with dots between, none of them empty or over `max` bytes. */
static bool is_dotted(str text, size_t max, bool (*is_good)(unsigned char c))
{
    str part;

    if (text.n == 0)
        return false;
    while (str_split(&text, '.', &part)) {
        if (part.n == 0 || part.n > max)
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (!is_good((unsigned char)part.p[i]))
                return false;
    }
    return true;
}

const char *mail_address_problem(str address)
{
    const char *at = address.n > 0 ? memrchr(address.p, '@', address.n) : NULL;

    if (address.n > MAIL_ADDRESS_MAX)
        return "must be an e-mail address of at most 254 bytes";
    if (at == NULL || !str_is_utf8(address))
        return "must be an e-mail address";
    str local = str_from(address.p, (size_t)(at - address.p));
    str domain = str_skip(address, local.n + 1);
    if (local.n > LOCAL_MAX || !is_dotted(local, LOCAL_MAX, is_of_local) ||
        !is_dotted(domain, LABEL_MAX, is_of_label) || domain.p[0] == '-' ||
        domain.p[domain.n - 1] == '-')
        return "must be an e-mail address";
    return NULL;
}

static bool is_plain(str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < ' ' || text.p[i] > '~')
            return false;
    /* What looks like an encoded word would be taken for one. */
    return text.n <= PLAIN_MAX && memmem(text.p, text.n, "=?", 2) == NULL;
}

/* Up to WORD_BYTES of the text, whole characters. */
static str word_of(str text)
{
    size_t n = text.n < WORD_BYTES ? text.n : WORD_BYTES;

    while (n < text.n && n > 0 && ((unsigned char)text.p[n] & 0xC0) == 0x80)
        n--;
    return str_from(text.p, n);
}

static void add_words(struct buf *out, str text)
{
    for (const char *fold = ""; text.n > 0; fold = "\r\n ") {
        str word = word_of(text);
        buf_add_str(out, str_of(fold));
        buf_add_str(out, STR("=?UTF-8?B?"));
        base64_add(out, word.p, word.n);
        buf_add_str(out, STR("?="));
        text = str_skip(text, word.n);
        if (word.n == 0)
            return; /* not UTF-8 */
    }
}

void mail_add_header(struct buf *out, const char *name, str text)
{
    struct buf clean = {0};

    for (size_t i = 0; i < text.n; i++)
        buf_add_char(&clean, (unsigned char)text.p[i] < ' ' || text.p[i] == 0x7F ? ' ' : text.p[i]);
    buf_printf(out, "%s: ", name);
    if (is_plain(buf_view(&clean)))
        buf_add_str(out, buf_view(&clean));
    else
        add_words(out, buf_view(&clean));
    buf_add_str(out, STR("\r\n"));
    buf_fini(&clean);
}

void mail_add_date(struct buf *out, int64_t time_ms)
{
    static const char *const DAYS[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const MONTHS[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = time_ms / MS_PER_S;
    char rest[DATE_MAX];
    struct tm tm;

    if (gmtime_r(&seconds, &tm) == NULL)
        return;
    (void)strftime(rest, sizeof rest, "%Y %H:%M:%S +0000", &tm);
    buf_printf(out, "Date: %s, %d %s %s\r\n", DAYS[tm.tm_wday], tm.tm_mday, MONTHS[tm.tm_mon],
               rest);
}

void mail_add_body(struct buf *out, str text)
{
    struct buf lines = {0};

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\r' && i + 1 < text.n && text.p[i + 1] == '\n')
            continue;
        if (text.p[i] == '\n' || text.p[i] == '\r')
            buf_add_str(&lines, STR("\r\n"));
        else
            buf_add_char(&lines, text.p[i]);
    }
    for (str rest = buf_view(&lines); rest.n > 0; rest = str_skip(rest, LINE_BYTES)) {
        base64_add(out, rest.p, rest.n < LINE_BYTES ? rest.n : LINE_BYTES);
        buf_add_str(out, STR("\r\n"));
    }
    buf_fini(&lines);
}
