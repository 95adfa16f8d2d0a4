// Reading configuration files strictly: every complaint has file, line and YAML path.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace kubevitals {

// What is wrong with a file, in the order in which it was found; the same only once, and no more than a
// person reads. Values never get into a complaint by themselves: they may be secret.
class YamlProblems {
 public:
  explicit YamlProblems(std::string file) : file_(std::move(file)) {}

  const std::string& file() const { return file_; }
  bool empty() const { return found_.empty(); }
  const std::vector<std::string>& found() const { return found_; }

  // `line` counts from 1; 0: unknown.
  void add(int line, std::string_view path, std::string_view cause);

  // All of them, one a line, as an Error; nothing when there are none.
  Result<void> result() const;

  // What was parsed last.
  const std::string& source() const { return source_; }
  void set_source(std::string text) { source_ = std::move(text); }

 private:
  std::string source_;
  std::string file_;
  std::vector<std::string> found_;
  std::set<std::string, std::less<>> known_;
};

class YamlMapping;

// A value somewhere in a file. Scalars are typed as go.yaml.in/yaml/v2 does it when it decodes into a struct:
// a string may be any plain scalar and keeps its text (of !!binary: its bytes, which need not be UTF-8), a
// number or a boolean must be plain ("8080" in quotes is no number; yes, no, on and off are booleans), null
// is the type's zero value. Unlike there a fraction is no whole number. The read functions leave `out` alone
// and complain when the value has another type. Values refer to the problems they were made with.
class YamlValue {
 public:
  // `node` may be undefined: then the value is missing.
  YamlValue(YAML::Node node, std::string path, YamlProblems& problems)
      : node_(std::move(node)), path_(std::move(path)), problems_(&problems) {}

  bool is_missing() const { return !node_.IsDefined(); }
  bool is_null() const;  // missing ones are not
  bool is_map() const { return node_.IsDefined() && node_.IsMap(); }
  bool is_list() const { return node_.IsDefined() && node_.IsSequence(); }
  bool is_scalar() const { return node_.IsDefined() && node_.IsScalar() && !is_null(); }

  const std::string& path() const { return path_; }
  int line() const;
  YamlProblems& problems() const { return *problems_; }
  const YAML::Node& node() const { return node_; }

  // "<file>:<line>: <path>: <cause>".
  void complain(std::string_view cause) const { problems_->add(line(), path_, cause); }

  // True when `out` was set.
  bool read(std::string& out) const;
  bool read(bool& out) const;
  bool read(std::int64_t& out) const;
  bool read(std::uint64_t& out) const;
  bool read(int& out) const;
  bool read(std::uint16_t& out) const;  // 0 to 65535
  bool read(double& out) const;
  bool read(std::vector<std::string>& out) const;            // a list of strings
  bool read(std::map<std::string, std::string>& out) const;  // a mapping of strings
  template <typename T>
  bool read(std::optional<T>& out) const {
    if (is_null()) {
      out.reset();
      return true;
    }
    T value{};
    if (!read(value)) return false;
    out = std::move(value);
    return true;
  }

  // The items of a list; complains and gives none when it is no list. Null and missing give none.
  std::vector<YamlValue> items() const;
  // The keys and values of a mapping, in the file's order; the same for what is none. A key given twice is
  // complained about. Merge keys ("<<") are followed: what they bring comes last, and only where the mapping
  // itself has nothing.
  std::vector<std::pair<std::string, YamlValue>> members() const;

 private:
  friend class YamlMapping;

  struct Scalar {
    std::string text;
    std::string json;  // "null" for null; as resolve_yaml_scalar has it, and ".inf" or the like
  };

  std::optional<Scalar> typed_scalar(const char* wanted) const;
  bool complain_of_type(const char* wanted) const;
  void add_members(std::vector<std::pair<std::string, YamlValue>>& members,
                   std::set<std::string, std::less<>>& there) const;

  YAML::Node node_;
  std::string path_;
  YamlProblems* problems_;
  int key_line_ = 0;  // where the key of a mapping's member stands
};

// A mapping whose keys are all known: finish() complains about those that nobody asked for.
class YamlMapping {
 public:
  // Complains when `value` is no mapping; null and missing read as an empty one.
  explicit YamlMapping(const YamlValue& value);

  bool has(std::string_view key) const { return members_.contains(key); }

  // The value of a key, missing when there is none; from now on the key is known. Asking for it twice is
  // fine.
  YamlValue get(std::string_view key);

  // Sets `out` when the key is there; true when it was.
  template <typename T>
  bool read(std::string_view key, T& out) {
    const YamlValue value = get(key);
    return !value.is_missing() && value.read(out);
  }

  // Complains about the mapping itself, or about one of its keys.
  void complain(std::string_view cause) const { value_.complain(cause); }
  void complain(std::string_view key, std::string_view cause);

  const YamlValue& value() const { return value_; }

  // Complains about every key that was not asked for.
  void finish();

 private:
  YamlValue value_;
  std::map<std::string, YamlValue, std::less<>> members_;
  std::vector<std::string> order_;
  std::set<std::string, std::less<>> known_;
};

// Parses a file's text; only the first document of it counts, and an empty text is a null value. kInvalid
// with file and line when it is no YAML or not UTF-8. Nesting and aliases are bounded, so that a small file
// cannot take the memory of a big one. `problems` outlives the value.
Result<YamlValue> parse_yaml(const std::string& text, YamlProblems& problems);

// The text of a file of up to 64 MiB; kInvalid with the cause.
Result<std::string> read_text_file(const std::string& path);

}  // namespace kubevitals
