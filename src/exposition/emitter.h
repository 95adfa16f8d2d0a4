// Writes the samples of one object in one metric family as exposition text.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kubevitals::exposition {

// A label's name and value. Names are valid already; values are escaped (\\, \n, \") when written.
using Label = std::pair<std::string_view, std::string_view>;

// Appends lines "<family>{<base labels>,<labels>} <value>\n" to a buffer. The text is the same in both
// formats (text 0.0.4 and OpenMetrics), which is what allows to render once and serve both.
//
// The base labels are those that every sample of the object starts with (namespace, pod, uid), rendered once.
// A sample without any label gets no braces. Not thread-safe; the buffer outlives the emitter.
//
// Once the buffer holds kMaxTextBytes, further samples are left out: an object that makes that many
// (containers of the same name, thousands of them) is no real one, and must not take the memory of all
// others.
class Emitter final {
 public:
  static constexpr std::size_t kMaxTextBytes = std::size_t{256} << 20;

  explicit Emitter(std::string& out) : out_(out) {}

  // Begins an object: all further samples start with these labels. To be followed by set_family().
  void set_base_labels(std::initializer_list<Label> labels);
  // Begins a family: all further samples have this name.
  void set_family(std::string_view name);

  void sample(double value) { sample(std::span<const Label>{}, value); }
  void sample(std::initializer_list<Label> labels, double value) {
    sample(std::span<const Label>(labels.begin(), labels.size()), value);
  }
  void sample(std::span<const Label> labels, double value);

  // The three samples of a condition: `labels`, then `name` with "true", "false" and "unknown" in this order;
  // 1 on the one that `status` ("True", "False", "Unknown", compared exactly) says, 0 on the others.
  void condition(std::initializer_list<Label> labels, std::string_view name, std::string_view status);

 private:
  // Opens a line with the labels and leaves `extra` bytes of room behind them; the result points there.
  char* begin_line(std::span<const Label> labels, std::size_t extra);
  // Closes the line that begin_line() opened and that has been written up to `cursor`.
  void end_line(char* cursor, bool has_labels, double value);

  std::string& out_;
  std::string base_labels_;  // escaped, without braces: a="b",c="d"
  std::string line_start_;   // what each line of the family starts with, up to the base labels' end
};

// Appends `value` with \\, \n and \" escaped.
void append_escaped_label_value(std::string& out, std::string_view value);

}  // namespace kubevitals::exposition
