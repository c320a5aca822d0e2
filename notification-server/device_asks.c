#include "device_asks.h"

#include <stdlib.h>

#include "base/mem.h"
#include "office_state.h"
#include "store/device.h"
#include "task.h"

struct device_ask {
    struct office *office;
    struct device_ask *next; /* of the batch, as long as it is made */
    struct task *first;      /* through next_asked */
};

static void told(void *context, const struct redisReply *reply)
{
    struct device_ask *ask = context;
    struct task *task = ask->first;
    struct user_devices *devices = NULL;

    if (reply != NULL)
        devices = user_devices_read(reply, ask->office->env->settings);
    free(ask);
    while (task != NULL) {
        struct task *next = task->next_asked;
        task_devices(task, devices);
        task = next;
    }
    user_devices_unref(&devices);
}

static struct device_ask *find(const struct device_asks *asks, str user)
{
    struct device_ask *ask = asks->first;

    while (ask != NULL && !str_eq(ask->first->notification.user, user))
        ask = ask->next;
    return ask;
}

static enum err ask_anew(struct device_asks *asks, struct office *o, struct task *task)
{
    struct device_ask *ask = mem_alloc(sizeof *ask);
    struct redis_command c;

    *ask = (struct device_ask){o, asks->first, task};
    device_list(&c, task->notification.user);
    enum err err = redis_send(o->redis, &c, told, ask);
    if (err == OK)
        asks->first = ask;
    else
        free(ask);
    return err;
}

enum err device_asks_add(struct device_asks *asks, struct office *o, struct task *task)
{
    struct device_ask *ask = find(asks, task->notification.user);

    if (ask == NULL)
        return ask_anew(asks, o, task);
    task->next_asked = ask->first;
    ask->first = task;
    return OK;
}
