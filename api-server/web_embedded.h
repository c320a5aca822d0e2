/* The files of web/, as they were when this program was built (scripts/cmake/embed-web.cmake): it needs no folder
 * beside it, and what it serves is the client that it was tested with. */
#ifndef CHATAPP_API_WEB_EMBEDDED_H
#define CHATAPP_API_WEB_EMBEDDED_H

#include <stddef.h>

struct web_embedded {
    const char *path; /* "/ui/dom.js" */
    const char *type;
    const char *hash; /* of the content, hex */
    const unsigned char *plain;
    size_t plain_n;
    const unsigned char *packed; /* by gzip */
    size_t packed_n;             /* 0: that was not smaller */
};

extern const struct web_embedded WEB_EMBEDDED[]; /* sorted by path */
extern const size_t WEB_EMBEDDED_N;

#endif
