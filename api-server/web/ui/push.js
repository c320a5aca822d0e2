// Web Push: where the browser has it and the server has keys for it.

/* The only thing that may become a script's address (Trusted Types). */
const policy = globalThis.trustedTypes?.createPolicy('chatapp', { createScriptURL: () => '/sw.js' });

const supported = () => globalThis.isSecureContext && 'serviceWorker' in navigator && 'PushManager' in globalThis;

async function registration() {
    await navigator.serviceWorker.register(policy ? policy.createScriptURL('/sw.js') : '/sw.js');
    return navigator.serviceWorker.ready;
}

const keyOf = (model) => `push ${model.user}`; // in the store: the id that the server gave this browser for this account

/** 'on', 'off', or 'none' when that is not to be had here. */
export async function pushState(model) {
    if (!supported()) return 'none';
    await model.client.call('GET', '/api/devices/vapid');
    return (await model.store.get(keyOf(model))) ? 'on' : 'off';
}

export async function subscribe(model) {
    if ((await Notification.requestPermission()) !== 'granted')
        throw new Error('The browser does not allow notifications.');
    const { public_key } = await model.client.call('GET', '/api/devices/vapid');
    const { pushManager } = await registration();
    const { endpoint, keys } = (
        await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key })
    ).toJSON();
    const { device } = await model.client.call('POST', '/api/devices', { channel: 'webpush', endpoint, keys });
    await model.store.update(keyOf(model), () => device.id);
}

/** The subscription is the browser's, and ends with the last account that uses it. */
export async function unsubscribe(model) {
    const id = await model.store.get(keyOf(model));
    if (!id) return;
    await model.client.call('DELETE', `/api/devices/${id}`).catch((problem) => {
        if (problem.status !== 404) throw problem;
    });
    await model.store.update(keyOf(model), () => undefined);
    if ((await model.store.list('push ')).length > 0) return;
    const subscription = await (await registration()).pushManager.getSubscription();
    await subscription?.unsubscribe();
}
