#include "channel_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#define MS_PER_S 1000
#define DATE_MAX 64

struct channel_verdict verdict_make(enum channel_outcome outcome, const char *format, ...)
{
    struct channel_verdict verdict = {.outcome = outcome};
    va_list args;

    va_start(args, format);
    (void)vsnprintf(verdict.reason, sizeof verdict.reason, format, args);
    va_end(args);
    for (char *c = verdict.reason; *c != '\0'; c++)
        if (*c < ' ' || *c == 0x7F)
            *c = '?';
    return verdict;
}

/* The value of the first header of that name, without white space around it. */
static str header(str headers, str name)
{
    str line;

    while (str_split(&headers, '\n', &line)) {
        if (line.n <= name.n || line.p[name.n] != ':' || strncasecmp(line.p, name.p, name.n) != 0)
            continue;
        str value = str_skip(line, name.n + 1);
        while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t'))
            value = str_skip(value, 1);
        while (value.n > 0 && strchr(" \t\r", value.p[value.n - 1]) != NULL)
            value.n--;
        return value;
    }
    return STR_NONE;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool read_date(str text, int64_t *ms_out)
{
    char z[DATE_MAX];
    struct tm tm = {0};

    if (text.n >= sizeof z)
        return false;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    const char *end = strptime(z, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (end == NULL || *end != '\0')
        return false;
    *ms_out = (int64_t)timegm(&tm) * MS_PER_S;
    return true;
}

int64_t retry_after_ms(str headers, int64_t now_ms)
{
    str value = header(headers, STR("Retry-After"));
    int64_t number;

    if (str_is_none(value))
        return 0;
    if (str_to_i64(value, &number))
        number = number > RETRY_AFTER_MAX_MS / MS_PER_S ? RETRY_AFTER_MAX_MS : number * MS_PER_S;
    else if (read_date(value, &number))
        number -= now_ms;
    else
        return 0;
    if (number < 0)
        return 0;
    return number < RETRY_AFTER_MAX_MS ? number : RETRY_AFTER_MAX_MS;
}

static bool matches(const struct status_rule *rule, int status, str word)
{
    if (rule->status != 0 && rule->status != status)
        return false;
    return rule->word == NULL || str_eq(word, str_of(rule->word));
}

static enum channel_outcome by_status(int status)
{
    enum { OK_FIRST = 200, OK_END = 300, TIMEOUT = 408, EARLY = 425, MANY = 429, SERVER = 500 };

    if (status >= OK_FIRST && status < OK_END)
        return CHANNEL_DELIVERED;
    if (status == TIMEOUT || status == EARLY || status == MANY || status >= SERVER)
        return CHANNEL_RETRY;
    return CHANNEL_REJECTED;
}

static struct channel_verdict of_answer(const struct channel_response *response,
                                        const struct status_rule *rules, str word)
{
    while ((rules->status != 0 || rules->word != NULL) && !matches(rules, response->status, word))
        rules++;
    bool found = rules->status != 0 || rules->word != NULL;
    enum channel_outcome outcome = found ? rules->outcome : by_status(response->status);
    if (outcome == CHANNEL_DELIVERED)
        return (struct channel_verdict){.outcome = outcome};
    struct channel_verdict verdict = verdict_make(outcome, "status %d%s%.*s", response->status,
                                                  word.n > 0 ? ": " : "", STR_ARG(word));
    verdict.renew_token = found && rules->renew_token;
    if (verdict.outcome == CHANNEL_RETRY)
        verdict.retry_after_ms = retry_after_ms(response->headers, response->now_ms);
    return verdict;
}

struct channel_verdict verdict_of_http(const struct channel_response *response,
                                       const struct status_rule *rules, str word)
{
    switch (response->result) {
    case CHANNEL_ANSWERED: break;
    case CHANNEL_TIMED_OUT: return verdict_make(CHANNEL_RETRY, "no answer in time");
    case CHANNEL_UNREACHABLE: return verdict_make(CHANNEL_RETRY, "cannot be reached");
    case CHANNEL_BAD_TLS: return verdict_make(CHANNEL_RETRY, "its TLS certificate is not good");
    case CHANNEL_FORBIDDEN_ADDRESS:
        return verdict_make(CHANNEL_REJECTED, "leads to a private address");
    case CHANNEL_TOO_LONG:
        if (response->status == 0)
            return verdict_make(CHANNEL_RETRY, "an answer without end");
        break;
    }
    return of_answer(response, rules, word);
}
