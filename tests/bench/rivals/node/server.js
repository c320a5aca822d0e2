// The design that ChatApp replaces, as one writes it in Node.js today: ws, ioredis, one process. A message takes one
// round trip to Redis, which numbers, stores and publishes it; each conversation has a channel, and what comes from
// there goes to the members' sockets with a ws.send() each. It speaks what the load generator needs of ChatApp's
// protocol, and leaves out what only costs time: ids that make a repeat harmless, blocks, rate limits, receipts.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { SignJWT, jwtVerify } from 'jose';
import { WebSocketServer } from 'ws';

const { values: flags } = parseArgs({ options: { port: { type: 'string', default: '0' }, redis: { type: 'string' } } });
const SLOW_READER_BYTES = 4 * 1024 * 1024;
const PING_MS = 30_000;
const secret = randomBytes(32);

// --- Redis ----------------------------------------------------------------------------------------

const redis = new Redis(flags.redis, { enableAutoPipelining: true });
const subscriber = new Redis(flags.redis);

// The frame is made here, where its number is known. Who sent it is told before the frame: it gets the ack instead.
redis.defineCommand('append', {
  numberOfKeys: 2,
  lua: `local seq = redis.call('INCR', KEYS[1])
        local frame = '{"type":"message","seq":' .. seq .. ',' .. string.sub(ARGV[2], 2)
        redis.call('XADD', KEYS[2], seq .. '-0', 'frame', frame)
        redis.call('PUBLISH', ARGV[1], ARGV[3] .. '\\n' .. frame)
        return seq`,
});

const keys = {
  seq: (conversation) => `conversation:{${conversation}}:seq`,
  log: (conversation) => `conversation:{${conversation}}:log`,
  members: (conversation) => `conversation:{${conversation}}:members`,
  channel: (conversation) => `channel:${conversation}`,
  conversations: (user) => `user:{${user}}:conversations`,
};

// --- who is here ------------------------------------------------------------------------------------

const users = new Map(); // name → sockets
const rooms = new Map(); // conversation with members here → { members, sockets, subscribed }
const roomsByChannel = new Map();

async function loadRoom(conversation) {
  const room = { conversation, members: new Set(await redis.smembers(keys.members(conversation))), sockets: new Set() };
  roomsByChannel.set(keys.channel(conversation), room);
  await subscriber.subscribe(keys.channel(conversation));
  return room;
}

async function join(socket, conversation) {
  if (!rooms.has(conversation)) rooms.set(conversation, loadRoom(conversation));
  const room = await rooms.get(conversation);
  room.sockets.add(socket);
  socket.rooms.set(conversation, room);
}

function leaveAll(socket) {
  for (const room of socket.rooms.values()) {
    room.sockets.delete(socket);
    if (room.sockets.size > 0) continue;
    rooms.delete(room.conversation);
    roomsByChannel.delete(keys.channel(room.conversation));
    subscriber.unsubscribe(keys.channel(room.conversation));
  }
  const sockets = users.get(socket.user);
  sockets?.delete(socket);
  if (sockets?.size === 0) users.delete(socket.user);
}

subscriber.on('messageBuffer', (channel, message) => {
  const room = roomsByChannel.get(channel.toString());
  if (!room) return;
  const end = message.indexOf(10);
  const sender = message.latin1Slice(0, end);
  const frame = message.subarray(end + 1);
  for (const socket of room.sockets) {
    if (socket.name === sender) continue;
    if (socket.bufferedAmount > SLOW_READER_BYTES) socket.terminate();
    else socket.send(frame, { binary: false });
  }
});

// --- frames -----------------------------------------------------------------------------------------

function answer(socket, frame) {
  socket.send(JSON.stringify(frame));
}

async function directWith(socket, other) {
  const [a, b] = [socket.user, other].sort();
  const conversation = 'd' + createHash('sha256').update(`${a} ${b}`).digest('hex').slice(0, 24);
  if (socket.rooms.has(conversation)) return conversation;
  await createConversation(conversation, [a, b]);
  return conversation;
}

