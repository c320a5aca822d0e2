-- Puts a conversation on a user's list, before the user becomes a member: a name on the list whose
-- conversation does not know the user does no harm, a member whose list lacks it would not find it.
-- KEYS  user, conversations, contacts
-- ARGV  conversation, time, who adds them ("": nobody else)
-- Returns {"ok"}, or {"not_found"}: no such user, erased, or one who blocks who adds them and must not be found by it.
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'not_found'} end
if ARGV[3] ~= '' then
  local bits = tonumber(redis.call('HGET', KEYS[3], ARGV[3]) or '0') -- store/contact.h
  if bit.band(bits, 4) ~= 0 then return {'not_found'} end
end
redis.call('ZADD', KEYS[2], 'NX', ARGV[2], ARGV[1])
return {'ok'}
