// Targets from DNS names, looked up again and again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "discovery/discoverer.h"
#include "discovery/dns/lookup.h"
#include "discovery/dns/options.h"
#include "discovery/refresh.h"

namespace kubevitals::discovery::dns {

// Where the servers are found; for tests to change.
struct ResolverSettings {
  std::string resolv_conf = "/etc/resolv.conf";  // read anew for each refresh
  std::uint16_t port = 53;
  std::chrono::milliseconds timeout{2'000};
};

// Looks all names up at once. A name that could not be looked up keeps the group that it had, and none when
// it never had one; that is no failure of the refresh. Lives on the strand of the coroutine that calls it.
class DnsRefresher final : public Refresher {
 public:
  DnsRefresher(const Options& options, const DiscovererContext& context, ResolverSettings settings);

  asio::awaitable<Result<std::vector<TargetGroupPtr>>> refresh() override;

  // Called at the end of each refresh: why names could not be looked up, or nothing.
  std::function<void(const std::optional<Error>& failure)> on_end;

 private:
  Result<std::vector<Candidates>> prepare(Servers& servers) const;

  const std::vector<std::string> names_;  // each once
  const RecordType type_;
  const std::int64_t port_;
  const ResolverSettings settings_;
  const asio::any_io_executor io_;
  const std::shared_ptr<exposition::Metric> lookups_;
  const std::shared_ptr<exposition::Metric> failures_;
  std::map<std::string, TargetGroupPtr> groups_;  // by name
};

// make_discoverer() with other servers.
std::unique_ptr<Discoverer> make_discoverer(const Options& options, const DiscovererContext& context,
                                            ResolverSettings settings);

}  // namespace kubevitals::discovery::dns
