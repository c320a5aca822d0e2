/* The floor of HTTP: bare libmicrohttpd, an epoll thread pool that answers every request with the same 180 bytes
 * of JSON. */
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "figures.h"
#include "options.h"

#define BODY_BYTES 180
#define CONNECTION_BYTES 16384

static struct {
    const char *listen;
    long threads, limit;
} options = {.listen = "127.0.0.1:0", .threads = 1, .limit = 600};

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_n, void **request)
{
    static int seen;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    if (*request == NULL) { /* the head has come; the body, of no length, has not */
        *request = &seen;
        return MHD_YES;
    }
    *upload_n = 0;
    return MHD_queue_response(connection, MHD_HTTP_OK, context);
}

static struct MHD_Response *make_response(void)
{
    static char body[BODY_BYTES + 1] = "{\"about\":\"";
    size_t n = strlen(body);

    memset(body + n, 'x', BODY_BYTES - n - 2);
    body[BODY_BYTES - 2] = '"';
    body[BODY_BYTES - 1] = '}';
    struct MHD_Response *response =
        MHD_create_response_from_buffer(BODY_BYTES, body, MHD_RESPMEM_PERSISTENT);
    (void)MHD_add_response_header(response, "Content-Type", "application/json");
    return response;
}

int main(int argc, char **argv)
{
    const struct option_row rows[] = {
        {"--listen", NULL, &options.listen, "address:port"},
        {"--threads", &options.threads, NULL, "in the pool"},
        {"--limit", &options.limit, NULL, "seconds after which it ends"},
        {0}};
    options_read(argc, argv, rows);
    (void)alarm((unsigned)options.limit);
    struct sockaddr_in address = address_of(options.listen);
    struct MHD_Response *response = make_response();
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, answer, response, MHD_OPTION_SOCK_ADDR,
        &address, MHD_OPTION_THREAD_POOL_SIZE, options.threads > 1 ? (unsigned)options.threads : 0u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_END);
    if (daemon == NULL)
        die("cannot listen on %s", options.listen);
    figure("port", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    for (;;)
        (void)pause();
}
