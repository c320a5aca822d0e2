-- What by far the most deliveries come to, many at once: an entry was about all devices of the user, there is one, and
-- that one has it.
-- KEYS  queue
-- ARGV  ms for which the status is kept, then for each
--       "STREAM ENTRY NOTIFICATION DEVICE ATTEMPTS CHANNEL USER COLLAPSE", the last of which may be empty
-- Returns which of them (from 1) are something else by now, and untouched: for notify_settle.lua.
-- include lib/now.lua
-- include lib/notify.lua
local q, now_at = KEYS[1], now_ms()
local now, until_at = string.format('%d', now_at), string.format('%d', now_at + tonumber(ARGV[1]))
local over, done, others = {}, {}, {}

for i = 2, #ARGV do
  local stream, entry, id, device, channel, field, collapse =
    string.match(ARGV[i], '^(%S+) (%S+) (%S+) (%S+ %S+) (%S+) (%S+ (.*))$')
  local key = q .. ':n:' .. id
  if call('HGET', key, 'status') == 'queued' then
    -- First: when Redis is full it allows a script to begin with this, and not with HSET.
    call('PEXPIREAT', key, until_at)
    call('HSET', key, 'status', 'delivered ' .. device .. ' ' .. now .. ' ' .. channel)
    if collapse ~= '' then forget_collapse(q, field, id) end
    over[#over + 1] = id
    done[stream] = done[stream] or {}
    table.insert(done[stream], entry)
  else
    others[#others + 1] = i - 1
  end
end
for stream, entries in pairs(done) do release(q, stream, entries) end
if #over > 0 then
  call('ZREM', q .. ':expiry', unpack(over))
  call('DECRBY', q .. ':unfinished', #over)
end
return others
