// The objects in a file of manifests, read one by one: JSON as kubectl, the API server or a person writes it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "kube/json_members.h"
#include "kube/json_text.h"
#include "kube/list_stream.h"
#include "kube/stream_buffer.h"

namespace kubevitals::kube {

// An object of a file. The text is valid until the stream's next call.
struct Manifest {
  std::string_view json;
  std::size_t line = 1;             // on which it begins
  std::optional<std::size_t> item;  // its index, when it stands in a list
  // Of the list that it stands in, as far as it has been read; empty otherwise.
  std::string_view list_api_version;
  std::string_view list_kind;
};

// Any number of documents, one after another: objects, lists of any kind ("List", "PodList", anything with
// "items"), bare arrays of objects. Only the unfinished object is held. Usage, with chunks of any size:
//   stream.feed(chunk); then next() until it gives nullopt; and so on; at the end of the input finish().
// Errors are final, kInvalid, and begin with the line. Not thread-safe.
class ManifestStream final {
 public:
  explicit ManifestStream(StreamLimits limits = {}) : limits_(limits) {}

  // Copies the chunk.
  void feed(std::string_view chunk);

  // The next complete object; nullopt: feed more. Besides: a list that ends gives a Manifest without text,
  // whose list_kind and list_api_version are now final.
  Result<std::optional<Manifest>> next();

  // After the last chunk, when next() gave nullopt: fails when the input breaks off.
  Result<void> finish();

 private:
  enum class State {
    kBetween,
    kSeparator,
    kScalar,
    kMember,
    kValue,
    kFirstItem,
    kNextItem,
    kItem,
    kAfterItem
  };
  enum class Progress { kAgain, kObject, kItem, kListEnd, kNeedMore };

  Result<Progress> step();
  Result<Progress> step_between();
  Result<Progress> step_separator();
  Result<Progress> step_scalar();
  Result<Progress> step_member();
  Result<Progress> step_value();
  Result<Progress> step_items();
  Result<Progress> begin_items();
  Progress end_object();
  Manifest make(std::string_view json, bool item) const;
  Error error(std::string_view cause);
  // The line at which the buffer stands.
  std::size_t line();

  StreamLimits limits_;
  StreamBuffer buffer_;
  State state_ = State::kBetween;
  JsonMemberScanner members_;
  JsonValueScanner value_;
  std::string document_;  // the object that is being read, without its items and its closing brace
  bool is_list_ = false;
  bool is_array_ = false;  // a bare one
  std::string list_api_version_;
  std::string list_kind_;
  std::size_t items_ = 0;
  std::size_t object_line_ = 1;
  std::size_t fed_ = 0;      // bytes
  std::size_t counted_ = 0;  // bytes whose line breaks are in line_
  std::size_t line_ = 1;
};

}  // namespace kubevitals::kube
