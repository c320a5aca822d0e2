/** What went wrong: an answer of the server (RFC 9457), an error frame, or nobody who answers (`code` "offline"). */
export class Problem extends Error {
    /** @param {{status?: number, code: string, message: string, field?: string, retry?: boolean, waitMs?: number}} it */
    constructor({ status = 0, code, message, field, retry = false, waitMs = 0 }) {
        super(message);
        Object.assign(this, { name: 'Problem', status, code, field, retry, waitMs });
    }
}

export const offline = () => new Problem({ code: 'offline', message: 'The server cannot be reached.', retry: true });
