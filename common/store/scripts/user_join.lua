-- Puts a conversation on a user's list, before the user becomes a member: a name on the list whose
-- conversation does not know the user does no harm, a member whose list lacks it would not find it.
-- KEYS  user, conversations
-- ARGV  conversation, time
-- Returns {"ok"}, or {"not_found"}: no such user, or erased.
if redis.call('HEXISTS', KEYS[1], 'password') == 0 then return {'not_found'} end
redis.call('ZADD', KEYS[2], 'NX', ARGV[2], ARGV[1])
return {'ok'}
