-- The point of no return of an erasure: nobody can sign in, be found or be added any more. What is left is cleaned
-- up afterwards, as often as it takes (the set `erasing`).
-- KEYS  user
-- ARGV  hash that the password was checked against, time
-- Returns {"ok"}, or {"changed"}: another hash is there by now, or the account is gone.
if redis.call('HGET', KEYS[1], 'password') ~= ARGV[1] then return {'changed'} end
local created = redis.call('HGET', KEYS[1], 'created')
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'created', created, 'erased', ARGV[2]) -- the name stays taken
return {'ok'}
