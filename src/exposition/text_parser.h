// Reads the Prometheus text format, as kubelets answer with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace kubevitals::exposition {

struct TextLabel {
  std::string_view name;
  std::string_view value;  // without escapes
  friend bool operator==(const TextLabel&, const TextLabel&) = default;
};

struct TextSample {
  std::string_view name;
  std::vector<TextLabel> labels;  // in the order of the text; none when they are as expected
  // The labels as they are written, with their braces; empty when there are none, or the name is among them.
  std::string_view label_text;
  bool as_expected = false;
  double value = 0;
  std::optional<std::int64_t> timestamp;  // milliseconds since 1970
};

// Gives one sample after another; comments, HELP and TYPE are skipped, for families need not be known to read
// samples. The text is read in place and outlives the parser. Not thread-safe.
//
// Accepted is version 0.0.4 and the quoted names of version 1.0.0 ({"a.b",c="d"}); numbers are what
// Prometheus takes: no hexadecimal ones, no underscores, nothing that is too large for a double. Label values
// are UTF-8.
class TextParser {
 public:
  // Families mostly tell of the same things in the same order. `expected` gives for a sample's name the
  // label_text that it probably has, that of a sample before; what is written just so is not taken apart
  // again.
  using ExpectedLabels = std::function<std::string_view(std::string_view name)>;

  explicit TextParser(std::string_view text, ExpectedLabels expected = {})
      : text_(text), expected_(std::move(expected)) {}

  // The next sample, good until the next call; null at the end. kInvalid with "line 3: <cause>", after which
  // there is nothing more to call for.
  Result<const TextSample*> next();

 private:
  // Each gives an empty text when all is well, the cause otherwise.
  std::string_view read_sample();
  std::string_view read_labels();
  std::string_view read_label();
  std::string_view read_quoted(std::string_view& value);
  std::string_view read_numbers();

  std::string_view read_name(bool colons);
  std::string_view read_word();
  void skip_blanks();
  bool at(char c) const { return position_ < text_.size() && text_[position_] == c; }

  std::string_view text_;
  ExpectedLabels expected_;
  std::size_t position_ = 0;
  TextSample sample_;
  std::deque<std::string> unescaped_;  // values that differ from their text
};

}  // namespace kubevitals::exposition
