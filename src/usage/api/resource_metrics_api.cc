#include "usage/api/resource_metrics_api.h"

#include <chrono>
#include <functional>
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

struct DiscoveryRow {
  std::string_view path;
  std::string_view document;
};
constexpr DiscoveryRow kDiscovery[] = {
    {"/apis", kGroups},
    {kMetricsRoot, kGroup},
    {"/apis/metrics.k8s.io/v1beta1", kResources},
};

// Lays JSON out, which comes in pieces; null: it stays as it is.
using Layout = std::function<void(std::string& out, std::string_view json)>;

Layout indented(std::string_view prefix, std::string_view indent) {
  return [indenter = JsonIndenter(prefix, indent)](std::string& out, std::string_view json) mutable {
    indenter.append(out, json);
  };
}

Layout layout_of(const MediaType& media) {
  if (media.shape == Shape::kHeapster) return indented(" ", " ");
  if (media.encoding == Encoding::kPrettyJson) return indented("", "  ");
  if (media.encoding != Encoding::kYaml) return nullptr;
  return
      [writer = YamlWriter()](std::string& out, std::string_view json) mutable { writer.append(out, json); };
}

// Laid-out JSON ends with its last bracket.
std::string_view end_of(const MediaType& media) {
  return media.shape == Shape::kHeapster || media.encoding == Encoding::kPrettyJson ? "" : "\n";
}

ServerResponse written(std::string_view document, const MediaType& media) {
  std::string body;
  if (const Layout layout = layout_of(media)) {
    layout(body, document);
  } else {
    body = document;
  }
  return ServerResponse::text(200, std::move(body.append(end_of(media))), std::string(media.name));
}

// Writes objects in a shape.
class ItemWriter {
 public:
  ItemWriter(Nanos now, const MediaType& media, std::string_view included)
      : writer_(now, media.meta_version), media_(media), included_(included) {}

  std::string list_head(bool nodes) const {
    switch (media_.shape) {
      case Shape::kTable:
        return table_head(media_.meta_version);
      case Shape::kMetadata:
        return metadata_list_head(media_.meta_version);
      case Shape::kHeapster:
        return R"({"metadata":{},"items":[)";
      case Shape::kObject:
        break;
    }
    return object_list_head(nodes);
  }

  void append_item(std::string& out, const MetricsObject& object) { append(out, object, false); }

  void append_document(std::string& out, const MetricsObject& object) {
    if (media_.shape == Shape::kTable) out.append(list_head(object.is_node()));
    append(out, object, true);
    if (media_.shape == Shape::kTable) out.append("]}");
  }

 private:
  void append(std::string& out, const MetricsObject& object, bool alone) {
    switch (media_.shape) {
      case Shape::kTable:
        return writer_.append_row(out, object, included_);
      case Shape::kMetadata:
        return writer_.append_metadata_object(out, object);
      case Shape::kHeapster:
        return writer_.append_heapster_json(out, object);
      case Shape::kObject:
        return writer_.append_json(out, object, alone);
    }
  }

  MetricsWriter writer_;
  const MediaType media_;
  const std::string included_;
};

// Writes a list in JSON or YAML, piece by piece.
class ListDocument {
 public:
  ListDocument(std::unique_ptr<MetricsList> list, ItemWriter writer, const MediaType& media)
      : list_(std::move(list)), writer_(std::move(writer)), layout_(layout_of(media)), end_(end_of(media)) {}

  bool next(std::string& out) {
    if (!list_) return false;
    if (!layout_) {
      append(out);
    } else {
      plain_.clear();
      append(plain_);
      layout_(out, plain_);
    }
    if (!list_) out.append(end_);
    return true;
  }

 private:
  void append(std::string& out) {
    if (!begun_) out.append(writer_.list_head(list_->is_of_nodes()));
    while (out.size() < kPieceBytes) {
      const std::optional<MetricsObject> object = list_->next();
      if (!object) {
        out.append("]}");
        list_.reset();
        return;
      }
      if (begun_) out.push_back(',');
      begun_ = true;
      writer_.append_item(out, *object);
    }
  }

