// Objects in the encoding and the view that a client asked for.
#pragma once

#include <boost/json/monotonic_resource.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/api/negotiate.h"
#include "sim/cluster.h"

namespace kubevitals::sim {

// Appends `value` as JSON text.
void append_json(std::string& out, const json::value& value);
void append_json(std::string& out, const json::object& object);

// Writes objects of one resource. Keeps its memory between objects. Not thread-safe.
class Encoder {
 public:
  Encoder(const Layout& layout, unsigned resource, Media media);
  ~Encoder();

  const Media& media() const { return media_; }

  // A whole response: with apiVersion and kind, in protobuf with the envelope. Ages in tables count from
  // `now`, in seconds since 1970.
  void append_object(std::string& out, const json::object& object, std::int64_t now);
  void append_version(std::string& out, const Version& version, std::int64_t now);

  // An item of a list: in JSON without apiVersion and kind. Not for tables.
  void append_item(std::string& out, const Version& version);
  // The row of a table that stands for an object.
  void append_row(std::string& out, const Version& version, std::int64_t now);

  // One event of a watch, framed: a line of JSON or a length-prefixed message.
  void append_event(std::string& out, std::string_view type, const Version& version, std::int64_t now);
  // A bookmark; `initial_end` marks the end of the initial events.
  void append_bookmark(std::string& out, std::uint64_t rv, bool initial_end, std::int64_t now);
  // An ERROR event with a Status.
  void append_error(std::string& out, const json::object& status);

  // A table without rows: its columns.
  json::object empty_table(const json::object& list_metadata, std::int64_t now);
  // Of a single object in this view, e.g. "v1" and "Pod".
  const std::string& api_version() const { return api_version_; }
  const std::string& kind() const { return kind_; }

  // Runs `use` with the rendered object, whose memory is reused afterwards.
  template <typename Use>
  void with_document(const Version& version, Use use) {
    const json::storage_ptr storage = fresh();
    const json::object object = render(layout_, resource_, version, storage);
    use(object);
  }

 private:
  json::storage_ptr fresh();
  void append_plain(std::string& out, const json::object& object);
  void append_watch(std::string& out, std::string_view type, const json::object& object, std::int64_t now);

  const Layout& layout_;
  const unsigned resource_;
  const Media media_;
  std::string api_version_, kind_;
  std::unique_ptr<unsigned char[]> buffer_;
  std::unique_ptr<boost::json::monotonic_resource> memory_;
  std::string scratch_;
  bool columns_sent_ = false;
};

}  // namespace kubevitals::sim
