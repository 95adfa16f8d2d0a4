// All pillars on one set of feeds: what `serve` and `demo` run.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "app/runtime.h"
#include "base/result.h"
#include "discovery/service.h"
#include "kube/api_client.h"
#include "kube/feeds.h"
#include "state/service.h"
#include "usage/service.h"

namespace kubevitals::app {

// What is run; pillars without options are not.
struct PillarOptions {
  kube::ApiServerConfig api_server;
  kube::FeedOptions feeds;
  std::optional<state::ServiceOptions> state;
  std::optional<discovery::ServiceOptions> discovery;
  std::optional<usage::ServiceOptions> usage;
};

// start() and stop() are awaited once each, stop() also when start() has failed.
class Pillars {
 public:
  Pillars(Runtime& runtime, PillarOptions options);
  ~Pillars();

  asio::awaitable<Result<void>> start();
  // What is in the sinks' queues has until then to get out.
  asio::awaitable<void> stop(std::chrono::milliseconds grace);
  // Reads the configuration of discovery again; what is wrong with it is logged.
  asio::awaitable<void> reload();

  const kube::ApiClient& client() const { return client_; }
  // Null where a pillar is not run.
  const state::Service* state() const { return state_.get(); }
  const discovery::Service* discovery() const { return discovery_.get(); }
  const usage::Service* usage() const { return usage_.get(); }

 private:
  kube::ApiClient client_;
  kube::Feeds feeds_;
  std::unique_ptr<state::Service> state_;
  std::unique_ptr<discovery::Service> discovery_;
  std::unique_ptr<usage::Service> usage_;
};

}  // namespace kubevitals::app
