// The discovery pillar at work: a configuration, its managers, and the port that serves what they find.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "kube/feeds.h"
#include "net/web_config_source.h"

namespace kubevitals::discovery {

struct ServiceOptions {
  std::string config_file;
  std::chrono::milliseconds throttle{5000};  // see ManagerOptions

  std::string host = "::";
  std::uint16_t port = 9099;                  // 0: any free one
  std::shared_ptr<net::WebConfigSource> web;  // null: plain HTTP for everybody

  std::string file_sd_dir;         // empty: no files are written
  bool file_sd_relabeled = false;  // final targets instead of groups

  kube::FeedOptions feeds;
  std::string version;  // shown
};

// Discovers what the configuration says and serves it, see serve/endpoint.h. start() and stop() are awaited
// once each, stop() also when start() has failed; the rest is safe from any thread.
class Service {
 public:
  // `clock` outlives the service. Connections are served on `io`, the work is done on `workers`.
  Service(asio::any_io_executor io, asio::any_io_executor workers, Clock& clock, ServiceOptions options);
  ~Service();

  // The cluster of configurations that name no API server, with feeds that others use as well. Before
  // start(); `feeds` outlive stop().
  void set_own_cluster(std::string url, kube::Feeds& feeds);

  // Reads the configuration, listens, and begins to discover.
  asio::awaitable<Result<void>> start();
  // Reads the configuration again and puts it in force as a whole; one that is bad changes nothing.
  asio::awaitable<Result<void>> reload();
  // Leaves nothing running.
  asio::awaitable<void> stop();

  std::uint16_t port() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace kubevitals::discovery
