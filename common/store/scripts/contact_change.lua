-- Changes what a user keeps of another: bits (store/contact.h).
-- KEYS  user, contacts
-- ARGV  the other user, bits to clear, bits to set, how many others at most may have the one set (0: any number)
-- Returns {"ok", bits before, bits after}; {"not_found"}: no such user, or erased; {"blocked"}: who is blocked is not
-- added; {"full"}.
local ADDED, ADDS_ME, BLOCKS, BLOCKS_ME = 1, 2, 4, 8
local has, set, most = bit.band, tonumber(ARGV[3]), tonumber(ARGV[4])
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'not_found'} end
local before = tonumber(redis.call('HGET', KEYS[2], ARGV[1]) or '0')
local stays = has(before, bit.bnot(tonumber(ARGV[2])))
local fresh = has(set, bit.bnot(before))
if has(fresh, ADDED) ~= 0 and has(stays, BLOCKS) ~= 0 then return {'blocked'} end

-- Requests that were answered are contacts, and count as those.
local function counts(bits)
  if has(fresh, ADDED) ~= 0 then return has(bits, ADDED) ~= 0 end
  if has(fresh, BLOCKS) ~= 0 then return has(bits, BLOCKS) ~= 0 end
  return has(bits, ADDED + ADDS_ME) == ADDS_ME
end
local limited = has(fresh, ADDED + BLOCKS) ~= 0 or (has(fresh, ADDS_ME) ~= 0 and has(before, ADDED) == 0)
if limited and most > 0 and redis.call('HLEN', KEYS[2]) >= most then
  local n = 0
  for _, bits in ipairs(redis.call('HVALS', KEYS[2])) do
    if counts(tonumber(bits)) then n = n + 1 end
  end
  if n >= most then return {'full'} end
end

local after = bit.bor(stays, set)
if after == BLOCKS_ME then after = 0 end -- alone it changes nothing, and strangers could fill the hash with it
if after == 0 then
  redis.call('HDEL', KEYS[2], ARGV[1])
elseif after ~= before then
  redis.call('HSET', KEYS[2], ARGV[1], after)
end
return {'ok', before, after}
