/* Signed text: JWS Compact Serialization (RFC 7515, section 7.1) with Ed25519 (RFC 8037,
 * section 3.1). What the header and the payload say is not looked at here; see token.h. */
#ifndef CHATAPP_AUTH_JWS_H
#define CHATAPP_AUTH_JWS_H

#include "auth/keyset.h"

/* Views of its parts, still in base64url. */
struct jws {
    str header;
    str payload;
    str signature;
    str signed_text; /* header.payload */
};

/* Appends header.payload.signature. */
void jws_sign(const struct signing_key *key, str header, str payload, struct buf *out);
/* ERR_INVALID unless there are exactly three parts. */
MUST_USE enum err jws_split(str text, struct jws *jws_out);
/* Did this key sign it? ~60 µs. */
bool jws_verify(const struct verify_key *key, const struct jws *jws);

#endif
