-- A connection signs in to a presence-server: is the session still there? Who are the user's contacts? Of those who block
-- the user nothing is told but when they seem to have left, which must not move.
-- KEYS  user, session, contacts, hidden
-- ARGV  time
-- Returns {"ok", {other user, bits …} (store/contact.h), {who blocks, when …}}, or {"gone"}.
local BLOCKED_CONTACT = '11' -- ADDED + ADDS_ME + BLOCKS_ME
if redis.call('EXISTS', KEYS[2]) == 0 or redis.call('HEXISTS', KEYS[1], 'password') == 0 then
  return {'gone'}
end
redis.call('HSET', KEYS[2], 'last_used', ARGV[1])
local contacts = redis.call('HGETALL', KEYS[3])
local hidden = {}
for i = 1, #contacts, 2 do
  if contacts[i + 1] == BLOCKED_CONTACT then
    local since = redis.call('HGET', KEYS[4], contacts[i]) or ARGV[1]
    hidden[#hidden + 1] = contacts[i]
    hidden[#hidden + 1] = since
  end
end
redis.call('DEL', KEYS[4])
for i = 1, #hidden, 2 do redis.call('HSET', KEYS[4], hidden[i], hidden[i + 1]) end
return {'ok', contacts, hidden}
