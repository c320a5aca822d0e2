#include "device_input.h"

#include "channel_url.h"

#define CHANNEL_NAME_MAX 32

/* Values are kept in a record that nothing in it needs an escape in (store/device.h). */
static const char *value_problem(str value)
{
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        if (c < ' ' || c == 0x7F || c == '"' || c == '\\' || c == '<')
            return "must not hold quotes, backslashes, < or control characters";
    }
    return NULL;
}

/* "keys.auth": "auth" in the object "keys". */
static str read_nested(struct json_in *in, const struct channel_field *field, const char *dot)
{
    char outer[DEVICE_NAME_MAX + 1];
    size_t n = (size_t)(dot - field->name);

    memcpy(outer, field->name, n);
    outer[n] = '\0';
    struct json_in within = {.root = json_object_get(in->root, outer)};
    if (within.root && !json_is_object(within.root)) {
        json_in_fail(in, field->name, "must be in an object");
        in->wrong_type = true;
        return STR_NONE;
    }
    str value = field->optional ? json_in_str_optional(&within, dot + 1, 1, field->max)
                                : json_in_str(&within, dot + 1, 1, field->max);
    if (json_in_bad(&within)) {
        json_in_fail(in, field->name, within.why);
        in->wrong_type = within.wrong_type;
    }
    return value;
}

static str read_value(struct json_in *in, const struct channel_field *field,
                      struct device_input *input)
{
    const char *dot = strchr(field->name, '.');
    const json_t *value = json_object_get(in->root, field->name);

    if (field->number && json_is_integer(value)) {
        buf_clear(&input->number);
        buf_add_i64(&input->number, json_integer_value(value));
        return buf_view(&input->number);
    }
    if (dot)
        return read_nested(in, field, dot);
    return field->optional ? json_in_str_optional(in, field->name, 1, field->max)
                           : json_in_str(in, field->name, 1, field->max);
}

static void check_value(struct json_in *in, const struct channel_field *field, str value,
                        bool allow_private_urls)
{
    const char *problem = value_problem(value);

    if (problem == NULL && field->is_url)
        problem = channel_url_problem(value, allow_private_urls);
    if (problem == NULL && field->problem)
        problem = field->problem(value);
    if (problem)
        json_in_fail(in, field->name, problem);
}

static str make_value(struct device_input *input, const struct channel_field *field)
{
    field->make(&input->made);
    input->made_field = field->name;
    return buf_view(&input->made);
}

static void read_fields(struct json_in *in, struct device_input *input)
{
    for (const struct channel_field *field = input->channel->fields; field->name; field++) {
        str value = read_value(in, field, input);
        if (json_in_bad(in))
            return;
        if (!str_is_none(value))
            check_value(in, field, value, input->allow_private_urls);
        else if (field->make)
            value = make_value(input, field);
        if (!str_is_none(value))
            input->device.fields[input->device.n++] =
                (struct device_field){str_of(field->name), value};
    }
}

static void name_device(struct device_input *input)
{
    struct buf identity = {0};

    for (const struct channel_field *field = input->channel->fields; field->name; field++) {
        if (!field->identity)
            continue;
        buf_add_str(&identity, device_get(&input->device, field->name));
        buf_add_char(&identity, '\n'); /* in no value */
    }
    input->id = device_id(input->device.channel, input->channel->exclusive ? STR("") : input->user,
                          buf_view(&identity));
    input->device.id = str_of(input->id.text);
    buf_fini(&identity);
}

void device_input_read(struct json_in *in, struct device_input *input)
{
    str name = json_in_str(in, "channel", 1, CHANNEL_NAME_MAX);

    if (json_in_bad(in))
        return;
    input->channel = channel_find(name);
    if (input->channel == NULL) {
        json_in_fail(in, "channel", CHANNEL_NAME_RULE);
        return;
    }
    input->device =
        (struct device){.channel = str_of(input->channel->name), .created = input->now_ms};
    read_fields(in, input);
    if (!json_in_bad(in))
        name_device(input);
}

void device_input_fini(struct device_input *input)
{
    buf_fini(&input->made);
    buf_fini(&input->number);
}
