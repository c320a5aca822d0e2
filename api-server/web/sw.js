// The service worker: shows what is pushed while no tab is looked at. It keeps no files.

addEventListener('install', () => self.skipWaiting());
addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

addEventListener('push', (event) => event.waitUntil(show(event.data)));
addEventListener('notificationclick', (event) => {
    event.notification.close();
    event.waitUntil(open(event.notification.data?.conversation));
});

async function show(data) {
    let pushed = {};
    try {
        pushed = data?.json() ?? {};
    } catch {
        /* not ours */
    }
    const tabs = await self.clients.matchAll({ type: 'window' });
    if (tabs.some(({ focused }) => focused)) return;
    await self.registration.showNotification(pushed.title || 'ChatApp', {
        body: pushed.body ?? 'New message',
        tag: pushed.collapse ?? pushed.data?.conversation,
        icon: '/icon.svg',
        data: pushed.data,
    });
}

async function open(conversation) {
    const address = conversation ? `/#/c/${encodeURIComponent(conversation)}` : '/';
    const [tab] = await self.clients.matchAll({ type: 'window' });
    if (!tab) return self.clients.openWindow(address);
    await tab.focus();
    return tab.navigate(address);
}
