-- What by far the most deliveries come to, many at once: an entry was about all devices of the user, there is one, and
-- that one has it.
-- KEYS  queue
-- ARGV  ms for which the status is kept, then for each
--       "STREAM ENTRY NOTIFICATION DEVICE ATTEMPTS CHANNEL", and after a line feed, if it has a collapse, "USER COLLAPSE"
-- Returns which of them (from 1) are something else by now, and untouched: for notify_settle.lua.
-- include lib/now.lua
-- include lib/notify.lua
local q, now_at = KEYS[1], now_ms()
local until_at = string.format('%d', now_at + tonumber(ARGV[1]))
local delivered = 'delivered ' .. string.format('%d', now_at) .. ' '
local over, done, others = {}, {}, {}

for i = 2, #ARGV do
  local stream, entry, id, how = string.match(ARGV[i], '^(%S+) (%S+) (%S+) (.*)$')
  local key = q .. ':n:' .. id
  if call('HGET', key, 'status') == 'queued' then
    -- First: when Redis is full it allows a script to begin with this, and not with HSET.
    call('PEXPIREAT', key, until_at)
    local line = string.find(how, '\n', 1, true)
    if line then forget_collapse(q, string.sub(how, line + 1), id) end
    call('HSET', key, 'status', delivered .. string.sub(how, 1, line and line - 1))
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
