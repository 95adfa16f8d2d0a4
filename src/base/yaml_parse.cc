// parse_yaml(): what makes of yaml-cpp a reader that refuses what libyaml refuses.
#include <yaml-cpp/eventhandler.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "base/go_text.h"
#include "base/yaml_fields.h"

namespace kubevitals {
namespace {

// More than that is no configuration.
constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;
constexpr int kMaxDepth = 100;

// How many values a text may stand for, with aliases counted each time. Without aliases each takes a byte or
// more; what repeats itself more often than that is meant to take memory.
std::size_t max_visits(std::size_t bytes) {
  return 10'000 + 10 * bytes;
}

// Whether all of the tree can be walked; an alias inside of what it stands for has no end.
Result<void> check_size(const YAML::Node& node, int depth, std::size_t& visits) {
  if (depth > kMaxDepth) return Error{ErrorCode::kInvalid, "nested too deeply"};
  if (visits-- == 0) return Error{ErrorCode::kInvalid, "aliases that multiply"};
  if (node.IsSequence()) {
    for (const auto& item : node) {
      if (Result<void> checked = check_size(item, depth + 1, visits); !checked) return checked;
    }
  } else if (node.IsMap()) {
    for (const auto& item : node) {
      if (Result<void> checked = check_size(item.second, depth + 1, visits); !checked) return checked;
    }
  }
  return {};
}

// The line breaks that a text in quotes has which holds nothing but them and blanks: all but the first.
// yaml-cpp forgets them.
std::string line_breaks_at(std::string_view text, std::size_t position) {
  if (position >= text.size() || (text[position] != '\'' && text[position] != '"')) return {};
  const std::size_t end = text.find_first_not_of(" \t\r\n", position + 1);
  if (end == std::string_view::npos || text[end] != text[position]) return {};
  const std::string_view within = text.substr(position, end - position);
  const auto breaks = static_cast<std::size_t>(std::count(within.begin(), within.end(), '\n'));
  return breaks > 1 ? std::string(breaks - 1, '\n') : std::string();
}

// For all texts of a tree that check_size() has found to be walkable.
void restore_line_breaks(YAML::Node node, std::string_view text) {
  if (node.IsScalar() && node.Scalar().empty() && node.Mark().pos >= 0) {
    const std::string breaks = line_breaks_at(text, static_cast<std::size_t>(node.Mark().pos));
    if (!breaks.empty()) node = breaks;
  } else if (node.IsSequence()) {
    for (auto item : node) restore_line_breaks(item, text);
  } else if (node.IsMap()) {
    for (auto item : node) restore_line_breaks(item.second, text);
  }
}

// The first character that YAML 1.1 does not allow, as libyaml has it: what is no UTF-8, and control
// characters but for line ends and tabs. yaml-cpp takes anything.
struct BadCharacter {
  std::size_t position = 0;
  const char* what = nullptr;
};

std::optional<BadCharacter> find_bad_character(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x20 && byte < 0x7F) {
      ++at;
      continue;
    }
    const Rune rune = decode_rune(text.substr(at));
    if (!rune.valid) return BadCharacter{at, "not UTF-8"};
    const bool allowed = rune.value == '\t' || rune.value == '\n' || rune.value == '\r' ||
                         rune.value == 0x85 ||
                         (rune.value >= 0xA0 && rune.value != 0xFFFE && rune.value != 0xFFFF);
    if (!allowed) return BadCharacter{at, "a control character"};
    at += rune.bytes;
  }
  return std::nullopt;
}

int line_at(std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1;
}

// A comment behind the text, with characters that no text has. Where it is part of a scalar, a quote has no
// end: yaml-cpp takes the rest of the file for the scalar.
constexpr std::string_view kEnd = "\n#\x01\x02 end of file\n";

// Where a document begins, and a scalar that runs into the end of the file.
class DocumentOutline final : public YAML::EventHandler {
 public:
  std::optional<YAML::Mark> start;
  std::optional<YAML::Mark> endless;

  void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string& text) override {
    // Line ends in quotes are spaces.
    constexpr std::string_view kWithin = kEnd.substr(1, kEnd.size() - 2);
    const std::size_t tail = text.size() - std::min(text.size(), kEnd.size());
    if (text.find(kWithin, tail) != std::string::npos) endless = mark;
  }
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}
};

// Whether the last line before a place that says something ends a document.
bool is_after_document_end(std::string_view text) {
  while (true) {
    const std::size_t begin = text.rfind('\n') + 1;
    const std::string_view line = text.substr(begin);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return line.starts_with("...");
    if (begin == 0) return false;
    text = text.substr(0, begin - 1);
  }
}

struct Complaint {
  int line = 0;
  const char* cause = "";
};

// What yaml-cpp lets pass with which half a file would go unnoticed: it ends a document where it cannot go
// on, and takes the rest for another one; and it ends quotes at the end of the file.
std::optional<Complaint> find_unread(const std::string& text) {
  std::istringstream stream(text + std::string(kEnd));
  YAML::Parser parser(stream);
  DocumentOutline outline;
  if (!parser.HandleNextDocument(outline)) return std::nullopt;
  if (outline.endless) return Complaint{outline.endless->line + 1, "no YAML: a quote without an end"};
  outline.start.reset();
  try {
    static_cast<void>(parser.HandleNextDocument(outline));
  } catch (const YAML::Exception&) {
    if (!outline.start) throw;  // before it began; what is within another document is no concern
  }
  if (!outline.start || outline.start->pos < 0) return std::nullopt;
  const auto position = std::min(static_cast<std::size_t>(outline.start->pos), text.size());
  const std::string_view before = std::string_view(text).substr(0, position);
  const bool separated = std::string_view(text).substr(position).starts_with("---");
  if (position == text.size() || separated || is_after_document_end(before)) return std::nullopt;
  return Complaint{outline.start->line + 1, "no YAML: this does not belong to what is before"};
}

}  // namespace

Result<YamlValue> parse_yaml(const std::string& text, YamlProblems& problems) {
  const auto fail = [&](int line, const std::string& cause) -> Error {
    YamlProblems here(problems.file());
    here.add(line, "", cause);
    return std::move(here.result()).error();
  };
  if (text.size() > kMaxFileBytes) return fail(0, "the file is too big");
  if (const auto bad = find_bad_character(text)) {
    return fail(line_at(text, bad->position), std::string("no YAML: ") + bad->what);
  }
  try {
    problems.set_source(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
    // Not all documents: looking for them, yaml-cpp may find empty ones for ever.
    const YAML::Node document = YAML::Load(problems.source());
    std::size_t visits = max_visits(text.size());
    if (const Result<void> checked = check_size(document, 0, visits); !checked) {
      return fail(0, checked.error().message);
    }
    if (const auto unread = find_unread(problems.source())) return fail(unread->line, unread->cause);
    restore_line_breaks(document, problems.source());
    return YamlValue(document, "", problems);
  } catch (const YAML::Exception& exception) {
    return fail(exception.mark.is_null() ? 0 : exception.mark.line + 1, "no YAML: " + exception.msg);
  }
}

}  // namespace kubevitals
