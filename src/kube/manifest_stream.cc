#include "kube/manifest_stream.h"

#include <algorithm>
#include <utility>

#include "base/yaml_scalar.h"

namespace kubevitals::kube {
namespace {

// A JSON string without its quotes and escapes; empty for any other value.
std::string string_value(std::string_view json) {
  std::string text;
  if (json.size() >= 2 && json.front() == '"') append_unescaped(text, json.substr(1, json.size() - 2));
  return text;
}

}  // namespace

void ManifestStream::feed(std::string_view chunk) {
  line();  // what has been passed over is moved away now
  buffer_.append(chunk);
  fed_ += chunk.size();
}

std::size_t ManifestStream::line() {
  const std::size_t ahead = buffer_.ahead().size();
  const std::size_t passed = fed_ - ahead - counted_;
  if (passed > 0) {
    const char* end = buffer_.ahead().data();
    line_ += static_cast<std::size_t>(std::count(end - passed, end, '\n'));
    counted_ += passed;
  }
  return line_;
}

Error ManifestStream::error(std::string_view cause) {
  return Error{ErrorCode::kInvalid, "line " + std::to_string(line()) + ": " + std::string(cause)};
}

Manifest ManifestStream::make(std::string_view json, bool item) const {
  Manifest manifest;
  manifest.json = json;
  manifest.line = object_line_;
  if (item) manifest.item = items_ - 1;
  if (is_list_) {
    manifest.list_api_version = list_api_version_;
    manifest.list_kind = list_kind_;
  }
  return manifest;
}

Result<std::optional<Manifest>> ManifestStream::next() {
  while (true) {
    const Result<Progress> progress = step();
    if (!progress) return progress.error();
    if (buffer_.held().size() > limits_.max_object_bytes || document_.size() > limits_.max_object_bytes) {
      return error("an object is too large");
    }
    switch (*progress) {
      case Progress::kAgain:
        break;
      case Progress::kNeedMore:
        return std::optional<Manifest>();
      case Progress::kObject:
        return std::optional(make(document_, false));
      case Progress::kListEnd:
        return std::optional(make({}, false));
      case Progress::kItem: {
        const std::string_view item = buffer_.held();
        buffer_.release();
        ++items_;
        return std::optional(make(item, true));
      }
    }
  }
}

Result<void> ManifestStream::finish() {
  if (state_ == State::kSeparator || state_ == State::kScalar) {
    // A scalar ends with the input.
    feed("\n");
    const Result<std::optional<Manifest>> rest = next();
    if (!rest) return rest.error();
  }
  if (state_ != State::kBetween) return error("the input ends within an object");
  return {};
}

Result<ManifestStream::Progress> ManifestStream::step() {
  switch (state_) {
    case State::kBetween:
      return step_between();
    case State::kSeparator:
      return step_separator();
    case State::kScalar:
      return step_scalar();
    case State::kMember:
      return step_member();
    case State::kValue:
      return step_value();
    case State::kItem:
      if (!scan_json_value(buffer_, value_)) return Progress::kNeedMore;
      state_ = State::kAfterItem;
      return Progress::kItem;
    case State::kFirstItem:
    case State::kNextItem:
    case State::kAfterItem:
      return step_items();
  }
  return error("");
}

Result<ManifestStream::Progress> ManifestStream::step_between() {
  const bool any = skip_json_space(buffer_);
  buffer_.release();
  if (!any) return Progress::kNeedMore;
  object_line_ = line();
  document_.clear();
  list_api_version_.clear();
  list_kind_.clear();
  items_ = 0;
  is_list_ = false;
  is_array_ = false;
  switch (buffer_.ahead().front()) {
    case '{':
      members_.begin();
      state_ = State::kMember;
      return Progress::kAgain;
    case '[':
      is_array_ = true;
      return begin_items();
    case '-':
      state_ = State::kSeparator;
      return Progress::kAgain;
    default:
      value_.begin();
      state_ = State::kScalar;
      return Progress::kAgain;
  }
}

// "---", as between documents of YAML.
Result<ManifestStream::Progress> ManifestStream::step_separator() {
  const std::string_view ahead = buffer_.ahead();
  const std::size_t end = ahead.find('\n');
  if (end == std::string_view::npos) return Progress::kNeedMore;
  const std::string_view text = ahead.substr(0, end);
  if (!text.starts_with("---") || text.find_first_not_of("- \t\r") != std::string_view::npos) {
    return error("expected an object");
  }
  buffer_.advance(end);
  buffer_.release();
  state_ = State::kBetween;
  return Progress::kAgain;
}

// An empty document of YAML has come as null. Everything else that is no object is a mistake.
Result<ManifestStream::Progress> ManifestStream::step_scalar() {
  if (!scan_json_value(buffer_, value_)) return Progress::kNeedMore;
  if (buffer_.held() != "null") return error("expected an object");
  buffer_.release();
  state_ = State::kBetween;
  return Progress::kAgain;
}

Result<ManifestStream::Progress> ManifestStream::step_member() {
  switch (members_.step(buffer_)) {
    case JsonMemberScanner::Step::kNeedMore:
      return Progress::kNeedMore;
    case JsonMemberScanner::Step::kBad:
      return error("this is not JSON");
    case JsonMemberScanner::Step::kEnd:
      return end_object();
    case JsonMemberScanner::Step::kValue:
      break;
  }
  buffer_.release();
  if (members_.key() == "items" && buffer_.ahead().front() == '[') {
    if (is_list_) return error("a list has its items twice");
    return begin_items();
  }
  value_.begin();
  state_ = State::kValue;
  return Progress::kAgain;
}

ManifestStream::Progress ManifestStream::end_object() {
  buffer_.release();
  state_ = State::kBetween;
  // A list that was never filled says so in its kind only.
  if (is_list_ || list_kind_.ends_with("List")) return Progress::kListEnd;
  document_.append(document_.empty() ? "{}" : "}");
  return Progress::kObject;
}

Result<ManifestStream::Progress> ManifestStream::step_value() {
  if (!scan_json_value(buffer_, value_)) return Progress::kNeedMore;
  const std::string_view json = buffer_.held();
  if (members_.key() == "kind") list_kind_ = string_value(json);
  if (members_.key() == "apiVersion") list_api_version_ = string_value(json);
  if (!is_list_) {
    document_.push_back(document_.empty() ? '{' : ',');
    append_json_string(document_, members_.key());
    document_.append(":").append(json);
  }
  buffer_.release();
  state_ = State::kMember;
  return Progress::kAgain;
}

Result<ManifestStream::Progress> ManifestStream::begin_items() {
  buffer_.advance(1);
  is_list_ = true;
  state_ = State::kFirstItem;
  return Progress::kAgain;
}

Result<ManifestStream::Progress> ManifestStream::step_items() {
  const bool any = skip_json_space(buffer_);
  buffer_.release();
  if (!any) return Progress::kNeedMore;
  const char c = buffer_.ahead().front();
  if (c == ']' && state_ != State::kNextItem) {
    buffer_.advance(1);
    buffer_.release();
    if (!is_array_) {
      state_ = State::kMember;
      return Progress::kAgain;
    }
    state_ = State::kBetween;
    return Progress::kListEnd;
  }
  if (state_ == State::kAfterItem) {
    if (c != ',') return error("expected a comma between the items of a list");
    buffer_.advance(1);
    state_ = State::kNextItem;
    return Progress::kAgain;
  }
  if (c != '{') return error("an item of a list is not an object");
  object_line_ = line();
  value_.begin();
  state_ = State::kItem;
  return Progress::kAgain;
}

}  // namespace kubevitals::kube
