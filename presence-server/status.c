#include "status.h"

#include <stddef.h>

static const struct {
    const char *word;
    const char *said; /* by a client */
    char letter;
} STATUSES[] = {
    [STATUS_OFFLINE] = {"offline", "invisible", '-'},
    [STATUS_BUSY] = {"busy", "busy", 'b'},
    [STATUS_AWAY] = {"away", "away", 'a'},
    [STATUS_ONLINE] = {"online", "online", 'o'},
};

bool status_from_word(str word, enum status *status_out)
{
    for (unsigned i = STATUS_OFFLINE; i <= STATUS_ONLINE; i++)
        if (str_eq(word, str_of(STATUSES[i].said))) {
            *status_out = (enum status)i;
            return true;
        }
    return false;
}

const char *status_word(enum status status)
{
    return STATUSES[status].word;
}

char status_letter(enum status status)
{
    return STATUSES[status].letter;
}

bool status_from_letter(str letter, enum status *status_out)
{
    for (unsigned i = STATUS_OFFLINE; letter.n == 1 && i <= STATUS_ONLINE; i++)
        if (letter.p[0] == STATUSES[i].letter) {
            *status_out = (enum status)i;
            return true;
        }
    return false;
}

/* C0 and DEL; C1 (U+0080 to U+009F); the separators of lines and paragraphs (U+2028, U+2029). */
static bool is_control(const unsigned char *p, size_t left)
{
    if (p[0] < 0x20 || p[0] == 0x7f)
        return true;
    if (left >= 2 && p[0] == 0xc2 && p[1] < 0xa0)
        return true;
    return left >= 3 && p[0] == 0xe2 && p[1] == 0x80 && (p[2] == 0xa8 || p[2] == 0xa9);
}

const char *status_text_fault(str text)
{
    if (text.n > STATUS_TEXT_MAX)
        return "must be at most 256 bytes";
    for (size_t i = 0; i < text.n; i++)
        if (is_control((const unsigned char *)text.p + i, text.n - i))
            return "must not hold control characters or line breaks";
    return NULL;
}
