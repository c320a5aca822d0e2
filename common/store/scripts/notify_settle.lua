-- What came of one device of a notification that a server has in hand, and whether that is the end of its entry.
-- Harmless when repeated, and when another server has done it meanwhile.
-- KEYS  queue, the notification (the same slot)
-- ARGV  stream, entry, id, "end" or "more", "all" (the entry was for all devices) or "one", and what finish() keeps,
--       then (or nothing) device, verdict, channel, attempts, error, ms to wait, host, text (or "": it need not be kept)
--       verdict: delivered, gone, failed, expired, suppressed; later: again after the wait; lane: when the host has time
-- Returns {status}, or {"unknown"} when there is no such notification any more.
-- include lib/now.lua
-- include lib/notify.lua
local q, key, id = KEYS[1], KEYS[2], ARGV[3]
local stream, entry, ends, all = ARGV[1], ARGV[2], ARGV[4] == 'end', ARGV[5] == 'all'
local keep = {ARGV[6], ARGV[7], ARGV[8]}
local device, verdict = ARGV[9], ARGV[10]
local now = now_ms()

even_when_full(q)
if ends then release(q, stream, {entry}) end
local h = call('HMGET', key, 'status', 'expires', 'replaced', 'priority', 'created', 'open', 'all',
  'd:' .. (device or ''))
if not h[1] then return {'unknown'} end
local set = {} -- fields and values
local function put(field, value)
  set[#set + 1] = field
  set[#set + 1] = value
end
local function write()
  if #set > 0 then call('HSET', key, unpack(set)) end
end
local function record(state)
  return table.concat({state, ARGV[12], string.format('%d', now), ARGV[11], ARGV[13]}, ' ')
end
local open, was = tonumber(h[6] or '0'), device and state_of(h[8])

-- It was over before this delivery was; one that has arrived all the same is told.
if has_ended(h[1]) then
  local told = was == 'delivered' or string.match(h[1], '^delivered %d+ (%S+)') == device
  if verdict == 'delivered' and not told then put('d:' .. device, record('delivered')) end
  if ends and all then call('SREM', q .. ':ended', id) end
  write()
  return {state_of(h[1])}
end

if device and (not was or was == 'queued') then
  local waits = verdict == 'later' or verdict == 'lane'
  if waits and (h[3] or tonumber(h[2]) <= now) then
    waits, verdict = false, h[3] and 'suppressed' or 'expired'
  end
  put('d:' .. device, record(waits and 'queued' or verdict))
  if ARGV[16] ~= '' and (waits or verdict == 'failed') then put('text', ARGV[16]) end
  open = open + (waits and 1 or 0) - (was and 1 or 0)
  put('open', open)
  put('status', 'queued open')
  if verdict == 'later' then
    call('ZADD', q .. ':later', math.min(now + tonumber(ARGV[14]), tonumber(h[2])), id .. ' ' .. device)
  elseif verdict == 'lane' then
    -- Ten minutes make up for a step of priority: low is served late, but it is.
    local step = h[4] == 'high' and -600000 or h[4] == 'low' and 600000 or 0
    call('ZADD', q .. ':lane:' .. ARGV[15], tonumber(h[5]) + step, id .. ' ' .. device)
    call('SADD', q .. ':lanes', ARGV[15])
    put('l:' .. device, ARGV[15])
  end
end
if ends and all then put('all', 1) end
write()
if not ends or open > 0 or not (all or h[7]) then return {'queued'} end
return {finish(q, id, now, h[3] and 'suppressed' or tonumber(h[2]) <= now and 'expired' or nil, keep)}
