/* Does a flood of logins leave the others alone? Reads a profile at an even pace, and notes each answer's time:
 * first with nothing else going on, then while logins (with a wrong password, which costs as much) come in faster
 * than they can be hashed. */
#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

#include "accounts.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "figures.h"
#include "options.h"

#define US_PER_S 1000000
#define US_PER_MS 1000
#define REQUEST_TIMEOUT_S 20L
#define HTTP_OK 200
#define HTTP_UNAUTHORIZED 401
#define HTTP_UNAVAILABLE 503

static struct {
    const char *api;
    long reads_per_s, logins_per_s, logins_max, seconds, limit;
} options = {
    .reads_per_s = 200, .logins_per_s = 300, .logins_max = 128, .seconds = 5, .limit = 120};

/* Requests of one kind: so many a second, each on a connection that is kept. */
struct stream {
    const char *name;
    int64_t interval_us;
    int64_t next_us;
    long in_flight;
    long in_flight_max;
    char *url;
    struct curl_slist *headers;
    const char *body; /* NULL: GET */
    CURL **idle;      /* handles to use again; idle_n of them */
    size_t idle_n;
    struct histogram latency;
    long ok, unauthorized, unavailable, other;
};

static size_t drop_body(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

static CURL *handle_for(struct stream *stream)
{
    if (stream->idle_n > 0)
        return stream->idle[--stream->idle_n];
    CURL *handle = curl_easy_init();
    curl_easy_setopt(handle, CURLOPT_URL, stream->url);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, stream->headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, drop_body);
    curl_easy_setopt(handle, CURLOPT_PRIVATE, stream);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, REQUEST_TIMEOUT_S);
    if (stream->body)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, stream->body);
    return handle;
}

static void start_due(CURLM *multi, struct stream *stream, int64_t now_us)
{
    for (; stream->next_us <= now_us; stream->next_us += stream->interval_us) {
        if (stream->in_flight == stream->in_flight_max)
            continue; /* one that could not even be asked */
        stream->in_flight++;
        curl_multi_add_handle(multi, handle_for(stream));
    }
}

static void count_answer(struct stream *stream, CURL *handle, CURLcode code)
{
    curl_off_t us = 0;
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME_T, &us);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    histogram_add(&stream->latency, us);
    if (code != CURLE_OK)
        stream->other++;
    else if (status == HTTP_OK)
        stream->ok++;
    else if (status == HTTP_UNAUTHORIZED)
        stream->unauthorized++;
    else if (status == HTTP_UNAVAILABLE)
        stream->unavailable++;
    else
        stream->other++;
}

static void collect(CURLM *multi)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        CURL *handle = message->easy_handle;
        struct stream *stream;
        curl_easy_getinfo(handle, CURLINFO_PRIVATE, (char **)&stream);
        count_answer(stream, handle, message->data.result);
        stream->in_flight--;
        curl_multi_remove_handle(multi, handle);
        stream->idle[stream->idle_n++] = handle;
    }
}

static void turn(CURLM *multi, int64_t wait_us)
{
    int running;
    (void)curl_multi_poll(multi, NULL, 0, (int)(wait_us / US_PER_MS), NULL);
    (void)curl_multi_perform(multi, &running);
    collect(multi);
}

static void run_for(CURLM *multi, struct stream *const *streams, long seconds)
{
    int64_t now = clock_mono_us();
    int64_t end = now + seconds * US_PER_S;

    for (size_t i = 0; streams[i]; i++)
        streams[i]->next_us = now;
    while ((now = clock_mono_us()) < end) {
        int64_t next = end;
        for (size_t i = 0; streams[i]; i++) {
            start_due(multi, streams[i], now);
            if (streams[i]->next_us < next)
                next = streams[i]->next_us;
        }
        turn(multi, next - now);
    }
    for (size_t i = 0; streams[i]; i++)
        while (streams[i]->in_flight > 0)
            turn(multi, US_PER_S);
}

static struct stream *stream_new(const char *name, const char *path, long per_s, long in_flight_max)
{
    struct stream *stream = mem_zalloc(sizeof *stream);
    struct buf url = {0};
    buf_printf(&url, "%s%s", options.api, path);
    stream->url = str_dup(buf_view(&url));
    buf_fini(&url);
    stream->name = name;
    stream->interval_us = US_PER_S / per_s;
    stream->in_flight_max = in_flight_max;
    stream->idle = mem_zalloc((size_t)in_flight_max * sizeof(CURL *));
    return stream;
}

static void stream_free(struct stream *stream)
{
    while (stream->idle_n > 0)
        curl_easy_cleanup(stream->idle[--stream->idle_n]);
    curl_slist_free_all(stream->headers);
    free(stream->idle);
    free(stream->url);
    free(stream);
}

static struct stream *profile_reads(const char *name, const struct account *account)
{
    struct stream *stream =
        stream_new(name, "/api/profile", options.reads_per_s, options.reads_per_s);
    struct buf line = {0};
    buf_printf(&line, "Authorization: Bearer %s", account->token);
    stream->headers = curl_slist_append(NULL, buf_cstr(&line));
    buf_fini(&line);
    return stream;
}

static void report_reads(const struct stream *reads)
{
    if (reads->ok == 0 || reads->unauthorized + reads->unavailable + reads->other > 0)
        die("%s: %ld profile reads failed, %ld succeeded", reads->name,
            reads->unauthorized + reads->unavailable + reads->other, reads->ok);
    figure_latency(reads->name, &reads->latency);
}

static void report_logins(const struct stream *logins)
{
    figure("logins_hashed", (double)(logins->unauthorized + logins->ok));
    figure("logins_turned_away", (double)logins->unavailable);
    if (logins->other > 0)
        die("%ld logins got another answer than 401 or 503", logins->other);
    if (logins->unavailable == 0)
        die("no login was turned away: this was no flood");
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--api", NULL, &options.api, "http://address:port of the api-server"},
        {"--reads-per-s", &options.reads_per_s, NULL, "of a profile"},
        {"--logins-per-s", &options.logins_per_s, NULL, "with a wrong password"},
        {"--logins-max", &options.logins_max, NULL, "waiting for an answer at once"},
        {"--seconds", &options.seconds, NULL, "each, without and with the flood"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    options_read(argc, argv, rows);
    if (options.reads_per_s < 1 || options.logins_per_s < 1 || options.logins_max < 1)
        die("rates must be positive");
    (void)alarm((unsigned)options.limit);

    CURLM *multi = curl_multi_init();
    struct accounts *accounts = accounts_new(options.api, 1);
    const struct account *account = account_at(accounts, 0);
    struct buf body = {0};
    buf_printf(&body, "{\"username\":\"%s\",\"password\":\"not this one\"}", account->name);
    struct stream *calm = profile_reads("calm", account);
    struct stream *flooded = profile_reads("flooded", account);
    struct stream *logins =
        stream_new("login", "/api/login", options.logins_per_s, options.logins_max);
    logins->body = buf_cstr(&body);

    run_for(multi, (struct stream *const[]){calm, NULL}, options.seconds);
    run_for(multi, (struct stream *const[]){flooded, logins, NULL}, options.seconds);
    report_reads(calm);
    report_reads(flooded);
    report_logins(logins);

    stream_free(logins);
    stream_free(flooded);
    stream_free(calm);
    accounts_free(accounts);
    buf_fini(&body);
    curl_multi_cleanup(multi);
    return EXIT_SUCCESS;
}
