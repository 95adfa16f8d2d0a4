#include "usage/sinks/statsd/statsd.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cctype>
#include <utility>
#include <vector>

#include "net/udp_sender.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

constexpr std::size_t kMaxMessage = 60'000;

void append_etsy(std::string& out, std::string_view text) {
  append_replaced(out, text,
                  [](char c) { return c == '.' || c == '=' || c == '|' || c == '\n' ? '_' : '\0'; });
}

void append_influx(std::string& out, std::string_view text) {
  append_replaced(out, text, [](char c) {
    return c == ',' || c == ':' || c == '=' || c == '|' || c == '\n' ? '_' : '\0';
  });
}

// "host_name" becomes "HostName" or "hostName".
std::string camel(std::string_view name, bool upper) {
  std::string out;
  bool begins = true;
  for (const char c : name) {
    if (c == '_') {
      begins = true;
      continue;
    }
    out.push_back(begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
    // As in the incumbent, a word begins behind anything that is neither letter nor digit.
    begins = std::isalnum(static_cast<unsigned char>(c)) == 0 && static_cast<unsigned char>(c) < 0x80;
  }
  if (!upper && !out.empty()) {
    out.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(out.front())));
  }
  return out;
}

std::string shown_label(const StatsdOptions& options, std::string name) {
  if (const auto found = options.renamed.find(name); found != options.renamed.end()) name = found->second;
  if (options.style == StatsdOptions::LabelStyle::kAsIs) return name;
  return camel(name, options.style == StatsdOptions::LabelStyle::kUpperCamel);
}

bool allowed(const StatsdOptions& options, std::string_view name) {
  return options.allowed.empty() || options.allowed.contains(name);
}

// "prefix.node.n.namespace.ns.pod.p.label.value." with dots within names replaced.
std::string etsy_path(const StatsdOptions& options, std::string_view separator, const MetricSet& set,
                      const SetLabels& labels) {
  std::string path;
  const auto part = [&path](std::string_view kind, std::string_view name) {
    path.append(kind).append(".");
    append_etsy(path, name);
    path.append(".");
  };
  if (!options.prefix.empty()) {
    append_etsy(path, options.prefix);
    path.append(".");
  }
  const SetType type = set.type();
  if (type == SetType::kCluster) path.append("cluster.");
  if (!set.node().empty()) {
    const std::string_view hostname = labels.find("hostname").value_or("");
    part("node", hostname.empty() ? set.node() : hostname);
  }
  if (!set.namespace_().empty()) part("namespace", set.namespace_());
  if (!set.pod().empty()) part("pod", set.pod());
  if (type == SetType::kSystemContainer) part("sys-container", set.container());
  if (type == SetType::kPodContainer) part("container", set.container());
  if (!allowed(options, "labels")) return path;
  for (const auto& [name, value] : split_labels(labels.find("labels").value_or(""), separator)) {
    if (value.empty()) continue;
    std::string replaced;
    append_etsy(replaced, name);
    part(shown_label(options, std::move(replaced)), value);
  }
  return path;
}

// ",name=value,name=value" of the set's labels, those that the object has itself among them, and more.
std::string influx_tags(const StatsdOptions& options, std::string_view separator, const SetLabels& labels,
                        const Labels& more) {
  Labels all;
  Labels own;
  for (const auto& [name, value] : labels) {
    if (!allowed(options, name)) continue;
    if (name == "labels") {
      own = split_labels(value, separator);
    } else {
      all.emplace_back(name, value);
    }
  }
  for (const auto& label : more) {
    if (allowed(options, label.first)) all.push_back(label);
  }
  all.insert(all.end(), own.begin(), own.end());
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string tags;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // Of those with the same name the last one counts: an object's own labels do.
    if (i + 1 < all.size() && all[i + 1].first == all[i].first) continue;
    if (all[i].second.empty()) continue;
    std::string name;
    append_influx(name, all[i].first);
    tags.append(",").append(shown_label(options, std::move(name))).append("=");
    append_influx(tags, all[i].second);
  }
  return tags;
}

void close_line(const NamedValue& value, Piece& piece) {
  piece.text.append(":");
  append_go_value(piece.text, value);
  piece.text.append("|g\n");
  ++piece.points;
}

void append_etsy_set(const StatsdOptions& options, std::string_view separator, const MetricSet& set,
                     const SetLabels& labels, Piece& piece) {
  const std::string path = etsy_path(options, separator, set, labels);
  set.for_each_value([&](const NamedValue& value) {
    if (!is_finite(value)) return;
    piece.text.append(path);
    append_etsy(piece.text, value.name);
    close_line(value, piece);
  });
  set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& texts) {
    if (!is_finite(value)) return;
    piece.text.append(path);
    append_etsy(piece.text, value.name);
    if (kind == MetricLabels::kResourceId && allowed(options, "resource_id")) {
      for (const std::string& text : texts) {
        piece.text.append(".");
        append_etsy(piece.text, text);
      }
    }
    close_line(value, piece);
  });
}

