#include "sim/api/list_body.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "sim/protobuf.h"

namespace kubevitals::sim {
namespace {

constexpr std::size_t kChunkBytes = 128 << 10;
constexpr std::size_t kMeasuredAtOnce = 50;  // objects, before other connections get their turn

std::size_t varint_size(std::uint64_t value) {
  std::size_t size = 1;
  while (value >= 128) {
    value >>= 7;
    ++size;
  }
  return size;
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 128) {
    out.push_back(static_cast<char>(value | 128));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

void append_field(std::string& out, int number, std::string_view bytes) {
  append_varint(out, static_cast<std::uint64_t>(number) << 3 | 2);
  append_varint(out, bytes.size());
  out.append(bytes);
}

// ListMeta: resourceVersion 2, continue 3, remainingItemCount 4.
std::string list_meta(const ListMetadata& metadata) {
  std::string out;
  append_field(out, 2, std::to_string(metadata.rv));
  append_field(out, 3, metadata.continue_token);
  if (metadata.has_remaining) {
    append_varint(out, 4 << 3);
    append_varint(out, metadata.remaining);
  }
  return out;
}

class ListBody : public net::BodySource {
 public:
  ListBody(std::shared_ptr<Cluster> cluster, unsigned resource, Media media, Snapshot snapshot,
           ListMetadata metadata)
      : cluster_(std::move(cluster)),
        resource_(resource),
        encoder_(cluster_->layout(), resource, media),
        snapshot_(std::move(snapshot)),
        metadata_(std::move(metadata)),
        now_(cluster_->wall_seconds()) {}

  asio::awaitable<Result<std::vector<net::BodyChunk>>> next() final {
    std::string out;
    if (stage_ == Stage::kHead) {
      co_await prepare();
      append_head(out);
      stage_ = Stage::kItems;
    }
    while (stage_ == Stage::kItems && out.size() < kChunkBytes) {
      if (position_ == snapshot_.versions.size()) {
        append_tail(out);
        stage_ = Stage::kEnd;
      } else {
        append_one(out, snapshot_.versions[position_]);
        ++position_;
      }
    }
    std::vector<net::BodyChunk> chunks;
    if (!out.empty()) chunks.push_back(net::BodyChunk::of(std::move(out)));
    co_return chunks;
  }

 protected:
  // What must be known before the first byte.
  virtual asio::awaitable<void> prepare() { co_return; }
  virtual void append_head(std::string& out) = 0;
  virtual void append_one(std::string& out, const Version& version) = 0;
  virtual void append_tail(std::string& out) = 0;

  enum class Stage { kHead, kItems, kEnd };

  std::shared_ptr<Cluster> cluster_;
  const unsigned resource_;
  Encoder encoder_;
  Snapshot snapshot_;
  const ListMetadata metadata_;
  const std::int64_t now_;
  Stage stage_ = Stage::kHead;
  std::size_t position_ = 0;
};

class JsonList final : public ListBody {
 public:
  using ListBody::ListBody;

 private:
  bool table() const { return encoder_.media().view == View::kTable; }

  void append_head(std::string& out) final {
    if (table()) {
      json::object head = encoder_.empty_table(metadata_.document(), now_);
      head.erase("rows");
      append_json(out, head);
      out.back() = ',';
      out.append("\"rows\":[");
      return;
    }
    out.append("{\"kind\":\"").append(encoder_.kind()).append("List\",\"apiVersion\":\"");
    out.append(encoder_.api_version()).append("\",\"metadata\":");
    append_json(out, metadata_.document());
    out.append(",\"items\":[");
  }

  void append_one(std::string& out, const Version& version) final {
    if (position_ != 0) out.push_back(',');
    if (table()) {
      encoder_.append_row(out, version, now_);
    } else {
      encoder_.append_item(out, version);
    }
  }

  void append_tail(std::string& out) final { out.append("]}\n"); }
};

class ProtobufList final : public ListBody {
 public:
  using ListBody::ListBody;

 private:
  asio::awaitable<void> prepare() final {
    const bool whole = encoder_.media().view == View::kObject;
    std::size_t measured = 0;
    for (Version& version : snapshot_.versions) {
      std::size_t size = whole ? version.protobuf_size : 0;
      if (size == 0) {
        scratch_.clear();
        encoder_.append_item(scratch_, version);
        size = scratch_.size();
        if (whole) version.protobuf_size = static_cast<std::uint32_t>(size);
        if (++measured % kMeasuredAtOnce == 0) {
          const auto executor = co_await asio::this_coro::executor;
          co_await asio::post(executor, asio::use_awaitable);
        }
      }
      items_bytes_ += 1 + varint_size(size) + size;
    }
    if (measured != 0 && whole) cluster_->remember_sizes(resource_, snapshot_);
  }

  // "k8s\0", then runtime.Unknown: typeMeta 1 (apiVersion 1, kind 2), raw 2, contentEncoding 3,
  // contentType 4.
  void append_head(std::string& out) final {
    std::string type_meta;
    append_field(type_meta, 1, encoder_.api_version());
    append_field(type_meta, 2, encoder_.kind() + "List");
    std::string list_head;
    append_field(list_head, 1, list_meta(metadata_));
    out.append("k8s\0", 4);
    append_field(out, 1, type_meta);
    append_varint(out, 2 << 3 | 2);
    append_varint(out, list_head.size() + items_bytes_);
    out.append(list_head);
  }

  void append_one(std::string& out, const Version& version) final {
    scratch_.clear();
    encoder_.append_item(scratch_, version);
    append_field(out, 2, scratch_);
  }

  void append_tail(std::string& out) final {
    append_field(out, 3, {});
    append_field(out, 4, {});
  }

  std::uint64_t items_bytes_ = 0;
  std::string scratch_;
};

}  // namespace

json::object ListMetadata::document() const {
  json::object object({{"resourceVersion", std::to_string(rv)}});
  if (!continue_token.empty()) object.emplace("continue", continue_token);
  if (has_remaining) object.emplace("remainingItemCount", remaining);
  return object;
}

std::unique_ptr<net::BodySource> make_list_body(std::shared_ptr<Cluster> cluster, unsigned resource,
                                                Media media, Snapshot snapshot, ListMetadata metadata) {
  if (media.encoding == kube::Encoding::kProtobuf) {
    return std::make_unique<ProtobufList>(std::move(cluster), resource, media, std::move(snapshot),
                                          std::move(metadata));
  }
  return std::make_unique<JsonList>(std::move(cluster), resource, media, std::move(snapshot),
                                    std::move(metadata));
}

}  // namespace kubevitals::sim
