// What HTTP client and server share.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kubevitals::net {

// Header fields in the order given; names are compared without case.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  // Adds a field, keeping others of the same name.
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  // Replaces all fields of this name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  // The first field of this name.
  std::optional<std::string_view> find(std::string_view name) const;
  // All fields of this name, joined with ", " as RFC 9110 section 5.3 allows; empty when there is none.
  std::string joined(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  bool empty() const { return fields_.empty(); }
  friend bool operator==(const Headers&, const Headers&) = default;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Whether a text can stand in a field: a line break would let it forge further ones.
bool is_field_value(std::string_view text);

// Without blanks and tabs at both ends.
std::string_view trim_blanks(std::string_view text);
// Takes what stands before the next separator off the front of a list in a field, without blanks around it.
std::string_view take_element(std::string_view& list, char separator);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// Percent-encodes everything but RFC 3986's unreserved characters.
std::string url_encode(std::string_view text);

// The same but for the characters that a path may have besides: "/" and others (RFC 3986 section 3.3).
std::string encode_path(std::string_view path);

// The path without empty, "." and ".." segments, as Go's path.Clean has it; "/" at the end stays.
std::string clean_path(std::string_view path);

// Undoes percent-encoding; malformed escapes stay as they are.
std::string url_decode(std::string_view text, bool plus_is_space);

// "a=1&b=x%20y"; nothing for no parameters.
std::string encode_query(const QueryParameters& parameters);

// Takes "a=1&b=x%20y&c" apart; "+" is a space; malformed escapes stay as they are.
QueryParameters decode_query(std::string_view query);

// A request target taken apart.
struct Target {
  std::string path;  // percent-decoded
  QueryParameters query;
};

// Takes the origin form ("/a?b=c") and the absolute form ("http://host/a?b=c") of RFC 9112 section 3.2.
Target parse_target(std::string_view target);

}  // namespace kubevitals::net