  std::unique_ptr<MetricsList> list_;  // null at the end
  ItemWriter writer_;
  const Layout layout_;
  const std::string_view end_;
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
  for (const auto& [where, document] : kDiscovery) {
    if (path != where) continue;
    MediaType media;
    if (wants_pretty(request)) media.encoding = Encoding::kPrettyJson;
    return written(document, media);
  }
  if (const std::optional<MetricsPath> found = parse_metrics_path(path)) return resource(request, *found);
  if (is_below(path, kMetricsRoot)) return unknown_path(request);
  return std::nullopt;
}

ServerResponse ResourceMetricsApi::resource(const ServerRequest& request, const MetricsPath& path) const {
  const bool many = path.name.empty();
  std::optional<MediaType> media = MediaType{.shape = Shape::kHeapster};
  if (path.version != "v1alpha1") media = negotiate(request, many);
  if (!media) {
    return status_answer(
        406, "NotAcceptable",
        "only application/json, application/yaml (both also as Table or partial metadata) and "
        "application/vnd.kubernetes.protobuf can be had",
        wants_pretty(request));
  }
  return many ? list(request, path, *media) : one(request, path, *media);
}

ServerResponse ResourceMetricsApi::list(const ServerRequest& request, const MetricsPath& path,
                                        const MediaType& media) const {
  const bool heapster = media.shape == Shape::kHeapster;
  const std::string_view labels = request.parameter("labelSelector").value_or("");
  const std::string_view fields = request.parameter("fieldSelector").value_or("");
  Result<MetricsSelection> selection = MetricsSelection::parse(labels, fields);
  if (!selection) {
    if (!heapster) return status_answer(400, "BadRequest", selection.error().message, wants_pretty(request));
    return heapster_error(400, "Error while parsing selector " +
                                   std::string(labels.empty() ? fields : labels) + ": " +
                                   selection.error().message);
  }
  if (!heapster && wants_watch(request)) {
    StatusDetails details;
    details.group = kMetricsGroup;
    details.kind = path.resource;
    const std::string kind = "\"" + path.resource + "." + details.group + "\"";
    return status_answer(405, "MethodNotAllowed", "watch is not supported on resources of kind " + kind,
                         wants_pretty(request), details);
  }
  selection->all_phases = heapster;
  auto objects = std::make_unique<MetricsList>(*sources_.store, *sources_.directory, path.resource,
                                               path.namespace_, std::move(*selection));
  if (media.encoding == Encoding::kProtobuf) {
    return ServerResponse::text(200, protobuf_list(*objects, now()), std::string(media.name));
  }
  ItemWriter writer(now(), media, request.parameter("includeObject").value_or(""));
  auto document = std::make_shared<ListDocument>(std::move(objects), std::move(writer), media);
  const bool gzip = exposition::accepts_gzip(request.headers.joined("Accept-Encoding"));
  ServerResponse response;
  response.headers.set("Content-Type", std::string(media.name));
  response.headers.set("Vary", "Accept, Accept-Encoding");
  if (gzip) response.headers.set("Content-Encoding", "gzip");
  response.body = exposition::make_generated_body(
      workers_, [document](std::string& out) { return document->next(out); }, gzip);
  return response;
}

ServerResponse ResourceMetricsApi::one(const ServerRequest& request, const MetricsPath& path,
                                       const MediaType& media) const {
  const bool heapster = media.shape == Shape::kHeapster;
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
    if (!pod || !(pod->state->running || heapster)) return missing(request, path, heapster, false, "");
    usage = sources_.store->find(*pod->node);
    if (usage) object = pod_object(*pod, *usage);
    if (!object) return missing(request, path, heapster, true, why_not(*pod));
  }
  std::string out;
  if (media.encoding == Encoding::kProtobuf) {
    out = protobuf_envelope(kind_of(object->is_node()), MetricsWriter(now()).protobuf(*object));
    return ServerResponse::text(200, std::move(out), std::string(media.name));
  }
  ItemWriter writer(now(), media, request.parameter("includeObject").value_or(""));
  writer.append_document(out, *object);
  return written(out, media);
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
  const NodeUsage::Pod* const found = usage->find(pod.name->namespace_, pod.name->name);
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
