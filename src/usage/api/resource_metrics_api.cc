#include "usage/api/resource_metrics_api.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "exposition/generated_body.h"
#include "exposition/negotiation.h"
#include "usage/api/api_status.h"
#include "usage/api/metrics_list.h"

namespace kubevitals::usage {
namespace {

using net::ServerRequest;
using net::ServerResponse;

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";

constexpr std::string_view kGroup =
    R"({"kind":"APIGroup","apiVersion":"v1","name":"metrics.k8s.io",)"
    R"("versions":[{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}],)"
    R"("preferredVersion":{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}})";
constexpr std::string_view kGroups =
    R"({"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"metrics.k8s.io",)"
    R"("versions":[{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}],)"
    R"("preferredVersion":{"groupVersion":"metrics.k8s.io/v1beta1","version":"v1beta1"}}]})";
constexpr std::string_view kResources =
    R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":"metrics.k8s.io/v1beta1","resources":[)"
    R"({"name":"nodes","singularName":"","namespaced":false,"kind":"NodeMetrics","verbs":["get","list"]},)"
    R"({"name":"pods","singularName":"","namespaced":true,"kind":"PodMetrics","verbs":["get","list"]}]})";

enum class Format { kJson, kPretty, kTable, kPrettyTable, kProtobuf, kHeapster };

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// Cuts off what stands before the first `mark`, and the mark.
std::string_view cut(std::string_view& rest, char mark) {
  const std::size_t at = std::min(rest.find(mark), rest.size());
  const std::string_view part = trim(rest.substr(0, at));
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

// What one clause of an Accept field asks for, when it is something that there is.
std::optional<Format> read_clause(std::string_view clause, bool pretty) {
  const std::string_view type = cut(clause, ';');
  bool table = false;
  bool meta = true;
  while (!clause.empty()) {
    std::string_view value = cut(clause, ';');
    const std::string_view name = cut(value, '=');
    if (name == "as") {
      if (value != "Table") return std::nullopt;
      table = true;
    }
    if (name == "g") meta = value == "meta.k8s.io";
    if (name == "v" && value != "v1" && value != "v1beta1") return std::nullopt;
  }
  if (table && !meta) return std::nullopt;
  if (type == kProtobufType && !table) return Format::kProtobuf;
  if (type != kJsonType && type != "*/*" && type != "application/*") return std::nullopt;
  if (table) return pretty ? Format::kPrettyTable : Format::kTable;
  return pretty ? Format::kPretty : Format::kJson;
}

// The first that there is; nothing when there is none.
std::optional<Format> negotiate(const ServerRequest& request) {
  const bool pretty = wants_pretty(request);
  const std::string accept = request.headers.joined("Accept");
  std::string_view rest = accept;
  if (trim(rest).empty()) rest = kJsonType;
  while (!rest.empty()) {
    if (const auto format = read_clause(cut(rest, ','), pretty)) return format;
  }
  return std::nullopt;
}

ServerResponse json(std::string_view document, bool pretty) {
  std::string body = pretty ? indent_json(document, "", "  ") : std::string(document).append("\n");
  return ServerResponse::text(200, std::move(body), std::string(kJsonType));
}

// Writes a list in JSON, piece by piece.
class ListDocument {
 public:
  ListDocument(std::unique_ptr<MetricsList> list, Nanos now, Format format, std::string included)
      : list_(std::move(list)),
        writer_(now),
        included_(std::move(included)),
        heapster_(format == Format::kHeapster),
        table_(format == Format::kTable || format == Format::kPrettyTable) {
    if (format == Format::kPretty || format == Format::kPrettyTable) indenter_.emplace("", "  ");
    if (heapster_) indenter_.emplace(" ", " ");
  }

  bool next(std::string& out) {
    if (!list_) return false;
    if (!indenter_) {
      append(out);
      return true;
    }
    plain_.clear();
    append(plain_);
    indenter_->append(out, plain_);
    return true;
  }

 private:
  void append(std::string& out) {
    if (!begun_) out.append(head());
    while (out.size() < kPieceBytes) {
      const std::optional<MetricsObject> object = list_->next();
      if (!object) {
        out.append("]}").append(indenter_ ? "" : "\n");
        list_.reset();
        return;
      }
      if (begun_) out.push_back(',');
      begun_ = true;
      if (table_) {
        writer_.append_row(out, *object, included_);
      } else if (heapster_) {
        writer_.append_heapster_json(out, *object);
      } else {
        writer_.append_json(out, *object, false);
      }
    }
  }

  std::string head() const {
    if (table_) return table_head();
    if (heapster_) return R"({"metadata":{},"items":[)";
    return std::string(R"({"kind":")")
        .append(kind_of(list_->is_of_nodes()))
        .append(R"(List","apiVersion":")")
        .append(kMetricsGroupVersion)
        .append(R"(","metadata":{},"items":[)");
  }

  std::unique_ptr<MetricsList> list_;  // null at the end
  MetricsWriter writer_;
  const std::string included_;
  const bool heapster_;
  const bool table_;
  std::optional<JsonIndenter> indenter_;
  std::string plain_;
  bool begun_ = false;
};

std::string protobuf_list(MetricsList& list, Nanos now) {
  MetricsWriter writer(now);
  std::string message;
  append_protobuf_bytes(message, 1, "");
  while (const auto object = list.next()) writer.append_protobuf_item(message, *object);
  return protobuf_envelope(list.is_of_nodes() ? "NodeMetricsList" : "PodMetricsList", message);
}

ServerResponse heapster_error(int status, std::string text) {
  return ServerResponse::text(status, std::move(text));
}

}  // namespace

Nanos ResourceMetricsApi::now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(sources_.clock->wall_now().time_since_epoch())
      .count();
}

std::optional<ServerResponse> ResourceMetricsApi::answer(const ServerRequest& request) const {
  std::string_view path = request.path;
  if (path.ends_with('/')) path.remove_suffix(1);
  const bool pretty = wants_pretty(request);
  if (path == "/apis") return json(kGroups, pretty);
  if (path == "/apis/metrics.k8s.io") return json(kGroup, pretty);
  if (path == "/apis/metrics.k8s.io/v1beta1") return json(kResources, pretty);
  const std::optional<MetricsPath> found = parse_metrics_path(path);
  if (!found) return std::nullopt;
  return resource(request, *found);
}

ServerResponse ResourceMetricsApi::resource(const ServerRequest& request, const MetricsPath& path) const {
  const bool heapster = path.version == "v1alpha1";
  const std::string_view watch = request.parameter("watch").value_or("");
  if (!heapster && (watch == "true" || watch == "1")) {
    return status_answer(405, "MethodNotAllowed", "the metrics cannot be watched", wants_pretty(request));
  }
  return path.name.empty() ? list(request, path, heapster) : one(request, path, heapster);
}

ServerResponse ResourceMetricsApi::list(const ServerRequest& request, const MetricsPath& path,
                                        bool heapster) const {
  const auto format = heapster ? std::optional(Format::kHeapster) : negotiate(request);
  if (!format) {
    return status_answer(
        406, "NotAcceptable",
        "only application/json (also as Table) and application/vnd.kubernetes.protobuf can be had",
        wants_pretty(request));
  }
  const std::string_view labels = request.parameter("labelSelector").value_or("");
  const std::string_view fields = request.parameter("fieldSelector").value_or("");
  Result<MetricsSelection> selection = MetricsSelection::parse(labels, fields);
  if (!selection) {
    if (!heapster) return status_answer(400, "BadRequest", selection.error().message, wants_pretty(request));
    return heapster_error(400, "Error while parsing selector " +
                                   std::string(labels.empty() ? fields : labels) + ": " +
                                   selection.error().message);
  }
  auto objects = std::make_unique<MetricsList>(*sources_.store, *sources_.directory, path.resource,
                                               path.namespace_, std::move(*selection));
  if (*format == Format::kProtobuf) {
    return ServerResponse::text(200, protobuf_list(*objects, now()), std::string(kProtobufType));
  }
  std::string included(request.parameter("includeObject").value_or(""));
  auto document = std::make_shared<ListDocument>(std::move(objects), now(), *format, std::move(included));
  const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
  ServerResponse response;
  response.headers.set("Content-Type", std::string(kJsonType));
  response.headers.set("Vary", "Accept, Accept-Encoding");
  if (gzip) response.headers.set("Content-Encoding", "gzip");
  response.body = exposition::make_generated_body(
      workers_, [document](std::string& out) { return document->next(out); }, gzip);
  return response;
}

ServerResponse ResourceMetricsApi::one(const ServerRequest& request, const MetricsPath& path,
                                       bool heapster) const {
  std::shared_ptr<const NodeUsage> usage;
  std::shared_ptr<const PodInfo> pod;
  std::shared_ptr<const NodeRecord> node;
  std::optional<MetricsObject> object;
  if (path.resource == "nodes") {
    node = sources_.directory->find_node(path.name);
    if (!node) return missing(request, path, heapster, false, "");
    usage = sources_.store->find(path.name);
    if (!usage || !usage->node) return missing(request, path, heapster, true, why_no_node(path.name));
    object.emplace();
    object->name = path.name;
    object->labels = node->info->labels.get();
    object->node = &*usage->node;
  } else {
    pod = sources_.directory->find_pod(path.namespace_, path.name);
    if (!pod) return missing(request, path, heapster, false, "");
    usage = sources_.store->find(*pod->node);
    if (usage) object = pod_object(*pod, *usage);
    if (!object) return missing(request, path, heapster, true, why_not(*pod));
  }
  MetricsWriter writer(now());
  std::string out;
  if (heapster) {
    writer.append_heapster_json(out, *object);
    return ServerResponse::text(200, indent_json(out, " ", " "), std::string(kJsonType));
  }
  const auto format = negotiate(request);
  if (!format) {
    return status_answer(
        406, "NotAcceptable",
        "only application/json (also as Table) and application/vnd.kubernetes.protobuf can be had",
        wants_pretty(request));
  }
  if (*format == Format::kProtobuf) {
    out = protobuf_envelope(kind_of(object->is_node()), writer.protobuf(*object));
    return ServerResponse::text(200, std::move(out), std::string(kProtobufType));
  }
  if (*format == Format::kTable || *format == Format::kPrettyTable) {
    out = table_head();
    writer.append_row(out, *object, request.parameter("includeObject").value_or(""));
    out.append("]}");
  } else {
    writer.append_json(out, *object, true);
  }
  return json(out, *format == Format::kPretty || *format == Format::kPrettyTable);
}

// The texts are the incumbents': what the API server does not know is "pods" or "node", what has no metrics
// is "podmetrics" or "nodemetrics"; why stands behind.
ServerResponse ResourceMetricsApi::missing(const ServerRequest& request, const MetricsPath& path,
                                           bool heapster, bool exists, std::string_view why) const {
  const bool node = path.resource == "nodes";
  if (heapster) {
    std::string text = node
                           ? "No metrics for node " + path.name
                           : "Error while getting pod " + path.name + ": pod \"" + path.name + "\" not found";
    if (exists && !node) text = "No metrics available for pod " + path.namespace_ + "/" + path.name;
    if (!why.empty()) text.append(": ").append(why);
    return heapster_error(404, std::move(text));
  }
  StatusDetails details;
  details.name = path.name;
  details.kind = node ? "node" : "pods";
  std::string subject = details.kind;
  if (exists) {
    details.name = node ? path.name : path.namespace_ + "/" + path.name;
    details.group = kMetricsGroup;
    details.kind = node ? "nodemetrics" : "podmetrics";
    subject = details.kind + "." + details.group;
  }
  std::string message = subject + " \"" + details.name + "\" not found";
  if (exists) message.append(": metrics not available yet: ").append(why);
  return status_answer(404, "NotFound", message, wants_pretty(request), details);
}

std::string ResourceMetricsApi::why_no_node(std::string_view node) const {
  const std::string trouble = sources_.trouble ? sources_.trouble(node) : std::string();
  if (!trouble.empty()) return trouble;
  const std::string why = "node " + std::string(node) + " ";
  const std::shared_ptr<const NodeUsage> usage = sources_.store->find(node);
  if (!usage) return why + "was not scraped yet";
  if (!usage->block->has_node()) return why + "does not report itself";
  return why + "was scraped once, or does not report its CPU and memory";
}

std::string ResourceMetricsApi::why_not(const PodInfo& pod) const {
  if (pod.node->empty()) return "the pod is on no node yet";
  const std::shared_ptr<const NodeUsage> usage = sources_.store->find(*pod.node);
  const std::string trouble = sources_.trouble ? sources_.trouble(*pod.node) : std::string();
  if (!usage || !trouble.empty()) return why_no_node(*pod.node);
  const NodeUsage::Pod* const found = usage->find(*pod.namespace_, pod.name);
  if (found == nullptr)
    return "node " + *pod.node + " does not report CPU and memory of all containers of the pod";
  std::string waiting;
  for (std::uint32_t i = found->first; i < found->first + found->count; ++i) {
    const NodeUsage::Container& container = usage->containers[i];
    if (!container.has_use()) waiting.append(waiting.empty() ? "" : ", ").append(usage->name_of(container));
  }
  return "the next scrape of node " + *pod.node + " will show the CPU of " + waiting;
}

}  // namespace kubevitals::usage
