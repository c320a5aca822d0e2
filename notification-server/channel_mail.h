/* The parts of a mail (RFC 5322, 2047, 6531). Pure. */
#ifndef CHATAPP_NOTIFICATION_CHANNEL_MAIL_H
#define CHATAPP_NOTIFICATION_CHANNEL_MAIL_H

#include "base/buf.h"

#define MAIL_ADDRESS_MAX 254 /* RFC 5321, 4.5.3.1.3, without the <> */

/* NULL, or what is wrong with it: a static "must …". Letters beyond ASCII are fine (RFC 6531); quoted local parts and
 * address literals are not. */
const char *mail_address_problem(str address);

/* Appends "Name: value" and CRLF. Whatever the text holds, it stays one header, folded where it is long: control
 * characters become spaces, and what is not plain short ASCII goes as encoded words. */
void mail_add_header(struct buf *out, const char *name, str text);
/* Appends "Date: …" and CRLF. */
void mail_add_date(struct buf *out, int64_t time_ms);
/* Appends the text as base64 in lines of 76 characters, with CRLF after each; its line ends become CRLF first. */
void mail_add_body(struct buf *out, str text);

#endif
