/* E-mail: SMTP with STARTTLS to the operator's mail server (RFC 5321, 3207), the mail as RFC 5322 has it. */
#include "channel_build.h"
#include "channel_env.h"
#include "channel_judge.h"
#include "channel_mail.h"
#include "channel_text.h"

#define SUBJECT_MAX 200 /* bytes */

static const struct channel_field FIELDS[] = {
    {.name = "address", .max = MAIL_ADDRESS_MAX, .identity = true, .problem = mail_address_problem},
    {.name = NULL},
};

static bool ready(const struct channel_env *env, const char **why_out)
{
    *why_out = "--smtp-url is not set";
    return env->settings->smtp_url[0] != '\0';
}

static const char *base(const struct channel_settings *settings)
{
    return settings->smtp_url;
}

static str first_line(str text)
{
    size_t n = 0;

    while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
        n++;
    return str_from(text.p, n);
}

static void add_subject(const struct notification *n, struct buf *out)
{
    struct buf cut = {0};

    text_add_cut(&cut, n->title.n > 0 ? n->title : first_line(n->body), SUBJECT_MAX);
    mail_add_header(out, "Subject", buf_view(&cut));
    buf_fini(&cut);
}

/* The same for every try, so that mail servers can tell. */
static void add_message_id(const struct channel_input *input, struct buf *out)
{
    str from = str_of(input->env->settings->smtp_from);
    const char *at = memrchr(from.p, '@', from.n);
    str domain = at ? str_skip(from, (size_t)(at - from.p) + 1) : STR("localhost");

    buf_printf(out, "Message-ID: <%.*s.%.*s@%.*s>\r\n", STR_ARG(input->notification->id),
               STR_ARG(input->device->id), STR_ARG(domain));
}

/* Addresses have no character that a header would mind (mail_address_problem()). */
static void write_mail(const struct channel_input *input, str to, struct buf *out)
{
    const struct notification *n = input->notification;

    mail_add_date(out, n->created_ms);
    buf_printf(out, "From: %s\r\nTo: %.*s\r\n", input->env->settings->smtp_from, STR_ARG(to));
    add_subject(n, out);
    add_message_id(input, out);
    if (n->priority == PRIORITY_HIGH)
        buf_add_str(out, STR("Importance: high\r\n"));
    buf_add_str(out,
                STR("Auto-Submitted: auto-generated\r\n" /* RFC 3834: no out-of-office, please */
                    "MIME-Version: 1.0\r\n"
                    "Content-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: base64\r\n\r\n"));
    mail_add_body(out, n->body);
}

static enum err build(const struct channel_input *input, struct channel_request *request,
                      const char **why_out)
{
    const struct channel_settings *s = input->env->settings;
    str to = device_get(input->device, "address");

    if (!ready(input->env, why_out))
        return ERR_INVALID;
    if (mail_address_problem(to) != NULL) {
        *why_out = "the device's address is none";
        return ERR_INVALID;
    }
    request->transport = CHANNEL_SMTP;
    request->tls_required = s->smtp_tls == SMTP_TLS_REQUIRE;
    buf_add_str(&request->url, str_of(s->smtp_url));
    buf_add_str(&request->from, str_of(s->smtp_from));
    buf_add_str(&request->to, to);
    buf_add_str(&request->user, str_of(s->smtp_user));
    buf_add_str(&request->password, str_of(s->smtp_password));
    write_mail(input, to, &request->body);
    return OK;
}

/* The last line of the reply that decided, after its code: others may follow ("221 Bye"). */
static str reply_text(const struct channel_response *response)
{
    enum { CODE = 3 };
    str lines = response->headers;
    str text = STR("");
    str line;
    int64_t code;

    while (str_split(&lines, '\n', &line))
        if (line.n > CODE + 1 && str_to_i64(str_from(line.p, CODE), &code) &&
            code == response->status)
            text = str_skip(line, CODE + 1);
    return text;
}

/* The enhanced status (RFC 3463): "550 5.1.1 no such user". */
static str enhanced_status(const struct channel_response *response)
{
    enum { LONGEST = 9 };
    str text = reply_text(response);
    size_t n = 0;

    while (n < text.n && ((text.p[n] >= '0' && text.p[n] <= '9') || text.p[n] == '.'))
        n++;
    return n <= LONGEST ? str_from(text.p, n) : STR("");
}

/* A 5yz reply is for good, a 4yz one for now (RFC 5321, 4.2.1). Only where the server says that there is no such mailbox
 * is the device gone: 550 alone may as well be about us. */
static struct channel_verdict judge(const struct channel_response *response)
{
    enum {
        DELIVERED_FIRST = 200,
        LATER_FIRST = 400,
        NEVER_FIRST = 500,
        STARTTLS = 530,
        AUTH = 534,
        CREDENTIALS = 535,
        ENCRYPT = 538
    };
    static const char *const NO_MAILBOX[] = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"};
    str word = enhanced_status(response);
    int status = response->status;

    if (response->result != CHANNEL_ANSWERED)
        return verdict_of_http(response, &(struct status_rule){0}, STR(""));
    enum channel_outcome outcome = CHANNEL_REJECTED;
    if (status >= DELIVERED_FIRST && status < LATER_FIRST)
        outcome = CHANNEL_DELIVERED;
    else if (status < NEVER_FIRST || status == STARTTLS || status == AUTH ||
             status == CREDENTIALS || status == ENCRYPT) /* for the operator to put right */
        outcome = CHANNEL_RETRY;
    for (size_t i = 0; i < sizeof NO_MAILBOX / sizeof NO_MAILBOX[0]; i++)
        if (outcome == CHANNEL_REJECTED && str_eq(word, str_of(NO_MAILBOX[i])))
            outcome = CHANNEL_GONE;
    return verdict_make(outcome, "status %d%s%.*s", status, word.n > 0 ? ": " : "", STR_ARG(word));
}

const struct channel channel_email = {.name = "email",
                                      .fields = FIELDS,
                                      .ready = ready,
                                      .base = base,
                                      .build = build,
                                      .judge = judge};