async function createConversation(conversation, members) {
  const batch = redis.pipeline();
  batch.sadd(keys.members(conversation), ...members);
  for (const user of members) batch.sadd(keys.conversations(user), conversation);
  await batch.exec();
  for (const user of members)
    for (const socket of users.get(user) ?? []) await join(socket, conversation);
}

async function onSend(socket, { id, to, conversation, text, data, reply_to }) {
  if (to) conversation = await directWith(socket, to);
  if (!socket.rooms.has(conversation))
    return answer(socket, { type: 'error', id, code: 'not_found', message: 'no such user or conversation', retry: false });
  const time = Date.now();
  const frame = JSON.stringify({ conversation, id, from: socket.user, time, text, data, reply_to });
  const seq = await redis.append(
    keys.seq(conversation), keys.log(conversation), keys.channel(conversation), frame, socket.name);
  answer(socket, { type: 'ack', id, conversation, seq, time });
}

function onFrame(socket, bytes) {
  let frame;
  try {
    frame = JSON.parse(bytes);
  } catch {
    return answer(socket, { type: 'error', code: 'bad_json', message: 'not JSON', retry: false });
  }
  if (frame.type === 'ping') return answer(socket, { type: 'pong', id: frame.id });
  if (frame.type !== 'send')
    return answer(socket, { type: 'error', id: frame.id, code: 'unknown_type', message: 'unknown type', retry: false });
  onSend(socket, frame).catch((error) => {
    console.error(error);
    answer(socket, { type: 'error', id: frame.id, code: 'unavailable', message: 'try again', retry: true });
  });
}

// --- connections ------------------------------------------------------------------------------------

const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024 });
let connections = 0;

async function onConnection(socket, user) {
  Object.assign(socket, { user, name: String(++connections), rooms: new Map(), alive: true });
  socket.on('message', (bytes) => onFrame(socket, bytes));
  socket.on('pong', () => (socket.alive = true));
  socket.on('error', () => {});
  socket.on('close', () => leaveAll(socket));
  if (!users.has(user)) users.set(user, new Set());
  users.get(user).add(socket);
  const conversations = await redis.smembers(keys.conversations(user));
  await Promise.all(conversations.map((conversation) => join(socket, conversation)));
  const seqs = conversations.length > 0 ? await redis.mget(conversations.map(keys.seq)) : [];
  answer(socket, {
    type: 'ready', user, time: Date.now(),
    conversations: conversations.map((id, i) => ({ id, seq: Number(seqs[i] ?? 0) })),
  });
}

setInterval(() => {
  for (const socket of sockets.clients) {
    if (!socket.alive) socket.terminate();
    socket.alive = false;
    socket.ping();
  }
}, PING_MS);

async function userOf(request) {
  const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
  return (await jwtVerify(token, secret)).payload.sub;
}

// --- HTTP: accounts and rooms, as much as the generator asks for -------------------------------------

const routes = {
  'GET /readyz': () => [200, {}],
  'POST /api/signup': async (_, { username }) => {
    const token = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setSubject(username).setExpirationTime('15m');
    return [201, { user: { username }, access_token: await token.sign(secret) }];
  },
  'POST /api/conversations': async (request, { name, members }) => {
    const id = 'r' + randomBytes(12).toString('hex');
    await createConversation(id, [await userOf(request), ...members]);
    return [201, { conversation: { id, kind: 'room', name } }];
  },
};

const server = createServer(async (request, response) => {
  try {
    const chunks = await request.toArray();
    const route = routes[`${request.method} ${request.url}`];
    const body = chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : {};
    const [status, result] = route ? await route(request, body) : [404, {}];
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(result));
  } catch (error) {
    response.writeHead(500).end(String(error));
  }
});

server.on('upgrade', async (request, socket, head) => {
  try {
    const user = await userOf(request);
    sockets.handleUpgrade(request, socket, head, (webSocket) =>
      onConnection(webSocket, user).catch(() => webSocket.close(1013)));
  } catch {
    socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
  }
});

server.keepAliveTimeout = 60_000;
server.listen({ host: '127.0.0.1', port: Number(flags.port), backlog: 4096 }, () =>
  console.log(`port ${server.address().port}`));