void append_influx_set(const StatsdOptions& options, std::string_view separator, const MetricSet& set,
                       const SetLabels& labels, Piece& piece) {
  std::string tags = influx_tags(options, separator, labels, {});
  const auto line = [&](const NamedValue& value) {
    if (!is_finite(value)) return;
    append_influx(piece.text, options.prefix);
    append_influx(piece.text, value.name);
    piece.text.append(tags);
    close_line(value, piece);
  };
  set.for_each_value(line);
  const LabelValues* last = nullptr;
  set.for_each_labelled([&](const NamedValue& value, MetricLabels kind, const LabelValues& texts) {
    if (last != &texts) {
      Labels more;
      const auto names = label_names(kind);
      for (std::size_t i = 0; i < names.size() && i < texts.size(); ++i)
        more.emplace_back(names[i], texts[i]);
      tags = influx_tags(options, separator, labels, more);
      last = &texts;
    }
    line(value);
  });
}

class StatsdSink final : public StreamingSink {
 public:
  StatsdSink(const SinkContext& context, StatsdOptions options)
      : StreamingSink(context, Shape{}), options_(std::move(options)), udp_(options_.host, options_.port) {}

 private:
  void append(const MetricSet& set, const SetLabels& labels, Nanos, Piece& piece) override {
    append_statsd(options_, context().labels.separator, set, labels, piece);
  }

  asio::awaitable<Result<void>> begin() override { return udp_.open(); }

  asio::awaitable<Result<void>> send(Piece piece) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    std::string_view rest = piece.text;
    while (!rest.empty()) {
      std::size_t end = 0;
      for (std::size_t i = 0; i < options_.metrics_per_message && end < rest.size(); ++i) {
        const std::size_t next = rest.find('\n', end) + 1;
        if (end != 0 && next > kMaxMessage) break;
        end = next;
      }
      asio::awaitable<Result<void>> sending = udp_.send(rest.substr(0, end));
      Result<void> sent = co_await std::move(sending);
      if (!sent) co_return sent;
      rest.remove_prefix(end);
    }
    co_return udp_.check();
  }

  asio::awaitable<void> stop() override {
    udp_.close();
    co_return;
  }

  const StatsdOptions options_;
  net::UdpSender udp_;
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(text.size(), comma + 1));
  }
  return parts;
}

Result<void> read_labels(const FlagUri& uri, StatsdOptions& options) {
  for (const std::string& pair : split(text_option(uri, "renameLabels", ""))) {
    const std::size_t colon = pair.find(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == pair.size()) {
      return Error{ErrorCode::kInvalid, "renameLabels: expected old:new, not " + pair};
    }
    options.renamed.insert_or_assign(pair.substr(0, colon), pair.substr(colon + 1));
  }
  if (const auto allowed = uri.parameter("allowedLabels")) {
    for (std::string& name : split(*allowed)) options.allowed.insert(std::move(name));
    // An empty list allows nothing, as in the incumbent.
    if (options.allowed.empty()) options.allowed.emplace();
  }
  const std::string style = text_option(uri, "labelStyle", "");
  if (style == "lowerCamelCase") {
    options.style = StatsdOptions::LabelStyle::kLowerCamel;
  } else if (style == "upperCamelCase") {
    options.style = StatsdOptions::LabelStyle::kUpperCamel;
  } else if (!style.empty()) {
    return Error{ErrorCode::kInvalid, "labelStyle: expected lowerCamelCase or upperCamelCase, not " + style};
  }
  return Result<void>();
}

}  // namespace

Result<StatsdOptions> read_statsd_options(const FlagUri& uri) {
  warn_of_unknown_options(
      uri, {"prefix", "protocolType", "numMetricsPerMsg", "renameLabels", "allowedLabels", "labelStyle"});
  if (!uri.scheme.empty() && uri.scheme != "udp") {
    return Error{ErrorCode::kInvalid, "the protocol must be udp, not " + uri.scheme};
  }
  StatsdOptions options;
  if (!uri.host.empty()) options.host = uri.host;
  if (!uri.port.empty()) options.port = uri.port;
  options.prefix = text_option(uri, "prefix", "");
  const auto number = static_cast<std::int64_t>(options.metrics_per_message);
  const Result<std::int64_t> per_message = number_option(uri, "numMetricsPerMsg", number, 1);
  if (!per_message) return per_message.error();
  options.metrics_per_message = static_cast<std::size_t>(*per_message);
  std::string protocol = text_option(uri, "protocolType", "etsystatsd");
  std::transform(protocol.begin(), protocol.end(), protocol.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (protocol == "influxstatsd") {
    options.protocol = StatsdOptions::Protocol::kInflux;
  } else if (protocol != "etsystatsd") {
    return Error{ErrorCode::kInvalid, "protocolType: expected etsystatsd or influxstatsd, not " + protocol};
  }
  const Result<void> labels = read_labels(uri, options);
  if (!labels) return labels.error();
  return options;
}

void append_statsd(const StatsdOptions& options, std::string_view separator, const MetricSet& set,
                   const SetLabels& labels, Piece& piece) {
  if (options.protocol == StatsdOptions::Protocol::kEtsy) {
    append_etsy_set(options, separator, set, labels, piece);
  } else {
    append_influx_set(options, separator, set, labels, piece);
  }
}

Result<std::unique_ptr<Sink>> make_statsd_sink(const FlagUri& uri, const SinkContext& context) {
  Result<StatsdOptions> options = read_statsd_options(uri);
  if (!options) return options.error();
  return std::unique_ptr<Sink>(std::make_unique<StatsdSink>(context, std::move(*options)));
}

}  // namespace kubevitals::usage
