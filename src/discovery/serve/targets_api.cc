#include "discovery/serve/targets_api.h"

#include <algorithm>
#include <boost/asio/ip/host_name.hpp>
#include <cctype>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/yaml_scalar.h"
#include "discovery/http_sd_json.h"
#include "discovery/label_set.h"
#include "discovery/serve/target_walk.h"
#include "discovery/target.h"

namespace kubevitals::discovery {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// What others reach a URL by, as far as it can be told: this machine has another name for them.
std::string global_url(const std::string& url) {
  static const std::string kHostname = asio::ip::host_name();
  const std::size_t host = url.find("://") + 3;
  for (const std::string_view local : {"localhost", "127.0.0.1", "[::1]"}) {
    const std::string_view rest = std::string_view(url).substr(host);
    if (!rest.starts_with(local)) continue;
    const char next = rest.size() == local.size() ? '/' : rest[local.size()];
    if (next == ':' || next == '/') return url.substr(0, host) + kHostname + url.substr(host + local.size());
  }
  return url;
}

class Document {
 public:
  Document(std::shared_ptr<const Snapshot> snapshot, TargetsQuery query) : query_(std::move(query)) {
    for (const auto& job : snapshot->jobs) {
      if (query_.scrape_pool.empty() || job->spec->name == query_.scrape_pool) jobs_.push_back(job);
      all_jobs_.push_back(job);
    }
    const auto by_name = [](const auto& a, const auto& b) { return a->spec->name < b->spec->name; };
    std::sort(jobs_.begin(), jobs_.end(), by_name);
    std::sort(all_jobs_.begin(), all_jobs_.end(), by_name);
  }

  bool next(std::string& out) {
    switch (stage_) {
      case Stage::kActive:
        if (!begun_) out.append(R"({"status":"success","data":{"activeTargets":[)").append("\n");
        begun_ = true;
        if (query_.active && list(out, true)) return true;
        out.append(R"(],"droppedTargets":[)").append("\n");
        begin(Stage::kDropped);
        return true;
      case Stage::kDropped:
        if (query_.dropped && list(out, false)) return true;
        append_counts(out);
        begin(Stage::kEnd);
        return true;
      case Stage::kEnd:
        break;
    }
    return false;
  }

 private:
  enum class Stage { kActive, kDropped, kEnd };

  void begin(Stage stage) {
    stage_ = stage;
    job_ = 0;
    walk_.reset();
    first_ = true;
  }

  // Appends pages of targets until the piece is big enough; false when there is no more.
  bool list(std::string& out, bool active) {
    while (job_ < jobs_.size()) {
      if (!walk_) begin_job();
      const bool more = walk_->next_page([&](const WalkedTarget& walked) {
        if (active && walked.kept != nullptr && --left_[walked.kept->identity] == 0) {
          append_active(out, walked);
        } else if (!active && walked.kept == nullptr && walked.failed == nullptr) {
          append_dropped(out, walked);
        }
      });
      if (!more || (!active && full())) {
        ++job_;
        walk_.reset();
      }
      if (out.size() > kPieceBytes) {
        out += '\n';
        return true;
      }
    }
    return false;
  }

  void begin_job() {
    walk_.emplace(jobs_[job_]);
    builder_.emplace(jobs_[job_]->spec->target);
    dropped_ = 0;
    left_.clear();
    if (stage_ != Stage::kActive) return;
    TargetWalk all(jobs_[job_]);
    const auto count = [this](const WalkedTarget& walked) {
      if (walked.kept != nullptr) ++left_[walked.kept->identity];
    };
    while (all.next_page(count)) {
    }
  }

  bool full() const {
    const std::uint64_t limit = jobs_[job_]->spec->keep_dropped_targets;
    return limit != 0 && dropped_ >= limit;
  }

  void append_discovered(std::string& out, const WalkedTarget& walked) {
    if (!first_) out.append(",\n");
    first_ = false;
    builder_->discovered(walked.target(), walked.group->labels.get(), discovered_);
    labels_ = discovered_.labels();
    out.append(R"({"discoveredLabels":)");
    append_labels_json(out, labels_);
  }

  void append_active(std::string& out, const WalkedTarget& walked) {
    append_discovered(out, walked);
    const LabelBlock& final_labels = *walked.kept->labels;
    merge_labels({&final_labels}, labels_);
    const auto value = [&](const char* name) { return final_labels.find(LabelName(name)).value_or(""); };
    const std::string_view interval = value("__scrape_interval__");
    const std::string_view timeout = value("__scrape_timeout__");
    std::erase_if(labels_, [](const Label& label) { return label.name.is_internal(); });
    const std::string url = builder_->url(final_labels);
    out.append(R"(,"labels":)");
    append_labels_json(out, labels_);
    append_text(out, "scrapePool", jobs_[job_]->spec->name);
    append_text(out, "scrapeUrl", url);
    append_text(out, "globalUrl", global_url(url));
    out.append(
        R"(,"lastError":"","lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0,"health":"unknown")");
    append_text(out, "scrapeInterval", interval);
    append_text(out, "scrapeTimeout", timeout);
    out += '}';
  }

  void append_dropped(std::string& out, const WalkedTarget& walked) {
    if (full()) return;
    ++dropped_;
    append_discovered(out, walked);
    append_text(out, "scrapePool", jobs_[job_]->spec->name);
    out += '}';
  }

  void append_counts(std::string& out) {
    out.append(R"(],"droppedTargetCounts":)");
    if (!query_.dropped) {
      out.append("null}}\n");
      return;
    }
    out += '{';
    bool first = true;
    for (const auto& job : all_jobs_) {
      if (!std::exchange(first, false)) out += ',';
      append_json_string(out, job->spec->name);
      out.append(":").append(std::to_string(job->counts.dropped));
    }
    out.append("}}}\n");
  }

  static void append_text(std::string& out, const char* key, std::string_view text) {
    out.append(",\"").append(key).append("\":");
    append_json_string(out, text);
  }

  const TargetsQuery query_;
  std::vector<std::shared_ptr<const JobSnapshot>> jobs_;      // that are shown
  std::vector<std::shared_ptr<const JobSnapshot>> all_jobs_;  // that are counted

  Stage stage_ = Stage::kActive;
  bool begun_ = false;
  bool first_ = true;  // in the list
  std::size_t job_ = 0;
  std::optional<TargetWalk> walk_;
  std::optional<TargetBuilder> builder_;
  // How many of the job's targets with this identity are still to come: of equal ones the last is shown.
  std::unordered_map<std::uint64_t, std::uint32_t> left_;
  std::uint64_t dropped_ = 0;
  LabelSet discovered_;
  std::vector<Label> labels_;
};

}  // namespace

TargetsQuery targets_query(std::string_view state, std::string_view scrape_pool) {
  std::string lower(state);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  TargetsQuery query;
  const bool any = lower.empty() || lower == "any";
  query.active = any || lower == "active";
  query.dropped = any || lower == "dropped";
  query.scrape_pool = scrape_pool;
  return query;
}

exposition::NextPiece targets_document(std::shared_ptr<const Snapshot> snapshot, TargetsQuery query) {
  auto document = std::make_shared<Document>(std::move(snapshot), std::move(query));
  return [document = std::move(document)](std::string& out) { return document->next(out); };
}

}  // namespace kubevitals::discovery
