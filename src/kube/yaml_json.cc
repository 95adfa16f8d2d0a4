#include "kube/yaml_json.h"

#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/yaml_scalar.h"

namespace kubevitals::kube {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

// Thrown through yaml-cpp's parser, which has no other way to be stopped; never leaves this file.
struct Failure {
  YAML::Mark mark;
  std::string cause;
};
struct Stopped {};

using Entries = std::vector<std::pair<std::string, std::string>>;  // key, JSON of the value

// A node to which aliases can refer.
struct Anchored {
  bool complete = false;
  bool is_map = false;
  bool is_scalar = false;
  std::string json;
  std::string key;  // of a scalar
  Entries entries;  // of a map
};

// Writes JSON while yaml-cpp reads. What is being recorded, because it is anchored or merged, stays in the
// buffer until it is complete.
class JsonWriter final : public YAML::EventHandler {
 public:
  JsonWriter(const std::function<bool(std::string_view)>& sink, const YamlLimits& limits)
      : sink_(sink), limits_(limits) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    // At what cannot begin a node yaml-cpp finds one empty document after the other, without end.
    if (last_begin_ == mark.pos) throw Failure{mark, "expected a document"};
    last_begin_ = mark.pos;
    anchors_.clear();
  }

  void OnDocumentEnd() override {
    out_.push_back('\n');
    ++line_;
    flush(0);
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    scalar(mark, anchor, YamlScalar{"null", "null", true});
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (at_key() && value == "<<" && (tag == "?" || tag == "tag:yaml.org,2002:merge")) {
      frames_.back().place = Place::kMergeValue;
      return;
    }
    Result<YamlScalar> resolved = resolve_yaml_scalar(tag, value);
    if (!resolved) throw Failure{mark, resolved.error().message};
    scalar(mark, anchor, *resolved);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end() || !found->second.complete) {
      throw Failure{mark, "an alias stands inside of what it refers to"};
    }
    const Anchored& target = found->second;
    count_expansion(mark, target.json.size());
    if (at_key()) {
      if (!target.is_scalar) throw Failure{mark, "a key is not a scalar"};
      write_key(mark, target.key);
      return;
    }
    if (Frame* merging = merging_frame()) {
      if (!target.is_map) throw Failure{mark, "only mappings can be merged"};
      merge(*merging, target.entries);
      end_value();
      return;
    }
    begin_value(mark);
    out_.append(target.json);
    end_value();
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    if (at_key()) throw Failure{mark, "a key is not a scalar"};
    const bool merging = !frames_.empty() && frames_.back().place == Place::kMergeValue;
    if (!merging && merging_frame() != nullptr) throw Failure{mark, "only mappings can be merged"};
    if (merging && anchor != YAML::NullAnchor)
      throw Failure{mark, "a list of mappings to merge has an anchor"};
    push(mark, merging ? Place::kMergeList : Place::kElement, anchor);
    if (!merging) out_.push_back('[');
  }

  void OnSequenceEnd() override {
    if (frames_.back().place != Place::kMergeList) out_.push_back(']');
    pop();
  }

  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    if (at_key()) throw Failure{mark, "a key is not a scalar"};
    push(mark, Place::kKey, anchor);
    out_.push_back('{');
  }

  void OnMapEnd() override {
    write_merged();
    out_.push_back('}');
    pop();
  }

 private:
  // What comes next in a collection.
  enum class Place { kKey, kValue, kMergeValue, kElement, kMergeList };

  struct Frame {
    Place place = Place::kKey;
    bool empty = true;
    bool merged_into_parent = false;  // its text is taken back in favour of its entries
    bool recorded = false;            // entries are kept, and the text stays in the buffer
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::size_t begin = 0;  // of its text in the buffer
    int begin_line = 0;
    std::size_t value_begin = 0;
    std::string key;  // the current one
    std::unordered_set<std::string> keys;
    Entries entries;
    Entries merged;  // from merge keys, the first of equal keys counts
    YAML::Mark mark;
  };

  bool at_key() const { return !frames_.empty() && frames_.back().place == Place::kKey; }

  // The mapping into which the next value is to be merged.
  Frame* merging_frame() {
    if (frames_.empty()) return nullptr;
    if (frames_.back().place == Place::kMergeValue) return &frames_.back();
    return frames_.back().place == Place::kMergeList ? &frames_[frames_.size() - 2] : nullptr;
  }

  void sync_line(const YAML::Mark& mark) {
    if (mark.line <= line_) return;
    out_.append(static_cast<std::size_t>(mark.line - line_), '\n');
    line_ = mark.line;
  }

  void separate(Frame& frame) {
    if (!frame.empty) out_.push_back(',');
    frame.empty = false;
  }

  void write_key(const YAML::Mark& mark, const std::string& key) {
    Frame& frame = frames_.back();
    if (!frame.keys.insert(key).second) throw Failure{mark, "the key \"" + key + "\" is there twice"};
    separate(frame);
    sync_line(mark);
    append_json_string(out_, key);
    out_.push_back(':');
    frame.key = key;
    frame.place = Place::kValue;
  }

  void begin_value(const YAML::Mark& mark) {
    if (!frames_.empty()) {
      Frame& frame = frames_.back();
      if (frame.place == Place::kElement) separate(frame);
      frame.value_begin = out_.size();
    }
    sync_line(mark);
  }

  void end_value() {
    if (frames_.empty()) return;
    Frame& frame = frames_.back();
    if (frame.place == Place::kValue && frame.recorded) {
      frame.entries.emplace_back(frame.key, text_from(frame.value_begin));
    }
    if (frame.place == Place::kValue || frame.place == Place::kMergeValue) frame.place = Place::kKey;
    flush(kPieceBytes);
  }

  void scalar(const YAML::Mark& mark, YAML::anchor_t anchor, const YamlScalar& value) {
    if (anchor != YAML::NullAnchor) {
      anchors_[anchor] = Anchored{true, false, true, value.json, value.key, {}};
    }
    if (at_key()) {
      if (value.is_null) throw Failure{mark, "a key is null"};
      write_key(mark, value.key);
      return;
    }
    if (merging_frame() != nullptr) throw Failure{mark, "only mappings can be merged"};
    begin_value(mark);
    out_.append(value.json);
    end_value();
  }

  void push(const YAML::Mark& mark, Place place, YAML::anchor_t anchor) {
    Frame frame;
    frame.merged_into_parent = place == Place::kKey && merging_frame() != nullptr;
    if (place != Place::kMergeList && !frame.merged_into_parent) begin_value(mark);
    frame.place = place;
    frame.anchor = anchor;
    frame.begin = out_.size();
    frame.begin_line = line_;
    frame.mark = mark;
    frame.recorded = anchor != YAML::NullAnchor || frame.merged_into_parent;
    recording_ += frame.recorded ? 1 : 0;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = Anchored{};
    frames_.push_back(std::move(frame));
  }

  void pop() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    recording_ -= frame.recorded ? 1 : 0;
    if (frame.anchor != YAML::NullAnchor) {
      const bool is_map = frame.place == Place::kKey;
      count_expansion(frame.mark, out_.size() - frame.begin);
      anchors_[frame.anchor] = Anchored{true, is_map, false, text_from(frame.begin), {}, frame.entries};
    }
    if (frame.merged_into_parent) {
      out_.resize(frame.begin);
      line_ = frame.begin_line;
      merge(*merging_frame(), frame.entries);
    }
    end_value();
  }

  // Of equal keys the one that is merged first counts.
  void merge(Frame& frame, const Entries& entries) {
    frame.merged.insert(frame.merged.end(), entries.begin(), entries.end());
  }

  void write_merged() {
    Frame& frame = frames_.back();
    for (const auto& [key, json] : frame.merged) {
      if (!frame.keys.insert(key).second) continue;
      count_expansion(frame.mark, key.size() + json.size());
      separate(frame);
      append_json_string(out_, key);
      out_.append(":").append(json);
      if (frame.recorded) frame.entries.emplace_back(key, json);
    }
  }

  void count_expansion(const YAML::Mark& mark, std::size_t bytes) {
    expansion_ += bytes;
    if (expansion_ > limits_.max_expansion_bytes) throw Failure{mark, "its aliases make it too large"};
  }

  // What was written since, without line breaks, which only keep the lines together.
  std::string text_from(std::size_t begin) const {
    std::string text = out_.substr(begin);
    std::erase(text, '\n');
    return text;
  }

  void flush(std::size_t threshold) {
    if (recording_ > 0 || out_.size() < threshold || out_.empty()) return;
    if (!sink_(out_)) throw Stopped{};
    out_.clear();
  }

  const std::function<bool(std::string_view)>& sink_;
  const YamlLimits& limits_;
  std::string out_;
  int line_ = 0;
  int last_begin_ = -1;  // of a document, in characters
  std::vector<Frame> frames_;
  std::unordered_map<YAML::anchor_t, Anchored> anchors_;
  std::size_t recording_ = 0;  // frames whose text must stay in the buffer
  std::size_t expansion_ = 0;
};

Error error_at(const YAML::Mark& mark, const std::string& cause) {
  return Error{ErrorCode::kInvalid, "line " + std::to_string(mark.line + 1) + ": " + cause};
}

}  // namespace

Result<void> convert_yaml_to_json(std::istream& yaml, const std::function<bool(std::string_view)>& sink,
                                  const YamlLimits& limits) {
  JsonWriter writer(sink, limits);
  try {
    YAML::Parser parser(yaml);
    while (parser.HandleNextDocument(writer)) {
    }
  } catch (const Failure& failure) {
    return error_at(failure.mark, failure.cause);
  } catch (const Stopped&) {
    return {};
  } catch (const YAML::Exception& exception) {
    return error_at(exception.mark, exception.msg);
  } catch (const std::exception& exception) {
    return Error{ErrorCode::kInvalid, exception.what()};
  }
  return {};
}

}  // namespace kubevitals::kube
