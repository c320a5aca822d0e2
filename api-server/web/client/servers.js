const PLACES = {
    // of a server that has no registry to ask
    chat: { port: '8081', path: '/chat' },
    presence: { port: '8083', path: '/presence' },
};

/** Where to connect to now, a URL; null when there is no such server. @param {'chat'|'presence'} kind */
export async function findServer(session, kind) {
    const { base, servers } = session.options;
    if (servers) return servers[kind] ?? null;
    try {
        return (await session.call('GET', `/api/servers?kind=${kind}`))[kind]?.url ?? null;
    } catch (problem) {
        if (problem.status !== 404) throw problem;
        const url = new URL(PLACES[kind].path, base);
        url.protocol = url.protocol.replace('http', 'ws');
        if (url.port) url.port = PLACES[kind].port; // else there is a proxy in front, which has one port for all
        return url.href;
    }
}
