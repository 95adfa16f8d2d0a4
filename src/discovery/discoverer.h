// What a discovery mechanism is to the rest of the program.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "discovery/target_group.h"

namespace kubevitals::exposition {
class MetricRegistry;
}
namespace kubevitals::discovery::file {
class DirectoryWatches;
}
namespace kubevitals::discovery::kubernetes {
class Clusters;
}

namespace kubevitals::discovery {

// Where a discoverer puts what it finds. Thread-safe.
class GroupSink {
 public:
  virtual ~GroupSink() = default;

  // These groups have changed; others stay as they are. A group without targets removes its source. The first
  // call has everything that there is at the start, however little that is: from then on the mechanism counts
  // as having answered. None of the pointers is null.
  virtual void update(std::vector<TargetGroupPtr> groups) = 0;

  // Something does not work, and why; what was found before stays. Shown until the next update() or
  // recovered().
  virtual void failed(Error error) = 0;
  virtual void recovered() = 0;
};

// Why a target is not there, for explanations: "pod ns/name has no IP yet".
struct AbsenceQuery {
  LabelName label;  // what the target that is looked for would have
  std::string value;
};

// One mechanism at work for one configuration, which any number of jobs may share.
class Discoverer {
 public:
  virtual ~Discoverer() = default;

  // Discovers until the coroutine is cancelled; it then returns soon and leaves nothing running. Runs on a
  // strand of its own; `sink` outlives it. Called once.
  virtual asio::awaitable<void> run(GroupSink& sink) = 0;

  // What the mechanism knows about a target that it did not make: sentences, most telling first. Called on
  // run()'s executor.
  virtual std::vector<std::string> why_absent(const AbsenceQuery&) const { return {}; }
};

// What discoverers are made with; all of it outlives them.
struct DiscovererContext {
  asio::any_io_executor io;       // for sockets
  asio::any_io_executor workers;  // for work
  Clock& clock;
  exposition::MetricRegistry& metrics;
  kubernetes::Clusters* clusters = nullptr;  // API servers and their feeds, shared
  std::string config_name;        // of the job that comes first: the label "config" of self metrics
  std::uint64_t random_seed = 0;  // for jitter
  bool once = false;              // nobody waits for a second answer: `kubevitals targets`
  file::DirectoryWatches* directories = nullptr;  // without it files are only looked at once an interval
};

// The options of one item of a <name>_sd_configs list. Immutable; equal ones share a discoverer.
class DiscovererOptions {
 public:
  virtual ~DiscovererOptions() = default;

  virtual bool equals(const DiscovererOptions& other) const = 0;

  // Fails when these options cannot work on this machine: a certificate that cannot be read, no service
  // account. Does no I/O over the network.
  virtual Result<std::unique_ptr<Discoverer>> make(const DiscovererContext& context) const = 0;
};

using DiscovererOptionsPtr = std::shared_ptr<const DiscovererOptions>;

// DiscovererOptions of a plain struct that can be compared, made by
//   Result<std::unique_ptr<Discoverer>> make_discoverer(const Options&, const DiscovererContext&)
// beside the struct.
template <typename Options>
class TypedDiscovererOptions final : public DiscovererOptions {
 public:
  explicit TypedDiscovererOptions(Options options) : options_(std::move(options)) {}

  const Options& options() const { return options_; }

  bool equals(const DiscovererOptions& other) const override {
    const auto* same = dynamic_cast<const TypedDiscovererOptions*>(&other);
    return same != nullptr && same->options_ == options_;
  }
  Result<std::unique_ptr<Discoverer>> make(const DiscovererContext& context) const override {
    return make_discoverer(options_, context);
  }

 private:
  const Options options_;
};

}  // namespace kubevitals::discovery
