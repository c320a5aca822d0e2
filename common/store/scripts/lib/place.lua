-- Remembers where an account was signed in to, the latest few for 30 days: there its owner can go on signing in
-- whatever strangers try elsewhere.
local function remember_place(places, place, now)
  redis.call('ZADD', places, now, place)
  redis.call('ZREMRANGEBYRANK', places, 0, -17)
  redis.call('PEXPIRE', places, 30 * 24 * 3600 * 1000)
end
