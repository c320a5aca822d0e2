-- The queue of notifications. All of its keys begin with the queue's name, which has the hash tag (keys.h). A
-- notification is a hash; each of its devices is a field d:DEVICE = "STATE ATTEMPTS TIME CHANNEL ERROR", where STATE is
-- queued, delivered, gone, failed, expired or suppressed. Fields of its own:
--   status    "queued" as long as nothing has come of it, "queued open" from when one of its devices has been settled;
--             in the end one of delivered, partial, suppressed, failed, expired; or all in one, because most come to
--             this: "delivered TIME DEVICE ATTEMPTS CHANNEL", at that time, to the only device
--   ended     when that was, but for the last
--   all       there once every device of the user has been seen to: what is still to do has its own place
--   open      how many of the devices are queued: waiting in `later`, in a lane, or in a stream as an entry of their own
--   e:DEVICE  "STREAM ENTRY", its last place in a stream; of the one for all devices, DEVICE is empty
--   text      what it says (text_of), from when it has to be known for longer than its first entry is there, since a
--             device waits or has failed, until its end
--   replaced  the newer one with the same `collapse`
--   l:DEVICE  the host in whose lane that device waits, or has waited
-- The entry for all devices is {t, text}; those for one are {n, id, d, device}. The set `ended` has those whose first entry
-- nobody has taken yet, though they have ended.
local call = redis.call
local GROUP = 'deliver'
local STREAMS = {high = true, normal = true, low = true, flight = true}

-- When Redis is full it allows a script to write only if the first thing it writes takes no memory. This does nothing else.
local function even_when_full(q) call('HDEL', q, '-') end

local function stream_of(q, name) return q .. ':' .. name end

-- A Redis that came back empty has no group.
local function with_group(stream, attempt)
  local result = attempt()
  if type(result) == 'table' and result.err and string.find(result.err, 'NOGROUP', 1, true) then
    call('XGROUP', 'CREATE', stream, GROUP, '0', 'MKSTREAM')
    result = attempt()
  end
  if type(result) == 'table' and result.err then error(result.err) end
  return result
end

local function state_of(record) return record and string.match(record, '^%a+') end

local function has_ended(status) return state_of(status) ~= 'queued' end

-- Nothing newer has to replace it any more. The field is "USER COLLAPSE".
local function forget_collapse(q, field, id)
  if call('HGET', q .. ':collapse', field) == id then call('HDEL', q .. ':collapse', field) end
end

-- The end of a notification: its status follows from its devices; `forced` (expired, suppressed) is what those get that
-- are still queued. keep: {status_ms, dead_ms, dead_max}.
local function finish(q, id, now, forced, keep)
  local key = q .. ':n:' .. id
  local all, n = call('HGETALL', key), {delivered = 0, failed = 0, expired = 0, suppressed = 0, gone = 0}
  local devices, collapse, user = 0, nil, nil
  for i = 1, #all, 2 do
    local field, value = all[i], all[i + 1]
    if string.sub(field, 1, 2) == 'd:' then
      local state = state_of(value)
      if state == 'queued' then
        state = forced or 'failed'
        local attempts, rest = string.match(value, '^%a+ (%d+) %d+ ?(.*)$')
        call('HSET', key, field, state .. ' ' .. attempts .. ' ' .. string.format('%d', now) .. ' ' .. rest)
        call('ZREM', q .. ':later', id .. ' ' .. string.sub(field, 3))
      end
      n[state] = n[state] + 1
      devices = devices + 1
    elseif string.sub(field, 1, 2) == 'l:' then
      local lane = q .. ':lane:' .. value
      if call('ZREM', lane, id .. ' ' .. string.sub(field, 3)) == 1 and call('EXISTS', lane) == 0 then
        call('SREM', q .. ':lanes', value)
      end
    elseif field == 'collapse' then collapse = value
    elseif field == 'user' then user = value
    end
  end
  local status
  if n.delivered > 0 then
    status = (n.delivered + n.gone == devices) and 'delivered' or 'partial'
  elseif forced then status = forced
  else status = n.failed + n.expired == 0 and (devices == 0 or n.suppressed > 0) and 'suppressed' or 'failed'
  end
  call('HSET', key, 'status', status, 'ended', string.format('%d', now), 'open', 0)
  call('ZREM', q .. ':expiry', id)
  if collapse and collapse ~= '' then forget_collapse(q, user .. ' ' .. collapse, id) end
  call('DECR', q .. ':unfinished')
  if n.failed == 0 then
    call('HDEL', key, 'text') -- it is nobody's business any more (what a stream has of it is trimmed)
    call('PEXPIRE', key, keep[1])
    return status
  end
  call('PEXPIRE', key, math.max(keep[1], keep[2]))
  call('ZADD', q .. ':dead', now, id)
  call('ZREMRANGEBYSCORE', q .. ':dead', '-inf', now - keep[2])
  if tonumber(keep[3]) > 0 then call('ZREMRANGEBYRANK', q .. ':dead', 0, -tonumber(keep[3]) - 1) end
  return status
