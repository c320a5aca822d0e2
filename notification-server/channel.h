/* A notification channel: how one kind of device is reached. Each is a file in channels/ and a line in
 * channel_factory.c. Where its requests go is known before (channel_place.h).
 *
 * A channel decides and performs nothing: it turns a notification and a device into a request (`build`), and the answer
 * to it into a verdict (`judge`). Whoever delivers sends requests, waits, retries, and removes devices; the time and
 * random bytes are handed in. So every channel is tested without a network.
 *
 *     const struct channel *channel = channel_find(device.channel);
 *     err = channel->build(&input, &request, &why);        ERR_…: a dead letter, `why` says what about it
 *     …send request, fill in response…
 *     verdict = channel->judge(&response);
 *
 * A channel with `token` wants one for its requests, the same for all of its devices, kept until token.renew_ms:
 *
 *     err = channel->token->make(env, now_ms, &token, &ask, &why);
 *     if (token.text.n == 0) { …send ask, fill in response… err = channel->token->read(&response, &token, &why); }
 *
 * One at a time (single flight) is enough for all who wait. A verdict with `renew_token` says that the token that was
 * used is no good: forget it unless it has been renewed since. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_H
#define CHATAPP_NOTIFICATION_CHANNEL_H

#include "base/buf.h"
#include "base/err.h"
#include "store/device.h"

#define CHANNEL_RANDOM_N 48      /* fresh random bytes for one build */
#define CHANNEL_ANSWER_MAX 16384 /* bytes of an answer's body that are worth keeping for judge */
#define CHANNEL_REASON_MAX 128   /* with the NUL */

struct channel_env;      /* channel_env.h: base URLs, credentials, keys */
struct channel_settings; /* channel_settings.h */

enum priority { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH };

/* Views, valid during build. Texts are valid UTF-8. */
struct notification {
    str id;
    str user;
    str title; /* may be empty, as event, data and collapse */
    str body;  /* never empty */
    str event;
    str data;     /* a JSON object, as text */
    str collapse; /* of those with the same, only the newest matters to the user */
    enum priority priority;
    int64_t created_ms;
    int64_t expires_ms; /* 0: never; whoever delivers has looked that it is not over */
};

struct channel_token {
    struct buf text;
    int64_t renew_ms;   /* wall clock: get another one from then on */
    int64_t expires_ms; /* wall clock: no good any more */
};

struct channel_input {
    const struct channel_env *env;
    const struct notification *notification;
    const struct device *device;
    str token; /* when the channel has `token` */
    int64_t now_ms;
    const unsigned char *random; /* CHANNEL_RANDOM_N, for a channel that wants them */
};

enum channel_transport { CHANNEL_HTTP, CHANNEL_SMTP };

/* What to send. {0} is an empty one; channel_request_clear() makes it that again and keeps its memory, which
 * channel_request_fini() gives back. */
struct channel_request {
    enum channel_transport transport;
    struct buf url;
    struct buf
        headers; /* HTTP: "Name: value" lines, each ended by a NUL; see channel_request_header_at() */
    struct buf body; /* HTTP: of a POST (there is no other method); SMTP: the mail, with CRLF */
    struct buf from; /* SMTP: envelope addresses, without <> */
    struct buf to;
    struct buf user; /* SMTP: to sign in with, or empty */
    struct buf password;
    bool url_is_users; /* a user has chosen it: never to a private address, and no proxy of ours */
    bool http2;        /* the other end speaks nothing else */
    bool tls_required; /* SMTP: no mail without STARTTLS */
};

void channel_request_clear(struct channel_request *request);
void channel_request_fini(struct channel_request *request);
void channel_request_header(struct channel_request *request, const char *name, str value);
/* The header line at *at (0 at first) as a C string, and moves on; NULL after the last. */
char *channel_request_header_at(const struct channel_request *request, size_t *at);

enum channel_result {
    CHANNEL_ANSWERED,          /* status, headers and body are there */
    CHANNEL_TIMED_OUT,         /* it may have arrived */
    CHANNEL_UNREACHABLE,       /* no such name, no connection, or one that broke */
    CHANNEL_BAD_TLS,           /* the certificate is not good, or no TLS where it must be */
    CHANNEL_FORBIDDEN_ADDRESS, /* the URL led to a private address */
    CHANNEL_TOO_LONG /* an answer that did not end; taken by its status, if there is one */
};

