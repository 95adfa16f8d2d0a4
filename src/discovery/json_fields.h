// Reading JSON documents as Go's encoding/json fills a struct.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals::discovery {

namespace json = boost::json;

// The whole text as one document. kInvalid with the cause alone. Nesting is bounded.
Result<json::value> parse_json_document(std::string_view text);

// An object's members. Names match without regard to case; what is missing or null leaves `out` alone;
// members that nobody asks for do not matter. The first value of a wrong type is remembered: the document is
// then not to be used.
class JsonFields final {
 public:
  // `value` is an object or null; it and `problem` outlive this. `path` is for the message.
  JsonFields(const json::value& value, std::string path, std::string& problem);

  void read(std::string_view name, std::string& out);
  // No fraction, no exponent, and within the range of out's type.
  void read(std::string_view name, std::int64_t& out);
  void read(std::string_view name, std::vector<std::string>& out);
  void read(std::string_view name, std::map<std::string, std::string>& out);

  // An object; one without members when it is missing.
  JsonFields object(std::string_view name);
  // The items of a list, and the members of an object as fields of their own.
  std::vector<JsonFields> list(std::string_view name);
  std::vector<std::pair<std::string, JsonFields>> objects(std::string_view name);

 private:
  const json::value* find(std::string_view name) const;
  bool text_of(const json::value& value, const std::string& path, std::string& out);
  void refuse(const std::string& path, std::string_view wanted);
  std::string path_of(std::string_view name) const;

  const json::object* object_ = nullptr;  // null: no members
  std::string path_;
  std::string* problem_;
};

}  // namespace kubevitals::discovery
