-- One budget of requests for many processes. Times are milliseconds of this server's own clock.
local sent, places, underway, limits, operations, members = unpack(KEYS)
local action, ticket, process = ARGV[1], ARGV[2], ARGV[3]
local quota, window = tonumber(ARGV[4]), tonumber(ARGV[5])

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- What a process that died has left behind: a place that nobody came for, a request without reply.
local PLACE_KEPT, REPLY_KEPT = 10000, 120000
-- The part of the quota that may be used at once; and the part of the server's, below which what is
-- left is spread over the time that is left.
local AT_ONCE, SLOW_BELOW = 0.8, 0.2
-- Replies round the time left to seconds.
local SLACK = 1500
-- Processes that have not asked for so long are gone.
local MEMBER_KEPT = math.max(window, 60000)

redis.call('ZREMRANGEBYSCORE', sent, '-inf', now - window)
redis.call('ZREMRANGEBYSCORE', places, '-inf', now - PLACE_KEPT)
redis.call('ZREMRANGEBYSCORE', underway, '-inf', now - REPLY_KEPT)
redis.call('ZADD', members, now, process)
redis.call('ZREMRANGEBYSCORE', members, '-inf', now - MEMBER_KEPT)

local function for_all(name)
  return name == '' or name == 'default'
end

local function applies(name, operation)
  return for_all(name)
    or redis.call('SISMEMBER', operations, name .. '\n' .. operation) == 1
end

-- The server's limits that still hold: name, what is left, until when, quota.
local function known()
  local found, all = {}, redis.call('HGETALL', limits)
  for index = 1, #all, 2 do
    local left, till, of = string.match(all[index + 1], '^(%d+) (%d+) (%d+)$')
    if tonumber(till) > now then
      found[#found + 1] = { all[index], tonumber(left), tonumber(till), tonumber(of) }
    else
      redis.call('HDEL', limits, all[index])
    end
  end
  return found
end

local function keep(name, left, till, of)
  redis.call('HSET', limits, name, string.format('%d %d %d', left, till, of))
end

local function expire()
  local longest = math.max(window, REPLY_KEPT, MEMBER_KEPT) * 2
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, longest)
  end
end

-- When request number `index` (from 0) of the sent and the planned ones goes.
local sent_count, place_count
local function at(index)
  local key, rank = sent, index
  if index >= sent_count then
    key, rank = places, index - sent_count
  end
  local score = tonumber(redis.call('ZRANGE', key, rank, rank, 'WITHSCORES')[2])
  return index >= sent_count and math.max(score, now) or score
end

local function next_slot(opens, gap)
  local count = sent_count + place_count
  local slot = math.max(now, opens)
  local last = count > 0 and at(count - 1) or nil
  if last then
    slot = math.max(slot, last + gap)
  end
  if count >= quota then
    slot = math.max(slot, at(count - quota) + window)
  end
  local low, high = 0, count
  while low < high do
    local middle = math.floor((low + high) / 2)
    if at(middle) + window > slot then high = middle else low = middle + 1 end
  end
  local used = count - low
  if used > 0 and used >= quota * AT_ONCE then
    local until_free = math.max(at(low) + window - slot, 0)
    slot = math.max(slot, last + until_free / math.max(quota - used, 1))
  end
  return math.ceil(slot)
end

local function turn(operation, patience)
  local opens, gap = now, 0
  for _, limit in ipairs(known()) do
    local name, left, till, of = unpack(limit)
    if applies(name, operation) then
      if left == 0 and not for_all(name) then
        -- No place for those whose own limit is used up: they would be in the way of the others.
        redis.call('ZREM', places, ticket)
        return till - now
      elseif left == 0 then
        opens = math.max(opens, till)
      elseif left < of * SLOW_BELOW then
        gap = math.max(gap, (till - now) / left)
      end
    end
  end
  sent_count, place_count = redis.call('ZCARD', sent), redis.call('ZCARD', places)
  local slot = tonumber(redis.call('ZSCORE', places, ticket) or nil)
  if not slot then
    slot = next_slot(opens, gap)
  end
  -- Whatever the plan was: no window gets more than the quota, no closed gate is passed.
  slot = math.max(slot, opens)
  if sent_count >= quota then
    slot = math.max(slot, at(sent_count - quota) + window)
  end
  if slot > now then
    if slot - now >= patience then
      redis.call('ZREM', places, ticket)
    else
      redis.call('ZADD', places, slot, ticket)
    end
    return slot - now
  end
  redis.call('ZREM', places, ticket)
  redis.call('ZADD', sent, now, ticket)
  redis.call('ZADD', underway, now, ticket)
  for _, limit in ipairs(known()) do
    local name, left, till, of = unpack(limit)
    if left > 0 and applies(name, operation) then
      keep(name, left - 1, till, of)
    end
  end
  return 0
end

-- The rest of ARGV: the operation, the wait asked for (-1 for none), then name, left, reset and
-- quota of each limit.
local function learn(operation, wait)
  redis.call('ZREM', underway, ticket)
  local others, spent, current = redis.call('ZCARD', underway), false, {}
  for _, limit in ipairs(known()) do
    current[limit[1]] = limit
  end
  for index = 8, #ARGV, 4 do
    local name, left, till, of = ARGV[index], tonumber(ARGV[index + 1]), now + ARGV[index + 2], tonumber(ARGV[index + 3])
    spent = spent or left == 0
    if left == 0 and wait > 0 then
      till = math.max(till, now + wait)
    end
    left = math.max(left - others, 0)
    local before = current[name]
    if before and till <= before[3] + SLACK then
      left, till, of = math.min(left, before[2]), math.max(till, before[3]), math.max(of, before[4])
    end
    keep(name, left, till, of)
    redis.call('SADD', operations, name .. '\n' .. operation)
  end
  if wait > 0 and not spent then
    local before = current['']
    keep('', 0, math.max(now + wait, before and before[3] or 0), before and before[4] or 0)
  end
  return 0
end

local answer = 0
if action == 'turn' then
  answer = turn(ARGV[6], tonumber(ARGV[7]))
elseif action == 'learn' then
  answer = learn(ARGV[6], tonumber(ARGV[7]))
else
  redis.call('ZREM', places, ticket)
  redis.call('ZREM', underway, ticket)
end
expire()
return { answer, redis.call('ZCARD', members) }