end

-- Of these entries nothing is left to do. They are dropped with all before the first that somebody has in hand (trim);
-- only when of that one no sign of life has come for a second, at once, so that what they say does not pile up behind it.
-- At once, too, when Redis does not know that they are in hand: it may have lost that, and would give them out again.
local function release(q, stream, entries)
  local name = stream_of(q, stream)
  local known = call('XACK', name, GROUP, unpack(entries))
  local first = redis.pcall('XPENDING', name, GROUP, '-', '+', 1)[1] -- {entry, consumer, ms of silence, times}
  if known < #entries or (first and first[3] > 1000) then call('XDEL', name, unpack(entries)) end
end

-- What a server needs to know, in one piece (store/notification.c): when it expires, its id, the lengths of the texts,
-- when it was accepted, its priority, a line feed, and the texts.
local function text_of(expires, id, texts, created, priority)
  local head = {expires, id}
  for _, text in ipairs(texts) do head[#head + 1] = #text end
  head[#head + 1] = created
  head[#head + 1] = priority
  return table.concat(head, ' ') .. '\n' .. table.concat(texts)
end

-- Puts it into a stream again, for one of its devices.
local function enqueue(q, stream, id, device)
  local entry = call('XADD', stream_of(q, stream), '*', 'n', id, 'd', device)
  call('HSET', q .. ':n:' .. id, 'e:' .. device, stream .. ' ' .. entry)
  return entry
end

-- Has a server taken it, and not settled it yet? `all`: all of its fields.
local function in_hand(q, all)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'e:' then
      local stream, entry = string.match(all[i + 1], '^(%S+) (%S+)$')
      local pending = redis.pcall('XPENDING', stream_of(q, stream), GROUP, entry, entry, 1)
      if not pending.err and #pending > 0 then return true end
    end
  end
  return false
end

-- Ends one that only waits, and returns true. Whoever is given the entry later has to know.
local function finish_waiting(q, id, now, how, keep)
  local all = call('HGETALL', q .. ':n:' .. id)
  if in_hand(q, all) then return false end
  for i = 1, #all, 2 do
    if all[i] == 'status' and all[i + 1] == 'queued' then call('SADD', q .. ':ended', id) end
  end
  finish(q, id, now, how, keep)
  return true
end

-- An entry that a server has been given, for it: {"STREAM ENTRY TEXT", device or "", device, state …}. Nil when there is
-- nothing to do for it any more; the entry is gone then.
local function task(q, stream, entry, fields, now, keep)
  local text = fields[1] == 't' and fields[2]
  local id, device = fields[2], fields[4] or ''
  if text then id = string.match(text, '^%d+ (%S+)') end
  local key = q .. ':n:' .. id
  local h = call('HMGET', key, 'status', 'expires', 'replaced', 'open', 'd:' .. device, 'text')
  local over = has_ended(h[1])
  if not over and (h[3] or tonumber(h[2]) <= now) then
    finish(q, id, now, h[3] and 'suppressed' or 'expired', keep)
    over = true
  end
  over = over or (device ~= '' and state_of(h[5]) ~= 'queued')
  if over then
    release(q, stream, {entry})
    if text then call('SREM', q .. ':ended', id) end
    return nil
  end
  text = string.gsub(text or h[6] or '0 ' .. id, '^%d+', h[2], 1) -- a dead letter that is tried again has another end
  local t = {stream .. ' ' .. entry .. ' ' .. text, device}
  if device ~= '' then
    t[3], t[4] = device, h[5]
  elseif h[4] then
    local all = call('HGETALL', key)
    for i = 1, #all, 2 do
      if string.sub(all[i], 1, 2) == 'd:' then
        t[#t + 1] = string.sub(all[i], 3)
        t[#t + 1] = all[i + 1]
      end
    end
  end
  return t
end
