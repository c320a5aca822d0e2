/* What an operation on input, network or storage can come to.
 *
 * Every function that returns one must have it looked at; our own bugs are not errors but failed
 * assertions (see check.h). An error is logged once, where it stops travelling. */
#ifndef CHATAPP_BASE_ERR_H
#define CHATAPP_BASE_ERR_H

#define MUST_USE __attribute__((warn_unused_result))

enum err {
    OK = 0,
    ERR_INVALID,     /* the input breaks a rule */
    ERR_DENIED,      /* not genuine, or not allowed */
    ERR_EXPIRED,     /* genuine, but late */
    ERR_NOT_FOUND,   /* no such thing */
    ERR_CONFLICT,    /* it exists already, or has changed meanwhile */
    ERR_TOO_BIG,     /* over a limit of size, depth or count */
    ERR_FULL,        /* a bounded queue has no place left; try later */
    ERR_UNAVAILABLE, /* Redis or a peer cannot be reached; the outcome may be unknown */
    ERR_IO           /* the operating system refused */
};

/* A short snake_case word for logs; never NULL. */
const char *err_name(enum err err);

#endif
