/** Where to connect to now, a URL; null when there is no such server. @param {'chat'|'presence'} kind */
export async function findServer(session, kind) {
    const { servers } = session.options;
    if (servers) return servers[kind] ?? null;
    return (await session.call('GET', `/api/servers?kind=${kind}`))[kind]?.url ?? null;
}
