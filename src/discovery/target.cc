#include "discovery/target.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "base/go_text.h"
#include "base/utf8.h"
#include "discovery/config/duration.h"
#include "discovery/target_group.h"
#include "discovery/target_url.h"

namespace kubevitals::discovery {
namespace {

struct Names {
  LabelName job{"job"};
  LabelName interval{"__scrape_interval__"};
  LabelName timeout{"__scrape_timeout__"};
  LabelName path{"__metrics_path__"};
  LabelName scheme{"__scheme__"};
  LabelName alerts_path{"__alerts_path__"};
  LabelName convert_classic{"__convert_classic_histograms_to_nhcb__"};
  LabelName always_classic{"__always_scrape_classic_histograms__"};
  LabelName native{"__scrape_native_histograms__"};
};

const Names& names() {
  static const Names all;
  return all;
}

LabelBlockPtr make_defaults(const TargetOptions& options) {
  const auto boolean = [](bool value) { return value ? "true" : "false"; };
  LabelBlockBuilder builder;
  if (options.alertmanagers) {
    builder.add(names().scheme, options.scheme);
    builder.add(names().alerts_path, options.metrics_path);
    return builder.build();
  }
  builder.add(names().job, options.job_name);
  builder.add(names().interval, format_prometheus_duration(options.scrape_interval));
  builder.add(names().timeout, format_prometheus_duration(options.scrape_timeout));
  builder.add(names().path, options.metrics_path);
  builder.add(names().scheme, options.scheme);
  builder.add(names().convert_classic, boolean(options.convert_classic_histograms_to_nhcb));
  builder.add(names().always_classic, boolean(options.always_scrape_classic_histograms));
  builder.add(names().native, boolean(options.scrape_native_histograms));
  for (const auto& [name, values] : options.params) {
    if (!values.empty()) builder.add(std::string(kParamPrefix) + name, values[0]);
  }
  return builder.build();
}

Result<std::chrono::milliseconds> parse_positive(std::string_view text, std::string_view what) {
  auto duration = parse_prometheus_duration(text);
  if (!duration) return duration.error().wrap(std::string("error parsing scrape ").append(what));
  if (duration->count() == 0) return invalid(std::string("scrape ").append(what).append(" cannot be 0"));
  return duration;
}

Result<void> check_times(std::string_view interval_text, std::string_view timeout_text) {
  const auto interval = parse_positive(interval_text, "interval");
  if (!interval) return interval.error();
  const auto timeout = parse_positive(timeout_text, "timeout");
  if (!timeout) return timeout.error();
  if (*timeout <= *interval) return {};
  return invalid("scrape timeout cannot be greater than scrape interval (" + go_quote(timeout_text) + " > " +
                 go_quote(interval_text) + ")");
}

// What strconv.ParseBool takes.
Result<void> check_boolean(std::string_view text, std::string_view what) {
  constexpr std::array<std::string_view, 12> kBooleans = {"1", "t", "T", "TRUE",  "true",  "True",
                                                          "0", "f", "F", "FALSE", "false", "False"};
  if (text.empty() || std::find(kBooleans.begin(), kBooleans.end(), text) != kBooleans.end()) return {};
  return invalid(std::string("error parsing ")
                     .append(what)
                     .append(": strconv.ParseBool: parsing ")
                     .append(go_quote(text))
                     .append(": invalid syntax"));
}

}  // namespace

TargetBuilder::TargetBuilder(TargetOptions options)
    : options_(std::move(options)),
      defaults_(make_defaults(options_)),
      rules_(options_.relabel_configs, options_.validation),
      labels_(std::make_unique<LabelSet>()) {}

TargetOutcome TargetBuilder::build(const LabelBlock* target, const LabelBlock* group) {
  discovered(target, group, *labels_);
  if (const auto rule = rules_.apply(*labels_)) return DroppedTarget{*rule};
  return finish();
}

TargetOutcome TargetBuilder::trace(const LabelBlock* target, const LabelBlock* group,
                                   const std::function<void(const RelabelStep&)>& on_step) {
  discovered(target, group, *labels_);
  if (const auto rule = rules_.trace(*labels_, on_step)) return DroppedTarget{*rule};
  return finish();
}

void TargetBuilder::discovered(const LabelBlock* target, const LabelBlock* group, LabelSet& out) const {
  out.reset(target, group, defaults_.get());
}

TargetOutcome TargetBuilder::finish() {
  if (Result<void> checked = check_labels(); !checked) return checked.error();
  LabelSet& labels = *labels_;
  labels.remove_if([](LabelName name) { return name.is_meta(); });
  if (!options_.alertmanagers && labels.get(instance_label()).empty())
    labels.set(instance_label(), labels.get(address_label()));
  const std::vector<Label>& all = labels.labels();
  if (!std::all_of(all.begin(), all.end(), [](const Label& label) { return is_utf8(label.value); })) {
    for (const Label& label : labels.sorted()) {
      if (is_utf8(label.value)) continue;
      return invalid("invalid label value for " + go_quote(label.name.text()) + ": " + go_quote(label.value));
    }
  }
  return keep();
}

Result<void> TargetBuilder::check_labels() {
  const LabelSet& labels = *labels_;
  const std::string_view address = labels.get(address_label());
  if (address.empty()) return invalid("no address");
  if (address.find('/') != std::string_view::npos) {
    return invalid(go_quote(address) + " is not a valid hostname");
  }
  if (options_.alertmanagers) return {};
  if (auto times = check_times(labels.get(names().interval), labels.get(names().timeout)); !times) {
    return times;
  }
  if (auto checked = check_boolean(labels.get(names().convert_classic), "convert classic histograms to nhcb");
      !checked) {
    return checked;
  }
  if (auto checked = check_boolean(labels.get(names().always_classic), "always scrape classic histograms");
      !checked) {
    return checked;
  }
  return check_boolean(labels.get(names().native), "scrape native histograms");
}

// A default that was removed is hidden by an empty value.
KeptTarget TargetBuilder::keep() {
  own_.clear();
  bytes_.clear();
  const auto append = [this](std::uint32_t number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  };
  std::size_t next = 0;
  const auto hide_before = [&](std::optional<LabelName> name) {
    for (; next < defaults_->own_size(); ++next) {
      const Label hidden = defaults_->own(next);
      if (name && hidden.name >= *name) return;
      if (!hidden.value.empty()) own_.push_back({hidden.name, {}});
    }
  };
  for (const Label& label : labels_->labels()) {
    append(label.name.number());
    append(static_cast<std::uint32_t>(label.value.size()));
    bytes_.append(label.value);
    hide_before(label.name);
    const bool is_default = next < defaults_->own_size() && defaults_->own(next).name == label.name;
    if (!is_default || defaults_->own(next).value != label.value) own_.push_back(label);
    if (is_default) ++next;
  }
  hide_before(std::nullopt);
  return {LabelBlock::make(own_, {&defaults_, 1}), XXH3_64bits(bytes_.data(), bytes_.size())};
}

std::string TargetBuilder::url(const LabelBlock& labels) const {
  return target_url(labels, options_.params);
}

}  // namespace kubevitals::discovery
