#include "sim/api/encode.h"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/serializer.hpp>
#include <chrono>
#include <span>
#include <utility>

#include "sim/protobuf.h"
#include "sim/table.h"

namespace kubevitals::sim {
namespace {

// A pod of two containers takes some 40 KB as a tree.
constexpr std::size_t kBufferBytes = 128 << 10;

template <typename Value>
void append_text(std::string& out, const Value& value) {
  boost::json::serializer serializer;
  serializer.reset(&value);
  char buffer[16 << 10];
  while (!serializer.done()) out.append(serializer.read(buffer));
}

std::chrono::system_clock::time_point time_point(std::int64_t seconds) {
  return std::chrono::system_clock::time_point(std::chrono::seconds(seconds));
}

// {"kind": ..., "apiVersion": ..., and the members of the object.
void append_typed(std::string& out, std::string_view api_version, std::string_view kind,
                  const json::object& object) {
  out.append("{\"kind\":\"").append(kind).append("\",\"apiVersion\":\"").append(api_version).append("\"");
  if (!object.empty()) {
    const std::size_t brace = out.size();
    append_json(out, object);
    out[brace] = ',';
  } else {
    out.push_back('}');
  }
}

}  // namespace

void append_json(std::string& out, const json::value& value) {
  append_text(out, value);
}
void append_json(std::string& out, const json::object& object) {
  append_text(out, object);
}

Encoder::Encoder(const Layout& layout, unsigned resource, Media media)
    : layout_(layout),
      resource_(resource),
      media_(media),
      buffer_(std::make_unique<unsigned char[]>(kBufferBytes)),
      memory_(std::make_unique<boost::json::monotonic_resource>(buffer_.get(), kBufferBytes)) {
  const kube::ResourceType& type = catalog()[resource].type();
  const bool partial = media.view == View::kPartialMetadata;
  api_version_ = partial ? "meta.k8s.io/v1" : type.api_version();
  kind_ = partial ? "PartialObjectMetadata" : std::string(type.kind);
}

Encoder::~Encoder() = default;

json::storage_ptr Encoder::fresh() {
  memory_->release();
  return json::storage_ptr(memory_.get());
}

void Encoder::append_plain(std::string& out, const json::object& object) {
  if (media_.encoding == kube::Encoding::kJson) {
    append_typed(out, api_version_, kind_, object);
    return;
  }
  scratch_.clear();
  append_protobuf(scratch_, api_version_, kind_, object);
  append_protobuf_envelope(out, api_version_, kind_, scratch_);
}

void Encoder::append_object(std::string& out, const json::object& object, std::int64_t now) {
  if (media_.view == View::kTable) {
    json::object metadata;
    if (const json::value* found = object.if_contains("metadata"); found != nullptr && found->is_object()) {
      if (const json::value* rv = found->get_object().if_contains("resourceVersion")) {
        metadata.emplace("resourceVersion", *rv);
      }
    }
    const kube::ResourceType& type = catalog()[resource_].type();
    append_json(out, make_table(type, std::span(&object, 1), metadata, media_.include, time_point(now)));
  } else if (media_.view == View::kPartialMetadata) {
    json::object partial(object.storage());
    if (const json::value* metadata = object.if_contains("metadata")) partial.emplace("metadata", *metadata);
    append_plain(out, partial);
  } else {
    append_plain(out, object);
  }
}

void Encoder::append_version(std::string& out, const Version& version, std::int64_t now) {
  with_document(version, [&](const json::object& object) { append_object(out, object, now); });
}

void Encoder::append_item(std::string& out, const Version& version) {
  with_document(version, [&](const json::object& object) {
    const json::object* item = &object;
    json::object partial(object.storage());
    if (media_.view == View::kPartialMetadata) {
      if (const json::value* metadata = object.if_contains("metadata"))
        partial.emplace("metadata", *metadata);
      item = &partial;
    }
    if (media_.encoding == kube::Encoding::kProtobuf) {
      append_protobuf(out, api_version_, kind_, *item);
    } else if (media_.view == View::kPartialMetadata) {
      append_typed(out, api_version_, kind_, *item);
    } else {
      append_json(out, *item);
    }
  });
}

void Encoder::append_row(std::string& out, const Version& version, std::int64_t now) {
  with_document(version, [&](const json::object& object) {
    const json::object table =
        make_table(catalog()[resource_].type(), std::span(&object, 1), {}, media_.include, time_point(now));
    const json::value* rows = table.if_contains("rows");
    if (rows != nullptr && rows->is_array() && !rows->get_array().empty())
      append_json(out, rows->get_array()[0]);
  });
}

json::object Encoder::empty_table(const json::object& list_metadata, std::int64_t now) {
  return make_table(catalog()[resource_].type(), {}, list_metadata, media_.include, time_point(now));
}

void Encoder::append_watch(std::string& out, std::string_view type, const json::object& object,
                           std::int64_t now) {
  if (media_.encoding == kube::Encoding::kProtobuf) {
    std::string enveloped;
    append_object(enveloped, object, now);
    append_watch_frame(out, type, enveloped);
    return;
  }
  out.append("{\"type\":\"").append(type).append("\",\"object\":");
  if (media_.view == View::kTable) {
    json::object metadata;
    if (const json::value* found = object.if_contains("metadata"); found != nullptr && found->is_object()) {
      if (const json::value* rv = found->get_object().if_contains("resourceVersion")) {
        metadata.emplace("resourceVersion", *rv);
      }
    }
    json::object table = make_table(catalog()[resource_].type(), std::span(&object, 1), metadata,
                                    media_.include, time_point(now));
    // As the API server does it, the columns come once.
    if (std::exchange(columns_sent_, true)) table["columnDefinitions"] = nullptr;
    append_json(out, table);
  } else {
    append_object(out, object, now);
  }
  out.append("}\n");
}

void Encoder::append_event(std::string& out, std::string_view type, const Version& version,
                           std::int64_t now) {
  with_document(version, [&](const json::object& object) { append_watch(out, type, object, now); });
}

void Encoder::append_bookmark(std::string& out, std::uint64_t rv, bool initial_end, std::int64_t now) {
  json::object metadata({{"resourceVersion", std::to_string(rv)}, {"creationTimestamp", nullptr}});
  if (initial_end) metadata.emplace("annotations", json::object({{"k8s.io/initial-events-end", "true"}}));
  append_watch(out, "BOOKMARK", json::object({{"metadata", std::move(metadata)}}), now);
}

void Encoder::append_error(std::string& out, const json::object& status) {
  if (media_.encoding == kube::Encoding::kJson) {
    out.append("{\"type\":\"ERROR\",\"object\":");
    append_json(out, status);
    out.append("}\n");
    return;
  }
  std::string raw, enveloped;
  append_protobuf(raw, "v1", "Status", status);
  append_protobuf_envelope(enveloped, "v1", "Status", raw);
  append_watch_frame(out, "ERROR", enveloped);
}

}  // namespace kubevitals::sim
