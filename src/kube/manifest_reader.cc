#include "kube/manifest_reader.h"

#include <streambuf>
#include <utility>
#include <vector>

#include "kube/decode_json.h"
#include "kube/manifest_stream.h"
#include "kube/yaml_json.h"

namespace kubevitals::kube {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The input from its beginning, although some of it has been read to see what it is.
class PeekedInput final : public std::streambuf {
 public:
  explicit PeekedInput(std::istream& input) : input_(input) { refill(); }

  // '{' or '[' when the text is JSON.
  bool is_json() const {
    std::string_view text(gptr(), static_cast<std::size_t>(egptr() - gptr()));
    if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  }

  // What has been read and not taken; then reads on. Empty at the end.
  std::string_view take() {
    if (gptr() == egptr() && !refill()) return {};
    const std::string_view text(gptr(), static_cast<std::size_t>(egptr() - gptr()));
    setg(eback(), egptr(), egptr());
    return text;
  }

 protected:
  int_type underflow() override {
    if (gptr() == egptr() && !refill()) return traits_type::eof();
    return traits_type::to_int_type(*gptr());
  }

 private:
  bool refill() {
    input_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const auto count = input_.gcount();
    setg(buffer_.data(), buffer_.data(), buffer_.data() + count);
    return count > 0;
  }

  std::istream& input_;
  std::vector<char> buffer_ = std::vector<char>(kChunkBytes);
};

Error at_object(const ManifestObject& object, std::string_view cause) {
  return Error{ErrorCode::kInvalid, position_of(object).append(": ").append(cause)};
}

// Finds out what each object is.
class TypeResolver {
 public:
  explicit TypeResolver(ManifestHandler& handler) : handler_(handler) {}

  void add(const Manifest& manifest) {
    if (manifest.json.empty()) {
      end_list(manifest);
      return;
    }
    TypeMeta type;
    const ManifestObject object{{}, {}, manifest.json, manifest.line, manifest.item};
    if (const auto decoded = decoder_.decode(manifest.json, type); !decoded) {
      handler_.on_bad_object(at_object(object, decoded.error().message));
    } else if (type.kind.empty() && manifest.item && manifest.list_kind.empty()) {
      // Keys may be sorted, "items" before "kind".
      waiting_.push_back({std::string(manifest.json), manifest.line, *manifest.item});
    } else {
      hand_over(object, type, manifest);
    }
  }

 private:
  struct Waiting {
    std::string json;
    std::size_t line;
    std::size_t item;
  };

  void hand_over(ManifestObject object, const TypeMeta& type, const Manifest& list) {
    object.api_version = type.api_version;
    object.kind = type.kind;
    if (object.kind.empty() && list.list_kind.size() > 4 && list.list_kind.ends_with("List")) {
      object.kind = list.list_kind.substr(0, list.list_kind.size() - 4);
      if (object.api_version.empty()) object.api_version = list.list_api_version;
    }
    if (object.kind.empty()) {
      handler_.on_bad_object(at_object(object, "the object does not say what kind it is"));
    } else {
      handler_.on_object(object);
    }
  }

  void end_list(const Manifest& list) {
    for (const Waiting& waiting : std::exchange(waiting_, {})) {
      hand_over({{}, {}, waiting.json, waiting.line, waiting.item}, TypeMeta{}, list);
    }
  }

  ManifestHandler& handler_;
  JsonDecoder decoder_;
  std::vector<Waiting> waiting_;
};

// JSON in pieces into objects.
class ObjectFinder {
 public:
  explicit ObjectFinder(ManifestHandler& handler) : resolver_(handler) {}

  Result<void> feed(std::string_view chunk) {
    stream_.feed(chunk);
    while (true) {
      Result<std::optional<Manifest>> manifest = stream_.next();
      if (!manifest) return manifest.error();
      if (!*manifest) return {};
      resolver_.add(**manifest);
    }
  }

  Result<void> finish() { return stream_.finish(); }

 private:
  ManifestStream stream_;
  TypeResolver resolver_;
};

Result<void> read_json(PeekedInput& input, ObjectFinder& finder) {
  for (bool first = true;; first = false) {
    std::string_view chunk = input.take();
    if (chunk.empty()) return finder.finish();
    if (first && chunk.starts_with(kByteOrderMark)) chunk.remove_prefix(kByteOrderMark.size());
    if (auto fed = finder.feed(chunk); !fed) return fed;
  }
}

Result<void> read_yaml(PeekedInput& input, ObjectFinder& finder) {
  std::istream stream(&input);
  Result<void> found;
  const auto converted = convert_yaml_to_json(stream, [&](std::string_view json) {
    found = finder.feed(json);
    return found.has_value();
  });
  if (!found) return found;
  if (!converted) return converted;
  return finder.finish();
}

}  // namespace

std::string position_of(const ManifestObject& object) {
  std::string position = "line " + std::to_string(object.line);
  if (object.item) position.append(": items[").append(std::to_string(*object.item)).append("]");
  return position;
}

Result<void> read_manifests(std::istream& input, ManifestHandler& handler) {
  PeekedInput peeked(input);
  ObjectFinder finder(handler);
  return peeked.is_json() ? read_json(peeked, finder) : read_yaml(peeked, finder);
}

}  // namespace kubevitals::kube
