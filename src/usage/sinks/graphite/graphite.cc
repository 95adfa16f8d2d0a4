#include "usage/sinks/graphite/graphite.h"

#include <boost/asio/this_coro.hpp>
#include <utility>

#include "net/tcp_sender.h"
#include "net/udp_sender.h"
#include "usage/sinks/sink_options.h"
#include "usage/sinks/text.h"

namespace kubevitals::usage {
namespace {

constexpr Nanos kSecond = 1'000'000'000;
// What fits into a packet of an Ethernet without being taken apart.
constexpr std::size_t kDatagram = 1400;
// A server closes the connection as soon as it has read everything.
constexpr std::chrono::seconds kPatience{3};

void append_field(std::string& out, std::string_view text) {
  append_replaced(out, text,
                  [](char c) { return c == '.' || c == '/' || is_blank_or_control(c) ? '_' : '\0'; });
}

// Names of namespaces and prefixes may have dots, and mean them.
void append_raw(std::string& out, std::string_view text) {
  append_replaced(out, text, [](char c) { return is_blank_or_control(c) ? '_' : '\0'; });
}

void append_metric(std::string& out, std::string_view name) {
  append_replaced(out, name, [](char c) { return c == '/' ? '.' : is_blank_or_control(c) ? '_' : '\0'; });
}

// "kubernetes.nodes.n.pods.ns.pod."
std::string path_of(const GraphiteOptions& options, const MetricSet& set, const SetLabels& labels) {
  std::string path;
  append_raw(path, options.prefix);
  const auto node = [&] {
    const std::string_view hostname = labels.find("hostname").value_or("");
    path.append(".nodes.");
    append_field(path, hostname.empty() ? set.node() : hostname);
  };
  const auto pod = [&] {
    path.append(".pods.");
    append_raw(path, set.namespace_());
    path.append(".");
    append_field(path, set.pod());
  };
  switch (set.type()) {
    case SetType::kCluster:
      path.append(".cluster");
      break;
    case SetType::kNamespace:
      path.append(".namespaces.");
      append_raw(path, set.namespace_());
      break;
    case SetType::kNode:
      node();
      break;
    case SetType::kSystemContainer:
      node();
      path.append(".sys-containers.");
      append_field(path, set.container());
      break;
    case SetType::kPod:
      node();
      pod();
      break;
    case SetType::kPodContainer:
      node();
      pod();
      path.append(".containers.");
      append_field(path, set.container());
      break;
  }
  return path.append(".");
}

class GraphiteSink final : public StreamingSink {
 public:
  GraphiteSink(const SinkContext& context, GraphiteOptions options)
      : StreamingSink(context, shape(options)),
        options_(std::move(options)),
        tcp_(options_.host, options_.port),
        udp_(options_.host, options_.port) {}

 private:
  static Shape shape(const GraphiteOptions& options) {
    Shape shape;
    // What was written to a connection that breaks may be lost; sending a point twice does no harm.
    shape.resumable = options.udp;
    return shape;
  }

  void append(const MetricSet& set, const SetLabels& labels, Nanos timestamp, Piece& piece) override {
    append_graphite(options_, set, labels, timestamp, piece);
  }

  asio::awaitable<Result<void>> begin() override {
    asio::awaitable<Result<void>> opening = options_.udp ? udp_.open() : tcp_.connect();
    Result<void> opened = co_await std::move(opening);
    co_return opened;
  }

  asio::awaitable<Result<void>> send(Piece piece) override {
    co_await asio::this_coro::throw_if_cancelled(false);
    if (!options_.udp) {
      asio::awaitable<Result<void>> writing = tcp_.write(piece.text);
      Result<void> written = co_await std::move(writing);
      co_return written;
    }
    std::string_view rest = piece.text;
    while (!rest.empty()) {
      // As many lines as fit, at least one.
      std::size_t end = rest.size() <= kDatagram ? rest.size() : rest.rfind('\n', kDatagram - 1) + 1;
      if (end == 0) end = rest.find('\n') + 1;
      asio::awaitable<Result<void>> sending = udp_.send(rest.substr(0, end));
      Result<void> sent = co_await std::move(sending);
      if (!sent) co_return sent;
      rest.remove_prefix(end);
    }
    co_return udp_.check();
  }

  asio::awaitable<Result<void>> finish() override {
    if (options_.udp) co_return Result<void>();
    asio::awaitable<Result<void>> finishing = tcp_.finish(context().clock, kPatience);
    Result<void> finished = co_await std::move(finishing);
    co_return finished;
  }

  asio::awaitable<void> stop() override {
    tcp_.close();
    udp_.close();
    co_return;
  }

  const GraphiteOptions options_;
  net::TcpSender tcp_;
  net::UdpSender udp_;
};

}  // namespace

Result<GraphiteOptions> read_graphite_options(const FlagUri& uri) {
  warn_of_unknown_options(uri, {"prefix", "resource_ids"});
  GraphiteOptions options;
  if (!uri.scheme.empty() && uri.scheme != "tcp" && uri.scheme != "udp") {
    return Error{ErrorCode::kInvalid, "the protocol must be tcp or udp, not " + uri.scheme};
  }
  options.udp = uri.scheme == "udp";
  if (!uri.host.empty()) options.host = uri.host;
  if (!uri.port.empty()) options.port = uri.port;
  if (const std::string prefix = text_option(uri, "prefix", ""); !prefix.empty()) options.prefix = prefix;
  const Result<bool> resource_ids = uri.flag("resource_ids", options.resource_ids);
  if (!resource_ids) return resource_ids.error();
  options.resource_ids = *resource_ids;
  return options;
}

void append_graphite(const GraphiteOptions& options, const MetricSet& set, const SetLabels& labels,
                     Nanos timestamp, Piece& piece) {
  const std::string path = path_of(options, set, labels);
  std::string end = " ";
  append_integer(end, timestamp / kSecond);
  end.append("\n");
  const auto close = [&](const NamedValue& value) {
    piece.text.append(" ");
    append_fixed_value(piece.text, value);
    piece.text.append(end);
    ++piece.points;
  };
  set.for_each_value([&](const NamedValue& value) {
    if (!is_finite(value)) return;
    piece.text.append(path);
    append_metric(piece.text, value.name);
    close(value);
  });
  set.for_each_labelled([&](const NamedValue& value, MetricLabels, const LabelValues& texts) {
    if (!is_finite(value)) return;
    piece.text.append(path);
    const std::size_t slash = value.name.find('/');
    if (options.resource_ids && slash != std::string_view::npos) {
      append_metric(piece.text, value.name.substr(0, slash));
      for (const std::string& text : texts) {
        piece.text.append(".");
        append_field(piece.text, text);
      }
      append_metric(piece.text, value.name.substr(slash));
    } else {
      append_metric(piece.text, value.name);
    }
    close(value);
  });
}

Result<std::unique_ptr<Sink>> make_graphite_sink(const FlagUri& uri, const SinkContext& context) {
  Result<GraphiteOptions> options = read_graphite_options(uri);
  if (!options) return options.error();
  return std::unique_ptr<Sink>(std::make_unique<GraphiteSink>(context, std::move(*options)));
}

}  // namespace kubevitals::usage
