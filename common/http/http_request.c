#include "http/http_request.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/decimal.h"

static const str METHODS[] = {
    [HTTP_GET] = {"GET", 3},     [HTTP_POST] = {"POST", 4},     [HTTP_PUT] = {"PUT", 3},
    [HTTP_PATCH] = {"PATCH", 5}, [HTTP_DELETE] = {"DELETE", 6}, [HTTP_OTHER] = {"?", 1},
};

enum http_method http_method_parse(str word)
{
    for (int m = HTTP_GET; m < HTTP_OTHER; m++)
        if (str_eq(word, METHODS[m]))
            return (enum http_method)m;
    return str_eq(word, STR("HEAD")) ? HTTP_GET : HTTP_OTHER;
}

str http_method_name(enum http_method method)
{
    return METHODS[method];
}

static bool is_sane(str id)
{
    if (id.n == 0 || id.n > HTTP_REQUEST_ID_MAX)
        return false;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return false;
    }
    return true;
}

static struct id first_part;

static void choose_first_part(void)
{
    first_part = id_new();
}

/* Random for each process and counted within: a system call for each request would cost more than all else
 * that is done for it here. */
static void new_id(char *to)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static _Atomic uint64_t counter;

    (void)pthread_once(&once, choose_first_part);
    uint64_t n = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    size_t length = ID_LEN / 2;
    memcpy(to, first_part.text, length);
    to[length++] = '-';
    length += decimal_write(to + length, (int64_t)n);
    to[length] = '\0';
}

void http_request_name(struct http_request *request, str proposed)
{
    if (!is_sane(proposed)) {
        new_id(request->id);
        return;
    }
    memcpy(request->id, proposed.p, proposed.n);
    request->id[proposed.n] = '\0';
}
