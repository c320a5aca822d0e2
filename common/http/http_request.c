#include "http/http_request.h"

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
