#include "state/telemetry.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>

#include "exposition/emitter.h"

namespace kubevitals::state {
namespace {

using exposition::Emitter;
using exposition::Label;
using kube::FeedStats;

// Writes families of samples.
class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    out_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    out_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
    emitter_.set_family(name);
  }
  void base(std::initializer_list<Label> labels) { emitter_.set_base_labels(labels); }
  void sample(double value) { emitter_.sample(value); }
  void sample(std::initializer_list<Label> labels, double value) { emitter_.sample(labels, value); }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  Emitter emitter_{out_};
};

double seconds_since(std::optional<SteadyTime> then, SteadyTime now) {
  return std::chrono::duration<double>(now - then.value_or(now)).count();
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

// KSM labels these by the Go type it expects, such as "*v1.Pod".
std::string go_type(const kube::ResourceType& type) {
  return "*" + std::string(type.version) + "." + std::string(type.kind);
}

using Feeds = std::vector<FeedStats>;

void for_each_feed(Writer& writer, const Feeds& feeds, const std::function<void(const FeedStats&)>& write) {
  for (const FeedStats& feed : feeds) {
    writer.base({{"resource", feed.scope.resource.plural}, {"namespace", feed.scope.namespace_}});
    write(feed);
  }
}

void gauge(Writer& writer, const Feeds& feeds, std::string_view name, std::string_view type,
           std::string_view help, const std::function<double(const FeedStats&)>& value) {
  writer.family(name, type, help);
  for_each_feed(writer, feeds, [&](const FeedStats& feed) { writer.sample(value(feed)); });
}

void incumbent_counters(Writer& writer, const Feeds& feeds) {
  writer.family("kube_state_metrics_list_total", "counter", "Lists of a resource, by how they ended.");
  for (const FeedStats& feed : feeds) {
    const std::string type = go_type(feed.scope.resource);
    const std::uint64_t errors = sum(feed.list_errors);
    writer.base({{"resource", type}});
    writer.sample({{"result", "error"}}, static_cast<double>(errors));
    writer.sample({{"result", "success"}}, static_cast<double>(feed.lists - std::min(feed.lists, errors)));
  }
  writer.family("kube_state_metrics_watch_total", "counter", "Watches of a resource, by how they ended.");
  for (const FeedStats& feed : feeds) {
    const std::string type = go_type(feed.scope.resource);
    const std::uint64_t errors = sum(feed.watch_errors);
    writer.base({{"resource", type}});
    writer.sample({{"result", "error"}}, static_cast<double>(errors));
    writer.sample({{"result", "success"}},
                  static_cast<double>(feed.watches - std::min(feed.watches, errors)));
  }
}

void feed_metrics(Writer& writer, const Feeds& feeds, SteadyTime now) {
  gauge(writer, feeds, "kubevitals_feed_synced", "gauge", "1 once the feed's first list was complete.",
        [](const FeedStats& feed) { return feed.synced ? 1 : 0; });
  gauge(writer, feeds, "kubevitals_feed_objects", "gauge", "Objects that the feed knows of.",
        [](const FeedStats& feed) { return static_cast<double>(feed.objects); });
  gauge(writer, feeds, "kubevitals_feed_healthy", "gauge", "0 while the feed's last attempt has failed.",
        [](const FeedStats& feed) { return feed.last_error.empty() ? 1 : 0; });
  gauge(writer, feeds, "kubevitals_feed_lists_total", "counter", "Lists begun, streaming ones included.",
        [](const FeedStats& feed) { return static_cast<double>(feed.lists); });
  gauge(writer, feeds, "kubevitals_feed_watches_total", "counter", "Watches begun.",
        [](const FeedStats& feed) { return static_cast<double>(feed.watches); });
  gauge(writer, feeds, "kubevitals_feed_reconnects_total", "counter",
        "Watches begun again from where they were.",
        [](const FeedStats& feed) { return static_cast<double>(feed.reconnects); });
  gauge(writer, feeds, "kubevitals_feed_received_bytes_total", "counter",
        "Bytes received, as they were on the wire.",
        [](const FeedStats& feed) { return static_cast<double>(feed.bytes); });

  const auto by = [&](std::string_view name, std::string_view help, std::string_view label,
                      std::map<std::string, std::uint64_t> FeedStats::*counts) {
    writer.family(name, "counter", help);
    for_each_feed(writer, feeds, [&](const FeedStats& feed) {
      for (const auto& [key, count] : feed.*counts) writer.sample({{label, key}}, static_cast<double>(count));
    });
  };
  by("kubevitals_feed_list_errors_total", "Lists that failed, by why.", "code", &FeedStats::list_errors);
  by("kubevitals_feed_watch_errors_total", "Watches that failed, by why.", "code", &FeedStats::watch_errors);
  by("kubevitals_feed_events_total", "Watch events received, by type.", "type", &FeedStats::events);

  const auto age = [&](std::string_view name, std::string_view help,
                       std::optional<SteadyTime> FeedStats::*time) {
    writer.family(name, "gauge", help);
    for_each_feed(writer, feeds, [&](const FeedStats& feed) {
      if (feed.*time) writer.sample(seconds_since(feed.*time, now));
    });
  };
  age("kubevitals_feed_last_event_age_seconds", "How long ago the last event came.", &FeedStats::last_event);
  age("kubevitals_feed_last_bookmark_age_seconds", "How long ago the last bookmark came.",
      &FeedStats::last_bookmark);
}

void process_metrics(Writer& writer) {
  std::ifstream stat("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos) return;
  unsigned long long user = 0, system = 0, threads = 0, started = 0, virtual_bytes = 0;
  long long pages = 0;
  const int read = std::sscanf(
      text.c_str() + end_of_name + 2,
      "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %llu %*d %llu %llu %lld", &user,
      &system, &threads, &started, &virtual_bytes, &pages);
  if (read != 6) return;
  writer.base({});
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  writer.family("process_cpu_seconds_total", "counter", "User and system CPU time spent.");
  writer.sample(static_cast<double>(user + system) / ticks);
  writer.family("process_resident_memory_bytes", "gauge", "Resident memory.");
  writer.sample(static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE)));
  writer.family("process_virtual_memory_bytes", "gauge", "Virtual memory.");
  writer.sample(static_cast<double>(virtual_bytes));
  writer.family("process_threads", "gauge", "Threads.");
  writer.sample(static_cast<double>(threads));
  std::ifstream boot("/proc/stat");
  for (std::string line; std::getline(boot, line);) {
    if (!line.starts_with("btime ")) continue;
    writer.family("process_start_time_seconds", "gauge", "When the process started, in Unix time.");
    writer.sample(std::stod(line.substr(6)) + static_cast<double>(started) / ticks);
  }
  if (DIR* directory = opendir("/proc/self/fd")) {
    double count = -3;  // ".", ".." and this directory's own
    while (readdir(directory) != nullptr) ++count;
    closedir(directory);
    writer.family("process_open_fds", "gauge", "Open file descriptors.");
    writer.sample(count);
  }
}

}  // namespace

std::string telemetry_text(const Feeds& feeds, const ScrapeMetrics& scrapes, SteadyTime now,
                           const std::string& version) {
  Writer writer;
  writer.base({});
  writer.family("kubevitals_build_info", "gauge", "Always 1; says which version this is.");
  writer.sample({{"version", version}}, 1);
  incumbent_counters(writer, feeds);
  feed_metrics(writer, feeds, now);
  writer.base({});
  writer.family("kubevitals_scrapes_total", "counter", "Answered scrapes of the main port, by encoding.");
  writer.sample({{"encoding", "gzip"}}, static_cast<double>(scrapes.gzip()));
  writer.sample({{"encoding", "identity"}}, static_cast<double>(scrapes.plain()));
  writer.family("kubevitals_scrape_prepare_seconds_total", "counter",
                "Time from a scrape's request to its response's first byte: making changed pages anew.");
  writer.sample(scrapes.seconds());
  process_metrics(writer);
  return writer.take();
}

}  // namespace kubevitals::state
