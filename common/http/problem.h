/* Errors as application/problem+json (RFC 9457): {"type","title","status","detail","code"[,"field"]}. `code` is what
 * clients may rely on. All codes that any daemon answers with over HTTP are rows of one table. */
#ifndef CHATAPP_HTTP_PROBLEM_H
#define CHATAPP_HTTP_PROBLEM_H

#include "http/http_response.h"

enum problem {
    PROBLEM_BAD_REQUEST,        /* 400 bad_request */
    PROBLEM_BAD_JSON,           /* 400 bad_json */
    PROBLEM_UNAUTHENTICATED,    /* 401 unauthenticated: no token */
    PROBLEM_INVALID_TOKEN,      /* 401 invalid_token: forged, expired, or its session has ended */
    PROBLEM_TOKEN_REUSED,       /* 401 token_reused */
    PROBLEM_BAD_CREDENTIALS,    /* 401 bad_credentials */
    PROBLEM_FORBIDDEN,          /* 403 forbidden */
    PROBLEM_NOT_FOUND,          /* 404 not_found */
    PROBLEM_METHOD_NOT_ALLOWED, /* 405 method_not_allowed */
    PROBLEM_USERNAME_TAKEN,     /* 409 username_taken */
    PROBLEM_LAST_OWNER,         /* 409 last_owner */
    PROBLEM_ROOM_FULL,          /* 409 room_full */
    PROBLEM_CONTACT_BLOCKED,    /* 409 contact_blocked */
    PROBLEM_CONTACTS_FULL,      /* 409 contacts_full */
    PROBLEM_REQUESTS_FULL,      /* 409 requests_full */
    PROBLEM_BLOCKS_FULL,        /* 409 blocks_full */
    PROBLEM_DEVICES_FULL,       /* 409 devices_full */
    PROBLEM_TOO_LARGE,          /* 413 too_large */
    PROBLEM_INVALID_FIELD,      /* 422 invalid_field */
    PROBLEM_KEY_REUSED,         /* 422 idempotency_key_reused */
    PROBLEM_WEAK_PASSWORD,      /* 422 weak_password */
    PROBLEM_RATE_LIMITED,       /* 429 rate_limited */
    PROBLEM_INTERNAL,           /* 500 internal */
    PROBLEM_BAD_GATEWAY,        /* 502 bad_gateway */
    PROBLEM_UNAVAILABLE,        /* 503 unavailable */
    PROBLEM_GATEWAY_TIMEOUT     /* 504 gateway_timeout */
};

/* Fills in the answer, in place of what was there. `detail` NULL: the table's sentence. 401 gets
 * WWW-Authenticate, 503 a Retry-After. */
void problem_answer(struct http_response *response, enum problem problem, const char *detail);
/* The detail is "field why"; `problem` is INVALID_FIELD, WEAK_PASSWORD or BAD_JSON. */
void problem_field(struct http_response *response, enum problem problem, const char *field,
                   const char *why);
/* 429: with Retry-After, whole seconds, at least 1. */
void problem_rate_limited(struct http_response *response, int64_t wait_ms);

#endif
