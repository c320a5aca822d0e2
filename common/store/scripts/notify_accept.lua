-- Takes a notification in: stored and in its stream, or not at all.
-- KEYS  queue, its notification, its key of idempotency (the same slot)
-- ARGV  id, user, priority, title, body, event, data, collapse, ttl in ms, hash of the request, ms for which it is
--       remembered (0: no key), most unfinished ones (0: any number), and what finish() keeps: ms, ms of dead letters,
--       how many of those; what of a conversation it comes from, or ""
-- Returns {"ok", id}, {"same", id} for a repeat, {"reused"}, {"full"}.
-- include lib/now.lua
-- include lib/notify.lua
local q, key = KEYS[1], KEYS[2]
local id, user, priority, collapse, hash = ARGV[1], ARGV[2], ARGV[3], ARGV[8], ARGV[10]
local keep = {ARGV[13], ARGV[14], ARGV[15]}
local remember = tonumber(ARGV[11])

if remember > 0 then
  local known = call('GET', KEYS[3])
  if known then
    local first, of = string.match(known, '^(%S+) (%S+)$')
    if of ~= hash then return {'reused'} end
    return {'same', first}
  end
end
local most = tonumber(ARGV[12])
if most > 0 and tonumber(call('GET', q .. ':unfinished') or '0') >= most then return {'full'} end

local now = now_ms()
local expires = string.format('%d', now + tonumber(ARGV[9]))
local created = string.format('%d', now)
local texts = {user, ARGV[4], ARGV[5], ARGV[6], ARGV[7], collapse, ARGV[16]}
local entry = call('XADD', stream_of(q, priority), '*', 't', text_of(expires, id, texts, created, priority))
call('HSET', key, 'user', user, 'priority', priority, 'status', 'queued', 'created', created,
  'expires', expires, 'ttl', ARGV[9], 'collapse', collapse, 'e:', priority .. ' ' .. entry)
call('INCR', q .. ':unfinished')
call('ZADD', q .. ':expiry', expires, id)
if remember > 0 then call('SET', KEYS[3], id .. ' ' .. hash, 'PX', remember) end

-- One that is waiting is replaced at once; one that a server has in hand, as soon as that has not worked.
if collapse ~= '' then
  local field = user .. ' ' .. collapse
  local old = call('HGET', q .. ':collapse', field)
  call('HSET', q .. ':collapse', field, id)
  local before = old and q .. ':n:' .. old
  if old and not has_ended(call('HGET', before, 'status')) then
    call('HSET', before, 'replaced', id)
    finish_waiting(q, old, now, 'suppressed', keep)
  end
end
return {'ok', id}