struct channel_response {
    enum channel_result result;
    int status;  /* HTTP's or SMTP's last; 0: none */
    str headers; /* HTTP: the lines of the last answer, as they came */
    str body;    /* its first CHANNEL_ANSWER_MAX bytes */
    int64_t now_ms;
};

enum channel_outcome {
    CHANNEL_DELIVERED, /* the other end has it */
    CHANNEL_RETRY,     /* may work later */
    CHANNEL_GONE,      /* the device is no more: remove it */
    CHANNEL_REJECTED   /* will never work: a dead letter */
};

struct channel_verdict {
    enum channel_outcome outcome;
    int64_t retry_after_ms; /* of RETRY, when the other end said so, at most a day; else 0 */
    bool renew_token;
    char reason
        [CHANNEL_REASON_MAX]; /* printable ASCII, no secret: "status 410: Unregistered"; DELIVERED needs none */
};

/* What `POST /api/devices` asks for. */
struct channel_field {
    const char
        *name;  /* "url"; "keys.auth" is "auth" in the object "keys", and kept as "keys.auth" */
    size_t max; /* bytes */
    bool optional;
    bool secret;   /* never shown again, never logged */
    bool identity; /* these together say which device it is */
    bool number;   /* may be given as a whole number, too; kept as text */
    bool is_url;   /* http or https; private addresses are refused unless allowed */
    /* What is wrong with the value: a static "must …", or NULL. Values hold no quotes, backslashes, '<' or control
     * characters, which was looked at before. NULL: nothing else is. */
    const char *(*problem)(str value);
    /* Makes the value that was not given, which the answer then shows, this once. NULL: stays without. */
    void (*make)(struct buf *out);
};

/* A pure file's way to get a token for its requests. */
struct channel_tokens {
    /* Either the token itself, or (token_out->text empty) the request that asks for one. ERR_INVALID: the settings do
     * not do, *why_out (static) says which. */
    enum err (*make)(const struct channel_env *env, int64_t now_ms, struct channel_token *token_out,
                     struct channel_request *ask_out, const char **why_out);
    /* ERR_UNAVAILABLE: try later. ERR_DENIED: the credentials are refused. NULL when `make` never asks. */
    enum err (*read)(const struct channel_response *response, struct channel_token *token_out,
                     const char **why_out);
};

struct channel {
    const char *name;
    /* Until one whose name is NULL; at most DEVICE_FIELDS_MAX. */
    const struct channel_field *fields;
    /* Its devices are installations of an app, which whoever registers one last has alone. Of the others, which anybody may
     * name (a mailbox, a URL), several users may have the same, and nobody can take one away from another. */
    bool exclusive;
    bool wants_random; /* its build takes input->random */
    /* How much the other end takes, in its own measure (bytes or characters), to which build cuts; 0: no limit. */
    size_t payload_max;
    /* NULL: needs no credentials. Else whether the settings have them; *why_out (static) names what is missing. */
    bool (*ready)(const struct channel_env *env, const char **why_out);
    const struct channel_tokens *token; /* or NULL */
    /* The operator's URL, of the settings, to which requests go, or ""; NULL when they go to one of the device's (is_url). */
    const char *(*base)(const struct channel_settings *settings);
    /* For a device that has a place. ERR_INVALID: it is not one that can be reached; ERR_TOO_BIG: cannot be cut to size;
     * ERR_UNAVAILABLE: not yet, try later. *why_out is static.
     * Nothing of *request_out (which is empty) is to be used then, but it is to be given back. */
    enum err (*build)(const struct channel_input *input, struct channel_request *request_out,
                      const char **why_out);
    struct channel_verdict (*judge)(const struct channel_response *response);
};

/* Factory: the channel of that name, or NULL. */
const struct channel *channel_find(str name);
/* All of them, until NULL. */
const struct channel *channel_at(size_t i);
/* "must be one of: webhook …": what to say of another name. */
extern const char CHANNEL_NAME_RULE[];

#endif
