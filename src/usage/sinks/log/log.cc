#include "usage/sinks/log/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cerrno>
#include <climits>
#include <cstring>
#include <ctime>
#include <utility>
#include <vector>

#include "base/run_on.h"
#include "usage/model/set_cursor.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

constexpr std::size_t kPiece = 256 << 10;
constexpr std::chrono::milliseconds kWhenFull{20};
constexpr Nanos kSecond = 1'000'000'000;

std::string go_time(Nanos time) {
  if (time == kNoTime) return "0001-01-01 00:00:00 +0000 UTC";
  Nanos seconds = time / kSecond;
  Nanos rest = time % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --seconds;
  }
  std::tm parts{};
  const std::time_t when = seconds;
  ::gmtime_r(&when, &parts);
  std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900,
                                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (rest != 0) {
    text.append(fmt::format(".{:09}", rest));
    while (text.back() == '0') text.pop_back();
  }
  return text.append(" +0000 UTC");
}

// Owns a file descriptor that may be shared with other programs: its flags are not touched.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) {
    struct stat status {};
    regular_ = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
  }
  ~Output() { ::close(descriptor_); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Takes from the text what can be written without blocking.
  Result<void> write(std::string_view& text) const {
    while (!text.empty()) {
      pollfd ready{descriptor_, POLLOUT, 0};
      const int polled = ::poll(&ready, 1, 0);
      if (polled == 0) break;
      // A pipe that is ready has room for PIPE_BUF bytes.
      const std::size_t size = regular_ ? text.size() : std::min<std::size_t>(text.size(), PIPE_BUF);
      const ssize_t written = polled < 0 ? -1 : ::write(descriptor_, text.data(), size);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
      if (written < 0) {
        return Error{ErrorCode::kUnavailable,
                     std::string("cannot write to standard output: ").append(std::strerror(errno))};
      }
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return Result<void>();
  }

 private:
  int descriptor_;
  bool regular_ = false;
};

// The sets of a batch in the order of their keys, which is the incumbent's.
std::vector<std::pair<std::string, MetricSet>> sorted_sets(const Batch& batch) {
  std::vector<std::pair<std::string, MetricSet>> sets;
  for_each_set(batch, [&](const MetricSet& set) { sets.emplace_back(set.key(), set); });
  std::sort(sets.begin(), sets.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return sets;
}

class LogSink final : public Sink {
 public:
  LogSink(int descriptor, const SinkContext& context) : context_(context), output_(descriptor) {}

  asio::awaitable<Result<void>> export_batch(std::shared_ptr<const Batch> batch) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (batch_ != batch) {
      auto sort = [batch] { return sorted_sets(*batch); };
      auto sorting = run_on(context_.workers, std::move(sort));
      sets_ = co_await std::move(sorting);
      batch_ = batch;
      next_ = 0;
      // The batch before may have been given up amid a line.
      const std::string gap = left_.empty() ? "" : "\n\n";
      piece_ = gap + log_heading(batch->timestamp);
      left_ = piece_;
    }
    // Where an attempt ended, amid a line perhaps, the next one goes on.
    for (;;) {
      asio::awaitable<Result<void>> writing = write();
      Result<void> written = co_await std::move(writing);
      if (!written) co_return written;
      if (next_ == sets_.size()) break;
      auto format = [this] {
        piece_.clear();
        SetLabels labels;
        while (next_ < sets_.size() && piece_.size() < kPiece) {
          const auto& [key, set] = sets_[next_++];
          set.fill(context_.labels, labels);
          append_log_text(set, labels, piece_);
        }
        return true;
      };
      asio::awaitable<bool> formatting = run_on(context_.workers, std::move(format));
      co_await std::move(formatting);
      left_ = piece_;
    }
    batch_.reset();
    sets_.clear();
    co_return Result<void>();
  }

 private:
  asio::awaitable<Result<void>> write() {
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
      auto some = [this] { return output_.write(left_); };
      asio::awaitable<Result<void>> writing = run_on(context_.workers, std::move(some));
      Result<void> written = co_await std::move(writing);
      if (!written || left_.empty()) co_return written;
      asio::awaitable<bool> rest = context_.clock.sleep_for(kWhenFull);
      const bool slept = co_await std::move(rest);
      if (!slept) {
        co_return Error{ErrorCode::kTimeout, "cannot write to standard output: nobody reads it"};
      }
    }
  }

  const SinkContext context_;
  const Output output_;
  // What is being written.
  std::shared_ptr<const Batch> batch_;
  std::vector<std::pair<std::string, MetricSet>> sets_;
  std::size_t next_ = 0;
  std::string piece_;
  std::string_view left_;  // of piece_
};

}  // namespace

std::string log_time(Nanos time) {
  return fmt::format("{} {}", go_time(time), time);
}

std::string log_heading(Nanos timestamp) {
  return "DataBatch     Timestamp: " + go_time(timestamp) + "\n\n";
}

void append_log_text(const MetricSet& set, const SetLabels& labels, std::string& out) {
  constexpr std::string_view kPadding = "   ";
  const auto line = [&](std::string_view padding, std::string_view name) -> std::string& {
    return out.append(kPadding).append(kPadding).append(padding).append(name).append(" = ");
  };
  out.append("MetricSet: ").append(set.key()).append("\n");
  out.append(kPadding).append("Scrape time: ").append(log_time(set.scrape_time())).append("\n");
  out.append(kPadding).append("Create time: ").append(log_time(set.start_time())).append("\n");
  out.append(kPadding).append("Labels:\n");
  for (const auto& [name, value] : labels) line("", name).append(value).append("\n");
  out.append(kPadding).append("Metrics:\n");
  std::vector<NamedValue> values;
  set.for_each_value([&](const NamedValue& value) { values.push_back(value); });
  std::sort(values.begin(), values.end(),
            [](const NamedValue& a, const NamedValue& b) { return a.name < b.name; });
  for (const NamedValue& value : values) {
    append_fixed_value(line("", value.name), value);
    out.append("\n");
  }
  out.append(kPadding).append("Labeled Metrics:\n");
  set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& texts) {
    append_fixed_value(line("", value.name), value);
    out.append("\n");
    const auto names = label_names(kind);
    for (std::size_t i = 0; i < names.size() && i < texts.size(); ++i) {
      line(kPadding, names[i]).append(texts[i]).append("\n");
    }
  });
  out.append("\n");
}

std::unique_ptr<Sink> make_log_sink(int descriptor, const SinkContext& context) {
  return std::make_unique<LogSink>(descriptor, context);
}

Result<std::unique_ptr<Sink>> make_log_sink(const FlagUri& uri, const SinkContext& context) {
  warn_of_unknown_options(uri, {});
  const int descriptor = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (descriptor < 0) return Error{ErrorCode::kInvalid, "there is no standard output"};
  return make_log_sink(descriptor, context);
}

}  // namespace kubevitals::usage
