-- What by far the most deliveries come to, many at once: an entry was about all devices of the user, there is one, and
-- that one has it.
-- KEYS  queue
-- ARGV  ms for which the status is kept, then for each
--       "STREAM ENTRY NOTIFICATION DEVICE CHANNEL ATTEMPTS USER COLLAPSE", the last of which may be empty
-- Returns which of them (from 1) are something else by now, and untouched: for notify_settle.lua.
-- include lib/notify.lua
local q, now = KEYS[1], string.format('%d', now_ms())
local over, acks, collapsed, others = {}, {}, {}, {}

for i = 2, #ARGV do
  local stream, entry, id, device, channel, attempts, field, collapse =
    string.match(ARGV[i], '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+ (.*))$')
  local key = q .. ':n:' .. id
  device = 'd:' .. device
  local h = call('HMGET', key, 'status', 'open', device)
  if h[1] == 'queued' and not h[2] and not h[3] then
    call('HSET', key, device, 'delivered ' .. attempts .. ' ' .. now .. ' ' .. channel .. ' ',
      'status', 'delivered', 'ended', now)
    call('PEXPIRE', key, ARGV[1])
    over[#over + 1] = id
    acks[stream] = acks[stream] or {}
    table.insert(acks[stream], entry)
    if collapse ~= '' then collapsed[field] = id end
  else
    others[#others + 1] = i - 1
  end
end
for stream, entries in pairs(acks) do call('XACK', stream_of(q, stream), GROUP, unpack(entries)) end
if #over > 0 then
  call('ZREM', q .. ':expiry', unpack(over))
  call('DECRBY', q .. ':unfinished', #over)
end
for field, id in pairs(collapsed) do forget_collapse(q, field, id) end
return others
