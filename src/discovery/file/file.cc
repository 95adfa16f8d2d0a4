#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <optional>
#include <utility>

#include "base/deadline.h"
#include "base/run_on.h"
#include "discovery/file/directory_watches.h"
#include "discovery/file/options.h"
#include "discovery/file/scan.h"

namespace kubevitals::discovery::file {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kReadErrors = "prometheus_sd_file_read_errors_total";
constexpr std::string_view kWatcherErrors = "prometheus_sd_file_watcher_errors_total";
constexpr std::string_view kModified = "prometheus_sd_file_mtime_seconds";
constexpr std::string_view kScanDuration = "prometheus_sd_file_scan_duration_seconds";

// An editor makes several changes to write one file.
constexpr milliseconds kBurst{20};
// In a directory where something happens all the time, reading takes a tenth of the time at most.
constexpr int kRestPerScan = 9;

// Everything is used on the strand of run().
class FileDiscoverer final : public Discoverer {
 public:
  FileDiscoverer(Options options, const DiscovererContext& context)
      : options_(std::move(options)),
        workers_(context.workers),
        clock_(context.clock),
        metrics_(context.metrics),
        directories_(context.once ? nullptr : context.directories),
        read_errors_(context.metrics.metric(kReadErrors)),
        watcher_errors_(context.metrics.metric(kWatcherErrors)),
        durations_(context.metrics.histogram(kScanDuration)) {}

  asio::awaitable<void> run(GroupSink& sink) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    signal_ = std::make_shared<WakeSignal>(co_await asio::this_coro::executor);
    make_watch();
    while (true) {
      const SteadyTime start = clock_.now();
      std::vector<Error> errors = watch();
      auto read = [patterns = options_.files] { return scan(patterns); };
      std::vector<ScannedFile> files = co_await run_on(workers_, std::move(read));
      const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;
      const SteadyTime end = clock_.now();
      durations_->observe(std::chrono::duration<double>(end - start).count());
      take(sink, std::move(files), std::move(errors));

      const SteadyTime earliest = end + kRestPerScan * (end - start);
      const SteadyTime latest = std::max(start + options_.refresh_interval, earliest);
      if (!co_await wait_for_change(earliest, latest)) co_return;
    }
  }

 private:
  struct KnownFile {
    std::vector<TargetGroupPtr> groups;
    std::shared_ptr<const void> lease;  // of its time
  };

  void make_watch() {
    if (directories_ == nullptr) return;
    auto made = directories_->watch(*signal_);
    if (made) {
      watch_ = *std::move(made);
    } else {
      watcher_errors_->add();
      watch_failure_ = std::move(made).error();
    }
  }

  // Before reading, so that nothing is missed that happens meanwhile.
  std::vector<Error> watch() {
    signal_->forget();
    if (!watch_) return watch_failure_ ? std::vector{*watch_failure_} : std::vector<Error>();
    std::vector<std::string> directories;
    NamesOfInterest names;
    for (const std::string& pattern : options_.files) {
      for (std::string& directory : directories_of(pattern)) directories.push_back(std::move(directory));
      names.patterns.push_back(name_pattern(pattern));
    }
    std::vector<Error> errors = watch_->set_directories(directories);
    watcher_errors_->add(static_cast<double>(errors.size()));
    // Until links are still the same once changes of them are noticed; of links that never rest the next will
    // be.
    for (int i = 0; i < 8; ++i) {
      watch_->set_names(names);
      std::set<std::string> linked = linked_names(options_.files);
      if (linked == names.others) break;
      names.others = std::move(linked);
    }
    return errors;
  }

  // False when the coroutine was cancelled.
  asio::awaitable<bool> wait_for_change(SteadyTime earliest, SteadyTime latest) {
    asio::awaitable<bool> change = signal_->wait();
    const std::optional<bool> changed = co_await finish_by(clock_, latest, std::move(change));
    if (changed && *changed) latest = std::min(latest, std::max(earliest, clock_.now() + kBurst));
    const asio::cancellation_state state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    co_return co_await clock_.sleep_until(latest);
  }

  void take(GroupSink& sink, std::vector<ScannedFile> files, std::vector<Error> errors) {
    std::vector<TargetGroupPtr> changed;
    std::map<std::string, KnownFile> now;
    for (ScannedFile& file : files) {
      const auto before = known_.find(file.path);
      KnownFile known = before == known_.end() ? KnownFile{} : std::move(before->second);
      if (file.groups) {
        replace(file.path, known.groups, *std::move(file.groups), changed);
        known.lease = metrics_.lease(kModified, {file.path});
        metrics_.metric(kModified, {file.path})->set(file.modified);
      } else {
        read_errors_->add();
        errors.push_back(std::move(file.groups).error());
      }
      if (before != known_.end()) known_.erase(before);
      now.emplace(file.path, std::move(known));
    }
    for (auto& [path, gone] : known_) replace(path, gone.groups, {}, changed);
    known_ = std::move(now);
    tell(sink, std::move(changed), errors);
  }

  // Notes what has to be passed on so that the groups of a file become the new ones.
  static void replace(const std::string& path, std::vector<TargetGroupPtr>& known,
                      std::vector<TargetGroupPtr> now, std::vector<TargetGroupPtr>& changed) {
    for (std::size_t i = 0; i < now.size(); ++i) {
      const bool same = i < known.size() ? known[i]->equals(*now[i]) : now[i]->targets.empty();
      if (!same) changed.push_back(now[i]);
    }
    for (std::size_t i = now.size(); i < known.size(); ++i) {
      changed.push_back(empty_group(path + ":" + std::to_string(i)));
    }
    known = std::move(now);
  }

  void tell(GroupSink& sink, std::vector<TargetGroupPtr> changed, const std::vector<Error>& errors) {
    if (!std::exchange(answered_, true) || !changed.empty()) sink.update(std::move(changed));
    if (!errors.empty()) {
      Error error = errors.front();
      if (errors.size() > 1) error.message += " (and " + std::to_string(errors.size() - 1) + " more)";
      sink.failed(std::move(error));
    } else if (failing_) {
      sink.recovered();
    }
    failing_ = !errors.empty();
  }

  const Options options_;
  const asio::any_io_executor workers_;
  Clock& clock_;
  exposition::MetricRegistry& metrics_;
  DirectoryWatches* const directories_;
  const std::shared_ptr<exposition::Metric> read_errors_;
  const std::shared_ptr<exposition::Metric> watcher_errors_;
  const std::shared_ptr<exposition::DurationHistogram> durations_;

  std::shared_ptr<WakeSignal> signal_;              // woken by changes; made by run()
  std::unique_ptr<DirectoryWatches::Watch> watch_;  // null: only the interval counts
  std::optional<Error> watch_failure_;
  std::map<std::string, KnownFile> known_;
  bool answered_ = false;
  bool failing_ = false;
};

}  // namespace

Result<std::unique_ptr<Discoverer>> make_discoverer(const Options& options,
                                                    const DiscovererContext& context) {
  return std::unique_ptr<Discoverer>(std::make_unique<FileDiscoverer>(options, context));
}

std::vector<exposition::MetricFamily> metric_families() {
  using exposition::MetricKind;
  return {
      {kReadErrors, MetricKind::kCounter, "Files of target groups that could not be read.", {}},
      {kWatcherErrors, MetricKind::kCounter, "Failures to watch the directories of files.", {}},
      {kModified,
       MetricKind::kGauge,
       "When the file was changed last, at the time when it was read.",
       {"filename"}},
      {kScanDuration, MetricKind::kHistogram, "How long it took to read all files of a configuration.", {}},
  };
}

}  // namespace kubevitals::discovery::file
