#include "base/err.h"

const char *err_name(enum err err)
{
    switch (err) {
    case OK: return "ok";
    case ERR_INVALID: return "invalid";
    case ERR_DENIED: return "denied";
    case ERR_EXPIRED: return "expired";
    case ERR_NOT_FOUND: return "not_found";
    case ERR_CONFLICT: return "conflict";
    case ERR_TOO_BIG: return "too_big";
    case ERR_FULL: return "full";
    case ERR_UNAVAILABLE: return "unavailable";
    case ERR_IO: return "io";
    }
    return "unknown";
}
