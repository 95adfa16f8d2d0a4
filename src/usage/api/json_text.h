// Writing JSON as Go's encoding/json does: what the incumbents' clients are used to. And laying it out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "usage/model/table.h"

namespace kubevitals::usage {

void append_integer(std::string& out, std::int64_t value);
void append_unsigned(std::string& out, std::uint64_t value);
// The shortest digits that read back the same; null for what is no number.
void append_float(std::string& out, double value);

// "2026-11-23T02:22:30Z", with quotes; with fractions of a second as far as there are any. kNoTime is year 1.
void append_time(std::string& out, Nanos time);

// The same for many times, most of them of one day. Not thread-safe.
class TimeText {
 public:
  void append(std::string& out, Nanos time);
  // Without fractions of a second.
  void append_seconds(std::string& out, Nanos time);

 private:
  std::int64_t day_ = INT64_MIN;
  std::string date_;  // of that day: "2026-11-23T"
};

// ["a","b"]
std::string string_list(const std::vector<std::string>& texts);

// Tells the insides of texts from what is around them, character by character.
class JsonTexts {
 public:
  // Whether the next character is within a text or ends it; that which begins one is not.
  bool takes(char c);

 private:
  bool inside_ = false;
  bool escaped_ = false;
};

// Lays compact JSON out in lines, as json.MarshalIndent does. Takes the text in pieces of any size; keeps
// what it needs to know in between. The text is well-formed. Not thread-safe.
class JsonIndenter {
 public:
  // `prefix` begins each line but the first, `indent` stands for each level.
  JsonIndenter(std::string_view prefix, std::string_view indent) : prefix_(prefix), indent_(indent) {}

  void append(std::string& out, std::string_view json);

 private:
  void new_line(std::string& out) const;

  const std::string_view prefix_;
  const std::string_view indent_;
  std::size_t depth_ = 0;
  JsonTexts text_;
  bool opened_ = false;  // the bracket before has nothing in it yet
};

// The same as YAML in blocks; texts keep their quotes.
class YamlWriter {
 public:
  void append(std::string& out, std::string_view json);

 private:
  void begin_item(std::string& out, bool on_new_line) const;

  std::string open_;  // the brackets around
  JsonTexts text_;
  bool opened_ = false;  // the innermost bracket has nothing in it yet
  bool named_ = false;   // a name stands before on this line
};

// A whole document at once.
std::string indent_json(std::string_view json, std::string_view prefix, std::string_view indent);

}  // namespace kubevitals::usage
