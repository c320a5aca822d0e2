/* What POST /notify may be sent: any JSON, through all that reads it. */
#include "base/check.h"
#include "http/idempotency_key.h"
#include "order.h"
#include "json/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct order_limits limits = {
        .content_max = 4096, .ttl_default_s = 60, .ttl_max_s = 3600};
    char hash[ORDER_HASH_HEX];
    struct json_in in;
    struct order order;

    (void)idempotency_key_is_good(str_from((const char *)data, size));
    if (json_in_open(str_from((const char *)data, size), &in) != OK)
        return 0;
    order_read(&in, &limits, &order);
    if (!json_in_bad(&in)) {
        CHECK(order.body.n >= 1 && order.ttl_s >= 1 && order.ttl_s <= limits.ttl_max_s);
        CHECK(order.title.n + order.body.n + order.event.n + order.data.n <= 4096);
        CHECK(order.data.n == 0 || json_check(buf_view(&order.data)) == OK);
        CHECK(str_is_utf8(order.title) && str_is_utf8(order.body) && str_is_utf8(order.collapse));
        order_hash(&order, hash);
    }
    order_fini(&order);
    json_in_close(&in);
    return 0;
}
