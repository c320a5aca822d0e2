-- A dead letter is tried again: those of its devices that failed, as if for the first time.
-- KEYS  queue, the notification (the same slot)
-- ARGV  id
-- Returns {"ok"}, {"not_found"}, or {"not_dead"}.
-- include lib/now.lua
-- include lib/notify.lua
local q, key, id = KEYS[1], KEYS[2], ARGV[1]
local all = call('HGETALL', key)
if #all == 0 then return {'not_found'} end
if not call('ZSCORE', q .. ':dead', id) then return {'not_dead'} end
local now, h, open = now_ms(), {}, 0
for i = 1, #all, 2 do h[all[i]] = all[i + 1] end
for field, value in pairs(h) do
  if string.sub(field, 1, 2) == 'd:' and state_of(value) == 'failed' then
    local rest = string.match(value, '^%a+ %d+ %d+ ?(.*)$')
    call('HSET', key, field, 'queued 0 ' .. string.format('%d', now) .. ' ' .. rest)
    enqueue(q, h.priority, id, string.sub(field, 3))
    open = open + 1
  end
end
if open == 0 then -- they have it by now, told by a server that was slow
  call('ZREM', q .. ':dead', id)
  return {'not_dead'}
end
local expires = now + tonumber(h.ttl)
call('HSET', key, 'status', 'queued open', 'all', 1, 'open', open, 'expires', string.format('%d', expires))
call('HDEL', key, 'ended', 'replaced')
call('PERSIST', key)
call('ZADD', q .. ':expiry', expires, id)
call('ZREM', q .. ':dead', id)
call('INCR', q .. ':unfinished')
return {'ok'}
