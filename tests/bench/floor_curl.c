/* The floor of delivering: libcurl's multi interface and nothing else, with as many POSTs of the same size as a webhook
 * gets, to the same receivers, over connections that are kept. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"
#include "figures.h"
#include "options.h"

#define POLL_MS 1000
#define US_PER_S 1e6
#define URL_MAX 64

static struct {
    const char *ports;
    long count, in_flight, limit;
} options = {.count = 20000, .in_flight = 32, .limit = 60};

static const char BODY[] =
    "{\"type\":\"notification\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"data\":{\"id\":"
    "\"aaaaaaaaaaaaaaaaaaaaaaaa\",\"user\":\"bench-0\",\"title\":\"a title\",\"body\":"
    "\"a body of some length, as people write them\",\"priority\":\"normal\"}}";

struct run {
    CURLM *multi;
    struct curl_slist *headers;
    char urls[ADDRESSES_MAX][URL_MAX];
    size_t n_urls;
    long sent;
    long back;
    long failed;
};

static size_t swallow(char *bytes, size_t size, size_t n, void *context)
{
    (void)bytes;
    (void)context;
    return size * n;
}

static void read_ports(struct run *run)
{
    str rest = str_of(options.ports);
    str port;

    while (run->n_urls < ADDRESSES_MAX && str_split(&rest, ',', &port))
        (void)snprintf(run->urls[run->n_urls++], URL_MAX, "http://127.0.0.1:%.*s/hook",
                       STR_ARG(port));
    if (run->n_urls == 0)
        die("--ports: at least one");
}

static void send_next(struct run *run, CURL *easy)
{
    const char *url = run->urls[(size_t)run->sent % run->n_urls];

    run->sent++;
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, BODY);
    (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, run->headers);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    (void)curl_multi_add_handle(run->multi, easy);
}

static void take_back(struct run *run)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(run->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        run->back++;
        run->failed += message->data.result != CURLE_OK;
        (void)curl_multi_remove_handle(run->multi, easy);
        if (run->sent < options.count)
            send_next(run, easy);
        else
            curl_easy_cleanup(easy);
    }
}

static void deliver(struct run *run)
{
    int running;

    for (long i = 0; i < options.in_flight && run->sent < options.count; i++)
        send_next(run, curl_easy_init());
    while (run->back < options.count) {
        (void)curl_multi_perform(run->multi, &running);
        take_back(run);
        if (run->back < options.count)
            (void)curl_multi_poll(run->multi, NULL, 0, POLL_MS, NULL);
    }
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--ports", NULL, &options.ports, "of the receivers, with commas"},
        {"--count", &options.count, NULL, "requests"},
        {"--in-flight", &options.in_flight, NULL, "at once"},
        {"--limit", &options.limit, NULL, "seconds after which it gives up"},
        {0}};
    struct run run = {0};

    options_read(argc, argv, rows);
    (void)alarm((unsigned)options.limit);
    read_ports(&run);
    run.multi = curl_multi_init();
    run.headers = curl_slist_append(NULL, "Content-Type: application/json");
    run.headers = curl_slist_append(
        run.headers, "webhook-id: aaaaaaaaaaaaaaaaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaa");
    run.headers = curl_slist_append(run.headers, "webhook-timestamp: 1790000000");
    run.headers = curl_slist_append(
        run.headers, "webhook-signature: v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    int64_t began_us = clock_mono_us();
    deliver(&run);
    double seconds = (double)(clock_mono_us() - began_us) / US_PER_S;
    if (run.failed > 0)
        die("%ld requests failed", run.failed);
    figure("deliveries_per_s", (double)options.count / seconds);
    figure("cpu_us_per_delivery",
           (double)clock() * US_PER_S / CLOCKS_PER_SEC / (double)options.count);
    curl_slist_free_all(run.headers);
    (void)curl_multi_cleanup(run.multi);
    return EXIT_SUCCESS;
}
