#include "shares.h"

void shares_of(const bool full[SHARES], int64_t n, int64_t counts_out[SHARES])
{
    counts_out[SHARE_HIGH] = n - n / 4;
    counts_out[SHARE_NORMAL] = full[SHARE_HIGH] ? 3 * n / 16 : n;
    counts_out[SHARE_LOW] = full[SHARE_HIGH] || full[SHARE_NORMAL] ? n / 16 : n;
}
