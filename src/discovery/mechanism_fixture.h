// What the tests of mechanisms have in common.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/virtual_clock.h"
#include "base/yaml_fields.h"
#include "discovery/discoverer.h"
#include "discovery/mechanisms.h"
#include "discovery/recording_sink.h"
#include "exposition/metric_registry.h"

namespace kubevitals::discovery {

// Reads options as of a file "f" in /etc; the complaints, one a line: nothing when all is well.
template <typename Options>
std::string complaints_about(const std::string& yaml, Options& options) {
  YamlProblems problems("f");
  const auto value = parse_yaml(yaml, problems);
  if (!value) return value.error().message;
  YamlMapping mapping(*value);
  read_options(mapping, ReadContext{"/etc"}, options);
  mapping.finish();
  const auto result = problems.result();
  return result ? std::string() : result.error().message;
}
template <typename Options>
std::string complaints_about(const std::string& yaml) {
  Options options;
  return complaints_about(yaml, options);
}

// Of a job named "job", with one executor for everything.
inline DiscovererContext context_on(const asio::any_io_executor& executor, Clock& clock,
                                    exposition::MetricRegistry& metrics) {
  return DiscovererContext{
      .io = executor, .workers = executor, .clock = clock, .metrics = metrics, .config_name = "job"};
}

// A discoverer at work. Has ended before it, or its executor, goes.
class RunningDiscoverer final {
 public:
  // `executor` runs one thing at a time; `sink` outlives this.
  RunningDiscoverer(asio::any_io_executor executor, std::unique_ptr<Discoverer> discoverer, GroupSink& sink)
      : executor_(std::move(executor)), discoverer_(std::move(discoverer)) {
    auto run = discoverer_->run(sink);
    auto ended = [this](const std::exception_ptr& failure) {
      EXPECT_FALSE(failure);
      ended_ = true;
      ended_.notify_all();
    };
    asio::co_spawn(executor_, std::move(run), asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
  }

  Discoverer* operator->() const { return discoverer_.get(); }
  bool ended() const { return ended_; }

  void cancel() {
    asio::post(executor_, [this] { cancel_.emit(asio::cancellation_type::all); });
  }

  // Ends it, while other threads run the executor.
  void stop() {
    cancel();
    ended_.wait(false);
    // The signal must not go before the executor has left emit().
    std::atomic<bool> left{false};
    asio::post(executor_, [&left] {
      left = true;
      left.notify_all();
    });
    left.wait(false);
  }

 private:
  const asio::any_io_executor executor_;
  const std::unique_ptr<Discoverer> discoverer_;
  asio::cancellation_signal cancel_;  // on the executor
  std::atomic<bool> ended_{false};
};

// A discoverer on the test's thread, under a clock that stands still until it is told to move.
class MechanismTest : public testing::Test {
 protected:
  explicit MechanismTest(std::vector<exposition::MetricFamily> families) : metrics_(std::move(families)) {}

  DiscovererContext context() { return context_on(io_.get_executor(), clock_, metrics_); }

  void start(std::unique_ptr<Discoverer> discoverer) { start(std::move(discoverer), sink_); }
  void start(std::unique_ptr<Discoverer> discoverer, GroupSink& sink) {
    running_ = std::make_unique<RunningDiscoverer>(io_.get_executor(), std::move(discoverer), sink);
  }
  // Ends it, which takes no time.
  void stop() {
    if (!running_ || running_->ended()) return;
    running_->cancel();
    clock_.run_for(io_, Duration::zero());
    EXPECT_TRUE(running_->ended());
  }
  // The same, after what its sockets still have to do.
  void stop_with_sockets() {
    if (!running_ || running_->ended()) return;
    running_->cancel();
    run_until([this] { return running_->ended(); });
  }

  // What comes while the time passes.
  std::vector<std::string> notes_after(Duration duration) {
    clock_.run_for(io_, duration);
    return sink_.take();
  }
  // Lets real sockets do what they have to, at one moment of the virtual clock; for 20 s at most.
  void run_until(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < limit) {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(condition()) << "the test hangs";
  }

  std::string metrics() const {
    exposition::MetricWriter writer;
    metrics_.write(writer);
    return writer.take();
  }
  double counter(std::string_view family) { return metrics_.metric(family)->value(); }

  asio::io_context io_;
  VirtualClock clock_;
  exposition::MetricRegistry metrics_;
  RecordingSink sink_;
  std::unique_ptr<RunningDiscoverer> running_;
};

inline std::vector<exposition::MetricFamily> joined(std::vector<exposition::MetricFamily> families,
                                                    const std::vector<exposition::MetricFamily>& more) {
  families.insert(families.end(), more.begin(), more.end());
  return families;
}

}  // namespace kubevitals::discovery
