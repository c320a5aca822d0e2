/* The web client at `/`: what no route has may be one of its files. */
#include "api.h"
#include "handlers.h"
#include "http/http_negotiate.h"
#include "http/problem.h"
#include "web_policy.h"

static void narrow_policy(const struct http_request *request, struct http_response *response)
{
    struct directory *directory = api_of(request)->directory;
    struct buf servers = {0};
    struct buf policy = {0};

    directory_urls(directory, DIRECTORY_CHAT, &servers);
    directory_urls(directory, DIRECTORY_PRESENCE, &servers);
    if (web_policy_connect(request->host, buf_view(&servers), &policy))
        http_response_header(response, "Content-Security-Policy", buf_view(&policy));
    buf_fini(&servers);
    buf_fini(&policy);
}

static void answer(const struct http_request *request, struct http_response *response,
                   const struct web_file *file)
{
    bool packed = file->packed && http_accepts_gzip(request->accept_encoding);
    str tag = str_of(packed ? file->packed_tag : file->tag);

    response->content_type = file->type;
    response->cache_control =
        "no-cache"; /* kept, but asked about each time: they belong together */
    response->fixed = WEB_POLICY;
    http_response_header(response, "ETag", tag);
    if (strcmp(file->type, "text/html; charset=utf-8") == 0)
        narrow_policy(request, response);
    if (http_names_tag(request->if_none_match, tag)) {
        response->status = 304;
        return;
    }
    response->status = 200;
    response->shared = shared_bytes_ref(packed ? file->packed : file->plain);
    if (packed)
        http_response_header(response, "Content-Encoding", STR("gzip"));
}

HANDLER(web_get)
{
    const struct web_files *files = api_of(request)->web;
    const struct web_file *file = files ? web_files_find(files, request->path) : NULL;

    if (file == NULL)
        return;
    if (request->method == HTTP_GET) {
        answer(request, response, file);
        return;
    }
    problem_answer(response, PROBLEM_METHOD_NOT_ALLOWED, NULL);
    http_response_header(response, "Allow", STR("GET, HEAD"));
}
