-- wrk's requests: the lines of the file named by BODIES, one after another, as JSON bodies of POST /predict.
local requests, at = {}, 0
-- Not before: only now wrk knows the Host header.
init = function()
  for line in io.lines(os.getenv("BODIES")) do
    requests[#requests + 1] = wrk.format("POST", "/predict", {["Content-Type"] = "application/json"}, line)
  end
end
request = function()
  at = at % #requests + 1
  return requests[at]
end
done = function(summary, latency, _)
  io.write(string.format("MEASURED %.1f %.3f %.3f %d\n", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
